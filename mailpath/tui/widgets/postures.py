"""The posture list: moving over it judges the stored walk again; no packet is sent for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from mailpath.tui.text import QUIET, Glyphs, clean, fit


def ordered(names: Iterable[str]) -> list[list[str]]:
    """Posture names in groups: `rfc`, Postfix's, then each other family, as listed; singles together."""
    families: dict[str, list[str]] = {}
    for name in names:
        families.setdefault(name.split("-", 1)[0], []).append(name)
    first = [families.pop(family) for family in ("rfc", "postfix") if family in families]
    several = [group for group in families.values() if len(group) > 1]
    single = [group[0] for group in families.values() if len(group) == 1]
    return [*first, *several, *([single] if single else [])]


#: Cells for a name: the longest preset's.
_NAME = 24


class Postures(OptionList):
    """What the sender may enforce.  The highlighted posture is the chosen one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Next posture", show=False, id="postures.down"),
        Binding("k", "cursor_up", "Previous posture", show=False, id="postures.up"),
        Binding("left", "screen.posture(-1)", "Previous posture", show=False, id="postures.left"),
        Binding("right", "screen.posture(1)", "Next posture", show=False, id="postures.right"),
    ]

    class Chosen(Message):
        def __init__(self, posture: str) -> None:
            super().__init__()
            self.posture = posture

    def __init__(self, glyphs: Glyphs, chosen: str, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False, compact=True)
        self._glyphs = glyphs
        self._marks: Callable[[str], tuple[str, str]] | None = None
        self._names: list[str] = []
        self.chosen = chosen
        self.border_title = Content("Posture")

    def offer(self, names: Iterable[str]) -> None:
        """List `names`; the chosen one stays chosen."""
        groups = ordered(names)
        self._names = [name for group in groups for name in group]
        self.clear_options()
        for number, group in enumerate(groups):
            if number:
                self.add_option(Option("", disabled=True))
            self.add_options(Option(self._prompt(name), id=name) for name in group)
        self.choose(self.chosen)

    def choose(self, posture: str) -> None:
        """Move to `posture` without telling anybody."""
        before, self.chosen = self.chosen, posture
        for name in {before, posture} & set(self._names):
            self.replace_option_prompt(name, self._prompt(name))
        if posture in self._names:
            with self.prevent(OptionList.OptionHighlighted):
                self.highlighted = self.get_option_index(posture)

    def neighbour(self, step: int) -> str:
        """The posture `step` places on, in list order, round the end."""
        if self.chosen not in self._names:
            return self.chosen
        return self._names[(self._names.index(self.chosen) + step) % len(self._names)]

    def mark(self, marks: Callable[[str], tuple[str, str]] | None) -> None:
        """Show beside each posture what it makes of the walk (glyph and style); None: nothing."""
        self._marks = marks
        for name in self._names:
            self.replace_option_prompt(name, self._prompt(name))

    def _prompt(self, name: str) -> Content:
        chosen = name == self.chosen
        mark, style = self._marks(name) if self._marks else ("", "")
        return Content.assemble(
            (self._glyphs.chosen if chosen else self._glyphs.other, "$primary" if chosen else QUIET),
            (f" {fit(clean(name), _NAME, self._glyphs.cut, pad=True)} ", "bold" if chosen else ""),
            (mark, style),
        )

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        if event.option.id is not None and event.option.id != self.chosen:
            self.choose(event.option.id)
            self.post_message(self.Chosen(event.option.id))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
