"""The lab's scenarios: what each is called, what it teaches, what to try."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from mailpath.tui.text import QUIET, Row, clean, fit, hang
from mailpath.tui.widgets.flow import Flow

if TYPE_CHECKING:
    from mailpath.lab import Scenario


class PickerScreen(ModalScreen[str | None]):
    """Ends with the id of the scenario that was picked, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Back", id="picker.close"),
        Binding("j", "move(1)", "Down", show=False, id="picker.down"),
        Binding("k", "move(-1)", "Up", show=False, id="picker.up"),
    ]

    def __init__(self, scenarios: Mapping[str, Scenario], current: str | None) -> None:
        super().__init__()
        self._scenarios = scenarios
        self._current = current

    def compose(self) -> ComposeResult:
        count = len(self._scenarios)
        with Vertical(id="picker") as box:
            box.border_title = Content(f"Lab: {count} scenario{'' if count == 1 else 's'}")
            box.border_subtitle = Content("Enter walks it, Esc goes back")
            yield OptionList(markup=False, compact=True)
            yield Flow(id="lesson")

    def on_mount(self) -> None:
        width = max((len(name) for name in self._scenarios), default=0)
        choices = self.query_one(OptionList)
        choices.add_options(
            Option(
                Content.assemble((fit(clean(name), width, pad=True), "bold"), "  ", clean(scenario.title)),
                id=name,
            )
            for name, scenario in self._scenarios.items()
        )
        names = list(self._scenarios)
        choices.highlighted = names.index(self._current) if self._current in names else 0 if names else None
        choices.focus()

    def action_move(self, step: int) -> None:
        choices = self.query_one(OptionList)
        if step > 0:
            choices.action_cursor_down()
        else:
            choices.action_cursor_up()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        scenario = self._scenarios[str(event.option.id)]
        rows = [
            Row("Teaches", scenario.teaches),
            Row("Path", f"{scenario.sender} -> {scenario.domain}", style=QUIET),
            Row("Try", scenario.hint, style="$primary"),
        ]
        self.query_one("#lesson", Flow).show(lambda width: hang(rows, width, indent=0))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option.id)
