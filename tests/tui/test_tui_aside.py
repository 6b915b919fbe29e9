"""What takes long is worked out aside: keys are answered meanwhile, and what is not wanted any more ends."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import keytrap
import pytest
from textual import events
from tui_world import app, scene_of, settle

from mailpath.dnssec import signatures
from mailpath.tui import CaptureSource, aside
from mailpath.tui.app import MailpathApp
from mailpath.tui.lens import Lens
from mailpath.tui.session import Session

#: Seconds of work, this process's own, between a key and its effect: on a machine of one's own, of time.
ANSWERED = 0.1


async def answered(app: MailpathApp, key: str) -> float:
    """Processor time until another posture is chosen, and drawn."""
    screen: Any = app.screen_stack[0]
    posture, drawn, began = screen.posture, asyncio.Event(), time.process_time()
    app.post_message(events.Key(key, None))
    while screen.posture == posture:  # noqa: ASYNC110  nothing is told before what this waits for
        await asyncio.sleep(0.001)
    screen.call_after_refresh(drawn.set)
    await drawn.wait()
    return time.process_time() - began


async def test_keys_are_answered_while_a_trap_is_walked_again_and_judged() -> None:
    """Fifty hosts, and 3,000 signatures by P-384 keys over their addresses: all that a key can be charged."""
    held = await asyncio.to_thread(keytrap.capture_of_world, keytrap.ecdsa_keys())
    app = MailpathApp(Session(CaptureSource(held)), recipient=keytrap.DOMAIN, start=True)
    took: list[float] = []
    async with app.run_test(size=(120, 40)) as pilot:
        screen: Any = app.screen_stack[0]
        async with asyncio.timeout(60):
            while screen.scene is None:
                await pilot.pause(0.01)
        await pilot.pause()
        for attack in ("mitm-self-signed", "strip-starttls", "deny-tlsa"):
            signatures.forget()
            screen.lenses.turn(Lens(attack=attack))
            for key in ("right", "left"):
                assert list(app.workers)  # still at it
                took.append(await answered(app, key))
        app.workers.cancel_all()
    assert max(took) < ANSWERED, took


async def test_a_lens_turned_in_the_middle_of_another_ends_that_one(capture: Any) -> None:
    app = MailpathApp(Session(CaptureSource(capture)), recipient=capture.path.recipient, start=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        screen: Any = app.screen_stack[0]
        for attack in ("mitm-self-signed", "strip-starttls"):
            screen.lenses.turn(Lens(attack=attack))
        await settle(pilot)
        assert scene_of(pilot).lens == Lens(attack="strip-starttls")


async def test_it_runs_in_another_thread_and_raises_here() -> None:
    async def where() -> int:
        return threading.get_ident()

    async def broken() -> None:
        raise ValueError("as the test wants it")

    assert await aside.run(where) != threading.get_ident()
    with pytest.raises(ValueError, match="as the test"):
        await aside.run(broken)


async def test_who_is_given_up_here_is_cancelled_there() -> None:
    begun, ended = threading.Event(), threading.Event()

    async def endless() -> None:
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            ended.set()

    task = asyncio.ensure_future(aside.run(endless))
    assert await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(ended.wait, 10)


async def test_after_a_key_it_stands_still_until_that_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    async def now() -> float:
        return time.monotonic()

    began = await aside.run(now)
    aside.give_way()
    assert await aside.run(now) - began >= aside._PAUSE / 2
    monkeypatch.setattr(aside, "_PAUSE", 30)
    aside.give_way()
    aside.go_on()
    assert await aside.run(now) - began < 10
    # A key of the app: what it does is drawn, and then nobody stands still any longer.
    shown = app()
    async with shown.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("down")
        assert await aside.run(now) - began < 25
