"""The answer, right below the path: what becomes of the mail, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content

from mailpath.tui.text import QUIET, Glyphs, clean, fit, wrap
from mailpath.tui.verdict_style import Mark, mark, of_judged
from mailpath.tui.widgets import compared
from mailpath.tui.widgets.wrapped_text import WrappedText

if TYPE_CHECKING:
    from mailpath.tui.scene import Scene

#: From this height on the screen has room for a table of what changed, in the verdict's panel.
TALL = 30
#: From this width on the answer keeps its height whatever the posture, up to so many lines.
_ROOMY, _HIGHEST = 100, 3


class Answer(WrappedText):
    """Redrawn whenever the scene or the posture changes."""

    def __init__(self, glyphs: Glyphs, *, id: str) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self._highest: tuple[Scene | None, dict[int, int]] = (None, {})

    def tell(self, sentence: str, style: str = QUIET) -> None:
        """A sentence instead of a verdict: nothing walked yet, walking, or what went wrong."""
        text = clean(sentence)
        self._highest = None, {}
        self.show(lambda width: [Content.styled(line, style) for line in wrap(text, width)])

    def answer(self, scene: Scene, posture: str) -> None:
        """The verdict of `posture` on the walk shown."""
        judged, glyphs = scene.shown, self._glyphs
        sentence = judged.sentence(posture)
        shown = of_judged(judged, posture, glyphs, attacked=scene.attacked)
        if self._highest[0] is not scene:
            self._highest = scene, {}

        def painted(width: int) -> list[Content]:
            said = list(paint_sentence(sentence, shown, width))
            if not scene.lens.plain and self.screen.size.height < TALL:
                lens = compared.compare(scene, posture, glyphs)
                return [*compared.brief(lens, glyphs, width), *said]
            return said + [Content("")] * (self._most(scene, width) - len(said))

        self.show(painted)

    def _most(self, scene: Scene, width: int) -> int:
        """Lines that the answers of all postures keep free: what is below stays in its place while the reader
        goes through them."""
        known, judged = self._highest[1], scene.shown
        if width < _ROOMY or self.screen.size.height < TALL:
            return 0
        if width not in known:
            heights = (
                len(list(paint_sentence(judged.sentence(name), _mark(scene, name, self._glyphs), width)))
                for name in judged.postures
            )
            known[width] = min(max(heights, default=0), _HIGHEST)
        return known[width]


def _mark(scene: Scene, posture: str, glyphs: Glyphs) -> Mark:
    judged = scene.shown
    return mark(judged.walk, judged.verdict(posture), glyphs, attacked=scene.attacked)


def column(width: int) -> int:
    """Where the lines below the outcome begin: beside it, where there is room."""
    return 18 if width >= 70 else 2


def paint_sentence(sentence: str, shown: Mark, width: int) -> Iterable[Content]:
    """Glyph and outcome, then the sentence with all its lines in one column."""
    left = column(width)
    style = f"{shown.style} bold"
    if width < 70:
        yield Content.styled(shown.text, style)
        first, rest = "", sentence
    else:
        lead = fit(shown.text, max(cell_len(shown.text) + 2, left), pad=True)
        first = wrap(sentence, width - cell_len(lead))[0]
        rest = sentence[len(first) :].strip()
        yield Content.assemble((lead, style), first)
    if rest:
        yield from (Content(" " * left + line) for line in wrap(rest, width - left))
