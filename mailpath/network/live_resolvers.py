"""The recursive resolvers that this machine is configured with (resolver(5)), as dnspython reads them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from mailpath.network.endpoints import Kind, ResolverEndpoint, address

RESOLV_CONF = Path("/etc/resolv.conf")
#: resolver(5): more name servers than this are ignored by the system, too.
MAX_NAMESERVERS = 3
#: Characters of resolv.conf that are read.
MAX_RESOLV_CONF = 64 * 1024
#: Where resolver(5) looks when nothing is configured.
_LOCAL = "127.0.0.1"


def system_resolvers(conf: Path = RESOLV_CONF) -> tuple[ResolverEndpoint, ...]:
    """The name servers of resolv.conf in their order; the local host when it names none (resolver(5))."""
    try:
        with conf.open(encoding="ascii", errors="replace") as file:
            text = file.read(MAX_RESOLV_CONF)
    except OSError as error:
        return _local(f"{conf} cannot be read ({error.strerror})")
    found = [ResolverEndpoint(host, Kind.PLAIN, host) for host in _name_servers(text)]
    return tuple(found[:MAX_NAMESERVERS]) or _local(f"{conf} names no resolver")


def _local(why: str) -> tuple[ResolverEndpoint, ...]:
    because = f"{why}, so {_LOCAL} was asked"
    return (ResolverEndpoint(_LOCAL, Kind.PLAIN, _LOCAL, because=because),)


def _name_servers(text: str) -> Iterator[str]:
    """Line by line: resolver(5) skips a line that it cannot use, dnspython gives up the file."""
    import dns.resolver  # brings its own transports along; who names a resolver needs none of it

    for line in text.splitlines():
        reader = dns.resolver.Resolver(configure=False)
        try:
            reader.read_resolv_conf(io.StringIO(line))
            yield from (address(str(each)) for each in reader.nameservers)
        except (ValueError, dns.resolver.NoResolverConfiguration):
            continue
