"""What one MX host's certificate proves at the walk's time, before any posture is asked.  Pure."""

from __future__ import annotations

from dataclasses import dataclass

from mailpath.facts import Found, HostTlsa, MxHost, Security, Session, TlsaSet, Walk, not_theirs, unproven
from mailpath.match import dane, names, pkix
from mailpath.steps.served import dane_names
from mailpath.visible import visible


@dataclass(frozen=True, slots=True)
class Certificate:
    """`good`: DANE or PKIX (with the name) holds.  `how`: "dane", "pkix", "name" or "none" decided.
    `word`: for the panel; `words`: the rest of a sentence."""

    good: bool
    how: str
    word: str
    words: str


def tlsa_of(walk: Walk, host: MxHost) -> HostTlsa | None:
    """The TLSA facts of this host."""
    return next((entry for entry in walk.tlsa.hosts if entry.host == host.name), None)


def dane_set(walk: Walk, host: MxHost) -> TlsaSet | None:
    """The TLSA RRset that RFC 7672 applies to this host: secure, under a secure MX; None if there is none."""
    secure_mx = walk.mx.lookup.security is Security.SECURE
    return secure_tlsa(walk, host) if secure_mx else None


def secure_tlsa(walk: Walk, host: MxHost) -> TlsaSet | None:
    """The secure TLSA RRset of this host, whatever vouches for the MX RRset that names the host."""
    entry = tlsa_of(walk, host)
    if entry is None:
        return None
    for candidate in entry.candidates:
        found = candidate.lookup.found is Found.FOUND
        if found and candidate.lookup.security is Security.SECURE:
            return candidate
    return None


def dane_applies(walk: Walk, host: MxHost) -> bool:
    """A DANE sender must authenticate this host: it has at least one usable TLSA record."""
    candidate = dane_set(walk, host)
    return candidate is not None and any(not record.unusable for record in candidate.records)


def dane_lost(walk: Walk, host: MxHost) -> bool:
    """Whether DANE vouches for this host was not learnt, and that is our own side's fault."""
    entry = tlsa_of(walk, host)
    asked = [candidate.lookup for candidate in entry.candidates] if entry is not None else []
    made = [walk.mx.lookup, *host.lookups, *asked]
    return any(not_theirs(walk, lookup) or unproven(walk, lookup) for lookup in made)


def certificate_of(walk: Walk, host: MxHost, session: Session) -> Certificate:
    """How the session's certificate stands: by DANE where it applies, by PKIX and the MX name otherwise."""
    chain = session.tls.chain if session.tls is not None else ()
    if not chain:
        return Certificate(False, "none", "ANONYMOUS", "there is no certificate (anonymous cipher suite)")
    candidate = dane_set(walk, host)
    if candidate is not None and dane_applies(walk, host):
        reference = dane_names(walk, host.name, candidate.base)
        matched = dane.match(candidate.records, chain, reference, walk.at, dane.DaneRules())
        if matched.verdict == "matched":
            return Certificate(True, "dane", "DANE", f"DANE matches (usage {matched.usage})")
        return Certificate(False, "dane", "MISMATCH", visible(matched.reason))
    found = _pkix(walk, host, chain)
    half = secure_tlsa(walk, host) if candidate is None and not found.good else None
    if half is not None and any(not record.unusable for record in half.records):
        return _half_dane(walk, host, half, chain)
    return found


def _half_dane(walk: Walk, host: MxHost, half: TlsaSet, chain: tuple[bytes, ...]) -> Certificate:
    """A host under DANE that an unsigned MX RRset names (RFC 7672 section 2.2.1): encrypted for certain,
    but to a host that a forged MX could have named."""
    reference = dane_names(walk, host.name, half.base)
    matched = dane.match(half.records, chain, reference, walk.at, dane.DaneRules())
    if matched.verdict == "matched":
        words = "DANE matches the host, but nothing vouches for the MX record that names it"
        return Certificate(False, "half-dane", "HALF DANE", words)
    return Certificate(False, "half-dane", "MISMATCH", visible(matched.reason))


def _pkix(walk: Walk, host: MxHost, chain: tuple[bytes, ...]) -> Certificate:
    built = pkix.verify(chain, walk.roots, walk.at)
    if not built.trusted:
        error = visible(built.error)
        return Certificate(False, "pkix", _word(built.error), f"the certificate is not trusted: {error}")
    presented = names.certificate_names(chain[0])
    if names.any_match((host.name,), presented, names.RFC) is None:
        shown = ", ".join(visible(name) for name in presented.dns[:3]) or visible(presented.cn or "nobody")
        words = f"the certificate is for {shown}, not for {visible(host.name)}"
        return Certificate(False, "name", "WRONG NAME", words)
    return Certificate(True, "pkix", "TRUSTED", "the certificate is trusted and names the host")


def _word(error: str) -> str:
    lowered = error.lower()
    for part, word in (
        ("expired", "EXPIRED"),
        ("not yet valid", "NOT YET VALID"),
        ("self-signed certificate in", "UNTRUSTED"),
        ("self-signed", "SELF-SIGNED"),
        ("self signed", "SELF-SIGNED"),
    ):
        if part in lowered:
            return word
    return "UNTRUSTED"
