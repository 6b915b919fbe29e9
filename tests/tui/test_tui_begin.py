"""What somebody is told who has never seen the app."""

from __future__ import annotations

import pytest
from tui_world import FakeSession, app, appears, drawn, path_screen, settle

from mailpath.tui import LabSource
from mailpath.tui.screens.finding import FindScreen
from mailpath.tui.screens.help import words
from mailpath.tui.widgets.answer import Answer
from mailpath.wording.signs import ASCII, Glyphs


@pytest.mark.parametrize("ascii", [False, True])
async def test_the_second_page_of_the_keys_has_the_words(ascii: bool) -> None:
    async with app(start=True, ascii=ascii).run_test(size=(120, 90)) as pilot:
        await settle(pilot)
        await pilot.press("question_mark")
        await appears(pilot, "Keys (1 of 2")
        await pilot.press("question_mark")
        await appears(pilot, "Words (2 of 2")
        glyphs = ASCII if ascii else Glyphs()
        for group in words():
            assert group["title"] in drawn(pilot)
            for entry in group["entry"]:
                sign = f"{getattr(glyphs, entry['sign'])} " if "sign" in entry else ""
                assert f"  {sign}{entry['name']} " in drawn(pilot)
        assert drawn(pilot).isascii() == ascii
        await pilot.press("tab")
        await appears(pilot, "Keys (1 of 2")
        await pilot.press("escape")
        await settle(pilot)
        assert "of 2;" not in drawn(pilot)


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 20)])
async def test_three_doors_and_the_lab_behind_one(size: tuple[int, int]) -> None:
    session = FakeSession()
    running = app(session, sender="", recipient="")
    async with running.run_test(size=size) as pilot:
        await settle(pilot)
        text = " ".join(drawn(pilot).split())
        for told in ("press Enter. No packet is sent before that.", "Put a log line or a bounce into To"):
            assert told in text
        assert "Open the lab" in text
        assert "Esc, then l: faults to study on this machine. No packet leaves it." in text
        screen = path_screen(pilot)
        await pilot.press("escape")
        await pilot.click(Answer, offset=(3, 0))
        assert screen.focused is screen.query_one("#recipient")
        screen.keeper.earlier = ("earlier.example",)
        await pilot.press("escape", "l")
        await settle(pilot)
        assert isinstance(session.source, LabSource)
        assert isinstance(running.screen, FindScreen)
        await pilot.press("enter")
        await settle(pilot)
        assert session.walks == 1
        assert " LAB " in drawn(pilot)
        assert "LIVE" not in drawn(pilot)
        assert running.recent == ("earlier.example",)  # what was walked in the lab is nobody's recipient
