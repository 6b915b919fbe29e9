"""Politeness by construction: each address of a mail host has one owner, and only it opens a session there.

An owner holds one session at a time and begins the next some seconds after the last began.  Beside it, new
sessions with one operator (the registrable domain of the host, and the /24 or /48 of its address) come at a
rate.  A server that turns us away for now (421, greylisting) is left alone for a while and asked again; what
it says then stands.  Where nobody accepts a connection, or nobody greets, no name was told to anybody: what
one session found holds for the others, and none of them waits as long again.  Whoever waits for a turn waits
in the owner's queue, in the order of arrival, and keeps nobody else waiting.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import msgspec
from msgspec.structs import replace

from mailpath.exchanges import (
    Failure,
    SmtpExchange,
    SmtpRequest,
    Stage,
)
from mailpath.facts import Reply, Session
from mailpath.network.bounded import Bounded
from mailpath.network.over import Opened, Opening, Over
from mailpath.network.replies import Dialogue, dialogue
from mailpath.network.settings import Settings
from mailpath.survey.operators import network_of, operator_of
from mailpath.survey.turns import FORGET, Budget, Rate, Turns

#: Addresses at which nobody is, of which we know that; and the seconds for which we believe it.
MOST_DEAD, DEAD_FOR = 20_000, 600.0
#: Sessions under way at once, all together.
MOST_SESSIONS = 256
_CLOSING = 421
#: Of a connection: what a second try soon after would not find otherwise.
_DEAD = (Failure.TIMEOUT, Failure.REFUSED, Failure.UNREACHABLE)


class Politeness(msgspec.Struct, frozen=True, kw_only=True):
    """`per_host`: connections open at once with one address; `gap`: seconds from one to the next there;
    `rate`: new ones per second and operator, 0 for no limit; `pauses`: seconds before each further try where
    a server turned us away for now.
    """

    per_host: int = 1
    gap: float = 2.0
    rate: float = 2.0
    pauses: tuple[float, ...] = (60.0, 300.0)


#: For servers that are one's own: one at a time, and nothing else.
OWN = Politeness(gap=0.0, rate=0.0, pauses=())


def usual(settings: Settings, kind: str) -> Politeness:
    """Where nobody says: servers of one's own, as a lab's are, need no gap and no rate."""
    return OWN if kind == "lab" or settings.dial or settings.allow_private else Politeness()


def turned_away(said: Dialogue | Session) -> Reply | None:
    """With what a server put us off before TLS (RFC 5321 sections 3.8, 4.2.1); None where it did not."""
    for reply in (said.greeting, said.helo or said.ehlo):
        if reply is not None and reply.code is not None and 400 <= reply.code < 500:
            return reply
    # Any other 4yz to STARTTLS is about TLS, and senders act on it.
    closes = said.starttls is not None and said.starttls.code == _CLOSING
    return said.starttls if closes else None


def nobody_there(exchange: SmtpExchange) -> bool:
    """Whether it ended before a name could matter: no connection was accepted, or nobody greeted in time."""
    if exchange.failed_at is Stage.GREETING:
        return exchange.failure is Failure.TIMEOUT and not exchange.transcript
    return exchange.failed_at is Stage.CONNECT and exchange.failure in _DEAD


class _Owner:
    """Of one address: its queue; `waiting`: sessions in it; `away`: the last one was turned away for good."""

    __slots__ = ("away", "operator", "queue", "waiting")

    def __init__(self, most: int) -> None:
        self.queue = asyncio.Semaphore(most)
        self.operator = ""
        self.waiting = 0
        self.away = False


class Owners:
    """All owners.  `converse`: holds one session; `budget`: lends turns with networks and operators, None for
    one of our own.  Belongs to one event loop.
    """

    def __init__(
        self,
        politeness: Politeness,
        converse: Callable[[SmtpRequest], Awaitable[SmtpExchange]],
        budget: Budget | None = None,
    ) -> None:
        self._politeness = politeness
        self._budget = budget or Rate(politeness.rate)
        self._converse = converse
        self._owners: dict[str, _Owner] = {}
        self._turns = Turns()
        self._dead: OrderedDict[str, tuple[SmtpExchange, float]] = OrderedDict()
        self._forget_at = 0.0
        self._all = asyncio.Semaphore(MOST_SESSIONS)

    def longest(self) -> tuple[str, int] | None:
        """Whom most sessions wait for, the operator or the address, and how many; None where none does."""
        found = max(self._owners.items(), key=lambda each: each[1].waiting, default=None)
        if found is None or found[1].waiting == 0:
            return None
        return found[1].operator or found[0], found[1].waiting

    async def hold(self, request: SmtpRequest) -> SmtpExchange:
        """The session, when its turn has come."""
        address = request.address
        owner = self._owners.setdefault(address, _Owner(self._politeness.per_host))
        if request.sni is not None:
            owner.operator = operator_of(request.sni)
        owner.waiting += 1
        try:
            async with owner.queue:
                return await self._try(owner, request)
        finally:
            owner.waiting -= 1
            self._forget()

    def _forget(self) -> None:
        """From time to time: those that have nothing to do, and might open a session again at once."""
        now = asyncio.get_running_loop().time()
        if now < self._forget_at:
            return
        self._forget_at = now + FORGET
        for address, owner in list(self._owners.items()):
            if not owner.waiting and self._turns.is_free(address):
                del self._owners[address]

    async def _try(self, owner: _Owner, request: SmtpRequest) -> SmtpExchange:
        # Whoever did not let us in after all that time is not asked so often for every further name.
        for pause in (0.0, *(() if owner.away else self._politeness.pauses)):
            if (dead := self._found_dead(request.address)) is not None:
                return replace(dead, request=request)
            await asyncio.sleep(pause)  # at least until who comes with this one has named the operator
            exchange = await self._one(owner, request)
            owner.away = turned_away(dialogue(exchange)) is not None
            if not owner.away:
                break
        if nobody_there(exchange):
            self._dead[request.address] = exchange, asyncio.get_running_loop().time() + DEAD_FOR
            if len(self._dead) > MOST_DEAD:
                self._dead.popitem(last=False)
        return exchange

    async def _one(self, owner: _Owner, request: SmtpRequest) -> SmtpExchange:
        """A session, begun when address, network, operator and we ourselves have room for it."""
        spans = {request.address: self._politeness.gap}
        await self._turns.take(spans)
        async with AsyncExitStack() as room:
            async with self._budget((network_of(request.address), owner.operator)):
                await room.enter_async_context(self._all)
                await self._turns.begin(spans)
            return await self._converse(request)

    def _found_dead(self, address: str) -> SmtpExchange | None:
        """The session that found nobody at `address` not long ago."""
        exchange, until = self._dead.get(address, (None, 0.0))
        if exchange is not None and until <= asyncio.get_running_loop().time():
            del self._dead[address]
            return None
        return exchange


class Courteous(Over):
    """`inner` with owners between it and the mail hosts.  `seconds`: for one session, from when it begins;
    `budget`: as the owners have it.
    """

    def __init__(
        self, inner: Opened, politeness: Politeness, seconds: float, budget: Budget | None = None
    ) -> None:
        super().__init__(inner)
        self._seconds = seconds
        self.owners = Owners(politeness, self._begin, budget)

    async def converse(self, request: SmtpRequest) -> SmtpExchange:
        return await self.owners.hold(request)

    async def _begin(self, request: SmtpRequest) -> SmtpExchange:
        async with Bounded(Opening(self._inner), self._seconds) as network:
            return await network.converse(request)
