"""Plans as the list beside the steps has them: goals, their steps, and the orders that lose mail.

The planner is imported when a plan is asked for, and not before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from mailpath.tui import aside
from mailpath.tui.judging import JudgedWalk
from mailpath.tui.lens import PlanState
from mailpath.tui.text import OUTCOME_STYLE, OUTCOME_WORD, QUIET, Glyphs, Row, clean, wrap
from mailpath.tui.widgets.side import PLAN_WIDTH
from mailpath.wording.phrases import count

if TYPE_CHECKING:
    from mailpath.plan import Plan
    from mailpath.plan.sights import Sight
    from mailpath.tui.replayer import Replayer
    from mailpath.tui.widgets.choices import Label, Mark

#: In the order in which they are listed, and planned: mail that is lost comes first.  A new MX host has to be
#: named, which a list cannot do.
GOALS: Mapping[str, str] = {
    "repair": "Mail is refused now: the quickest way out, then the right one.",
    "dane": "TLSA records for every MX host, in signed zones.",
    "mta-sts": "A policy in mode enforce that every MX host meets.",
    "key-change": "The next key of the mail hosts, without losing a mail.",
    "leave-dane": "No TLSA records any more.",
    "leave-mta-sts": "No policy any more.",
}
#: Cells for the lines of a row below its first.
_BELOW = 42

#: By `Result`, as text.
_SIGNS = {"already": "passed", "blocked": "weak", "unknown": "unknown"}
_WORDS = {"already": "reached", "blocked": "blocked", "unknown": "unknown"}
_STYLES = {"already": QUIET, "blocked": "$warning", "unknown": QUIET}


async def planned(
    replayer: Replayer, goal: str, tell: Callable[[int], None]
) -> tuple[Plan, dict[PlanState, Replayer]]:
    """The plan for `goal`, made aside, and its states as recordings of their own."""
    return await aside.run(lambda: _planned(replayer, goal, tell))


async def _planned(
    replayer: Replayer, goal: str, tell: Callable[[int], None]
) -> tuple[Plan, dict[PlanState, Replayer]]:
    from mailpath.plan import Goal, make
    from mailpath.plan.sights import sights

    made = await make(Goal(goal), replayer.capture, tell=tell)
    after, killing = await sights(made)
    states = [(PlanState(goal, "step", n), sight) for n, sight in enumerate(after, 1)]
    states += [(PlanState(goal, "unsafe", n), sight) for n, sight in enumerate(killing, 1)]
    return made.plan, {state: _recorded(replayer, sight) for state, sight in states}


def _recorded(replayer: Replayer, sight: Sight) -> Replayer:
    from mailpath.judge.message_options import MessageOptions

    base = replayer.judged
    asked = MessageOptions(policy_age=0) if sight.met is not None else None
    judged = JudgedWalk(sight.walk, base.postures, asked, sight.met, base.provenance)
    return type(replayer)(sight.capture, judged)


class Book(msgspec.Struct):
    """What is known of plans.  `failed`: why there is none, by goal.  `running`: the goal that is planned
    now, `seconds` long, with so many states `walked`; "" for none.
    """

    plans: Mapping[str, Plan] = {}
    failed: Mapping[str, str] = {}
    running: str = ""
    seconds: float = 0.0
    walked: int = 0

    def _states(self) -> Iterator[tuple[Plan, PlanState]]:
        return ((plan, state) for plan in self.plans.values() for state in states_of(plan))

    def state_of(self, name: str) -> PlanState | None:
        """The state that a row is of; None for a goal."""
        return next((state for _, state in self._states() if state.name == name), None)

    def goal_of(self, name: str) -> str:
        """The goal to which a row belongs."""
        state = self.state_of(name)
        return state.goal if state is not None else name

    def groups(self) -> list[list[str]]:
        """Names of rows: a goal, and below it what its plan holds; apart from the others if there is such."""
        found: list[list[str]] = [[]]
        for goal in GOALS:
            plan = self.plans.get(goal)
            below = [state.name for state in states_of(plan)] if plan is not None else []
            if below:
                found += [[goal, *below], []]
            else:
                found[-1].append(goal)
        return [group for group in found if group]

    def labels(self) -> dict[str, Label]:
        """What rows are shown as."""
        return {state.name: _label(plan, state) for plan, state in self._states()}

    def titles(self) -> dict[str, str]:
        """What rows can be found by."""
        reasons = {goal: plan.reason for goal, plan in self.plans.items()}
        return {**GOALS, **reasons, **{state.name: _title(plan, state) for plan, state in self._states()}}

    def marks(self, outcome: Callable[[PlanState], str], glyphs: Glyphs) -> dict[str, Mark]:
        """Behind a goal what came of planning it, behind a state what becomes of the mail in it."""
        found: dict[str, Mark] = dict.fromkeys(self.failed, (f"{glyphs.failed} failed", "$error"))
        for goal, plan in self.plans.items():
            result = plan.result.value
            if plan.steps:
                found[goal] = (f"{glyphs.passed} {count(len(plan.steps), 'step')}", "$success")
            else:
                sign = getattr(glyphs, _SIGNS[result])
                found[goal] = (f"{sign} {_WORDS[result]}", _STYLES[result])
        for _, state in self._states():
            word = outcome(state)
            found[state.name] = (f"{glyphs.of(word)} {OUTCOME_WORD[word]}", OUTCOME_STYLE[word])
        if self.running:
            found[self.running] = (f"{glyphs.running} {self.seconds:.0f} s", "$primary")
        return found


def states_of(plan: Plan) -> list[PlanState]:
    """Steps, then unsafe orders."""
    steps = [PlanState(plan.goal.value, "step", step.n) for step in plan.steps]
    return steps + [PlanState(plan.goal.value, "unsafe", n) for n in range(1, len(plan.unsafe) + 1)]


def _title(plan: Plan, state: PlanState) -> str:
    if state.kind == "step":
        return f"{state.n}. {plan.steps[state.n - 1].title}"
    return f"not: {plan.unsafe[state.n - 1].order}"


def _label(plan: Plan, state: PlanState) -> Label:
    title, style = _title(plan, state), QUIET if state.kind == "unsafe" else ""
    first = wrap(title, PLAN_WIDTH - 1)[0]
    rest = title[len(first) :].strip()
    below = wrap(rest, _BELOW) if rest else []
    return ((f" {first}", style), *((f"    {line}", style) for line in below))


# --- In words ---------------------------------------------------------------------------------------


def rows(book: Book, name: str, state: PlanState | None, recipient: str, stop: str) -> list[Row]:
    """What is told of the row that is chosen.  `stop`: the key that ends planning."""
    goal = state.goal if state is not None else name
    plan = book.plans.get(goal)
    if plan is not None:
        return list(_of_plan(plan) if state is None else _of_state(plan, state))
    if goal in book.failed:
        return [Row("", book.failed[goal], style="$error", label_style="")]
    if goal in GOALS and goal == book.running:
        text = f"Planning: {count(book.walked, 'state')} built, walked and judged. {stop} stops it."
        return [Row("", GOALS[goal], label_style=""), Row("", text, style="$primary", label_style="")]
    if goal in GOALS:
        return [Row("", GOALS[goal], label_style="")]
    text = (
        "Choose a goal, then a step: the path is shown as it would be after it. Nothing is published, no"
        f" packet is sent. For a new MX host: mailpath plan new-mx {recipient} --to HOST."
    )
    return [Row("", text, style=QUIET, label_style="")]


def _of_plan(plan: Plan) -> Iterator[Row]:
    from mailpath.report.plan.told import BLOCKED, COST, tell

    told = tell(plan)
    yield Row("", told.reason, style="$primary", label_style="")
    if told.waits:
        yield Row("", told.waits, label_style="")
    yield from _listed(BLOCKED, [f"{by}: {why}" for by, why in told.blocked])
    yield from _listed(COST, [f"{change}: {who}" for change, who in told.cost])
    yield from _listed("", told.notes)


def _listed(title: str, lines: Sequence[str]) -> Iterator[Row]:
    if title and lines:
        yield Row("", f"{title}:", style="$primary", label_style="")
    yield from (Row("", line, label_style="") for line in lines)


def _of_state(plan: Plan, state: PlanState) -> Iterator[Row]:
    from mailpath.report.plan.told import order_of, stage

    if state.kind == "unsafe":
        unsafe = plan.unsafe[state.n - 1]
        yield Row("Not so", order_of(unsafe))
        yield Row("Loses", clean(unsafe.sentence), style="$error")
        return
    told = stage(plan.steps[state.n - 1])
    yield Row("Who", told.who)
    for task in told.tasks:
        yield Row("Do", task.what, style="$primary")
        for block in task.blocks[:1]:  # the same for nsupdate is in the file
            yield from (Row("", line) for line in block.lines)
    if told.check:
        yield Row("Check", told.check)
    if told.wait:
        yield Row("Wait", told.wait, style="$warning")
    for each in told.undo:
        yield Row("Undo", each)
