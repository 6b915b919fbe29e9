"""Whether the goal is reached, and whether the attacks that it is to stop fail there."""

from __future__ import annotations

from mailpath.attacks.catalogue import ATTACKS
from mailpath.attacks.record import Need
from mailpath.judge import Outcome, judge
from mailpath.judge.presets import PRESETS
from mailpath.plan.model import Goal
from mailpath.plan.proof import ORDER, Seen, Standing, States, standing
from mailpath.plan.world import World
from mailpath.whatif import Rewalks, attack_outcome
from mailpath.wording.phrases import join_and

#: A sender of each kind: with every protection, with DANE, with MTA-STS.
IDEAL, DANE, STS = "rfc", "postfix-dane", "postfix-sts"
#: The rank from which on mail is not delivered.
REFUSED = ORDER.index(Outcome.DEFERRED)
_SENDERS = (IDEAL, DANE, STS)


def stopped_by(goal: Goal, attack: str) -> bool:
    """Whether `attack` is one that the goal is to stop, for a sender that knows the domain.

    DANE stops every attack.  MTA-STS rests on public authorities, and so does not stop one of whom an
    authority certifies the wrong name (RFC 8461 section 10.4).
    """
    return goal is not Goal.MTA_STS or Need.AUTHORITY not in ATTACKS[attack].needs


class Reached:
    """The end of a plan beside its start."""

    def __init__(self, goal: Goal, states: States, start: World, end: World) -> None:
        self.goal, self._states = goal, states
        self._start, self._end = start, end

    async def missing(
        self, start: dict[str, Standing], end: dict[str, Standing]
    ) -> tuple[str, tuple[str, ...]]:
        """Why the goal is not reached, as a clause, or ""; and the attacks that were tried on it."""
        if self.goal.leaves:
            return "", ()
        worse = [name for name in start if self._is_worse(start[name], end[name])]
        if worse:
            outcome = end[worse[0]].outcome
            return f"in the end mail is {outcome} by {join_and(worse)}, and fares better now", ()
        before = (await self._states.see(self._start))[0]
        after = (await self._states.see(self._end))[0]
        why = self._unreached(after)
        if why:
            return why, ()
        return await self._attacked(before, after)

    def _is_worse(self, start: Standing, end: Standing) -> bool:
        """A sender that demands what nobody publishes waits or gives up; nothing here helps it."""
        lost = min(start.rank, end.rank) >= REFUSED and self.goal in (Goal.REPAIR, Goal.NEW_MX)
        return end.rank > start.rank and not lost

    def _unreached(self, after: Seen) -> str:
        """Of a goal that has an outcome of its own."""
        demanded = {Goal.DANE: DANE, Goal.MTA_STS: STS}.get(self.goal)
        if demanded is not None:
            verdict = judge(after.walk, PRESETS[demanded])
            if verdict.outcome is not Outcome.AUTHENTICATED:
                return f"in the end mail is {verdict.outcome} by {demanded}, not authenticated"
        if self.goal is Goal.REPAIR:
            verdict = judge(after.walk, PRESETS[IDEAL])
            if standing(verdict).rank >= REFUSED:
                return f"in the end mail is still {verdict.outcome} by {IDEAL}"
        return ""

    async def _attacked(self, before: Seen, after: Seen) -> tuple[str, tuple[str, ...]]:
        """For a goal with a protection of its own every attack that it stops has to fail; for others those
        that fail now."""
        demanded = {Goal.DANE: (IDEAL, DANE), Goal.MTA_STS: (IDEAL, STS)}.get(self.goal)
        if self.goal is Goal.REPAIR:
            return "", ()  # it is to bring mail back, and stops no attack
        tried = tuple(name for name in ATTACKS if stopped_by(self.goal, name))
        then, now = Rewalks(after.capture), Rewalks(before.capture)
        for name in tried:
            for sender in demanded or _SENDERS:
                posture = PRESETS[sender]
                found = await attack_outcome(then, posture, name)
                known = self.goal is Goal.MTA_STS and found.reads_if_cached is not None
                if not (found.works(cached=True) if known else found.works()):
                    continue
                # Where no mail was delivered nobody could read any.
                refused = standing(judge(before.walk, posture)).rank >= REFUSED
                if demanded or not (refused or (await attack_outcome(now, posture, name)).works()):
                    return f"in the end {name} works against {sender}", tried
        return "", tried
