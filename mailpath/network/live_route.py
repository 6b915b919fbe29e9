"""Whether a connection that found no way was stopped here, or by the network further on.

ENETUNREACH and EHOSTUNREACH come from this machine's own routing table as well as from a router's ICMP
(RFC 792, RFC 4443).  To connect a UDP socket sends nothing: it only looks the way up.
"""

from __future__ import annotations

import errno
import re
import socket

from mailpath.exchanges import Failure
from mailpath.network.failures import failure_of

_NO_WAY = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH})


def connect_failure(error: OSError, host: str, port: int) -> tuple[Failure, str]:
    """What `failure_of` makes of a failed connect to `host` (an IP address) and `port`.

    LOCAL where this machine has no route to it, as one without IPv6 has to every IPv6 address.
    """
    failure, sentence = failure_of(error)
    if error.errno not in _NO_WAY or _has_route(host, port):
        return failure, sentence
    return Failure.LOCAL, f"This machine has no route to {host} ({error.strerror})."


def _has_route(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((host, port))
    except OSError:
        return False
    return True


def own_name() -> str:
    """A name for EHLO without asking the DNS: the host's, in the form Postfix gives it by default."""
    host = re.sub(r"[^a-z0-9.-]", "", socket.gethostname().lower()).strip(".-")[:200]
    if "." in host:
        return host
    return f"{host or 'localhost'}.localdomain"
