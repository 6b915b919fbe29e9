"""The path rail: one line with a stop for each step, where there is no room for the lines of all steps."""

from __future__ import annotations

from collections.abc import Mapping

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from mailpath.facts import SHORT, STEPS
from mailpath.tui.progress import Progress, all_waiting
from mailpath.tui.text import NUMBERED, QUIET, Glyphs

#: Names where those of the panels are too long.
_SHORT = {NUMBERED[step]: f"{STEPS.index(step)} {short}".rstrip() for step, short in SHORT.items()}


class Rail(Widget):
    """Draws what it is given by `show`."""

    ALLOW_SELECT = False

    def __init__(self, glyphs: Glyphs, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self._glyphs = glyphs
        self._progress: Mapping[str, Progress] = all_waiting()
        self._opened: str | None = None
        self._now = 0.0
        self._places: list[tuple[str, int]] = []

    class Picked(Message):
        """The stop of this step was clicked."""

        def __init__(self, step: str) -> None:
            super().__init__()
            self.step = step

    def show(self, progress: Mapping[str, Progress], now: float, opened: str | None) -> None:
        self._progress, self._now, self._opened = progress, now, opened
        if self.display:
            self.refresh()

    def open(self, step: str | None) -> None:
        self.show(self._progress, self._now, step)

    def on_click(self, event: events.Click) -> None:
        """A click on a stop opens its panel."""
        offset = event.get_content_offset(self)
        if offset is not None:
            here = [step for step, start in self._places if start <= offset.x]
            self.post_message(self.Picked(here[-1] if here else STEPS[0]))

    def _stops(self) -> list[tuple[str, str, str]]:
        """Of each step its title with its number, its sign, and the style of that; the verdict has no sign
        here: it is told above."""
        stops = []
        for step in STEPS:
            progress = self._progress[step]
            word, style = progress.mark(self._glyphs, self._now)
            touched = f" {self._glyphs.tampered}" if progress.tampered else ""
            stops.append((f"{NUMBERED[step]}{touched}", "" if step == "verdict" else word[0], style))
        return stops

    def render(self) -> Content:
        """`0 Sender ✓  1 MX ✓  ...`; with shorter names, or numbers alone, where that is too long."""
        tampered, width, stops = self._glyphs.tampered, self.content_size.width, self._stops()
        titles = [title for title, *_ in stops]
        numbers = [title[0] + title[-2:] if title.endswith(tampered) else title[0] for title in titles]
        parts: list[tuple[str, str]] = []
        for names, link in (
            (titles, "  "),
            ([*map(_shortened, titles)], "  "),
            ([*map(_shortened, titles)], " "),
            (numbers, " "),
        ):
            parts, self._places = [], []
            for step, name, (_, sign, style) in zip(STEPS, names, stops, strict=True):
                self._places.append((step, sum(cell_len(text) for text, _ in parts)))
                own = "bold" if step == self._opened else QUIET
                parts += [(f"{name} ", own), (sign, style), (link, "")]
            if sum(cell_len(text) for text, _ in parts) - len(link) <= width:
                break
        return Content.assemble(*parts).truncate(width)


def _shortened(title: str) -> str:
    """The short name, with the mark behind it if there is one."""
    for name, short in _SHORT.items():
        if title.startswith(name):
            return short + title.removeprefix(name)
    return title
