"""`mailpath lab serve`: keep the lab up for other tools.

stdout gets one line, the path of the network file; stderr gets commands to copy and run.  SIGINT, SIGTERM,
and SIGHUP when its terminal goes away, end the process with exit status 0 and leave nothing behind.
"""

from __future__ import annotations

import contextlib
import shlex
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from mailpath import ending
from mailpath.lab import mail_servers
from mailpath.lab.running import Lab
from mailpath.lab.scenario import Scenario, tlsa_references
from mailpath.lab.session_log import SessionLog
from mailpath.network import endpoints
from mailpath.wording.phrases import count


def serve(
    scenarios: tuple[Scenario, ...] | None = None,
    *,
    seen: str | None = None,
    for_mta: bool = False,
    out: TextIO | None = None,
    narration: TextIO | None = None,
) -> None:
    """Serves `scenarios` (default: the built-in ones) until the process ends; call it in the main thread.

    `seen`: a file for what its servers see (`session_log.py`).  `for_mta`: at the published addresses, where
    this machine has them, and with what a mail server needs told.  `out` and `narration`: default standard
    output and standard error.  Raises `ScenarioError`, `FileError`, OSError.
    """
    out = sys.stdout if out is None else out
    narration = sys.stderr if narration is None else narration
    ending.watch(status=0)
    published = for_mta and mail_servers.has_addresses()
    with contextlib.ExitStack() as open_until_the_end:
        lab = open_until_the_end.enter_context(
            Lab.start(scenarios, bind="published" if published else "loopback")
        )
        if seen is not None:
            open_until_the_end.enter_context(SessionLog(seen, lab.scenarios)).follow(lab)
        network = lab.write_network_file()
        out.write(f"{network}\n")
        out.flush()
        told = mail_servers.lines(lab, network, seen, published) if for_mta else lines(lab, network)
        narration.write("\n".join(told) + "\n")
        narration.flush()
        threading.Event().wait()


def lines(lab: Lab, network: Path) -> Iterator[str]:
    """What to tell the user: the network file, and commands of other tools against the lab."""
    yield f"The lab is up, with {count(len(lab.scenarios), 'scenario')}; Ctrl-C ends it."
    yield ""
    yield f"  mailpath check {lab.scenarios[0].domain} --network {shlex.quote(str(network))}"
    for command in commands(lab, network.parent):
        yield f"  {shlex.join(command)}"


def commands(lab: Lab, folder: Path) -> Iterator[tuple[str, ...]]:
    """Lines of dig, delv, openssl and curl that work against `lab`; `folder`: where its files are.

    They show the first scenario of a kind: with a TLSA record, with a public certificate, with a policy.
    """
    host, port = endpoints.split(lab.settings.resolver or "")
    where = ("-p", str(port), f"@{host}")
    ca_file = str(folder / "ca.pem")
    for owner, mx, domain in _find_tlsa(lab):
        for name, rdtype in ((domain, "MX"), (owner, "TLSA")):
            yield ("dig", "+dnssec", *where, name, rdtype)
            yield ("delv", "-a", str(folder / "anchors.conf"), *where, name, rdtype)
        dane = ["-dane_tlsa_domain", mx]
        for record in lab.records(owner, "TLSA"):
            dane += ["-dane_tlsa_rrdata", record]
        yield (*_s_client(lab, mx), *dane, "-verify_return_error")
        break
    for mx in _find_web_certificates(lab):
        yield (*_s_client(lab, mx), "-CAfile", ca_file, "-verify_hostname", mx, "-verify_return_error")
        break
    for scenario in lab.scenarios:
        if scenario.sts is not None and scenario.sts.listen == "yes":
            policy = f"mta-sts.{scenario.domain}"
            connect = f"{policy}:443:{lab.dialled(policy, 443)}"
            url = f"https://{policy}/.well-known/mta-sts.txt"
            yield ("curl", "-sS", "--cacert", ca_file, "--connect-to", connect, url)
            break


def _s_client(lab: Lab, mx: str) -> tuple[str, ...]:
    there = lab.dialled(mx, 25)
    return ("openssl", "s_client", "-brief", "-starttls", "smtp", "-connect", there, "-servername", mx)


def _find_tlsa(lab: Lab) -> Iterator[tuple[str, str, str]]:
    """Scenarios with a TLSA record for the current certificate: its owner, the MX host, the domain."""
    for scenario in lab.scenarios:
        for line in scenario.zone[0].rr if scenario.zone and scenario.zone[0].sec == "signed" else ():
            for each in tlsa_references(line):
                if each.usage == 3 and each.part == "leaf" and not each.data:
                    mx = scenario.absolute(each.host)
                    yield f"_25._tcp.{mx}", mx, scenario.domain


def _find_web_certificates(lab: Lab) -> Iterator[str]:
    """MX hosts with a certificate from the lab's public CA."""
    for scenario in lab.scenarios:
        for server in scenario.server:
            if (server.cert, server.listen, server.starttls) == ("web", "yes", "ok"):
                yield scenario.absolute(server.host)
