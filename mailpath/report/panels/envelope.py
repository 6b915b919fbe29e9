"""The envelope test: MAIL FROM and RCPT TO at each address, then RSET, never DATA.  It is no step:
there is a panel only where somebody asked for the test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from mailpath.exchanges import SmtpExchange
from mailpath.facts import Status, StepResult, Walk
from mailpath.report.envelope import Answered, answers
from mailpath.report.panels.starttls import dialogues

STEP = "envelope"

#: What the worst answer means for the panel, worst first.
_STATUS = {
    "REFUSED": Status.FAIL,
    "NO REPLY": Status.ERROR,
    "NOT REACHED": Status.ERROR,
    "NOT TESTABLE": Status.SKIP,
    "LATER": Status.WEAK,
    "GREYLISTED": Status.WEAK,
    "TAKEN": Status.PASS,
}


def result(walk: Walk) -> StepResult | None:
    """The panel's line; None where no envelope was tried."""
    answered = answers(walk)
    if not answered:
        return None
    worst = min(answered, key=lambda each: list(_STATUS).index(each.word))
    return StepResult(id=STEP, status=_STATUS[worst.word], word=worst.word, summary=_summary(answered, worst))


def _summary(answered: tuple[Answered, ...], worst: Answered) -> str:
    counted = Counter(each.word for each in answered)
    if len(counted) == 1 and len(answered) > 1 and worst.word == "TAKEN":
        return f"All {len(answered)} addresses accept the sender and the recipient."
    if len(answered) == 1:
        return worst.sentence
    others = len(answered) - counted[worst.word]
    rest = f" {others} of {len(answered)} addresses give a better answer." if others else ""
    return f"{worst.host} [{worst.address}]: {worst.sentence}{rest}"


def lines(walk: Walk, exchanges: Sequence[SmtpExchange] = ()) -> Iterator[str]:
    """The sessions that tried it."""
    if walk.starttls.envelope is not None:
        yield from dialogues(walk, walk.starttls.enveloped, exchanges, walk.starttls.envelope)
