"""What one attack makes of one posture's mail."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from mailpath.attacks.catalogue import parse
from mailpath.attacks.evidence import evidence
from mailpath.attacks.exposure import may_be_bogus, may_read, reads
from mailpath.facts import StsPolicy, Walk
from mailpath.judge import Outcome, Posture, Verdict
from mailpath.judge.events import Event
from mailpath.judge.message_options import USUAL, Message, MessageOptions
from mailpath.judge.model import DELIVERED, Untold, untold
from mailpath.records import Record
from mailpath.whatif.judged import Judged
from mailpath.whatif.rewalk import Rewalks


class AttackOutcome(Record, frozen=True, kw_only=True):
    """`attack`: "a" or "a+b"; `touched`: whether it found anything to tamper with.

    `host`: who takes the mail, None when nobody does.  `attacker_reads`: for certain; `may_read`: it cannot
    be excluded, as where the posture's sources are silent.  `if_policy_cached` and the `..._if_cached`: the
    same for a sender that has the domain's MTA-STS policy from before; None where there is none to have.
    `if_first_contact`: for one that has not, where this sender has.  `evidence`: one clause on why it works,
    or why not.  `steer_to`: the host that `steer` leaves reachable.
    """

    attack: str
    posture: str
    outcome: Outcome
    host: str | None
    attacker_reads: bool
    may_read: bool
    verdict: Verdict
    evidence: str
    touched: bool
    if_policy_cached: Outcome | None = None
    if_first_contact: Outcome | None = None
    reads_if_cached: bool | None = None
    may_read_if_cached: bool | None = None
    steer_to: str | None = None

    def works(self, *, cached: bool = False) -> bool:
        """Whether the attacker reads the mail for certain, at first contact or with a policy cached."""
        return bool(self.reads_if_cached) if cached else self.attacker_reads

    def may_work(self, *, cached: bool = False) -> bool:
        """Whether that cannot be excluded."""
        return bool(self.may_read_if_cached) if cached else self.may_read


async def attack_outcome(
    rewalks: Rewalks,
    posture: Posture,
    attack: str,
    steer_to: str | None = None,
    asked: MessageOptions = USUAL,
) -> AttackOutcome:
    """`attack` ("a" or "a+b") against `posture`.  `steer_to`: None lets the attacker choose the best host.

    Raises `UnknownAttack`.
    """
    attacks = parse(attack)
    held = asked.cached(await rewalks.met(), posture)
    cached = await rewalks.cached_policy(posture)
    if steer_to is None and any(each.isolates for each in attacks):
        rest = "+".join(each.name for each in attacks if not each.isolates)
        walk = (await rewalks.under(rest)).walk if rest else await rewalks.untampered()
        steer_to = rewalks.judged.weakest(walk, posture, cached, asked.message, held)
    rewalk = await rewalks.under(attack, steer_to)
    return outcome(
        rewalk.walk,
        posture,
        "+".join(each.name for each in attacks),
        held=held,
        cached=cached,
        message=asked.message,
        touched=bool(rewalk.tampered),
        steer_to=steer_to,
        judged=rewalks.judged,
    )


def outcome(
    after: Walk,
    posture: Posture,
    attack: str,
    *,
    held: StsPolicy | None = None,
    cached: StsPolicy | None = None,
    message: Message = Message.ORDINARY,
    touched: bool = True,
    steer_to: str | None = None,
    judged: Judged | None = None,
) -> AttackOutcome:
    """What `posture` does with its mail on the tampered walk `after`.  Pure.

    `held`: the MTA-STS policy that it has; None: first contact.  `cached`: the one that it might have.
    `judged`: what is known from other walks of the path.
    """
    judged = judged or Judged()
    believed = not touched or not may_be_bogus(after, attack)
    now = _judge(judged, after, posture, cached=held, message=message, believed=believed)
    later = now if held is not None else None
    if held is None and cached is not None:
        later = _judge(judged, after, posture, cached=cached, message=message, believed=believed)
    first = judged.verdict(after, posture, None, message) if held is not None else None
    return AttackOutcome(
        attack=attack,
        posture=posture.name,
        outcome=now.verdict.outcome,
        host=now.verdict.host if now.verdict.outcome in DELIVERED else None,
        attacker_reads=now.reads,
        may_read=now.may_read,
        verdict=now.verdict,
        evidence=evidence(after, attack, now.verdict, touched=touched, steer_to=steer_to),
        touched=touched,
        if_policy_cached=later.verdict.outcome if later else None,
        if_first_contact=first.outcome if first else None,
        reads_if_cached=later.reads if later else None,
        may_read_if_cached=later.may_read if later else None,
        steer_to=steer_to,
    )


class _Judged(NamedTuple):
    """`reads`: the attacker does for certain; `may_read`: it cannot be excluded."""

    verdict: Verdict
    reads: bool
    may_read: bool


def _judge(
    judged: Judged,
    walk: Walk,
    posture: Posture,
    *,
    cached: StsPolicy | None,
    message: Message,
    believed: bool,
) -> _Judged:
    """`believed`: what was forged is, unless the walk found it bogus; else that is not known."""
    verdict = judged.verdict(walk, posture, cached, message)
    known = verdict.outcome is not Outcome.UNKNOWN
    each = (verdict,) if known else judged.possible(walk, posture, cached, message)
    if not any(may_read(walk, one) for one in each):
        return _Judged(verdict, False, False)
    if believed:
        return _Judged(verdict, all(reads(walk, one) for one in each), True)
    possible = {verdict.outcome, *verdict.possible, Outcome.DEFERRED} - {Outcome.UNKNOWN}
    why = Untold(Event.SECURITY_UNKNOWN, "the sender may find the forged answer bogus")
    told = untold(verdict.posture, why, possible if len(possible) > 1 else ())
    told = msgspec.structs.replace(told, policy_state=verdict.policy_state, attempts=verdict.attempts)
    return _Judged(told, False, True)
