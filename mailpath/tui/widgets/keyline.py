"""The last line: the keys that work here, as many as fit.

Textual's footer is a widget for each key, made again at every move of the focus, and cuts what does not
fit, which is its end.  This is one widget, and the least needed go instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual import events
from textual.binding import ActiveBinding, Binding
from textual.content import Content
from textual.screen import Screen
from textual.style import Style
from textual.widget import Widget

#: What somebody who is lost needs, the way back, and the lab's next scenario; these stay when others have to
#: go.
LAST = frozenset({"scenario(1)", "table", "app.menu", "help", "leave"})
#: Cells from which on the keys stand two cells apart.
_WIDE = 110


class KeyLine(Widget):
    """Follows the focus.  Below a dialogue no key of its screen works, but the line stays as it was."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._keys: list[ActiveBinding] = []

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._update_keys)

    def _update_keys(self, screen: Screen[object]) -> None:
        if screen.is_current and self.app.app_focus:
            keys = list(_listed(screen))
            if keys != self._keys:
                self._keys = keys
                self.refresh()

    def render(self) -> Content:
        """Each key with what a click presses, and what the mouse is told above it."""
        width = self.size.width
        gap = 2 if width >= _WIDE else 1
        written = [self._written(active, gap) for active in self._keys]
        last = [active.binding.action in LAST for active in self._keys]
        return Content("").join(fitting(written, last, width + gap)).rstrip()

    def _written(self, active: ActiveBinding, gap: int) -> Content:
        shown = (self.app.get_key_display(active.binding), "$footer-key-foreground bold")
        off = " off" if is_on(active, self.screen) else ""
        content = Content.assemble(shown, f" {active.binding.description}{off}{' ' * gap}")
        return content.stylize(Style.from_meta({"key": active.binding.key, "told": active.tooltip}))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        told = event.style.meta.get("told")
        self.tooltip = Content(told) if told else None

    def on_click(self, event: events.Click) -> None:
        if key := event.style.meta.get("key"):
            self.app.simulate_key(key)


def _listed(screen: Screen[object]) -> Iterator[ActiveBinding]:
    """The bindings that are to be shown, as they were declared (a keymap puts its own behind the others);
    of several for one action the first."""
    seen: set[str] = set()
    active = list(screen.active_bindings.values())
    nodes = list(dict.fromkeys(each.node for each in active))
    for each in sorted(active, key=lambda each: (nodes.index(each.node), _place(each))):
        if (each.binding.show or is_on(each, screen)) and each.enabled and each.binding.action not in seen:
            seen.add(each.binding.action)
            yield each


def is_on(active: ActiveBinding, screen: Screen[object]) -> bool:
    """Whether it turned on what it turns off again."""
    return screen.has_class(f"-{active.binding.action}")


def _place(active: ActiveBinding) -> int:
    """Of a binding among those of its class."""
    ids = [each.id for each in type(active.node).BINDINGS if isinstance(each, Binding)]
    return ids.index(active.binding.id) if active.binding.id in ids else len(ids)


def fitting(keys: Sequence[Content], last: Sequence[bool], room: int) -> Iterator[Content]:
    """Those of `keys`, in their order, that stand beside each other in `room` cells; all that are `last`."""
    room -= sum(key.cell_length for key, stays in zip(keys, last, strict=True) if stays)
    full = False
    for key, stays in zip(keys, last, strict=True):
        if not stays:
            room -= key.cell_length
            full = full or room < 0
        if stays or not full:
            yield key
