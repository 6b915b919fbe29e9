"""A wait that we gave up earlier than the sender would: it says nothing of what the sender sees.  Pure.

Within a session that was accepted a server may take minutes (RFC 5321 section 4.5.3.2).  A sender that waits
longer than we did has the session fail after its own time, or go on: what would follow either way is played,
and where that differs nobody can tell from here.  A session that goes on is one that would take the mail,
as everywhere where no envelope is tried.
"""

from __future__ import annotations

from msgspec.structs import replace

from mailpath.assess.reached import awaited
from mailpath.exchanges import Failure, Stage
from mailpath.facts import Reply, Session, Walk, cut_short
from mailpath.facts.waits import POLICY
from mailpath.judge.posture import Posture
from mailpath.judge.sentences import shown

#: Field of `Patience`, and the option that has us wait longer.
_FIELDS = {
    Stage.GREETING: ("greeting", "--greeting-timeout"),
    Stage.EHLO: ("ehlo", "--reply-timeout"),
    Stage.STARTTLS: ("starttls", "--reply-timeout"),
    Stage.HANDSHAKE: ("handshake", "--reply-timeout"),
    Stage.EHLO_TLS: ("ehlo", "--reply-timeout"),
    Stage.ENVELOPE: ("mail", "--reply-timeout"),
}
_OK = Reply(code=250, lines=(b"ok",))
_READY = Reply(code=220, lines=(b"ready",))
_OFFER = Reply(code=250, lines=(b"ok", b"STARTTLS"))


def gave_up(walk: Walk, posture: Posture, session: Session) -> str:
    """That we gave up on `session` while this sender would wait, as a clause; "" where that is not so."""
    limit = cut_short(walk, session)
    if limit is None or session.failed_at not in _FIELDS:
        return ""
    field, option = _FIELDS[session.failed_at]
    if session.mail_from is not None:
        field = "rcpt"
    where = f"{awaited(session)} of {_host(walk, session)}"
    if session.bound and (walk.patience == "ours" or getattr(posture.patience, field) > limit):
        return f"we waited {limit:g} s for {where}, until {shown(session.bound)}"
    return _outlasts(posture, field, limit, where, f"{option} waits longer")


def gave_up_on_policy(walk: Walk, posture: Posture) -> str:
    """The same of the MTA-STS policy."""
    fetch = walk.sts.fetch
    limit = cut_short(walk, fetch)
    if fetch is None or limit is None:
        return ""
    longer = "no option waits longer for one" if limit >= POLICY else "--timeout waits longer"
    return _outlasts(posture, "policy", limit, f"the MTA-STS policy at {shown(fetch.host)}", longer)


def _outlasts(posture: Posture, field: str, limit: float, awaited: str, longer: str) -> str:
    """The clause, where the sender's patience is longer than `limit`; else ""."""
    own = getattr(posture.patience, field)
    if own <= limit:
        return ""
    return f"we waited {limit:g} s for {awaited}, but {posture.name} waits {own} s ({longer})"


def _host(walk: Walk, session: Session) -> str:
    names = [host.name for host in walk.mx.hosts if session.address in host.addresses]
    name = session.sni if session.sni in names else next(iter(names), session.address)
    return f"{shown(name)} ({session.address})" if name != session.address else session.address


def bounded(walk: Walk, session: Session) -> bool:
    """A bound of ours, not the address, is why this session was not held: its name, or the time."""
    return session.failure is Failure.NOT_TRIED or bool(_others(walk, session))


def _others(walk: Walk, session: Session) -> list[Session]:
    sessions = walk.starttls.sessions
    return [each for each in sessions if each.address == session.address and not each.not_tried]


def untried(walk: Walk, session: Session) -> Session:
    """A session that a bound of ours kept us from, as one that we gave up on: at the handshake where others
    with the address came to one, at the greeting otherwise.
    """
    near = next((each for each in _others(walk, session) if each.tls is not None), None)
    silent = replace(session, not_tried="", failure=Failure.TIMEOUT, failed_at=Stage.GREETING)
    if near is None:
        return silent
    return replace(
        silent,
        failed_at=Stage.HANDSHAKE,
        greeting=near.greeting,
        ehlo=near.ehlo,
        helo=near.helo,
        extensions=near.extensions,
        starttls=near.starttls,
    )


def answered(session: Session) -> tuple[Session, ...]:
    """`session` as it may have gone on, up to the handshake where that was not seen."""
    going = replace(session, failure=None, failed_at=None, limit=None, detail="")
    stage = session.failed_at
    if stage is Stage.GREETING:
        going = replace(going, greeting=_READY)
    if stage in (Stage.GREETING, Stage.EHLO):
        if session.ehlo is not None:
            return (replace(going, helo=_OK),)
        offering = replace(going, ehlo=_OFFER, extensions=("STARTTLS",), starttls=_READY)
        return replace(going, ehlo=_OK, extensions=()), offering
    if stage is Stage.STARTTLS:
        return (replace(going, starttls=_READY),)
    if stage is Stage.EHLO_TLS:
        return (replace(going, **{"ehlo_tls" if session.ehlo_tls is None else "helo_tls": _OK}),)
    return (going,)
