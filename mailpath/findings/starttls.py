"""Findings on the SMTP sessions (step 5): what each address answers, up to TLS."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from mailpath.exchanges import Failure, Stage, TlsProfile
from mailpath.facts import Found, MxHost, Session, Walk, gave_up_early
from mailpath.facts.findings import Finding, Severity
from mailpath.findings import certificates
from mailpath.findings.catalogue import finding
from mailpath.steps.certificate import certificate_of, dane_lost
from mailpath.steps.sessions import got_through
from mailpath.steps.starttls import requires_tls, said, waited
from mailpath.visible import visible
from mailpath.wording.phrases import clause

#: What firewalls make of "STARTTLS" in an EHLO reply.
_CROSSED_OUT = re.compile(r"X{4,}[A-Z]?\Z")

_OLD = {"TLSv1": "TLS 1.0", "TLSv1.1": "TLS 1.1", "SSLv3": "SSL 3"}

_FAILED = {
    Failure.REFUSED: "the connection is refused",
    Failure.TIMEOUT: "no answer in time",
    Failure.UNREACHABLE: "there is no route to it from here",
    Failure.RESET: "the connection was reset",
    Failure.CLOSED: "the connection was closed",
    Failure.BLOCKED: "this machine does not let the connection out",
}


def find(walk: Walk) -> Iterator[Finding]:
    answered = any(got_through(session) for session in walk.starttls.sessions)
    for host in walk.mx.hosts:
        yield from _merged(_host(walk, host, answered))
    yield from _weaker(walk)


def _merged(findings: Iterable[tuple[str, Finding]]) -> Iterator[Finding]:
    """Findings that differ in nothing but the address become one that names all addresses."""
    groups: dict[Finding, list[str]] = {}
    for address, each in findings:
        groups.setdefault(each, []).append(address)
    for each, addresses in groups.items():
        where = ", ".join(dict.fromkeys(addresses))
        yield msgspec.structs.replace(each, message=f"{each.subject} ({where}): {each.message}")


def _host(walk: Walk, host: MxHost, answered: bool) -> Iterator[tuple[str, Finding]]:
    for address in host.addresses:
        for each in _address(walk, host, address, answered):
            yield address, each


def primary(walk: Walk, host: MxHost, address: str) -> Session | None:
    """The session that speaks for an address: with the host's name as SNI, else without any."""
    for sni in (host.name, None):
        session = walk.starttls.told(address, sni)
        if session is not None:
            return session
    return None


def _address(walk: Walk, host: MxHost, address: str, answered: bool) -> Iterator[Finding]:
    name = visible(host.name)
    session = primary(walk, host, address)
    if session is None:
        return
    if session.not_tried:
        if address not in host.special:
            yield finding("TLS022", name, f"not tried: {visible(session.not_tried)}.")
        return
    if session.failure is Failure.NOT_RECORDED:
        yield finding("TLS024", name, "the capture does not hold this session.")
        return
    if session.failed_at is Stage.CONNECT:
        if walk.sender.port25 is not Found.BLOCKED:
            yield _unanswered(walk, host, session, answered)
        return
    yield from _sni(walk, host, session)
    if session.tls is None:
        yield from _without_tls(walk, host, session)
    else:
        yield from _with_tls(walk, host, session)


def _unanswered(walk: Walk, host: MxHost, session: Session, answered: bool) -> Finding:
    name = visible(host.name)
    text = _ended(session)
    if session.failure in (Failure.UNREACHABLE, Failure.LOCAL):
        # Where no session got out at all, nothing is known of the path.
        severity = Severity.INFO if answered else Severity.WARNING
        return finding("TLS020", name, f"{text}.", severity=severity, got=text)
    spoke = any(
        (other := primary(walk, host, address)) is not None and got_through(other)
        for address in host.addresses
    )
    severity = Severity.WARNING if spoke else Severity.ERROR
    return finding("TLS001", name, f"{text}.", severity=severity, got=text)


def _ended(session: Session) -> str:
    """Why the session ended, no full stop at the end."""
    if session.failed_at is Stage.CONNECT and session.failure in _FAILED:
        return f"port {session.port}: {_FAILED[session.failure]}"
    if session.failed_at is Stage.CONNECT and session.failure is Failure.LOCAL:
        return f"port {session.port}: {clause(visible(session.detail, limit=160))}".rstrip(".")
    plain = _FAILED.get(session.failure) if session.failure is not None else None
    return (visible(session.detail, limit=160) or plain or "it broke off").rstrip(".")


def _without_tls(walk: Walk, host: MxHost, session: Session) -> Iterator[Finding]:
    name = visible(host.name)
    greeting, starttls = session.greeting, session.starttls
    if greeting is not None and greeting.code is None:
        text = said(greeting)
        yield finding("TLS019", name, f"what it says is not SMTP: {visible(greeting.defect)}.", got=text)
    elif gave_up_early(walk, session) and session.failed_at is not Stage.ENVELOPE:
        yield _slow(name, session)
    elif greeting is None:
        text = _ended(session)
        code = "TLS019" if session.failure is Failure.PROTOCOL else "TLS018"
        yield finding(code, name, f"it connects but does not greet: {text}.", got=text)
    elif not greeting.positive:
        yield finding("TLS016", name, f"it greets with {said(greeting)}.", got=said(greeting))
    elif session.injected:
        shown = visible(session.injected, limit=120)
        yield finding("TLS005", name, "clear text came behind the reply to STARTTLS.", got=shown)
    elif starttls is not None and starttls.code is not None and not starttls.positive:
        found = "250-STARTTLS"
        message = f"STARTTLS is announced, then answered {said(starttls)}."
        yield finding("TLS003", name, message, found=found, got=said(starttls))
    elif starttls is not None or session.failed_at in (Stage.STARTTLS, Stage.HANDSHAKE):
        text = _ended(session)
        where = "the TLS handshake fails" if starttls is not None else "the session ends at STARTTLS"
        yield finding("TLS004", name, f"{where}: {text}.", found="250-STARTTLS", got=text)
    elif session.ehlo is None or (session.failed_at is Stage.EHLO and session.failure is not None):
        text = _ended(session)
        yield finding("TLS018", name, f"the session ends at EHLO: {text}.", got=text)
    elif session.ehlo.code != 250:
        yield finding("TLS017", name, f"EHLO is answered {said(session.ehlo)}.", got=said(session.ehlo))
    else:
        yield _not_offered(walk, host, session)


def _slow(name: str, session: Session) -> Finding:
    text = _ended(session)
    rest = "" if session.bound else "; senders wait for minutes"
    return finding("TLS027", name, f"{clause(waited(text))}{rest}.", got=text)


def _not_offered(walk: Walk, host: MxHost, session: Session) -> Finding:
    name = visible(host.name)
    crossed = next((word for word in session.extensions if _CROSSED_OUT.match(word)), None)
    keywords = ", ".join(session.extensions[:12]) or "no extensions"
    if crossed is not None:
        message = f"the EHLO reply says {crossed} where STARTTLS would be."
        return finding("TLS021", name, message, got=f"EHLO: {keywords}")
    demanded = " (its TLSA records or the policy demand it)" if requires_tls(walk, host) else ""
    return finding("TLS002", name, f"STARTTLS is not offered{demanded}.", got=f"EHLO: {keywords}")


def _with_tls(walk: Walk, host: MxHost, session: Session) -> Iterator[Finding]:
    assert session.tls is not None
    name = visible(host.name)
    if session.injected:
        shown = visible(session.injected, limit=120)
        yield finding("TLS005", name, "clear text came behind the reply to STARTTLS.", got=shown)
    if gave_up_early(walk, session) and session.failed_at is Stage.EHLO_TLS:
        yield _slow(name, session)
    elif session.ehlo_tls is None or session.ehlo_tls.code != 250:
        text = f"EHLO gets {said(session.ehlo_tls)}" if session.ehlo_tls else _ended(session)
        yield finding("TLS018", name, f"the session breaks after the TLS handshake: {text}.", got=text)
    if session.tls.version in _OLD:
        shown = _OLD[session.tls.version]
        yield finding("TLS006", name, f"the best it can do is {shown}.", got=f"{shown}, {session.tls.cipher}")
    if session.tls.chain:
        yield from certificates.find(walk, host, session)
        return
    yield finding(
        "TLS007",
        name,
        f"it chooses the anonymous suite {visible(session.tls.cipher)}.",
        got=visible(session.tls.cipher),
    )
    named = walk.starttls.session(session.address, session.sni, TlsProfile.AUTHENTICATED)
    if named is not None and named.tls is not None and named.tls.chain:
        yield from certificates.find(walk, host, named)


def _sni(walk: Walk, host: MxHost, session: Session) -> Iterator[Finding]:
    bare = walk.starttls.session(session.address, None)
    if session.sni is None or bare is None or bare.not_tried:
        return
    if bare.failure in (Failure.NOT_RECORDED, Failure.LOCAL):
        return
    if any(each.tls is None and gave_up_early(walk, each) for each in (session, bare)):
        return
    name = visible(host.name)
    with_name, without = _leaf(session), _leaf(bare)
    if with_name == without:
        return
    if session.tls is not None and bare.tls is None:
        text = f"without SNI there is no TLS: {_ended(bare)}"
    elif session.tls is None and bare.tls is not None:
        text = f"with SNI {visible(session.sni)} there is no TLS: {_ended(session)}"
    else:
        text = "without SNI it shows another certificate"
    yield finding(
        "TLS014",
        name,
        f"{text}.",
        found=f"SNI {visible(session.sni)}: {certificates.named(with_name)}",
        got=f"no SNI: {certificates.named(without)}",
    )


def _leaf(session: Session) -> bytes | None:
    return session.tls.chain[0] if session.tls is not None and session.tls.chain else None


def without_requiretls(walk: Walk) -> Iterator[Finding]:
    """Hosts of which no server announces REQUIRETLS inside TLS; no error where another host does."""
    secured = [session for session in walk.starttls.sessions if session.ehlo_tls is not None]
    ready = {session.address for session in secured if session.requiretls}
    some = any(address in ready for host in walk.mx.hosts for address in host.addresses)
    for host in walk.mx.hosts:
        spoke = any(session.address in host.addresses for session in secured)
        if spoke and not ready.intersection(host.addresses):
            name = visible(host.name)
            severity = Severity.WARNING if some else Severity.ERROR
            yield finding("TLS026", name, f"{name} does not announce REQUIRETLS.", severity=severity)


# --- hosts held against each other -----------------------------------------------------------------

_LEVELS = ("in the clear", "encrypted, not authenticated", "authenticated")


def _level(walk: Walk, host: MxHost) -> int | None:
    """How well the worst answering address of a host does (index of `_LEVELS`); None when none answers, or
    our own side did not learn what vouches for it.
    """
    levels = []
    for address in host.addresses:
        session = primary(walk, host, address)
        if session is None or session.not_tried or session.greeting is None or not session.greeting.positive:
            continue
        if session.tls is None and gave_up_early(walk, session):
            continue
        if session.tls is None:
            levels.append(0)
        elif not certificate_of(walk, host, session).good and dane_lost(walk, host):
            return None
        else:
            levels.append(2 if certificate_of(walk, host, session).good else 1)
    return min(levels, default=None)


def _weaker(walk: Walk) -> Iterator[Finding]:
    levels = {host.name: _level(walk, host) for host in walk.mx.hosts}
    known = {name: level for name, level in levels.items() if level is not None}
    best = max(known.values(), default=0)
    strong = [visible(name) for name, level in known.items() if level == best]
    for name, level in known.items():
        if level < best:
            shown = visible(name)
            yield finding(
                "TLS015",
                shown,
                f"{shown} is weaker than {', '.join(strong[:3])}: mail to it is {_LEVELS[level]}.",
                found=f"{', '.join(strong[:3])}: {_LEVELS[best]}",
                got=f"{shown}: {_LEVELS[level]}",
            )
