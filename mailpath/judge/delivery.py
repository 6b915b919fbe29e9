"""One delivery: hosts and addresses in order, until one takes the mail or none is left.

Postfix's smtp_connect.c: a temporary failure moves on to the next address, a permanent one ends the
attempt; when all fail, the last failure is the one reported.  A sender that keeps plaintext for a retry is
played twice: first with a fresh message, then, if that was deferred, with an aged one.
"""

from __future__ import annotations

import msgspec

from mailpath.exchanges import Failure, Stage
from mailpath.facts import Found, Session, StsPolicy, Walk
from mailpath.judge import indeterminate, sts
from mailpath.judge.destination import Destination, Target, destination
from mailpath.judge.events import ENVELOPE, NOT_VERIFIED, Event
from mailpath.judge.model import (
    DELIVERED,
    FINAL,
    Attempt,
    Demand,
    Mechanism,
    Outcome,
    Untold,
    Verdict,
    ordered,
    untold,
)
from mailpath.judge.policy import HostPolicy, host_policy
from mailpath.judge.posture import Posture
from mailpath.judge.sentences import Scene, quote, say, shown, status
from mailpath.judge.session import AttemptEnd, attempt
from mailpath.judge.waits import Waits

#: Events that come after a TLS session was there.
_IN_TLS = frozenset({Event.SENT_TLS, *NOT_VERIFIED, Event.TLS_LOST, Event.TLS_EHLO_REFUSED, *ENVELOPE})


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery attempt over all hosts.  `decisive`: the attempt whose failure (or success) is reported.

    `tls_failed`: optional TLS broke at some host on the way.
    `possible`: where we gave up waiting, the outcomes there may be; `stays`: so it may wait for another
    reason than TLS.
    """

    outcome: Outcome
    attempts: tuple[Attempt, ...]
    decisive: Attempt
    tls_failed: bool = False
    possible: frozenset[Outcome] = frozenset()
    stays: bool = False


def deliver(walk: Walk, posture: Posture, cached: StsPolicy | None = None) -> Verdict:
    """What a sender whose posture leaves nothing unknown does with mail for this path.

    `cached`: the MTA-STS policy that it has from an earlier delivery; None: first contact.
    """
    verdict = _deliver_as_heard(walk, posture, cached)
    if not indeterminate.doubted(walk):
        return verdict
    # Our resolver is known to leave proofs out, and the sender's may not: what it denied may well be absent.
    believed = _deliver_as_heard(indeterminate.believed(walk), posture, cached)
    if (believed.outcome, believed.possible) == (verdict.outcome, verdict.possible):
        return believed
    for each in (believed, verdict):
        if each.outcome is Outcome.UNKNOWN and not each.possible:
            return each
    outcomes = (outcome for each in (believed, verdict) for outcome in (each.outcome, *each.possible))
    unproven = untold(posture.name, Untold(Event.SECURITY_UNKNOWN, indeterminate.note(walk)), outcomes)
    return msgspec.structs.replace(unproven, policy_state=believed.policy_state)


def _deliver_as_heard(walk: Walk, posture: Posture, cached: StsPolicy | None) -> Verdict:
    unseen = _unseen(walk, posture)
    if unseen is not None:
        return untold(posture.name, unseen)
    applied = sts.applied(walk, posture, cached)
    verdict = _read(walk, posture, applied)
    if applied.not_recorded is None:
        return verdict
    played = [verdict, *(_read(walk, posture, each) for each in sts.might_apply(walk, applied))]
    outcomes = {outcome for each in played for outcome in (each.outcome, *each.possible)}
    if len(outcomes) == 1:
        return verdict
    # Where one of them may end anyhow, those that are known are not all there may be.
    anyhow = any(each.outcome is Outcome.UNKNOWN and not each.possible for each in played)
    return msgspec.structs.replace(
        verdict,
        outcome=Outcome.UNKNOWN,
        possible=() if anyhow else ordered(outcomes),
        reason=applied.not_recorded.reason,
        event=applied.not_recorded.event,
        demand=None,
        demanded_by=None,
    )


def _read(walk: Walk, posture: Posture, applied: sts.Applied) -> Verdict:
    """The verdict under one policy, whatever turns out to be signed."""
    verdict = _deliver(walk, posture, applied)
    if verdict.outcome is Outcome.UNKNOWN and indeterminate.has_indeterminate(walk):
        played = (_deliver(each, posture, applied) for each in indeterminate.assumptions(walk))
        verdict = indeterminate.combine(walk, posture, verdict, played)
    return verdict


def _deliver(walk: Walk, posture: Posture, applied: sts.Applied) -> Verdict:
    found = destination(walk.mx, posture)
    if found.event is not None:
        return _undeliverable(walk, posture, found, applied)
    if applied.deferred_by_lookup:
        why = f"the MTA-STS record of {shown(walk.path.recipient)} could not be looked up"
        return Verdict(
            posture=posture.name,
            outcome=Outcome.DEFERRED,
            reason=why,
            event=Event.STS_FAILED,
            status_code="4.4.3",
        )
    first = _pass(walk, posture, found, applied, is_retry=False)
    second = None
    if first.tls_failed and Outcome.DEFERRED in (first.outcome, *first.possible):
        second = _pass(walk, posture, found, applied, is_retry=True)
    if second is not None and (first.possible or second.possible):
        return _verdict(walk, posture, _joined(first, second), applied)
    if second is not None and second.outcome in DELIVERED:
        retried = msgspec.structs.replace(second, attempts=(*first.attempts, second.decisive))
        return _verdict(walk, posture, retried, applied, retried=True)
    return _verdict(walk, posture, first, applied)


def _joined(first: Round, second: Round) -> Round:
    """Both passes, of which it cannot be told what comes: where the first ends with a delay on account of
    TLS, the second follows.
    """
    possible = (first.possible or {first.outcome}) - {Outcome.DEFERRED}
    possible |= second.possible or {second.outcome}
    possible |= {Outcome.DEFERRED} if first.stays else set()
    told = first if first.possible else second
    return msgspec.structs.replace(told, outcome=Outcome.UNKNOWN, possible=frozenset(possible))


def _unseen(walk: Walk, posture: Posture) -> Untold | None:
    """Why the walk says nothing about where the mail goes; None where it does."""
    lookup = walk.mx.lookup
    if lookup.found is Found.NOT_TRIED or lookup.failure is Failure.NOT_RECORDED:
        why = shown(lookup.detail or lookup.reason) or "the MX records were not looked up"
        return Untold(indeterminate.EVENTS.get(lookup.failure, Event.NOT_TRIED), why)
    return indeterminate.lost(walk, posture, lookup)


# --- the loop --------------------------------------------------------------------------------------


def _pass(walk: Walk, posture: Posture, found: Destination, applied: sts.Applied, *, is_retry: bool) -> Round:
    attempts: list[Attempt] = []
    decisive: Attempt | None = None
    unknown: Attempt | None = None
    tls_failed = no_fallback = False
    waits = Waits()
    carried: str | None = None
    refused: Attempt | None = None
    sessions = 0
    for target in found.targets:
        last = target is found.targets[-1]
        if target.address is None:
            unresolved = _note(attempts, _unresolved(walk, posture, target))
            if unresolved.outcome is Outcome.UNKNOWN:
                decisive = unknown = unresolved
                break
            continue
        policy = host_policy(walk, posture, target, applied.policy)
        if policy.skip is not None:
            skipped = _note(attempts, _skipped(walk, posture, target, policy))
            # Postfix only warns of an unlisted host: what other hosts said stays the reason.
            if decisive is None or policy.skip is not Event.STS_MX_UNLISTED:
                decisive = skipped
            if policy.bounces and posture.agent.tries_next_mx_without_tlsa:
                refused = skipped
            elif policy.bounces or refused is not None:
                break
            continue
        if policy.dane and posture.agent.no_plaintext_after_tlsa:
            no_fallback, carried = True, policy.sni
        policy = msgspec.structs.replace(policy, no_fallback=no_fallback, sni=carried or policy.sni)
        ending = attempt(walk, posture, target, policy, is_retry=is_retry)
        if refused is not None and ending.outcome in DELIVERED:
            decisive = refused
            break
        tls_failed |= ending.tls_failed
        sessions += ending.counted
        spent = bool(posture.session_limit) and sessions >= posture.session_limit
        if ending.if_last and (last or spent):
            ending = msgspec.structs.replace(ending, outcome=Outcome.BOUNCED)
        decisive = _note(attempts, _tried(walk, posture, target, ending.policy or policy, ending))
        waits.note(ending, decisive, refused)
        if ending.outcome is Outcome.UNKNOWN and not ending.either:
            unknown = unknown or decisive
        if ending.lost:
            break
        if refused is not None and decisive.outcome is Outcome.BOUNCED:
            decisive = msgspec.structs.replace(decisive, outcome=Outcome.DEFERRED)
        if ending.outcome in FINAL or waits.over or spent or refused is not None:
            break
    assert decisive is not None, "a destination without a failure has an address"
    if decisive.outcome not in FINAL and unknown is not None:
        decisive = unknown
    found_out = Round(
        outcome=decisive.outcome, attempts=tuple(attempts), decisive=decisive, tls_failed=tls_failed
    )
    return waits.undecided(found_out)


def _note(attempts: list[Attempt], new: Attempt) -> Attempt:
    """One attempt per MX host: a further address of the same host takes the place of the one before."""
    if attempts and attempts[-1].host == new.host:
        attempts.pop()
    attempts.append(new)
    return new


# --- attempts --------------------------------------------------------------------------------------


def _host(posture: Posture, target: Target) -> str:
    """The host as this server's log names it."""
    if posture.agent.logs_canonical_host and target.lookup is not None:
        return target.lookup.canonical
    return target.host.name


def _scene(walk: Walk, posture: Posture, target: Target, session: Session | None = None) -> Scene:
    tls = session.tls if session is not None else None
    return Scene(
        domain=shown(walk.path.recipient),
        host=shown(_host(posture, target)),
        address=target.address or "",
        port=session.port if session is not None else 25,
        rrtype=target.rrtype,
        version=shown(tls.version) if tls else "",
        cipher=shown(tls.cipher) if tls else "",
        bits=tls.bits if tls else 0,
    )


def _unresolved(walk: Walk, posture: Posture, target: Target) -> Attempt:
    assert target.event is not None
    asked = target.host.v6 if target.rrtype == "AAAA" else target.host.v4
    lost = indeterminate.lost(walk, posture, asked) if target.event is Event.HOST_FAILED else None
    if lost is not None:
        return Attempt(
            host=target.host.name,
            address=None,
            outcome=Outcome.UNKNOWN,
            reason=lost.reason,
            event=lost.event,
        )
    permanent = target.event is not Event.HOST_FAILED
    return Attempt(
        host=target.host.name,
        address=None,
        outcome=Outcome.BOUNCED if permanent else Outcome.DEFERRED,
        reason=say(posture.agent.family, target.event, _scene(walk, posture, target)),
        event=target.event,
        status_code=status(posture.agent.family, target.event, permanent=permanent),
    )


def _skipped(walk: Walk, posture: Posture, target: Target, policy: HostPolicy) -> Attempt:
    assert policy.skip is not None
    return Attempt(
        host=_host(posture, target),
        address=None,
        outcome=Outcome.BOUNCED if policy.bounces else Outcome.DEFERRED,
        reason=say(posture.agent.family, policy.skip, _scene(walk, posture, target)),
        event=policy.skip,
        demand=policy.demand,
        demanded_by=policy.by,
        status_code=status(posture.agent.family, policy.skip, permanent=policy.bounces),
    )


def _tried(walk: Walk, posture: Posture, target: Target, policy: HostPolicy, ending: AttemptEnd) -> Attempt:
    told = policy.undetermined is None
    attempt = Attempt(
        host=_host(posture, target),
        address=target.address,
        outcome=ending.outcome,
        reason=f"whether or not it answers in time: {ending.why}",
        event=ending.event,
        demand=policy.demand if told else None,
        demanded_by=policy.by if told else None,
    )
    if ending.outcome is Outcome.UNKNOWN:
        return msgspec.structs.replace(attempt, reason=Untold(ending.event, ending.why).reason)
    if ending.either:
        return attempt
    session = ending.session
    temporary = ending.reply is not None and ending.reply.code is not None and ending.reply.code // 100 == 4
    scene = msgspec.structs.replace(
        _scene(walk, posture, target, session),
        required=policy.demand is not Demand.MAY and not (policy.dane and temporary),
        reply=quote(ending.reply),
        why=ending.why,
        timed_out=ending.timed_out,
        word=ending.word or "",
    )
    permanent = ending.outcome is Outcome.BOUNCED
    tls = session.tls if session is not None and ending.event in _IN_TLS else None
    return msgspec.structs.replace(
        attempt,
        reason=say(posture.agent.family, ending.event, scene),
        why=ending.why,
        status_code=status(posture.agent.family, ending.event, permanent=permanent, reply=ending.reply),
        mechanism=ending.mechanism if ending.outcome in DELIVERED else Mechanism.NONE,
        tls_word=ending.word,
        cause=ending.cause,
        tls_version=tls.version if tls is not None else None,
    )


# --- verdicts --------------------------------------------------------------------------------------


def _undeliverable(walk: Walk, posture: Posture, found: Destination, applied: sts.Applied) -> Verdict:
    """No address to try: DNS alone decides."""
    assert found.event is not None
    attempts = tuple(_unresolved(walk, posture, target) for target in found.targets)
    unknown = next((each for each in attempts if each.outcome is Outcome.UNKNOWN), None)
    if unknown is not None:
        return Verdict(
            posture=posture.name,
            outcome=Outcome.UNKNOWN,
            reason=unknown.reason,
            event=unknown.event,
            attempts=attempts,
        )
    scene = Scene(
        domain=shown(walk.path.recipient),
        host=shown(walk.path.recipient),
        last=attempts[-1].reason if attempts else "",
    )
    last = attempts[-1].status_code if attempts else None
    code = status(posture.agent.family, found.event, permanent=found.permanent, last=last)
    return Verdict(
        posture=posture.name,
        outcome=Outcome.BOUNCED if found.permanent else Outcome.DEFERRED,
        reason=say(posture.agent.family, found.event, scene),
        event=found.event,
        policy_state=applied.state,
        status_code=code,
        attempts=attempts,
    )


def _verdict(
    walk: Walk, posture: Posture, played: Round, applied: sts.Applied, *, retried: bool = False
) -> Verdict:
    """The verdict over the whole path, told by the attempt that decided it."""
    decisive, outcome = played.decisive, played.outcome
    reason, event = decisive.reason, decisive.event
    kept_in = _kept_in(walk, played.attempts) if outcome is Outcome.DEFERRED else None
    if kept_in is not None:
        outcome, reason, event = Outcome.UNKNOWN, kept_in.reason, kept_in.event
    failed = outcome in (Outcome.DEFERRED, Outcome.BOUNCED)
    return Verdict(
        posture=posture.name,
        outcome=outcome,
        reason=reason,
        event=event,
        demand=decisive.demand,
        demanded_by=decisive.demanded_by,
        possible=ordered(played.possible),
        why=decisive.why,
        tls_word=decisive.tls_word,
        cause=decisive.cause,
        host=decisive.host,
        address=decisive.address,
        mechanism=decisive.mechanism,
        after_retry=retried,
        policy_state=applied.state,
        status_code=decisive.status_code if failed else None,
        attempts=played.attempts,
    )


def _kept_in(walk: Walk, attempts: tuple[Attempt, ...]) -> Untold | None:
    """Why no session leaves this machine, so that not reaching anybody says nothing about them; or None."""
    if not any(entry.address is not None for entry in attempts):
        return None
    if walk.sender.port25 is Found.BLOCKED:
        why = shown(walk.sender.port25_reason) or "port 25 is blocked on this network"
        return Untold(Event.BLOCKED_HERE, why)
    tried = [session for session in walk.starttls.sessions if not session.not_tried]
    ends = {(session.failure, session.failed_at) for session in tried}
    nowhere = ends == {(Failure.UNREACHABLE, Stage.CONNECT)}
    why = "there is no route from here to any of the mail hosts"
    return Untold(Event.FAILED_HERE, why) if nowhere else None
