"""The judge: what a sender with this posture does with mail for this path.  Pure: no I/O, no clock.

A field of the posture whose source is silent has candidate values instead.  The judge plays the delivery
with each of them, as far as the delivery asks for the field at all; a verdict that hangs on the choice is
`unknown`, with what is possible.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import msgspec

from mailpath.facts import StsPolicy, Walk
from mailpath.judge.delivery import deliver
from mailpath.judge.events import Event
from mailpath.judge.model import Attempt, Demand, DemandedBy, Mechanism, Outcome, Verdict
from mailpath.judge.posture import Posture

__all__ = [
    "Attempt",
    "Demand",
    "DemandedBy",
    "Event",
    "Mechanism",
    "Outcome",
    "Posture",
    "Verdict",
    "judge",
    "possible_verdicts",
]

#: Most combinations of unknown fields that are played.
MAX_COMBINATIONS = 256

#: What a sender whose posture leaves nothing unknown does with a message of one kind.
Deliver = Callable[[Walk, Posture, StsPolicy | None], Verdict]


def judge(
    walk: Walk, posture: Posture, cached: StsPolicy | None = None, delivery: Deliver = deliver
) -> Verdict:
    """The verdict of `posture` on `walk`.  Total and deterministic.

    `cached`: the MTA-STS policy that the sender has from an earlier delivery; None: first contact.
    `delivery`: how a message of this kind goes out (`sending.py` knows the others).
    """
    if not posture.unknown:
        return delivery(walk, posture, cached)
    verdicts, asked = _played(walk, posture, cached, delivery)
    first = verdicts[0]
    outcomes = {outcome for verdict in verdicts for outcome in (verdict.outcome, *verdict.possible)}
    if len(outcomes) == 1 or len({(each.outcome, each.possible) for each in verdicts}) == 1:
        return first
    silent = f"the sources on {posture.name} do not say {', '.join(asked)}"
    untold = next((each.reason for each in verdicts if each.outcome is Outcome.UNKNOWN), "")
    if any(each.outcome is Outcome.UNKNOWN and not each.possible for each in verdicts):
        outcomes = set()  # those that are known are not all there may be
    return msgspec.structs.replace(
        first,
        outcome=Outcome.UNKNOWN,
        possible=tuple(each for each in Outcome if each in outcomes and each is not Outcome.UNKNOWN),
        reason=f"{untold}; and {silent}" if untold else f"cannot be told: {silent}",
        event=Event.SOURCE_SILENT,
        demand=None,
        demanded_by=None,
        why="",
        tls_word=None,
        host=None,
        address=None,
        mechanism=Mechanism.NONE,
        after_retry=False,
        status_code=None,
    )


class _Choosing:
    """A posture of which an unknown field is chosen when it is first asked for: candidate number 0."""

    def __init__(self, posture: Posture, chosen: dict[str, int]) -> None:
        self._posture = posture
        self.chosen = chosen

    def __getattr__(self, field: str) -> Any:
        candidates = self._posture.unknown.get(field)
        if candidates is None:
            return getattr(self._posture, field)
        return candidates[self.chosen.setdefault(field, 0)]


def possible_verdicts(
    walk: Walk, posture: Posture, cached: StsPolicy | None = None, delivery: Deliver = deliver
) -> tuple[Verdict, ...]:
    """Every verdict that the unknown fields of `posture` leave open; one where nothing is unknown."""
    if not posture.unknown:
        return (delivery(walk, posture, cached),)
    return tuple(_played(walk, posture, cached, delivery)[0])


def _played(
    walk: Walk, posture: Posture, cached: StsPolicy | None, delivery: Deliver
) -> tuple[list[Verdict], tuple[str, ...]]:
    """The verdict for each choice that makes a difference to the way, and the fields that were asked for."""
    verdicts: list[Verdict] = []
    asked: dict[str, None] = {}
    open_choices: list[dict[str, int]] = [{}]
    while open_choices and len(verdicts) < MAX_COMBINATIONS:
        given = open_choices.pop()
        choosing = _Choosing(posture, dict(given))
        verdicts.append(delivery(walk, cast(Posture, choosing), cached))
        asked |= dict.fromkeys(choosing.chosen)
        earlier = dict(given)
        for field in list(choosing.chosen)[len(given) :]:
            others = range(1, len(posture.unknown[field]))
            open_choices += ({**earlier, field: number} for number in others)
            earlier[field] = 0
    return verdicts, tuple(sorted(asked))
