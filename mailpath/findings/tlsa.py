"""Findings on TLSA records, held against what the hosts show (step 4)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from mailpath.assess.faults import our_fault
from mailpath.assess.reached import Reached, told, why_ended
from mailpath.assess.sessions import host_named, with_certificate
from mailpath.assess.standing import Standing, standing_of
from mailpath.assess.tlsa import (
    NotAsked,
    dane_names,
    failed_lookup,
    secure_set,
    surely_none,
    tlsa_bases,
    usable,
)
from mailpath.facts import Found, HostTlsa, Lookup, Security, TlsaRecord, TlsaSet, Walk, gave_up_early
from mailpath.facts.findings import Finding, Severity
from mailpath.findings.catalogue import MISTAKES, finding
from mailpath.findings.words import (
    Remedy,
    dotted,
    none_found,
    publish,
    records_found,
    tlsa_data,
    tlsa_line,
    why,
)
from mailpath.match import dane
from mailpath.match.certificate import describe
from mailpath.match.dane import Mismatch
from mailpath.match.mistakes import Kind, Mistake, Other, explain_mismatch
from mailpath.visible import visible
from mailpath.wording.phrases import clause, join_and

#: What becomes of a wrong record beside a right one.
_MOOT = "Another record matches, so mail flows. This one was made by mistake, and will never match."
_ELSEWHERE = "Another record matches, so mail flows. This one belongs to another certificate, and is needed."
#: A set larger than this is not written out in full.
MOST_SHOWN = 6


_MISMATCHES = {
    Mismatch.RECORD: "TLSA002",
    Mismatch.ANCHOR_ABSENT: "TLSA008",
    Mismatch.ANCHOR_REFUSES: "TLSA009",
}


def find(walk: Walk) -> Iterator[Finding]:
    protected = [host.host for host in walk.tlsa.hosts if secure_set(host) is not None]
    for host in walk.tlsa.hosts:
        yield from _host(walk, host, protected)


def _host(walk: Walk, host: HostTlsa, protected: list[str]) -> Iterator[Finding]:
    name = visible(host.host)
    candidate, broken = secure_set(host), failed_lookup(host)
    if candidate is not None:
        yield from _published(walk, host, candidate)
        return
    if broken is not None:
        if not broken.proofless and not our_fault(walk, broken):
            message, owner = f"The TLSA lookup for {name} failed: {why(broken)}.", dotted(broken.name)
            yield finding("TLSA005", name, message, found=f"{owner} TLSA", got=why(broken))
        return
    unsigned = next((each for each in host.candidates if each.lookup.found is Found.FOUND), None)
    mx, none = host_named(walk, host.host), surely_none(host)
    if unsigned is not None:
        yield finding(
            "TLSA007",
            name,
            f"The TLSA records of {name} are unsigned: {why(unsigned.lookup)}.",
            found=_shown(unsigned.lookup, unsigned.records),
            got=why(unsigned.lookup),
        )
    elif protected and (none or (mx is not None and tlsa_bases(mx)[1] is NotAsked.UNSIGNED)):
        lacks = "has no TLSA records" if none else "has no signed address"
        yield finding(
            "TLSA011",
            name,
            f"DANE protects {join_and([visible(each) for each in protected[:4]])}, but {name} {lacks}.",
            found=visible(host.not_tried) or (none_found(host.candidates[0].lookup) if none else ""),
            **_publish(walk, host),
        )
    elif none:
        lookup = host.candidates[0].lookup
        message = f"{name} is signed but has no TLSA records"
        if lookup.links:
            message += f": its TLSA name is an alias of {visible(lookup.canonical)}, which has none"
        yield finding("TLSA001", name, f"{message}.", found=none_found(lookup), **_publish(walk, host))


def _standing(walk: Walk, host: HostTlsa) -> Standing | None:
    mx = host_named(walk, host.host)
    return standing_of(walk, mx) if mx is not None else None


def _publish(walk: Walk, host: HostTlsa) -> Remedy:
    """The record to publish for the key the host shows now; none where it showed none."""
    standing = _standing(walk, host)
    if standing is None or not standing.chain or not host.candidates:
        return {}
    return publish((secure_set(host) or host.candidates[0]).lookup, _fresh(standing.chain))


def _fresh(chain: tuple[bytes, ...]) -> str:
    """The data of 3 1 1 for the server's key."""
    digest = dane.computed((dane.SPKI, dane.SHA2_256), chain[0])
    return tlsa_data(dane.DANE_EE, dane.SPKI, dane.SHA2_256, digest)


# --- records that are there ------------------------------------------------------------------------


def _published(walk: Walk, host: HostTlsa, candidate: TlsaSet) -> Iterator[Finding]:
    name, lookup = visible(host.host), candidate.lookup
    owner = lookup.canonical
    unusable = [record for record in candidate.records if record.unusable]
    if unusable and not usable(candidate):
        reason = visible(unusable[0].unusable)
        yield finding(
            "TLSA003",
            name,
            f"No TLSA record of {name} is usable: {reason}{_made_of(walk, host, candidate, unusable[0])}.",
            found=_shown(lookup, candidate.records),
            got=reason,
            **_publish(walk, host),
        )
        return
    for record in unusable[:MOST_SHOWN]:
        reason = visible(record.unusable)
        message = f"A TLSA record of {name} is unusable: {reason}{_made_of(walk, host, candidate, record)}."
        line = tlsa_line(owner, record)
        yield finding(
            "TLSA004", name, message, found=[line], got=reason, fix="Delete this record.", records=[line]
        )
    if walk.mx.lookup.security is Security.INSECURE:
        yield finding(
            "TLSA014",
            name,
            f"{name} has TLSA records, but the MX record that names it is unsigned.",
            found=_shown(lookup, candidate.records),
            fix=f"Sign the zone {visible(walk.mx.lookup.zone or walk.path.recipient)}.",
        )
    for record in candidate.records:
        if not record.unusable and record.usage == dane.DANE_EE and record.selector == dane.CERT:
            message = f"A TLSA record of {name} pins the whole certificate ({record.usage} 0 {record.mtype})."
            yield finding("TLSA013", name, message, found=[tlsa_line(owner, record)], **_publish(walk, host))
            break
    yield from _compared(walk, host, candidate)


def chains(walk: Walk, host: str, base: str) -> list[tuple[tuple[bytes, ...], list[str]]]:
    """What DANE senders are shown: (chain, addresses that send it), one entry per leaf, in address order.

    DANE sends the TLSA base domain as SNI and offers no anonymous suite (RFC 7672 sections 8.1, 8.2).
    """
    shown: dict[bytes, tuple[tuple[bytes, ...], list[str]]] = {}
    mx = host_named(walk, host)
    for address in mx.addresses if mx is not None else ():
        session = with_certificate(walk, address, base)
        if session is not None and session.tls is not None and session.tls.chain:
            chain = session.tls.chain
            shown.setdefault(chain[0], (chain, []))[1].append(address)
    return list(shown.values())


def _compared(walk: Walk, host: HostTlsa, candidate: TlsaSet) -> Iterator[Finding]:
    seen = chains(walk, host.host, candidate.base)
    if not seen:
        yield _unseen(walk, host, candidate)
        return
    names = dane_names(walk, candidate.base)
    for number, (chain, addresses) in enumerate(seen):
        matched = dane.match(candidate.records, chain, names, walk.at)
        if not matched.matched:
            yield _mismatch(walk, host, candidate, matched, chain=chain, addresses=addresses)
        elif number == 0:
            yield from _remnants(walk, host, candidate, matched, chain)


def _unseen(walk: Walk, host: HostTlsa, candidate: TlsaSet) -> Finding:
    name = visible(host.host)
    standing = _standing(walk, host)
    found = _shown(candidate.lookup, candidate.records)
    if standing is None or standing.reached <= Reached.GREETING_REFUSED:
        reason = "there was no session" if standing is None else told(standing.session)
    elif gave_up_early(walk, standing.session):
        reason = why_ended(standing.session)
    else:
        reason = told(standing.session) if standing.reached is not Reached.UP else "it has no certificate"
        message = f"{name} has TLSA records, but gives no TLS: {reason}."
        return finding("TLSA012", name, message, found=found, got=reason)
    return finding("TLSA015", name, f"{name} showed no certificate: {reason}.", found=found)


def _shown(lookup: Lookup, records: tuple[TlsaRecord, ...]) -> list[str]:
    shown = [tlsa_data(each.usage, each.selector, each.mtype, each.data) for each in records[:MOST_SHOWN]]
    more = [f"… {len(records) - MOST_SHOWN} more"] if len(records) > MOST_SHOWN else []
    return [*records_found(lookup, shown), *more]


def mistakes(
    walk: Walk, host: HostTlsa, candidate: TlsaSet, chain: tuple[bytes, ...]
) -> dict[TlsaRecord, Mistake]:
    """What the records of a set were made of that do not fit `chain`, where one can tell."""
    others = tuple(_others(walk, host, candidate.base, chain))
    told = {record: explain_mismatch(record, chain, others) for record in candidate.records[:MOST_SHOWN]}
    return {record: mistake for record, mistake in told.items() if mistake is not None}


def _others(walk: Walk, host: HostTlsa, base: str, chain: tuple[bytes, ...]) -> Iterator[Other]:
    """The certificates that a record may have been made for by mistake."""
    for other, addresses in chains(walk, host.host, base):
        if other[0] != chain[0]:
            yield Other(Kind.ADDRESS, f"the certificate at {', '.join(addresses)}", other)
    mx = host_named(walk, host.host)
    for address in mx.addresses if mx is not None else ():
        bare = with_certificate(walk, address, None)
        if bare is not None and bare.sni is None and bare.tls is not None and bare.tls.chain[:1] != chain[:1]:
            yield Other(Kind.SNI, "the certificate that it shows without SNI", bare.tls.chain)
    for each in walk.tlsa.hosts:
        if each.host != host.host:
            found = secure_set(each)
            for other, _ in chains(walk, each.host, found.base if found is not None else each.host):
                yield Other(Kind.HOST, f"the certificate of {each.host}", other)
    yield from _roots(walk.roots)


@lru_cache(maxsize=8)
def _roots(roots: tuple[bytes, ...]) -> tuple[Other, ...]:
    return tuple(Other(Kind.UNSENT, f"the root {describe(root).subject}", (root,)) for root in roots)


def _made_of(walk: Walk, host: HostTlsa, candidate: TlsaSet, record: TlsaRecord) -> str:
    """Behind the reason why a record is unusable: what it holds, if one can tell."""
    seen = chains(walk, host.host, candidate.base)
    mistake = mistakes(walk, host, candidate, seen[0][0]).get(record) if seen else None
    return f"; {holds(mistake)}" if mistake is not None else ""


def holds(mistake: Mistake) -> str:
    """A clause: "it holds the SHA-256 digest of the server's key, which belongs in a 3 1 1 record"."""
    shape = mistake.shape
    right = f", which belongs in a {' '.join(map(str, shape))} record" if shape is not None else ""
    return f"it holds {visible(mistake.holds, limit=200)}{right}"


def _kept(walk: Walk, host: HostTlsa, candidate: TlsaSet, mistake: Mistake) -> bool:
    """The record is of use elsewhere: at another address, or to a host whose TLSA name leads here too."""
    owner = candidate.lookup.canonical
    sets = [secure_set(each) for each in walk.tlsa.hosts if each.host != host.host]
    shared = any(each is not None and each.lookup.canonical == owner for each in sets)
    return mistake.kind in (Kind.ADDRESS, Kind.SNI) or (mistake.kind is Kind.HOST and shared)


def _mismatch(
    walk: Walk,
    host: HostTlsa,
    candidate: TlsaSet,
    matched: dane.DaneMatch,
    *,
    chain: tuple[bytes, ...],
    addresses: list[str],
) -> Finding:
    """Both digests, what DNS announces and what the certificate comes to; and how they came to differ."""
    name, lookup = visible(host.host), candidate.lookup
    where = f" at {', '.join(addresses)}" if len(chains(walk, host.host, candidate.base)) > 1 else ""
    anchored = matched.mismatch is Mismatch.ANCHOR_REFUSES
    code = _MISMATCHES[matched.mismatch or Mismatch.RECORD]
    made = mistakes(walk, host, candidate, chain) if not anchored else {}
    wrong = [(record, made[record]) for record in matched.usable if record in made]
    message, means, advice = clause(visible(matched.reason)), "", ""
    if wrong:
        record, mistake = wrong[0]
        shape = tlsa_data(record.usage, record.selector, record.mtype, b"").strip()
        which = "its TLSA record" if len(matched.usable) == 1 else "one of its TLSA records,"
        message = f"{which} {shape} matches nothing: {holds(mistake)}"
        means, advice = MISTAKES[mistake.kind]["meaning"], MISTAKES[mistake.kind]["fix"]
    keep = any(_kept(walk, host, candidate, mistake) for _, mistake in wrong)
    ttl = f" ({lookup.ttl} s)" if lookup.ttl is not None else ""
    rest = f", wait one TTL{ttl}, then delete the records that do not match"
    if keep:
        rest = ", and keep the other records"
    return finding(
        code,
        name,
        f"{name}{where}: {message}.",
        found=_shown(lookup, matched.usable),
        got=_computed(matched) if not anchored else visible(matched.reason),
        fix=f"Publish this record{rest}. {advice}".rstrip(),
        records=publish(lookup, _fresh(chain))["records"],
        means=means,
    )


def _computed(matched: dane.DaneMatch) -> str | list[str]:
    """Digests of the kinds that are published, of what such a record is compared with."""
    computed: dict[str, None] = {}
    for each in matched.comparisons[: 4 * MOST_SHOWN]:
        shape = (each.record.usage, each.record.selector, each.record.mtype)
        place = "the server's certificate" if each.depth == 0 else f"certificate {each.depth} of the chain"
        computed[f"{tlsa_data(*shape, each.computed)} (computed from {place})"] = None
    if matched.mismatch is Mismatch.ANCHOR_ABSENT and not computed:
        return "the chain contains only the server's own certificate"
    return list(computed)[:MOST_SHOWN]


def _remnants(
    walk: Walk, host: HostTlsa, candidate: TlsaSet, matched: dane.DaneMatch, chain: tuple[bytes, ...]
) -> Iterator[Finding]:
    """Some record matches; what of the others?"""
    name, lookup = visible(host.host), candidate.lookup
    equal = {each.record for each in matched.comparisons if each.equal} | {matched.record}
    made = mistakes(walk, host, candidate, chain)
    for record in matched.usable:
        if record in equal:
            continue
        line, mistake = tlsa_line(lookup.canonical, record), made.get(record)
        message = f"A TLSA record of {name} matches nothing that the server sends"
        fix, means, records = "Delete this record once its key is no longer in use.", "", [line]
        if mistake is not None:
            message = f"A TLSA record of {name} matches nothing: {holds(mistake)}"
            if mistake.kind is Kind.UNSENT:
                fix = "Add that certificate to the server's chain file, or delete this record."
            elif mistake.kind is not Kind.HOST:
                fix, means = "Delete this record.", _MOOT
        if mistake is not None and _kept(walk, host, candidate, mistake):
            fix, means, records = "Nothing needs to be done.", _ELSEWHERE, []
        yield finding(
            "TLSA010",
            name,
            f"{message}.",
            severity=Severity.INFO,
            found=[line],
            fix=fix,
            records=records,
            means=means,
        )
    if matched.passed_over:
        number = len(matched.passed_over)
        those = "a TLSA record" if number == 1 else f"{number} TLSA records"
        message = f"Senders ignore {those} of {name} in favor of a stronger digest."
        yield finding("TLSA016", name, message, found=_shown(lookup, matched.passed_over))
