"""Evidence of step 5: each session's dialogue, its TLS, and the certificates it showed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from mailpath.assess.tlsa import dane_names, secure_set, tlsa_of
from mailpath.exchanges import Envelope, SmtpExchange, TlsProfile
from mailpath.facts import MxHost, Security, Session, Walk
from mailpath.match import dane, names, pkix
from mailpath.match.names import certificate_names
from mailpath.report.panels.certificates import chain_lines, leads
from mailpath.report.panels.transcript import exchange_of, transcript
from mailpath.visible import visible
from mailpath.wording.evidence import Kind, Line, indented

_PROFILES = {
    TlsProfile.FULL: "",
    TlsProfile.AUTHENTICATED: ", no anonymous cipher suites",
    TlsProfile.GNUTLS: ", only cipher suites that GnuTLS offers",
    TlsProfile.OPENSSL_2: ", at OpenSSL's security level 2",
    TlsProfile.GO: ", only cipher suites that Go offers",
}


def lines(walk: Walk, exchanges: Sequence[SmtpExchange] = (), own: Collection[bytes] = ()) -> Iterator[str]:
    """`own`: roots that this machine does not know."""
    yield from dialogues(walk, walk.starttls.sessions, exchanges, own=own)


def dialogues(
    walk: Walk,
    sessions: Sequence[Session],
    exchanges: Sequence[SmtpExchange],
    envelope: Envelope | None = None,
    *,
    own: Collection[bytes] = (),
) -> Iterator[str]:
    """`sessions` by host and address, in the order tried; a chain is shown once per host."""
    number = 0
    for host in walk.mx.hosts:
        seen: dict[tuple[bytes, ...], str] = {}
        for address in host.addresses:
            for session in sessions:
                if session.address == address:
                    if number:
                        yield ""
                    number += 1
                    yield from _session(
                        walk, host, session, exchanges=exchanges, envelope=envelope, seen=seen, own=own
                    )


def _session(
    walk: Walk,
    host: MxHost,
    session: Session,
    *,
    exchanges: Sequence[SmtpExchange],
    envelope: Envelope | None,
    seen: dict[tuple[bytes, ...], str],
    own: Collection[bytes],
) -> Iterator[str]:
    sni = f"SNI {visible(session.sni)}" if session.sni is not None else "no SNI"
    profile = _PROFILES[session.profile]
    where = f"[{session.address}]:{session.port}"
    yield Line(f"{visible(host.name)} {where}, {sni}{profile}", Kind.HEADING)
    if session.not_tried:
        yield f"  not tried: {visible(session.not_tried)}"
        return
    exchange = exchange_of(session, exchanges, enveloped=envelope is not None)
    yield from indented(transcript(session, exchange, walk.sender.ehlo, envelope), "  ")
    if session.tls is None:
        return
    if session.ehlo_tls is not None:
        announced = "is offered" if session.requiretls else "is not offered"
        yield f"  REQUIRETLS (RFC 8689) {announced}."
    chain = session.tls.chain
    if chain in seen:
        yield f"  The same certificates as with {seen[chain]}."
        return
    seen[chain] = f"{where}, {sni}"
    yield from (f"  {line}" for line in _certificates(walk, host, chain, own))


def _certificates(
    walk: Walk, host: MxHost, chain: tuple[bytes, ...], own: Collection[bytes]
) -> Iterator[str]:
    """How the chain stands by name, by PKIX and by DANE, then the chain itself."""
    if not chain:
        yield "No certificate (anonymous cipher suite)."
        return
    built = pkix.verify(chain, walk.roots, walk.at)
    named = names.any_match((host.name,), certificate_names(chain[0]), names.RFC)
    shown = f"names the host ({visible(named)})" if named is not None else "does not name the host"
    trust = (
        f"leads to a {leads(built.path, own)}" if built.trusted else f"not trusted: {visible(built.error)}"
    )
    yield f"By name:  the certificate {shown}."
    yield f"By PKIX:  {trust}."
    chosen = secure_set(tlsa_of(walk, host.name))
    if chosen is not None:
        matched = dane.match(chosen.records, chain, dane_names(walk, chosen.base), walk.at)
        unsigned = "" if walk.mx.lookup.security is Security.SECURE else " The MX record is unsigned."
        yield f"By DANE:  {visible(matched.reason)}{unsigned}"
    yield from chain_lines(chain, built.path, own)
