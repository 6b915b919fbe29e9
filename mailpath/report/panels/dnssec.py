"""Evidence of step 2: the chain of trust drawn once for the MX RRset, then every other answer in a line."""

from __future__ import annotations

from collections.abc import Iterator

from mailpath.facts import Found, Lookup, Walk
from mailpath.report.dnssec import render_text
from mailpath.report.panels.records import security
from mailpath.visible import visible


def lines(walk: Walk) -> Iterator[str]:
    if walk.dnssec.resolver_note:
        yield visible(walk.dnssec.resolver_note)
        yield ""
    drawn: set[str] = set()
    for lookup in _one_per_zone(walk):
        yield from render_text(lookup, walk.dnssec.zones, walk.at, drawn=drawn).splitlines()
        yield ""
        drawn.update(lookup.chain)
    yield "Every answer of the path:"
    for lookup in _lookups(walk):
        if lookup.found is not Found.NOT_TRIED:
            yield f"  {visible(lookup.name)} {lookup.rdtype}"
            yield f"    {security(lookup)}"


def _one_per_zone(walk: Walk) -> Iterator[Lookup]:
    """The MX RRset, then of every other zone one answer, best one with records: the links above it are the
    same for all of them."""
    mx = walk.mx.lookup
    chosen: dict[str | None, Lookup] = {} if mx.found is Found.NOT_TRIED else {mx.zone: mx}
    for lookup in _lookups(walk):
        if not lookup.chain or lookup.found is Found.NOT_TRIED:
            continue
        known = chosen.get(lookup.zone)
        if known is None or (known is not mx and known.found is not Found.FOUND is lookup.found):
            chosen[lookup.zone] = lookup
    yield from chosen.values()


def _lookups(walk: Walk) -> Iterator[Lookup]:
    yield walk.mx.lookup
    for host in walk.mx.hosts:
        yield from host.lookups
    yield from walk.tlsa.lookups
