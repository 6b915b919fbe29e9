"""The lab again, walked: what a mail server met there, as the judge needs it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from mailpath.facts import Path, Walk
from mailpath.lab import Lab, Scenario
from mailpath.online import live_network
from mailpath.walk import walk

_AT_ONCE = 6


def walks(scenarios: Iterable[Scenario]) -> dict[str, Walk]:
    """A walk to each, by scenario id; some seconds.  Addresses are those of any lab of the same scenarios."""
    return asyncio.run(_walks(tuple(scenarios)))


async def _walks(scenarios: tuple[Scenario, ...]) -> dict[str, Walk]:
    room = asyncio.Semaphore(_AT_ONCE)
    with Lab.start(scenarios) as lab:

        async def one(scenario: Scenario) -> Walk:
            async with room, live_network(lab.settings, "lab") as live:
                return await walk(Path(recipient=scenario.domain), live, live.ground.made)

        found = await asyncio.gather(*map(one, scenarios))
    return {scenario.id: each for scenario, each in zip(scenarios, found, strict=True)}
