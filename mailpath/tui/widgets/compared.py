"""Before and after, side by side: what an attack, or time, does to the verdict and to the steps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content

from mailpath.facts import STEPS, StepResult
from mailpath.tui.judging import Bench
from mailpath.tui.lens import View
from mailpath.tui.text import (
    OUTCOME_STYLE,
    QUIET,
    STATUS_STYLE,
    TITLES,
    Glyphs,
    clean,
    fit,
    outcome_word,
    wrap,
)

if TYPE_CHECKING:
    from mailpath.judge.model import Verdict
    from mailpath.whatif import AttackOutcome

#: Cells of one column, and from which width on there are columns.
_CELL = 18
_ROOMY = 70


@dataclass(frozen=True)
class Compared:
    """`steps`: those whose line changed, (before, after).  `label`: what the walk is seen under."""

    label: str
    against: str
    before: Verdict
    after: Verdict
    steps: tuple[tuple[StepResult, StepResult], ...]
    outcome: AttackOutcome | None


def compare(before: Bench, after: Bench, view: View, posture: str) -> Compared:
    """What became of `before` through the lens of `view`."""
    lens = view.lens
    against = " now" if not lens.attack else " no attack" if lens.at is None else " no attack now"
    was = {result.id: result for result in before.walk.steps}
    changed = tuple(
        (was[result.id], result)
        for result in after.walk.steps
        if result.id in was and (was[result.id].word, was[result.id].status) != (result.word, result.status)
    )
    outcome = view.outcome if view.outcome is not None and view.outcome.posture == posture else None
    return Compared(lens.words(), against, before.verdict(posture), after.verdict(posture), changed, outcome)


def brief(compared: Compared, glyphs: Glyphs, width: int) -> list[Content]:
    """In lines that stand by themselves where lines are dear: before and after, and who reads the mail."""
    was, now = _word(compared.before, glyphs), _word(compared.after, glyphs)
    style = f"{OUTCOME_STYLE[compared.after.outcome]} bold"
    lead = f"Compared with{compared.against}: "
    if cell_len(lead + was + now) + 4 > width:
        lead = ""
    lines = [Content.assemble((lead, QUIET), f"{was} {glyphs.arrow} ", (now, style))]
    if compared.outcome is not None:
        lines += _read(compared.outcome, glyphs, width, 0)
    return lines


def paint(compared: Compared, glyphs: Glyphs, width: int) -> Iterable[Content]:
    """Who reads the mail and why; then a table, or where there is little room one line."""
    column = 18 if width >= _ROOMY else 2
    if compared.outcome is not None:
        yield from _read(compared.outcome, glyphs, width, column)
    heading = f"Compared with{compared.against}: "
    same = not compared.steps and _word(compared.before, glyphs) == _word(compared.after, glyphs)
    if same:
        yield Content.assemble(" " * column, (f"{heading}nothing changes.", QUIET))
        return
    if width < _ROOMY:
        was, now = _word(compared.before, glyphs), _word(compared.after, glyphs)
        for line in wrap(f"{heading}{was} {glyphs.arrow} {now}", width - column):
            yield Content.assemble(" " * column, (line, "$accent"))
        return
    yield Content("")
    yield from _table(compared, heading.strip(), glyphs, width)


def _read(outcome: AttackOutcome, glyphs: Glyphs, width: int, column: int) -> Iterable[Content]:
    """Whether the attacker reads the mail, with the evidence."""
    if outcome.attacker_reads:
        lead, style = f"{glyphs.failed} The attacker reads it: ", "$error bold"
    elif outcome.may_read:
        lead, style = f"{glyphs.unknown} The attacker may read it: ", "$warning bold"
    else:
        lead, style = f"{glyphs.passed} The attacker cannot read it: ", "$success bold"
    text = clean(outcome.evidence)
    cached = outcome.if_policy_cached
    if cached is not None and cached is not outcome.outcome:
        text += f". With the MTA-STS policy cached: {cached.value}"
    lines = wrap(lead + text, width - column)
    for number, line in enumerate(lines):
        if number == 0:
            yield Content.assemble(" " * column, (line[: len(lead)], style), line[len(lead) :])
        else:
            yield Content(" " * column + line)


def _table(compared: Compared, heading: str, glyphs: Glyphs, width: int) -> Iterable[Content]:
    """A column for the verdict and for each step that changed, in packet order."""
    names = [f"{STEPS.index(after.id)} {TITLES[after.id]}" for _, after in compared.steps]
    rows: list[list[tuple[str, str]]] = [
        [_step(before, glyphs) for before, _ in compared.steps],
        [_step(after, glyphs) for _, after in compared.steps],
    ]
    names.append("6 Verdict")
    for row, verdict in zip(rows, (compared.before, compared.after), strict=True):
        row.append((_word(verdict, glyphs), OUTCOME_STYLE[verdict.outcome]))
    first = max(cell_len(heading), min(cell_len(compared.label) + 2, 44), 26) + 2
    fitting = max((width - first) // _CELL, 1)
    kept = slice(len(names) - min(fitting, len(names)), None)
    yield _line((heading, "bold"), [(name, QUIET) for name in names[kept]], first, glyphs)
    yield _line(("  before", QUIET), rows[0][kept], first, glyphs)
    yield _line((f"  {compared.label}", "$accent"), rows[1][kept], first, glyphs)


def _line(lead: tuple[str, str], cells: list[tuple[str, str]], first: int, glyphs: Glyphs) -> Content:
    parts = [(fit(clean(lead[0]), first - 1, glyphs.cut, pad=True) + " ", lead[1])]
    parts += [(fit(text, _CELL - 2, glyphs.cut, pad=True) + "  ", style) for text, style in cells]
    return Content.assemble(*parts)


def _step(result: StepResult, glyphs: Glyphs) -> tuple[str, str]:
    return f"{glyphs.of_status(result.status)} {clean(result.word, 16)}", STATUS_STYLE[result.status]


def _word(verdict: Verdict, glyphs: Glyphs) -> str:
    return f"{glyphs.of_outcome(verdict.outcome)} {outcome_word(verdict.outcome)}"
