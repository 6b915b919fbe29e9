"""How far one SMTP session came, as RFC 5321 and RFC 3207 count it.  Pure.

A reply counts as success by its first digit alone (RFC 5321 section 4.2.1): any 2yz to the connect, to EHLO
or HELO in the clear and inside TLS, and to STARTTLS.  So 220 or 251 to EHLO is one; 354 is none, nor is what
breaks the grammar of a reply.  Where EHLO is refused HELO speaks for the server (section 3.2): a 2yz to it
opens the session, in the clear without extensions and hence without STARTTLS.  421 ends the session
whatever it answers (section 3.8), so that HELO is of no use behind it.

What a server's habits make of such a session (which replies it reads, when it goes on in the clear) is the
judge's; what may still have come where our own wait ended it is `facts.gave_up_early`.
"""

from __future__ import annotations

from enum import IntEnum

from mailpath.exchanges import Failure, Stage
from mailpath.facts import Reply, Session
from mailpath.visible import visible
from mailpath.wording.phrases import clause


class Reached(IntEnum):
    """How far a session came, the furthest last."""

    NOT_SEEN = 0  # not held, not recorded, or our own machine let it go no further
    NO_CONNECT = 1  # refused, unreachable, no answer
    NO_GREETING = 2  # connected, and nothing was said
    NOT_SMTP = 3  # greeted by what is no reply
    GREETING_REFUSED = 4  # greeted, not with 2yz
    EHLO_LOST = 5  # no reply to EHLO, nor to HELO behind it
    EHLO_REFUSED = 6  # neither EHLO nor HELO is answered 2yz
    NOT_OFFERED = 7  # open, in the clear: STARTTLS is not among the extensions
    STARTTLS_LOST = 8  # no reply to STARTTLS
    STARTTLS_REFUSED = 9  # STARTTLS is not answered 2yz
    HANDSHAKE_FAILED = 10  # there was no TLS session
    LOST_IN_TLS = 11  # no reply to EHLO inside TLS, nor to HELO behind it
    REFUSED_IN_TLS = 12  # neither is answered 2yz
    UP = 13  # open, inside TLS


#: Why a session says nothing of the server.
_UNSEEN = (Failure.NOT_TRIED, Failure.NOT_RECORDED, Failure.BLOCKED, Failure.LOCAL)

_FAILURES = {
    Failure.REFUSED: "the connection is refused",
    Failure.TIMEOUT: "no answer in time",
    Failure.UNREACHABLE: "there is no route from here",
    Failure.RESET: "the connection was reset",
    Failure.CLOSED: "the connection was closed",
    Failure.BLOCKED: "this machine blocks the connection",
    Failure.NOT_RECORDED: "the capture does not contain this session",
}


def reached(session: Session, *, goes_past_421: bool = False) -> Reached:
    """How far `session` came.  `goes_past_421`: of a sender that says HELO even behind a 421 to EHLO."""
    if session.not_tried or session.failure in _UNSEEN:
        return Reached.NOT_SEEN
    greeting = session.greeting
    if session.failed_at is Stage.CONNECT or (greeting is None and session.failed_at is None):
        return Reached.NO_CONNECT
    if greeting is None:
        return Reached.NO_GREETING
    if not greeting.positive:
        return Reached.NOT_SMTP if greeting.code is None else Reached.GREETING_REFUSED
    hello = session.ehlo
    if hello is None or hello.code is None:
        return Reached.EHLO_LOST
    if hello.positive:
        return _secured(session) if session.offers_starttls else Reached.NOT_OFFERED
    if hello.code == 421 and not goes_past_421:
        return Reached.EHLO_REFUSED
    if session.helo is None:
        return Reached.EHLO_LOST if session.failed_at is Stage.EHLO else Reached.EHLO_REFUSED
    return Reached.NOT_OFFERED if session.helo.positive else Reached.EHLO_REFUSED


def _secured(session: Session) -> Reached:
    """Of a session in which STARTTLS is offered."""
    if session.starttls is None:
        untried = session.tls is None and session.failure is None
        return Reached.NOT_SEEN if untried else Reached.STARTTLS_LOST
    if not session.starttls.positive:
        return Reached.STARTTLS_LOST if session.starttls.code is None else Reached.STARTTLS_REFUSED
    if session.tls is None:
        return Reached.HANDSHAKE_FAILED
    hello = session.ehlo_tls
    if hello is None or hello.code is None:
        return Reached.LOST_IN_TLS
    if hello.positive:
        return Reached.UP
    if hello.code != 421 and session.helo_tls is None and session.failed_at is Stage.EHLO_TLS:
        return Reached.LOST_IN_TLS
    opened = hello.code != 421 and session.helo_tls is not None and session.helo_tls.positive
    return Reached.UP if opened else Reached.REFUSED_IN_TLS


# --- in words --------------------------------------------------------------------------------------


def quoted(reply: Reply | None) -> str:
    """A reply as one visible line: "454 4.7.0 TLS not available"."""
    if reply is None:
        return "nothing"
    if reply.code is None:
        return visible(b" / ".join(reply.wire), limit=160)
    return visible(b"%d %s" % (reply.code, b" / ".join(reply.lines)), limit=160)


def why_ended(session: Session) -> str:
    """Why the session ended, as a clause of visible text."""
    plain = _FAILURES.get(session.failure) if session.failure is not None else None
    detail = clause(visible(session.not_tried or session.detail, limit=160))
    return (plain or detail if session.failed_at is Stage.CONNECT else detail or plain) or "it broke off"


def awaited(session: Session) -> str:
    """What was waited for in a session that a limit of ours ended."""
    stage = session.failed_at
    if stage is Stage.GREETING:
        return "the greeting"
    if stage is Stage.HANDSHAKE:
        return "the TLS handshake"
    if stage is Stage.STARTTLS:
        return "the reply to STARTTLS"
    if stage is Stage.ENVELOPE:
        refused = session.starttls is not None and session.tls is None
        named = "RCPT TO" if session.mail_from is not None else "MAIL FROM"
        return "a reply after the refused STARTTLS" if refused else f"the reply to {named}"
    if stage is Stage.EHLO_TLS:
        return f"the reply to {'EHLO' if session.ehlo_tls is None else 'HELO'} inside TLS"
    return f"the reply to {'EHLO' if session.ehlo is None else 'HELO'}"


def waited(session: Session) -> str:
    """How long we waited for what in such a session, as a clause."""
    return f"we waited {session.limit or 0:g} s for {awaited(session)}"


def told(session: Session) -> str:
    """How far the session came and what ended it, as a clause of visible text."""
    why = why_ended(session)
    match reached(session):
        case Reached.NOT_SEEN:
            return why
        case Reached.NO_CONNECT:
            return f"port {session.port}: {why}"
        case Reached.NO_GREETING:
            return f"it accepts the connection but does not greet: {why}"
        case Reached.NOT_SMTP:
            return f"it does not speak SMTP: {_defect(session.greeting) or why}"
        case Reached.GREETING_REFUSED:
            return f"it greets with {quoted(session.greeting)}"
        case Reached.EHLO_LOST:
            return f"the session ends at EHLO: {_defect(session.ehlo) or why}"
        case Reached.EHLO_REFUSED:
            return f"EHLO is answered with {quoted(session.ehlo)}, and HELO fails too"
        case Reached.NOT_OFFERED if session.ehlo is not None and not session.ehlo.positive:
            return f"EHLO is answered with {quoted(session.ehlo)}, so there is no STARTTLS"
        case Reached.NOT_OFFERED:
            return "STARTTLS is not offered"
        case Reached.STARTTLS_LOST:
            return f"the session ends at STARTTLS: {_defect(session.starttls) or why}"
        case Reached.STARTTLS_REFUSED:
            return f"STARTTLS is offered, but answered with {quoted(session.starttls)}"
        case Reached.HANDSHAKE_FAILED:
            return f"the TLS handshake fails: {why}"
        case Reached.LOST_IN_TLS:
            return f"the session breaks after the TLS handshake: {_defect(session.ehlo_tls) or why}"
        case Reached.REFUSED_IN_TLS:
            return f"EHLO inside TLS is answered with {quoted(session.ehlo_tls)}"
        case Reached.UP:
            return "TLS is up"


def _defect(reply: Reply | None) -> str:
    """What is wrong with what came in place of a reply."""
    return visible(reply.defect, limit=160).rstrip(".") if reply is not None else ""
