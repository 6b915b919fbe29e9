"""The lists beside the steps, and the picker: what is chosen is in sight, what is said of it is whole."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import Any

from tui_world import AT, LONG, SCENARIOS, FakeSession, app, drawn, path_screen, settle

from mailpath.judge.presets import PRESETS
from mailpath.tui.expiries import Outlook
from mailpath.tui.judging import JudgedWalk
from mailpath.tui.lens import Lens
from mailpath.tui.replayer import Replayer
from mailpath.tui.source import LabSource
from mailpath.tui.widgets.listing import Listing
from mailpath.tui.widgets.side import Side

WIDE = (120, 40)


def plain(pilot: Any) -> str:
    return " ".join(drawn(pilot).replace("│", " ").split())


def column(pilot: Any) -> list[str]:
    """The lines of the left column where it is wide."""
    return [line[2:50].strip() for line in drawn(pilot).splitlines()]


async def test_what_is_highlighted_stays_in_sight() -> None:
    """Also when what is told of it takes lines from the list."""

    class Many(FakeSession):
        async def scenarios(self) -> Any:
            words = "one word more " * 8
            return {
                f"s{n}": replace(SCENARIOS["plain"], id=f"s{n}", teaches=words * (n % 5)) for n in range(40)
            }

    async with app(Many(lab=True)).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        listing = pilot.app.screen.query_one(Listing)
        for keys in (["up"], ["pageup"], ["down", "down", "down"], ["enter", "l"]):
            await pilot.press(*keys)
            await settle(pilot)
            listing = pilot.app.screen.query_one(Listing)
            first, last, rows = listing.in_sight()
            assert rows == 40
            assert listing.highlighted is not None
            assert 0 < first <= listing.highlighted + 1 <= last


async def test_words_that_do_not_fit_can_be_reached() -> None:
    async with app(start=True, posture="postfix-may").run_test(size=(60, 20)) as pilot:
        await settle(pilot)
        await pilot.press("a", "up")
        await settle(pilot)
        side = pilot.app.screen.query_one(Side)
        assert side.attacks.chosen == "steer+strip-starttls"
        assert "● steer+strip-starttls" in drawn(pilot)
        assert "Tab: more" in drawn(pilot)
        assert "encrypt or above." not in plain(pilot)
        await pilot.press("tab", "end")
        await settle(pilot)
        assert "encrypt or above." in plain(pilot)
        await pilot.press("escape")
        await settle(pilot)
        assert "1 MX" in drawn(pilot) or "4 TLSA" in drawn(pilot)
    async with app(start=True, posture="postfix-may").run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("a", "a")
        await settle(pilot)
        words = " ".join(column(pilot))
        assert "Who     on the path to the mail servers" in words
        assert "encrypt or above." in words
        assert "Tab: more" not in drawn(pilot)
        await pilot.press("up", "up")
        await settle(pilot)
        assert re.search(r"○ steer +✗ reads.*\n│ +│.*\n│ ● steer\+strip", drawn(pilot))


async def test_dials_stay_where_they_are_while_words_change() -> None:
    async with app(start=True, posture="postfix-dane").run_test(size=WIDE) as pilot:
        screen = path_screen(pilot)
        await settle(pilot)
        await pilot.press("m")
        places = set()
        for posture in ("postfix-dane", "postfix-may", "rfc"):
            screen.posture = posture
            await settle(pilot)
            dials = [screen.query_one(f"#{name}-dial").region for name in ("attack", "clock", "message")]
            places.add((*dials, screen.side.region.y))
            await pilot.click("#message-dial")
            await settle(pilot)
            assert screen.query_one("#message-dial").region == dials[2]
            await pilot.click("#message-dial")
            await pilot.click("#message-dial")
            await settle(pilot)
        assert len(places) == 1
        assert screen.lenses.lens.message == "requiretls"


async def test_clock_steps_to_each_end() -> None:
    session = FakeSession()
    async with app(session, start=True).run_test(size=(120, 41)) as pilot:
        await settle(pilot)
        await pilot.press("t")
        await settle(pilot)
        text = plain(pilot)
        # Above now what has ended; it is told, and cannot be chosen.
        assert "2023-10-15 30 d ago ✗ expired" in text
        assert text.index("expired") < text.index("2023-11-14 now, 22:13 UTC")
        assert "2023-11-28 in 14 d ✗ defer" in text
        assert "signatures, b.example, example, the root" in text
        assert "2024-01-13 in 60 d ✗ defer" in text
        assert LONG in "".join(column(pilot))
        assert "in 9 y ✗ defer" in text
        assert "CA cert," in column(pilot)
        text = " ".join(column(pilot))
        assert "Expired server cert of mx2.b.example: 2023-10-15 22:13 UTC" in text
        assert "the next expiry, in 14 d" in text
        await pilot.press("t")
        await settle(pilot)
        text = plain(pilot)
        assert "Simulated: as of 2023-11-28 22:13 UTC. x ends it." in text
        assert "Expires 2023-11-28 22:13 UTC" in text
        assert "by then" not in text
        assert "2 DNSSEC ✗ BOGUS" in text
        assert "Compared with now:" in text
        assert "changed" in text
        # What had ended before, and may be what breaks the mail, is told; and what would be without that.
        await pilot.press("t")
        await settle(pilot)
        text = " ".join(column(pilot))
        assert "by then the signatures of b.example, example, the root have expired too (2023-11-28)" in text
        assert "If they are renewed in time: ! ENCRYPTED" in text
        # What has ended already cannot be chosen; what ends can.
        await pilot.press("x")
        await settle(pilot)
        for row, at in ((0, None), (5, AT + 14 * 86400 + 1)):
            await pilot.click("#times", offset=(4, row))
            assert path_screen(pilot).lenses.lens.at == at
        await pilot.press("a", "a")
        await settle(pilot)
        assert "under strip-starttls, as of 2023-11-28 22:13 UTC" in plain(pilot)
        assert "Compared with no attack now:" in plain(pilot)
        await pilot.press("escape", "r")
        await settle(pilot)
        assert "Simulated" not in drawn(pilot)
        assert session.walks == 2


def test_what_ends_alone_is_told_apart_from_what_had_ended_before(walks: Any) -> None:
    """At the end of the certificate the signatures have long ended, so that every mail waits."""
    walked = walks.of("pkix-good")
    replayer = Replayer(walked.capture, JudgedWalk(walked.walk, PRESETS))
    ends = next(
        stop.at for stop in replayer.stops() if any(moment.part == "server" for moment in stop.moments)
    )
    for posture, renewed in (("postfix-may", "encrypted"), ("postfix-verify", "deferred")):
        outlooks = asyncio.run(replayer.forecast(posture, Lens()))
        first, *_ = outlooks.values()
        assert first == Outlook("deferred")
        assert outlooks[ends] == Outlook("deferred", renewed)


async def test_a_scenario_says_what_it_is_about_until_somebody_asks() -> None:
    stale = replace(SCENARIOS["dane-stale"], about="A zone, a record and a server.")

    class Told(FakeSession):
        async def scenarios(self) -> Any:
            return {"plain": SCENARIOS["plain"], "dane-stale": stale}

    async with app(Told(lab=True)).run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert "DANE after a key change" not in drawn(pilot)
        await pilot.press("down")
        await settle(pilot)
        assert "About    A zone, a record and a server." in drawn(pilot)
        await pilot.press(*"stale", "enter")
        await settle(pilot)
        assert "A zone, a record and a server. What will happen?" in plain(pilot)
        opened = path_screen(pilot).steps.opened
        await pilot.press("ctrl+p", *"stale")
        await settle(pilot)
        assert "DANE after a key change" not in drawn(pilot)
        await pilot.press("escape", "escape", "enter")
        await settle(pilot)
        assert "DANE after a key change. Try: switch between may and dane" in plain(pilot)
        assert path_screen(pilot).steps.opened == opened, "this Enter was not for the panel"
        await pilot.press("enter")
        await settle(pilot)
        assert path_screen(pilot).steps.opened != opened
    session = Told(lab=True)
    session.source = LabSource(spoil=True)
    async with app(session).run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert "DANE after a key change" in drawn(pilot)
