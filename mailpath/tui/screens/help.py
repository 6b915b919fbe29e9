"""The keys, as the widgets themselves declare them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen

from mailpath.tui.keynames import key_text
from mailpath.tui.widgets.flow import Flow


class HelpScreen(ModalScreen[None]):
    """Every key of the screen below, in groups of (title, bindings)."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss", "Close", id="help.close")
    ]

    def __init__(self, groups: Iterable[tuple[str, Iterable[BindingType]]], ascii: bool = False) -> None:
        super().__init__()
        self._groups = [(title, list(bindings)) for title, bindings in groups]
        self._ascii = ascii

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help") as box:
            box.border_title = Content("Keys")
            box.border_subtitle = Content("Esc closes")
            yield Flow()

    def on_mount(self) -> None:
        self.query_one(Flow).show(self._paint)
        self.query_one("#help").focus()

    def _paint(self, width: int) -> list[Content]:
        lines: list[Content] = []
        for title, bindings in self._groups:
            lines += [Content("")] if lines else []
            lines.append(Content.styled(title, "bold"))
            lines += [
                Content.assemble((f"  {keys:<14} ", "$primary"), what)
                for keys, what in told(bindings, self._ascii)
            ]
        return lines


def told(bindings: Iterable[BindingType], ascii: bool = False) -> Iterator[tuple[str, str]]:
    """(keys, what they do); the digits, which all open a panel, in one row."""
    digits = False
    for binding in bindings:
        assert isinstance(binding, Binding)
        if binding.key.isdigit():
            if not digits:
                yield "0 to 6", "The panel of that number"
            digits = True
        else:
            yield key_text(binding.key, ascii), binding.tooltip or binding.description
