"""What belongs to one message and its moment, not to the posture: RFC 8689, and the cache of RFC 8461.

A message may ask for TLS on every hop (REQUIRETLS), or for delivery in spite of what the recipient
publishes (`TLS-Required: No`).  Its sender may have fetched the recipient's MTA-STS policy before: it keeps
it until `max_age` is over (RFC 8461 sections 3.2 and 5.1), which is what an attacker who hides the policy
has to wait for (section 10.2).  Pure.
"""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import Protocol

import msgspec

from mailpath.facts import StsPolicy, Walk
from mailpath.judge import Posture, Verdict, judge, possible_verdicts
from mailpath.judge.course import SINGLY, Play
from mailpath.judge.delivery import deliver
from mailpath.judge.requiretls import deliver_requiring, lax
from mailpath.judge.sts import fetched_policy


class Message(StrEnum):
    """What a message asks of those who pass it on."""

    ORDINARY = "ordinary"
    REQUIRETLS = "requiretls"
    TLS_REQUIRED_NO = "tls-required-no"


class MessageOptions(msgspec.Struct, frozen=True, kw_only=True):
    """`message`: what it asks for.  `policy_age`: seconds since the sender fetched the MTA-STS policy that
    the walk found; None: this is its first contact with the domain.
    """

    message: Message = Message.ORDINARY
    policy_age: int | None = None

    def cached(self, met: Walk, posture: Posture) -> StsPolicy | None:
        """The policy that the sender holds if it met the domain as on `met`, the untampered walk; None:
        first contact, because it is, or again, because `max_age` is over.
        """
        posture = posture.toward(met.path.recipient)
        policy = fetched_policy(met, posture) if self.policy_age is not None else None
        return policy if is_policy_fresh(policy, self.policy_age) else None

    def verdict(self, walk: Walk, posture: Posture, met: Walk | None = None) -> Verdict:
        """The verdict of `posture` on `walk`.  `met`: the walk on which the sender fetched the policy."""
        return verdict(walk, posture, self.cached(met or walk, posture), self.message)


class _Deliver(Protocol):
    def __call__(
        self, walk: Walk, posture: Posture, cached: StsPolicy | None = None, play: Play = SINGLY
    ) -> Verdict: ...


#: An ordinary message, at first contact.
USUAL = MessageOptions()


def is_policy_fresh(policy: StsPolicy | None, age: int | None) -> bool:
    """Whether a policy fetched `age` seconds ago is still in force (RFC 8461 section 3.2, max_age)."""
    return policy is not None and age is not None and age < policy.max_age


def verdict(
    walk: Walk,
    posture: Posture,
    cached: StsPolicy | None = None,
    message: Message = Message.ORDINARY,
    play: Play = SINGLY,
) -> Verdict:
    """What `posture` does with such a message.  `cached`: the MTA-STS policy that the sender holds."""
    posture, delivery = _asked(posture.toward(walk.path.recipient), message)
    return judge(walk, posture, cached, partial(delivery, play=play))


def possible(
    walk: Walk,
    posture: Posture,
    cached: StsPolicy | None = None,
    message: Message = Message.ORDINARY,
    play: Play = SINGLY,
) -> tuple[Verdict, ...]:
    """Every verdict that the unknown fields of `posture` leave open; one where nothing is unknown."""
    posture, delivery = _asked(posture.toward(walk.path.recipient), message)
    return possible_verdicts(walk, posture, cached, partial(delivery, play=play))


def _asked(posture: Posture, message: Message) -> tuple[Posture, _Deliver]:
    if message is Message.REQUIRETLS:
        return posture, deliver_requiring
    return (lax(posture) if message is Message.TLS_REQUIRED_NO else posture), deliver
