"""Evidence of step 4: each TLSA record with the digest of what the host really sends beside it."""

from __future__ import annotations

from collections.abc import Iterator

from mailpath.assess.tlsa import dane_names, secure_set
from mailpath.facts import HostTlsa, TlsaSet, Walk
from mailpath.findings.tlsa import chains, holds, mistakes
from mailpath.findings.words import dotted, hexed, tlsa_data
from mailpath.match import dane
from mailpath.report.panels.records import lookup_lines
from mailpath.visible import visible
from mailpath.wording.evidence import Kind, Line


def lines(walk: Walk) -> Iterator[str]:
    for number, host in enumerate(walk.tlsa.hosts):
        if number:
            yield ""
        yield Line(f"MX host {visible(host.host)}", Kind.HEADING)
        if host.not_tried:
            yield f"  not looked up: {visible(host.not_tried)}"
        for candidate in host.candidates:
            yield from _candidate(candidate)
        chosen = secure_set(host)
        if chosen is not None:
            yield from _compared(walk, host, chosen)


def _candidate(candidate: TlsaSet) -> Iterator[str]:
    yield from (f"  {line}" for line in lookup_lines(candidate.lookup))
    for record in candidate.records:
        if record.unusable:
            data = tlsa_data(record.usage, record.selector, record.mtype, record.data)
            yield f"  unusable: {data}: {visible(record.unusable)}"


def _compared(walk: Walk, host: HostTlsa, candidate: TlsaSet) -> Iterator[str]:
    seen = chains(walk, host.host, candidate.base)
    names = dane_names(walk, candidate.base)
    if not seen:
        yield "  No certificate was seen to compare them with."
    for chain, addresses in seen:
        matched = dane.match(candidate.records, chain, names, walk.at)
        yield f"  Compared with the certificate from {', '.join(addresses)}:"
        for each in matched.comparisons:
            place = "its own certificate" if each.depth == 0 else f"certificate {each.depth} of its chain"
            sign = "equal" if each.equal else "differs"
            shape = f"{each.record.usage} {each.record.selector} {each.record.mtype}"
            yield f"    published  {shape} {hexed(each.record.data)}"
            computed = f"    computed   {shape} {hexed(each.computed)}  {sign} ({place})"
            moot = matched.matched and not each.equal
            yield computed if moot else Line(computed, Kind.EQUAL if each.equal else Kind.DIFFERS)
        for record, mistake in mistakes(walk, host, candidate, chain).items():
            shape = f"{record.usage} {record.selector} {record.mtype}"
            yield f"    {shape} {record.data.hex()[:16]}…: {holds(mistake)}"
        if any(record.usage == dane.DANE_TA for record in matched.usable):
            yield f"    names that count: {', '.join(dotted(name) for name in names)}"
        for record in matched.passed_over:
            data = tlsa_data(record.usage, record.selector, record.mtype, record.data)
            yield f"    ignored in favor of a stronger digest: {data}"
        yield f"    {visible(matched.reason)}"
