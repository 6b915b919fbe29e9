"""What the process that holds a survey and its workers say to each other, and what each wants of the other.

A worker is given domains and sends walks.  It wants of the holder what a mail host or a policy host says; the
holder, who knows what was learnt already, wants it of the worker who owns that host; and that one wants a
turn with the host's operator.  How messages travel is the link's own: pipes (`processes`), a cluster.

Both ends are the same program, and one has started the other: nothing foreign is unpickled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from itertools import count
from typing import Any, Protocol

import msgspec

from mailpath.exchanges import Exchange, Request
from mailpath.network.settings import Settings
from mailpath.survey.engine import Asked


class Begin(msgspec.Struct, frozen=True, kw_only=True):
    """To a worker, first: what the survey is to find out, and how.

    `anchor`, `roots`: what the files of `settings` say, which the worker's machine may not have: zone-file
    text (None: IANA's), and certificates (DER).  `resumed`: the holder may know some DNS answers.
    """

    settings: Settings
    asked: Asked
    anchor: str | None
    roots: tuple[bytes, ...]
    resumed: bool


class Next(msgspec.Struct, frozen=True):
    """From a worker: it has room for one more walk."""


class Domain(msgspec.Struct, frozen=True):
    """To a worker: walk there."""

    name: str
    mails: int


class Turn(msgspec.Struct, frozen=True):
    """What an owner wants: to begin a session with these networks and operators.  It holds the turn until it
    wants it no longer.
    """

    names: tuple[str, ...]


class Wanted(msgspec.Struct, frozen=True):
    """To either end; `number` is the asker's own."""

    number: int
    request: Request | Turn


class Unwanted(msgspec.Struct, frozen=True):
    """To either end: nobody waits for that any longer, or has any use for it."""

    number: int


class Held(msgspec.Struct, frozen=True):
    """What was wanted.  `exchange`: None for a turn, and for an answer that is not known; `assumed`: the host
    that was met instead, "" for none.
    """

    number: int
    exchange: Exchange | None = None
    assumed: str = ""


class Link(Protocol):
    """One end, over which messages come in the order in which they were sent."""

    def send(self, message: Any) -> None:
        """Never waits, and never fails: where the other end is gone, `receive` says so."""

    async def receive(self) -> Any:
        """The next message; None where the other end is gone."""


class Transport(Protocol):
    """How a survey's workers are started and reached.

    `size`: how many; `rest`: seconds after which a worker that is lost has surely let go of every host.
    """

    @property
    def size(self) -> int: ...

    @property
    def rest(self) -> float: ...

    def started(self, shard: int) -> AbstractAsyncContextManager[Link]:
        """A worker, which ends with the block."""


class Lost(Exception):
    """The other end is gone."""


class Wants:
    """What this end wants of the other."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._numbers = count()
        self._open: dict[int, asyncio.Future[Held]] = {}
        self._lost = False

    async def want(self, request: Request | Turn) -> Held:
        """What comes of it.  Raises `Lost`."""
        if self._lost:
            raise Lost
        number = next(self._numbers)
        answer: asyncio.Future[Held] = asyncio.get_running_loop().create_future()
        self._open[number] = answer
        self._link.send(Wanted(number, request))
        try:
            return await answer
        except asyncio.CancelledError:
            self.let_go(number)
            raise
        finally:
            del self._open[number]

    def let_go(self, number: int) -> None:
        """What was wanted by that number is wanted no longer."""
        self._link.send(Unwanted(number))

    def take(self, held: Held) -> None:
        """What the other end says."""
        answer = self._open.get(held.number)
        if answer is not None and not answer.done():
            answer.set_result(held)

    def lose(self) -> None:
        """The other end is gone: whoever waits is told."""
        self._lost = True
        for answer in self._open.values():
            if not answer.done():
                answer.set_exception(Lost())


class Serves:
    """What the other end wants of this one, each in a task of `group`.  `serve`: sends what is `Held`."""

    def __init__(
        self, group: asyncio.TaskGroup, serve: Callable[[Wanted], Coroutine[Any, Any, None]]
    ) -> None:
        self._group = group
        self._serve = serve
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def take(self, message: Wanted | Unwanted) -> None:
        """What the other end says."""
        number = message.number
        task = self._tasks.get(number)
        if isinstance(message, Wanted):
            task = self._tasks[number] = self._group.create_task(self._serve(message))
            task.add_done_callback(lambda _: self._tasks.pop(number))
        elif task is not None:
            task.cancel()


async def listen(link: Link, wants: Wants, serves: Serves, heed: Callable[[Any], None]) -> None:
    """Take what the other end says, until it is gone; `heed`: whatever is about no want of either end."""
    while (message := await link.receive()) is not None:
        if isinstance(message, Held):
            wants.take(message)
        elif isinstance(message, Wanted | Unwanted):
            serves.take(message)
        else:
            heed(message)
