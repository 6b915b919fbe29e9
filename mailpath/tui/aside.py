"""A second event loop in a thread of its own, for what takes long: the first one answers keys meanwhile.

Walking a recording again, verifying signatures and judging many hosts are work for the processor, in pieces
of up to a second; Python gives the screen its turn every few milliseconds all the same.
"""

from __future__ import annotations

import asyncio
import atexit
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")

#: Seconds after which the thread that works gives way to the one that waits (Python's own: 0.005).  A key
#: makes some ten turns of the loop until it is on the screen, and may have to wait so long at each.
_TURN = 0.0005
#: Seconds that it stands still for after a key, at most: long enough for a whole screen to be drawn.
_PAUSE = 0.06
#: Seconds that the end of the process waits for work under way to notice that it is given up.
_GRACE = 1.0


class _Aside:
    """The loop of one thread, begun when it is first needed; it ends with the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None
        self._until = 0.0
        self._answered = threading.Event()

    def loop(self) -> asyncio.AbstractEventLoop:
        """The running loop."""
        with self._lock:
            if self._loop is None:
                begun = threading.Event()
                self._thread = threading.Thread(
                    target=lambda: asyncio.run(self._run(begun)), name="aside", daemon=True
                )
                self._thread.start()
                begun.wait()
                atexit.register(self.close)
        assert self._loop is not None
        return self._loop

    def give_way(self) -> None:
        """Stand still for a moment, if there is anything to give way with."""
        self._answered.clear()
        self._until = time.monotonic() + _PAUSE
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._pause)

    def _pause(self) -> None:
        left = self._until - time.monotonic()
        if left > 0:
            self._answered.wait(left)

    def go_on(self) -> None:
        """What it stood still for is done."""
        self._answered.set()

    async def _run(self, begun: threading.Event) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        sys.setswitchinterval(_TURN)
        begun.set()
        await self._over.wait()

    def close(self) -> None:
        """Give up what is under way."""
        if self._loop is not None and self._over is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._over.set)
            self._thread.join(_GRACE)


_aside = _Aside()


async def run(work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """What `work` comes to in the other thread's loop.  Cancelling the caller cancels it there, at its next
    wait; whatever it raises is raised here.
    """
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work(), _aside.loop()))


def give_way() -> None:
    """The user wants something: what goes on aside waits for a moment, between two of its pieces."""
    _aside.give_way()


def go_on() -> None:
    """What the user wanted can be seen."""
    _aside.go_on()
