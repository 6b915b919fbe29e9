"""The path rail: sender to recipient, one stop per step with its glyph and word.

Three lines in a frame where there is room, otherwise one line without.
"""

from __future__ import annotations

from collections.abc import Mapping

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from mailpath.facts import SHORT, STEPS
from mailpath.tui.progress import Progress, all_waiting
from mailpath.tui.text import NUMBERED, QUIET, Glyphs, clean, fit

#: Room for the longest outcome, so that the stops keep their places whatever the posture.
_LAST = 17

#: Names for the rail of one line.
_SHORT = {NUMBERED[step]: f"{STEPS.index(step)} {short}".rstrip() for step, short in SHORT.items()}

_Stop = tuple[str, str, str]  # title with its number, word, style


class Rail(Widget):
    """Draws what it is given by `show`; below five lines of height it draws one."""

    ALLOW_SELECT = False

    def __init__(self, glyphs: Glyphs, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self._glyphs = glyphs
        self._sender = ""
        self._recipient = ""
        self._progress: Mapping[str, Progress] = all_waiting()
        self._verdict: tuple[str, str] | None = None
        self._now = 0.0
        self._places: list[tuple[str, int]] = []
        self._drawn: tuple[str, str, list[_Stop]] | None = None
        self.border_title = Content("Path")

    class Picked(Message):
        """The stop of this step was clicked."""

        def __init__(self, step: str) -> None:
            super().__init__()
            self.step = step

    def show(
        self,
        sender: str | None,
        recipient: str,
        progress: Mapping[str, Progress],
        verdict: tuple[str, str] | None,
        now: float,
    ) -> None:
        """`verdict`: the last stop's text and style once there is one."""
        self._sender = clean(sender or ("any sender" if recipient else ""), 253)
        self._recipient = clean(recipient, 253)
        self._progress = progress
        self._verdict = verdict
        self._now = now
        drawn = (self._sender, self._recipient, self._stops())
        if drawn != self._drawn:  # else all between it and what does change would be drawn too
            self._drawn = drawn
            self.refresh()

    def render(self) -> Content:
        width = self.content_size.width
        stops = self._stops()
        if self.content_size.height >= 3 and width >= 84:
            return Content("\n").join(self._lines(stops, width))
        return self._one_line(stops, width)

    def on_click(self, event: events.Click) -> None:
        """A click on a stop opens its panel."""
        offset = event.get_content_offset(self)
        if offset is not None:
            here = [step for step, start in self._places if start <= offset.x]
            self.post_message(self.Picked(here[-1] if here else STEPS[0]))

    def _stops(self) -> list[_Stop]:
        stops = []
        for step in STEPS:
            word, style = self._progress[step].mark(self._glyphs, self._now)
            if step == "verdict":
                word, style = self._verdict or (f"{self._glyphs.waiting} waiting", QUIET)
            mark = f" {self._glyphs.tampered}" if self._progress[step].tampered else ""
            stops.append((f"{NUMBERED[step]}{mark}", word, style))
        return stops

    def _lines(self, stops: list[_Stop], width: int) -> list[Content]:
        glyphs = self._glyphs
        # The shorter of the two keeps its room, the other gets what is left.
        least = min(cell_len(self._sender), cell_len(self._recipient), width // 2 - 1)
        left = fit(self._sender, max(width - cell_len(self._recipient) - 2, least), glyphs.cut)
        right = fit(self._recipient, width - cell_len(left) - 2, glyphs.cut)
        ends = Content.assemble(
            (left, "bold"), " " * (width - cell_len(left) - cell_len(right)), (right, "bold")
        )
        lead = 4
        cell, spare = divmod(width - lead - _LAST, len(stops) - 1)
        track: list[tuple[str, str]] = [(f" {glyphs.end}{glyphs.line} ", "$edge")]
        words: list[tuple[str, str]] = [(" " * lead, "")]
        self._places = []
        for number, (title, word, style) in enumerate(stops[:-1]):
            self._places.append((STEPS[number], sum(cell_len(text) for text, _ in words)))
            room = cell + (1 if number < spare else 0)
            name = fit(title, room - 2, glyphs.cut)
            track.append((name, "bold" if style != QUIET else QUIET))
            track.append((f" {glyphs.line * (room - cell_len(name) - 2)} ", "$edge"))
            words.append((fit(word, room - 1, glyphs.cut, pad=True) + " ", style))
        self._places.append((STEPS[-1], sum(cell_len(text) for text, _ in words)))
        title, word, style = stops[-1]
        track.append((title, "bold" if style != QUIET else QUIET))
        track.append((" " + glyphs.line * (_LAST - cell_len(title) - 3) + glyphs.end, "$edge"))
        words.append((word, style))
        return [ends, Content.assemble(*track), Content.assemble(*words)]

    def _one_line(self, stops: list[_Stop], width: int) -> Content:
        """`0 Sender – ━ 1 MX ✓ ━ ...`; with shorter names, or numbers alone, where that is too long."""
        glyphs = self._glyphs
        titles = [title for title, _, _ in stops]
        short = [_shortened(title) for title in titles]
        numbers = [title[0] + title[-2:] if title.endswith(glyphs.tampered) else title[0] for title in titles]
        for names, link in ((titles, f" {glyphs.line} "), (short, "  "), (short, " "), (numbers, " ")):
            parts: list[tuple[str, str]] = [(" ", "")]
            self._places = []
            for step, name, (_, mark, style) in zip(STEPS, names[:-1], stops, strict=False):
                self._places.append((step, sum(cell_len(part) for part, _ in parts)))
                parts += [(f"{name} ", QUIET), (mark[0], style), (link, "$edge")]
            self._places.append((STEPS[-1], sum(cell_len(part) for part, _ in parts)))
            parts += [(f"{names[-1]} ", QUIET), stops[-1][1:]]
            if sum(cell_len(part) for part, _ in parts) <= width:
                break
        return Content.assemble(*parts).truncate(width)


def _shortened(title: str) -> str:
    """The short name, with the mark behind it if there is one."""
    for name, short in _SHORT.items():
        if title.startswith(name):
            return short + title.removeprefix(name)
    return title
