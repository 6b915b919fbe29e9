"""How one attempt at one address ends: a record, and the makers of its kinds."""

from __future__ import annotations

import msgspec

from mailpath.exchanges import Failure, Stage
from mailpath.facts import Reply, Session, Walk
from mailpath.judge import patience
from mailpath.judge.events import Event
from mailpath.judge.habits import Refusal
from mailpath.judge.model import Mechanism, Outcome, Untold
from mailpath.judge.policy import HostPolicy
from mailpath.judge.posture import Posture
from mailpath.judge.trust import Trust


class AttemptEnd(msgspec.Struct, frozen=True, kw_only=True):
    """How the attempt ended.

    `outcome`: a delivery, DEFERRED (next address), BOUNCED (at once) or UNKNOWN.  `if_last`: permanent
    when nothing is left to try.  `stops`: the mail waits, whatever hosts remain.  `tls_failed`: TLS broke
    where it was optional, so that a later attempt may do without.  `counted`: the session got as far as
    MAIL FROM.  `why`: the cause in plain words.
    `either`: we gave up waiting earlier than this sender does, and these are the endings there may be; the
    `outcome` is UNKNOWN, or the one that all of them have.
    `lost`: UNKNOWN for a reason on our own side, so that what comes after it cannot be told either.
    `policy`: whose demand the certificate failed, where several must hold.  `cause`: what kept it from TLS.
    """

    outcome: Outcome
    event: Event
    reply: Reply | None = None
    why: str = ""
    if_last: bool = False
    stops: bool = False
    tls_failed: bool = False
    counted: bool = False
    lost: bool = False
    timed_out: bool = False
    session: Session | None = None
    mechanism: Mechanism = Mechanism.NONE
    word: str | None = None
    policy: HostPolicy | None = None
    cause: Event | None = None
    either: tuple[AttemptEnd, ...] = ()


def either(session: Session, why: str, endings: list[AttemptEnd]) -> AttemptEnd:
    """One of `endings`, and it cannot be told which; where they do not differ, the first."""
    each = tuple(inner for ending in endings for inner in ending.either or (ending,))
    if len({(ending.outcome, ending.event) for ending in each}) == 1:
        return endings[0]
    return AttemptEnd(
        outcome=common(each),
        event=Event.NOT_AWAITED,
        why=why,
        tls_failed=any(ending.tls_failed for ending in each),
        session=session,
        either=each,
    )


def common(endings: tuple[AttemptEnd, ...]) -> Outcome:
    """The outcome that all of them have; UNKNOWN where they differ."""
    outcomes = {ending.outcome for ending in endings}
    return outcomes.pop() if len(outcomes) == 1 else Outcome.UNKNOWN


def untold_end(untold: Untold, session: Session | None = None, *, lost: bool = False) -> AttemptEnd:
    """It cannot be told from here."""
    return AttemptEnd(outcome=Outcome.UNKNOWN, event=untold.event, why=untold.why, lost=lost, session=session)


def deferred(session: Session, event: Event, *, why: str = "", word: str | None = None) -> AttemptEnd:
    """The next address or host is tried."""
    timed_out = session.failure is Failure.TIMEOUT
    return AttemptEnd(
        outcome=Outcome.DEFERRED, event=event, why=why, timed_out=timed_out, session=session, word=word
    )


def refused(session: Session, event: Event, reply: Reply, refusal: Refusal, *, why: str = "") -> AttemptEnd:
    """A refusing reply; a 4yz one is temporary, and so is what cannot be read as a reply."""
    permanent = reply.code is not None and not reply.temporary
    bounces = (Refusal.BOUNCE, Refusal.BOUNCE_IF_LAST)
    refusal = refusal if permanent or refusal not in bounces else Refusal.NEXT
    return disposed(msgspec.structs.replace(deferred(session, event, why=why), reply=reply), refusal)


def disposed(ending: AttemptEnd, refusal: Refusal) -> AttemptEnd:
    """`ending`, a failure, with what this sender makes of it."""
    return msgspec.structs.replace(
        ending,
        outcome=Outcome.BOUNCED if refusal is Refusal.BOUNCE else Outcome.DEFERRED,
        if_last=refusal is Refusal.BOUNCE_IF_LAST,
        stops=refusal is Refusal.DEFER,
        tls_failed=ending.tls_failed or refusal is Refusal.ON_RETRY,
    )


def plaintext(
    walk: Walk, session: Session, posture: Posture, cause: Event | None = None, *, why: str = ""
) -> AttemptEnd:
    """The mail goes without TLS; `cause`: what kept it from TLS."""
    sent = AttemptEnd(
        outcome=Outcome.PLAINTEXT,
        event=Event.SENT_PLAIN,
        cause=cause,
        why=why,
        session=session,
        counted=True,
    )
    return enveloped(walk, posture, sent, session, tls=False)


def sent(session: Session, trusted: Trust) -> AttemptEnd:
    """The mail goes over TLS."""
    return AttemptEnd(
        outcome=trusted.outcome,
        event=Event.SENT_TLS,
        why=trusted.why,
        mechanism=trusted.mechanism,
        word=trusted.word,
        session=session,
        counted=True,
    )


def enveloped(walk: Walk, posture: Posture, sent: AttemptEnd, session: Session, *, tls: bool) -> AttemptEnd:
    """`sent`, or what MAIL FROM or RCPT TO made of it where the walk said them in a session like this one."""
    if (session.tls is not None) is not tls:
        return sent
    for tried in walk.starttls.enveloped:
        lost = _lost(tried)
        if lost is not None and (tried.address, tried.tls is not None) == (session.address, tls):
            ending = msgspec.structs.replace(deferred(tried, lost), counted=True, cause=sent.cause)
            said = Event.MAIL_REFUSED if lost is Event.MAIL_LOST else Event.RCPT_REFUSED
            bounced = msgspec.structs.replace(ending, outcome=Outcome.BOUNCED, event=said)
            why = patience.gave_up(walk, posture, tried)
            return either(tried, why, [ending, sent, bounced]) if why else ending
    for event, reply in ((Event.MAIL_REFUSED, session.mail_from), (Event.RCPT_REFUSED, session.rcpt_to)):
        if reply is not None and not reply.positive:
            ending = refused(session, event, reply, Refusal.BOUNCE)
            return msgspec.structs.replace(ending, counted=True, cause=sent.cause)
    return sent


def _lost(tried: Session) -> Event | None:
    """Where a session that tried the envelope broke off: at MAIL FROM, at RCPT TO; None for neither."""
    before = tried.starttls is not None and tried.tls is None  # then it ended before MAIL FROM
    if tried.failed_at is not Stage.ENVELOPE or before or tried.rcpt_to is not None:
        return None
    return Event.MAIL_LOST if tried.mail_from is None else Event.RCPT_LOST
