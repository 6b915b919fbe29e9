"""The last line: the keys that work here, as many as fit.

Textual's footer is a widget for each key, made again at every move of the focus, and cuts what does not
fit, which is its end.  This is one widget, and the least needed go instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual import events
from textual.binding import ActiveBinding, Binding
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

#: What somebody who is lost needs; these stay when others have to go.
LAST = frozenset({"help", "leave"})
#: Cells from which on the keys stand two cells apart.
_WIDE = 110


@dataclass(frozen=True)
class Key:
    """`key` is pressed for a click on it; `shown` is how it is written."""

    key: str
    shown: str
    words: str
    action: str
    tooltip: str

    @property
    def width(self) -> int:
        return cell_len(self.shown) + 1 + cell_len(self.words)


class KeyLine(Widget):
    """Follows the focus.  Below a dialogue no key of its screen works, but the line stays as it was."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._keys: tuple[Key, ...] = ()

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def _changed(self, screen: Screen[object]) -> None:
        if screen.is_current and self.app.app_focus:
            keys = tuple(self._listed(screen))
            if keys != self._keys:
                self._keys = keys
                self.refresh()

    def _listed(self, screen: Screen[object]) -> Iterator[Key]:
        """The bindings that are to be shown, as they were declared (a keymap puts its own behind the others);
        of several for one action the first."""
        seen: set[str] = set()
        active = list(screen.active_bindings.values())
        nodes = list(dict.fromkeys(each.node for each in active))
        active.sort(key=lambda each: (nodes.index(each.node), _place(each)))
        for _, binding, enabled, tooltip in active:
            if binding.show and enabled and binding.action not in seen:
                seen.add(binding.action)
                shown = self.app.get_key_display(binding)
                yield Key(binding.key, shown, binding.description, binding.action, tooltip)

    def render(self) -> Content:
        parts: list[Content | str | tuple[str, str]] = []
        for number, (_, key) in enumerate(self._placed()):
            parts.append(" " * _gap(self.size.width) if number else "")
            parts += [(key.shown, "$footer-key-foreground bold"), f" {key.words}"]
        return Content.assemble(*parts)

    def _placed(self) -> Iterator[tuple[int, Key]]:
        """The keys that fit, each with the column it begins in."""
        column = 0
        for key in fitting(self._keys, self.size.width):
            yield column, key
            column += key.width + _gap(self.size.width)

    def _under(self, event: events.MouseEvent) -> Key | None:
        found = [key for column, key in self._placed() if column <= event.x < column + key.width]
        return found[0] if found else None

    def on_mouse_move(self, event: events.MouseMove) -> None:
        key = self._under(event)
        self.tooltip = Content(key.tooltip) if key is not None and key.tooltip else None

    def on_click(self, event: events.Click) -> None:
        key = self._under(event)
        if key is not None:
            self.app.simulate_key(key.key)


def _place(active: ActiveBinding) -> int:
    """Of a binding among those of its class."""
    ids = [each.id for each in type(active.node).BINDINGS if isinstance(each, Binding)]
    return ids.index(active.binding.id) if active.binding.id in ids else len(ids)


def _gap(width: int) -> int:
    return 2 if width >= _WIDE else 1


def fitting(listed: Sequence[Key], width: int) -> list[Key]:
    """Those of `listed`, in their order, that stand beside each other in `width` cells."""
    gap = _gap(width)
    room = width + gap - sum(key.width + gap for key in listed if key.action in LAST)
    kept: list[Key] = []
    full = False
    for key in listed:
        if key.action in LAST:
            kept.append(key)
        elif not full and key.width + gap <= room:
            room -= key.width + gap
            kept.append(key)
        else:
            full = True
    return kept
