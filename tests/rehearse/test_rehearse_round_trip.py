"""Every lab scenario, captured, drawn as a scenario, built again and walked: nothing may have changed."""

from __future__ import annotations

import asyncio
import pathlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from mailpath.facts import Path, Walk
from mailpath.judge.presets import PRESETS
from mailpath.lab import Lab, load, scenarios
from mailpath.lab.scenario import decode
from mailpath.network.capture import Capture, capture_of
from mailpath.network.recording import Recording
from mailpath.rehearse import Drawn, compare, draw, write
from mailpath.walk import live_network, walk
from mailpath.whatif.outcome import attack_outcome
from mailpath.whatif.rewalk import Rewalks

if TYPE_CHECKING:
    from conftest import Walks

SCENARIOS = [scenario.id for scenario in scenarios()]
#: One scenario of each kind of protection, with the attacks that its kind is about.
ATTACKS = {
    "opportunistic": ("strip-starttls", "mitm-self-signed"),
    "dane-good": ("mitm-self-signed", "forge-mx"),
    "half-dane": ("forge-mx",),
    "sts-enforce": ("block-policy+mitm-self-signed", "mitm-misissued"),
    "two-mx-weak": ("steer",),
}
FAMILIES = ("rfc", "postfix-dane", "postfix-sts", "exim")


@dataclass
class Again:
    """One scenario drawn from a capture, and its walk in the lab."""

    drawn: Drawn
    walk: Walk
    capture: Capture


async def _walk(lab: Lab, path: Path) -> tuple[Walk, Capture]:
    async with live_network(lab.settings, kind="lab") as network:
        recording = Recording(network)
        found = await walk(path, recording, network.ground.made)
        return found, capture_of(recording, path, found.roots)


@pytest.fixture(scope="session")
def again(walks: Walks) -> dict[str, Again]:
    """All of them, in one lab."""
    captured = {name: walks.of(name) for name in SCENARIOS}
    drawn = {name: draw(each.capture, each.walk) for name, each in captured.items()}
    read = {name: decode(write(each).encode(), name) for name, each in drawn.items()}
    # What a file says is what was drawn; a preset has two spellings.
    assert all(write(Drawn(read[name], each.notes)) == write(each) for name, each in drawn.items())
    with Lab.start(tuple(read.values())) as lab:

        async def walked() -> list[tuple[Walk, Capture]]:
            return await asyncio.gather(*(_walk(lab, captured[name].capture.path) for name in SCENARIOS))

        found = asyncio.run(walked())
    return {name: Again(drawn[name], *each) for name, each in zip(SCENARIOS, found, strict=True)}


def test_verdicts_and_findings_are_the_same(again: dict[str, Again], walks: Walks) -> None:
    differing = {name: compare(walks.of(name).walk, again[name].walk).sentences for name in SCENARIOS}
    assert {name: told for name, told in differing.items() if told} == {}


def test_what_a_file_expects_is_what_was_judged(again: dict[str, Again], walks: Walks) -> None:
    for name in SCENARIOS:
        expected = walks.of(name).scenario.expect
        assert again[name].drawn.scenario.expect.keys() == PRESETS.keys()
        assert {key: again[name].drawn.scenario.expect[key] for key in expected} == expected


@pytest.mark.parametrize("name", ATTACKS)
async def test_attackers_achieve_the_same(name: str, again: dict[str, Again], walks: Walks) -> None:
    before, after = Rewalks(walks.of(name).capture), Rewalks(again[name].capture)
    for attack in ATTACKS[name]:
        for posture in FAMILIES:
            one, other = [await attack_outcome(each, PRESETS[posture], attack) for each in (before, after)]
            assert (one.outcome, one.attacker_reads) == (other.outcome, other.attacker_reads), (
                attack,
                posture,
            )


async def test_what_no_lesson_says(tmp_path: pathlib.Path) -> None:
    """Chains, dates, algorithms, several addresses, raw replies, pauses, faults."""
    original = load(pathlib.Path(__file__).parent / "all.toml")
    here = Path(recipient=original.domain)
    with Lab.start((original,)) as lab:
        before, capture = await _walk(lab, here)
    drawn = draw(capture, before)
    (tmp_path / "mine.toml").write_text(write(drawn))
    again = load(tmp_path / "mine.toml")
    with Lab.start((again,)) as lab:
        after, _ = await _walk(lab, here)
    assert (drawn.notes, compare(before, after).sentences) == ((), ())
    for name in ("algorithms", "days", "negative_ttl"):
        assert getattr(again.zone[0], name) == getattr(drawn.scenario.zone[0], name)
    assert set(again.zone[0].ds or ()) == set(original.zone[0].ds or ())
    assert [each.pause for each in again.server if each.pause] == [{"EHLO": 0.6}]
    assert again.fault == (
        replace(original.fault[1], name="_25._tcp.mx4.all.example.", type="TLSA"),
        replace(original.fault[0], name="mx4.all.example."),
    )


def test_what_nobody_has_seen_is_told(again: dict[str, Again]) -> None:
    told = {name: each.drawn.notes for name, each in again.items() if each.drawn.notes}
    assert told.keys() == {"sts-policy-unreachable"}
    assert "nobody has read the policy" in told["sts-policy-unreachable"][0]
