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
    mx = walk.mx.lookup
    drawn: set[str] = set()
    for lookup in _lookups(walk):
        # One drawing per zone: the links above are the same for every answer of it.
        if lookup.zone in drawn or lookup.found is Found.NOT_TRIED:
            continue
        if lookup is not mx and not lookup.chain:
            continue
        drawn.add(lookup.zone or "")
        yield from render_text(lookup, walk.dnssec.zones, walk.at).splitlines()
        yield ""
    yield "Every answer of the path:"
    for lookup in _lookups(walk):
        if lookup.found is not Found.NOT_TRIED:
            yield f"  {visible(lookup.name)} {lookup.rdtype}: {security(lookup)}"


def _lookups(walk: Walk) -> Iterator[Lookup]:
    yield walk.mx.lookup
    for host in walk.mx.hosts:
        yield from (lookup for lookup in (host.v6, host.v4) if lookup is not None)
    for tlsa in walk.tlsa.hosts:
        yield from (candidate.lookup for candidate in tlsa.candidates)
