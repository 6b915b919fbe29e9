"""Foreign text through every widget that shows some: nothing that a terminal obeys, nothing read as markup.

The layers below make foreign text visible already; here they are made to forget it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace as changed
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input
from tui_facts import POSTURES, Explained, Posture, judge
from tui_world import RESULTS, SCENARIOS, FakeSession, app, appears, drawn, settle, walk

from mailpath.facts import MxHost
from mailpath.judge.model import Verdict
from mailpath.tui.text import Row, clean, fit, hang, wrap

ESCAPES = "\x1b]52;c;aGFja2Vk\x07\x1b[2J\x1b]0;owned\x1b\\\x9b31m\x85"
MARKUP = "[/][@click=app.quit]press me[/] [red]red[/red] [$nothing] [link='x']"
BIDI = "\u202eevil\u2066\u200b\u00ad\ufeff"
HOSTILE = {"short": MARKUP + ESCAPES + BIDI, "escapes": BIDI + ESCAPES, "long": "界" * 300 + "W" * 5000}
WIDE, NARROW = (120, 40), (60, 20)


def obeyed(text: str) -> list[str]:
    """Characters of `text` that are not plain ink."""
    return [repr(char) for char in text if char != "\n" and not char.isprintable()]


def titles(widget: Widget) -> Iterator[str]:
    for part in widget.walk_children(Widget, with_self=True):
        for title in (part.border_title, part.border_subtitle):
            if title:
                yield Content.from_markup(title).plain


def world(text: str) -> FakeSession:
    """A walk in which every text that a stranger could have written is `text`."""

    def hostile_judge(found: Any, posture: Posture, *_: Any) -> Verdict:
        verdict = judge(found, posture)
        attempts = tuple(
            replace(attempt, host=text, address=text, reason=text, status_code=text)
            for attempt in verdict.attempts
        )
        return replace(verdict, reason=text, host=text, tls_word=text, status_code=text, attempts=attempts)

    def told(found: Any, step: str) -> list[Explained]:
        return [Explained(*[text] * 8)]  # type: ignore[arg-type]

    found = walk(results=tuple(replace(result, word=text, summary=text) for result in RESULTS))
    hosts = (MxHost(name=text, preference=0, addresses=(text,)), *found.mx.hosts)
    found = replace(
        found,
        mx=replace(found.mx, hosts=hosts),
        sender=replace(found.sender, proposed=text),
    )
    return FakeSession(
        found=found,
        judge=hostile_judge,
        headline=lambda *_: text,
        explained=told,
        evidence=lambda found, step, exchanges=(): [text] * 3,
        postures={name: changed(posture, title=text) for name, posture in POSTURES.items()},
    )


@pytest.mark.parametrize(
    ("name", "size"),
    [("short", WIDE), ("escapes", NARROW), ("long", WIDE), ("long", NARROW)],
    ids=["short", "escapes", "long-wide", "long-narrow"],
)
async def test_path_screen(name: str, size: tuple[int, int]) -> None:
    text = HOSTILE[name]
    running = app(world(text), start=True)
    copied: list[str] = []
    running.copy_to_clipboard = copied.append  # type: ignore[assignment, method-assign]
    async with running.run_test(size=size, notifications=True) as pilot:
        await settle(pilot)
        for keys in (["4"], ["e"], ["z", "z", "e", "6"], ["o", "down"], ["c"], ["enter"]):
            await pilot.press(*keys)
            await settle(pilot)
            assert obeyed(drawn(pilot)) == []
            assert not [title for title in titles(pilot.app.screen) if obeyed(title)]
        await appears(pilot, "sent to the")
        assert pilot.app.is_running
        assert obeyed(copied[0]) == []
        await pilot.press("q")
    assert obeyed(running.return_value or "") == []


async def test_markup_is_shown_as_it_stands() -> None:
    async with app(world(MARKUP), start=True).run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("4")
        await settle(pilot)
        text = drawn(pilot)
        assert text.count("[@click=app.quit]press me[/] [red]red[/red]") >= 3
        await pilot.click("#step-tlsa .blocks", offset=(20, 0))
        assert pilot.app.is_running


@pytest.mark.parametrize("text", [MARKUP + ESCAPES + BIDI])
async def test_lab(text: str) -> None:
    scenarios = {
        "mine": changed(SCENARIOS["plain"], title=text, teaches=text, hint=text),
        text[:40]: SCENARIOS["dane-stale"],
    }

    class Lab(FakeSession):
        async def scenarios(self) -> Any:
            return scenarios

    async with app(Lab(lab=True)).run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert obeyed(drawn(pilot)) == []
        await pilot.press("enter")
        await settle(pilot)
        assert obeyed(drawn(pilot)) == []
        assert "Try:" in drawn(pilot)


@pytest.mark.parametrize("text", [MARKUP + ESCAPES + BIDI])
async def test_inputs_and_errors(text: str) -> None:
    class Breaking(FakeSession):
        async def postures(self) -> Any:
            raise OSError(text)

    async with app(Breaking(), sender=text, recipient=text).run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await appears(pilot, "could not start")
        assert obeyed(drawn(pilot)) == []
        await pilot.press("enter")
        await settle(pilot)
        assert obeyed(drawn(pilot)) == []


@pytest.mark.parametrize("text", [ESCAPES + BIDI])
async def test_paste_takes_nothing_that_a_terminal_obeys(text: str) -> None:
    from textual.events import Paste

    async with app(recipient="").run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        field = pilot.app.screen.query_one("#recipient", Input)
        field.post_message(Paste(f"b.example{text}"))
        await settle(pilot)
        assert obeyed(field.value) == []


@given(st.text())
def test_clean_is_printable_and_keeps_what_is(text: str) -> None:
    assert clean(text).isprintable()
    if text.isprintable():
        assert clean(text) == text


@given(st.text(), st.integers(1, 40))
def test_fit_fills_exactly(text: str, width: int) -> None:
    assert cell_len(fit(clean(text), width, pad=True)) == width


@given(st.text(st.characters(categories=["L", "N", "P", "Zs"])), st.integers(2, 60))
def test_wrap_loses_nothing_but_blanks(text: str, width: int) -> None:
    lines = wrap(clean(text), width)
    assert all(cell_len(line) <= max(width, 8) for line in lines)
    assert "".join(lines).replace(" ", "") == clean(text).replace(" ", "")


def test_hang_keeps_values_in_one_column() -> None:
    lines = [line.plain for line in hang([Row("Found", "one two three four five")], 24)]
    assert lines == ["  Found     one two", "            three four", "            five"]
