"""The line that a survey's table is searched by.  Apart from the table, which stands on much more."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input

from mailpath.tui.text import PRINTABLE


class SearchInput(Input):
    """What the domains in the table are found by."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Table", id="survey.keep", tooltip="Go to what is found"),
        Binding("escape", "screen.back", "All", id="survey.all", tooltip="End the search: list all"),
    ]

    def __init__(self, *, id: str) -> None:
        super().__init__(
            placeholder="Type to find: domain, operator, host, code",
            restrict=PRINTABLE,
            max_length=80,
            compact=True,
            id=id,
        )
        self.cursor_blink = False
