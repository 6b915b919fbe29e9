"""Findings on TLSA records, held against what the hosts show (step 4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypedDict

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
from mailpath.facts import Found, HostTlsa, Security, TlsaRecord, TlsaSet, Walk, gave_up_early
from mailpath.facts.findings import Finding, Severity
from mailpath.findings.catalogue import finding
from mailpath.findings.words import dotted, tlsa_data, tlsa_line, why
from mailpath.match import dane
from mailpath.visible import visible
from mailpath.wording.phrases import clause, join_and

#: A set larger than this is not written out in full.
MOST_SHOWN = 6


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
            found=_shown(unsigned.lookup.canonical, unsigned.records),
            got=why(unsigned.lookup),
        )
    elif protected and (none or (mx is not None and tlsa_bases(mx)[1] is NotAsked.UNSIGNED)):
        lacks = "has no TLSA records" if none else "has no signed address"
        yield finding(
            "TLSA011",
            name,
            f"DANE protects {join_and([visible(each) for each in protected[:4]])}, but {name} {lacks}.",
            found=visible(host.not_tried) or f"{dotted(host.candidates[0].lookup.name)} has no TLSA",
            **_publish(walk, host),
        )
    elif none:
        owner = dotted(host.candidates[0].lookup.name)
        message = f"{name} is signed but has no TLSA records."
        yield finding("TLSA001", name, message, found=f"{owner} has no TLSA", **_publish(walk, host))


def _standing(walk: Walk, host: HostTlsa) -> Standing | None:
    mx = host_named(walk, host.host)
    return standing_of(walk, mx) if mx is not None else None


class _Remedy(TypedDict, total=False):
    """What `finding` takes of it."""

    fix: str
    records: tuple[str, ...]


def _publish(walk: Walk, host: HostTlsa) -> _Remedy:
    """The record to publish for the key the host shows now; none where it showed none."""
    standing = _standing(walk, host)
    if standing is None or not standing.chain or not host.candidates:
        return {}
    owner = host.candidates[0].lookup.name
    return {"fix": "Publish this record.", "records": (_fresh(owner, standing.chain[0]),)}


def _fresh(owner: str, leaf: bytes) -> str:
    """The record 3 1 1 of the key that is in use."""
    digest = dane.computed((dane.SPKI, dane.SHA2_256), leaf)
    return f"{dotted(owner)} TLSA {tlsa_data(dane.DANE_EE, dane.SPKI, dane.SHA2_256, digest)}"


# --- records that are there ------------------------------------------------------------------------


def _published(walk: Walk, host: HostTlsa, candidate: TlsaSet) -> Iterator[Finding]:
    name, owner = visible(host.host), candidate.lookup.canonical
    unusable = [record for record in candidate.records if record.unusable]
    if unusable and not usable(candidate):
        reason = visible(unusable[0].unusable)
        yield finding(
            "TLSA003",
            name,
            f"No TLSA record of {name} is usable: {reason}.",
            found=_shown(owner, candidate.records),
            got=reason,
            **_publish(walk, host),
        )
        return
    for record in unusable[:MOST_SHOWN]:
        reason = visible(record.unusable)
        message = f"A TLSA record of {name} is unusable: {reason}."
        line = tlsa_line(owner, record)
        yield finding(
            "TLSA004", name, message, found=[line], got=reason, fix="Delete this record.", records=[line]
        )
    if walk.mx.lookup.security is Security.INSECURE:
        yield finding(
            "TLSA014",
            name,
            f"{name} has TLSA records, but the MX record that names it is unsigned.",
            found=_shown(owner, candidate.records),
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
            yield _mismatch(host, candidate, chain, addresses if len(seen) > 1 else [], matched=matched)
        elif number == 0:
            yield from _remnants(host, candidate, matched)


def _unseen(walk: Walk, host: HostTlsa, candidate: TlsaSet) -> Finding:
    name = visible(host.host)
    standing = _standing(walk, host)
    found = _shown(candidate.lookup.canonical, candidate.records)
    if standing is None or standing.reached <= Reached.GREETING_REFUSED:
        reason = "there was no session" if standing is None else told(standing.session)
    elif gave_up_early(walk, standing.session):
        reason = why_ended(standing.session)
    else:
        reason = told(standing.session) if standing.reached is not Reached.UP else "it has no certificate"
        message = f"{name} has TLSA records, but gives no TLS: {reason}."
        return finding("TLSA012", name, message, found=found, got=reason)
    return finding("TLSA015", name, f"{name} showed no certificate: {reason}.", found=found)


def _shown(owner: str, records: tuple[TlsaRecord, ...]) -> list[str]:
    lines = [tlsa_line(owner, record) for record in records[:MOST_SHOWN]]
    if len(records) > MOST_SHOWN:
        lines.append(f"… {len(records) - MOST_SHOWN} more")
    return lines


def _mismatch(
    host: HostTlsa,
    candidate: TlsaSet,
    chain: tuple[bytes, ...],
    addresses: list[str],
    *,
    matched: dane.DaneMatch,
) -> Finding:
    """Both digests: what DNS announces, and what the live certificate comes to."""
    name, owner = visible(host.host), candidate.lookup.canonical
    where = f" at {', '.join(addresses)}" if addresses else ""
    anchored = any(each.equal and each.record.usage == dane.DANE_TA for each in matched.comparisons)
    anchors_only = all(record.usage == dane.DANE_TA for record in matched.usable)
    code = "TLSA009" if anchored else "TLSA008" if anchors_only else "TLSA002"
    # Digests of the kinds that are published, of what such a record is compared with.
    computed: dict[str, None] = {}
    for each in matched.comparisons[: 4 * MOST_SHOWN]:
        shape = (each.record.usage, each.record.selector, each.record.mtype)
        place = "the server's certificate" if each.depth == 0 else f"certificate {each.depth} of the chain"
        computed[f"{tlsa_data(*shape, each.computed)} (computed from {place})"] = None
    if anchors_only and not computed:
        computed["the chain contains only the server's own certificate"] = None
    return finding(
        code,
        name,
        f"{name}{where}: {clause(visible(matched.reason))}.",
        found=_shown(owner, matched.usable),
        got=list(computed)[:MOST_SHOWN] if not anchored else visible(matched.reason),
        fix=f"Publish this record, wait one"
        f" TTL{(f' ({candidate.lookup.ttl} s)' if candidate.lookup.ttl is not None else '')}, then delete"
        " the records that do not match.",
        records=[_fresh(owner, chain[0])],
    )


def _remnants(host: HostTlsa, candidate: TlsaSet, matched: dane.DaneMatch) -> Iterator[Finding]:
    """Some record matches; what of the others?"""
    name, owner = visible(host.host), candidate.lookup.canonical
    equal = {each.record for each in matched.comparisons if each.equal} | {matched.record}
    for record in matched.usable:
        if record in equal:
            continue
        message = f"A TLSA record of {name} matches nothing that the server sends."
        line = tlsa_line(owner, record)
        fix = "Delete this record once its key is gone."
        yield finding("TLSA010", name, message, severity=Severity.INFO, found=[line], fix=fix, records=[line])
    if matched.passed_over:
        number = len(matched.passed_over)
        those = "a TLSA record" if number == 1 else f"{number} TLSA records"
        message = f"Senders ignore {those} of {name} in favor of a stronger digest."
        yield finding("TLSA016", name, message, found=_shown(owner, matched.passed_over))
