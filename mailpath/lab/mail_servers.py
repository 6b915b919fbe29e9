"""`mailpath lab serve --for-mta`: what a test instance of any mail server needs to deliver into the lab.

A mail server knows no dial table: it asks DNS on port 53 and connects to port 25 of published addresses.  So
it and the lab live in a network namespace whose loopback device has those addresses, and nothing else.
"""

from __future__ import annotations

import shlex
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mailpath.lab.internet import NAME_SERVER_ADDRESS
from mailpath.wording.phrases import count

if TYPE_CHECKING:
    from mailpath.lab.running import Lab

NAMESPACE = "mailpath"
#: The lab's networks, as its hosts are given addresses out of them.
NETWORKS = ("192.0.2.1/24", "198.51.100.1/24", "203.0.113.1/24")
_V6 = "2001:db8::"


def has_addresses() -> bool:
    """Whether this machine, or namespace, has the published addresses, and this process may use port 53."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tried:
            tried.bind((NAME_SERVER_ADDRESS, 53))
    except OSError:
        return False
    return True


def lines(lab: Lab, network: Path, seen: str | None, published: bool) -> Iterator[str]:
    """What to tell: the namespace where there is none yet, then resolver, CA and how to send."""
    log = seen or "seen.jsonl"
    if not published:
        yield "The lab is up, but not at its published addresses, which a mail server needs. As root:"
        yield ""
        yield from (f"  {line}" for line in namespace_commands(log))
        yield ""
        yield "A mail server in that namespace (`ip netns exec` in front of its command) then needs:"
    else:
        number = count(len(lab.scenarios), "scenario")
        yield f"The lab is up for a mail server, with {number}; Ctrl-C ends it. The server needs:"
    yield ""
    yield f"  resolver  {NAME_SERVER_ADDRESS}, port 53; it validates, and says so (AD): trust it"
    yield f"  CA        {network.parent / 'ca.pem'}, as the only root that counts"
    yield "  TLS, DANE and MTA-STS as on the server that it stands for; no relay host"
    yield ""
    yield "Send one message to each scenario, once as it is and once more when the first attempts are over:"
    yield ""
    yield "  mailpath lab list | cut -f2 | while read domain; do"
    yield "    echo test | sendmail -f '' learn@$domain"
    yield "  done"
    yield ""
    if seen is None:
        yield "Start the lab with --seen FILE to keep what its servers see; then:"
    else:
        yield f"What its servers see goes to {seen}. Then:"
    yield ""
    yield f"  mailpath postures learn {shlex.quote(log)} --log MAIL.LOG"


def namespace_commands(log: str) -> Iterator[str]:
    """Make the namespace, give it the lab's addresses and resolver, start the lab in it."""
    yield f"ip netns add {NAMESPACE}"
    yield f"ip -netns {NAMESPACE} link set lo up"
    for each in NETWORKS:
        yield f"ip -netns {NAMESPACE} address add {each} dev lo"
    yield f"for n in $(seq 10 60); do ip -netns {NAMESPACE} address add {_V6}$(printf %x $n)/128 dev lo; done"
    yield f"mkdir -p /etc/netns/{NAMESPACE}"
    resolver = f"nameserver {NAME_SERVER_ADDRESS}\\noptions edns0 trust-ad\\n"
    yield f"printf '{resolver}' > /etc/netns/{NAMESPACE}/resolv.conf"
    yield f"ip netns exec {NAMESPACE} mailpath lab serve --for-mta --seen {shlex.quote(log)}"
