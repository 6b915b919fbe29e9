"""One attempt at one address: which of the walk's sessions this sender would have had, and how it ends.

The dialogue is RFC 5321 section 4.1.1.1 and RFC 3207; what a sender makes of each refusal is in its
posture.  The certificate is judged right after the handshake, before EHLO is sent again.
"""

from __future__ import annotations

import msgspec

from mailpath.assess.reached import Reached, reached, why_ended
from mailpath.exchanges import Failure, Stage
from mailpath.facts import Reply, Session, Walk
from mailpath.judge import patience
from mailpath.judge.agent import Refusal
from mailpath.judge.destination import Target
from mailpath.judge.events import Event
from mailpath.judge.model import Demand, Mechanism, Outcome, Untold
from mailpath.judge.policy import HostPolicy
from mailpath.judge.posture import VERSIONS, Fallback, OptionalCheck, Posture
from mailpath.judge.reply_parsing import ReplyParsing, is_pix_banner, parse_replies, sees_starttls
from mailpath.judge.sentences import CONNECT, shown
from mailpath.judge.session_choice import choose_session
from mailpath.judge.trust import Trust, trust, trust_unseen
from mailpath.match import usage


class AttemptEnd(msgspec.Struct, frozen=True, kw_only=True):
    """How the attempt ended.

    `outcome`: a delivery, DEFERRED (next address), BOUNCED (at once) or UNKNOWN.  `if_last`: permanent
    when nothing is left to try.  `tls_failed`: TLS broke where it was optional, so that a later attempt
    may do without.  `counted`: the session got as far as MAIL FROM.  `why`: the cause in plain words.
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


def attempt(walk: Walk, posture: Posture, target: Target, policy: HostPolicy, is_retry: bool) -> AttemptEnd:
    """Try `target` under `policy`.  `is_retry`: the message is old enough for a fallback kept for retries."""
    if policy.undetermined is not None:
        return _untold(policy.undetermined, lost=True)
    session = choose_session(walk, posture, target, policy)
    if session is None:
        return _untold(Untold(Event.NOT_TRIED, "there was no session with this address"))
    unseen = _unseen(walk, session)
    if unseen is not None:
        lost = session.failure is Failure.LOCAL and not _no_such_family(walk, session.address)
        return _untold(unseen, session, lost=lost)
    why = shown(session.not_tried) or patience.gave_up(walk, posture, session)
    session = patience.untried(walk, session) if session.not_tried else session
    session = parse_replies(session, posture.agent.reply_parsing)
    endings = [_ending(walk, posture, target, policy, session, is_retry=is_retry)]
    if not why:
        return endings[0]
    for going in patience.answered(session):
        early = _early(walk, going, posture, policy)
        if early is None and going.tls is None and not (going.injected and posture.agent.injection_fails):
            trusts = trust_unseen(posture, policy, is_retry=is_retry)
            endings += (_trusted(walk, going, posture, policy, each) for each in trusts)
        else:
            endings.append(_ending(walk, posture, target, policy, going, is_retry=is_retry))
    return _either(session, why, endings)


def _ending(
    walk: Walk, posture: Posture, target: Target, policy: HostPolicy, session: Session, *, is_retry: bool
) -> AttemptEnd:
    ending = _early(walk, session, posture, policy)
    return ending or _in_tls(walk, posture, target, policy, session, is_retry=is_retry)


def _early(walk: Walk, session: Session, posture: Posture, policy: HostPolicy) -> AttemptEnd | None:
    """How it ends before a handshake; None when one follows."""
    return _greeted(session, posture) or _in_clear(walk, session, posture, policy)


def _either(session: Session, why: str, endings: list[AttemptEnd]) -> AttemptEnd:
    """One of `endings`, and it cannot be told which; where they do not differ, the first."""
    each = tuple(inner for ending in endings for inner in ending.either or (ending,))
    if len({(ending.outcome, ending.event) for ending in each}) == 1:
        return endings[0]
    outcomes = {ending.outcome for ending in each}
    return AttemptEnd(
        outcome=outcomes.pop() if len(outcomes) == 1 else Outcome.UNKNOWN,
        event=Event.NOT_AWAITED,
        why=why,
        tls_failed=any(ending.tls_failed for ending in each),
        session=session,
        either=each,
    )


def _untold(untold: Untold, session: Session | None = None, *, lost: bool = False) -> AttemptEnd:
    return AttemptEnd(outcome=Outcome.UNKNOWN, event=untold.event, why=untold.why, lost=lost, session=session)


def _unseen(walk: Walk, session: Session) -> Untold | None:
    """Why this session says nothing about the server, nor what it may be; None where it does."""
    if session.not_tried and not patience.bounded(walk, session):
        return Untold(Event.NOT_TRIED, shown(session.not_tried))
    if session.failure is Failure.NOT_RECORDED:
        return Untold(Event.NOT_RECORDED, "this session was not recorded")
    if session.failure is Failure.BLOCKED:
        return Untold(Event.BLOCKED_HERE, "this machine's network blocks outgoing mail sessions")
    if session.failure is Failure.LOCAL:
        why = shown(session.detail).rstrip(".") or "this machine could not hold the session"
        return Untold(Event.FAILED_HERE, why)
    return None


def _no_such_family(walk: Walk, address: str) -> bool:
    """There is no IPv6 here: a sender at this place goes on to the next address."""
    tried = [each for each in walk.starttls.sessions if ":" in each.address and not each.not_tried]
    return ":" in address and all(each.failure is Failure.LOCAL for each in tried)


# --- before STARTTLS -------------------------------------------------------------------------------


def _greeted(session: Session, posture: Posture) -> AttemptEnd | None:
    """Connect, greeting, EHLO or HELO: None when all went well."""
    far = reached(session, goes_past_421=not posture.agent.ehlo_421_ends)
    greeting, hello = session.greeting, session.ehlo
    if far is Reached.NOT_SEEN and session.failure is not None:
        return _untold(Untold(Event.NOT_TRIED, why_ended(session)), session)
    if far is Reached.NO_CONNECT:
        failure = session.failure or Failure.CLOSED
        words = CONNECT.get(failure, shown(session.detail) or failure.value)
        return _deferred(session, Event.CONNECT_FAILED, why=words)
    if greeting is None:
        return _deferred(session, Event.GREETING_LOST)
    if far in (Reached.NOT_SMTP, Reached.GREETING_REFUSED):
        return _refused(session, Event.GREETING_REFUSED, greeting, _by_class(greeting.code, posture))
    if _is_pix_banner(session, posture) or far not in (Reached.EHLO_LOST, Reached.EHLO_REFUSED):
        return None
    if hello is not None and hello.code == 421 and posture.agent.ehlo_421_ends:
        return _refused(session, Event.EHLO_REFUSED, hello, Refusal.NEXT)
    if session.helo is not None and far is Reached.EHLO_REFUSED:
        return _refused(session, Event.EHLO_REFUSED, session.helo, posture.agent.helo_5xx)
    # Where the walk took the reply for good it said no HELO; what it heard next speaks for the server.
    answered = hello is not None and hello.code is not None and bool(hello.codes)
    went_on = answered and session.failed_at is not Stage.EHLO
    return None if went_on else _deferred(session, Event.EHLO_LOST)


def _by_class(code: int | None, posture: Posture) -> Refusal:
    """What a greeting other than 2yz does."""
    return (
        posture.agent.invalid_reply_is
        if code is not None and code // 100 not in (4, 5)
        else posture.agent.greeting_5xx
    )


def _is_pix_banner(session: Session, posture: Posture) -> bool:
    """Does this sender say HELO for fear of a firewall?"""
    return posture.agent.pix_workaround and session.greeting is not None and is_pix_banner(session.greeting)


def _in_clear(walk: Walk, session: Session, posture: Posture, policy: HostPolicy) -> AttemptEnd | None:
    """Everything that happens without a handshake; None when one follows."""
    if policy.demand is Demand.NONE:
        return _plaintext(walk, session, posture)
    if not _offers(session, posture):
        if policy.demand is Demand.MAY:
            why = "STARTTLS is not offered"
            return _plaintext(walk, session, posture, Event.STARTTLS_ABSENT, why=why)
        return _deferred(session, Event.STARTTLS_ABSENT, why="STARTTLS is not offered, and TLS is required")
    far = reached(session)
    if far is Reached.NOT_SEEN:
        return _untold(Untold(Event.NOT_TRIED, "STARTTLS is offered, but was not tried"), session)
    if far is Reached.STARTTLS_LOST:
        broke = "the connection broke at STARTTLS"
        why = broke if session.starttls is None else "STARTTLS gets no SMTP reply"
        return _deferred(session, Event.STARTTLS_LOST, why=why)
    if far is not Reached.STARTTLS_REFUSED:
        return None
    assert session.starttls is not None
    return _starttls_refused(walk, session, session.starttls, posture, policy)


def _offers(session: Session, posture: Posture) -> bool:
    """Does this sender see STARTTLS among the extensions?"""
    reply = session.ehlo
    if reply is None or not reply.positive or not session.offers_starttls:
        return False
    if not posture.sees_starttls or _is_pix_banner(session, posture):
        return False
    parsing = posture.agent.reply_parsing
    return parsing is ReplyParsing.STRICT or sees_starttls(reply, parsing)


def _starttls_refused(
    walk: Walk, session: Session, reply: Reply, posture: Posture, policy: HostPolicy
) -> AttemptEnd:
    why = "STARTTLS is offered, but refused"
    permanent = reply.code is not None and reply.code // 100 != 4
    if policy.demand is Demand.MAY:
        refusal = posture.starttls_5xx if permanent else posture.starttls_4xx
        if policy.no_fallback and not permanent:
            refusal = Refusal.NEXT
        gone = session.failed_at is Stage.ENVELOPE or session.tls is not None
        if refusal is Refusal.PLAINTEXT and gone:
            ended = _deferred(session, Event.MAIL_LOST, why=f"{why}, and the session ends")
            return msgspec.structs.replace(ended, cause=Event.STARTTLS_REFUSED)
        if refusal is Refusal.PLAINTEXT:
            return _plaintext(walk, session, posture, Event.STARTTLS_REFUSED, why=why)
        return _refused(session, Event.STARTTLS_REFUSED, reply, refusal, why=why)
    refusal = posture.agent.starttls_5xx_required if permanent else Refusal.NEXT
    return _refused(session, Event.STARTTLS_REFUSED, reply, refusal, why=why)


# --- TLS -------------------------------------------------------------------------------------------


def _in_tls(
    walk: Walk, posture: Posture, target: Target, policy: HostPolicy, session: Session, *, is_retry: bool
) -> AttemptEnd:
    """The handshake, the certificate, EHLO inside TLS."""
    why = _no_handshake(session, posture, policy)
    if why:
        return _tls_failed(walk, session, Event.HANDSHAKE_FAILED, posture, policy, why=why, is_retry=is_retry)
    assert session.tls is not None
    trusted = trust(walk, posture, target, policy, session.tls, is_retry=is_retry)
    if not trusted.accepted:
        return _trusted(walk, session, posture, policy, trusted)
    far, reply = reached(session), session.ehlo_tls
    ignored = posture.agent.tls_ehlo_ignored
    lost = far is Reached.LOST_IN_TLS and not ignored
    if reply is None or reply.code is None or lost:
        why = "the session broke right after the TLS handshake"
        if reply is not None:
            no_reply = reply.code is None
            why = "EHLO gets no SMTP reply in TLS" if no_reply else "the session broke at HELO in TLS"
        return _tls_failed(walk, session, Event.TLS_LOST, posture, policy, why=why, is_retry=is_retry)
    # Where the walk took the reply for good it said no HELO: then one is taken to be answered.
    went_on = bool(reply.codes) and reply.code != 421 and session.helo_tls is None
    if far is Reached.REFUSED_IN_TLS and not ignored and not went_on:
        last = session.helo_tls if reply.code != 421 and session.helo_tls is not None else reply
        why = "EHLO is refused inside TLS"
        return _refused(session, Event.TLS_EHLO_REFUSED, last, Refusal.BOUNCE, why=why)
    return _trusted(walk, session, posture, policy, trusted)


def _trusted(
    walk: Walk, session: Session, posture: Posture, policy: HostPolicy, trusted: Trust
) -> AttemptEnd:
    """What the certificate leads to in a session that goes on."""
    if not trusted.accepted:
        word = posture.agent.tls_log_words.untrusted
        ending = _deferred(session, trusted.event, why=trusted.why, word=word)
        later = policy.demand is Demand.MAY and posture.optional_check is OptionalCheck.FIRST_ATTEMPT
        return msgspec.structs.replace(ending, tls_failed=later, policy=trusted.policy)
    return _enveloped(walk, posture, _sent(session, trusted), session, tls=True)


def _no_handshake(session: Session, posture: Posture, policy: HostPolicy) -> str:
    """Why there is no TLS session for this sender, or ""."""
    if session.injected and posture.agent.injection_fails:
        return "clear text followed the reply to STARTTLS"
    if session.tls is None:
        return shown(session.detail) or (session.failure.value if session.failure else "no TLS")
    oldest = posture.min_tls_authenticated if policy.strict else posture.min_tls
    if _age(session.tls.version) < _age(oldest):
        return f"the server supports only {shown(session.tls.version)}, but {oldest} is required"
    tls = session.tls
    old = policy.strict and not posture.agent.sha1_handshake and _age(tls.version) < _age("TLSv1.2")
    if old and usage.signed_exchange(tls.version, tls.cipher):
        return f"the server supports only {shown(tls.version)}, whose handshake is signed with SHA-1"
    judged = posture.agent.key_usage_fails and tls.chain
    if judged and not usage.allows_handshake(tls.chain[0], tls.version, tls.cipher):
        return "the certificate's key usage does not allow this handshake"
    return ""


def _age(version: str) -> int:
    return VERSIONS.index(version) if version in VERSIONS else len(VERSIONS)


def _tls_failed(
    walk: Walk,
    session: Session,
    event: Event,
    posture: Posture,
    policy: HostPolicy,
    *,
    why: str,
    is_retry: bool,
) -> AttemptEnd:
    """TLS broke: plaintext with the same address, now or later, where TLS is optional."""
    optional = policy.demand is Demand.MAY
    at_once = posture.fallback is Fallback.AT_ONCE or (posture.fallback is Fallback.ON_RETRY and is_retry)
    if optional and at_once and not policy.no_fallback:
        return _plaintext(walk, session, posture, event, why=f"TLS failed: {why}")
    timed_out = session.failure is Failure.TIMEOUT
    return AttemptEnd(
        outcome=Outcome.DEFERRED,
        event=event,
        why=why,
        tls_failed=optional and posture.fallback is Fallback.ON_RETRY,
        timed_out=timed_out,
        session=session,
    )


# --- endings ---------------------------------------------------------------------------------------


def _deferred(session: Session, event: Event, *, why: str = "", word: str | None = None) -> AttemptEnd:
    timed_out = session.failure is Failure.TIMEOUT
    return AttemptEnd(
        outcome=Outcome.DEFERRED, event=event, why=why, timed_out=timed_out, session=session, word=word
    )


def _refused(session: Session, event: Event, reply: Reply, refusal: Refusal, *, why: str = "") -> AttemptEnd:
    """A refusing reply; a 4yz one is temporary, and so is what cannot be read as a reply."""
    permanent = reply.code is not None and reply.code // 100 != 4
    return AttemptEnd(
        outcome=Outcome.BOUNCED if permanent and refusal is Refusal.BOUNCE else Outcome.DEFERRED,
        event=event,
        reply=reply,
        why=why,
        if_last=permanent and refusal is Refusal.BOUNCE_IF_LAST,
        session=session,
    )


def _plaintext(
    walk: Walk, session: Session, posture: Posture, cause: Event | None = None, *, why: str = ""
) -> AttemptEnd:
    sent = AttemptEnd(
        outcome=Outcome.PLAINTEXT,
        event=Event.SENT_PLAIN,
        cause=cause,
        why=why,
        session=session,
        counted=True,
    )
    return _enveloped(walk, posture, sent, session, tls=False)


def _sent(session: Session, trusted: Trust) -> AttemptEnd:
    return AttemptEnd(
        outcome=trusted.outcome,
        event=Event.SENT_TLS,
        why=trusted.why,
        mechanism=trusted.mechanism,
        word=trusted.word,
        session=session,
        counted=True,
    )


def _enveloped(walk: Walk, posture: Posture, sent: AttemptEnd, session: Session, *, tls: bool) -> AttemptEnd:
    """`sent`, or what MAIL FROM or RCPT TO made of it where the walk said them in a session like this one."""
    if (session.tls is not None) is not tls:
        return sent
    for tried in walk.starttls.enveloped:
        lost = _lost(tried)
        if lost is not None and (tried.address, tried.tls is not None) == (session.address, tls):
            ending = msgspec.structs.replace(_deferred(tried, lost), counted=True, cause=sent.cause)
            refused = Event.MAIL_REFUSED if lost is Event.MAIL_LOST else Event.RCPT_REFUSED
            bounced = msgspec.structs.replace(ending, outcome=Outcome.BOUNCED, event=refused)
            why = patience.gave_up(walk, posture, tried)
            return _either(tried, why, [ending, sent, bounced]) if why else ending
    for event, reply in ((Event.MAIL_REFUSED, session.mail_from), (Event.RCPT_REFUSED, session.rcpt_to)):
        if reply is not None and not reply.positive:
            ending = _refused(session, event, reply, Refusal.BOUNCE)
            return msgspec.structs.replace(ending, counted=True, cause=sent.cause)
    return sent


def _lost(tried: Session) -> Event | None:
    """Where a session that tried the envelope broke off: at MAIL FROM, at RCPT TO; None for neither."""
    refused = tried.starttls is not None and tried.tls is None  # then it ended before MAIL FROM
    if tried.failed_at is not Stage.ENVELOPE or refused or tried.rcpt_to is not None:
        return None
    return Event.MAIL_LOST if tried.mail_from is None else Event.RCPT_LOST
