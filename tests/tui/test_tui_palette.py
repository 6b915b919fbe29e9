"""Every action by name in the palette, and by the keys that the config file gives it."""

from __future__ import annotations

import pytest
from textual.command import CommandInput, CommandPalette
from tui_world import FakeSession, app, appears, drawn, settle, walk

from mailpath.tui.preferences import Preferences
from mailpath.tui.screens.keys import GROUPS

WIDE = (120, 40)


@pytest.mark.parametrize("lab", [True, False])
async def test_the_palette_has_every_action(lab: bool) -> None:
    running = app(FakeSession(lab=lab))
    async with running.run_test(size=WIDE) as pilot:
        await settle(pilot)
        titles = [command.title for command in running.get_system_commands(running.screen_stack[0])]
        assert len(set(titles)) == len(titles)
        wanted = {
            each.description for name, group in GROUPS.items() if lab or name != "Lab" for each in group
        }
        assert set(titles) == wanted | {"Theme"}


async def test_what_is_chosen_in_the_palette_is_done() -> None:
    async with app(start=True).run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("ctrl+p")
        await settle(pilot)
        assert isinstance(pilot.app.screen, CommandPalette)
        await pilot.press(*"evidence")
        await appears(pilot, "Raw evidence of the open step (e)")
        await pilot.press("enter")
        await appears(pilot, "3600  IN  TLSA")


@pytest.mark.parametrize("size", [(120, 40), (40, 12)])
async def test_the_palette_is_ascii_where_the_rest_is(size: tuple[int, int]) -> None:
    async with app(ascii=True, start=True).run_test(size=size) as pilot:
        await settle(pilot)
        await pilot.press("ctrl+p")
        await appears(pilot, "Attack")
        assert drawn(pilot).isascii()
        assert pilot.app.screen.query_one(CommandInput).has_focus


async def test_keys_of_the_config_file_are_told_and_the_footer_keeps_its_order() -> None:
    keymap = {
        "path.copy": "y",
        "path.quit": "Q",
        "step.page-down": "d",
        "path.jump-mx": "f2",
        "choices.down": "d",
        "path.plain": "X",
        "filter.down": "f3",
        "verdict.down": "d",
    }
    running = app(start=True, preferences=Preferences(keymap=keymap))
    async with running.run_test(size=(120, 90)) as pilot:
        await settle(pilot)
        assert "no binding" not in drawn(pilot)
        footer = drawn(pilot).split("\n")[-1].split("  ")
        assert footer[:3] == ["Enter Open", "e Evidence", "y Copy"]
        assert [word for word in footer if word.strip()][-1].strip() == "Q Quit"
        await pilot.press("f2")
        assert running.screen_stack[0].steps.opened == "mx"
        await pilot.press("m")
        await settle(pilot)
        assert "X ends it." in drawn(pilot)
        await pilot.press("question_mark")
        await settle(pilot)
        for keys, what in (
            ("y", "A reply to the ticket"),
            ("Q", "Quit"),
            ("d", "Scroll down"),
            ("f2", "Panel 1 MX"),
        ):
            assert f"  {keys:<14} {what}" in drawn(pilot)


async def test_hosts_one_after_the_other_and_back() -> None:
    async with app(FakeSession(found=walk(hosts=3)), start=True).run_test(size=WIDE) as pilot:
        await settle(pilot)
        seen = []
        for key in "hhbbb":
            await pilot.press(key)
            await settle(pilot)
            seen.append(pilot.app.screen.scene.host)
        assert seen == ["mx1.b.example", "mx2.b.example", "mx1.b.example", None, "mx3.b.example"]
