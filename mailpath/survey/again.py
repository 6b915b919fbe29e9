"""A walk that a store keeps, looked at again: by other postures, under an attack, as of another time.

No packet is sent: the recording is walked again, as the app and `check --replay` do it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from mailpath.errors import MailpathError
from mailpath.judge import Outcome, Posture
from mailpath.network.capture import Capture
from mailpath.network.replay import Replay
from mailpath.survey.judging import row_for
from mailpath.survey.results import Cause, Row
from mailpath.visible import visible
from mailpath.walk import walk
from mailpath.whatif import AttackOutcome, Rewalks, attack_outcome
from mailpath.wording.phrases import sentence

#: Whether the attacker reads the mail.
Read = Literal["yes", "maybe", "no"]


class Look(msgspec.Struct, frozen=True):
    """`attack`: "a" or "a+b", "" for none.  `at`: Unix time, None for the time of each walk."""

    attack: str = ""
    at: int | None = None


#: As the survey found it.
FOUND = Look()


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """What one posture makes of the mail to one domain.

    `cause`: why it is not delivered, or cannot be told; under an attack why that works, or does not.
    `inconclusive`: as in `Row`.  `read`: None where there is no attack.
    """

    outcome: Outcome
    cause: Cause = Cause()
    inconclusive: str = ""
    read: Read | None = None


def cells_of(row: Row) -> dict[str, Cell]:
    """What is in a row, by posture."""
    return {
        name: Cell(outcome=outcome, cause=row.causes.get(name, Cause()), inconclusive=row.inconclusive)
        for name, outcome in row.outcomes.items()
    }


async def look_again(capture: Capture, postures: Sequence[Posture], look: Look) -> Mapping[str, Cell]:
    """What each of `postures` makes of the walk in `capture`, seen through `look`.

    A recording that cannot be walked is unknown under all of them.  Raises `UnknownAttack`.
    """
    try:
        if look.attack:
            rewalks = Rewalks(capture, capture.path, look.at)
            return {
                posture.name: _attacked(await attack_outcome(rewalks, posture, look.attack))
                for posture in postures
            }
        at = capture.ground.made if look.at is None else look.at
        found = await walk(capture.path, Replay(capture), at)
    except MailpathError as error:
        why = Cause(reason=sentence(visible(str(error))))
        return {posture.name: Cell(outcome=Outcome.UNKNOWN, cause=why) for posture in postures}
    return cells_of(row_for(found, 1, postures[0], postures[1:]))


def _attacked(found: AttackOutcome) -> Cell:
    return Cell(
        outcome=found.outcome,
        cause=Cause(event=found.verdict.event, reason=sentence(visible(found.evidence))),
        read="yes" if found.attacker_reads else "maybe" if found.may_read else "no",
    )
