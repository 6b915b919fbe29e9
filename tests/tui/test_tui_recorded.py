"""A finished walk and its recording: what is kept of it, what is forgotten, and one host of it alone."""

from __future__ import annotations

import asyncio
from typing import Any

from tui_world import app, drawn, settle

from mailpath.tui import CaptureSource
from mailpath.tui import recorded as module
from mailpath.tui.lens import Lens
from mailpath.tui.recorded import Recorded
from mailpath.tui.session import Session
from mailpath.tui.stack import load


def of(walks: Any, scenario: str) -> Recorded:
    walked = walks.of(scenario)
    return Recorded(walked.capture, walked.walk, load())


def test_the_longest_unused_time_is_forgotten_and_never_the_walks_own(walks: Any) -> None:
    recorded = of(walks, "plaintext")
    kept = {at: recorded._at(at) for at in (None, 1, 2, 3)}
    assert recorded._at(1) is kept[1]
    recorded._at(4)
    assert set(recorded._rewalks) == {None, 1, 3, 4}
    for at in range(10, 20):
        recorded._at(at)
    assert len(recorded._rewalks) == 4
    assert recorded._at(None) is kept[None]


def test_answers_are_bounded_and_a_walk_gone_by_keeps_none(walks: Any) -> None:
    answers: dict[int, int] = {}
    for number in range(200):
        module._keep(answers, number, number)
    assert list(answers) == list(range(136, 200))
    recorded = of(walks, "two-mx-weak")
    bench = recorded.bench
    bench.sentence("rfc")
    alone = bench.of_host(bench.hosts[0])
    recorded.rest()
    assert not bench._verdicts
    assert not bench._sentences
    assert bench.of_host(bench.hosts[0]) is not alone


def test_the_policys_end_counts_from_when_it_was_fetched(walks: Any) -> None:
    recorded = of(walks, "sts-enforce")
    made, policy = recorded.capture.ground.made, recorded.policy
    assert policy is not None
    week = policy.max_age

    def ends(age: int | None) -> list[int]:
        return [
            stop.at - made
            for stop in recorded.stops(age)
            if any(each.what == "policy" for each in stop.moments)
        ]

    assert [ends(age) for age in (None, 0, 100, week)] == [[week + 1], [week + 1], [week - 99], [0]]


def test_what_an_attack_does_at_one_host_alone(walks: Any) -> None:
    recorded = of(walks, "two-mx-weak")
    strong, weak = recorded.bench.hosts
    addresses = {host.name: set(host.addresses) for host in recorded.bench.walk.mx.hosts}
    touched = {"mitm-self-signed": {strong, weak}, "block-policy": set(), "deny-tlsa": {strong}}
    for attack, hosts in touched.items():
        view = asyncio.run(recorded.view(Lens(attack=attack), "postfix-dane"))
        assert view.of_host(None) is view
        for host, other in ((strong, weak), (weak, strong)):
            alone = view.of_host(host)
            assert alone.outcome is not None
            assert alone.outcome.verdict == view.bench.of_host(host).verdict("postfix-dane")
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
        pilot.app.screen._turn(Lens(attack="steer+mitm-self-signed"))
        await settle(pilot)
        assert "The attacker reads it" in drawn(pilot)
        assert "What changes, whole path" not in drawn(pilot)
        await pilot.press("h", "5")
        await settle(pilot)
        text = " ".join(drawn(pilot).split())
        assert "The attacker cannot read it" in text
        assert "What changes, whole path" in text
        first, second = (host.addresses[0] for host in walks.of("two-mx-weak").walk.mx.hosts)
        assert f"Tampered with (simulated): {first} " in text
        assert second not in text
        await pilot.press("a")
        await settle(pilot)
        assert "Attack, whole path" in drawn(pilot)
