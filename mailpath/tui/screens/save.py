"""Where to and as what: one name, one list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from mailpath.tui.keynames import hidden
from mailpath.tui.saving import Kind
from mailpath.tui.screens.finding import Dialogue
from mailpath.tui.text import PRINTABLE, QUIET, wrap

#: Cells that words need to be worth showing.
_LEAST = 24


class SaveScreen(Dialogue[tuple[str, str] | None]):
    """Ends with (kind, path), or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", id="save.close"),
        hidden("tab", "app.focus_next", "Name", id="save.name"),
    ]

    def __init__(self, name: str, kinds: Mapping[str, Kind]) -> None:
        super().__init__()
        self._name_proposed = name
        self._kinds = kinds
        self._columns = _columns(kinds.values())

    def compose(self) -> ComposeResult:
        with Vertical(id="save") as box:
            box.border_title = Content("Save")
            box.border_subtitle = Content("Enter writes, Tab name, Esc back")
            yield Input(self._name_proposed, restrict=PRINTABLE, max_length=400, compact=True)
            yield OptionList(
                *(Option(self._prompt(kind, 0), id=name) for name, kind in self._kinds.items()),
                markup=False,
                compact=True,
            )

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()

    def on_resize(self) -> None:
        self.call_after_refresh(self._word)

    def _word(self) -> None:
        """What each is good for, as far as there is room."""
        options = self.query_one(OptionList)
        width = options.scrollable_content_region.width
        for name, kind in self._kinds.items():
            options.replace_option_prompt(name, self._prompt(kind, width))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self._done(str(event.option.id))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        highlighted = self.query_one(OptionList).highlighted
        self._done(list(self._kinds)[highlighted or 0])

    def _done(self, kind: str) -> None:
        name = self.query_one(Input).value.strip() or self._name_proposed
        suffix = self._kinds[kind].suffix
        self.dismiss((kind, name if name.endswith(suffix) else f"{name}{suffix}"))

    def _prompt(self, kind: Kind, width: int) -> Content:
        """One row in `width` cells; where they are few only the words that name it."""
        first, then = self._columns
        named = f"{kind.title:<{first}} {kind.suffix:<{then}} "
        room = width - len(named)
        what = wrap(kind.what, room) if room >= _LEAST else [""]
        head, *more = (Content.styled(line, QUIET) for line in what)
        lines = [Content.assemble((named, "bold"), head)]
        lines += [Content(" " * len(named)) + line for line in more]
        return Content("\n").join(lines)


def _columns(kinds: Iterable[Kind]) -> tuple[int, int]:
    """Cells for titles, and for what file names end with."""
    listed = list(kinds)
    return max(len(each.title) for each in listed) + 1, max(len(each.suffix) for each in listed) + 1
