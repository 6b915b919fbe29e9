"""The app over real walks: the lab's sockets, a capture, a network where nobody answers."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import Any

import pytest
from tui_world import appears, drawn, path_screen, scene_of

from mailpath.network.capture import Capture
from mailpath.network.settings import Settings
from mailpath.tui import CaptureSource, LabSource, LiveSource, run_app
from mailpath.tui.app import MailpathApp
from mailpath.tui.judging import COLUMNS
from mailpath.tui.screens.path import PathScreen
from mailpath.tui.session import Session

SIZE = (120, 40)


def plain(pilot: Any) -> str:
    """The screen's words, without frames and line ends."""
    return " ".join(drawn(pilot).replace("│", " ").split())


async def walked(pilot: Any) -> PathScreen:
    """The screen, once its walk is finished."""
    screen = path_screen(pilot)
    for _ in range(1000):
        if screen.scene is not None and not screen.walks.state.walking:
            await pilot.pause()
            return screen
        await pilot.pause(0.01)
    raise AssertionError(drawn(pilot))


async def test_posture_changes_the_verdict_without_a_packet() -> None:
    session = Session(LabSource("dane-stale"))
    try:
        async with MailpathApp(session).run_test(size=SIZE) as pilot:
            screen = await walked(pilot)
            assert session.recording is not None
            before = session.recording.count
            assert before > 0
            text = plain(pilot)
            assert "4 TLSA ✗ MISMATCH" in text
            assert "Found" in text
            assert "Got" in text
            said = {}
            for name in COLUMNS:
                screen.posture = name
                await pilot.pause()
                said[name] = plain(pilot)
            assert len({text.split("6 Verdict under ")[1] for text in said.values()}) == len(said)
            assert "dane-stale.example: delivered encrypted" in said["postfix-may"]
            assert "dane-stale.example: deferred by postfix-dane at" in said["postfix-dane"]
            assert "4.7.5" in said["postfix-dane"]
            assert "Server certificate not verified" in said["postfix-dane"]
            assert session.recording.count == before
    finally:
        session.close()


async def test_lab_ends_with_the_app_and_starts_no_second_one() -> None:
    before = set(threading.enumerate())  # another lab may be up in this process
    session = Session(LabSource())
    async with MailpathApp(session).run_test(size=SIZE) as pilot:
        await appears(pilot, "Enter walks it")
    session.close()
    session.close()
    with pytest.raises(RuntimeError):
        session._open_lab()
    left = set(threading.enumerate()) - before
    assert [thread.name for thread in left if "lab" in thread.name.lower()] == []
    assert len(left) <= 8  # the event loop's own pool


async def test_unknown_scenario_is_a_sentence() -> None:
    session = Session(LabSource("no-such"))
    try:
        async with MailpathApp(session).run_test(size=SIZE) as pilot:
            await appears(pilot, 'The lab has no scenario "no-such"; l lists them.')
            await pilot.press("escape", "l")
            await appears(pilot, "Enter walks it")
    finally:
        session.close()


async def test_capture_is_replayed_without_a_network(capture: Capture) -> None:
    session = Session(CaptureSource(capture))
    running = MailpathApp(session, recipient="dane-good.example", sender="a.example", start=True)
    async with running.run_test(size=SIZE) as pilot:
        await walked(pilot)
        assert " CAPTURE " in drawn(pilot)
        assert "delivered authenticated by rfc" in drawn(pilot)
        assert scene_of(pilot).whole.walk.at == capture.ground.made


async def test_a_network_where_nobody_answers_is_told_in_every_panel() -> None:
    # 127.0.0.1:9 (discard) is closed: the resolver refuses, nothing else can be asked.
    settings = Settings(resolver="127.0.0.1:9", timeout=0.2, greeting_timeout=0.2)
    session = Session(LiveSource(settings))
    running = MailpathApp(session, recipient="b.example", start=True)
    async with running.run_test(size=SIZE) as pilot:
        await walked(pilot)
        assert all(progress.result or step == "verdict" for step, progress in scene_of(pilot).steps.items())
        assert all(len(result.summary) > 10 for result in scene_of(pilot).whole.walk.steps)
        assert "6 of 6 done" in drawn(pilot)
        assert "The resolver 127.0.0.1:9 could not be asked: use another" in plain(pilot)
        assert "or open a capture or the lab, which need no network." in plain(pilot)


def test_the_first_frame_needs_nothing_of_the_network() -> None:
    code = (
        "import sys, mailpath.tui.app\n"
        "print([m for m in ('httpx', 'httpcore', 'dns', 'aiosmtplib', 'OpenSSL', 'cryptography')"
        " if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout == "[]\n"


def test_without_a_terminal_one_line_names_check(capfd: pytest.CaptureFixture[str]) -> None:
    assert run_app(source=LabSource()) == 64
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "mailpath check" in err
