"""Lines of labelled text that know their own width: values wrap beside their labels, never sideways."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from mailpath.tui.text import clean

Painter = Callable[[int], list[Content]]


class Flow(Widget):
    """Draws what a painter makes of its width."""

    DEFAULT_CSS = "Flow { height: auto; text-wrap: nowrap; text-overflow: clip; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes, markup=False)
        self.auto_links = False  # nothing here is a link: no strip has to be searched for one
        self._paint: Painter = _nothing
        self._painted: tuple[int, list[Content]] | None = None

    def show(self, paint: Painter) -> None:
        before, self._painted = self._painted, None
        self._paint = paint
        if before is not None and len(self._lines(before[0])) == len(before[1]):
            self.refresh()  # as many lines as before: nobody else has to move
        else:
            self.clear_cached_dimensions()
            self.refresh(layout=True)

    def again(self) -> None:
        """Paint once more: something else than the width has changed."""
        self.show(self._paint)

    def render(self) -> Content:
        return Content("\n").join(self._lines(self.content_size.width))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(width))

    def _lines(self, width: int) -> list[Content]:
        """What was painted for `width`.  A painter that fails costs its own lines: an exception while the
        screen is laid out would cost the app."""
        if self._painted is None or self._painted[0] != width:
            try:
                lines = self._paint(width)
            except Exception as error:  # noqa: BLE001
                lines = [Content(clean(f"This could not be drawn: {type(error).__name__}: {error}"))]
            self._painted = (width, lines)
        return self._painted[1]


def _nothing(width: int) -> list[Content]:
    return []
