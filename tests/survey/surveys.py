"""What tests of surveys share: what is asked for, and the survey itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from mailpath.judge.presets import PRESETS
from mailpath.survey.engine import Asked, Engine
from mailpath.survey.owners import OWN
from mailpath.survey.store import About, Store
from mailpath.survey.worker import work

if TYPE_CHECKING:
    from mailpath.lab import Lab
    from mailpath.lab.seen import Seen

#: Makes a store of domains, one mail each.
Make = Callable[[Iterable[str]], Store]
TODAY = PRESETS["postfix-may"]
POSTURES = tuple(
    PRESETS[name]
    for name in (
        "postfix-encrypt",
        "postfix-verify",
        "postfix-dane",
        "postfix-dane-sts",
        "exim-require-dane",
        "gmail",
    )
)


def about(**other: Any) -> About:
    usual = {
        "sender": None,
        "today": TODAY.name,
        "postures": tuple(posture.name for posture in POSTURES),
        "began": 0,
        "keep": "all",
    }
    return About(**{**usual, **other})


def survey(store: Store, lab: Lab, **other: Any) -> Engine:
    """Walks what is to do in `store`."""
    asked = Asked(**{"today": TODAY, "postures": POSTURES, "politeness": OWN, "kind": "lab", **other})
    engine = Engine(store, lab.settings, asked)
    asyncio.run(engine.run())
    return engine


def newest(lab: Lab, before: int) -> tuple[Seen, ...]:
    """The sessions since there were so many."""
    return lab.seen[len(lab.seen) - (lab.sessions - before) :]


class End(asyncio.Queue[Any]):
    """One end of a link within this process."""

    def __init__(self) -> None:
        super().__init__()
        self.other: End | None = None

    def send(self, message: Any) -> None:
        assert self.other is not None
        self.other.put_nowait(message)

    async def receive(self) -> Any:
        return await self.get()


class Within:
    """A transport whose workers are tasks: what a survey and its workers say to each other, without pipes."""

    def __init__(self, size: int, rest: float = 0.0) -> None:
        self.size = size
        self.rest = rest
        self.workers: dict[int, asyncio.Task[None]] = {}
        self._here: dict[int, End] = {}

    @asynccontextmanager
    async def started(self, shard: int) -> AsyncIterator[End]:
        here, there = End(), End()
        here.other, there.other = there, here
        self._here[shard] = here
        self.workers[shard] = asyncio.create_task(work(there))
        try:
            yield here
        finally:
            await self._end(shard)

    async def kill(self, shard: int) -> None:
        """It is gone, its sessions with it."""
        await self._end(shard)
        self._here[shard].put_nowait(None)

    async def _end(self, shard: int) -> None:
        self.workers[shard].cancel()
        await asyncio.wait([self.workers[shard]])
