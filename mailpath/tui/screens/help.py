"""The keys, as the widgets themselves declare them, and on a second page the words, signs and colors."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

from mailpath.facts import WALKED
from mailpath.tui.keynames import hidden, key_text
from mailpath.tui.screens.finding import Dialogue, FindScreen
from mailpath.tui.screens.keys import FROM_TABLE, GROUPS, REST, does
from mailpath.tui.screens.reply import ReplyScreen
from mailpath.tui.screens.save import SaveScreen
from mailpath.tui.screens.survey_keys import TABLE
from mailpath.tui.text import ASCII, QUIET, UNICODE, wrap
from mailpath.tui.widgets.bar import NameInput, WalkButton
from mailpath.tui.widgets.choices import Choices
from mailpath.tui.widgets.search import SearchInput
from mailpath.tui.widgets.steps import FilterInput, StepPanel
from mailpath.tui.widgets.verdict import VerdictPanel
from mailpath.tui.widgets.wrapped_text import WrappedText

#: A widget, what its keys are called as long as it has the focus, and otherwise ("": not told then).
_PLACES: tuple[tuple[type[Widget], str, str], ...] = (
    (StepPanel, "Here: a step", "In a step"),
    (Choices, "Here: a list", "In a list"),
    (VerdictPanel, "Here: the verdict", ""),
    (NameInput, "You are in an input; press Esc to use the keys below", ""),
    (FilterInput, "You are in the search; press Esc to use the keys below", ""),
)

_MOUSE = (
    "Click to choose in a list, to open a step, or to pick a host in the verdict's table. Drag to select"
    " text, and press Ctrl-C to copy it; with --no-mouse the terminal selects."
)

Group = tuple[str, list[BindingType]]


def groups(here: Widget | None = None, screen: Screen[Any] | None = None) -> list[Group]:
    """Every group of keys, with its title: first those of the widget that has the focus.  `screen`: only what
    this one does now."""
    found: list[Group] = [
        (title, list(kind.BINDINGS)) for kind, title, _ in _PLACES if isinstance(here, kind)
    ]
    for title, bindings in (GROUPS if screen is None else getattr(screen, "KEYS", GROUPS)).items():
        done = [each for each in bindings if screen is None or does(screen, each)]
        found += [(title, done)] if done else []
    if screen is not None and any(does(screen, each) for each in FROM_TABLE):
        found.append(("Survey", list(FROM_TABLE)))
    found += [
        (title, list(kind.BINDINGS)) for kind, _, title in _PLACES if title and not isinstance(here, kind)
    ]
    if screen is None:  # those of every screen
        found.append(("In a survey", [*TABLE, *FROM_TABLE]))
    return found


class _Box(VerticalScroll):
    """Says on its edge whether there is more than is seen."""

    def on_resize(self) -> None:
        self.call_after_refresh(self._say)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._say()

    def _say(self) -> None:
        below = round(self.max_scroll_y - self.scroll_y)
        more = f"{below} more lines: PgDn; " if below > 0 else ""
        self.border_subtitle = Content(f"{more}Esc closes")


class HelpScreen(Dialogue[None]):
    """Every key of the screen below, in groups of (title, bindings); on the second page the words."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Close", id="help.close"),
        Binding("question_mark,tab", "turn", "Words", id="help.turn"),
        hidden("j", "scroll(1)", "Down", id="help.down"),
        hidden("k", "scroll(-1)", "Up", id="help.up"),
    ]

    def __init__(
        self,
        groups: Iterable[tuple[str, Iterable[BindingType]]],
        ascii: bool = False,
        keymap: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        self._keymap = keymap
        self._groups = [(title, list(bindings)) for title, bindings in groups]
        self._ascii = ascii
        self._words = False

    def compose(self) -> ComposeResult:
        with _Box(id="help"):
            yield WrappedText()

    def on_mount(self) -> None:
        self._show()
        self.query_one(_Box).focus()

    def action_turn(self) -> None:
        """The other page."""
        self._words = not self._words
        self._show()

    def _show(self) -> None:
        box = self.query_one(_Box)
        box.border_title = Content(
            "Words (2 of 2; Tab: keys)" if self._words else "Keys (1 of 2; Tab: words)"
        )
        box.query_one(WrappedText).show(self._paint_words if self._words else self._paint)
        box.scroll_home(animate=False)

    def action_scroll(self, lines: int) -> None:
        self.query_one(_Box).scroll_relative(y=lines, animate=False)

    def _paint_words(self, width: int) -> list[Content]:
        glyphs = ASCII if self._ascii else UNICODE
        lines: list[Content] = []
        for group in words():
            lines += [Content("")] if lines else []
            lines.append(Content.styled(group["title"], "bold"))
            for entry in group["entry"]:
                sign = getattr(glyphs, entry["sign"]) if "sign" in entry else ""
                lead = f"{sign} {entry['name']}".lstrip()
                first, *more = wrap(entry["means"], width - 18)
                lines.append(Content.assemble((f"  {lead:<15} ", entry.get("style", "$primary")), first))
                lines += [Content(f"{'':18}{line}") for line in more]
        return lines

    def _paint(self, width: int) -> list[Content]:
        lines: list[Content] = []
        for title, bindings in self._groups:
            lines += [Content("")] if lines else []
            lines.append(Content.styled(title, "bold"))
            for keys, what, _ in told(bindings, self._ascii, self._keymap):
                first, *more = wrap(what, width - 17)
                lines.append(Content.assemble((f"  {keys:<14} ", "$primary"), first))
                lines += [Content(f"{'':17}{line}") for line in more]
        lines += [Content(""), Content.styled("Mouse", "bold")]
        lines += [Content.styled(f"  {line}", QUIET) for line in wrap(_MOUSE, width - 2)]
        return lines


def words() -> list[dict[str, Any]]:
    """Groups of entries, as `words.toml` has them."""
    text = resources.files(__package__).joinpath("words.toml").read_text("utf-8")
    groups: list[dict[str, Any]] = tomllib.loads(text)["group"]
    return groups


def told(
    bindings: Iterable[BindingType], ascii: bool = False, keymap: Mapping[str, str] | None = None
) -> Iterator[tuple[str, str, str]]:
    """(keys, what they do, id); the digits, which all open a panel, in one row.  `keymap`: id -> keys."""
    digits = False
    for binding in bindings:
        assert isinstance(binding, Binding)
        id = binding.id or ""
        keys = (keymap or {}).get(id, binding.key)
        if not keys.isdigit():
            yield key_text(keys, ascii), binding.tooltip or binding.description, id
        elif not digits:
            digits = True
            yield f"0 to {len(WALKED)}", "Panel with that number", "path.jump-STEP"


def ids() -> list[str]:
    """Of every binding of the app's own, as a config file may name it."""
    from mailpath.tui.learning.keys import CLASS, LEARN, PANE, TEXT, TYPED

    declared = [*GROUPS.values(), FROM_TABLE, *(kind.BINDINGS for kind, _, _ in _PLACES)]
    declared += [WalkButton.BINDINGS, TABLE, SearchInput.BINDINGS, REST]
    declared += [screen.BINDINGS for screen in (HelpScreen, SaveScreen, ReplyScreen, FindScreen)]
    declared += [LEARN, PANE, TYPED, TEXT, CLASS]
    bindings = [binding for group in declared for binding in group if isinstance(binding, Binding)]
    return [binding.id for binding in bindings if binding.id]


#: What a config file can call by name.
BINDINGS = frozenset(ids())
