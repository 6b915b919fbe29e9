"""The matrix: whose columns come first, what a click chooses, and what another posture would change."""

from __future__ import annotations

from typing import Any

import pytest
from tui_world import FakeSession, app, drawn, path_screen, scene_of, settle, walk

from mailpath.tui.widgets.matrix import Matrix

OWN = ("ours-dane", "planned")


def matrix(pilot: Any) -> list[str]:
    return [line.plain for line in pilot.app.screen.query_one(Matrix).drawn]


async def test_own_postures_come_first_and_a_click_chooses_posture_host_or_both() -> None:
    async with app(FakeSession(own=OWN), start=True).run_test(size=(160, 44)) as pilot:
        await settle(pilot)
        screen = path_screen(pilot)
        assert screen.side.postures.names[:3] == [*OWN, "rfc"]
        heads, *rows = matrix(pilot)
        assert heads.split()[:6] == ["13", "of", "18", "shown", *OWN]
        assert heads.split()[-2:] == ["rfc", "exim"]
        assert [row.lstrip("▶ ").split()[0] for row in rows] == ["whole", "mx1.b.example", "mx2.b.example"]

        async def click(head: str, row: int) -> tuple[str, str | None]:
            await pilot.click(Matrix, offset=(matrix(pilot)[0].index(head) + 1, row))
            await settle(pilot)
            return screen.posture, scene_of(pilot).host

        assert await click("planned", 0) == ("planned", None)
        assert await click("planned", 3) == ("planned", "mx2.b.example")
        assert await click("encrypt", 3) == ("postfix-encrypt", "mx2.b.example")
        assert await click("secure", 0) == ("postfix-secure", "mx2.b.example")
        assert await click("secure", 3) == ("postfix-secure", None)
        assert await click("ours-dane", 2) == ("ours-dane", "mx1.b.example")
        assert await click("13 of", 2) == ("ours-dane", None)


@pytest.mark.parametrize(("size", "key"), [((120, 40), "escape"), ((80, 24), "v")])
async def test_two_pinned_postures_are_compared(size: tuple[int, int], key: str) -> None:
    session = FakeSession(own=OWN, found=walk(hosts=3))
    async with app(session, start=True, posture="planned").run_test(size=size) as pilot:
        await settle(pilot)
        screen = path_screen(pilot)
        await pilot.press("v")
        screen.posture = "postfix-may"
        await pilot.press(key)
        await settle(pilot)
        text = " ".join(drawn(pilot).split())
        assert "planned → postfix-may: Nothing changes on this path: mail would still be delivered" in text
        screen.posture = "ours-dane"
        if key == "v":  # two are pinned: they stay, whatever is chosen
            await settle(pilot)
            assert "planned → postfix-may" in drawn(pilot)
            await pilot.press("v")
        await settle(pilot)
        first = "postfix-may" if key == "v" else "planned"
        assert f"{first} → ours-dane: " in drawn(pilot)
        await pilot.press("6")
        text = " ".join(drawn(pilot).split())
        assert "! encrypt → ✗ defer at mx1.b.example; " in text
        assert "! encrypt → ✓ auth at mx2.b.example and mx3.b.example" in text
        assert matrix(pilot)[-5].split()[4] == first.removeprefix("postfix-")
        await pilot.press("o")
        await settle(pilot)
        assert f"■ {first}" in drawn(pilot)
