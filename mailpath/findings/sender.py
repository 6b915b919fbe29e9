"""Findings on the sending side and the place walked from (step 0)."""

from __future__ import annotations

from collections.abc import Iterator

from mailpath.assess.faults import bounds_reached, our_fault, unreached
from mailpath.assess.lookups import lookups
from mailpath.exchanges import Failure
from mailpath.facts import Found, Walk
from mailpath.facts.findings import Finding
from mailpath.findings.catalogue import finding
from mailpath.findings.words import rrset, why
from mailpath.visible import visible
from mailpath.wording.phrases import sentence

#: What to do about a machine that could open no socket.
_LIMITS = (
    "Raise this machine's limit on open files (ulimit -n), find out what uses up its file descriptors, ports"
    " or memory, and walk again."
)


def find(walk: Walk) -> Iterator[Finding]:
    facts = walk.sender
    if facts.port25 is Found.BLOCKED:
        yield finding("SND001", "port 25", visible(facts.port25_reason), got=visible(facts.port25_reason))
    cause = visible(unreached(walk))
    if cause:
        refused = "; ".join(f"{rrset(each)}: {each.rcode}" for each in lookups(walk) if each.refused)
        here = any(lookup.failure is Failure.LOCAL for lookup in lookups(walk))
        yield finding(
            "SND004",
            visible(walk.resolver),
            sentence(cause),
            got=refused if walk.sender.resolver_fails else cause,
            fix=_LIMITS if here else "",
        )
    else:
        yield from _failing(walk)
    yield from _own_fetch(walk)
    for bound in bounds_reached(walk):
        yield finding("SND008", visible(walk.path.recipient), f"The walk was cut short: {visible(bound)}.")
    if facts.domain is None:
        return
    subject = visible(facts.domain)
    broken = [
        lookup
        for lookup in (facts.mx, facts.spf)
        if lookup is not None and lookup.broken and not lookup.proofless and not our_fault(walk, lookup)
    ]
    if broken:
        what = " and ".join(rrset(lookup) for lookup in broken)
        yield finding("SND002", subject, f"{what}: {why(broken[0])}.", got=why(broken[0]))
    records = facts.spf.records if facts.spf is not None and facts.spf.usable else ()
    spf = [record for record in records if record.lower().startswith(('"v=spf1 ', '"v=spf1"'))]
    if len(spf) > 1:
        shown = "; ".join(visible(record, limit=160) for record in spf[:4])
        yield finding("SND003", subject, f"{subject} has {len(spf)} SPF records.", found=shown)


def _failing(walk: Walk) -> Iterator[Finding]:
    """A resolver that answers, but fails all questions of some types."""
    fails = walk.sender.resolver_fails
    failed = [lookup for lookup in lookups(walk) if lookup.refused and lookup.rdtype in fails]
    types = sorted({lookup.rdtype for lookup in failed})
    if types:
        rcodes = sorted({fails[rdtype] for rdtype in types})
        yield finding(
            "SND006",
            visible(walk.resolver),
            f"The resolver answers {' or '.join(rcodes)} to every {' or '.join(types)} query, whatever the"
            " name.",
            got="; ".join(dict.fromkeys(f"{rrset(lookup)}: {lookup.rcode}" for lookup in failed[:6])),
        )


def _own_fetch(walk: Walk) -> Iterator[Finding]:
    fetch = walk.sts.fetch
    if fetch is not None and fetch.failure in (Failure.LOCAL, Failure.BLOCKED):
        yield finding(
            "SND005",
            visible(fetch.host),
            f"The MTA-STS policy could not be fetched from here: {visible(fetch.detail)}",
            found=visible(fetch.url),
            got=visible(fetch.detail),
        )
