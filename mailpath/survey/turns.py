"""Turns: when a further session with an address, a network or an operator may begin.

A turn is planned when it is asked for, and counts from when its session really began: one that came late,
because we were busy, does not bring the next one closer to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Protocol
from weakref import WeakValueDictionary

#: Seconds from one look for names of which nothing needs to be remembered to the next.
FORGET = 20.0


class Turns:
    """Of any names; `spans`: seconds from one session with each to the next."""

    def __init__(self) -> None:
        self._free_at: dict[str, float] = {}
        self._open_at: dict[str, float] = {}
        self._forget_at = 0.0

    async def take(self, spans: Mapping[str, float]) -> None:
        """Wait until all of them may have a new session; and take that turn."""
        now = asyncio.get_running_loop().time()
        self._forget(now)
        when = max(now, *(self._free_at.get(name, 0.0) for name in spans))
        for name, span in spans.items():
            self._free_at[name] = when + span
        if when > now:
            await asyncio.sleep(when - now)

    async def begin(self, spans: Mapping[str, float]) -> None:
        """Wait until the session may begin, which it then does."""
        clock = asyncio.get_running_loop().time
        while (wait := max(self._open_at.get(name, 0.0) for name in spans) - clock()) > 0:  # noqa: ASYNC110 - a time, no event
            await asyncio.sleep(wait)
        self.began(spans)

    def began(self, spans: Mapping[str, float]) -> None:
        """A session begins now."""
        now = asyncio.get_running_loop().time()
        for name, span in spans.items():
            self._open_at[name] = now + span
            self._free_at[name] = max(self._free_at.get(name, 0.0), now + span)

    def is_free(self, name: str) -> bool:
        """Whether a session with it might begin at once."""
        return self._free_at.get(name, 0.0) <= asyncio.get_running_loop().time()

    def _forget(self, now: float) -> None:
        if now < self._forget_at:
            return
        self._forget_at = now + FORGET
        self._free_at = {name: when for name, when in self._free_at.items() if when > now}
        self._open_at = {name: when for name, when in self._open_at.items() if when > now}


class Budget(Protocol):
    """Lends turns with networks and operators."""

    def __call__(self, names: Sequence[str]) -> AbstractAsyncContextManager[None]:
        """A block within which one session with `names` begins: entered when it may, left when it has."""


class Rate:
    """The `Budget` of all sessions of a survey: `rate` new ones per second and name, 0 for no limit.

    Until a session has begun nobody else has the turn of its names, however long the news of it takes.
    """

    def __init__(self, rate: float) -> None:
        self._span = 1 / rate if rate > 0 else 0.0
        self._turns = Turns()
        self._lent: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def __call__(self, names: Sequence[str]) -> AsyncIterator[None]:
        if not self._span:
            yield
            return
        spans = dict.fromkeys(names, self._span)
        await self._turns.take(spans)
        async with AsyncExitStack() as lent:
            for name in sorted(spans):  # in one order: nobody waits for somebody who waits for them
                await lent.enter_async_context(self._lent.setdefault(name, asyncio.Lock()))
            await self._turns.begin(spans)
            try:
                yield
            finally:
                self._turns.began(spans)
