"""The app says where the trust comes from: badge, line, verdict, panels, ticket, files."""

from __future__ import annotations

import json
from typing import Any

import pytest
from test_tui_real import plain, walked
from tui_world import appears, drawn, scene_of, settle

from mailpath.lab import Lab
from mailpath.network.capture import Capture
from mailpath.report.reply import Reader, Reply
from mailpath.tui import CaptureSource, LabSource, LiveSource, saving
from mailpath.tui.app import MailpathApp
from mailpath.tui.scene import Scene
from mailpath.tui.session import Session
from mailpath.tui.ticket import answer
from mailpath.wording.times import utc

DOUBT = "on the capture's own DNSSEC root, which is not IANA's"
PATH: dict[str, Any] = {"sender": "a.example", "recipient": "dane-good.example", "start": True}


def badge(capture: Capture) -> str:
    return f"CAPTURE {utc(capture.ground.made)[:16]}"


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
@pytest.mark.parametrize("look", [{}, {"ascii": True, "color": False}], ids=["colours", "plain"])
async def test_a_capture_on_a_root_of_its_own(
    size: tuple[int, int], look: dict[str, Any], capture: Capture
) -> None:
    running = MailpathApp(Session(CaptureSource(capture)), **PATH, **look)
    async with running.run_test(size=size) as pilot:
        screen = await walked(pilot)
        await settle(pilot)
        shown = plain(pilot)
        assert f"{badge(capture)} ?" in shown
        assert f"! NOT EVIDENCE: {DOUBT}." in shown
        assert "6 Verdict ?" not in shown
        assert "? NOT EVIDENCE dane-good.example" in shown
        assert "as the capture says" in shown
        screen.posture = "postfix-none"
        await settle(pilot)
        assert f"! NOT EVIDENCE: {DOUBT}." in plain(pilot)
        await pilot.press("a", "down", "enter")
        await settle(pilot)
        assert "Simulated: under" in drawn(pilot)
        assert "NOT EVIDENCE" in drawn(pilot)


async def test_its_clock_stands_as_recorded(capture: Capture, lab: Lab) -> None:
    """Whatever time it is: the recording's own is not now."""
    running = MailpathApp(Session(CaptureSource(capture, lab.settings)), **PATH)
    async with running.run_test(size=(120, 40)) as pilot:
        await walked(pilot)
        assert "Clock as recorded" in plain(pilot)
        await pilot.press("t")
        await settle(pilot)
        assert f"{utc(capture.ground.made)[:16]} as recorded" in plain(pilot)
        await pilot.press("down", "enter")
        await appears(pilot, "Compared with the recording:")
        assert " now" not in plain(pilot)


async def test_who_knows_its_roots_is_told_what_it_rests_on(capture: Capture, lab: Lab) -> None:
    running = MailpathApp(Session(CaptureSource(capture, lab.settings)), **PATH)
    async with running.run_test(size=(80, 24)) as pilot:
        await walked(pilot)
        await settle(pilot)
        assert "NOT EVIDENCE" not in drawn(pilot)
        assert "! Note: made in the lab, trust anchor not IANA's, connections redirected (dial)." in plain(
            pilot
        )
        assert "✓ AUTHENTICATED dane-good.example" in plain(pilot)


def replied(scene: Scene) -> Reply:
    """To the recipient's postmaster, under rfc."""
    return scene.sent.reply("rfc", Reader.POSTMASTER, scene.replayer.capture.ground.made)


async def test_a_live_walk_on_roots_of_ones_own(lab: Lab) -> None:
    session = Session(LiveSource(lab.settings))
    async with MailpathApp(session, recipient="sts-enforce.example", start=True).run_test(
        size=(120, 40)
    ) as pilot:
        await walked(pilot)
        await settle(pilot)
        told = "trust anchor not IANA's, CA root unknown here, connections redirected (dial)"
        assert f"! Note: {told}." in plain(pilot)
        assert "NOT EVIDENCE" not in drawn(pilot)
        assert replied(scene_of(pilot)).remarks == (f"This check: {told}.",)
        assert answer(scene_of(pilot), "rfc").endswith(f": MTA-STS; {told}")


async def test_the_lab_says_that_it_is_the_lab(lab: Lab) -> None:
    session = Session(LabSource("dane-good"))
    try:
        async with MailpathApp(session).run_test(size=(120, 40)) as pilot:
            await walked(pilot)
            await settle(pilot)
            assert " LAB " in drawn(pilot)
            assert "Note:" not in drawn(pilot)
            assert replied(scene_of(pilot)).remarks == ("This check: in the lab.",)
            await pilot.press("2", "e")
            await settle(pilot)
            assert "The DNSSEC root is not IANA's." in drawn(pilot)
    finally:
        session.close()


async def test_what_is_taken_away_says_it_too(capture: Capture) -> None:
    async with MailpathApp(Session(CaptureSource(capture)), **PATH).run_test(size=(120, 40)) as pilot:
        await walked(pilot)
        scene = scene_of(pilot)
        doubted, marked = replied(scene).remarks
        assert doubted == f"Not evidence: {DOUBT}."
        assert marked.startswith("This check: replayed from a capture, ")
        assert f"not evidence: {DOUBT}" in answer(scene, "rfc")
        for kind in ("json", "html", "text", "markdown"):
            data = saving.content(kind, scene, "rfc", summary=None).decode()
            assert "not evidence" in data.lower()
            assert "replayed from a capture" in data.lower()
            if kind == "json":
                assert json.loads(data)["evidence_trusted"] is False
