"""The lab's scenarios: what each is called, what it teaches, what to try."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from mailpath.tui.screens.finding import FindScreen
from mailpath.tui.text import QUIET, Row, clean, fit, hang
from mailpath.tui.widgets.wrapped_text import WrappedText
from mailpath.wording.phrases import count

if TYPE_CHECKING:
    from mailpath.lab import Scenario


class PickerScreen(FindScreen[str | None]):
    """Ends with the id of the scenario that was picked, or None."""

    BOX = "picker"
    FIND = "Type to find a name, domain or title; arrows, PgUp, PgDn move"
    ENTER = "Enter walks it"

    def __init__(self, scenarios: Mapping[str, Scenario], current: str | None) -> None:
        super().__init__()
        self._scenarios = scenarios
        self._current = current

    def title_of_box(self) -> str:
        return f"Lab: {count(len(self._scenarios), 'scenario')}"

    def below(self) -> Iterator[Widget]:
        yield WrappedText(id="lesson")

    def begins(self) -> str | None:
        return self._current

    def rows(self) -> Iterator[tuple[Option, str]]:
        width = max((len(name) for name in self._scenarios), default=0)
        for name, scenario in self._scenarios.items():
            prompt = Content.assemble(
                (fit(clean(name), width, pad=True), "bold"), "  ", clean(scenario.title)
            )
            yield Option(prompt, id=name), f"{name} {scenario.domain} {scenario.title}"

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        scenario = self._scenarios[str(event.option.id)]
        rows = [
            Row("Teaches", scenario.teaches),
            Row("Try", scenario.hint, style="$primary"),
            Row("Path", f"{scenario.sender} -> {scenario.domain}", style=QUIET),
        ]
        self.query_one("#lesson", WrappedText).show(lambda width: hang(rows, width, indent=0, column=9))

    def picked(self, id: str) -> None:
        self.dismiss(id)
