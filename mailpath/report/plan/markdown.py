"""A plan as Markdown with checkboxes, for the ticket in which it is carried out.

Written like a path's report (`mailpath.report.markdown`): what is not plainly a word stands in a code span.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailpath.plan import Plan, Result
from mailpath.report.markdown import cell, fenced, prose, span, table
from mailpath.report.plan.told import BLOCKED, COST, UNSAFE, Stage, Told, tell
from mailpath.wording.signs import UNICODE

_SIGNS = {
    Result.PLAN: UNICODE.passed,
    Result.ALREADY: UNICODE.passed,
    Result.BLOCKED: UNICODE.failed,
    Result.UNKNOWN: UNICODE.unknown,
}


def render(plan: Plan) -> str:
    """The whole plan, its proof and what loses mail included; ends with a newline."""
    told = tell(plan)
    sections = (
        _head(told),
        *map(_stage, told.stages),
        (f"**{told.waits}**",) if told.waits else (),
        _section(BLOCKED, (f"- {prose(by)}: {prose(why)}" for by, why in told.blocked)),
        _section(COST, _cost(told)),
        _section("Taken for granted", (f"- {prose(note)}" for note in told.notes)),
        _section("Proof", _proof(told)),
        _section(UNSAFE, (f"- **{prose(order)}** {prose(what)}" for order, what in told.unsafe)),
    )
    return "\n\n".join(text for text in ("\n".join(section) for section in sections) if text) + "\n"


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    """Nothing where it has no lines."""
    held = list(lines)
    if held:
        yield from (f"### {title}", "", *held)


def _head(told: Told) -> Iterator[str]:
    yield f"## {_SIGNS[told.result]} Plan {span(told.goal)} for {span(told.recipient)}"
    yield ""
    yield f"- **Result:** {told.result}. {prose(told.reason)}"
    yield f"- **As of:** {told.made}"


def _stage(stage: Stage) -> Iterator[str]:
    if stage.phase:
        yield from (f"### {stage.phase}", "")
    yield f"#### {stage.n}. {prose(stage.title)}"
    yield ""
    yield f"Who: {prose(stage.who)}"
    yield ""
    for task in stage.tasks:
        yield f"- [ ] {prose(task.what)}"
        for block in task.blocks:
            if block.title:
                yield from ("", f"  {span(block.title) if '://' in block.title else block.title}:")
            yield ""
            yield from (f"  {line}" for line in fenced(block.lines))
    if stage.check:
        yield from ("- [ ] Check, once it is done everywhere:", "")
        yield from (f"  {line}" for line in fenced([stage.check]))
    if stage.wait:
        yield f"- [ ] Wait {prose(stage.wait)}"
    for each in stage.undo:
        yield f"- Undo: {prose(each)}"


def _cost(told: Told) -> Iterator[str]:
    if told.cost:
        yield from table([("Mail", "Senders"), *((cell(change), cell(who)) for change, who in told.cost)])


def _proof(told: Told) -> Iterator[str]:
    if told.proof:
        yield prose(told.proof)
    yield from (f"- {prose(each)}" for each in told.worse)
