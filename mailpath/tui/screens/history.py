"""Walks of this run, and recipients of earlier ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual.content import Content
from textual.widgets.option_list import Option

from mailpath.tui.scene import Scene
from mailpath.tui.screens.finding import FindScreen
from mailpath.tui.text import OUTCOME_STYLE, QUIET, Glyphs, both_forms, clean, fit, outcome_word
from mailpath.wording.times import utc

#: Cells for an outcome.
_WORD = 15


class HistoryScreen(FindScreen[Scene | str | None]):
    """Ends with one of `walks`, with a recipient, or with None."""

    BOX = "history"
    FIND = "Type to find; arrows, PgUp, PgDn move"
    ENTER = "Enter shows it"

    def __init__(self, walks: Sequence[Scene], recent: Sequence[str], posture: str, glyphs: Glyphs) -> None:
        super().__init__()
        self._walks = tuple(walks)  # another one may finish meanwhile
        self._recent = tuple(dict.fromkeys(recent))
        self._posture = posture
        self._glyphs = glyphs

    def title_of_box(self) -> str:
        return "Walks"

    def rows(self) -> Iterator[tuple[Option, str]]:
        for number in reversed(range(len(self._walks))):
            path = self._walks[number].path
            yield self._walk(number), f"{path.sender or ''} {path.recipient}"
        if not self._walks:
            yield Option(Content.styled("No walk is finished yet.", QUIET), disabled=True), ""
        if self._recent:
            title = "Recipients of earlier runs; Enter fills one in"
            yield Option("", disabled=True), ""
            yield Option(Content.styled(title, QUIET), disabled=True), ""
        for name in self._recent:
            yield Option(Content(clean(name, 253)), id=f"name:{name}"), name

    def _walk(self, number: int) -> Option:
        """One walk that can be shown again, without a packet."""
        scene = self._walks[number]
        outcome = scene.whole.verdict(self._posture).outcome
        sender = both_forms(scene.path.sender) if scene.path.sender else "any sender"
        path = f"{sender} {self._glyphs.arrow} {both_forms(scene.path.recipient)}"
        word = f"{self._glyphs.of_outcome(outcome)} {outcome_word(outcome)}"
        prompt = Content.assemble(
            (utc(scene.replayer.capture.ground.made)[11:16], QUIET),
            "  ",
            (fit(word, _WORD, self._glyphs.cut, pad=True), OUTCOME_STYLE[outcome]),
            "  ",
            clean(path),
        )
        return Option(prompt, id=f"walk:{number}")

    def picked(self, id: str) -> None:
        kind, _, value = id.partition(":")
        self.dismiss(self._walks[int(value)] if kind == "walk" else value)
