"""Plans for scenarios, each made once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cache

import pytest

from mailpath.facts import Path
from mailpath.lab import Lab
from mailpath.lab.scenario import Scenario, decode, scenarios
from mailpath.network.capture import Capture, capture_of
from mailpath.network.recording import Recording
from mailpath.network.replay import Replay
from mailpath.plan import Asked, Goal, Planned, Step, make
from mailpath.plan.making import NOTHING_SAID, drafted
from mailpath.plan.situation import situation_of
from mailpath.walk import live_network, walk

_HEAD = 'id = "mine"\ntitle = "t"\nteaches = "t"\nhint = "h"\n'


async def _captured(scenario: Scenario) -> Capture:
    with Lab.start((scenario,)) as lab:
        async with live_network(lab.settings, kind="lab") as network:
            recording = Recording(network)
            path = Path(recipient=scenario.domain)
            found = await walk(path, recording, network.ground.made)
    return capture_of(recording, path, found.roots)


@cache
def captured(text: str) -> Capture:
    """The walk to the built-in scenario called `text`, or to the one whose file it is, without its head."""
    built_in = {each.id: each for each in scenarios()}
    found = built_in.get(text) or decode((_HEAD + text).encode(), "mine")
    return asyncio.run(_captured(found))


@pytest.fixture(scope="session")
def capture() -> Callable[[str], Capture]:
    return captured


@pytest.fixture(scope="session")
def steps() -> Callable[..., tuple[Step, ...]]:
    """What is drafted, without a proof: that takes a second or so."""

    def made(goal: str, scenario: str, asked: Asked = NOTHING_SAID) -> tuple[Step, ...]:
        capture = captured(scenario)
        found = asyncio.run(walk(capture.path, Replay(capture), capture.ground.made))
        return drafted(Goal(goal), situation_of(capture, found, asked.hosts), asked).steps()

    return made


Planner = Callable[..., Planned]


@pytest.fixture(scope="session")
def planned() -> Planner:
    @cache
    def made(goal: str, scenario: str, asked: Asked = NOTHING_SAID) -> Planned:
        return asyncio.run(make(Goal(goal), captured(scenario), asked))

    return made
