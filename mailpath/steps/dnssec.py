"""Step 2: what the chain of trust says of MX, addresses and TLSA (RFC 4035 section 4.3).  Pure."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from mailpath.assess.faults import our_fault
from mailpath.assess.lookups import PATH, ROUTE, lookups, path_lookups
from mailpath.facts import (
    WALKED,
    DnssecFacts,
    Found,
    Lookup,
    MxFacts,
    Security,
    Status,
    TlsaFacts,
    Walk,
    ZoneFact,
)
from mailpath.steps.step import Line, Step
from mailpath.steps.tools import Tools
from mailpath.visible import visible
from mailpath.wording.phrases import clause

#: The weakest link decides.
_ORDER = (Security.BOGUS, Security.INDETERMINATE, Security.INSECURE, Security.SECURE)


def gather(mx: MxFacts, tlsa: TlsaFacts, zones: tuple[ZoneFact, ...], note: str = "") -> DnssecFacts:
    """The step's facts, from what the other steps looked up.

    `note`: that the resolver was seen to leave proofs of absence out; "" where it was not.
    """
    expiries = [each.expires for each in path_lookups(mx, tlsa) if each.expires is not None]
    # RFC 8914: DNSKEY Missing, RRSIGs Missing.  Other codes say that no answer came to be stripped.
    stripped = next(
        (
            zone
            for zone in zones
            if (zone.anchor or zone.name == ".")
            and zone.status is Security.INDETERMINATE
            and zone.ede in (9, 10)
        ),
        None,
    )
    return DnssecFacts(
        zones=tuple(sorted(zones, key=_depth)),
        weakest=min((each.security for each in path_lookups(mx, tlsa, ROUTE)), key=_ORDER.index),
        resolver_passes=stripped is None and not note,
        resolver_note=note if stripped is None else stripped.reason,
        expires=min(expiries, default=None),
    )


def _depth(zone: ZoneFact) -> tuple[int, str]:
    return (0 if zone.name == "." else zone.name.count(".") + 1), zone.name


async def look(tools: Tools, _: Walk) -> DnssecFacts:
    """What the look-ups of MX, addresses and TLSA came across."""
    return _seen(tools, await tools.found("mx", "tlsa"))


async def look_again(tools: Tools) -> AsyncIterator[DnssecFacts]:
    """Now that every look-up is in: which zones were seen must not hang on who was first."""
    walk = await tools.found(*(panel.id for panel in WALKED if panel.id != "dnssec"), settled=True)
    # A recording must hold what another time or an attack would need, whatever was fastest today.
    await tools.validator.settle()
    yield _seen(tools, walk)


def _seen(tools: Tools, walk: Walk) -> DnssecFacts:
    return gather(walk.mx, walk.tlsa, tools.validator.zones(), tools.validator.resolver_note)


def line(walk: Walk) -> Line:
    """The panel's line: pure."""
    facts = walk.dnssec
    on_route, on_path = list(lookups(walk, ROUTE)), list(lookups(walk, PATH))
    for lookup in on_path:
        if lookup.security is Security.BOGUS:
            return Status.FAIL, "BOGUS", f"{_what(lookup)} is bogus: {visible(clause(lookup.reason))}."
    if not facts.resolver_passes:
        return Status.ERROR, "UNKNOWN", visible(facts.resolver_note)
    for lookup in on_path:
        why = our_fault(walk, lookup)
        if why:
            return Status.ERROR, "UNKNOWN", f"The DNSSEC status of {_what(lookup)} is unknown: {visible(why)}"
    if facts.weakest is Security.INDETERMINATE:
        judged = (lookup for lookup in on_route if lookup.security is Security.INDETERMINATE)
        unclear = next(judged, walk.mx.lookup)
        why = visible(unclear.reason or unclear.detail or "no answer")
        return Status.ERROR, "UNKNOWN", f"The DNSSEC status of {_what(unclear)} is unknown: {why}"
    if facts.weakest is Security.SECURE:
        addressed = any(lookup.found is Found.FOUND for lookup in on_route[1:])
        what = "The MX RRset and all addresses are" if addressed else "The MX RRset is"
        return (
            Status.PASS,
            "SECURE",
            f"{what} signed, and the chain of trust from {_beginning(on_route)} is intact.",
        )
    secure = [lookup for lookup in on_route if lookup.security is Security.SECURE]
    insecure = next(lookup for lookup in on_route if lookup.security is Security.INSECURE)
    how = "signed"
    if any(zone.unvalidated and zone.name in insecure.chain for zone in facts.zones):
        how = "validated"
    if secure:
        return Status.WEAK, "PARTLY", f"{_what(insecure)} is not {how}; other parts of the path are."
    return Status.WEAK, "INSECURE", f"Nothing on the path is {how}: {visible(insecure.reason)}"


def _beginning(on_route: Iterable[Lookup]) -> str:
    """Where the chains of trust begin."""
    names = sorted({lookup.chain[0] for lookup in on_route if lookup.chain})
    own = [visible(name) for name in names if name != "."]
    if not own:
        return "the root"
    return " and ".join(["the root"] * (len(own) < len(names)) + [f"the trust anchor {name}" for name in own])


def _what(lookup: Lookup) -> str:
    return f"{visible(lookup.name)} {lookup.rdtype}"


STEP = Step(
    attribute="dnssec",
    facts=DnssecFacts,
    look=look,
    later=look_again,
    line=line,
    asks=frozenset({"DS", "DNSKEY"}),
    rests_on="anchor",
)
