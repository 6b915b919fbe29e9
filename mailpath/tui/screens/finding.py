"""Dialogues.  Of those with a list: letters find, arrows move, Enter takes, Esc goes back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from mailpath.tui.keynames import hidden
from mailpath.tui.text import PRINTABLE, QUIET, holds
from mailpath.tui.widgets.listing import Listing

Result = TypeVar("Result")


class Dialogue(ModalScreen[Result]):
    """A screen above the path's.  Keys of the app do not reach it; Ctrl-C quits from here, too, where no text
    is selected."""

    def action_copy_text(self) -> None:
        if self.get_selected_text() is None:
            self.app.action_help_quit()
        else:
            super().action_copy_text()


class FindScreen(Dialogue[Result]):
    """A line to type into, and below it the rows that hold every word of it.

    The line keeps the focus, so that every letter is for finding; what moves goes on to the list.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", id="find.back", tooltip="What was typed goes, then the list"),
        hidden("up", "move('cursor_up')", "Up", id="find.up"),
        hidden("down", "move('cursor_down')", "Down", id="find.down"),
        hidden("pageup", "move('page_up')", "Page up", id="find.page-up"),
        hidden("pagedown", "move('page_down')", "Page down", id="find.page-down"),
        hidden("ctrl+home", "move('first')", "First", id="find.first"),
        hidden("ctrl+end", "move('last')", "Last", id="find.last"),
    ]

    #: Of the box: its id, what stands in the empty line, and what Enter does.
    BOX: ClassVar[str]
    FIND: ClassVar[str]
    ENTER: ClassVar[str]

    def compose(self) -> ComposeResult:
        with Vertical(id=self.BOX) as box:
            box.border_title = Content(self.title_of_box())
            box.border_subtitle = Content(f"{self.ENTER}, Esc goes back")
            field = Input(placeholder=self.FIND, restrict=PRINTABLE, max_length=80, compact=True, id="find")
            field.cursor_blink = False
            yield field
            yield Listing(markup=False, compact=True)
            yield from self.below()

    def title_of_box(self) -> str:
        raise NotImplementedError

    def below(self) -> Iterable[Widget]:
        """What stands below the list."""
        return ()

    def begins(self) -> str | None:
        """The id of the row that is highlighted first; None: the first."""
        return None

    def rows(self) -> Iterable[tuple[Option, str]]:
        """Every row, and the words it is found by; "" for a heading, which goes while something is sought."""
        raise NotImplementedError

    def on_mount(self) -> None:
        self.query_one(Listing).can_focus = False
        self._list("", self.begins())
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        here = self.query_one(Listing).highlighted_option
        self._list(event.value, here.id if here is not None else None)

    def _list(self, sought: str, here: str | None) -> None:
        """The rows that hold what is `sought`; the highlight stays on `here` while that is among them."""
        listing = self.query_one(Listing)
        listing.clear_options()
        listing.add_options(
            option
            for option, found_by in self.rows()
            if not sought.split() or (found_by and holds(found_by, sought))
        )
        ids = [option.id for option in listing.options]
        if not ids:
            nothing = Content.styled("Nothing here is called so; Esc takes it back.", QUIET)
            listing.add_option(Option(nothing, disabled=True))
        elif here is not None and here in ids:
            listing.highlighted = ids.index(here)
        else:
            listing.action_first()

    def action_move(self, how: str) -> None:
        getattr(self.query_one(Listing), f"action_{how}")()

    def action_back(self) -> None:
        field = self.query_one(Input)
        if field.value:
            field.value = ""
        else:
            self.dismiss(None)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.query_one(Listing).action_select()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option.id is not None:
            self.picked(event.option.id)

    def picked(self, id: str) -> None:
        """Enter was pressed on this row, or it was clicked."""
        raise NotImplementedError
