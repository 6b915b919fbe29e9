"""Evidence of step 2: the chain of trust drawn once for the MX RRset, then every other answer in a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailpath.assess.lookups import PATH, lookups
from mailpath.facts import Found, Lookup, Walk
from mailpath.report.dnssec import render_text
from mailpath.report.panels.records import security
from mailpath.visible import visible


def lines(walk: Walk) -> Iterator[str]:
    if walk.dnssec.resolver_note:
        yield visible(walk.dnssec.resolver_note)
        yield ""
    drawn: set[str] = set()
    asked = list(lookups(walk, PATH))
    for lookup in _one_per_zone(walk.mx.lookup, asked):
        yield from render_text(lookup, walk.dnssec.zones, walk.at, drawn=drawn).splitlines()
        yield ""
        drawn.update(lookup.chain)
    yield "Every answer on the path:"
    for lookup in asked:
        yield f"  {visible(lookup.name)} {lookup.rdtype}"
        yield f"    {security(lookup)}"


def _one_per_zone(mx: Lookup, asked: list[Lookup]) -> Iterable[Lookup]:
    """The MX RRset, then of every other zone one answer, best one with records: the links above it are the
    same for all of them."""
    chosen: dict[str | None, Lookup] = {}
    for lookup in asked:
        known = chosen.get(lookup.zone)
        better = known is not None and known is not mx and known.found is not Found.FOUND is lookup.found
        if lookup is mx or (lookup.chain and (known is None or better)):
            chosen[lookup.zone] = lookup
    return chosen.values()
