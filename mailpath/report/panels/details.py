"""What a step found, in a few labelled lines per host: what a reader wants to know before the raw evidence.

Visible text all of it; foreign bytes pass `visible()` here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from mailpath.assess.lookups import PATH, lasting, lookups
from mailpath.assess.reached import Reached, told
from mailpath.assess.standing import Standing, standing_at, tls_name
from mailpath.assess.tlsa import dane_names, secure_set
from mailpath.facts import Found, Lookup, MxKind, PolicyFetch, Security, SignatureFact, Walk
from mailpath.findings.tlsa import chains, holds, mistakes
from mailpath.findings.words import hexed, rrset
from mailpath.match import dane, sts
from mailpath.match.certificate import describe
from mailpath.names import u_labels
from mailpath.report.envelope import answers, tried
from mailpath.steps.registry import REGISTRY
from mailpath.steps.tlsa import host_stands
from mailpath.visible import visible
from mailpath.wording.phrases import count
from mailpath.wording.times import span, utc

#: Hosts that are told of one by one; the evidence has them all.
MOST_HOSTS = 12
_MOST_NAMES = 8


class Detail(msgspec.Struct, frozen=True):
    """One line; `label` has at most nine characters."""

    label: str
    text: str


def details(walk: Walk, step_id: str) -> tuple[Detail, ...]:
    """What the step found; () for one that found nothing worth a line."""
    step = REGISTRY.get(step_id)
    found = _DETAILS.get(step_id) or (step.details if step is not None else None)
    return tuple(Detail(label, text) for label, text in found(walk)) if found is not None else ()


_Lines = Iterator[tuple[str, str]]


def _sender(walk: Walk) -> _Lines:
    facts = walk.sender
    if facts.ehlo:
        yield "EHLO", visible(facts.ehlo)
    yield "Resolver", visible(walk.resolver)
    if facts.port25 is Found.FOUND:
        yield "Port 25", "is open from here"
    elif facts.port25_reason:
        yield "Port 25", visible(facts.port25_reason)
    for label, lookup in (("MX", facts.mx), ("SPF", facts.spf)):
        if lookup is not None and lookup.found is Found.FOUND:
            yield label, "; ".join(visible(record, limit=200) for record in lookup.records[:4])
    if facts.provider is not None:
        yield "Provider", f"{visible(facts.provider)} (a guess)"
    for ground in facts.grounds:
        yield "Because", visible(ground)


def _mx(walk: Walk) -> _Lines:
    for host in walk.mx.hosts[:MOST_HOSTS]:
        label = "Host" if walk.mx.kind is MxKind.IMPLICIT else f"MX {host.preference}"
        unicode = u_labels(host.name)
        beside = f" ({visible(unicode)})" if unicode is not None else ""
        addresses = ", ".join(host.addresses) or "no usable address"
        if host.left_out:
            addresses += f", and {host.left_out} not tried"
        alias = f", an alias of {visible(host.canonical)}" if host.canonical != host.name else ""
        special = "".join(f", {each} is special-use ({visible(kind)})" for each, kind in host.special.items())
        odd = {"ip-literal": ", an IP address", "invalid": ", not a host name"}.get(host.form, "")
        yield label, f"{visible(host.name)}{beside}{alias}{odd}: {addresses}{special}"
    yield from _more(len(walk.mx.hosts))
    if walk.mx.left_out:
        yield "", f"{count(walk.mx.left_out, 'more host')} not tried"
    if walk.mx.lookup.ttl is not None and walk.mx.lookup.found is Found.FOUND:
        yield "TTL", f"{walk.mx.lookup.ttl} s: resolvers may keep serving old MX records that long"


def _more(hosts: int) -> _Lines:
    if hosts > MOST_HOSTS:
        yield "", f"and {count(hosts - MOST_HOSTS, 'more host')}"


# --- DNSSEC ----------------------------------------------------------------------------------------


def _dnssec(walk: Walk) -> _Lines:
    asked = list(lookups(walk, PATH))
    for security in Security:
        names = _asked([lookup for lookup in asked if lookup.security is security])
        if names:
            rest = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
            yield _LABELS[security], f"{', '.join(names[:_MOST_NAMES])}{rest}"
    mx = walk.mx.lookup
    algorithms = {zone.name: zone.keys[0].algorithm_name for zone in walk.dnssec.zones if zone.keys}
    if mx.chain and mx.security is Security.SECURE:
        links = ["root" if name == "." else visible(name) for name in mx.chain]
        signed = algorithms.get(mx.chain[-1])
        yield "Chain", f"{' > '.join(links)}{f', signed with {visible(signed)}' if signed else ''}"
    first = first_to_expire(walk)
    if first is not None:
        what = f"{visible(first.owner)} {first.rdtype}"
        ends = f"{utc(first.expiration)} ({span(first.expiration - walk.at, full=True)} left)"
        yield "Valid", f"until {ends}, when the RRSIG over {what} by key {first.tag} expires"
    if mx.resolver_rcode is not None:
        yield "Resolver", f"answers {visible(mx.resolver_rcode)} for {rrset(mx)}{_claim(mx)}"


def _claim(lookup: Lookup) -> str:
    """What the resolver's own answer says of its validation (RFC 4035 section 3.2.3)."""
    if lookup.resolver_ad:
        return ", with AD: it validates, and the answer is secure"
    if lookup.resolver_rcode == "SERVFAIL":
        return ", as a validating resolver does for a bogus answer"
    if lookup.security is Security.SECURE:
        return ", without AD: it does not validate, or does not say so"
    return ", without AD"


_LABELS = {
    Security.SECURE: "Secure",
    Security.INSECURE: "Insecure",
    Security.BOGUS: "Bogus",
    Security.INDETERMINATE: "Unclear",
}


def _asked(alike: list[Lookup]) -> list[str]:
    """ "mx1.b.example AAAA (none) and A": what was asked for, by name."""
    types: dict[str, list[str]] = {}
    for lookup in alike:
        none = " (none)" if lookup.found is Found.ABSENT else ""
        types.setdefault(lookup.name, []).append(f"{lookup.rdtype}{none}")
    return [f"{visible(name)} {' and '.join(kinds)}" for name, kinds in types.items()]


def first_to_expire(walk: Walk) -> SignatureFact | None:
    """The good signature under a secure answer of the path that ends first; None where nothing is secure."""
    zones = {zone.name: zone for zone in walk.dnssec.zones}
    found: list[SignatureFact] = []
    for lookup in lookups(walk, PATH):
        if lookup.security is Security.SECURE:
            found += lookup.signatures
            found += (each for name in lookup.chain if name in zones for each in zones[name].signatures)
    good = lasting(each for each in found if each.verdict == "good")
    return min(good, key=lambda signature: signature.expiration, default=None)


# --- MTA-STS ---------------------------------------------------------------------------------------


def _sts(walk: Walk) -> _Lines:
    facts = walk.sts
    for text in facts.texts[:4]:
        yield "Record", visible(text, limit=300)
    policy = facts.policy
    if policy is not None:
        yield "Mode", _MODES.get(policy.mode, visible(policy.mode))
        yield (
            "max_age",
            f"{policy.max_age} s: senders cache the policy for {span(policy.max_age, full=True)}",
        )
        if facts.policy_id is not None:
            yield "id", f"{visible(facts.policy_id)}: a new id makes senders fetch the policy again"
        for host in walk.mx.hosts[:MOST_HOSTS]:
            pattern = next((each for each in policy.mx if sts.mx_matches(each, host.name)), None)
            listed = f"listed as mx: {visible(pattern)}" if pattern is not None else "matches no mx line"
            yield "MX host", f"{visible(host.name)}, {listed}"
        yield from _more(len(walk.mx.hosts))
    if facts.fetch is not None:
        yield from _policy_host(facts.fetch, walk.at)
    if facts.tlsrpt_rua:
        yield "Reports", f"go to {', '.join(visible(uri) for uri in facts.tlsrpt_rua[:4])} (TLSRPT)"
    elif facts.tlsrpt is not None and facts.tlsrpt.found is Found.ABSENT and not facts.tlsrpt.broken:
        yield "Reports", "nobody receives failure reports, because there is no TLSRPT record"


_MODES = {
    "enforce": "enforce: senders do not deliver to hosts that fail the policy",
    "testing": "testing: senders report failures but deliver anyway",
    "none": "none: the policy is withdrawn",
}


def _policy_host(fetch: PolicyFetch, at: int) -> _Lines:
    if fetch.chain:
        trust = "" if fetch.verify_error is None else f"; refused: {visible(fetch.verify_error)}"
        yield "Policy at", f"{visible(fetch.host)}, certificate {_certificate(fetch.chain, at)}{trust}"
    elif fetch.detail:
        yield "Policy at", f"{visible(fetch.host)}: {visible(fetch.detail)}"


def _certificate(chain: tuple[bytes, ...], at: int) -> str:
    """ "from CN=..., until 2027-01-22 18:52 UTC (60 days left)"."""
    facts = describe(chain[0])
    if facts.error:
        return f"unreadable: {visible(facts.error)}"
    issuer = "self-signed" if facts.self_signed else f"from {visible(facts.issuer, limit=120) or '(no name)'}"
    if facts.not_after is None:
        return f"{issuer}, without a readable expiry date"
    remaining = facts.not_after - at
    left = span(abs(remaining), full=True)
    return f"{issuer}, until {utc(facts.not_after)} ({f'{left} left' if remaining >= 0 else f'{left} ago'})"


# --- TLSA and STARTTLS -----------------------------------------------------------------------------


def _tlsa(walk: Walk) -> _Lines:
    for host in walk.tlsa.hosts[:MOST_HOSTS]:
        name = visible(host.host)
        chosen = secure_set(host)
        if host.not_tried:
            yield "MX host", f"{name}: not looked up: {visible(host.not_tried)}"
        elif chosen is None:
            yield "MX host", f"{name}: {host_stands(walk, host)[1] or 'no TLSA record'}"
        else:
            number = count(len(chosen.records), "TLSA record")
            yield "MX host", f"{name}: {number} at {visible(chosen.lookup.name)}"
            seen = chains(walk, host.host, chosen.base)
            reference = dane_names(walk, chosen.base)
            for chain, addresses in seen:
                matched = dane.match(chosen.records, chain, reference, walk.at)
                if matched.record is not None:
                    record = matched.record
                    shape = f"{record.usage} {record.selector} {record.mtype} {hexed(record.data)[:16]}"
                    what = "public key" if record.selector == dane.SPKI else "certificate"
                    whose = "the server's own" if matched.depth == 0 else "an authority's"
                    yield "Matches", f"{shape}…, {whose} {what} ({', '.join(addresses)})"
                else:
                    label = "Unusable" if matched.verdict == "unusable" else "Differs"
                    yield label, f"{visible(matched.reason).rstrip('.')} ({', '.join(addresses)})"
                    for record, mistake in mistakes(walk, host, chosen, chain).items():
                        yield "Made of", f"{record.usage} {record.selector} {record.mtype}: {holds(mistake)}"
                moot = "; DANE-EE ignores both" if matched.usage == dane.DANE_EE else ""
                yield "Cert", f"{_certificate(chain, walk.at)}{moot}"
    yield from _more(len(walk.tlsa.hosts))


def _starttls(walk: Walk) -> _Lines:
    for host in walk.mx.hosts[:MOST_HOSTS]:
        told: list[tuple[list[str], list[tuple[str, str]]]] = []
        for address in host.addresses:
            standing = standing_at(walk, host, address)
            said = list(_session(walk.at, standing)) if standing is not None else []
            alike = next((addresses for addresses, lines in told if lines == said), None)
            if alike is not None:
                alike.append(address)
            elif said:
                told.append(([address], said))
        for addresses, lines in told:
            (label, first), *rest = lines
            yield label, f"{visible(host.name)} [{', '.join(addresses)}]: {first}"
            yield from rest
    yield from _more(len(walk.mx.hosts))


def _session(at: int, standing: Standing) -> _Lines:
    session, seen = standing.session, standing.certificate
    if session.not_tried:
        yield "MX host", f"not tried: {visible(session.not_tried)}"
    elif session.tls is None or seen is None:
        yield "MX host", told(session)
    else:
        lost = f"; {told(session)}" if standing.reached is not Reached.UP else ""
        yield "MX host", f"{tls_name(session.tls.version)}, {visible(session.tls.cipher)}{lost}"
        if standing.chain:
            yield "Cert", _certificate(standing.chain, at)
        yield "Checked", seen.words
        if session.requiretls:
            yield "Offers", "REQUIRETLS (RFC 8689)"


def _envelope(walk: Walk) -> _Lines:
    if tried(walk):
        yield "Tried", f"{tried(walk)}, then RSET; no mail was sent"
    for each in answers(walk)[:MOST_HOSTS]:
        yield "MX host", f"{each.host} [{each.address}]: {each.sentence}"


_DETAILS: dict[str, Callable[[Walk], Iterable[tuple[str, str]]]] = {
    "sender": _sender,
    "mx": _mx,
    "dnssec": _dnssec,
    "mta-sts": _sts,
    "tlsa": _tlsa,
    "starttls": _starttls,
    "envelope": _envelope,
}
