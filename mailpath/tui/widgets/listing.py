"""A list whose highlighted row stays in sight, whatever beside it takes or gives up room."""

from __future__ import annotations

from collections.abc import Iterator

from textual.message import Message
from textual.widgets import OptionList


class Listing(OptionList):
    """Textual's list scrolls when the highlight moves.  What is told of the new row may then take lines from
    the list itself: so it scrolls once more when its size has changed.  Rows are not wrapped."""

    DEFAULT_CSS = "Listing { text-wrap: nowrap; text-overflow: ellipsis; }"

    class Scrolled(Message):
        """Other rows are in sight than before."""

    def on_resize(self) -> None:
        self.scroll_to_highlight()
        self.post_message(self.Scrolled())

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self.post_message(self.Scrolled())

    def scroll_to_highlight(self, top: bool = False) -> None:
        """With the first row that can be chosen, to the very top: what stands above it is to be read, too."""
        here = self.highlighted
        if here is not None and all(option.disabled for option in self.options[:here]):
            ends = next((end for number, _, end in self._rows() if number == here), 0)
            if ends <= self.scrollable_content_region.height:
                self.scroll_to(y=0, animate=False, immediate=True)
                return
        super().scroll_to_highlight(top)

    def in_sight(self) -> tuple[int, int, int]:
        """The first and the last row in sight, counted from 1, and how many there are; blank ones apart."""
        above = round(self.scroll_y)
        below = above + self.scrollable_content_region.height
        rows = [row for row in self._rows() if self.options[row[0]].id is not None]
        seen = [place for place, (_, line, end) in enumerate(rows, 1) if above <= line and end <= below]
        return (seen[0], seen[-1], len(rows)) if seen else (0, 0, len(rows))

    def _rows(self) -> Iterator[tuple[int, int, int]]:
        """Of each option its number, its first line, and the one behind its last."""
        line = 0
        for number, option in enumerate(self.options):
            end = line + str(option.prompt).count("\n") + 1
            yield number, line, end
            line = end
