"""What one attack makes of one posture's mail.  Pure: the walks are given."""

from __future__ import annotations

import msgspec

from mailpath.attacks.evidence import evidence
from mailpath.attacks.reading import perhaps_bogus, reads
from mailpath.facts import StsPolicy, Walk
from mailpath.judge import Outcome, Posture, Verdict, sending
from mailpath.judge.events import Event
from mailpath.judge.model import Untold, untold
from mailpath.judge.sending import Message


class AttackOutcome(msgspec.Struct, frozen=True, kw_only=True):
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
    verdict_if_cached: Verdict | None = None
    reads_if_cached: bool | None = None
    may_read_if_cached: bool | None = None
    steer_to: str | None = None

    def works(self, *, cached: bool = False) -> bool:
        """Whether the attacker reads the mail for certain, at first contact or with a policy cached."""
        return bool(self.reads_if_cached) if cached else self.attacker_reads

    def may_work(self, *, cached: bool = False) -> bool:
        """Whether that cannot be excluded."""
        return bool(self.may_read_if_cached) if cached else self.may_read


def outcome(
    before: Walk,
    after: Walk,
    posture: Posture,
    attack: str,
    *,
    held: StsPolicy | None = None,
    cached: StsPolicy | None = None,
    message: Message = Message.ORDINARY,
    touched: bool = True,
    steer_to: str | None = None,
) -> AttackOutcome:
    """What `posture` does with its mail on the tampered walk `after`.

    `held`: the MTA-STS policy that it has; None: first contact.  `cached`: the one that it might have.
    """
    doubtful = touched and perhaps_bogus(after, attack)
    judged = _judged(after, posture, held, message, doubtful)
    verdict, certain, possible = judged
    with_cache = judged if held is not None else None
    if held is None and cached is not None:
        with_cache = _judged(after, posture, cached, message, doubtful)
    first = sending.verdict(after, posture, None, message) if held is not None else None
    return AttackOutcome(
        attack=attack,
        posture=posture.name,
        outcome=verdict.outcome,
        host=verdict.host if verdict.outcome in _DELIVERED else None,
        attacker_reads=certain,
        may_read=possible,
        verdict=verdict,
        evidence=evidence(before, after, attack, verdict, touched=touched, steer_to=steer_to),
        touched=touched,
        if_policy_cached=with_cache[0].outcome if with_cache else None,
        if_first_contact=first.outcome if first else None,
        verdict_if_cached=with_cache[0] if with_cache else None,
        reads_if_cached=with_cache[1] if with_cache else None,
        may_read_if_cached=with_cache[2] if with_cache else None,
        steer_to=steer_to,
    )


_DELIVERED = (Outcome.PLAINTEXT, Outcome.ENCRYPTED, Outcome.AUTHENTICATED)


def _judged(
    walk: Walk, posture: Posture, cached: StsPolicy | None, message: Message, doubtful: bool
) -> tuple[Verdict, bool, bool]:
    """The verdict, whether the attacker reads for certain, and whether it may.

    `doubtful`: the verdict holds only if the forged answers are believed, which is not known.
    """
    verdict, certain, may = _believing(walk, posture, cached, message)
    if not doubtful or not may:
        return verdict, certain, may
    possible = {verdict.outcome, *verdict.possible, Outcome.DEFERRED} - {Outcome.UNKNOWN}
    why = Untold(Event.SECURITY_UNKNOWN, "to the sender the forged answer may be bogus")
    told = untold(verdict.posture, why, possible if len(possible) > 1 else ())
    told = msgspec.structs.replace(told, policy_state=verdict.policy_state, attempts=verdict.attempts)
    return told, False, True


def _believing(
    walk: Walk, posture: Posture, cached: StsPolicy | None, message: Message
) -> tuple[Verdict, bool, bool]:
    """The same where what was forged is believed unless the walk found it bogus."""
    verdict = sending.verdict(walk, posture, cached, message)
    if verdict.outcome is not Outcome.UNKNOWN:
        seen = reads(walk, verdict)
        return verdict, seen, seen
    found = []
    for each in sending.possible(walk, posture, cached, message):
        if each.outcome is not Outcome.UNKNOWN:
            found.append((reads(walk, each), reads(walk, each)))
        elif each.possible:
            found.append((False, Outcome.PLAINTEXT in each.possible))
        else:
            found.append((False, True))  # nothing was learnt that would exclude it
    return verdict, all(certain for certain, _ in found), any(may for _, may in found)
