"""The judge: what a sender with this posture does with mail for this path.  Pure: no I/O, no clock.

A field of the posture whose source is silent has candidate values instead.  The judge plays the delivery
with each of them; a verdict that hangs on the choice is `unknown`, with what is possible.
"""

from __future__ import annotations

from itertools import islice, product

import msgspec

from mailpath.facts import Walk
from mailpath.judge.delivery import deliver
from mailpath.judge.model import Attempt, Mechanism, Outcome, Verdict
from mailpath.judge.posture import Posture

__all__ = ["Attempt", "Mechanism", "Outcome", "Posture", "Verdict", "judge"]

#: Most combinations of unknown fields that are played.
MAX_COMBINATIONS = 64


def judge(walk: Walk, posture: Posture) -> Verdict:
    """The verdict of `posture` on `walk`.  Total and deterministic."""
    verdicts = [deliver(walk, concrete) for concrete in combinations(posture)]
    first = verdicts[0]
    outcomes = {verdict.outcome for verdict in verdicts} | {
        outcome for verdict in verdicts for outcome in verdict.possible
    }
    if len(verdicts) == 1 or (len(outcomes) == 1 and not first.possible):
        return first
    possible = tuple(outcome for outcome in Outcome if outcome in outcomes and outcome is not Outcome.UNKNOWN)
    silent = ", ".join(sorted(posture.unknown))
    return msgspec.structs.replace(
        first,
        outcome=Outcome.UNKNOWN,
        possible=possible,
        reason=f"cannot be told: {posture.name} does not document {silent}",
        status_code=None,
        tls_word=None,
        mechanism=Mechanism.NONE,
        host=None,
        address=None,
        after_retry=False,
    )


def combinations(posture: Posture) -> list[Posture]:
    """The postures that `posture` may be: itself where nothing is unknown."""
    if not posture.unknown:
        return [posture]
    fields = sorted(posture.unknown)
    values = product(*(posture.unknown[field] for field in fields))
    return [
        msgspec.structs.replace(posture, unknown={}, **dict(zip(fields, chosen, strict=True)))
        for chosen in islice(values, MAX_COMBINATIONS)
    ]
