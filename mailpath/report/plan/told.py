"""A plan as rows and sentences: what every format, and the app, lays out.

Visible text all of it; what there is not is "" or ().
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mailpath.plan import Do, Plan, Result, Step, Unsafe
from mailpath.plan.telling import tell_postures
from mailpath.visible import visible
from mailpath.wording.phrases import count, sentence
from mailpath.wording.times import span, utc

PHASES = {"quick": "The quickest way out", "right": "The right way"}
BLOCKED, COST, UNSAFE = "Not yours to change, or in the way", "What it costs", "Orders that lose mail"
NSUPDATE = "With nsupdate"


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """Lines for copying, which nothing may break.  `title`: what they are; "" where that is plain."""

    title: str
    lines: tuple[str, ...]


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do, and what of it is copied."""

    what: str
    blocks: tuple[Block, ...]


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """One step.  `phase`: the heading that stands above it, "" where that of the step before goes on.
    `wait`: until when and why, in sentences.
    """

    phase: str
    n: int
    title: str
    who: str
    tasks: tuple[Task, ...]
    check: str
    wait: str
    undo: tuple[str, ...]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """All of it.  `blocked`: who, and why; `cost`: what changes, and for which postures; `unsafe`: an order,
    and what it does to mail.
    """

    goal: str
    recipient: str
    made: str
    result: Result
    reason: str
    stages: tuple[Stage, ...]
    waits: str
    blocked: tuple[tuple[str, str], ...]
    cost: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    proof: str
    worse: tuple[str, ...]
    unsafe: tuple[tuple[str, str], ...]


def tell(plan: Plan) -> Told:
    """`plan` as it is laid out."""
    return Told(
        goal=plan.goal.value,
        recipient=visible(plan.recipient),
        made=utc(plan.at),
        result=plan.result,
        reason=visible(plan.reason),
        stages=tuple(_stages(plan)),
        waits=f"All waits together: {span(plan.wait_s, full=True)}." if plan.wait_s else "",
        blocked=tuple((visible(each.by), visible(each.why)) for each in plan.blocked),
        cost=tuple(_cost(plan)),
        notes=tuple(map(visible, plan.notes)),
        proof=_proof(plan),
        worse=tuple(_worse(plan)),
        unsafe=tuple((order_of(each), visible(each.sentence)) for each in plan.unsafe),
    )


def order_of(unsafe: Unsafe) -> str:
    """The order as a sentence."""
    return sentence(visible(unsafe.order))


def _stages(plan: Plan) -> Iterator[Stage]:
    phase = ""
    for step in plan.steps:
        begins = step.phase if step.phase != phase else ""
        phase = step.phase
        yield stage(step, PHASES.get(begins, ""))


def stage(step: Step, phase: str = "") -> Stage:
    """One step; `phase`: the heading above it."""
    return Stage(
        phase=phase,
        n=step.n,
        title=visible(step.title),
        who=visible(step.who),
        tasks=tuple(Task(what=visible(do.what), blocks=tuple(_blocks(do))) for do in step.do),
        check=visible(step.check),
        wait=_wait(step),
        undo=tuple(map(visible, step.undo)),
    )


def _blocks(do: Do) -> Iterator[Block]:
    if do.records:
        yield Block(title="", lines=tuple(map(visible, do.records)))
    if do.nsupdate:
        yield Block(title=NSUPDATE, lines=tuple(map(visible, do.nsupdate)))
    if do.file is not None:
        lines = tuple(map(visible, do.file.text.splitlines()))
        yield Block(title=visible(do.file.url), lines=lines)


def _wait(step: Step) -> str:
    if not step.wait_s:
        return ""
    return visible(f"{step.wait_s} s ({span(step.wait_s, full=True)}). {step.wait_because}")


def _cost(plan: Plan) -> Iterator[tuple[str, str]]:
    changes: dict[str, list[str]] = {}
    for posture, change in plan.cost.items():
        changes.setdefault(change, []).append(posture)
    for change, postures in changes.items():
        before, _, after = change.partition(">")
        yield f"{before} becomes {after}", visible(tell_postures(postures))


def _proof(plan: Plan) -> str:
    proof = plan.proof
    if proof is None:
        return ""
    worse = f"in {len(proof.worse)} of them mail fares" if proof.worse else "in none of them does mail fare"
    told = (
        f"{count(proof.states, 'state')} that senders can meet on the way, built in the lab, walked and"
        f" judged under {proof.postures} postures; {worse} worse than at the start and at the goal."
    )
    if proof.left_out:
        told += f" {count(proof.left_out, 'more mixture')} of old and new were left out."
    return told


def _worse(plan: Plan) -> Iterator[str]:
    for each in plan.proof.worse if plan.proof is not None else ():
        told = f"{each.state}: {each.outcome}, not {each.allowed}: {tell_postures(each.postures)}"
        yield sentence(visible(told))
