"""Little room: what matters is in sight, and what is not is told."""

from __future__ import annotations

import pytest
from tui_world import FakeSession, app, drawn, settle, walk

from mailpath.tui.widgets.verdict import VerdictPanel

WIDE = (120, 40)


async def test_twelve_hosts_have_no_blank_lines_above_them_and_their_reader_stays_where_he_is() -> None:
    async with app(FakeSession(found=walk(hosts=12)), start=True).run_test(size=WIDE) as pilot:
        await settle(pilot)
        verdict = pilot.app.screen.query_one(VerdictPanel)
        lines = verdict.query_one("#sentence").render().plain.split("\n")
        assert lines[-1].strip()
        assert f"6 Verdict under rfc, {verdict.max_scroll_y} more below" in drawn(pilot)
        verdict.focus()
        await pilot.press("end")
        await settle(pilot)
        assert "more below" not in drawn(pilot)
        for key in ("right", "right", "left"):
            await pilot.press(key)
            await settle(pilot)
            assert verdict.scroll_y > 0
        await pilot.press("r")
        await settle(pilot)
        assert verdict.scroll_y == 0


@pytest.mark.parametrize(("size", "least"), [((40, 12), 8), ((60, 20), 9)])
async def test_an_opened_verdict_has_the_room(size: tuple[int, int], least: int) -> None:
    async with app(start=True).run_test(size=size) as pilot:
        await settle(pilot)
        await pilot.press("6")
        await settle(pilot)
        assert pilot.app.screen.query_one(VerdictPanel).content_size.height >= least
        below = drawn(pilot).split("6 Verdict under rfc")[1]
        assert all(line.strip() for line in below.split("\n")[-3:])
        assert "Server certificate not verified" in below
