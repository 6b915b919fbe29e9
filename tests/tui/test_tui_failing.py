"""What goes wrong costs only its own place, and is told in one sentence."""

from __future__ import annotations

from typing import Any

import pytest
from tui_world import AT, FakeSession, app, drawn, path_screen, scene_of, settle, walk

from mailpath.facts import DnssecFacts, Found, SenderFacts
from mailpath.network.capture import Capture
from mailpath.tui import CaptureSource, messages
from mailpath.tui.lens import Lens
from mailpath.tui.messages import WalkFailed
from mailpath.tui.session import Session

WIDE = (120, 40)


async def test_walk_that_breaks_is_a_sentence() -> None:
    class Breaking(FakeSession):
        async def walk(self, run: int, path: Any, post: Any) -> None:
            from mailpath.tui import messages

            post(messages.WalkFailed(run, "The walk failed: out of sockets"))

    async with app(Breaking(), start=True).run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert "The walk failed: out of sockets" in drawn(pilot)
        await pilot.press("4")
        assert pilot.app.is_running


async def test_what_breaks_behind_the_walk_is_a_sentence_too(
    capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise ValueError("no such recording")

    monkeypatch.setattr("mailpath.tui.session.Replayer", broken)
    posted: list[Any] = []
    await Session(CaptureSource(capture)).walk(7, capture.path, posted.append)
    assert isinstance(posted[-1], WalkFailed)
    assert (posted[-1].run, posted[-1].sentence) == (7, "The walk failed: no such recording")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"sender": SenderFacts(port25=Found.BLOCKED, port25_reason="all time out")},
            "! Outgoing port 25 is blocked here: walk where it is open, and view the result here (ssh HOST"
            " mailpath check b.example --from a.example --capture - | mailpath open -). The servers were not"
            " seen; the other panels are valid.",
        ),
        (
            {"dnssec": DnssecFacts(resolver_passes=False)},
            "! The resolver 192.0.2.53 omits DNSSEC data: use another (--resolver ADDRESS, or [network] in"
            " the config file). DANE cannot be judged; the other panels are valid.",
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
        async def postures(self) -> Any:
            raise ImportError("No module named 'dns'")

    async with app(Missing()).run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert "The app could not start: No module named 'dns'" in drawn(pilot)


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


async def test_what_cannot_be_seen_again_leaves_what_is_seen() -> None:
    """The lens is that of the verdict; what was tried on a walk gone by says nothing of the next."""

    class Broken(FakeSession):
        def replayer(self, found: Any) -> Any:
            replayer = super().replayer(found)
            through = replayer.view

            async def view(lens: Lens, posture: str) -> Any:
                if lens.attack or lens.at:
                    raise ValueError("no memory")
                return await through(lens, posture)

            replayer.view = view  # type: ignore[method-assign]
            return replayer

    async with app(Broken(), start=True, posture="postfix-may").run_test(size=WIDE) as pilot:
        await settle(pilot)
        screen = path_screen(pilot)
        await pilot.press("m")
        await settle(pilot)
        for lens in (Lens(attack="strip-starttls"), Lens(attack="break-tls", at=AT + 1)):
            screen.lenses.turn(lens)
            await settle(pilot)
            text = " ".join(drawn(pilot).split())
            assert "The recording could not be replayed: no memory" in text
            assert "Simulated: sent with REQUIRETLS. x ends it." in text
            assert screen.lenses.lens == scene_of(pilot).lens == Lens(message="requiretls")
            assert screen.side.attacks.chosen == "none"
            assert screen.lenses.summary(screen.lenses.lens) is not None
        screen.problem.say("")
        screen.post_message(messages.WalkFailed(screen.walks.state.run - 1, "of the walk before"))
        await settle(pilot)
        assert "of the walk before" not in drawn(pilot)


async def test_what_an_attacker_can_do_is_never_told_of_another_posture() -> None:
    class Slow(FakeSession):
        def replayer(self, found: Any) -> Any:
            replayer = super().replayer(found)
            summed = replayer.summary

            async def summary(posture: str, lens: Lens) -> Any:
                if posture == "postfix-may" or lens.message != "ordinary":
                    raise ValueError("no memory")
                return await summed(posture, lens)

            replayer.summary = summary  # type: ignore[method-assign]
            return replayer

    async with app(Slow(), start=True).run_test(size=WIDE) as pilot:
        screen = path_screen(pilot)
        for change in (
            lambda: setattr(screen, "posture", "postfix-may"),
            lambda: screen.lenses.turn(Lens(message="requiretls")),
        ):
            screen.posture = "rfc"
            await settle(pilot)
            screen.lenses.turn(Lens())
            await settle(pilot)
            assert "An active attacker cannot." in " ".join(drawn(pilot).split())
            assert screen.side.attacks._marks
            assert screen.side._outlooks
            change()
            await settle(pilot)
            assert "Who can read it" not in drawn(pilot)
            assert not screen.side.attacks._marks
            assert not screen.side._outlooks
