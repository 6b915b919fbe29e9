"""Messages that ask for more, or for less, than their sender's posture gives: RFC 8689.

REQUIRETLS (section 4.2.1): a host will do if it was found securely (a signed MX RRset, or a name that the
MTA-STS policy lists), is authenticated, and announces REQUIRETLS inside TLS; a message for which none will
do goes back to its author, with 5.7.10 or 5.7.30.  A lookup that failed is not a host that will not do: the
message waits, as any other would (RFC 5321 section 5.1).  Postfix has another idea of it
(`requiretls_last.py`).  `TLS-Required: No` (section 4.2.2): what the recipient asks for is ignored.  A sender
that does not implement RFC 8689 sends a message with REQUIRETLS as any other; `TLS-Required: No` is told as
of one that does.
"""

from __future__ import annotations

from msgspec.structs import replace

from mailpath.facts import MxHost, MxKind, Security, StsPolicy, Walk
from mailpath.judge import attempts
from mailpath.judge.course import SINGLY, Course, Play, Round
from mailpath.judge.delivery import deliver
from mailpath.judge.destination import Target
from mailpath.judge.endings import AttemptEnd
from mailpath.judge.events import ENVELOPE, Event
from mailpath.judge.habits import Reference
from mailpath.judge.indeterminate import indeterminate
from mailpath.judge.model import FINAL, Attempt, Demand, DemandedBy, Mechanism, Outcome, Untold, Verdict
from mailpath.judge.policy import HostPolicy
from mailpath.judge.posture import DaneUse, Level, OptionalCheck, Posture, Precedence, RequiretlsPolicy
from mailpath.judge.requiretls_last import NOT_ANNOUNCED, NOT_AUTHENTICATED, LastDecides, is_announced
from mailpath.judge.sts import LOOKUP_FAILED, Applied, explain_failed_lookup, listed

#: What can become of a message at a host of which not all is known, or for which we did not wait.
_EITHER = (Outcome.AUTHENTICATED, Outcome.BOUNCED)
_ANY = (Outcome.AUTHENTICATED, Outcome.DEFERRED, Outcome.BOUNCED)
#: What never becomes of it.
_UNAUTHENTICATED = (Outcome.ENCRYPTED, Outcome.PLAINTEXT)


def strict(posture: Posture) -> Posture:
    """`posture` as REQUIRETLS makes it: the certificate is checked though the level may not ask for it."""
    if not posture.requiretls or not posture.requiretls_verifies:
        return posture
    return posture.changed(level=Level.VERIFY, references=(Reference.MX,))


def lax(posture: Posture) -> Posture:
    """`posture` as `TLS-Required: No` makes it: TLS where it works, nothing enforced."""
    level = Level.NONE if posture.level is Level.NONE else Level.MAY
    return posture.changed(
        level=level,
        dane=DaneUse.OFF,
        sts=False,
        precedence=Precedence.DANE_FIRST,
        optional_check=OptionalCheck.NEVER,
    )


def announcing(walk: Walk) -> tuple[str, ...]:
    """The MX hosts of which a server announced REQUIRETLS inside TLS, in path order."""
    return tuple(host.name for host in walk.mx.hosts if is_announced(walk, host.addresses))


def deliver_requiring(
    walk: Walk, posture: Posture, cached: StsPolicy | None = None, play: Play = SINGLY
) -> Verdict:
    """What a sender does with a message sent with REQUIRETLS; `posture` leaves nothing unknown.

    `cached`: the MTA-STS policy that it has from an earlier delivery.
    """
    relaxed = posture.requiretls_policy is not RequiretlsPolicy.ENFORCE
    if posture.requiretls and (relaxed or posture.agent.requiretls_last_decides):
        posture = posture if relaxed else strict(posture)
        return deliver(walk, posture, cached, play.of(LastDecides))
    if posture.requiretls:
        verdict = deliver(walk, strict(posture), cached, play.of(Requiring))
        possible = (each for each in verdict.possible if each not in _UNAUTHENTICATED)
        return replace(verdict, possible=tuple(possible))
    verdict = deliver(walk, posture, cached, play)
    return replace(verdict, reason=f"{ignored(posture)}: {verdict.reason}")


def ignored(posture: Posture) -> str:
    """Of a sender without RFC 8689, as a clause: what it does, and why that hardly happens."""
    return f"{posture.name} does not implement REQUIRETLS and treats this as an ordinary message"


class Requiring(Course):
    """A pass with a message that needs a host found securely, authenticated, and announcing REQUIRETLS.

    A host that is refused, or of which not all is known, does not end it: another one may do.
    """

    def __init__(self, walk: Walk, posture: Posture, applied: Applied, *, is_retry: bool) -> None:
        super().__init__(walk, posture, applied, is_retry=is_retry)
        self._refusals: tuple[Attempt, ...] = ()
        self._waiting: Attempt | None = None
        self._open: Attempt | None = None
        self._possible: tuple[Outcome, ...] = ()

    def policy(self, target: Target) -> HostPolicy:
        policy = super().policy(target)
        by_message = policy.by is DemandedBy.LEVEL and self.posture.requiretls_verifies
        return replace(policy, by=DemandedBy.REQUIRETLS) if by_message else policy

    def unresolved(self, tried: Attempt) -> bool:
        if tried.outcome is Outcome.DEFERRED:
            return self._wait(tried)
        self.note(tried)
        if tried.outcome is Outcome.UNKNOWN:
            self._untold(tried)
        return False

    def skip(self, target: Target, policy: HostPolicy) -> bool:
        tried = attempts.skipped(self.walk, self.posture, target, policy)
        if policy.skip not in (Event.TLSA_FAILED, Event.DANE_UNKNOWN):
            return self._held(target, tried)
        return self._wait(tried)

    def take(self, target: Target, policy: HostPolicy, ending: AttemptEnd, *, last: bool) -> bool:
        tried = self.told(attempts.tried, target, ending.policy or policy, ending)
        return self._held(target, tried, awaited=not ending.either)

    def _held(self, target: Target, tried: Attempt, *, awaited: bool = True) -> bool:
        secure = _found_securely(self.walk, target.host, self.posture, self.applied)
        if secure is False and self.applied.failed:
            return self._wait(_without_policy(self.walk, target))
        if secure is not False and tried.outcome is Outcome.UNKNOWN and not awaited:
            self._untold(self.note(tried), *_ANY)
            return False
        refusal = _refusal(self.walk, target, tried, secure)
        if refusal is not None:
            self._refusals = (*self._refusals, self.note(refusal))
            return False
        if tried.outcome is Outcome.AUTHENTICATED and not secure:
            unlearnt = Untold(Event.SECURITY_UNKNOWN, "it is unknown whether the host was found securely")
            tried = replace(
                tried,
                outcome=Outcome.UNKNOWN,
                reason=unlearnt.reason,
                event=unlearnt.event,
                mechanism=Mechanism.NONE,
                tls_word=None,
            )
            self._untold(tried, *_EITHER)
        elif tried.outcome is Outcome.UNKNOWN:
            self._untold(tried)
        self.note(tried)
        if self.decisive is None or tried.event is not Event.STS_MX_UNLISTED:
            self.decisive = tried
        return tried.outcome in FINAL

    def _wait(self, tried: Attempt) -> bool:
        """A lookup failed: this host may do later, and another one may do now."""
        self.note(tried)
        self._waiting = self._waiting or tried
        return False

    def _untold(self, tried: Attempt, *possible: Outcome) -> None:
        if self._open is None or (possible == _ANY != self._possible):
            self._open, self._possible = tried, possible

    def result(self) -> Round:
        decisive, possible = self.decisive, self._possible
        if decisive is not None and decisive.outcome in FINAL:
            possible = ()
        elif self._open is not None:
            decisive = self._open
            if possible != _ANY and self._waiting is not None:
                possible = (Outcome.AUTHENTICATED, Outcome.DEFERRED)
            elif possible != _ANY and self._refusals:
                possible = _EITHER
        elif self._waiting is not None:
            decisive = self._waiting
        elif self._refusals:
            decisive = max(self._refusals, key=lambda each: each.status_code or "")
        assert decisive is not None, "a destination without a failure has an address"
        return Round(
            outcome=decisive.outcome,
            attempts=self.attempts,
            decisive=decisive,
            possible=frozenset(possible),
        )


def _refusal(walk: Walk, target: Target, tried: Attempt, secure: bool | None) -> Attempt | None:
    """Why the message must not go to this host; None: it may, or that cannot be told, or nobody answered.

    `secure`: whether the host was found securely, None where that was not learnt.
    """
    if secure is False:
        why = "was not found securely: the MX record is not signed, and no MTA-STS policy lists the host"
        return _refused(tried, Event.REQUIRETLS_HOST_INSECURE, why)
    addresses = target.host.addresses if tried.address is None else (tried.address,)
    if not _answered(walk, addresses) and tried.outcome is not Outcome.BOUNCED:
        return None
    enveloped = tried.event in ENVELOPE and tried.demand is Demand.AUTHENTICATE
    if tried.outcome not in (Outcome.AUTHENTICATED, Outcome.UNKNOWN) and not enveloped:
        why = f"cannot be authenticated: {tried.why or tried.reason}"
        return _refused(tried, Event.REQUIRETLS_UNAUTHENTICATED, why)
    if not is_announced(walk, addresses):
        return _refused(tried, Event.REQUIRETLS_UNANNOUNCED, "does not offer it")
    return None


def _refused(tried: Attempt, event: Event, why: str) -> Attempt:
    announced = event is not Event.REQUIRETLS_UNANNOUNCED
    return replace(
        tried,
        outcome=Outcome.BOUNCED,
        reason=f"REQUIRETLS is required, but this host {why.rstrip('.')}",
        event=event,
        cause=tried.event,
        demand=Demand.AUTHENTICATE,
        demanded_by=DemandedBy.REQUIRETLS,
        status_code=NOT_AUTHENTICATED if announced else NOT_ANNOUNCED,
        mechanism=Mechanism.NONE,
        tls_word=None,
    )


def _without_policy(walk: Walk, target: Target) -> Attempt:
    """Whether a policy lists the host could not be looked up: nothing vouches for it as yet."""
    return Attempt(
        host=target.host.name,
        address=None,
        outcome=Outcome.DEFERRED,
        reason=explain_failed_lookup(walk),
        event=Event.STS_FAILED,
        status_code=LOOKUP_FAILED,
    )


def _answered(walk: Walk, addresses: tuple[str, ...]) -> bool:
    sessions = walk.starttls.sessions
    return any(each.greeting is not None for each in sessions if each.address in addresses)


def _found_securely(walk: Walk, host: MxHost, posture: Posture, applied: Applied) -> bool | None:
    """Section 4.2.1, step 2; without an MX the name is the recipient's own.  None: it was not learnt."""
    if walk.mx.lookup.security is Security.SECURE or walk.mx.kind is MxKind.IMPLICIT:
        return True
    if posture.agent.requiretls_any_host:
        return True
    policy = applied.newest
    if policy is not None and policy.mode != "none" and listed(policy, host.name, posture):
        return True
    return None if indeterminate(walk.mx.lookup) else False
