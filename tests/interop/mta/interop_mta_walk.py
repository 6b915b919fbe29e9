"""Runs inside the namespace: walks to every scenario of the lab, as `mailpath check --capture` does.

Arguments: the network file, the resolver in its place, a folder for the captures (ID.json.gz).
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from mailpath.facts import Path as MailPath
from mailpath.lab import Scenario, scenarios
from mailpath.network import capture, settings
from mailpath.network.recording import Recording
from mailpath.walk import live_network, walk

AT_ONCE = 4
PATIENCE = 15.0  # seconds: the machine is busy, and no server of the lab's lessons is slow on purpose


async def walk_to(scenario: Scenario, asking: settings.Settings, folder: Path) -> None:
    path = MailPath(recipient=scenario.domain, sender=scenario.sender)
    async with live_network(asking) as network:
        recording = Recording(network)
        walked = await walk(path, recording, network.ground.made)
        held = capture.capture_of(recording, path, walked.roots)
    capture.dump(held, folder / f"{scenario.id}.json.gz")


async def main(file: str, resolver: str, folder: str) -> None:
    asking = settings.load(file).merged(
        resolver=resolver, timeout=PATIENCE, greeting_timeout=PATIENCE, patience="ours"
    )
    room = asyncio.Semaphore(AT_ONCE)

    async def one(scenario: Scenario) -> None:
        async with room:
            await walk_to(scenario, asking, Path(folder))

    await asyncio.gather(*map(one, scenarios()))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
