"""The last line: the keys that work here, as many as fit."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

#: What somebody who is lost needs; these stay when others have to go.
LAST = frozenset({"help", "leave"})


class KeyLine(Footer):
    """Textual's footer cuts what does not fit, and that is its end: here the least needed go instead."""

    def __init__(self) -> None:
        super().__init__(compact=True, show_command_palette=False)
        self._fitted = 0

    def compose(self) -> ComposeResult:
        self._fitted = self.screen.size.width
        keys = [key for key in super().compose() if isinstance(key, FooterKey)]
        yield from fitting(keys, self.screen.size.width)

    async def recompose(self) -> None:
        """Below a dialogue no key of this screen works, but the line stays as it was."""
        if self.screen.is_current:
            await super().recompose()

    def on_resize(self, event: events.Resize) -> None:
        if event.size.width != self._fitted:
            self.call_after_refresh(self.recompose)


def fitting(listed: Sequence[FooterKey], width: int) -> list[FooterKey]:
    """Those of `listed`, in their order, that stand beside each other in `width` cells."""
    gap = 2 if width >= 110 else 1  # as in the style sheet
    sizes = {key: cell_len(key.key_display) + 1 + cell_len(key.description) + gap for key in listed}
    room = width + gap - sum(size for key, size in sizes.items() if key.action in LAST)
    kept: list[FooterKey] = []
    full = False
    for key in listed:
        if key.action in LAST:
            kept.append(key)
        elif not full and sizes[key] <= room:
            room -= sizes[key]
            kept.append(key)
        else:
            full = True
    return kept
