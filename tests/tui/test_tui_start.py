"""The app's start: what the first picture shows, and keys that come before the rest; a walk's start: nothing
is left of the one before."""

from __future__ import annotations

import asyncio
from typing import Any

import dns.message
import pytest
from textual import events
from textual.color import Color
from textual.theme import BUILTIN_THEMES
from textual.widgets import Input
from tui_world import SCENARIOS, FakeSession, app, drawn, settle

from mailpath.dnssec import wire
from mailpath.network.capture import Capture
from mailpath.tui import settle_color, theme
from mailpath.tui.messages import WalkFinished
from mailpath.tui.preferences import OwnPostures
from mailpath.tui.session import Session
from mailpath.tui.source import CaptureSource, LiveSource
from mailpath.tui.widgets.steps import Steps

OURS = ("mailpath-dark", "mailpath-light")


async def test_keys_typed_before_the_frames_are_filled_are_obeyed_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = asyncio.Event()
    furnish = Steps.furnish

    async def late(steps: Steps) -> None:
        await seen.wait()
        await furnish(steps)

    monkeypatch.setattr(Steps, "furnish", late)
    running = app(FakeSession())
    async with running.run_test(size=(120, 40)) as pilot:
        for key in ("escape", "down", "question_mark"):
            running.post_message(events.Key(key, None))
        for _ in range(20):
            await asyncio.sleep(0)
        assert not running.screen.query_one(Steps).children
        assert running.focused is running.screen.query_one("#recipient")
        seen.set()
        await settle(pilot)
        assert "Step below" in drawn(pilot)
        assert running.screen_stack[0].focused is running.screen_stack[0].query_one("#step-dnssec")


async def test_letters_typed_before_the_lab_is_up_are_for_its_list() -> None:
    class Starting(FakeSession):
        async def scenarios(self) -> Any:
            await self.proceed.wait()
            return SCENARIOS

    session = Starting(lab=True, pause=True)
    running = app(session, sender="", recipient="")
    async with running.run_test(size=(120, 40)) as pilot:
        await asyncio.wait_for(running._first.furnished.wait(), 60)
        for key in "two":
            running.post_message(events.Key(key, key))
        await asyncio.sleep(0.01)
        session.proceed.set()
        await settle(pilot)
        assert running.screen.query_one("#find", Input).value == "two"
        assert not any(each.value for each in running.screen_stack[0].query(Input))


async def test_another_theme_is_drawn() -> None:
    async with app().run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        pilot.app.theme = "mailpath-light"
        await settle(pilot)
        assert pilot.app.screen.styles.background.hex == "#FBFAF6"


@pytest.mark.parametrize(
    ("said", "asked", "colour"),
    [(None, True, True), ("", True, True), ("0", True, False), ("", False, False), (None, False, False)],
)
def test_an_empty_no_color_says_nothing(
    said: str | None, asked: bool, colour: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", said or "")
    if said is None:
        monkeypatch.delenv("NO_COLOR")
    assert settle_color(asked) is colour
    assert app(FakeSession(), color=colour).no_color is not colour


async def test_what_a_walk_needs_is_loaded_once() -> None:
    read: list[None] = []

    def own() -> OwnPostures:
        read.append(None)
        return {}, ()

    session = Session(LiveSource(), own_postures=own)
    first, second = await asyncio.gather(session.postures(), session.postures())
    assert first is second is await session.postures()
    assert read == [None]


async def test_a_walk_begins_with_nothing_remembered_of_the_one_before(capture: Capture) -> None:
    message = dns.message.make_query("old.example", "MX").to_wire()
    remembered = wire.read_message(message).body
    assert wire.read_message(message).body is remembered
    posted: list[Any] = []
    await Session(CaptureSource(capture)).walk(1, capture.path, posted.append)
    assert isinstance(posted[-1], WalkFinished)
    assert wire.read_message(message).body is not remembered


def test_quiet_text_can_be_read_in_every_theme() -> None:
    for each in BUILTIN_THEMES.values():
        made = each.to_color_system().generate()
        quiet = theme.complete(each).get("quiet", "")
        for behind in ("background", "surface", "panel") if not each.ansi else ():
            # A theme whose own text does not reach it cannot have quieter one that does.
            most = theme.contrast(Color.parse(made["foreground"]), Color.parse(made[behind]))
            assert theme.contrast(Color.parse(quiet), Color.parse(made[behind])) >= min(4.5, most), each.name


@pytest.mark.parametrize(
    ("colors", "began", "turned"), [("standard", "ansi-dark", "ansi-light"), ("256", *OURS)]
)
async def test_a_theme_is_remembered_if_it_was_chosen(
    colors: str, began: str, turned: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = app()
    monkeypatch.setattr(type(running.console), "color_system", colors)
    running.fit_colors()
    async with running.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert (running.theme, running.chosen_theme) == (began, "")
        running.action_light_or_dark()
        assert (running.theme, running.chosen_theme) == (turned, "mailpath-light")
