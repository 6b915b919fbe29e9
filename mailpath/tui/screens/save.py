"""Where to and as what: one name, one list."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from mailpath.tui.saving import KINDS
from mailpath.tui.screens.dialogue import Dialogue
from mailpath.tui.text import PRINTABLE, QUIET


class SaveScreen(Dialogue[tuple[str, str] | None]):
    """Ends with (kind, path), or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", id="save.close"),
        Binding("tab", "app.focus_next", "Name", show=False, id="save.name"),
    ]

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name_proposed = name

    def compose(self) -> ComposeResult:
        with Vertical(id="save") as box:
            box.border_title = Content("Save")
            box.border_subtitle = Content("Enter writes it, Tab to the name, Esc goes back")
            yield Input(self._name_proposed, restrict=PRINTABLE, max_length=400, compact=True)
            yield OptionList(
                *(
                    Option(
                        Content.assemble((f"{kind.title:<9} {kind.suffix:<9} ", "bold"), (kind.what, QUIET)),
                        id=name,
                    )
                    for name, kind in KINDS.items()
                ),
                markup=False,
                compact=True,
            )

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self._done(str(event.option.id))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        highlighted = self.query_one(OptionList).highlighted
        self._done(list(KINDS)[highlighted or 0])

    def _done(self, kind: str) -> None:
        name = self.query_one(Input).value.strip() or self._name_proposed
        suffix = KINDS[kind].suffix
        self.dismiss((kind, name if name.endswith(suffix) else f"{name}{suffix}"))
