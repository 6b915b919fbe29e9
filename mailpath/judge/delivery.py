"""One delivery: what becomes of the mail in the end.

A sender that falls back to plaintext only on a retry is played twice: with a fresh message, and, if that was
deferred, with one that has waited.
"""

from __future__ import annotations

import msgspec

from mailpath.exchanges import Failure, Stage
from mailpath.facts import Found, StsPolicy, Walk
from mailpath.judge import indeterminate, sts
from mailpath.judge.attempts import unresolved
from mailpath.judge.course import SINGLY, Play, Round
from mailpath.judge.destination import Destination
from mailpath.judge.events import Event
from mailpath.judge.model import DELIVERED, Attempt, Outcome, Untold, Verdict, ordered, untold
from mailpath.judge.posture import Posture
from mailpath.judge.sentences import Scene, say, shown, status


def deliver(walk: Walk, posture: Posture, cached: StsPolicy | None = None, play: Play = SINGLY) -> Verdict:
    """What a sender whose posture leaves nothing unknown does with mail for this path.

    `cached`: the MTA-STS policy that it has from an earlier delivery; None: first contact.  `play`: how
    it is played out.
    """
    verdict = _deliver_as_heard(walk, posture, cached, play)
    if not indeterminate.doubted(walk):
        return verdict
    # Our resolver is known to leave proofs out, and the sender's may not: what it denied may well be absent.
    believed = _deliver_as_heard(indeterminate.believed(walk), posture, cached, play)
    if (believed.outcome, believed.possible) == (verdict.outcome, verdict.possible):
        return believed
    for each in (believed, verdict):
        if each.outcome is Outcome.UNKNOWN and not each.possible:
            return each
    outcomes = (outcome for each in (believed, verdict) for outcome in (each.outcome, *each.possible))
    unproven = untold(posture.name, Untold(Event.SECURITY_UNKNOWN, indeterminate.note(walk)), outcomes)
    return msgspec.structs.replace(unproven, policy_state=believed.policy_state)


def _deliver_as_heard(walk: Walk, posture: Posture, cached: StsPolicy | None, play: Play) -> Verdict:
    unseen = _unseen(walk, posture)
    if unseen is not None:
        return untold(posture.name, unseen)
    applied = sts.applied(walk, posture, cached)
    verdict = _read(walk, posture, applied, play)
    if applied.not_recorded is None:
        return verdict
    played = [verdict, *(_read(walk, posture, each, play) for each in sts.might_apply(walk, applied))]
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
        status_code=None,
        tls_field=None,
    )


def _read(walk: Walk, posture: Posture, applied: sts.Applied, play: Play) -> Verdict:
    """The verdict under one policy, whatever turns out to be signed."""
    verdict = _deliver(walk, posture, applied, play)
    if verdict.outcome is Outcome.UNKNOWN and indeterminate.has_indeterminate(walk):
        played = (_deliver(each, posture, applied, play) for each in indeterminate.assumptions(walk))
        verdict = indeterminate.combine(walk, posture, verdict, played)
    return verdict


def _deliver(walk: Walk, posture: Posture, applied: sts.Applied, play: Play) -> Verdict:
    found = play.destination(walk.mx, posture)
    if found.event is not None:
        return _undeliverable(walk, posture, found, applied)
    if applied.deferred_by_lookup or applied.deferred_by_fetch:
        why = sts.explain_failed_lookup if applied.deferred_by_lookup else sts.explain_stalled_fetch
        return Verdict(
            posture=posture.name,
            outcome=Outcome.DEFERRED,
            reason=why(walk),
            event=Event.STS_FAILED,
            status_code=sts.LOOKUP_FAILED,
        )
    first = play.run(walk, posture, applied, found.targets)
    second = None
    if first.tls_failed and Outcome.DEFERRED in (first.outcome, *first.possible):
        second = play.run(walk, posture, applied, found.targets, is_retry=True)
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


# --- verdicts --------------------------------------------------------------------------------------


def _undeliverable(walk: Walk, posture: Posture, found: Destination, applied: sts.Applied) -> Verdict:
    """No address to try: DNS alone decides."""
    assert found.event is not None
    attempts = tuple(unresolved(walk, posture, target) for target in found.targets)
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
        tls_field=decisive.tls_field if outcome is not Outcome.UNKNOWN else None,
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
