"""The line of a step: how it stands, and in a sentence why."""

from __future__ import annotations

from textual.content import Content

from mailpath.facts import ENVELOPE, LOOKS_FOR, STEPS, TITLES
from mailpath.tui.progress import Progress
from mailpath.tui.text import QUIET, Glyphs, after, clean, fit, wrap
from mailpath.tui.widgets.body import columns, summary_room
from mailpath.tui.widgets.wrapped_text import WrappedText
from mailpath.wording.times import milliseconds

#: Lines that the summary of an opened step may take, and cells before all but the first.
MOST_OPENED, _INDENT = 4, 4


class StepLine(WrappedText):
    """Of a panel: marker, number and name, glyph and word, summary, time.  `most`: lines it may take."""

    ALLOW_SELECT = False

    def __init__(self, step: str, glyphs: Glyphs) -> None:
        super().__init__()
        self._glyphs = glyphs
        self._progress = Progress(step)
        self._now = 0.0
        self.opened = False
        self.most = 1
        self._paint = self._painted_at

    def tell(self, progress: Progress, now: float) -> None:
        self._progress, self._now = progress, now
        self.again()

    def allow(self, lines: int) -> None:
        if lines != self.most:
            self.most = lines
            self.again()

    def wanted(self, width: int) -> int:
        """Lines that all of it takes."""
        return len(self._wrapped(width))

    def _wrapped(self, width: int) -> list[str]:
        """The summary; of what is opened all but the first line has the whole width."""
        text, room = self._summary(), summary_room(width)
        if not self.opened:
            return wrap(text, room)
        first = wrap(text, room)[0]
        rest = after(text, [first])
        return [first, *(wrap(rest, width - _INDENT) if rest else ())]

    def _summary(self) -> str:
        progress = self._progress
        waiting = clean(progress.waiting) if progress.running else ""
        return clean(progress.result.summary) if progress.result else waiting or LOOKS_FOR[progress.step]

    def _painted_at(self, width: int) -> list[Content]:
        glyphs, progress = self._glyphs, self._progress
        number = "E" if progress.step == ENVELOPE else STEPS.index(progress.step)
        word, style = progress.mark(glyphs, self._now)
        word_width, elapsed_width = columns(width)
        word = fit(word, word_width - 1, glyphs.cut, pad=True) + " "
        mark = f" {glyphs.tampered}" if progress.tampered else ""
        aside = progress.note
        if not aside and progress.elapsed_ms is not None:
            aside = milliseconds(progress.elapsed_ms)
        arrow = glyphs.opened if self.opened else glyphs.closed
        head = f"{arrow} {number} {TITLES[progress.step] + mark:<10} "
        known = progress.result or (progress.running and progress.waiting)
        room = summary_room(width)
        indent = _INDENT if self.opened else width - room - elapsed_width
        lines = self._wrapped(width)
        if len(lines) > self.most:
            cells = room if self.most == 1 else width - indent
            left = after(self._summary(), lines[: self.most - 1])
            lines[self.most - 1 :] = [fit(left, cells, glyphs.cut)]
        first, *rest = lines
        line = Content.assemble(
            (head, "bold" if progress.result or progress.running else QUIET),
            (word, style),
            (fit(first, room, pad=True), "" if known else QUIET),
            (f"{aside:>{elapsed_width}}" if elapsed_width else "", "$accent" if progress.note else QUIET),
        )
        return [line, *(Content.assemble(" " * indent, (each, "" if known else QUIET)) for each in rest)]
