"""Walks of this run, and recipients of earlier ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from mailpath.tui.lens import when
from mailpath.tui.progress import Walked
from mailpath.tui.text import OUTCOME_STYLE, QUIET, Glyphs, both_forms, clean, fit, outcome_word

#: Cells for a path.
_PATH = 42


class HistoryScreen(ModalScreen[int | str | None]):
    """Ends with the place of a walk in `walks`, with a recipient, or with None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Back", id="history.close"),
        Binding("j", "move(1)", "Down", show=False, id="history.down"),
        Binding("k", "move(-1)", "Up", show=False, id="history.up"),
    ]

    def __init__(self, walks: Sequence[Walked], recent: Sequence[str], posture: str, glyphs: Glyphs) -> None:
        super().__init__()
        self._walks = walks
        self._recent = recent
        self._posture = posture
        self._glyphs = glyphs

    def compose(self) -> ComposeResult:
        with Vertical(id="history") as box:
            box.border_title = Content("Walks")
            box.border_subtitle = Content("Enter shows it, Esc goes back")
            yield OptionList(*self._options(), markup=False, compact=True)

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()

    def _options(self) -> list[Option]:
        options = [self._walk(number) for number in reversed(range(len(self._walks)))]
        if not options:
            options.append(Option(Content.styled("No walk is finished yet.", QUIET), disabled=True))
        if self._recent:
            title = "Recipients of earlier runs; Enter fills one in"
            options += [Option("", disabled=True), Option(Content.styled(title, QUIET), disabled=True)]
            options += [Option(clean(name, 253), id=f"name:{name}") for name in self._recent]
        return options

    def _walk(self, number: int) -> Option:
        """One walk that can be shown again, without a packet."""
        walked = self._walks[number]
        outcome = walked.recorded.bench.verdict(self._posture).outcome
        sender = both_forms(walked.path.sender) if walked.path.sender else "any sender"
        path = f"{sender} {self._glyphs.arrow} {both_forms(walked.path.recipient)}"
        word = f"{self._glyphs.of_outcome(outcome)} {outcome_word(outcome)}"
        prompt = Content.assemble(
            (when(walked.recorded.capture.ground.made)[11:16], QUIET),
            "  ",
            fit(clean(path), _PATH, self._glyphs.cut, pad=True),
            "  ",
            (word, OUTCOME_STYLE[outcome]),
        )
        return Option(prompt, id=f"walk:{number}")

    def action_move(self, step: int) -> None:
        choices = self.query_one(OptionList)
        if step > 0:
            choices.action_cursor_down()
        else:
            choices.action_cursor_up()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        kind, _, value = str(event.option.id).partition(":")
        self.dismiss(int(value) if kind == "walk" else value)
