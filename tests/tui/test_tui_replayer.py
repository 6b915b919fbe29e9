"""A finished walk and its recording: what is kept of it, what is forgotten, and one host of it alone."""

from __future__ import annotations

import asyncio
from typing import Any

from tui_world import app, drawn, path_screen, settle

from mailpath.judge.presets import PRESETS
from mailpath.tui import CaptureSource
from mailpath.tui import replayer as module
from mailpath.tui.judging import JudgedWalk
from mailpath.tui.lens import Lens
from mailpath.tui.replayer import Replayer
from mailpath.tui.session import Session


def of(walks: Any, scenario: str) -> Replayer:
    walked = walks.of(scenario)
    return Replayer(walked.capture, JudgedWalk(walked.walk, PRESETS))


def test_the_longest_unused_time_is_forgotten_and_never_the_walks_own(walks: Any) -> None:
    replayer = of(walks, "plaintext")
    kept = {at: replayer._at(at) for at in (None, 1, 2, 3)}
    assert replayer._at(1) is kept[1]
    replayer._at(4)
    assert set(replayer._rewalks) == {None, 1, 3, 4}
    for at in range(10, 20):
        replayer._at(at)
    assert len(replayer._rewalks) == 4
    assert replayer._at(None) is kept[None]


def test_answers_are_bounded_and_a_walk_gone_by_keeps_none(walks: Any) -> None:
    answers: dict[int, int] = {}
    for number in range(200):
        module._keep(answers, number, number)
    assert list(answers) == list(range(40, 200))
    # Who goes through the postures, and back, does not wait a second time; nor with another lens.
    assert len(answers) >= 2 * len(PRESETS)
    replayer = of(walks, "two-mx-weak")
    judged = replayer.judged
    judged.sentence("rfc")
    alone = judged.of_host(judged.hosts[0])
    replayer.release()
    assert not judged._verdicts
    assert not judged._sentences
    assert judged.of_host(judged.hosts[0]) is not alone


def test_the_policys_end_counts_from_when_it_was_fetched(walks: Any) -> None:
    replayer = of(walks, "sts-enforce")
    made, policy = replayer.capture.ground.made, replayer.policy
    assert policy is not None
    week = policy.max_age

    def ends(age: int | None) -> list[int]:
        return [
            stop.at - made
            for stop in replayer.stops(age)
            if any(each.what == "policy" for each in stop.moments)
        ]

    assert [ends(age) for age in (None, 0, 100, week)] == [[week + 1], [week + 1], [week - 99], [0]]


def test_what_an_attack_does_at_one_host_alone(walks: Any) -> None:
    replayer = of(walks, "two-mx-weak")
    strong, weak = replayer.judged.hosts
    addresses = {host.name: set(host.addresses) for host in replayer.judged.walk.mx.hosts}
    touched = {"mitm-self-signed": {strong, weak}, "block-policy": set(), "deny-tlsa": {strong}}
    for attack, hosts in touched.items():
        view = asyncio.run(replayer.view(Lens(attack=attack), "postfix-dane"))
        assert view.of_host(None) is view
        for host, other in ((strong, weak), (weak, strong)):
            alone = view.of_host(host)
            assert alone.outcome is not None
            assert alone.outcome.verdict == view.judged.of_host(host).verdict("postfix-dane")
            assert other not in alone.outcome.evidence
            assert alone.outcome.touched is (host in hosts)
            told = " ".join(mark for marks in alone.tampered.values() for mark in marks).split()
            assert not addresses[other] & set(told)
            assert not any(other in word for word in told)
            if attack == "mitm-self-signed":
                assert set(alone.tampered["starttls"]) == addresses[host]
                assert alone.outcome.attacker_reads is (host == weak)
            if attack == "deny-tlsa" and host in hosts:
                assert any(host in word for word in told)


async def test_the_selected_host_under_an_attack_is_told_of_alone(walks: Any) -> None:
    session = Session(CaptureSource(walks.of("two-mx-weak").capture))
    started = app(session, start=True, recipient="two-mx-weak.example", posture="postfix-dane")
    async with started.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        screen = path_screen(pilot)
        told = screen.lenses.summary(Lens())
        assert told is not None
        screen.posture = "rfc"
        assert screen.lenses.summary(Lens()) is None
        await settle(pilot)
        screen.posture = "postfix-dane"
        assert screen.lenses.summary(Lens()) is told  # at once: it was tried before
        assert screen.side._summary is told
        assert screen.side._outlooks
        screen.lenses.turn(Lens(attack="steer+mitm-self-signed"))
        await settle(pilot)
        assert "The attacker reads it" in drawn(pilot)
        assert "Who can read it, whole path" not in drawn(pilot)
        await pilot.press("h", "5")
        await settle(pilot)
        text = " ".join(drawn(pilot).split())
        assert "The attacker cannot read it" in text
        assert "Who can read it, whole path" in text
        first, second = (host.addresses[0] for host in walks.of("two-mx-weak").walk.mx.hosts)
        assert f"Tampered with (simulated): {first} " in text
        assert second not in text
        await pilot.press("a")
        await settle(pilot)
        assert "Attack, whole path" in drawn(pilot)
