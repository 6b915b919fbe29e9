"""Every action by name in the menu, and by the keys that the config file gives it."""

from __future__ import annotations

from typing import Any

import pytest
from textual.binding import Binding
from tui_world import FakeSession, app, appears, drawn, path_screen, scene_of, settle, walk

from mailpath.tui.preferences import Preferences
from mailpath.tui.screens.keys import GROUPS
from mailpath.tui.screens.menu import goals

WIDE = (120, 40)


@pytest.mark.parametrize("lab", [True, False])
async def test_the_menu_has_every_action(lab: bool) -> None:
    running = app(FakeSession(lab=lab))
    async with running.run_test(size=WIDE) as pilot:
        await settle(pilot)
        titles = [goal.name for goal in goals(path_screen(pilot), {}, themes=False)]
        assert len(set(titles)) == len(titles)
        wanted = {
            each.tooltip or each.description
            for name, group in GROUPS.items()
            if lab or name != "Lab"
            for each in group
            if isinstance(each, Binding)
        }
        assert wanted - set(titles) == {title for title in wanted if title.startswith("Menu")}


async def test_what_is_chosen_in_the_menu_is_done() -> None:
    async with app(start=True).run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("ctrl+p")
        await settle(pilot)
        await pilot.press(*"evidence")
        await appears(pilot, "e         Raw evidence of the open step")
        await pilot.press("enter")
        await appears(pilot, "3600  IN  TLSA")
        await pilot.press("colon", *"theme dracula", "enter")
        await settle(pilot)
        assert pilot.app.theme == "dracula"


async def test_what_there_is_on_this_path_is_found_by_its_name(walks: Any) -> None:
    """Postures, attacks, scenarios, findings of the walk, and paths: each is chosen from the menu."""
    known = walks.of("dane-stale")
    session = FakeSession(lab=True, found=known.walk, own=["a [bold] one"])
    running = app(session, preferences=Preferences(recent=("earlier.example",)))
    async with running.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("escape", "escape")

        async def find(typed: str, title: str) -> Any:
            await pilot.press("colon")
            await settle(pilot)
            await pilot.press(*typed)
            await appears(pilot, title)
            await pilot.press("enter")
            await settle(pilot)
            return running.screen_stack[0]

        await find("dane-stale", "Scenario  dane-stale")
        assert (await find("postfix-encrypt", "Posture   postfix-encrypt")).posture == "postfix-encrypt"
        assert (await find("bold", "Posture   a [bold] one")).posture == "a [bold] one"
        assert (await find("break-tls", "Attack    break-tls")).lenses.lens.attack == "break-tls"
        assert (await find("Stop all", "Stop all simulations")).lenses.lens.plain
        screen = await find("TLSA002", "Finding   TLSA002 at mx1.dane-stale.example")
        assert screen.steps.opened == "tlsa"
        await find("Recent a.ex", "Recent    a.example to b.example")
        assert session.walks == 1
        await find("earlier.e", "Recent    earlier.example")
        assert screen.query_one("#recipient").value == "earlier.example"


async def test_a_row_of_a_list_is_found_by_what_is_typed() -> None:
    async with app(start=True).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("o", "slash", *"only", "enter")
        await settle(pilot)
        screen = path_screen(pilot)
        assert screen.posture == "postfix-dane-only"
        await pilot.press("a", "slash", *"valid own", "enter")
        await settle(pilot)
        assert screen.lenses.lens.attack == "mitm-own-cert"
        await pilot.press("slash", *"nothing", "escape", "escape")
        await settle(pilot)
        assert screen.side.attacks.has_focus


@pytest.mark.parametrize("size", [(120, 40), (40, 12)])
async def test_the_menu_is_ascii_where_the_rest_is(size: tuple[int, int]) -> None:
    async with app(ascii=True, start=True).run_test(size=size) as pilot:
        await settle(pilot)
        await pilot.press("ctrl+p")
        await appears(pilot, "Enter takes it")
        assert drawn(pilot).isascii()
        await pilot.press(*"postfix-may", "enter")
        assert path_screen(pilot).posture == "postfix-may"


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
        assert path_screen(pilot).steps.opened == "mx"
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
            seen.append(scene_of(pilot).host)
        assert seen == ["mx1.b.example", "mx2.b.example", "mx1.b.example", None, "mx3.b.example"]
