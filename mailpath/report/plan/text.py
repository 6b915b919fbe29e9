"""A plan as text: what to do, how long to wait, what to check, and why it is safe."""

from __future__ import annotations

from collections.abc import Iterator

from mailpath.plan import Plan, Step
from mailpath.wording.layout import WIDTH, hanging, wrapped
from mailpath.wording.phrases import count
from mailpath.wording.times import span, utc

_COLUMN = 12
_PHASES = {"quick": "The quickest way out", "right": "The right way"}


def render(plan: Plan, *, why: bool = False, width: int = WIDTH) -> str:
    """Ends with a newline.  `why`: with every order that loses mail."""
    return "\n".join(_lines(plan, why, width)) + "\n"


def _lines(plan: Plan, why: bool, width: int) -> Iterator[str]:
    yield from wrapped(f"{plan.goal} for {plan.recipient}, as of {utc(plan.at)}: {plan.result}", width)
    yield from wrapped(plan.reason, width)
    phase = ""
    for step in plan.steps:
        if step.phase and step.phase != phase:
            phase = step.phase
            yield from ("", f"{_PHASES[phase]}:")
        yield ""
        yield from _step(step, width)
    if plan.wait_s:
        yield from ("", f"All waits together: {span(plan.wait_s, full=True)}.")
    yield from _around(plan, width)
    if why:
        yield from _why(plan, width)
    elif plan.unsafe:
        yield from (
            "",
            *wrapped(f"{count(len(plan.unsafe), 'other order')} would lose mail: see --why.", width),
        )


def _step(step: Step, width: int) -> Iterator[str]:
    yield from hanging(f"{step.n}.", f"{step.title} ({step.who})", indent=0, column=4, width=width)
    for do in step.do:
        yield from (f"    {line}" for line in wrapped(do.what, width - 4))
        # Records, commands and files are for copying: nothing breaks their lines.
        yield from (f"      {each}" for each in do.records)
        if do.nsupdate:
            yield "    With nsupdate:"
            yield from (f"      {each}" for each in do.nsupdate)
        if do.file is not None:
            yield f"    {do.file.url}"
            yield from (f"      {each}" for each in do.file.text.splitlines())
    if step.check:
        yield f"    {'Check:':8}{step.check}"
    if step.wait_s:
        told = f"{step.wait_s} s ({span(step.wait_s, full=True)}). {step.wait_because}"
        yield from hanging("Wait:", told, indent=4, column=_COLUMN, width=width)
    for each in step.undo:
        yield from hanging("Undo:", each, indent=4, column=_COLUMN, width=width)


def _around(plan: Plan, width: int) -> Iterator[str]:
    if plan.blocked:
        yield from ("", "Not yours to change, or in the way:")
        for blocked in plan.blocked:
            yield from hanging(f"{blocked.by}:", blocked.why, indent=2, column=4, width=width)
    if plan.cost:
        yield from ("", "What it costs:")
        changes: dict[str, list[str]] = {}
        for posture, change in plan.cost.items():
            changes.setdefault(change, []).append(posture)
        for change, postures in changes.items():
            before, _, after = change.partition(">")
            told = f"{before} -> {after}: {', '.join(postures)}"
            yield from hanging("", told, indent=2, column=2, width=width)
    if plan.notes:
        yield ""
        for note in plan.notes:
            yield from hanging("-", note, indent=0, column=2, width=width)


def _why(plan: Plan, width: int) -> Iterator[str]:
    proof = plan.proof
    if proof is not None:
        worse = "in none of them" if not proof.worse else f"in {len(proof.worse)} of them"
        told = (
            f"Proof: {count(proof.states, 'state')} that senders can meet on the way, built in the lab,"
            f" walked and judged under {proof.postures} postures; {worse} mail fares worse than at the"
            " start and at the goal."
        )
        yield from ("", *wrapped(told, width))
        for each in proof.worse:
            told = f"{each.state}: {each.outcome}, not {each.allowed}: {', '.join(each.postures)}"
            yield from hanging("-", told, indent=0, column=2, width=width)
    if plan.unsafe:
        yield from ("", "Orders that lose mail:")
        for unsafe in plan.unsafe:
            yield from hanging("-", f"{unsafe.order}. {unsafe.sentence}", indent=0, column=2, width=width)
