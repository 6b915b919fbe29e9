"""A plan as text: what to do, how long to wait, what to check, and why it is safe."""

from __future__ import annotations

from collections.abc import Iterator

from mailpath.plan import Plan
from mailpath.report.plan.told import BLOCKED, COST, UNSAFE, Stage, Told, tell
from mailpath.wording.layout import WIDTH, hanging, wrapped
from mailpath.wording.phrases import count

_COLUMN = 12


def render(plan: Plan, *, why: bool = False, width: int = WIDTH) -> str:
    """Ends with a newline.  `why`: with every order that loses mail."""
    return "\n".join(_lines(tell(plan), why, width)) + "\n"


def _lines(told: Told, why: bool, width: int) -> Iterator[str]:
    yield from wrapped(f"{told.goal} for {told.recipient}, as of {told.made}: {told.result}", width)
    yield from wrapped(told.reason, width)
    for stage in told.stages:
        if stage.phase:
            yield from ("", f"{stage.phase}:")
        yield ""
        yield from _stage(stage, width)
    if told.waits:
        yield from ("", told.waits)
    yield from _around(told, width)
    if why:
        yield from _why(told, width)
    elif told.unsafe:
        some = count(len(told.unsafe), "other order")
        yield from ("", *wrapped(f"{some} would lose mail: see --why.", width))


def _stage(stage: Stage, width: int) -> Iterator[str]:
    yield from hanging(f"{stage.n}.", f"{stage.title} ({stage.who})", indent=0, column=4, width=width)
    for task in stage.tasks:
        yield from (f"    {line}" for line in wrapped(task.what, width - 4))
        for block in task.blocks:
            if block.title:
                # An address is for copying.
                yield f"    {block.title}{'' if '://' in block.title else ':'}"
            # Records, commands and files are, too: nothing breaks their lines.
            yield from (f"      {each}" for each in block.lines)
    if stage.check:
        yield f"    {'Check:':8}{stage.check}"
    if stage.wait:
        yield from hanging("Wait:", stage.wait, indent=4, column=_COLUMN, width=width)
    for each in stage.undo:
        yield from hanging("Undo:", each, indent=4, column=_COLUMN, width=width)


def _around(told: Told, width: int) -> Iterator[str]:
    if told.blocked:
        yield from ("", f"{BLOCKED}:")
        for by, why in told.blocked:
            yield from hanging(f"{by}:", why, indent=2, column=4, width=width)
    if told.cost:
        yield from ("", f"{COST}:")
        for change, postures in told.cost:
            yield from hanging("-", f"{change}: {postures}", indent=0, column=2, width=width)
    if told.notes:
        yield ""
        for note in told.notes:
            yield from hanging("-", note, indent=0, column=2, width=width)


def _why(told: Told, width: int) -> Iterator[str]:
    if told.proof:
        yield from ("", *wrapped(f"Proof: {told.proof}", width))
        for each in told.worse:
            yield from hanging("-", each, indent=0, column=2, width=width)
    if told.unsafe:
        yield from ("", f"{UNSAFE}:")
        for order, what in told.unsafe:
            yield from hanging("-", f"{order} {what}", indent=0, column=2, width=width)
