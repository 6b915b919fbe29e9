"""What somebody is told who has never seen the app."""

from __future__ import annotations

import pytest
from tui_world import app, appears, drawn, settle

from mailpath.tui.screens.help import words
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
