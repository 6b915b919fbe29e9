"""Lines of labelled text that know their own width: values wrap beside their labels, never sideways."""

from __future__ import annotations

import logging
from collections.abc import Callable

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from mailpath.tui.text import QUIET, Row, after, clean, fit, hang

log = logging.getLogger(__name__)

Painter = Callable[[int], list[Content]]


class WrappedText(Widget):
    """Draws what a painter makes of its width."""

    DEFAULT_CSS = "WrappedText { height: auto; text-wrap: nowrap; text-overflow: clip; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes, markup=False)
        self.auto_links = False  # nothing here is a link: no strip has to be searched for one
        self._paint: Painter = lambda width: []
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

    @property
    def drawn(self) -> list[Content]:
        """As they are drawn."""
        return self._lines(self.content_size.width)

    def painted(self, width: int) -> list[Content]:
        """As they would be drawn in `width` cells."""
        return self._paint(width)

    def lines(self, width: int) -> int:
        """How many there are in `width` cells."""
        return len(self._lines(width))

    def render(self) -> Content:
        return Content("\n").join(self.drawn)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(width))

    def _lines(self, width: int) -> list[Content]:
        """What was painted for `width`.  A painter that fails costs its own lines: an exception while the
        screen is laid out would cost the app."""
        if self._painted is None or self._painted[0] != width:
            try:
                lines = self._paint(width)
            except Exception as error:
                log.exception("painting #%s", self.id)
                lines = [Content(clean(f"This could not be drawn: {type(error).__name__}: {error}"))]
            self._painted = (width, lines)
        return self._painted[1]


class Line(WrappedText):
    """One paragraph, there only while it says something; what is beyond its height is cut, and the cut
    marked."""

    def __init__(self, cut: str, *, id: str) -> None:
        """`cut`: the sign for it."""
        super().__init__(id=id)
        self._cut = cut
        self._said: tuple[str, str] | None = None

    def say(self, text: str, style: str = QUIET) -> None:
        """`text`, or nothing; the same once more costs no new layout."""
        if self._said == (text, style):
            return
        self._said = text, style
        self.set_class(bool(text), "-shown")
        rows = [Row("", clean(text), style=style, label_style="")] if text else []

        def painted(width: int) -> list[Content]:
            lines = hang(rows, width, indent=0)
            most = int(self.styles.max_height.value) if self.styles.max_height else len(lines)
            if len(lines) > most:
                last = after(clean(text), [line.plain for line in lines[: most - 1]])
                lines[most - 1 :] = [Content.styled(fit(last, width, self._cut), style)]
            return lines

        self.show(painted)
