"""Plans in the app: made when they are asked for, looked at step by step, written down."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Static
from tui_plans import PLANS
from tui_world import FakeReplayer, FakeSession, app, appears, drawn, path_screen, scene_of, settle

from mailpath.lab import Lab
from mailpath.plan import Goal
from mailpath.tui import CaptureSource, plans
from mailpath.tui.judging import JudgedWalk
from mailpath.tui.replayer import Replayer
from mailpath.tui.session import Session

WIDE = (120, 40)


def plain(pilot: Any) -> str:
    """What is in the left column."""
    return " ".join(" ".join(line[1:51] for line in drawn(pilot).splitlines()).split())


def published(judged: JudgedWalk) -> set[bytes]:
    """The digests in the TLSA records of its one host."""
    return {each.data for each in judged.walk.tlsa.hosts[0].candidates[0].records}


def badge(pilot: Any) -> str:
    return str(path_screen(pilot).query_one("#badge", Static).render())


def test_every_goal_but_the_one_that_needs_a_name_is_listed() -> None:
    assert {*plans.GOALS, "new-mx"} == {goal.value for goal in Goal}
    assert set(PLANS) == set(plans.GOALS)


def test_the_app_is_there_without_the_planner() -> None:
    """What draws the first frames does not wait for what plans."""
    planner = "('mailpath.plan', 'mailpath.tui.plans')"
    code = f"import sys, mailpath.tui.app; print([m for m in sys.modules if m.startswith({planner})])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


async def test_a_real_plan_step_by_step(
    capture: Any, lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One app, one plan: its steps, its unsafe order, an attack on its goal, and the file."""
    chosen = {goal: plans.GOALS[goal] for goal in ("repair", "key-change")}
    monkeypatch.setattr(plans, "GOALS", chosen)
    monkeypatch.chdir(tmp_path)
    session = Session(CaptureSource(capture, lab.settings))
    one = app(session, start=True, sender="", recipient=capture.path.recipient, posture="postfix-dane")
    async with one.run_test(size=WIDE, notifications=True) as pilot:
        await settle(pilot)
        assert scene_of(pilot).replayer.plans == {}
        assert badge(pilot).startswith("CAPTURE")
        await pilot.press("u")
        await settle(pilot)
        side = path_screen(pilot).side
        assert side.plans.names[:3] == ["none", "repair", "key-change"]
        assert "repair ✓ reached" in plain(pilot)
        assert "key-change ✓ 3 steps" in plain(pilot)
        assert "2. Switch to the next key ✓ auth" in plain(pilot)
        await pilot.press("down")
        await settle(pilot)
        assert "No sender that goes by what is published is refused." in plain(pilot)
        await pilot.press("down", "down", "down")
        await settle(pilot)
        assert badge(pilot) == "PLAN step 2"
        assert "Simulated in the lab: plan key-change, step 2. x ends it." in drawn(pilot)
        assert "Who mail host mx1.dane-good.example" in plain(pilot)
        # After the switch the records of both keys are there (the lab's own keys): another path, as safe.
        scene = scene_of(pilot)
        assert len(published(scene.shown)) == 2
        assert not published(scene.sent) & published(scene.shown)
        assert scene.shown.verdict("postfix-dane").outcome == "authenticated"
        assert scene.sent.walk is scene.replayer.judged.walk
        assert scene.capture is not scene.replayer.capture
        # An attacker in that state; the ticket and the report stay about the real walk.
        await pilot.press("a", "down")
        await settle(pilot)
        scene = scene_of(pilot)
        assert badge(pilot) == "PLAN step 2"
        assert "plan key-change, step 2, under strip-starttls" in drawn(pilot)
        assert published(scene.before) == published(scene.shown)
        assert scene.sent.walk is scene.replayer.judged.walk
        await pilot.press("x", "u")
        await settle(pilot)
        assert badge(pilot).startswith("CAPTURE")
        assert side.plans.chosen == "key-change"
        # The order that loses mail, in the state that kills it.
        waits = next(name for name in side.plans.names if "unsafe" in name)
        side.plans.take(waits)
        await settle(pilot)
        assert badge(pilot) == "PLAN unsafe 1"
        assert scene_of(pilot).shown.verdict("postfix-dane").outcome == "deferred"
        assert "Loses" in plain(pilot)
        assert "✗ defer" in plain(pilot)
        await pilot.press("w")
        await settle(pilot)
        await pilot.press("enter")
        await appears(pilot, "Written:")
        await pilot.press("r")
        await settle(pilot)
        assert badge(pilot).startswith("CAPTURE")
        assert scene_of(pilot).replayer.plans == {}
    written = next(tmp_path.glob("*-key-change.md")).read_text("utf-8")  # noqa: ASYNC240
    assert written.count("- [ ] ") > 5


async def test_a_plan_can_be_stopped_and_fails_in_its_own_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """Esc ends what is under way; a goal that is chosen then is planned again."""
    made, proceed = FakeReplayer.plan, asyncio.Event()

    async def plan(self: Any, goal: str, tell: Any) -> Any:
        tell(7)
        if goal == "dane":
            raise OSError("no room for the lab")
        if goal == "mta-sts":
            await proceed.wait()
        return await made(self, goal, tell)

    monkeypatch.setattr(FakeReplayer, "plan", plan)
    async with app(FakeSession(), start=True).run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("u", "down", "down")
        await appears(pilot, "mta-sts")
        await appears(pilot, "… 0 s")
        assert "dane ✗ failed" in plain(pilot)
        assert "There is no plan: no room for the lab" in plain(pilot)
        await pilot.press("down")
        await appears(pilot, "Planning: 7 states")
        await pilot.press("escape")
        await settle(pilot)
        screen = path_screen(pilot)
        assert not screen.plans.planning
        assert screen.side.mode == "plan", "the first Esc stops, the second closes"
        proceed.set()
        await pilot.press("down")
        await settle(pilot)
        assert "key-change ✓ 2 steps" in plain(pilot)
        assert "mta-sts ? unknown" in plain(pilot), "and then the others"
        await pilot.press("escape")
        await settle(pilot)
        closed: str = screen.side.mode
        assert closed == "posture"


def test_what_is_forgotten_of_a_walk_gone_by(capture: Any) -> None:
    replayer = Replayer(capture, JudgedWalk(None, {}))  # type: ignore[arg-type]
    replayer.plans["repair"] = PLANS["repair"]
    replayer.release()
    assert replayer.plans == {}
