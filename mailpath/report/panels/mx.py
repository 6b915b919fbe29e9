"""Evidence of step 1: the MX RRset and every host's addresses, in the order they are tried."""

from __future__ import annotations

from collections.abc import Iterator

from mailpath.facts import MxHost, Walk
from mailpath.names import u_labels
from mailpath.report.panels.records import lookup_lines
from mailpath.visible import visible


def lines(walk: Walk) -> Iterator[str]:
    yield from lookup_lines(walk.mx.lookup)
    for number, host in enumerate(walk.mx.hosts, 1):
        yield ""
        yield from _host(host, number)


def _host(host: MxHost, number: int) -> Iterator[str]:
    unicode = u_labels(host.name)
    beside = f" ({visible(unicode)})" if unicode is not None else ""
    odd = {"ip-literal": ", an IP address", "invalid": ", no host name"}.get(host.form, "")
    yield f"{number}. {visible(host.name)}{beside}, preference {host.preference}{odd}"
    for lookup in host.lookups:
        yield from (f"   {line}" for line in lookup_lines(lookup))
    for address in host.addresses:
        kind = host.special.get(address)
        if kind is not None:
            yield f"   {address}: special-use ({visible(kind)})"
