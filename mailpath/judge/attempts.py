"""Attempts at MX hosts as the log of a sender has them: host, sentence, status code, what was demanded."""

from __future__ import annotations

import msgspec

from mailpath.facts import Session, Walk
from mailpath.judge import indeterminate
from mailpath.judge.destination import Target
from mailpath.judge.endings import AttemptEnd
from mailpath.judge.events import ENVELOPE, NOT_VERIFIED, Event
from mailpath.judge.habits import Refusal
from mailpath.judge.model import DELIVERED, Attempt, Demand, Mechanism, Outcome, Untold
from mailpath.judge.policy import HostPolicy
from mailpath.judge.posture import Posture
from mailpath.judge.sentences import Scene, quote, say, shown, status
from mailpath.judge.tls_field import decided, untried

#: Events that come after a TLS session was there.
_IN_TLS = frozenset({Event.SENT_TLS, *NOT_VERIFIED, Event.TLS_LOST, Event.TLS_EHLO_REFUSED, *ENVELOPE})


def _host(posture: Posture, target: Target) -> str:
    """The host as this server's log names it."""
    if posture.agent.logs_canonical_host and target.lookup is not None:
        return target.lookup.canonical
    return target.host.name


def _scene(walk: Walk, posture: Posture, target: Target, session: Session | None = None) -> Scene:
    scene = Scene(
        domain=shown(walk.path.recipient),
        host=shown(_host(posture, target)),
        address=target.address or "",
        rrtype=target.rrtype,
    )
    if session is None:
        return scene
    scene = msgspec.structs.replace(scene, port=session.port)
    tls = session.tls
    if tls is None:
        return scene
    return msgspec.structs.replace(scene, version=shown(tls.version), cipher=shown(tls.cipher), bits=tls.bits)


def unresolved(walk: Walk, posture: Posture, target: Target) -> Attempt:
    """A host without an address."""
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


def skipped(walk: Walk, posture: Posture, target: Target, policy: HostPolicy) -> Attempt:
    """A host that the sender does not connect to."""
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
        tls_field=untried(posture, policy),
    )


def unlisted(posture: Posture, skipped: Attempt) -> Attempt:
    """The same at the end of a pass in which every host was one that the policy does not list."""
    if posture.agent.unlisted_mx is not Refusal.BOUNCE_IF_LAST:
        return skipped
    code = status(posture.agent.family, Event.STS_MX_UNLISTED, permanent=True)
    return msgspec.structs.replace(skipped, outcome=Outcome.BOUNCED, status_code=code)


def tried(walk: Walk, posture: Posture, target: Target, policy: HostPolicy, ending: AttemptEnd) -> Attempt:
    """An address with which a session was held, or would have been."""
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
        why = Untold(ending.event, ending.why)
        return msgspec.structs.replace(attempt, reason=why.reason, why=why.why)
    if ending.either:
        return attempt
    session = ending.session
    temporary = ending.reply is not None and ending.reply.temporary
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
        tls_field=decided(posture, policy, ending),
        cause=ending.cause,
        tls_version=tls.version if tls is not None else None,
    )
