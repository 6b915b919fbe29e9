"""One delivery attempt: hosts and addresses in order, until one takes the mail or none is left.

Postfix's smtp_connect.c: a temporary failure moves on to the next address, a permanent one ends the
attempt; when all fail, the last failure is the one reported.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, Self, TypeVar

import msgspec

from mailpath.facts import MxFacts, Walk
from mailpath.judge import attempts, sts
from mailpath.judge.destination import Destination, Target, destination
from mailpath.judge.destinations import Destinations
from mailpath.judge.endings import AttemptEnd
from mailpath.judge.events import Event
from mailpath.judge.model import DELIVERED, FINAL, Attempt, Outcome
from mailpath.judge.policy import HostPolicy, host_policy
from mailpath.judge.posture import Posture
from mailpath.judge.session import attempt
from mailpath.judge.waits import Waits

_T = TypeVar("_T")


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


class Memory(Protocol):
    """What is known of targets from passes before."""

    def told(self, course: Course, of: Callable[..., _T], target: Target, *more: object) -> _T:
        """`of` walk, posture, `target` and `more`."""
        ...


class Course:
    """A round while it goes on.  `applied`: the MTA-STS policy; `is_retry`: the message has waited before."""

    def __init__(self, walk: Walk, posture: Posture, applied: sts.Applied, *, is_retry: bool) -> None:
        self.walk, self.posture, self.applied, self.is_retry = walk, posture, applied, is_retry
        self.attempts: tuple[Attempt, ...] = ()
        self.decisive: Attempt | None = None
        self._unknown: Attempt | None = None
        self._refused: Attempt | None = None  # a host without TLSA: those behind it are tried in vain
        self._waits = Waits()
        self._tls_failed = False
        self._sni: str | None = None  # Agent.no_plaintext_after_tlsa
        self._after_tlsa = False
        self._sessions = 0
        self.memory: Memory | None = None

    def run(self, targets: tuple[Target, ...]) -> Round:
        """Try `targets` in order."""
        for target in targets:
            if self.tries(target, last=target is targets[-1]):
                break
        return self.result()

    def tries(self, target: Target, *, last: bool) -> bool:
        """Try one of them; whether the pass is over."""
        if target.address is None:
            return self.unresolved(attempts.unresolved(self.walk, self.posture, target))
        policy = self.policy(target)
        if policy.skip is not None:
            return self.skip(target, policy)
        ending = self.told(attempt, target, policy, self.is_retry)
        return self.take(target, policy, ending, last=last)

    def told(self, of: Callable[..., _T], target: Target, *more: object) -> _T:
        """What walk and posture say of `target`."""
        if self.memory is not None:
            return self.memory.told(self, of, target, *more)
        return of(self.walk, self.posture, target, *more)

    def forked(self, walk: Walk, posture: Posture) -> Self:
        """The pass as far as it has come, to go on over another walk.  What it holds is never changed in
        place.
        """
        fork = _shallow(self)
        fork.walk, fork.posture, fork._waits = walk, posture, _shallow(self._waits)
        return fork

    def policy(self, target: Target) -> HostPolicy:
        """What is demanded of one address."""
        policy = self.told(host_policy, target, self.applied.policy)
        if policy.skip is None and policy.dane and self.posture.agent.no_plaintext_after_tlsa:
            self._after_tlsa, self._sni = True, policy.sni
        if not self._after_tlsa:
            return policy
        return msgspec.structs.replace(policy, no_fallback=True, sni=self._sni or policy.sni)

    def note(self, new: Attempt) -> Attempt:
        """One attempt per MX host: a further address of the same host takes the place of the one before."""
        again = self.attempts and self.attempts[-1].host == new.host
        self.attempts = (*(self.attempts[:-1] if again else self.attempts), new)
        return new

    # Whether the pass is over after a host without an address, one that is not used, one that was tried.

    def unresolved(self, tried: Attempt) -> bool:
        self.note(tried)
        if tried.outcome is not Outcome.UNKNOWN:
            return False
        self.decisive = self._unknown = tried
        return True

    def skip(self, target: Target, policy: HostPolicy) -> bool:
        skipped = self.note(attempts.skipped(self.walk, self.posture, target, policy))
        # Postfix only warns of an unlisted host: what other hosts said stays the reason.
        if self.decisive is None or policy.skip is not Event.STS_MX_UNLISTED:
            self.decisive = skipped
        if policy.bounces and self.posture.agent.tries_next_mx_without_tlsa:
            self._refused = skipped
            return False
        return policy.bounces or self._refused is not None

    def take(self, target: Target, policy: HostPolicy, ending: AttemptEnd, *, last: bool) -> bool:
        refused, limit = self._refused, self.posture.session_limit
        if refused is not None and ending.outcome in DELIVERED:
            self.decisive = refused
            return True
        self._tls_failed |= ending.tls_failed
        self._sessions += ending.counted
        if ending.if_last and last:
            ending = msgspec.structs.replace(ending, outcome=Outcome.BOUNCED)
        tried = self.told(attempts.tried, target, ending.policy or policy, ending)
        self.decisive = self.note(tried)
        self._waits.note(ending, tried, refused)
        if ending.outcome is Outcome.UNKNOWN and not ending.either:
            self._unknown = self._unknown or tried
        if ending.lost:
            return True
        if refused is not None and tried.outcome is Outcome.BOUNCED:
            self.decisive = msgspec.structs.replace(tried, outcome=Outcome.DEFERRED)
        spent = bool(limit) and self._sessions >= limit
        over = ending.outcome in FINAL or ending.stops or self._waits.over
        return over or spent or refused is not None

    def result(self) -> Round:
        """What came of it."""
        decisive = self.decisive
        assert decisive is not None, "a destination without a failure has an address"
        if decisive.outcome not in FINAL and self._unknown is not None:
            decisive = self._unknown
        elif decisive.event is Event.STS_MX_UNLISTED:  # which no other host's reason has taken the place of
            decisive = attempts.unlisted(self.posture, decisive)
        return self._waits.undecided(
            Round(
                outcome=decisive.outcome,
                attempts=self.attempts,
                decisive=decisive,
                tls_failed=self._tls_failed,
            )
        )


def _shallow(held: _T) -> _T:
    """As `copy.copy`, which asks first how this might be done, and takes four times as long."""
    made = type(held).__new__(type(held))
    vars(made).update(vars(held))
    return made


class Play:
    """How deliveries are played out: each by itself.  `course`: how one pass goes.  `destinations`: what is
    known of where the mail goes from other deliveries over this path.
    """

    def __init__(self, course: type[Course] = Course, destinations: Destinations | None = None) -> None:
        self.course, self._destinations = course, destinations

    def destination(self, mx: MxFacts, posture: Posture) -> Destination:
        """Where the mail goes."""
        if self._destinations is not None:
            return self._destinations.find(mx, posture)
        return destination(mx, posture)

    def run(
        self,
        walk: Walk,
        posture: Posture,
        applied: sts.Applied,
        targets: tuple[Target, ...],
        *,
        is_retry: bool = False,
    ) -> Round:
        """One pass over `targets`."""
        return self.course(walk, posture, applied, is_retry=is_retry).run(targets)

    def of(self, course: type[Course]) -> Self:
        """The same with passes of another kind."""
        other = _shallow(self)
        other.course = course
        return other


#: Each delivery by itself.
SINGLY = Play()
