"""A list of which always one is chosen: the one highlighted.  Choosing never sends a packet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from mailpath.tui.text import QUIET, Glyphs, clean, fit

#: Behind a name: a word or a glyph, and its style.
Mark = tuple[str, str]


class Choices(OptionList):
    """Names in groups with a blank line between them, each with a mark behind it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Next", show=False, id="choices.down"),
        Binding("k", "cursor_up", "Previous", show=False, id="choices.up"),
        Binding("left", "screen.posture(-1)", "Previous posture", show=False, id="choices.left"),
        Binding("right", "screen.posture(1)", "Next posture", show=False, id="choices.right"),
        Binding("enter", "screen.back", "Done", show=False, id="choices.done", tooltip="Back to the steps"),
    ]

    class Chosen(Message):
        """`name` was chosen in `control`."""

        def __init__(self, choices: Choices, name: str) -> None:
            super().__init__()
            self.choices = choices
            self.name = name

        @property
        def control(self) -> Choices:
            return self.choices

    def __init__(self, glyphs: Glyphs, chosen: str, *, width: int, id: str | None = None) -> None:
        """`width`: cells for a name."""
        super().__init__(id=id, markup=False, compact=True)
        self._glyphs = glyphs
        self._width = width
        self._labels: dict[str, str] = {}
        self._marks: Mapping[str, Mark] = {}
        self.chosen = chosen

    @property
    def names(self) -> list[str]:
        return list(self._labels)

    def offer(self, groups: Iterable[Iterable[str]], labels: Mapping[str, str] | None = None) -> None:
        """List the names in `groups` (`labels`: what they are shown as); the chosen one stays chosen."""
        listed = [list(group) for group in groups]
        self._labels = {name: clean((labels or {}).get(name, name)) for group in listed for name in group}
        with self.prevent(OptionList.OptionHighlighted):
            self.clear_options()
            for number, group in enumerate(listed):
                if number and group:
                    self.add_option(Option("", disabled=True))
                self.add_options(Option(self._prompt(name), id=name) for name in group)
        self.choose(self.chosen)

    def choose(self, name: str) -> None:
        """Move to `name` without telling anybody."""
        before, self.chosen = self.chosen, name
        for each in {before, name} & set(self._labels):
            self.replace_option_prompt(each, self._prompt(each))
        if name in self._labels:
            with self.prevent(OptionList.OptionHighlighted):
                self.highlighted = self.get_option_index(name)

    def on_resize(self) -> None:
        """What is chosen stays in sight when the words below take more room."""
        self.call_after_refresh(self.scroll_to_highlight)

    def neighbour(self, step: int) -> str:
        """The name `step` places on, in list order, round the end."""
        names = self.names
        if self.chosen not in self._labels:
            return self.chosen
        return names[(names.index(self.chosen) + step) % len(names)]

    def mark(self, marks: Mapping[str, Mark]) -> None:
        """Show behind each name what is in `marks` for it."""
        before, self._marks = self._marks, marks
        for name in self._labels:
            if before.get(name) != marks.get(name):
                self.replace_option_prompt(name, self._prompt(name))

    def _prompt(self, name: str) -> Content:
        chosen = name == self.chosen
        mark, style = self._marks.get(name, ("", ""))
        label = fit(self._labels[name], self._width, self._glyphs.cut, pad=True)
        return Content.assemble(
            (self._glyphs.chosen if chosen else self._glyphs.other, "$primary" if chosen else QUIET),
            (f" {label} ", "bold" if chosen else ""),
            (clean(mark, 12), style),
        )

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        if event.option.id is not None and event.option.id != self.chosen:
            self.choose(event.option.id)
            self.post_message(self.Chosen(self, event.option.id))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()


def ordered(names: Iterable[str]) -> list[list[str]]:
    """Posture names in groups: `rfc`, Postfix's, then each other family, as listed; singles together."""
    families: dict[str, list[str]] = {}
    for name in names:
        families.setdefault(name.split("-", 1)[0], []).append(name)
    first = [families.pop(family) for family in ("rfc", "postfix") if family in families]
    several = [group for group in families.values() if len(group) > 1]
    single = [group[0] for group in families.values() if len(group) == 1]
    return [*first, *several, *([single] if single else [])]
