"""A list of which always one is chosen: the one highlighted.  Choosing never sends a packet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from mailpath.tui.judging import own_of
from mailpath.tui.keynames import hidden
from mailpath.tui.text import QUIET, Glyphs, clean, fit
from mailpath.tui.widgets.listing import Listing

#: Behind a name: a word or a glyph, and its style.
Mark = tuple[str, str]
#: What a name is shown as: lines of (text, style); the mark stands behind the first.
Label = Sequence[tuple[str, str]]


class Choices(Listing):
    """Names in groups with a blank line between them, each with a mark behind it.

    Letters are not for the list: they stay commands of the screen, as its footer shows them.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "cursor_down", "Choose", key_display="↑↓", id="choices.down", tooltip="Row down"),
        hidden("up,k", "cursor_up", "Up", id="choices.up", tooltip="Row up"),
        hidden("pageup", "page_up", "Page up", id="choices.page-up", tooltip="Page up"),
        hidden("pagedown", "page_down", "Page down", id="choices.page-down", tooltip="Page down"),
        hidden("left", "screen.posture(-1)", "Previous posture", id="choices.left"),
        Binding(
            "right",
            "screen.posture(1)",
            "Posture",
            key_display="←→",
            id="choices.right",
            tooltip="Next posture",
        ),
        Binding(
            "enter",
            "screen.close_list",
            "Done",
            key_display="Enter/Esc",
            id="choices.done",
            tooltip="Back to the steps",
        ),
        Binding(
            "slash", "screen.find", "Find", key_display="/", id="choices.find", tooltip="Type to find a row"
        ),
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
        """`width`: cells for a name, or for the first line of its label."""
        super().__init__(id=id, markup=False, compact=True)
        self._glyphs = glyphs
        self._width = width
        self._labels: dict[str, Label] = {}
        self._told_only: frozenset[str] = frozenset()
        self._marks: Mapping[str, Mark] = {}
        self._pins: Sequence[str] = ()
        self.chosen = chosen

    @property
    def names(self) -> list[str]:
        return list(self._labels)

    def offer(
        self,
        groups: Iterable[Iterable[str]],
        labels: Mapping[str, Label] | None = None,
        closed: Collection[str] = (),
    ) -> None:
        """List the names in `groups` (`labels`: what they are shown as); the chosen one stays chosen.

        `closed`: names that are only told and cannot be chosen.
        """
        listed = [names for group in groups if (names := list(group))]
        known = labels or {}
        self._told_only = frozenset(closed)
        self._labels = {name: known.get(name, ((name, ""),)) for group in listed for name in group}
        with self.prevent(OptionList.OptionHighlighted):
            self.clear_options()
            for number, group in enumerate(listed):
                if number:
                    self.add_option(Option("", disabled=True))
                self.add_options(
                    Option(self._prompt(name), id=name, disabled=name in self._told_only) for name in group
                )
        self.choose(self.chosen)

    def choose(self, name: str) -> None:
        """Move to `name` without telling anybody."""
        before, self.chosen = self.chosen, name
        for each in {before, name} & set(self._labels):
            self.replace_option_prompt(each, self._prompt(each))
        if name in self._labels:
            with self.prevent(OptionList.OptionHighlighted):
                self.highlighted = self.get_option_index(name)

    def neighbour(self, step: int) -> str:
        """The name `step` places on, in list order, round the end."""
        names = self.names
        if self.chosen not in self._labels:
            return self.chosen
        return names[(names.index(self.chosen) + step) % len(names)]

    def rows(self, about: Mapping[str, str]) -> list[tuple[Option, str]]:
        """What can be chosen, each as it is shown, and the words it is found by: its name and `about` it."""
        open_ones = (name for name in self.names if name not in self._told_only)
        return [(Option(self._prompt(name), id=name), f"{name} {about.get(name, '')}") for name in open_ones]

    def take(self, name: str | None) -> None:
        """Choose `name`, as the keys do; None: let it be."""
        if name is not None and name != self.chosen:
            self.choose(name)
            self.post_message(self.Chosen(self, name))

    def move(self, direction: int) -> None:
        """As the arrow keys do."""
        if direction > 0:
            self.action_cursor_down()
        else:
            self.action_cursor_up()

    def mark(self, marks: Mapping[str, Mark]) -> None:
        """Show behind each name what is in `marks` for it."""
        before, self._marks = self._marks, marks
        for name in self._labels:
            if before.get(name) != marks.get(name):
                self.replace_option_prompt(name, self._prompt(name))

    def pin(self, names: Sequence[str]) -> None:
        """Show which ones are kept to compare others with."""
        before, self._pins = self._pins, names
        for name in {*before, *names} & set(self._labels):
            self.replace_option_prompt(name, self._prompt(name))

    def _prompt(self, name: str) -> Content:
        chosen = name == self.chosen
        first, *more = self._labels[name]
        sign = self._glyphs.chosen if chosen else " " if name in self._told_only else self._glyphs.other
        sign = self._glyphs.pinned if name in self._pins else sign
        mark, mark_style = self._marks.get(name, ("", ""))
        text = fit(clean(first[0]), self._width, self._glyphs.cut, pad=True)
        lines = [
            Content.assemble(
                (sign, "$primary" if chosen else QUIET),
                (f" {text} ", f"bold {first[1]}" if chosen else first[1]),
                (clean(mark, 20), mark_style),
            )
        ]
        lines += [Content.assemble(" ", (f" {clean(line)}", style)) for line, style in more]
        return Content("\n").join(lines)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        self.take(event.option.id)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()


def ordered(names: Iterable[str]) -> list[list[str]]:
    """Posture names in groups: the user's own, `rfc`, Postfix's, then each other family, as listed; singles
    together."""
    listed = list(names)
    own = own_of(listed)
    families: dict[str, list[str]] = {}
    for name in listed[len(own) :]:
        families.setdefault(name.split("-", 1)[0], []).append(name)
    first = [families.pop(family) for family in ("rfc", "postfix") if family in families]
    several = [group for group in families.values() if len(group) > 1]
    single = [group[0] for group in families.values() if len(group) == 1]
    return [own, *first, *several, single]
