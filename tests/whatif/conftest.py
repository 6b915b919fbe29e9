"""One set of re-walks per lab scenario, shared by all tests: each attack on each scenario is walked once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import pytest

from mailpath.judge.presets import PRESETS
from mailpath.whatif import AttackOutcome, Rewalks, attack_outcome

if TYPE_CHECKING:
    from conftest import Walks

RewalksOf = Callable[[str], Rewalks]
Tell = Callable[[str, str, str], AttackOutcome]


@pytest.fixture(scope="session")
def rewalks(walks: Walks) -> RewalksOf:
    """Scenario id -> its re-walks, from the capture: no packet can be sent."""
    return cache(lambda scenario: Rewalks(walks.of(scenario).capture))


@pytest.fixture(scope="session")
def tell(rewalks: RewalksOf) -> Tell:
    """(scenario, posture, attack) -> what comes of it."""

    def told(scenario: str, posture: str, attack: str) -> AttackOutcome:
        return asyncio.run(attack_outcome(rewalks(scenario), PRESETS[posture], attack))

    return told
