"""One lab, one mail of each sender to each scenario, one walk to each: observed once, compared many times."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import interop_mta_exim as exim
import interop_mta_postfix as postfix
import pytest
from interop_mta_internet import (
    HERE,
    RESOLVER,
    Grounds,
    lab_grounds,
    start_policy_daemon,
    start_resolver,
)
from interop_mta_model import Attempt, Cell, Taken, judged, observed
from interop_tools import tool

from mailpath.judge import judge
from mailpath.judge.presets import PRESETS
from mailpath.lab import scenarios
from mailpath.network import capture
from mailpath.whatif import Rewalks

POSTURES = (*postfix.LEVELS, *exim.LEVELS)


@dataclass(frozen=True)
class Deliveries:
    """By (scenario, posture).  `seconds`: how long it all took."""

    observed: dict[tuple[str, str], Cell]
    judged: dict[tuple[str, str], Cell]
    rewalks: dict[str, Rewalks]
    seconds: float


@pytest.fixture(scope="session")
def grounds() -> Iterator[Grounds]:
    with lab_grounds() as up:
        yield up


@pytest.fixture(scope="session")
def deliveries(grounds: Grounds) -> Deliveries:
    began = time.monotonic()
    attempts = _delivered(grounds)
    taken = grounds.taken()
    seen = {
        (scenario.id, posture): _cell(attempts, taken, posture, scenario.domain)
        for scenario in scenarios()
        for posture in POSTURES
    }
    rewalks = {
        scenario.id: Rewalks(capture.load(_captures(grounds) / f"{scenario.id}.json.gz"))
        for scenario in scenarios()
    }
    foreseen = asyncio.run(_judged(rewalks))
    return Deliveries(seen, foreseen, rewalks, time.monotonic() - began)


def _captures(grounds: Grounds) -> Path:
    return grounds.folder / "captures"


def _delivered(grounds: Grounds) -> dict[str, list[Attempt]]:
    """All mail and all walks, at once."""
    space, folder = grounds.space, grounds.folder
    _captures(grounds).mkdir()
    start_resolver(space, folder, grounds.anchor)
    start_policy_daemon(space, folder, grounds.ca_file)
    walker = (tool("env"), sys.executable, HERE / "interop_mta_walk.py", grounds.network_file)
    walks = space.spawn(*walker, f"{RESOLVER}:53", _captures(grounds), log=folder / "walks.log")
    exims = exim.Exim(space, folder / "exim", grounds.ca_file)
    deliveries = exims.start(_recipients(exim.LEVELS))
    found = postfix.Postfix(space, folder / "postfix", grounds.ca_file).deliver(_recipients(postfix.LEVELS))
    for process, limit in ((deliveries, exim.LIMIT), (walks, 60)):
        assert process.wait(limit) == 0, space.logs()
    return found | exims.attempts()


def _recipients(postures: Iterable[str]) -> list[str]:
    return [f"{posture}@{scenario.domain}" for scenario in scenarios() for posture in postures]


def _cell(attempts: dict[str, list[Attempt]], taken: dict[str, Taken], posture: str, domain: str) -> Cell:
    recipient = f"{posture}@{domain}"
    words = postfix.AUTHENTICATED if posture in postfix.LEVELS else exim.AUTHENTICATED
    if posture == "exim-verify":
        words = exim.AUTHENTICATED_VERIFY
    return observed(attempts.get(recipient, []), taken.get(recipient), words)


async def _judged(rewalks: dict[str, Rewalks]) -> dict[tuple[str, str], Cell]:
    return {
        (scenario, posture): judged(judge(await each.untampered(), PRESETS[posture]))
        for scenario, each in rewalks.items()
        for posture in POSTURES
    }
