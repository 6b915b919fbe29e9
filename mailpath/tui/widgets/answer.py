"""The answer, right below the path: what becomes of the mail, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content
from textual.style import Style

from mailpath.tui.text import QUIET, Glyphs, clean, fit, wrap
from mailpath.tui.verdict_style import Mark, of_judged
from mailpath.tui.widgets import compared
from mailpath.tui.widgets.wrapped_text import WrappedText

if TYPE_CHECKING:
    from mailpath.tui.scene import Scene

#: The three doors.
_WALK = "Type the recipient's domain and press Enter. No packet is sent before that."
_PASTE = "Put a log line or a bounce into To; its path is filled in, and its cause looked for."
_LAB = "{keys}: faults to study on this machine. No packet leaves it."

#: From this height on the screen has room for a table of what changed, in the verdict's panel.
TALL = 30
#: From this width on it has so many lines at least: what is below stays in its place while the reader goes
#: through the postures, whose sentences take one or two.
_ROOMY, _LEAST = 100, 2


class Answer(WrappedText):
    """Redrawn whenever the scene or the posture changes."""

    def __init__(self, glyphs: Glyphs, *, id: str) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs

    def tell(self, sentence: str, style: str = QUIET) -> None:
        """A sentence instead of a verdict: nothing walked yet, walking, or what went wrong."""
        text = clean(sentence)
        self.show(lambda width: [Content.styled(line, style) for line in wrap(text, width)])

    def begin(self, *, lab: bool, keys: str) -> None:
        """What can be done first: a line can be clicked.  `keys`: those that open the lab, if there is one
        to open."""
        doors = [("Walk a domain", "screen.edit", _WALK), ("Paste a line", "screen.edit", _PASTE)]
        doors += [("Open the lab", "screen.lab", _LAB.format(keys=keys))] if lab else []
        self.show(lambda width: [line for door in doors for line in _paint_door(*door, width)])

    def answer(self, scene: Scene, posture: str) -> None:
        """The verdict of `posture` on the walk shown."""
        judged, glyphs = scene.shown, self._glyphs
        sentence = judged.sentence(posture)
        shown = of_judged(judged, posture, glyphs, attacked=scene.attacked)

        def painted(width: int) -> list[Content]:
            said = list(paint_sentence(sentence, shown, width))
            if not scene.lens.plain and self.screen.size.height < TALL:
                lens = compared.compare(scene, posture, glyphs)
                # An attack's evidence tells the outcome and its reason already.
                return [*compared.brief(lens, glyphs, width), *(said if lens.outcome is None else ())]
            roomy = self.screen.size.height >= TALL and width >= _ROOMY
            return said + [Content("")] * (_LEAST - len(said) if roomy else 0)

        self.show(painted)


def _paint_door(name: str, action: str, told: str, width: int) -> Iterable[Content]:
    left = column(width)
    lead = fit(name, left, pad=True) if left > len(name) else f"{name}: "
    first, *more = wrap(told, width - left) if left > len(name) else wrap(f"{lead}{told}", width - left)
    named = Content.assemble((lead, "$primary bold"), (first.removeprefix(lead), QUIET))
    yield named.stylize(Style.from_meta({"@click": action}))
    yield from (Content.styled(" " * left + line, QUIET) for line in more)


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
