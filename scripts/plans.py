"""The table of docs/plans.md: what can be planned for every lab scenario that is not authenticated.

Each plan is made and proven, which takes some minutes in all; `--check` writes nothing and exits with 1 where
the page is not current.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from mailpath.facts import Path as MailPath
from mailpath.judge import Outcome, judge
from mailpath.judge.presets import PRESETS
from mailpath.lab import Lab
from mailpath.lab.scenario import Scenario, scenarios
from mailpath.network.capture import capture_of
from mailpath.network.recording import Recording
from mailpath.plan import Goal, Plan, Result, make
from mailpath.report.markdown import cell, prose
from mailpath.walk import live_network, walk
from mailpath.wording.phrases import count

PAGE = Path(__file__).resolve().parent.parent / "docs" / "plans.md"
BEGIN, END = "<!-- table: written by scripts/plans.py -->", "<!-- /table -->"
GOALS = (Goal.REPAIR, Goal.DANE, Goal.MTA_STS)

Row = tuple[str, str, tuple[Plan, ...]]


async def planned(scenario: Scenario) -> Row | None:
    """The scenario, its outcome now and its plans; None where its mail is authenticated."""
    with Lab.start((scenario,)) as lab:
        async with live_network(lab.settings, kind="lab") as network:
            recording = Recording(network)
            found = await walk(MailPath(recipient=scenario.domain), recording, network.ground.made)
    outcome = judge(found, PRESETS["rfc"]).outcome
    if outcome is Outcome.AUTHENTICATED:
        return None
    capture = capture_of(recording, found.path, found.roots)
    plans = [(await make(goal, capture)).plan for goal in GOALS]
    return scenario.id, outcome.value, tuple(plans)


async def rows() -> AsyncIterator[Row]:
    for scenario in scenarios():
        row = await planned(scenario)
        if row is not None:
            print(f"{row[0]}: {', '.join(plan.result for plan in row[2])}", file=sys.stderr)
            yield row


def told(plan: Plan) -> str:
    if plan.result is Result.PLAN:
        return count(len(plan.steps), "step")
    return {Result.ALREADY: "reached", Result.BLOCKED: "wall", Result.UNKNOWN: "unknown"}[plan.result]


def table(found: list[Row]) -> Iterator[str]:
    yield f"| scenario | mail today | {' | '.join(GOALS)} |"
    yield f"|---|---|{'---|' * len(GOALS)}"
    for name, outcome, plans in found:
        yield f"| `{name}` | {outcome} | {' | '.join(cell(told(plan)) for plan in plans)} |"
    yield from ("", "The walls:", "")
    for name, _, plans in found:
        for plan in plans:
            if plan.result in (Result.BLOCKED, Result.UNKNOWN):
                why = " ".join([plan.reason, *(f"{each.by}: {each.why}" for each in plan.blocked[:3])])
                yield f"- `{name}`, {plan.goal}: {prose(why)}"


async def filled(text: str) -> str:
    lines = "\n".join(table([row async for row in rows()]))
    pattern = re.compile(re.escape(BEGIN) + r"\n.*?" + re.escape(END), re.DOTALL)
    return pattern.sub(lambda _: f"{BEGIN}\n{lines}\n{END}", text)


def main() -> int:
    before = PAGE.read_text(encoding="utf-8")
    after = asyncio.run(filled(before))
    if "--check" not in sys.argv:
        PAGE.write_text(after, encoding="utf-8")
    elif after != before:
        print("docs/plans.md: the table is not current; run make plans", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
