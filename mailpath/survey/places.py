"""Room for walks: so many at work, others that wait for a mail host, and the rest put aside.

What a walk waits for a mail host counts neither as work nor against its deadline, and one that is at work for
long (a name server that does not answer) lets another in.  A walk that waits takes memory; where too many do,
the one that has waited longest is given up, and begun again once it has what it waits for.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from mailpath.exchanges import (
    DnsExchange,
    Exchange,
    HttpsExchange,
    HttpsRequest,
    Question,
    Request,
    SmtpExchange,
    SmtpRequest,
)
from mailpath.network.bounded import Bounded
from mailpath.network.exchange_log import logged
from mailpath.network.over import Opened

#: Walks that wait for a mail host, a quarter of a MiB each; and walks that were given up meanwhile.
WAITING, SET_ASIDE = 256, 2000
#: Seconds after which a walk at work counts among those that wait.
LINGER = 5.0
#: How often one walk is given up.
MOST_TIMES = 3


class Places:
    """Room for `jobs` walks at work; of those that wait, more than `waiting` are too many."""

    def __init__(self, jobs: int, waiting: int = WAITING) -> None:
        self._free = asyncio.Semaphore(jobs)
        self._most = waiting
        self._waiting: OrderedDict[Place, None] = OrderedDict()

    async def enter(self) -> Place:
        """A place at work."""
        await self._free.acquire()
        return Place(self)

    async def take(self) -> None:
        """A walk is at work again."""
        await self._free.acquire()

    def free(self) -> None:
        """One is at work no more."""
        self._free.release()

    def wait(self, place: Place) -> None:
        """`place` waits from now on; where too many do, another is asked to make room."""
        self._waiting[place] = None
        if len(self._waiting) > self._most:
            oldest = next((each for each in self._waiting if each.times < MOST_TIMES), None)
            if oldest is not None:
                del self._waiting[oldest]
                oldest.times += 1
                oldest.make_room()

    def wait_no_more(self, place: Place) -> None:
        """`place` is at work again, or gone."""
        self._waiting.pop(place, None)


class Place:
    """Of one walk.  `make_room`: what is called where it is to be given up."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._at_work = True
        self._lingering = self._soon()
        self._apart = 0
        self.times = 0
        self.make_room: Callable[[], None] = lambda: None

    @asynccontextmanager
    async def apart(self) -> AsyncIterator[None]:
        """For as long as any such block runs, the place is another's."""
        self._apart += 1
        if self._at_work:
            self.leave()
            self._places.wait(self)
        try:
            yield
        finally:
            self._apart -= 1
        await self.enter()

    async def enter(self) -> None:
        """Be at work again, unless there is something left to wait for."""
        if not self._is_ready():
            return
        await self._places.take()
        if not self._is_ready():  # something else of this walk was faster, or waits again
            self._places.free()
            return
        self._at_work = True
        self._lingering = self._soon()
        self._places.wait_no_more(self)

    def _soon(self) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(LINGER, self._linger)

    def _linger(self) -> None:
        self.leave()
        self._places.wait(self)

    def _is_ready(self) -> bool:
        return not self._apart and not self._at_work

    def leave(self) -> None:
        """Be at work no more.  May be called twice."""
        self._places.wait_no_more(self)
        self._lingering.cancel()
        if self._at_work:
            self._at_work = False
            self._places.free()


class Unhurried(Bounded):
    """The network of one walk, whose deadline stands still while it waits for mail hosts.

    `known`: what is known without asking; `pending`: what is under way.  Each session has bounds of its own.
    """

    def __init__(
        self, inner: Opened, seconds: float, place: Place, known: Callable[[Request], Exchange | None]
    ) -> None:
        super().__init__(inner, seconds)
        self._place = place
        self._known = known
        self._given_up = False
        self.pending: dict[Request, None] = {}

    def give_up(self) -> None:
        """The walk is about to be cancelled: it begins nothing more."""
        self._given_up = True

    async def ask(self, question: Question) -> DnsExchange:
        self._begin(question)
        try:
            return await super().ask(question)
        finally:
            self.pending.pop(question, None)

    async def fetch(self, request: HttpsRequest) -> HttpsExchange:
        self._begin(request)
        try:
            return await super().fetch(request)
        finally:
            self.pending.pop(request, None)

    async def converse(self, request: SmtpRequest) -> SmtpExchange:
        self._begin(request)
        try:
            if self._known(request) is not None or self._is_over():
                return await super().converse(request)
            async with self._place.apart():
                self._stop_given_up()
                with self.standing_still():
                    return logged(await self._inner.converse(request))
        finally:
            self.pending.pop(request, None)

    def _begin(self, request: Request) -> None:
        self._stop_given_up()
        self.pending[request] = None

    def _stop_given_up(self) -> None:
        """What a walk that was given up still begins ends as the walk itself does in the loop's next turn."""
        if self._given_up:
            raise asyncio.CancelledError
