"""An attacker on the path, another time, one host alone: seen in every part of the screen, no packet sent."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from msgspec.structs import replace
from tui_world import FakeSession, app, drawn, path_screen, scene_of, settle, walk

from mailpath.attacks.catalogue import ATTACKS
from mailpath.lab import Lab
from mailpath.network.capture import Capture
from mailpath.report.reply import Reader
from mailpath.tui import CaptureSource, LabSource, lens
from mailpath.tui.app import MailpathApp
from mailpath.tui.expiries import stops
from mailpath.tui.lens import Lens
from mailpath.tui.session import Session
from mailpath.tui.ticket import answer
from mailpath.tui.widgets.side import Side
from mailpath.tui.widgets.steps import Steps
from mailpath.whatif.only_host import restricted

WIDE = (120, 40)


def plain(pilot: Any) -> str:
    """What is on the screen, without its frames; then once more what is in its left column alone."""
    lines = drawn(pilot).splitlines()
    return " ".join("\n".join([*lines, *(line[:34] for line in lines)]).replace("│", " ").split())


async def test_attack_list_tampers_and_compares() -> None:
    session = FakeSession()
    async with app(session, start=True, posture="postfix-dane").run_test(size=WIDE) as pilot:
        await settle(pilot)
        side = pilot.app.screen.query_one(Side)
        assert "A listener cannot read it." in plain(pilot)
        assert "An active attacker cannot." in plain(pilot)
        assert "Attack none" in plain(pilot)
        await pilot.press("a")
        await settle(pilot)
        assert side.mode == "attack"
        assert pilot.app.focused is side.attacks
        await pilot.press("a", "down", *["j"] * (list(ATTACKS).index("mitm-self-signed") - 1))
        await settle(pilot)
        text = plain(pilot)
        assert side.attacks.chosen == "mitm-self-signed"
        assert "≠ Simulated: under mitm-self-signed. x ends it." in text
        assert "5 STARTTLS ≠" in text
        assert "tampered" in text
        assert "The attacker cannot read it: the attacker's certificate is self-signed" in text
        assert "Compared with no attack:" in text
        assert "before ✓ TLS 1.3 ✓ AUTHENTICATED" in text
        assert "after ✗ MISMATCH ✓ NOT READ" in text
        assert "Takes the server's place" in text
        await pilot.press("escape", "5")
        await settle(pilot)
        assert "Tampered with (simulated): 192.0.2.11, 192.0.2.12" in plain(pilot)
        assert "Attack mitm-self-signed" in plain(pilot)
        assert pilot.app.screen.query_one(Side).mode == "posture"
        # Another posture: the same attack, judged again.
        path_screen(pilot).posture = "postfix-may"
        await settle(pilot)
        text = plain(pilot)
        assert "✗ READ, encrypted to the attacker b.example: encrypted by postfix-may" in text
        assert "The attacker reads it:" in text
        assert "The sender notices nothing: the same verdict as without the attack." in text
        assert "after ✗ MISMATCH ✗ READ" in text
        assert "▶ whole path ! clear" not in text
        assert [line.count("✗ READ") for line in drawn(pilot).splitlines() if "mx1.b" in line][-1] > 1
        assert "An active attacker can (steer+strip-starttls)." in plain(pilot)
        await pilot.press("a")
        await settle(pilot)
        assert "steer+strip-starttls" in side.attacks.names
        await pilot.press("x", "escape")
        await settle(pilot)
        assert "Simulated" not in drawn(pilot)
        assert "≠" not in drawn(pilot)
        assert "mx2.b.example has no TLSA" in plain(pilot)
        told = pilot.app.screen.query_one(Steps).panel("starttls").line._progress.result
        assert told is not None
        assert told.word == "TLS 1.3"
        assert session.walks == 1


async def test_one_host_alone() -> None:
    async with app(start=True, posture="postfix-dane").run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert "delivered" not in drawn(pilot)
        await pilot.press("h")
        await settle(pilot)
        assert "mx1.b.example alone" in plain(pilot)
        assert "b.example: deferred by postfix-dane" in plain(pilot)
        await pilot.press("h")
        await settle(pilot)
        assert "mx2.b.example alone" in plain(pilot)
        assert "b.example: authenticated by postfix-dane" in plain(pilot)
        await pilot.press("h")
        await settle(pilot)
        assert "alone" not in drawn(pilot)
        matrix = pilot.app.screen.query_one("#matrix")
        await pilot.click("#matrix", offset=(3, 2))
        await settle(pilot)
        assert matrix.region.height == 4
        assert "mx1.b.example alone" in plain(pilot)
        await pilot.press("escape", "escape")
        await settle(pilot)
        assert "alone" not in drawn(pilot)


async def test_the_selected_of_many_hosts_is_in_sight() -> None:
    async with app(FakeSession(found=walk(hosts=12)), start=True).run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press(*["h"] * 12)
        await settle(pilot)
        assert "▶ mx12.b.example" in drawn(pilot)
        await pilot.press("h")
        await settle(pilot)
        assert "▶ whole path" in drawn(pilot)


async def test_the_sentence_stays_where_lines_are_dear() -> None:
    async with app(start=True, posture="postfix-dane").run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("h", "h")
        await settle(pilot)
        assert "b.example: authenticated by postfix-dane" in drawn(pilot)


async def test_the_open_panel_follows_the_host_at_once() -> None:
    def told(found: Any, host: str) -> Any:
        """A line of its own for each host, too long for the panel's own line."""
        line = replace(found.steps[5], summary=f"{host} {'says much ' * 12}")
        return replace(restricted(found, host), steps=(*found.steps[:5], line))

    async with app(FakeSession(only_host=told), start=True).run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("5")
        for host in ("mx1.b.example", "mx2.b.example"):
            await pilot.press("h")
            await settle(pilot)
            line = pilot.app.screen.query_one(Steps).panel("starttls").line.render().plain
            assert line.split("TLS 1.3")[1].split()[0] == host
            assert " ".join(line.split()).count("says much") == 12


async def test_lists_on_a_small_screen() -> None:
    async with app(start=True, posture="postfix-dane").run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("a", "a")
        await settle(pilot)
        text = plain(pilot)
        assert "strip-starttls" in text
        assert "Compared with no attack: ✓ AUTHENTICATED → ✓ NOT READ, authenticated" in text
        assert "Message" not in text
        await pilot.press("m")
        await settle(pilot)
        assert "Message REQUIRETLS" in plain(pilot)
        await pilot.press("m", "m")
        path_screen(pilot).posture = "postfix-may"
        await settle(pilot)
        text = plain(pilot)
        assert "! ENCRYPTED → ✗ READ, encrypted to the attacker" in text
        await pilot.click("#attacks", offset=(4, 3))
        await settle(pilot)
        assert f"under {list(ATTACKS)[1]}" in plain(pilot)
        await pilot.press("t")
        await settle(pilot)
        assert "in 14 d" in drawn(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert "1 MX" in drawn(pilot)
        await pilot.press("question_mark")
        await settle(pilot)
        assert re.search(r"\d\d more lines: PgDn; Esc closes", drawn(pilot))
        await pilot.press("end")
        await settle(pilot)
        assert "more lines" not in drawn(pilot)
        assert "Click to choose in a list" in drawn(pilot)


async def test_before_a_walk_the_lists_say_so() -> None:
    async with app().run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("escape", "a")
        await settle(pilot)
        assert "Attacks can be tried when the walk is finished." in plain(pilot)
        await pilot.press("a", "t", "h", "x")
        await settle(pilot)
        assert "Expiry dates appear when the walk is finished." in plain(pilot)


async def test_a_recording_that_cannot_be_walked_again_is_a_sentence() -> None:
    class Broken(FakeSession):
        def replayer(self, found: Any) -> Any:
            replayer = super().replayer(found)

            async def broken(*_: Any) -> Any:
                raise ValueError("[/] nothing")

            replayer.view = replayer.summary = broken  # type: ignore[assignment, method-assign]
            return replayer

    async with app(Broken(), start=True).run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert "The attacks could not be tried: [/] nothing" in plain(pilot)
        await pilot.press("a", "a")
        await settle(pilot)
        assert "The recording could not be replayed: [/] nothing" in plain(pilot)
        assert "b.example: authenticated by rfc" in plain(pilot)


async def test_attack_and_clock_on_a_real_walk_send_nothing() -> None:
    session = Session(LabSource("dane-good"))
    try:
        async with MailpathApp(session, posture="postfix-may").run_test(size=WIDE) as pilot:
            screen = path_screen(pilot)
            async for _ in until(pilot, lambda: screen.side._summary is not None):
                pass
            assert session.recording is not None
            before = session.recording.count
            async for _ in until(pilot, lambda: "An active attacker can (strip-starttls)." in plain(pilot)):
                pass
            await pilot.press("a", *["a"] * (1 + list(ATTACKS).index("mitm-self-signed")))
            async for _ in until(pilot, lambda: "delivered to the attacker, encrypted" in plain(pilot)):
                pass
            screen.posture = "postfix-dane"
            async for _ in until(pilot, lambda: "Server certificate not verified" in plain(pilot)):
                pass
            assert "✓ AUTHENTICATED" in plain(pilot)
            assert "✓ NOT READ, deferred" in plain(pilot)
            await pilot.press("x", "t", "t")
            async for _ in until(pilot, lambda: "Compared with now:" in plain(pilot)):
                pass
            assert "✗ BOGUS" in plain(pilot)
            assert "✗ DEFERRED" in plain(pilot)
            assert session.recording.count == before
    finally:
        session.close()


@pytest.fixture
def enforced(walks: Any) -> Capture:
    """A walk to a domain with an MTA-STS policy, and nothing else."""
    found: Capture = walks.of("sts-enforce").capture
    return found


async def test_message_and_age_of_the_policy_on_a_real_walk_send_nothing(enforced: Capture, lab: Lab) -> None:
    session = Session(CaptureSource(enforced, lab.settings))
    started = MailpathApp(session, start=True, recipient="sts-enforce.example", posture="postfix-sts")
    async with started.run_test(size=WIDE) as pilot:
        screen = path_screen(pilot)

        async def sees(*told: str) -> None:
            async for _ in until(pilot, lambda: all(each in plain(pilot) for each in told)):
                pass

        await sees(
            "an active attacker can (block-policy+strip-starttls)",
            "the policy cached an active attacker can (mitm-misissued)",
            "Message ordinary",
            "Policy first contact",
        )
        assert session.recording is not None
        before = session.recording.count
        screen.lenses.turn(Lens(attack="block-policy+strip-starttls"))
        hidden = "sent to mx1.sts-enforce.example in the clear. With the MTA-STS policy cached: deferred"
        await sees(hidden)
        assert "Attack block-policy+ " in plain(pilot)  # broken between the two
        await pilot.press("f")
        await sees("At first contact: plaintext", "Policy cached, new of 7 d", "The attacker cannot read it")
        real = answer(scene_of(pilot), "postfix-sts")
        assert real.startswith("sts-enforce.example: delivered authenticated by postfix-sts at mx1.")
        assert " (policy fetched just before); replayed from a capture, " in real
        await pilot.press("f")
        await sees("Policy cached, 3 d old of 7 d")
        week = 7 * 86400
        made = enforced.ground.made
        ends = made + week - week // 2 + 1
        assert str(ends) in screen.side.times.names
        assert str(made + week + 1) not in screen.side.times.names
        await settle(pilot)
        await pilot.click("#policy-dial")
        await sees(hidden, "Policy expired, max_age 7 d")
        await settle(pilot)
        await pilot.click("#message-dial")
        await sees("Message REQUIRETLS")
        await settle(pilot)
        saved = json.loads(screen.keeper.content(scene_of(pilot), "json"))
        assert (saved["message"], saved["policy_age"]) == ("requiretls", 7 * 86400)
        assert saved["verdicts"]["rfc"]["status_code"] == "5.7.30"
        assert "does not implement REQUIRETLS" in saved["verdicts"]["postfix-sts"]["reason"]
        replied = scene_of(pilot).sent.reply("rfc", Reader.POSTMASTER, made)
        assert [remark.partition(":")[0] for remark in replied.remarks[-2:]] == ["Message", "Policy"]
        await pilot.press("x")
        await settle(pilot)
        await sees("Policy first contact")
        assert "Simulated" not in plain(pilot)
        assert session.recording.count == before


async def test_what_the_message_asks_for_is_judged_at_once() -> None:
    session = FakeSession()
    async with app(session, start=True, posture="postfix-may").run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("f")
        await pilot.pause()
        said = [note.message for note in pilot.app._notifications]
        assert said == ["There is no MTA-STS policy that the sender could have cached."]
        assert "Message ordinary" in plain(pilot)
        await pilot.press("m")
        await settle(pilot)
        text = plain(pilot)
        assert "Simulated: sent with REQUIRETLS. x ends it." in text
        assert "Message REQUIRETLS" in text
        assert "Compared with an ordinary message: ! ENCRYPTED → ✗ BOUNCED" in text
        assert "whole path ✗ bounce ✗ bounce" in text
        assert "Steps 6 of 6 done" in text
        posture = path_screen(pilot).side.postures
        assert {mark[0] for mark in posture._marks.values()} == {"✗"}
        path_screen(pilot).posture = "postfix-dane"
        await settle(pilot)
        assert "b.example: bounced by postfix-dane" in plain(pilot)
        await pilot.press("m", "m")
        await settle(pilot)
        assert "Simulated" not in drawn(pilot)
        for message in ("requiretls", "tls-required-no"):  # the first is replaced before it is begun
            path_screen(pilot).lenses.turn(Lens(message=message))
        await settle(pilot)
        assert "Simulated: with TLS-Required: No." in plain(pilot)
        assert session.walks == 1


async def until(pilot: Any, holds: Any) -> Any:
    for _ in range(800):
        if holds():
            return
        yield await pilot.pause(0.01)
    raise AssertionError(drawn(pilot))


def test_what_ends_together_is_one_stop() -> None:
    from mailpath.whatif import Moment

    found = stops((Moment(9, "policy", "b"), Moment(5, "signatures", "a"), Moment(9, "certificate", "a")))
    assert [(stop.at, len(stop.moments)) for stop in found] == [(6, 1), (10, 2)]
    assert Lens().plain
    assert not Lens(at=0).plain


def test_places_of_the_dials_for_message_and_policy() -> None:
    week = 7 * 86400
    ages: list[int | None] = [None]
    for _ in range(4):
        ages.append(lens.next_age(ages[-1], week))
    assert ages == [None, 0, week // 2, week, None]
    assert lens.next_age(0, 0) is None  # a policy that is never kept
    told = [lens.policy_words(age, week) for age in ages[:4]]
    assert told == ["first contact", "cached, new of 7 d", "cached, 3 d old of 7 d", "expired, max_age 7 d"]
    # The clock goes on for the policy too.
    assert lens.age_at(Lens(policy_age=100, at=1_000_050), made=1_000_000) == 150
    assert lens.age_at(Lens(at=1_000_050), made=1_000_000) is None
    message, seen = "ordinary", []
    for _ in lens.MESSAGES:
        message = lens.next_message(message)
        seen.append(message)
    assert seen == ["requiretls", "tls-required-no", "ordinary"]
