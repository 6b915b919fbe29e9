"""Every key does what the help says, and nothing of it sends a packet that was not asked for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from textual.binding import Binding
from textual.widgets import Input
from tui_world import AT, SCENARIOS, FakeSession, app, appears, drawn, path_screen, settle, walk

from mailpath.facts import STEPS
from mailpath.tui.screens import keys
from mailpath.tui.screens.finding import FindScreen
from mailpath.tui.screens.help import HelpScreen, told
from mailpath.tui.text import wrap
from mailpath.tui.widgets.bar import PathBar
from mailpath.tui.widgets.side import Side
from mailpath.tui.widgets.steps import StepPanel, Steps
from mailpath.tui.widgets.verdict import VerdictPanel

WIDE = (120, 40)


async def test_nothing_is_walked_before_it_is_asked_for() -> None:
    session = FakeSession()
    async with app(session).run_test(size=WIDE, notifications=True) as pilot:
        await settle(pilot)
        assert session.walks == 0
        assert "No packet is sent before that" in drawn(pilot)
        await pilot.press("escape", "c")
        await appears(pilot, "nothing to copy yet")
        await pilot.press("i", "enter")
        await settle(pilot)
        assert session.walks == 1
        assert "b.example: authenticated by rfc" in drawn(pilot)
        await pilot.click("#walk")
        await settle(pilot)
        assert session.walks == 2
        # Lab keys do nothing here.
        await pilot.press("escape", "l", "n", "p")
        await settle(pilot)
        assert session.walks == 2
        assert not isinstance(pilot.app.screen, FindScreen)
        # Light and dark.
        await pilot.press("T")
        assert pilot.app.theme == "mailpath-light"
        await pilot.press("T")
        assert pilot.app.theme == "mailpath-dark"


async def test_moving_over_the_panels() -> None:
    async with app(start=True).run_test(size=WIDE) as pilot:
        await settle(pilot)
        steps = pilot.app.screen.query_one(Steps)
        # The broken step is open, and says what there is to say.
        assert steps.opened == "tlsa"
        for word in ("Found", "Got", "Means", "Fix", "Source", "8d02f3a1c6b7", "5b7e09128374"):
            assert word in drawn(pilot)
        await pilot.press("down")
        assert pilot.app.focused is steps.panel("starttls")
        await pilot.press("down")
        assert isinstance(pilot.app.focused, VerdictPanel)
        await pilot.press("up", "k", "k")
        assert pilot.app.focused is steps.panel("mta-sts")
        await pilot.press("j", "enter")
        assert steps.opened is None
        await pilot.press("enter")
        assert steps.opened == "tlsa"
        # Evidence, and back.
        await pilot.press("e")
        await settle(pilot)
        assert "3600  IN  TLSA" in drawn(pilot)
        told = str(steps.border_subtitle)
        assert re.match(r"PgDn \d+ more lines", told)
        await pilot.press("pagedown", "pagedown")
        await settle(pilot)
        assert str(steps.border_subtitle) not in ("", told)
        assert "220 line 20" in drawn(pilot)
        await pilot.press("escape")
        await settle(pilot)
        assert "3600  IN  TLSA" not in drawn(pilot)
        assert "Means" in drawn(pilot)
        # Clicks and digits.
        await pilot.click("#step-dnssec StepLine")
        assert steps.opened == "dnssec"
        await pilot.click("#step-dnssec StepLine")
        assert steps.opened is None
        for number, step in enumerate(STEPS[:-1]):
            await pilot.press(str(number))
            assert steps.opened == step
            assert pilot.app.focused is steps.panel(step)
            assert [panel.step for panel in steps.query(StepPanel) if panel.opened] == [step]


async def test_a_small_screen_shows_what_is_asked_for() -> None:
    async with app(start=True).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "postfix-secure" not in drawn(pilot)
        await pilot.press("o")
        await settle(pilot)
        assert "postfix-secure" in drawn(pilot)
        await pilot.press("down")
        await settle(pilot)
        assert "under postfix-none" in drawn(pilot)
        await pilot.press("escape")
        await settle(pilot)
        assert "postfix-secure" not in drawn(pilot)
        await pilot.press("i", "escape")
        assert pilot.app.focused is pilot.app.screen.query_one(Steps).panel("tlsa")
        await pilot.press("left", "z")
        await settle(pilot)
        assert "4 TLSA" in drawn(pilot)
        assert "1 MX" not in drawn(pilot)
        await pilot.press("escape")
        await settle(pilot)
        assert "1 MX" in drawn(pilot)
        assert "dane-only" not in drawn(pilot)
        await pilot.press("6", *["right"] * 8)
        await settle(pilot)
        assert path_screen(pilot).focused is pilot.app.screen.query_one(VerdictPanel)
        assert "dane-only" in drawn(pilot)
        await pilot.press("z")
        await settle(pilot)
        assert "1 MX " not in drawn(pilot)
        assert "whole path" in drawn(pilot)


async def test_posture_by_list_and_by_arrows_judges_the_stored_walk() -> None:
    session = FakeSession()
    async with app(session, start=True).run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert "mx2.b.example: TLSA 3 1 1 matches" in drawn(pilot)
        await pilot.press("right")
        await settle(pilot)
        assert "b.example: plaintext by postfix-none" in drawn(pilot)
        assert "6 Verdict under postfix-none" in drawn(pilot)
        assert "! IN THE CLEAR" in drawn(pilot)
        await pilot.press("o", "down", "down")
        await settle(pilot)
        assert "b.example: encrypted by postfix-encrypt" in drawn(pilot)
        await pilot.press("left")
        await settle(pilot)
        assert "b.example: encrypted by postfix-may" in drawn(pilot)
        assert pilot.app.screen.query_one(Side).postures.chosen == "postfix-may"
        await pilot.click("#postures", offset=(4, 2))
        assert path_screen(pilot).posture == "postfix-none"
        await pilot.press("up", "up")
        await settle(pilot)
        assert path_screen(pilot).posture == "microsoft"
        assert "○ rfc" not in drawn(pilot)
        assert "● microsoft" in drawn(pilot)
        assert session.walks == 1
        await pilot.press("r")
        await settle(pilot)
        assert session.walks == 2
        assert "encrypted by microsoft" in drawn(pilot)


async def test_escape_stops_the_walk_and_late_messages_are_dropped() -> None:
    session = FakeSession(pause=True)
    async with app(session, start=True).run_test(size=WIDE) as pilot:
        for _ in range(4):
            await pilot.pause()
        assert "3 of 6 done, walking" in drawn(pilot)
        await pilot.press("escape")
        await settle(pilot)
        assert "The walk was stopped; press r to walk again." in drawn(pilot)
        assert "3 of 6 done, stopped" in drawn(pilot)
        session.proceed.set()
        await pilot.press("r")
        await settle(pilot)
        assert "6 of 6 done" in drawn(pilot)


async def test_a_walk_again_tells_the_news_and_escape_brings_back_what_was_known() -> None:
    session = FakeSession()
    async with app(session, start=True).run_test(size=WIDE, notifications=True) as pilot:
        await settle(pilot)
        session.found = structs.replace(session.found, at=AT + 60)
        await pilot.press("r")
        await settle(pilot)
        assert "381 ms, same results as 22:13 UTC" in drawn(pilot)
        first, *others = session.found.steps
        steps = (structs.replace(first, word="GONE"), *others)
        session.found = structs.replace(session.found, at=AT + 120, steps=steps)
        await pilot.press("r")
        await settle(pilot)
        assert "381 ms, changed since 22:14 UTC: Sender" in drawn(pilot)
        session.proceed.clear()
        await pilot.press("r")
        await appears(pilot, "3 of 6 done, walking")
        await pilot.press("escape")
        await appears(pilot, "The walk was stopped; this is the one of 22:15 UTC.")
        await settle(pilot)
        assert "6 of 6 done" in drawn(pilot)
        assert path_screen(pilot).scene is not None


async def test_running_step_ticks() -> None:
    now = [100.0]
    session = FakeSession(pause=True)
    async with app(session, start=True, clock=lambda: now[0]).run_test(size=WIDE) as pilot:
        for _ in range(4):
            await pilot.pause()
        now[0] = 101.5
        path_screen(pilot).walks.draw_clock()
        await pilot.pause()
        assert "… 1.5 s" in drawn(pilot)


async def test_the_reply_is_plain_and_honest(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    copied: list[str] = []
    running = app(FakeSession(found=walk(hosts=12)), start=True)
    monkeypatch.setattr(running, "copy_to_clipboard", copied.append)
    async with running.run_test(size=WIDE, notifications=True) as pilot:
        await settle(pilot)
        await pilot.press("c")
        await settle(pilot)
        assert "To the recipient's postmaster" in drawn(pilot)
        assert "Subject: Mail to b.example" in drawn(pilot)
        assert "b.example: authenticated by rfc" in drawn(pilot)
        await pilot.press("tab")
        await settle(pilot)
        assert "To our user" in drawn(pilot)
        await pilot.press("tab", "enter")
        await appears(pilot, "sent to the terminal")
        lines = copied[0].split("\n")
        assert lines[0] == "Subject: Mail to b.example"
        assert f"_25._tcp.mx1.b.example. TLSA 3 1 1 {'0' * 64}" in lines  # longer than a line, and whole
        # What is looked at through a lens, or alone, is no answer to a ticket; nor is it what stays.
        await pilot.press("h", "c")
        await settle(pilot)
        assert "the real walk, without the simulation" in drawn(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert "b.example: deferred by rfc at mx1.b.example" in drawn(pilot)
        assert copied[1] == copied[0]
        await pilot.press("c", "w")
        await appears(pilot, "Written: ")
        assert (tmp_path / "b.example-20231114-221320-postmaster.txt").read_text().split("\n")[:-1] == lines
        await pilot.press("c", "escape", "w", "ctrl+c")
    assert running.return_value is not None
    assert running.return_value.startswith("b.example: authenticated by rfc")


async def test_help_lists_every_key_of_the_screen() -> None:
    async with app(FakeSession(lab=True), start=True).run_test(size=(120, 90)) as pilot:
        await settle(pilot)
        await pilot.press("escape", "escape", "o", "question_mark")
        await settle(pilot)
        assert isinstance(pilot.app.screen, HelpScreen)
        text = " ".join(drawn(pilot).replace("│", " ").split())
        for group in keys.GROUPS.values():
            for shown, what, _ in told(group):
                assert " ".join(f"{shown} {what}".split()) in text
        # First what the place the reader is at has; nothing is hidden.
        assert text.index("Here: a list") < text.index("What if") < text.index("In a step")
        assert "more lines" not in text
        await pilot.press("escape")
        assert not isinstance(pilot.app.screen, HelpScreen)


def test_binding_ids_are_unique_and_keys_are_plain() -> None:
    bindings = [binding for group in keys.GROUPS.values() for binding in group]
    ids = [binding.id for binding in bindings if isinstance(binding, Binding)]
    assert None not in ids
    assert len(set(ids)) == len(ids) == len(bindings)
    assert [binding.id for binding in bindings if "ctrl" in binding.key] == ["path.menu", "path.suspend"]  # type: ignore[union-attr]


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 12)])
async def test_ascii_is_ascii(size: tuple[int, int]) -> None:
    async with app(FakeSession(lab=True), ascii=True).run_test(size=size) as pilot:
        await settle(pilot)
        assert drawn(pilot).isascii()
        await pilot.press("enter")
        await settle(pilot)
        for keys in (["4"], ["e"], ["6"], ["o"]):
            await pilot.press(*keys)
            await settle(pilot)
            odd = {char for char in drawn(pilot) if not char.isascii()}
            assert odd == set()
        await pilot.press("question_mark")
        await settle(pilot)
        assert drawn(pilot).isascii()


# --- The lab ---


async def test_lab_keys_before_the_lab_is_up() -> None:
    class Starting(FakeSession):
        async def scenarios(self) -> Any:
            await self.proceed.wait()
            return SCENARIOS

    session = Starting(lab=True, pause=True)
    async with app(session).run_test(size=WIDE) as pilot:
        await pilot.press("escape", "n", "p", "l")
        await pilot.pause()
        assert [note.message for note in pilot.app._notifications] == ["The lab is not up yet."] * 3
        session.proceed.set()
        await settle(pilot)
        assert isinstance(pilot.app.screen, FindScreen)


async def test_the_lab_is_walked_through() -> None:
    session = FakeSession(lab=True)
    async with app(session, sender="", recipient="").run_test(size=WIDE) as pilot:
        await settle(pilot)
        recipient = pilot.app.screen_stack[0].query_one("#recipient", Input)
        assert isinstance(pilot.app.screen, FindScreen)
        assert SCENARIOS["plain"].teaches in drawn(pilot)
        # Letters find, by name, domain or title; Esc takes them back, then the dialogue.
        for typed, found, gone in (("Q", "No match", "No TLS"), ("dane key", "dane-stale", "No TLS")):
            await pilot.press(*(key.replace(" ", "space") for key in typed))
            await settle(pilot)
            assert found in drawn(pilot)
            assert gone not in drawn(pilot)
            await pilot.press("escape")
            await settle(pilot)
            assert "No TLS at all" in drawn(pilot)
        await pilot.press("up", "pagedown")
        await settle(pilot)
        assert SCENARIOS["dane-stale"].hint in drawn(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert "DANE after a key change. Try: switch between may and dane" in drawn(pilot)
        assert (recipient.value, session.walks) == ("b.example", 1)
        for key, domain in (("n", "plain.example"), ("p", "b.example")):
            await pilot.press(key)
            await settle(pilot)
            assert recipient.value == domain
        await pilot.press("l")
        await settle(pilot)
        await pilot.click("#picker Listing", offset=(4, 0))
        await settle(pilot)
        assert (recipient.value, session.walks) == ("plain.example", 4)
        assert "Try:" in drawn(pilot)
        # A path of one's own has no hint.
        pilot.app.screen.query_one(PathBar).fill(None, "other.example")
        await pilot.press("i", "enter")
        await settle(pilot)
        assert "Try:" not in drawn(pilot)


# --- What breaks is told, and the app stays ---


async def test_enter_before_everything_is_loaded_walks_all_the_same() -> None:
    class Slow(FakeSession):
        async def postures(self) -> Any:
            await self.proceed.wait()
            return await super().postures()

    session = Slow(pause=True)
    async with app(session).run_test(size=WIDE) as pilot:
        await pilot.press("enter")
        for _ in range(4):
            await pilot.pause()
        assert "3 of 6 done, walking" in drawn(pilot)
        session.proceed.set()
        await settle(pilot)
        assert "6 of 6 done" in drawn(pilot)
        assert "by rfc" in drawn(pilot)


async def test_the_panels_keep_their_place_while_postures_change() -> None:
    async with app(start=True).run_test(size=WIDE) as pilot:
        await settle(pilot)
        screen = path_screen(pilot)
        places = set()
        for _ in range(10):
            await pilot.press("right")
            await settle(pilot)
            places.add((screen.query_one(Steps).region, screen.query_one("#matrix").region))
        assert len(places) == 1


def test_a_long_name_is_broken_between_its_labels() -> None:
    name = "mx1.one-long-label.another-long-label.example"
    assert wrap(f"at {name}", 30) == ["at", "mx1.one-long-label.", "another-long-label.example"]
    assert wrap("f" * 40, 30) == ["f" * 30, "f" * 10]
