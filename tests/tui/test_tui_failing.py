"""What goes wrong costs only its own place, and is told in one sentence."""

from __future__ import annotations

from typing import Any

import pytest
from tui_world import FakeSession, app, drawn, settle, walk

from mailpath.facts import DnssecFacts, Found, SenderFacts
from mailpath.network.capture import Capture
from mailpath.tui import CaptureSource
from mailpath.tui.messages import Failed
from mailpath.tui.session import Session

WIDE = (120, 40)


async def test_walk_that_breaks_is_a_sentence() -> None:
    class Breaking(FakeSession):
        async def walk(self, run: int, path: Any, post: Any) -> None:
            from mailpath.tui import messages

            post(messages.Failed("The walk broke off: out of sockets", run))

    async with app(Breaking(), start=True).run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert "The walk broke off: out of sockets" in drawn(pilot)
        await pilot.press("4")
        assert pilot.app.is_running


async def test_what_breaks_behind_the_walk_is_a_sentence_too(
    capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise ValueError("no such recording")

    monkeypatch.setattr("mailpath.tui.session.Recorded", broken)
    posted: list[Any] = []
    await Session(CaptureSource(capture)).walk(7, capture.path, posted.append)
    assert isinstance(posted[-1], Failed)
    assert (posted[-1].run, posted[-1].sentence) == (7, "The walk broke off: no such recording")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"sender": SenderFacts(port25=Found.BLOCKED, port25_reason="all time out")},
            "! Port 25 does not leave this machine: walk where it is open, look here (ssh HOST mailpath "
            "check b.example --from a.example --capture - | mailpath open -). The servers were not seen; the "
            "other panels stand.",
        ),
        (
            {"dnssec": DnssecFacts(resolver_passes=False)},
            "! The resolver 192.0.2.53 leaves DNSSEC out: choose another (--resolver ADDRESS, or [network] "
            "in the config file). DANE cannot be judged; the other panels stand.",
        ),
    ],
    ids=["port 25", "resolver"],
)
async def test_what_stands_in_the_way_here_is_told_at_once(changes: dict[str, Any], sentence: str) -> None:
    session = FakeSession(found=walk(**changes), pause=True)
    async with app(session, start=True).run_test(size=WIDE) as pilot:
        for _ in range(4):
            await pilot.pause()
        assert sentence in " ".join(drawn(pilot).split())
        assert "3 of 6 done, walking" in drawn(pilot)
        await pilot.press("escape")
        await settle(pilot)


async def test_stack_that_cannot_be_loaded_is_a_sentence() -> None:
    class Missing(FakeSession):
        async def stack(self) -> Any:
            raise ImportError("No module named 'dns'")

    async with app(Missing()).run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert "The app could not be made ready: No module named 'dns'" in drawn(pilot)


async def test_defects_of_judge_and_panels_cost_only_their_own_place() -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError("[/] no such thing")

    session = FakeSession(judge=broken, headline=broken, explained=broken, evidence=broken)
    async with app(session, start=True).run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert "? UNKNOWN" in drawn(pilot)
        assert "ZeroDivisionError: [/]" in drawn(pilot)
        await pilot.press("e")
        await settle(pilot)
        assert "This panel could not be made" in drawn(pilot)
        await pilot.press("q")
