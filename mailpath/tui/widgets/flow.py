"""Lines of labelled text that know their own width: values wrap beside their labels, never sideways."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

Painter = Callable[[int], list[Content]]


class Flow(Widget):
    """Draws what a painter makes of its width."""

    DEFAULT_CSS = "Flow { height: auto; text-wrap: nowrap; text-overflow: clip; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes, markup=False)
        self._paint: Painter = _nothing

    def show(self, paint: Painter) -> None:
        self._paint = paint
        self.clear_cached_dimensions()
        self.refresh(layout=True)

    def render(self) -> Content:
        return Content("\n").join(self._paint(self.content_size.width))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._paint(width))


def _nothing(width: int) -> list[Content]:
    return []
