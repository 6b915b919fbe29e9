"""Before and after, side by side: what an attack, or time, does to the verdict and to the steps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec
from rich.cells import cell_len
from textual.content import Content

from mailpath.facts import StepResult
from mailpath.tui.lens import Lens
from mailpath.tui.text import NUMBERED, QUIET, STATUS_STYLE, Glyphs, clean, fit, wrap
from mailpath.tui.verdict_style import Mark, mark

if TYPE_CHECKING:
    from mailpath.judge.model import Verdict
    from mailpath.tui.scene import Scene
    from mailpath.whatif import AttackOutcome

#: From which width on there are columns, and the blanks between them.
_ROOMY = 70
_GAP = 2


class Compared(msgspec.Struct, frozen=True):
    """`steps`: those that changed, (before, after).  `same`: the sender sees the same verdict.
    `rewalked`: it is another walk, and not only judged for another message."""

    against: str
    as_before: str
    before: Mark
    after: Mark
    same: bool
    steps: tuple[tuple[StepResult, StepResult], ...]
    outcome: AttackOutcome | None
    rewalked: bool = True


def compare(scene: Scene, posture: str, glyphs: Glyphs) -> Compared:
    """What the lens of `scene` makes of the walk before."""
    from mailpath.whatif import changed

    lens, before, after = scene.lens, scene.before, scene.shown
    outcome = scene.outcome if scene.outcome is not None and scene.outcome.posture == posture else None
    first, then = before.verdict(posture), after.verdict(posture)
    if not lens.rewalked:
        against, as_before = _usual(lens)
    elif not lens.attack:
        against, as_before = ("the recording", "as recorded") if before.replayed else ("now", "as now")
    elif lens.at is None:
        against, as_before = "no attack", "as without the attack"
    else:
        time = "recorded" if before.replayed else "now"
        against = "no attack now" if time == "now" else "no attack, as recorded"
        as_before = f"as {time}, without the attack"
    return Compared(
        against=against,
        as_before=as_before,
        before=mark(before.walk, first, glyphs),
        after=mark(after.walk, then, glyphs, attacked=scene.attacked),
        same=_seen(first) == _seen(then),
        steps=changed(before.walk, after.walk),
        outcome=outcome,
        rewalked=lens.rewalked,
    )


def _usual(lens: Lens) -> tuple[str, str]:
    """What a message that asks for something, or a sender that was here before, is compared with."""
    if lens.message == Lens.message:
        return "first contact", "as at first contact"
    known = "" if lens.policy_age is None else " at first contact"
    return f"an ordinary message{known}", f"as for an ordinary message{known}"


def _seen(verdict: Verdict) -> tuple[object, ...]:
    """What the sender's log tells of a verdict."""
    return verdict.outcome, verdict.tls_word, verdict.mechanism, verdict.host, verdict.after_retry


def brief(compared: Compared, glyphs: Glyphs, width: int) -> list[Content]:
    """In lines that stand by themselves where lines are dear: before and after, and who reads the mail."""
    was, now = compared.before.text, compared.after.text
    lead = f"Compared with {compared.against}: "
    if cell_len(lead + was + now) + 4 > width:
        lead = ""
    style = f"{compared.after.style} bold"
    lines = [Content.assemble((lead, QUIET), f"{was} {glyphs.arrow} ", (now, style))]
    if compared.outcome is not None:
        lines += _read(compared, compared.outcome, glyphs, width, 0)
    return lines


def paint(compared: Compared, glyphs: Glyphs, width: int, column: int) -> Iterable[Content]:
    """Who reads the mail and why, from `column` on; then a table, or where there is little room one line."""
    if compared.outcome is not None:
        yield from _read(compared, compared.outcome, glyphs, width, column)
    if compared.same and not compared.steps:
        if not compared.after.lost:
            yield Content.assemble(
                " " * column, (f"Nothing changes: the same verdict {compared.as_before}.", QUIET)
            )
        return
    heading = f"Compared with {compared.against}:"
    if width < _ROOMY or not compared.rewalked:
        change = f"{heading} {compared.before.text} {glyphs.arrow} {compared.after.text}"
        for line in wrap(change, width - column):
            yield Content.assemble(" " * column, (line, "$accent"))
        return
    yield Content("")
    yield from _table(compared, heading, glyphs, width)


def _read(
    compared: Compared, outcome: AttackOutcome, glyphs: Glyphs, width: int, column: int
) -> Iterable[Content]:
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
    first = outcome.if_first_contact
    if first is not None and first is not outcome.outcome:
        text += f". At first contact: {first.value}"
    if compared.after.lost and compared.same:
        text += f". The sender notices nothing: the same verdict {compared.as_before}."
    lines = wrap(lead + text, width - column)
    for number, line in enumerate(lines):
        if number == 0:
            yield Content.assemble(" " * column, (line[: len(lead)], style), line[len(lead) :])
        else:
            yield Content(" " * column + line)


_Cell = tuple[str, str]  # text and style


def _table(compared: Compared, heading: str, glyphs: Glyphs, width: int) -> Iterable[Content]:
    """A column for each step that changed, in packet order, and one for the verdict; those that do not fit
    beside each other stand below."""
    columns: list[tuple[str, _Cell, _Cell]] = [
        (NUMBERED[after.id], _step(before, glyphs), _step(after, glyphs)) for before, after in compared.steps
    ]
    was, now = compared.before, compared.after
    columns.append((NUMBERED["verdict"], (was.stop, was.style), (now.stop, now.style)))
    first = cell_len(heading) + _GAP
    while columns:
        kept, room = 1, width - first - _wide(columns[0])
        while kept < len(columns) and _wide(columns[kept]) <= room:
            room -= _wide(columns[kept])
            kept += 1
        block, columns = columns[:kept], columns[kept:]
        yield _line((heading, "bold"), [((each[0], QUIET), _wide(each)) for each in block], first)
        yield _line(("  before", QUIET), [(each[1], _wide(each)) for each in block], first)
        yield _line(("  after", "$accent"), [(each[2], _wide(each)) for each in block], first)
        heading = ""


def _wide(column: tuple[str, _Cell, _Cell]) -> int:
    name, before, after = column
    return max(cell_len(text) for text in (name, before[0], after[0])) + _GAP


def _line(lead: _Cell, cells: list[tuple[_Cell, int]], first: int) -> Content:
    parts = [(fit(lead[0], first, pad=True), lead[1])]
    parts += [(fit(text, room, pad=True), style) for (text, style), room in cells]
    return Content.assemble(*parts)


def _step(result: StepResult, glyphs: Glyphs) -> _Cell:
    return f"{glyphs.of(result.status)} {clean(result.word, 16)}", STATUS_STYLE[result.status]
