"""Findings on the sending side and the place walked from (step 0)."""

from __future__ import annotations

from collections.abc import Iterator

from mailpath.facts import Found, Walk, bounds_reached, unasked, unreached
from mailpath.findings.catalogue import finding
from mailpath.findings.model import Finding
from mailpath.findings.words import rrset, why
from mailpath.visible import visible


def find(walk: Walk) -> Iterator[Finding]:
    facts = walk.sender
    if facts.port25 is Found.BLOCKED:
        yield finding("SND001", "port 25", visible(facts.port25_reason), got=visible(facts.port25_reason))
    cause = visible(unreached(walk)).rstrip(".")
    if cause:
        yield finding(
            "SND004", visible(walk.resolver), f"The resolver could not be asked: {cause}.", got=cause
        )
    for bound in bounds_reached(walk):
        yield finding("SND008", visible(walk.path.recipient), f"Not all was tried: {visible(bound)}.")
    if facts.domain is None:
        return
    subject = visible(facts.domain)
    broken = [
        lookup
        for lookup in (facts.mx, facts.spf)
        if lookup is not None and lookup.broken and not unasked(walk, lookup)
    ]
    if broken:
        what = " and ".join(rrset(lookup) for lookup in broken)
        yield finding("SND002", subject, f"{what}: {why(broken[0])}.", got=why(broken[0]))
    records = facts.spf.records if facts.spf is not None and facts.spf.usable else ()
    spf = [record for record in records if record.lower().startswith(('"v=spf1 ', '"v=spf1"'))]
    if len(spf) > 1:
        shown = "; ".join(visible(record, limit=160) for record in spf[:4])
        yield finding("SND003", subject, f"{subject} has {len(spf)} SPF records.", found=shown)
