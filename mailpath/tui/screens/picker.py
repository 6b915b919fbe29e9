"""The lab's scenarios: what each is called, what it teaches, what to try."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets.option_list import Option

from mailpath.tui.screens.finding import FindScreen
from mailpath.tui.text import QUIET, Row, clean, fit
from mailpath.wording.phrases import count

if TYPE_CHECKING:
    from mailpath.lab import Scenario


def picker(scenarios: Mapping[str, Scenario], current: str | None) -> FindScreen:
    """Ends with the id of the scenario that was picked, or None."""
    width = max((len(name) for name in scenarios), default=0)
    rows = []
    for name, scenario in scenarios.items():
        prompt = Content.assemble((fit(clean(name), width, pad=True), "bold"), "  ", clean(scenario.title))
        rows.append((Option(prompt, id=name), f"{name} {scenario.domain} {scenario.title}"))

    def tell(name: str) -> list[Row]:
        scenario = scenarios[name]
        return [
            Row("Teaches", scenario.teaches),
            Row("Try", scenario.hint, style="$primary"),
            Row("Path", f"{scenario.sender} -> {scenario.domain}", style=QUIET),
        ]

    return FindScreen(
        f"Lab: {count(len(scenarios), 'scenario')}",
        rows,
        box="picker",
        find="Type to find a name, domain or title; arrows, PgUp, PgDn move",
        enter="Enter walks it",
        begin=current,
        about=tell,
    )
