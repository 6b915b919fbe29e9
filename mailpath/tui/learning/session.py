"""Walks of a lesson's world."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from mailpath.lessons.judging import Bench
from mailpath.tui import aside, messages
from mailpath.tui.session import Session
from mailpath.tui.source import LabSource

if TYPE_CHECKING:
    from textual.message import Message

    from mailpath.facts import Path, Walk
    from mailpath.lab import Scenario
    from mailpath.network.capture import Capture
    from mailpath.network.protocol import Network

Result = TypeVar("Result")


class LessonSession(Session):
    """The bench builds each world in the lab and walks it over loopback, once.  The screen shows that walk:
    so the digests in a panel are those that the answer, and the goal, were judged by.

    `scenario`: the one to walk next.
    """

    def __init__(self, bench: Bench) -> None:
        super().__init__(LabSource())
        self.bench = bench
        self.scenario: Scenario | None = None
        self._turn: asyncio.Lock | None = None
        self._walked_on: Capture | None = None

    async def scenarios(self) -> Mapping[str, Scenario]:
        """None to choose from: the lesson says where it plays."""
        return {}

    async def ask(self, work: Callable[[Bench], Coroutine[Any, Any, Result]]) -> Result:
        """What `work` finds on the bench, aside; one at a time, so that no world is walked twice."""
        return await aside.run(lambda: self._in_turn(work))

    async def _in_turn(self, work: Callable[[Bench], Coroutine[Any, Any, Result]]) -> Result:
        if self._turn is None:  # of the loop aside, in which all of them are
            self._turn = asyncio.Lock()
        async with self._turn:
            return await work(self.bench)

    async def walk(self, run: int, path: Path, post: Callable[[Message], Any]) -> None:
        """At once: a recording is walked again faster than anybody can follow."""

        def tell(message: Message) -> None:
            if not isinstance(message, messages.StepStarted | messages.StepFinished):
                post(message)

        await super().walk(run, path, tell)

    def _capture(self, path: Path, walk: Walk) -> Capture:
        """What the bench recorded."""
        assert self._walked_on is not None
        return self._walked_on

    @asynccontextmanager
    async def _network(self) -> AsyncIterator[tuple[Network, int]]:
        from mailpath.network.recording import Recording
        from mailpath.network.replay import Replay

        scenario = self.scenario
        assert scenario is not None
        capture = await self._in_turn(lambda bench: bench.capture(scenario))
        self._walked_on, replay = capture, Replay(capture)
        self.recording = Recording(replay)
        yield self.recording, capture.ground.made
