"""Findings on the chain of trust (step 2)."""

from __future__ import annotations

from collections.abc import Iterator

from mailpath.assess.faults import Fault, our_fault
from mailpath.assess.lookups import PATH, ROUTE, lookups
from mailpath.assess.tlsa import is_secure_alias
from mailpath.facts import Found, Lookup, Security, SignatureFact, Walk, ZoneFact
from mailpath.facts.findings import Finding, Severity
from mailpath.findings.bogus import bad_signatures, ran_out, remedy
from mailpath.findings.catalogue import finding
from mailpath.findings.sts import guards
from mailpath.findings.words import ASK_ANOTHER, alias_lines, rrset, why
from mailpath.visible import visible
from mailpath.wording.times import DAY, span, utc

_SIGNED_ALIAS = (
    "The host's name is an alias in a signed zone, but the address that it leads to is not signed. Senders"
    " look up TLSA records at the alias only; some, like Exim, use none without a signed address."
)
_POLICY_GUARDS = (
    "An attacker who can forge DNS answers can redirect the mail of senders that do not use MTA-STS. For the"
    " others, the enforced policy says which hosts are the domain's."
)
#: A zone whose signatures last this much longer, or less, is warned of.
SOON = 7 * DAY

#: RSASHA1 and RSASHA1-NSEC3-SHA1.
_SHA1_ALGORITHMS = frozenset({5, 7})
_SHA1_DIGEST = 1
#: RRsets that one finding names.
_MOST_NAMED = 6


def find(walk: Walk) -> Iterator[Finding]:
    asked = list(lookups(walk, (*PATH, "sts")))  # every answer that the path hangs on
    yield from _all_bogus(walk, asked)
    if not walk.dnssec.resolver_passes:
        note = visible(walk.dnssec.resolver_note) or "the resolver omits DNSSEC data"
        yield finding("SEC008", visible(walk.resolver), f"{note.rstrip('.')}.", got=note)
    else:
        yield from _answers(walk)
    yield from _anchors(walk, asked)
    yield from _resolver(walk, asked)
    used = {name for lookup in asked for name in (*lookup.chain, lookup.zone) if name is not None}
    for zone in walk.dnssec.zones:
        if zone.name in used:
            yield from _zone(zone)
    yield from _expiring(walk, asked)


def _all_bogus(walk: Walk, asked: list[Lookup]) -> Iterator[Finding]:
    bogus: dict[str, list[Lookup]] = {}
    for lookup in asked:
        if lookup.security is Security.BOGUS:
            bogus.setdefault(why(lookup), []).append(lookup)
    for alike in bogus.values():
        yield _bogus(walk, alike)


def _answers(walk: Walk) -> Iterator[Finding]:
    mx = walk.mx.lookup
    known = mx.security is Security.INSECURE and mx.found is not Found.FAILED
    unsigned_mx = known and not _by_choice(walk, mx)
    weight = Severity.INFO if guards(walk) else None
    if unsigned_mx:
        yield finding(
            "SEC001",
            rrset(mx),
            f"{rrset(mx)} is not signed: {why(mx, 'the zone is not signed')}.",
            severity=weight,
            got=why(mx, "no DS record"),
            fix=_sign(mx),
            means=_POLICY_GUARDS if weight is not None else "",
        )
    for host in walk.mx.hosts:
        unsigned = [
            lookup
            for lookup in host.lookups
            if lookup.security is Security.INSECURE
            and lookup.found in (Found.FOUND, Found.ABSENT)
            and not _by_choice(walk, lookup)
        ]
        if unsigned and host.addresses:
            kinds = " and ".join(lookup.rdtype for lookup in unsigned)
            name = visible(host.name)
            reason = why(unsigned[0], "the zone is not signed")
            message = f"{kinds} of {name} {'are' if len(unsigned) > 1 else 'is'} not signed: {reason}."
            # RFC 7672 section 2.2.2: a signed alias is a TLSA base domain, wherever it leads.
            through = next((each for each in unsigned if is_secure_alias(each)), None)
            means = _SIGNED_ALIAS if through is not None else ""
            found = alias_lines(through) if through is not None else []
            # The zone that the MX record stands in is signed in one go with it.
            fix = f"Sign the zone {_zone_of(unsigned[0])}, or use a mail host in a signed zone."
            if unsigned_mx and _zone_of(mx) == _zone_of(unsigned[0]):
                fix = _sign(mx)
            yield finding(
                "SEC004", name, message, severity=weight, found=found, got=reason, fix=fix, means=means
            )
    unclear: dict[str, list[Lookup]] = {}
    on_route = list(lookups(walk, ROUTE))
    for lookup in on_route:
        answered = lookup.found in (Found.FOUND, Found.ABSENT)
        if (
            lookup.security is Security.INDETERMINATE
            and answered
            and not our_fault(walk, lookup, (Fault.UNPROVEN,))
        ):
            unclear.setdefault(why(lookup), []).append(lookup)
    for lookup in lookups(walk):
        if lookup.proofless and lookup not in on_route:
            unclear.setdefault(why(lookup), []).append(lookup)
    # Whose root has no keys to show is a resolver: no zone below is to blame.
    rootless = any(zone.name == "." and zone.status is Security.INDETERMINATE for zone in walk.dnssec.zones)
    for reason, alike in unclear.items():
        names = [rrset(each) for each in alike]
        fix = ASK_ANOTHER if rootless or any(each.proofless for each in alike) else ""
        yield finding("SEC003", names[0], f"{_named(names)}: {reason}.", got=reason, fix=fix)


def _zone_of(lookup: Lookup) -> str:
    return visible(lookup.zone or lookup.canonical)


def _sign(lookup: Lookup) -> str:
    return f"Sign the zone {_zone_of(lookup)}, and submit its DS record through the registrar."


def _by_choice(walk: Walk, lookup: Lookup) -> bool:
    """Whether it counts as unsigned by the anchors that are used here, and not by what any zone does."""
    return any(zone.unvalidated and zone.name in lookup.chain for zone in walk.dnssec.zones)


def _anchors(walk: Walk, asked: list[Lookup]) -> Iterator[Finding]:
    for zone in walk.dnssec.zones:
        if zone.unvalidated and zone.anchor:
            name = visible(zone.name)
            message = f"{name} counts as unsigned, because a negative trust anchor is set here."
            yield finding("SEC013", name, message, got=visible(zone.reason))
        elif zone.unvalidated:
            names = list(dict.fromkeys(visible(lookup.name) for lookup in asked if "." in lookup.chain))
            if names:
                message = f"{_named(names)}: no trust anchor stands at or above it, so it counts as unsigned."
                yield finding("SEC014", names[0], message, got="no trust anchor covers this name")


def _named(names: list[str]) -> str:
    """One cause is one finding: a zone's keys stand above all its answers, the root's above every answer."""
    rest = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"{', '.join(names[:_MOST_NAMED])}{rest}"


def _bogus(walk: Walk, alike: list[Lookup]) -> Finding:
    """Of answers that are bogus for one reason.  Run-out signatures have a code of their own: nothing else is
    as frequent, or as easily mended."""
    lookup = alike[0]
    names = [rrset(each) for each in alike]
    are = f"{_named(names)} {'is' if len(names) == 1 else 'are'} bogus"
    zones = walk.dnssec.zones
    bad, latest = bad_signatures(lookup, zones), ran_out(lookup, zones, walk.at)
    ede = f" (extended DNS error {lookup.ede})" if lookup.ede is not None else ""
    if latest is not None:
        return finding(
            "SEC012",
            rrset(lookup),
            f"{are}: {('its' if len(names) == 1 else 'the')} signatures expired on {utc(latest.expiration)}.",
            found=_signature(latest),
            got=f"{why(lookup)}{ede}",
            fix=remedy(lookup, zones, walk.at, ahead=walk.ahead),
        )
    return finding(
        "SEC002",
        rrset(lookup),
        f"{are}: {why(lookup)}.",
        found=_signature(bad[0]) if bad else "; ".join(visible(record) for record in lookup.records[:4]),
        got=f"{why(lookup)}{ede}",
        fix=remedy(lookup, zones, walk.at, ahead=walk.ahead),
    )


def _signature(signature: SignatureFact) -> str:
    return (
        f"{visible(signature.owner)} RRSIG {signature.rdtype}, key {signature.tag} of"
        f" {visible(signature.signer)}, {utc(signature.inception)} to {utc(signature.expiration)}"
    )


def _resolver(walk: Walk, asked: list[Lookup]) -> Iterator[Finding]:
    """One finding for the resolver, however many answers it sees otherwise."""
    fine = (Security.SECURE, Security.INSECURE)
    kept = [lookup for lookup in asked if lookup.withheld and lookup.security in fine]
    withheld = [f"{rrset(lookup)}: {lookup.resolver_rcode}" for lookup in kept]
    differences = [text for lookup in asked if (text := _difference(lookup))]
    if withheld:
        # What the others say weighs less: mail is held back by this.
        first = kept[0]
        more = f" and to {len(withheld) - 1} more queries" if len(withheld) > 1 else ""
        yield finding(
            "SEC009",
            visible(walk.resolver),
            f"The resolver answers {visible(first.resolver_rcode or '')} to {rrset(first)}{more} unless it"
            f" is told not to validate (CD); with CD, the answer validates as {first.security.value} here. A"
            " mail server that needs the answer and uses this resolver defers; one that uses another does"
            " not.",
            severity=Severity.WARNING,
            got="; ".join([*withheld, *differences][:6]),
            fix="Use another resolver (--resolver ADDRESS). If that one answers, this one is at fault: give"
            " it a current trust anchor, or point the mail servers that use it at another.",
        )
    elif differences:
        rest = f" (and {len(differences) - 1} more)" if len(differences) > 1 else ""
        yield finding(
            "SEC009",
            visible(walk.resolver),
            f"{differences[0]}{rest}.",
            got="; ".join(differences[:6]),
        )


def _difference(lookup: Lookup) -> str:
    rcode, ours = lookup.resolver_rcode, lookup.security
    if rcode is None or lookup.found is Found.FAILED:
        return ""
    if rcode in ("NOERROR", "NXDOMAIN") and ours is Security.BOGUS:
        return f"{rrset(lookup)} is bogus here, but the resolver returns it"
    if ours is Security.SECURE and lookup.resolver_ad is False and rcode in ("NOERROR", "NXDOMAIN"):
        return f"{rrset(lookup)} is secure here, but the resolver does not say so (no AD bit)"
    return ""


def _zone(zone: ZoneFact) -> Iterator[Finding]:
    name = visible(zone.name)
    if zone.name != "." and zone.status is Security.INSECURE:
        if zone.ds and not any(ds.supported for ds in zone.ds):
            shown = "; ".join(f"DS {ds.tag} {ds.algorithm} {ds.digest_type}" for ds in zone.ds[:6])
            yield finding("SEC010", name, f"No DS record of {name} has a supported algorithm.", found=shown)
        return
    if zone.status is not Security.SECURE:
        return
    retired = sorted({key.algorithm_name for key in zone.keys if key.algorithm in _SHA1_ALGORITHMS})
    if retired:
        yield finding(
            "SEC006", name, f"{name} is signed with {visible(', '.join(retired))}.", found=", ".join(retired)
        )
    if zone.name == ".":
        return
    if zone.ds and all(ds.digest_type == _SHA1_DIGEST for ds in zone.ds):
        tags = ", ".join(str(ds.tag) for ds in zone.ds[:6])
        yield finding("SEC007", name, f"The DS records of {name} have only SHA-1 digests (key tag {tags}).")
    orphans = [ds for ds in zone.ds if ds.supported and not ds.matches]
    # A second digest of a key that another DS names is no remnant.
    named = {ds.tag for ds in zone.ds if ds.matches}
    orphans = [ds for ds in orphans if ds.tag not in named]
    if orphans:
        tags = ", ".join(str(ds.tag) for ds in orphans[:6])
        yield finding(
            "SEC011",
            name,
            f"A DS record at the parent of {name} matches no key (key tag {tags}).",
            found=f"DS {tags}",
        )


def _expiring(walk: Walk, asked: list[Lookup]) -> Iterator[Finding]:
    """Per zone, the first signature to run out.

    A signer that keeps its signatures short renews them often: a quarter of their life is late for any.
    """
    first: dict[str, SignatureFact] = {}
    zones = {zone.name: zone for zone in walk.dnssec.zones}
    for lookup in asked:
        if lookup.security is not Security.SECURE or lookup.zone is None:
            continue
        own = zones[lookup.zone].signatures if lookup.zone in zones else ()
        keys = [signature for signature in own if signature.rdtype == "DNSKEY"]
        for signature in (*lookup.signatures, *keys):
            if signature.verdict != "good":
                continue
            life = signature.expiration - signature.inception
            remaining = signature.expiration - walk.at
            if not 0 <= remaining < min(SOON, life // 4):
                continue
            known = first.get(signature.signer)
            if known is None or signature.expiration < known.expiration:
                first[signature.signer] = signature
    for signer, signature in sorted(first.items()):
        remaining = signature.expiration - walk.at
        zone = visible(signer)
        yield finding(
            "SEC005",
            zone,
            f"Signatures of {zone} expire in {span(remaining, full=True)}, on {utc(signature.expiration)}.",
            severity=Severity.ERROR if remaining < DAY // 4 else Severity.WARNING,
            found=_signature(signature),
        )
