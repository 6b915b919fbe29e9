"""Messages that ask for more, or for less, than their sender's posture gives: RFC 8689.

REQUIRETLS (section 4.2.1): a host will do if it was found securely (a signed MX RRset, or a name that the
MTA-STS policy lists), is authenticated, and announces REQUIRETLS inside TLS; a message for which none will
do goes back to its author, with 5.7.10 or 5.7.30.  A look-up that failed is not a host that will not do: the
message waits, as any other would (RFC 5321 section 5.1).  `TLS-Required: No` (section 4.2.2): what the
recipient asks for is ignored.  A sender that does not implement RFC 8689 sends a message with REQUIRETLS as
any other; `TLS-Required: No` is told as of one that does.
"""

from __future__ import annotations

from msgspec.structs import replace

from mailpath.facts import MxHost, MxKind, Security, StsPolicy, Walk
from mailpath.judge.agent import Reference
from mailpath.judge.delivery import deliver
from mailpath.judge.destination import Answer, answer, destination
from mailpath.judge.events import Event
from mailpath.judge.indeterminate import indeterminate
from mailpath.judge.model import Attempt, Demand, DemandedBy, Mechanism, Outcome, Untold, Verdict
from mailpath.judge.patience import gave_up
from mailpath.judge.policy import host_policy
from mailpath.judge.posture import DaneUse, Level, OptionalCheck, Posture
from mailpath.judge.sentences import shown
from mailpath.judge.sts import applied, fetched_policy, listed

#: RFC 8689 section 4.2.1.  The better a host did, the greater the code: the best one is reported.
NOT_AUTHENTICATED = "5.7.10"  # "Encryption needed"
NOT_ANNOUNCED = "5.7.30"  # "REQUIRETLS support required"

_UNLEARNT = Untold(Event.SECURITY_UNKNOWN, "it is unknown whether the host was found securely")
#: What can become of a message at a host of which not all is known, or for which we did not wait.
_EITHER = (Outcome.AUTHENTICATED, Outcome.BOUNCED)
_ANY = (Outcome.AUTHENTICATED, Outcome.DEFERRED, Outcome.BOUNCED)


def strict(posture: Posture) -> Posture:
    """`posture` as REQUIRETLS makes it: the certificate is checked though the level may not ask for it."""
    if not posture.requiretls or not posture.requiretls_verifies:
        return posture
    return posture.changed(level=Level.VERIFY, references=(Reference.MX,))


def lax(posture: Posture) -> Posture:
    """`posture` as `TLS-Required: No` makes it: TLS where it works, nothing enforced."""
    level = Level.NONE if posture.level is Level.NONE else Level.MAY
    return posture.changed(level=level, dane=DaneUse.OFF, sts=False, optional_check=OptionalCheck.NEVER)


def announcing(walk: Walk) -> tuple[str, ...]:
    """The MX hosts of which a server announced REQUIRETLS inside TLS, in path order."""
    return tuple(host.name for host in walk.mx.hosts if _announced(walk, host.addresses))


def deliver_requiring(walk: Walk, posture: Posture, cached: StsPolicy | None = None) -> Verdict:
    """What a sender does with a message sent with REQUIRETLS; `posture` leaves nothing unknown.

    `cached`: the MTA-STS policy that it has from an earlier delivery.
    """
    if not posture.requiretls:
        verdict = deliver(walk, posture, cached)
        return replace(verdict, reason=f"{ignored(posture)}: {verdict.reason}")
    return _deliver(walk, strict(posture), cached)


def ignored(posture: Posture) -> str:
    """Of a sender without RFC 8689, as a clause: what it does, and why that hardly happens."""
    return f"{posture.name} does not implement REQUIRETLS and treats this as an ordinary message"


def _deliver(walk: Walk, posture: Posture, cached: StsPolicy | None) -> Verdict:
    if destination(walk.mx, posture).event is not None:
        return deliver(walk, posture, cached)  # DNS alone decides, as for any message
    attempts: list[Attempt] = []
    refused: list[Attempt] = []
    untold: Verdict | None = None
    waiting: Verdict | None = None
    for host in walk.mx.hosts:
        alone = replace(walk, mx=replace(walk.mx, hosts=(host,)))
        verdict = deliver(alone, posture, cached)
        secure = _found_securely(walk, host, posture, cached)
        if secure is False and _policy_failed(walk, posture, cached):
            verdict = _without_policy(walk, host, posture)
        if verdict.outcome is Outcome.DEFERRED and _lookup_failed(alone, posture, cached):
            waiting = waiting or verdict
            attempts += verdict.attempts
            continue
        if not host.addresses:
            continue
        if secure is not False and verdict.outcome is Outcome.UNKNOWN and _gave_up(walk, host, posture):
            verdict = replace(verdict, possible=_ANY)
            untold = untold or verdict
            attempts += verdict.attempts
            continue
        refusal = _refusal(walk, host, verdict, secure)
        if refusal is not None:
            attempts.append(refusal)
            refused.append(refusal)
            continue
        if verdict.outcome is Outcome.AUTHENTICATED and secure:
            # A host before it that may take the mail changes nothing: it would be authenticated too.
            return replace(verdict, attempts=(*attempts, *verdict.attempts))
        if verdict.outcome is not Outcome.DEFERRED:
            verdict = _untold(verdict)
            untold = untold or verdict
        attempts += verdict.attempts
    if untold is not None and untold.possible == _ANY:
        return replace(untold, attempts=tuple(attempts))
    if untold is not None and waiting is not None:
        either = (Outcome.AUTHENTICATED, Outcome.DEFERRED)
        return replace(untold, possible=either, attempts=tuple(attempts))
    if untold is not None:
        possible = _EITHER if refused else untold.possible
        return replace(untold, possible=possible, attempts=tuple(attempts))
    if waiting is not None:
        return replace(waiting, attempts=tuple(attempts))
    if not refused:
        return deliver(walk, posture, cached)
    return _bounced(posture, refused, attempts, applied(walk, posture, cached).state)


def _refusal(walk: Walk, host: MxHost, verdict: Verdict, secure: bool | None) -> Attempt | None:
    """Why the message must not go to this host; None: it may, or that cannot be told, or nobody answered.

    `secure`: whether the host was found securely, None where that was not learnt.
    """
    if secure is False:
        why = "was not found securely: the MX record is not signed, and no MTA-STS policy lists the host"
        return _refused(host, verdict, Event.REQUIRETLS_HOST_INSECURE, NOT_AUTHENTICATED, why)
    if not _answered(walk, host) and verdict.outcome is not Outcome.BOUNCED:
        return None
    unknown = verdict.outcome is Outcome.UNKNOWN and not verdict.possible
    if not unknown and Outcome.AUTHENTICATED not in (verdict.outcome, *verdict.possible):
        why = f"cannot be authenticated: {verdict.why or verdict.reason}"
        return _refused(host, verdict, Event.REQUIRETLS_UNAUTHENTICATED, NOT_AUTHENTICATED, why)
    if not _announced(walk, (verdict.address,) if verdict.address is not None else host.addresses):
        return _refused(host, verdict, Event.REQUIRETLS_UNANNOUNCED, NOT_ANNOUNCED, "does not offer it")
    return None


def _lookup_failed(alone: Walk, posture: Posture, cached: StsPolicy | None) -> bool:
    """Whether an address, the TLSA or the policy of the one host of `alone` could not be looked up."""
    found = destination(alone.mx, posture)
    policy = applied(alone, posture, cached).policy
    return (
        found.event is Event.SOME_HOST_FAILED
        or _policy_failed(alone, posture, cached)
        or any(
            target.address is not None
            and host_policy(alone, posture, target, policy).skip is Event.TLSA_FAILED
            for target in found.targets
        )
    )


def _gave_up(walk: Walk, host: MxHost, posture: Posture) -> bool:
    sessions = (each for each in walk.starttls.sessions if each.address in host.addresses)
    return any(gave_up(walk, posture, session) for session in sessions)


def _policy_failed(walk: Walk, posture: Posture, cached: StsPolicy | None) -> bool:
    return posture.sts and cached is None and answer(walk.sts.txt, posture) is Answer.ERROR


def _without_policy(walk: Walk, host: MxHost, posture: Posture) -> Verdict:
    """Whether a policy lists the host could not be looked up: nothing vouches for it as yet."""
    reason = f"the MTA-STS record of {shown(walk.path.recipient)} could not be looked up"
    attempt = Attempt(
        host=host.name,
        address=None,
        outcome=Outcome.DEFERRED,
        reason=reason,
        event=Event.STS_FAILED,
        status_code="4.4.3",
    )
    return Verdict(
        posture=posture.name,
        outcome=Outcome.DEFERRED,
        reason=reason,
        event=Event.STS_FAILED,
        host=host.name,
        status_code="4.4.3",
        attempts=(attempt,),
    )


def _refused(host: MxHost, verdict: Verdict, event: Event, code: str, why: str) -> Attempt:
    return Attempt(
        host=host.name,
        address=verdict.address,
        outcome=Outcome.BOUNCED,
        reason=f"REQUIRETLS is required, but this host {why.rstrip('.')}",
        event=event,
        cause=verdict.event,
        tls_version=verdict.attempts[-1].tls_version if verdict.attempts else None,
        why=verdict.why,
        demand=Demand.AUTHENTICATE,
        demanded_by=DemandedBy.REQUIRETLS,
        status_code=code,
    )


def _bounced(posture: Posture, refused: list[Attempt], attempts: list[Attempt], state: str | None) -> Verdict:
    """No host will do; the reason is that of the one which came nearest."""
    decisive = max(refused, key=lambda each: each.status_code or "")
    return Verdict(
        posture=posture.name,
        outcome=Outcome.BOUNCED,
        reason=decisive.reason,
        event=decisive.event,
        demand=decisive.demand,
        demanded_by=decisive.demanded_by,
        host=decisive.host,
        policy_state=state,
        status_code=decisive.status_code,
        attempts=tuple(attempts),
    )


def _untold(verdict: Verdict) -> Verdict:
    """Of a host that takes the mail or refuses it, and it cannot be told which."""
    if verdict.outcome is Outcome.UNKNOWN:
        return replace(verdict, possible=_EITHER if verdict.possible else ())
    unlearnt = {"outcome": Outcome.UNKNOWN, "reason": _UNLEARNT.reason, "event": _UNLEARNT.event}
    last = replace(verdict.attempts[-1], **unlearnt, tls_word=None)
    return replace(
        verdict,
        **unlearnt,
        possible=_EITHER,
        mechanism=Mechanism.NONE,
        tls_word=None,
        attempts=(*verdict.attempts[:-1], replace(last, mechanism=Mechanism.NONE)),
    )


def _announced(walk: Walk, addresses: tuple[str, ...]) -> bool:
    return any(session.requiretls for session in walk.starttls.sessions if session.address in addresses)


def _answered(walk: Walk, host: MxHost) -> bool:
    sessions = walk.starttls.sessions
    return any(each.greeting is not None for each in sessions if each.address in host.addresses)


def _found_securely(walk: Walk, host: MxHost, posture: Posture, cached: StsPolicy | None) -> bool | None:
    """Section 4.2.1, step 2; without an MX the name is the recipient's own.  None: it was not learnt."""
    if walk.mx.lookup.security is Security.SECURE or walk.mx.kind is MxKind.IMPLICIT:
        return True
    policy = fetched_policy(walk, posture) or cached
    if policy is not None and policy.mode != "none" and listed(policy, host.name, posture):
        return True
    unseen = policy is None and applied(walk, posture, cached).not_recorded
    return None if unseen or indeterminate(walk.mx.lookup) else False
