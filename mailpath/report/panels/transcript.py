"""One SMTP session as a transcript: who said what when, and where TLS begins (RFC 5321 appendix D, RFC 3207).

Facts know no times.  Where the exchange that a session was read from is at hand, the transcript is that of
the wire; otherwise it is told from the replies alone, without times.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from msgspec.structs import replace

from mailpath.assess.standing import tls_name
from mailpath.exchanges import Envelope, SmtpExchange, Stage
from mailpath.facts import Reply, Session
from mailpath.steps.sessions import session_of
from mailpath.visible import visible
from mailpath.wording.evidence import Kind, Line

#: Lines of one dialogue that are shown, and characters of one line.
MOST_LINES = 200
_LINE = 200

_FAILURES = {
    Stage.CONNECT: "no connection",
    Stage.GREETING: "ended before the greeting",
    Stage.EHLO: "ended at EHLO",
    Stage.STARTTLS: "ended at STARTTLS",
    Stage.HANDSHAKE: "the TLS handshake failed",
    Stage.EHLO_TLS: "ended at EHLO inside TLS",
    Stage.ENVELOPE: "ended at MAIL FROM or RCPT TO",
    Stage.QUIT: "ended at QUIT",
}


class _Turn(NamedTuple):
    """One line; `at`: milliseconds since the connect began, None where they are not known."""

    sent: bool
    tls: bool
    line: bytes
    at: float | None


def exchange_of(
    session: Session, exchanges: Iterable[SmtpExchange], *, enveloped: bool = False
) -> SmtpExchange | None:
    """The exchange that `session` was read from, `enveloped` if it tried an envelope.  None where it is not
    among them: a simulated session was never on the wire."""
    for exchange in exchanges:
        asked = exchange.request
        if (asked.address, asked.sni, asked.profile) != (session.address, session.sni, session.profile):
            continue
        if (asked.envelope is not None) is not enveloped:
            continue
        # Every session is told what was said to the envelope, though only one of them tried it.
        read = replace(session_of(exchange), mail_from=session.mail_from, rcpt_to=session.rcpt_to)
        if read == session:
            return exchange
    return None


def transcript(
    session: Session, exchange: SmtpExchange | None, ehlo: str, envelope: Envelope | None = None
) -> Iterator[str]:
    """The dialogue, S: for the server and C: for us.  `ehlo`: the name that we gave; `envelope`: what this
    session tried."""
    turns = _heard(exchange) if exchange is not None else _told(session, ehlo, envelope)
    began = False
    indent = " " * 11 if exchange is not None else ""
    for number, turn in enumerate(turns):
        if number == MOST_LINES:
            yield "  … there is more than can be shown"
            break
        # A capture may claim lines inside TLS without a TLS session.
        if turn.tls and not began and session.tls is not None:
            began = True
            yield from _injected(session, indent)
            yield _tls(session)
        when = f"{turn.at:6.0f} ms  " if turn.at is not None else ""
        said = visible(turn.line, limit=_LINE)
        yield Line(f"{when}C: {said}", Kind.SENT) if turn.sent else f"{when}S: {said}"
    if not began:
        yield from _injected(session, indent)
        if session.tls is not None:
            yield _tls(session)
    yield from (f"{indent}{line}" for line in _end(session))


def _tls(session: Session) -> Line:
    assert session.tls is not None
    sni = f"SNI {visible(session.sni)}" if session.sni is not None else "no SNI"
    version = tls_name(session.tls.version)
    suite = f"{visible(session.tls.cipher)}, {session.tls.bits} bits"
    return Line(f"──── TLS begins: {version}, {suite}, {sni} ────", Kind.BORDER)


def _injected(session: Session, indent: str) -> Iterator[str]:
    if session.injected:
        shown = visible(session.injected, limit=_LINE)
        yield f"{indent}^ arrived in the clear after the reply to STARTTLS: {shown}"


def _end(session: Session) -> Iterator[str]:
    for name in ("greeting", "ehlo", "helo", "starttls", "ehlo_tls", "helo_tls", "mail_from", "rcpt_to"):
        reply: Reply | None = getattr(session, name)
        if reply is not None and reply.defect:
            yield f"not a valid reply: {visible(reply.defect)}"
    if session.failure is not None:
        where = _FAILURES[session.failed_at] if session.failed_at is not None else "ended"
        why = visible(session.detail).rstrip(".") or session.failure.value
        yield f"{where}: {why}"


def _heard(exchange: SmtpExchange) -> Iterator[_Turn]:
    """The lines of the wire.  A line's time is that of its last byte; how TCP cut it says nothing."""
    pending = {(sent, tls): b"" for sent in (True, False) for tls in (True, False)}
    last = 0.0
    for chunk in exchange.transcript:
        key = (chunk.sent, chunk.tls)
        *lines, pending[key] = (pending[key] + chunk.data).split(b"\n")
        last = chunk.at_ms
        for line in lines:
            yield _Turn(chunk.sent, chunk.tls, line.removesuffix(b"\r"), chunk.at_ms)
    for (sent, tls), rest in pending.items():
        if rest:
            yield _Turn(sent, tls, rest, last)


def _told(session: Session, ehlo: str, envelope: Envelope | None) -> Iterator[_Turn]:
    """The dialogue as the replies imply it."""
    mail_from, rcpt_to = (envelope.mail_from, envelope.rcpt_to) if envelope is not None else ("", "")
    turns: list[tuple[bool, str, Reply | None]] = [
        (False, "", session.greeting),
        (False, f"EHLO {ehlo}", session.ehlo),
        (False, f"HELO {ehlo}", session.helo),
        (False, "STARTTLS", session.starttls),
        (True, f"EHLO {ehlo}", session.ehlo_tls),
        (True, f"HELO {ehlo}", session.helo_tls),
    ]
    if envelope is not None:
        tls = session.tls is not None
        turns.append((tls, f"MAIL FROM:<{mail_from}>", session.mail_from))
        turns.append((tls, f"RCPT TO:<{rcpt_to}>", session.rcpt_to))
    for tls, command, reply in turns:
        if reply is None:
            continue
        if command:
            yield _Turn(True, tls, command.encode(errors="replace"), None)
        for line in reply.wire:
            yield _Turn(False, tls, line, None)
        if not reply.lines and reply.code is not None:
            yield _Turn(False, tls, b"%d" % reply.code, None)
