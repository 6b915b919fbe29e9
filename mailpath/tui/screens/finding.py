"""Dialogues.  In one with a list letters find, arrows move, Enter takes, Esc goes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from mailpath.tui.keynames import hidden
from mailpath.tui.text import PRINTABLE, QUIET, Row, hang, holds
from mailpath.tui.widgets.listing import Listing
from mailpath.tui.widgets.wrapped_text import WrappedText

Result = TypeVar("Result")


class Dialogue(ModalScreen[Result]):
    """A screen above the path's.  Keys of the app do not reach it; Ctrl-C quits from here, too, where no text
    is selected."""

    def action_copy_text(self) -> None:
        if self.get_selected_text() is None:
            self.app.action_help_quit()
        else:
            super().action_copy_text()


class FindScreen(Dialogue[str | None]):
    """A line to type into, and below it the rows that hold every word of it; ends with the id of a row, or
    None.

    The line keeps the focus, so that every letter is for finding; what moves goes on to the list.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", id="find.back", tooltip="Clear the search, then close the list"),
        hidden("up", "move('cursor_up')", "Up", id="find.up"),
        hidden("down", "move('cursor_down')", "Down", id="find.down"),
        hidden("pageup", "move('page_up')", "Page up", id="find.page-up"),
        hidden("pagedown", "move('page_down')", "Page down", id="find.page-down"),
        hidden("ctrl+home", "move('first')", "First", id="find.first"),
        hidden("ctrl+end", "move('last')", "Last", id="find.last"),
    ]

    def __init__(
        self,
        title: str,
        rows: Sequence[tuple[Option, str]],
        *,
        box: str,
        find: str,
        enter: str,
        begin: str | None = None,
        about: Callable[[str], list[Row]] | None = None,
    ) -> None:
        """`rows`: with the words each is found by; "" for a heading, which goes while something is sought.
        `box`: the id of the frame; `find`: what stands in the empty line; `enter`: what Enter does.  `begin`:
        the row that is highlighted first.  `about`: what is told below the list of the highlighted row."""
        super().__init__()
        self._heading, self._enter = title, enter
        self._rows = rows
        self._begin = begin
        self._about = about
        self._box = box
        self._field = Input(placeholder=find, restrict=PRINTABLE, max_length=80, compact=True, id="find")
        self._field.cursor_blink = False
        self._list = Listing(markup=False, compact=True)
        self._lesson = WrappedText(id="lesson")

    def compose(self) -> ComposeResult:
        with Vertical(id=self._box) as box:
            box.border_title = Content(self._heading)
            box.border_subtitle = Content(f"{self._enter}, Esc goes back")
            yield self._field
            yield self._list
            if self._about is not None:
                yield self._lesson

    def on_mount(self) -> None:
        self._list.can_focus = False
        self._fill("")
        self._field.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._fill(event.value)

    def _fill(self, sought: str) -> None:
        """The rows that hold what is `sought`, first those that show it; the first of them is highlighted,
        and while nothing is sought the one to begin with."""
        if sought.split():
            found = [option for option, found_by in self._rows if found_by and holds(found_by, sought)]
            found.sort(key=lambda option: not holds(str(option.prompt), sought))
        else:
            found = [option for option, _ in self._rows]
        self._list.clear_options()
        self._list.add_options(found)
        ids = [option.id for option in found]
        if not ids:
            nothing = Content.styled("No match; Esc clears the search.", QUIET)
            self._list.add_option(Option(nothing, disabled=True))
        elif not sought.split() and self._begin in ids and self._begin is not None:
            self._list.highlighted = ids.index(self._begin)
        else:
            self._list.action_first()

    def action_move(self, how: str) -> None:
        getattr(self._list, f"action_{how}")()

    def action_back(self) -> None:
        if self._field.value:
            self._field.value = ""
        else:
            self.dismiss(None)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._list.action_select()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        if self._about is not None:
            rows = self._about(event.option.id or "")
            self._lesson.show(lambda width: hang(rows, width, indent=0, column=9))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option.id is not None:
            self.dismiss(event.option.id)
