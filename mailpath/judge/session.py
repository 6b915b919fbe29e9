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
from mailpath.judge.destination import Target
from mailpath.judge.endings import (
    AttemptEnd,
    deferred,
    disposed,
    either,
    enveloped,
    plaintext,
    refused,
    sent,
    untold_end,
)
from mailpath.judge.events import Event
from mailpath.judge.habits import LostInTls, Refusal
from mailpath.judge.model import Demand, Untold
from mailpath.judge.policy import HostPolicy
from mailpath.judge.posture import VERSIONS, Fallback, OptionalCheck, Posture
from mailpath.judge.reply_parsing import ReplyParsing, is_pix_banner, parse_replies, sees_starttls
from mailpath.judge.sentences import CONNECT, shown
from mailpath.judge.session_choice import choose_session
from mailpath.judge.trust import Trust, trust, trust_unseen
from mailpath.match import usage


def attempt(walk: Walk, posture: Posture, target: Target, policy: HostPolicy, is_retry: bool) -> AttemptEnd:
    """Try `target` under `policy`.  `is_retry`: the message is old enough for a fallback kept for retries."""
    if policy.undetermined is not None:
        return untold_end(policy.undetermined, lost=True)
    session = choose_session(walk, posture, target, policy)
    if session is None:
        return untold_end(Untold(Event.NOT_TRIED, "there was no session with this address"))
    unseen = _unseen(walk, session)
    if unseen is not None:
        lost = session.failure is Failure.LOCAL and not _no_such_family(walk, session.address)
        return untold_end(unseen, session, lost=lost)
    why = shown(session.not_tried) or patience.gave_up(walk, posture, session)
    session = patience.untried(walk, session) if session.not_tried else session
    session = parse_replies(session, posture.agent.reply_parsing)
    endings = [_ending(walk, posture, target, policy, session, is_retry=is_retry)]
    if not why:
        return endings[0]
    for going in patience.answered(session):
        early = _early(walk, going, posture, policy, is_retry=is_retry)
        if early is None and going.tls is None and not (going.injected and posture.agent.injection_fails):
            trusts = trust_unseen(posture, policy, is_retry=is_retry)
            endings += (_trusted(walk, going, posture, policy, each, is_retry=is_retry) for each in trusts)
        else:
            endings.append(_ending(walk, posture, target, policy, going, is_retry=is_retry))
    return either(session, why, endings)


def _ending(
    walk: Walk, posture: Posture, target: Target, policy: HostPolicy, session: Session, *, is_retry: bool
) -> AttemptEnd:
    ending = _early(walk, session, posture, policy, is_retry=is_retry)
    return ending or _in_tls(walk, posture, target, policy, session, is_retry=is_retry)


def _early(
    walk: Walk, session: Session, posture: Posture, policy: HostPolicy, *, is_retry: bool
) -> AttemptEnd | None:
    """How it ends before a handshake; None when one follows."""
    return _greeted(session, posture) or _in_clear(walk, session, posture, policy, is_retry=is_retry)


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
        return untold_end(Untold(Event.NOT_TRIED, why_ended(session)), session)
    if far is Reached.NO_CONNECT:
        failure = session.failure or Failure.CLOSED
        words = CONNECT.get(failure, shown(session.detail) or failure.value)
        return deferred(session, Event.CONNECT_FAILED, why=words)
    lost = posture.agent.lost_before_tls
    if greeting is None:
        return disposed(deferred(session, Event.GREETING_LOST), lost)
    if far in (Reached.NOT_SMTP, Reached.GREETING_REFUSED):
        return refused(session, Event.GREETING_REFUSED, greeting, _by_class(greeting, posture))
    if _is_pix_banner(session, posture) or far not in (Reached.EHLO_LOST, Reached.EHLO_REFUSED):
        return None
    if hello is not None and hello.code == 421 and posture.agent.ehlo_421_ends:
        return refused(session, Event.EHLO_REFUSED, hello, posture.agent.greeting_4xx)
    if session.helo is not None and far is Reached.EHLO_REFUSED:
        refusal = posture.agent.greeting_4xx if session.helo.temporary else posture.agent.helo_5xx
        return refused(session, Event.EHLO_REFUSED, session.helo, refusal)
    # Where the walk took the reply for good it said no HELO; what it heard next speaks for the server.
    answered = hello is not None and hello.code is not None and bool(hello.codes)
    went_on = answered and session.failed_at is not Stage.EHLO
    return None if went_on else disposed(deferred(session, Event.EHLO_LOST), lost)


def _by_class(greeting: Reply, posture: Posture) -> Refusal:
    """What a greeting other than 2yz does."""
    if greeting.temporary:
        return posture.agent.greeting_4xx
    invalid = greeting.code is not None and greeting.code // 100 != 5
    return posture.agent.invalid_reply_is if invalid else posture.agent.greeting_5xx


def _is_pix_banner(session: Session, posture: Posture) -> bool:
    """Does this sender say HELO for fear of a firewall?"""
    return posture.agent.pix_workaround and session.greeting is not None and is_pix_banner(session.greeting)


def _in_clear(
    walk: Walk, session: Session, posture: Posture, policy: HostPolicy, *, is_retry: bool
) -> AttemptEnd | None:
    """Everything that happens without a handshake; None when one follows."""
    if policy.demand is Demand.NONE:
        return plaintext(walk, session, posture)
    if not _offers(session, posture):
        if policy.demand is Demand.MAY:
            why = "STARTTLS is not offered"
            return plaintext(walk, session, posture, Event.STARTTLS_ABSENT, why=why)
        ended = deferred(session, Event.STARTTLS_ABSENT, why="STARTTLS is not offered, and TLS is required")
        return disposed(ended, posture.agent.starttls_missing)
    far = reached(session)
    if far is Reached.NOT_SEEN:
        return untold_end(Untold(Event.NOT_TRIED, "STARTTLS is offered, but was not tried"), session)
    if far is Reached.STARTTLS_LOST:
        broke = "the connection broke at STARTTLS"
        why = broke if session.starttls is None else "STARTTLS gets no SMTP reply"
        refusal, optional = posture.agent.lost_at_starttls, policy.demand is Demand.MAY
        if optional and not policy.no_fallback and _goes_plain(refusal, is_retry=is_retry):
            return plaintext(walk, session, posture, Event.STARTTLS_LOST, why=why)
        if refusal is Refusal.ON_RETRY and not optional:
            refusal = Refusal.NEXT
        return disposed(deferred(session, Event.STARTTLS_LOST, why=why), refusal)
    if far is not Reached.STARTTLS_REFUSED:
        return None
    assert session.starttls is not None
    return _starttls_refused(walk, session, session.starttls, posture, policy, is_retry=is_retry)


def _goes_plain(refusal: Refusal, *, is_retry: bool) -> bool:
    """Does mail for which TLS is optional go without, now that STARTTLS does not come about?"""
    return refusal is Refusal.PLAINTEXT or (refusal is Refusal.ON_RETRY and is_retry)


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
    walk: Walk, session: Session, reply: Reply, posture: Posture, policy: HostPolicy, *, is_retry: bool
) -> AttemptEnd:
    why = "STARTTLS is offered, but refused"
    permanent = reply.code is not None and not reply.temporary
    if policy.demand is Demand.MAY:
        refusal = posture.starttls_5xx if permanent else posture.starttls_4xx
        if policy.no_fallback and not permanent:
            refusal = Refusal.NEXT
        gone = session.failed_at is Stage.ENVELOPE or session.tls is not None
        if refusal is Refusal.PLAINTEXT and gone:
            ended = deferred(session, Event.MAIL_LOST, why=f"{why}, and the session ends")
            return msgspec.structs.replace(ended, cause=Event.STARTTLS_REFUSED)
        if _goes_plain(refusal, is_retry=is_retry):
            return plaintext(walk, session, posture, Event.STARTTLS_REFUSED, why=why)
        return refused(session, Event.STARTTLS_REFUSED, reply, refusal, why=why)
    agent = posture.agent
    refusal = agent.starttls_5xx_required if permanent else agent.starttls_4xx_required
    return refused(session, Event.STARTTLS_REFUSED, reply, refusal, why=why)


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
        return _trusted(walk, session, posture, policy, trusted, is_retry=is_retry)
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
        return _ehlo_refused(walk, session, posture, policy, last, why=why)
    return _trusted(walk, session, posture, policy, trusted, is_retry=is_retry)


def _ehlo_refused(
    walk: Walk, session: Session, posture: Posture, policy: HostPolicy, reply: Reply, *, why: str
) -> AttemptEnd:
    refusal = posture.agent.ehlo_in_tls
    if refusal is Refusal.PLAINTEXT and policy.demand is Demand.MAY and not policy.no_fallback:
        return plaintext(walk, session, posture, Event.TLS_EHLO_REFUSED, why=why)
    if refusal is Refusal.BOUNCE and reply.temporary:
        refusal = posture.agent.greeting_4xx
    return refused(session, Event.TLS_EHLO_REFUSED, reply, refusal, why=why)


def _trusted(
    walk: Walk, session: Session, posture: Posture, policy: HostPolicy, trusted: Trust, *, is_retry: bool
) -> AttemptEnd:
    """What the certificate leads to in a session that goes on."""
    if not trusted.accepted:
        agent, optional = posture.agent, policy.demand is Demand.MAY
        if optional and agent.certificate_falls_back:
            event, why = trusted.event, trusted.why
            return _tls_failed(walk, session, event, posture, policy, why=why, is_retry=is_retry)
        ending = deferred(session, trusted.event, why=trusted.why, word=agent.tls_log_words.untrusted)
        later = optional and posture.optional_check is OptionalCheck.FIRST_ATTEMPT
        ending = msgspec.structs.replace(ending, tls_failed=later, policy=trusted.policy)
        named = trusted.event is Event.CERTIFICATE_NAME_MISMATCH
        return disposed(ending, agent.name_refused if named else agent.certificate_refused)
    return enveloped(walk, posture, sent(session, trusted), session, tls=True)


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
    ended = deferred(session, event, why=why)
    if event is Event.TLS_LOST and posture.agent.lost_in_tls is not LostInTls.AS_HANDSHAKE:
        return disposed(ended, Refusal(posture.agent.lost_in_tls))
    optional, fallback = policy.demand is Demand.MAY, posture.fallback
    at_once = fallback is Fallback.AT_ONCE or (fallback is Fallback.ON_RETRY and is_retry)
    if optional and at_once and not policy.no_fallback:
        return plaintext(walk, session, posture, event, why=f"TLS failed: {why}")
    if optional:
        return msgspec.structs.replace(ended, tls_failed=fallback is Fallback.ON_RETRY)
    return disposed(ended, posture.agent.handshake_required)
