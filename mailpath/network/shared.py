"""One network below many walks: each exchange is held once, for all of them.

Ten thousand domains share some hundred mail hosts, and every chain of trust begins at the root.  A walk gets
a network of its own (`Shared.for_walk`), with the bounds and the deadline of a single walk; what another walk
has learnt is answered at once, and two that ask for the same at once share one exchange.

A DNS answer is kept as long as its TTL allows (RFC 1035 section 3.2.1), a failed one for some seconds (RFC
9520 section 3.2); a session and a policy for an hour, so that no mail host is met twice for one name.  When
there is too much, what nobody has used for longest goes first.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TypeVar, cast

from msgspec.structs import replace

from mailpath.exchanges import (
    DnsExchange,
    Exchange,
    Failure,
    HttpsExchange,
    HttpsRequest,
    Question,
    Request,
    SmtpExchange,
    SmtpRequest,
)
from mailpath.network import dns_messages
from mailpath.network.bounded import Bounded
from mailpath.network.live_dns import MAX_QUESTIONS
from mailpath.network.live_smtp import MAX_SESSIONS
from mailpath.network.over import Opened
from mailpath.network.protocol import NetworkContext
from mailpath.network.recording import Flights, key_of
from mailpath.network.waits import Waits

#: Octets of all that is kept, and what each exchange costs beside its own.
MOST_KEPT, OVERHEAD = 64 * 1024 * 1024, 1024
#: Seconds for which it is kept: at most; and a DNS question that failed.
LONGEST, FAILED = 3600.0, 5.0
#: Seconds in which walks begin at one moment: what was validated as of it serves them all.
MOMENT = 30
#: NOERROR and NXDOMAIN: whatever else a resolver says is a failure (RFC 9520 section 2).
_ANSWERS = (0, 3)

_Walks = TypeVar("_Walks", bound=Bounded)


class Shared:
    """`inner` for many walks of `seconds` each.  An async context manager; belongs to one event loop.

    `moment`: seconds in which walks begin at one time; `most`: octets that are kept.
    """

    def __init__(
        self,
        inner: Opened,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        moment: int = MOMENT,
        most: int | None = None,
    ) -> None:
        self._inner = inner
        self._most = MOST_KEPT if most is None else most
        self._moment = moment
        self._seconds = seconds
        self._clock = clock
        self._kept: OrderedDict[Request, tuple[Exchange, float]] = OrderedDict()
        self._octets = 0
        self._flights = Flights()
        self._began = clock()

    async def __aenter__(self) -> Shared:
        await self._inner.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._kept.clear()
        await self._inner.__aexit__(kind, error, trace)

    def for_walk(self) -> Bounded:
        """The network of one walk that begins now."""
        return self.bounded_by(Bounded)

    def bounded_by(self, bounds: Callable[[Opened, float], _Walks]) -> _Walks:
        """The same, with bounds of another kind."""
        passed = int(self._clock() - self._began)
        ground = self._inner.ground
        own = OneOfMany(self, replace(ground, made=ground.made + passed - passed % self._moment))
        return bounds(own, self._seconds)

    @property
    def waits(self) -> Waits:
        """What the mail sessions of all walks wait for."""
        return self._inner.waits

    def unfinished(self, request: SmtpRequest) -> SmtpExchange | None:
        """How far a session has come that one walk cannot wait for any longer."""
        return self._inner.unfinished(request)

    def known(self, request: Request) -> Exchange | None:
        """The exchange that answers `request`, where it is still good."""
        found = self._kept.get(request)
        if found is None:
            return None
        exchange, until = found
        if self._clock() >= until:
            self._forget(request)
            return None
        self._kept.move_to_end(request)
        return exchange

    async def hold(self, request: Request) -> Exchange:
        """The exchange that answers `request`: known, under way for another walk, or held now."""
        return self.known(request) or await self._flights.join(request, lambda: self._held(request))

    async def _held(self, request: Request) -> Exchange:
        exchange: Exchange
        if isinstance(request, Question):
            exchange = await self._inner.ask(request)
        elif isinstance(request, HttpsRequest):
            exchange = await self._inner.fetch(request)
        else:
            exchange = await self._inner.converse(request)
        self._keep(request, exchange)
        return exchange

    def _keep(self, request: Request, exchange: Exchange) -> None:
        seconds = kept_for(exchange)
        if seconds <= 0:
            return
        self._forget(request)
        self._kept[request] = exchange, self._clock() + seconds
        self._octets += _weight(exchange)
        while self._octets > self._most:
            self._forget(next(iter(self._kept)))

    def _forget(self, request: Request) -> None:
        if request in self._kept:
            exchange, _ = self._kept.pop(request)
            self._octets -= _weight(exchange)


class OneOfMany:
    """The network of one of the walks; its own bounds on what is under way at once are a single walk's.

    Where others wait for the same exchange it goes on when this walk gives it up.
    """

    #: Equal requests are one exchange: whoever records it need not see to that.
    shares = True

    def __init__(self, shared: Shared, ground: NetworkContext) -> None:
        self._shared = shared
        self._questions = asyncio.Semaphore(MAX_QUESTIONS)
        self._sessions = asyncio.Semaphore(MAX_SESSIONS)
        self.ground = ground
        self.waits = shared.waits
        self.unfinished = shared.unfinished

    async def __aenter__(self) -> OneOfMany:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """What all share is closed when all have ended."""

    def borrow(self, exchanges: Sequence[Exchange]) -> bool:
        """Whether each of `exchanges` is the one that is known."""
        return all(self._shared.known(key_of(each)) is each for each in exchanges)

    def at_once(self, request: Request) -> Exchange | None:
        """The exchange that answers `request`, where it is known."""
        return self._shared.known(request)

    async def ask(self, question: Question) -> DnsExchange:
        async with self._questions:
            return cast(DnsExchange, await self._shared.hold(question))

    async def fetch(self, request: HttpsRequest) -> HttpsExchange:
        return cast(HttpsExchange, await self._shared.hold(request))

    async def converse(self, request: SmtpRequest) -> SmtpExchange:
        async with self._sessions:
            return cast(SmtpExchange, await self._shared.hold(request))


def kept_for(exchange: Exchange) -> float:
    """Seconds for which `exchange` may answer other walks."""
    if exchange.failure is Failure.LOCAL:  # of this moment: out of descriptors, say
        return 0
    if not isinstance(exchange, DnsExchange):
        return LONGEST
    if exchange.response is None or dns_messages.rcode(exchange.response) not in _ANSWERS:
        return FAILED
    return min(dns_messages.ttl(exchange.response, FAILED), LONGEST)


def _weight(exchange: Exchange) -> int:
    """Octets that `exchange` takes, about."""
    if isinstance(exchange, DnsExchange):
        return OVERHEAD + len(exchange.response or b"")
    if isinstance(exchange, HttpsExchange):
        return OVERHEAD + len(exchange.body) + sum(map(len, exchange.chain))
    chain = exchange.tls.chain if exchange.tls is not None else ()
    return OVERHEAD + sum(len(chunk.data) + 100 for chunk in exchange.transcript) + sum(map(len, chain))
