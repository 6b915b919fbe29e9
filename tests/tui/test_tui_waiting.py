"""While a mail server takes its time, its step says what is waited for, and how long that may still be."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from tui_world import FakeSession, app, appears, drawn

from mailpath.exchanges import SmtpRequest
from mailpath.lab import Lab, load
from mailpath.network.waits import Waits
from mailpath.tui import LiveSource
from mailpath.tui import session as tui_session
from mailpath.tui.app import MailpathApp
from mailpath.tui.session import Session

SIZE = (120, 40)


SILENT = Path(__file__).parents[1] / "silent.toml"


async def test_the_step_says_what_it_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A real server that takes the connection and never greets."""
    monkeypatch.setattr(tui_session, "NOTICED", 0.05)
    with Lab.start((load(SILENT),)) as lab:
        session = Session(LiveSource(msgspec.structs.replace(lab.settings, greeting_timeout=20.0)))
        running = MailpathApp(session, recipient="silent.example", start=True)
        async with running.run_test(size=SIZE) as pilot:
            await appears(pilot, "s of 20: the greeting of")
            await pilot.press("escape")
            await appears(pilot, "The walk was stopped")
            assert "s of 20" not in drawn(pilot)
        session.close()


async def test_a_walk_that_its_deadline_ends_stands_like_any_other() -> None:
    with Lab.start((load(SILENT),)) as lab:
        settings = msgspec.structs.replace(lab.settings, greeting_timeout=20.0, deadline=0.5)
        session = Session(LiveSource(settings))
        async with MailpathApp(session, recipient="silent.example", start=True).run_test(size=SIZE) as pilot:
            await appears(pilot, "The walk was cut short: the walk's deadline of 0.5 s passed")
            await appears(pilot, "unknown")
            assert "CUT OFF" in drawn(pilot)
            assert "The walk failed" not in drawn(pilot)
        session.close()


def test_a_short_wait_is_not_told() -> None:
    session = FakeSession()
    assert session.waiting() == ""
    waits = Waits()
    session._live = SimpleNamespace(waits=waits)  # type: ignore[assignment]
    with waits.during(SmtpRequest(address="192.0.2.1", sni=None), "the greeting", 30.0):
        assert session.waiting() == ""


def test_of_two_sessions_the_one_with_a_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tui_session, "NOTICED", 0.0)
    session = FakeSession()
    waits = Waits()
    session._live = SimpleNamespace(waits=waits)  # type: ignore[assignment]
    bare, named = SmtpRequest(address="192.0.2.1"), SmtpRequest(address="192.0.2.1", sni="mx1.b.example")
    with waits.during(bare, "the greeting", 30.0), waits.during(named, "the greeting", 30.0):
        assert session.waiting() == "waiting, 0 s of 30: the greeting of mx1.b.example"
    assert session.waiting() == ""


async def test_foreign_words_of_a_wait_are_cleaned(monkeypatch: pytest.MonkeyPatch) -> None:
    session = FakeSession(pause=True)
    monkeypatch.setattr(session, "waiting", lambda: "waiting for \x1b[31mmx1\x07")
    async with app(session, start=True).run_test(size=SIZE) as pilot:
        await appears(pilot, "waiting for")
        assert "\x1b" not in drawn(pilot)
