"""What each scenario file says an attacker gets is what the re-walked recording shows."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from mailpath.attacks.catalogue import ATTACKS
from mailpath.judge.presets import PRESETS
from mailpath.lab import scenarios
from mailpath.whatif import Rewalks, attack_outcome

if TYPE_CHECKING:
    from conftest import Walks

LESSONS = [
    (scenario.id, attack, posture, expected)
    for scenario in scenarios()
    for attack, outcomes in scenario.attack.items()
    for posture, expected in outcomes.items()
]


def test_every_attack_that_reads_mail_is_taught_somewhere() -> None:
    assert len({scenario for scenario, *_ in LESSONS}) >= 7
    taught = {name for _, attack, *_ in LESSONS for name in attack.split("+")}
    assert {
        "strip-starttls",
        "mitm-self-signed",
        "mitm-misissued",
        "forge-mx",
        "steer",
        "block-policy",
    } <= taught
    assert taught <= set(ATTACKS)


@pytest.mark.parametrize(("scenario", "attack", "posture", "expected"), LESSONS)
def test_the_attacker_gets_what_the_lesson_says(
    scenario: str, attack: str, posture: str, expected: str, walks: Walks
) -> None:
    rewalks = Rewalks(walks.of(scenario).capture)
    found = asyncio.run(attack_outcome(rewalks, PRESETS[posture], attack))
    retry = "/retry" if found.verdict.after_retry else ""
    assert f"{found.outcome}{retry}{', read' if found.attacker_reads else ''}" == expected
