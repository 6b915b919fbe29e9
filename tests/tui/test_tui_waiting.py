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


SILENT = """
id = "silent"
title = "t"
teaches = "t"
hint = "h"
[[zone]]
rr = ["@ MX 10 mx1"]
[[server]]
host = "mx1"
banner = "silent"
[expect]
rfc = "deferred"
"""


async def test_the_step_says_what_it_waits_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A real server that takes the connection and never greets."""
    monkeypatch.setattr(tui_session, "NOTICED", 0.05)
    file = tmp_path / "silent.toml"
    file.write_text(SILENT, encoding="utf-8")
    with Lab.start([load(file)]) as lab:
        session = Session(LiveSource(msgspec.structs.replace(lab.settings, greeting_timeout=20.0)))
        running = MailpathApp(session, recipient="silent.example", start=True)
        async with running.run_test(size=SIZE) as pilot:
            await appears(pilot, "s of 20: the greeting of mx1")
            await pilot.press("escape")
            await appears(pilot, "The walk was stopped")
            assert "s of 20" not in drawn(pilot)
        session.close()


async def test_a_walk_that_its_deadline_ends_stands_like_any_other(tmp_path: Path) -> None:
    file = tmp_path / "silent.toml"
    file.write_text(SILENT, encoding="utf-8")
    with Lab.start([load(file)]) as lab:
        settings = msgspec.structs.replace(lab.settings, greeting_timeout=20.0, deadline=0.5)
        session = Session(LiveSource(settings))
        async with MailpathApp(session, recipient="silent.example", start=True).run_test(size=SIZE) as pilot:
            await appears(pilot, "The walk was cut short: the walk's deadline of 0.5 s passed")
            await appears(pilot, "unknown")
            assert "CUT OFF" in drawn(pilot)
            assert "The walk broke off" not in drawn(pilot)
        session.close()


def test_a_short_wait_is_not_told() -> None:
    session = FakeSession()
    assert session.waiting() == ""
    waits = Waits()
    session._live = SimpleNamespace(waits=waits)
    with waits.during(SmtpRequest(address="192.0.2.1", sni=None), "the greeting", 30.0):
        assert session.waiting() == ""


def test_of_two_sessions_the_one_with_a_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tui_session, "NOTICED", 0.0)
    session = FakeSession()
    waits = Waits()
    session._live = SimpleNamespace(waits=waits)
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
