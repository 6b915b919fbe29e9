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


def history(walks: Sequence[Scene], recent: Sequence[str], posture: str, glyphs: Glyphs) -> FindScreen:
    """Ends with "walk:N", the index of one of `walks`, with "name:RECIPIENT", or with None."""
    return FindScreen(
        "Walks",
        list(_rows(walks, recent, posture, glyphs)),
        box="history",
        find="Type to find; arrows, PgUp, PgDn move",
        enter="Enter shows it",
    )


def _rows(
    walks: Sequence[Scene], recent: Sequence[str], posture: str, glyphs: Glyphs
) -> Iterator[tuple[Option, str]]:
    for number in reversed(range(len(walks))):
        path = walks[number].path
        prompt = _walk(walks[number], posture, glyphs)
        yield Option(prompt, id=f"walk:{number}"), f"{path.sender or ''} {path.recipient}"
    if not walks:
        yield Option(Content.styled("No walk is finished yet.", QUIET), disabled=True), ""
    if recent:
        title = "Recipients of earlier runs; Enter fills one in"
        yield Option("", disabled=True), ""
        yield Option(Content.styled(title, QUIET), disabled=True), ""
    for name in dict.fromkeys(recent):
        yield Option(Content(clean(name, 253)), id=f"name:{name}"), name


def _walk(scene: Scene, posture: str, glyphs: Glyphs) -> Content:
    """One walk that can be shown again, without a packet."""
    outcome = scene.whole.verdict(posture).outcome
    sender = both_forms(scene.path.sender) if scene.path.sender else "any sender"
    word = f"{glyphs.of(outcome)} {outcome_word(outcome)}"
    return Content.assemble(
        (utc(scene.replayer.capture.ground.made)[11:16], QUIET),
        "  ",
        (fit(word, _WORD, glyphs.cut, pad=True), OUTCOME_STYLE[outcome]),
        "  ",
        clean(f"{sender} {glyphs.arrow} {both_forms(scene.path.recipient)}"),
    )
