"""A network that remembers: each exchange is held once, however often and by whomever it is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, cast

import msgspec

from mailpath.exchanges import (
    DnsExchange,
    Envelope,
    Exchange,
    HttpsExchange,
    HttpsRequest,
    Question,
    Request,
    SmtpExchange,
    SmtpRequest,
)
from mailpath.network.outlasting import outlasting
from mailpath.network.protocol import Network, NetworkContext

_KINDS: dict[type, int] = {Question: 0, HttpsRequest: 1, SmtpRequest: 2}
_encoder = msgspec.json.Encoder()


def key_of(exchange: Exchange) -> Request:
    """The request that `exchange` answers: its key."""
    return exchange.question if isinstance(exchange, DnsExchange) else exchange.request


def in_order(exchange: Exchange) -> tuple[int, bytes]:
    """Sorts exchanges: DNS, HTTPS, SMTP, each by its key.  Free of times and of the order of arrival."""
    key = key_of(exchange)
    return _KINDS[type(key)], _encoder.encode(key)


def _knows_nothing(request: Request) -> Exchange | None:
    return None


def _lends_nothing(exchanges: Sequence[Exchange]) -> bool:
    return False


class Flights:
    """Exchanges under way: equal requests at the same time are one exchange.

    One waiter's cancellation is its own.  The exchange is given up when nobody waits for it any more, and
    the last waiter leaves when it is gone.
    """

    def __init__(self) -> None:
        self._running: dict[Request, tuple[asyncio.Task[Exchange], list[None]]] = {}

    async def join(self, key: Request, hold: Callable[[], Coroutine[Any, Any, Exchange]]) -> Exchange:
        """What comes of the exchange under way, else of `hold`."""
        if key not in self._running:
            self._running[key] = (asyncio.create_task(hold()), [])
        running = task, waiters = self._running[key]
        waiters.append(None)
        try:
            return await outlasting(task)
        finally:
            waiters.pop()
            if not waiters:
                if self._running.get(key) is running:
                    del self._running[key]
                if task.cancel():
                    await asyncio.wait([task])

    def __contains__(self, key: Request) -> bool:
        return key in self._running


class Recording:
    """Wraps a network.  Equal requests, at the same time or later, share one exchange.

    `envelope`: what the walk is to try, and what the recording then says that it was asked for.
    """

    def __init__(self, inner: Network, envelope: Envelope | None = None) -> None:
        self._inner = inner
        self._envelope = envelope
        self._done: dict[Request, Exchange] = {}
        self._flights = Flights()
        #: Only a network below many walks knows anything without waiting; there equal requests meet already.
        self._shares: bool = getattr(inner, "shares", False)
        self._at_once: Callable[[Request], Exchange | None] = getattr(inner, "at_once", _knows_nothing)

    @property
    def ground(self) -> NetworkContext:
        ground = self._inner.ground
        return ground if self._envelope is None else msgspec.structs.replace(ground, envelope=self._envelope)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Every exchange that was held, sorted by kind and key."""
        return tuple(sorted(self._done.values(), key=in_order))

    @property
    def count(self) -> int:
        """How many exchanges the wrapped network was asked for and has answered."""
        return len(self._done)

    async def ask(self, question: Question) -> DnsExchange:
        return cast(DnsExchange, await self._once(question, lambda: self._inner.ask(question)))

    async def fetch(self, request: HttpsRequest) -> HttpsExchange:
        return cast(HttpsExchange, await self._once(request, lambda: self._inner.fetch(request)))

    async def converse(self, request: SmtpRequest) -> SmtpExchange:
        return cast(SmtpExchange, await self._once(request, lambda: self._inner.converse(request)))

    def borrow(self, exchanges: Sequence[Exchange]) -> bool:
        """Whether each of `exchanges` is what was recorded, or would be now; then all are recorded.

        Only where the wrapped network can say so at once (`Shared`).
        """
        new = {key_of(each): each for each in exchanges}
        for key in new.keys() & self._done.keys():
            if self._done[key] is not new.pop(key):
                return False
        if any(key in self._flights for key in new):
            return False
        if new and not getattr(self._inner, "borrow", _lends_nothing)(tuple(new.values())):
            return False
        self._done.update(new)
        return True

    def at_once(self, key: Request) -> Exchange | None:
        """The exchange that answers `key`, where it was held, or the wrapped network knows it already."""
        if key in self._done:
            return self._done[key]
        known = None if key in self._flights else self._at_once(key)
        if known is not None:
            self._done[key] = known
        return known

    async def _once(self, key: Request, hold: Callable[[], Coroutine[Any, Any, Exchange]]) -> Exchange:
        known = self.at_once(key)
        if known is not None:
            return known
        if self._shares:  # a task for each would be work
            return self._done.setdefault(key, await hold())
        return await self._flights.join(key, lambda: self._keep(key, hold()))

    async def _keep(self, key: Request, exchange: Coroutine[Any, Any, Exchange]) -> Exchange:
        self._done[key] = await exchange
        return self._done[key]
