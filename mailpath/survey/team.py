"""The engine over several workers: they walk and meet the hosts, this process keeps the store.

Each host has one owner among the workers (`ring`), so that politeness holds over all of them; turns with
operators, whose hosts several workers may own, are lent here.  What an owner learns is in the store before it
goes to whoever wanted it.  Of a worker that is lost others walk what it had begun, and its hosts have new
owners once it has surely let go of them.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import Any, cast

import msgspec

from mailpath.exchanges import (
    DnsExchange,
    HttpsExchange,
    HttpsRequest,
    Question,
    SmtpExchange,
    SmtpRequest,
)
from mailpath.network.over import Opened, Over
from mailpath.network.recording import Flights
from mailpath.network.settings import Settings, anchor_text, roots
from mailpath.survey.engine import Asked, Done, Survey, first_of, way_out
from mailpath.survey.links import (
    Begin,
    Domain,
    Held,
    Link,
    Lost,
    Next,
    Serves,
    Transport,
    Turn,
    Wanted,
    Wants,
    listen,
)
from mailpath.survey.operators import operator_of
from mailpath.survey.ring import Ring
from mailpath.survey.store import Store, StoreError
from mailpath.survey.turns import Rate


class WorkersGone(StoreError):
    """No worker is left, and there is something to walk yet."""


class Owned(Over):
    """A network whose hosts are each asked by the worker that owns it.

    `rest`: seconds for which the hosts of a worker that is lost are let alone.
    """

    def __init__(self, inner: Opened, shards: int, rest: float) -> None:
        super().__init__(inner)
        self._ring = Ring(shards)
        self._rest = rest
        self._there: dict[int, Wants] = {}
        #: Of those that are lost: when another may take over.
        self._lost: dict[int, float] = {}
        self._changed = asyncio.Event()
        self._waiting: Counter[str] = Counter()

    def longest(self) -> tuple[str, int] | None:
        """Whom most sessions wait for, the operator or the address, and how many; None where none does."""
        most = self._waiting.most_common(1)
        return most[0] if most else None

    def join(self, shard: int, wants: Wants) -> None:
        """A worker is at work."""
        self._there[shard] = wants
        self._change()

    def lose(self, shard: int) -> None:
        """A worker is gone."""
        self._lost[shard] = asyncio.get_running_loop().time() + self._rest
        if (wants := self._there.pop(shard, None)) is not None:
            wants.lose()
        self._change()

    def _change(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def fetch(self, request: HttpsRequest) -> HttpsExchange:
        return cast(HttpsExchange, await self._hold(request))

    async def converse(self, request: SmtpRequest) -> SmtpExchange:
        who = operator_of(request.sni) if request.sni is not None else request.address
        self._waiting[who] += 1
        try:
            return cast(SmtpExchange, await self._hold(request))
        finally:
            self._waiting[who] -= 1
            if not self._waiting[who]:
                del self._waiting[who]

    async def _hold(self, request: HttpsRequest | SmtpRequest) -> Any:
        while True:
            try:
                return (await (await self._owner(request.address)).want(request)).exchange
            except Lost:
                continue

    async def _owner(self, address: str) -> Wants:
        """Whoever owns `address`, once nobody else can be there."""
        clock = asyncio.get_running_loop().time
        while True:
            free_at, owner = 0.0, None
            for shard in self._ring.owners(address):
                if shard not in self._lost:
                    owner = self._there.get(shard)
                    break
                free_at = max(free_at, self._lost[shard])
            if owner is None:  # it is about to start, or nobody is left, which ends the survey
                await self._changed.wait()
            elif (wait := free_at - clock()) > 0:
                await asyncio.sleep(wait)
            else:
                return owner


class Team(Survey):
    """One survey with the workers that `transport` starts."""

    def __init__(self, store: Store, settings: Settings, asked: Asked, transport: Transport) -> None:
        # Until it is certain that an owner has left, and as long as it would have waited itself.
        rest = max(transport.rest, asked.politeness.gap)
        self._owned = Owned(way_out(settings, asked), transport.size, rest)
        super().__init__(store, settings, asked, self._owned)
        self._transport = transport
        self._rate = Rate(asked.politeness.rate)
        #: Of the list, what no worker was given yet; and what one was, and did not come to an end with.
        self._list: Iterator[tuple[str, int]] = iter(())
        self._todo: asyncio.Queue[Domain] = asyncio.Queue()
        self._over = asyncio.Event()
        self._flights = Flights()

    def longest(self) -> tuple[str, int] | None:
        return self._owned.longest()

    async def run(self) -> None:
        """Walk all.  Raises `StoreError`; cancelled, it leaves everything in the store."""
        self._list = self._store.todo()
        async with self._owned:
            self._store.set_ground(self._owned.ground)
            try:
                async with asyncio.TaskGroup() as group:
                    shards = range(self._transport.size)
                    working = [group.create_task(self._work(shard)) for shard in shards]
                    group.create_task(self._watch(working))
            except* StoreError as several:
                raise first_of(several) from None

    async def _watch(self, working: list[asyncio.Task[None]]) -> None:
        """Ends them when all is walked.  Raises `WorkersGone`."""
        over = asyncio.create_task(self._over.wait())
        try:
            running = set(working)
            while running and self.done < self.total:
                ended, _ = await asyncio.wait([over, *running], return_when=asyncio.FIRST_COMPLETED)
                running -= ended
        finally:
            over.cancel()
        if self.done < self.total:
            raise WorkersGone("Every worker has ended: --resume goes on.")
        for each in working:
            each.cancel()

    async def _work(self, shard: int) -> None:
        """One worker, until all is walked or it is gone."""
        under_way: dict[str, Domain] = {}
        try:
            async with self._transport.started(shard) as link:
                link.send(self._begin())
                wants = Wants(link)
                self._owned.join(shard, wants)
                async with asyncio.TaskGroup() as group:
                    await self._listen(link, wants, group, under_way)
                    raise Lost
        except* Lost:
            self._owned.lose(shard)
            for domain in under_way.values():
                self._todo.put_nowait(domain)

    def _begin(self) -> Begin:
        settings = self._settings
        jobs = -(-self._asked.jobs // self._transport.size)
        return Begin(
            settings=settings,
            asked=msgspec.structs.replace(self._asked, jobs=jobs),
            anchor=None if settings.trust_anchor is None else anchor_text(settings),
            roots=roots(settings),
            resumed=self.resumed > 0,
        )

    async def _listen(
        self, link: Link, wants: Wants, group: asyncio.TaskGroup, under_way: dict[str, Domain]
    ) -> None:
        def heed(message: Done | Next) -> None:
            if isinstance(message, Next):
                group.create_task(self._feed(link, under_way))
                return
            del under_way[message.row.domain]
            self._finish(message)
            if self.done == self.total:
                self._over.set()

        await listen(link, wants, Serves(group, lambda wanted: self._serve(link, wanted)), heed)

    async def _feed(self, link: Link, under_way: dict[str, Domain]) -> None:
        given = next(self._list, None) if self._todo.empty() else None
        domain = await self._todo.get() if given is None else Domain(*given)
        under_way[domain.name] = domain
        link.send(domain)

    async def _serve(self, link: Link, wanted: Wanted) -> None:
        request, number = wanted.request, wanted.number
        if isinstance(request, Turn):
            async with self._rate(request.names):
                link.send(Held(number))
                await asyncio.Event().wait()  # until it is wanted no longer
        elif isinstance(request, Question):
            link.send(Held(number, cast(DnsExchange | None, self._keeping.known(request))))
        else:
            link.send(await self._held(number, request))

    async def _held(self, number: int, request: HttpsRequest | SmtpRequest) -> Held:
        # Two workers that want the same at once share one exchange, as two walks of one process do.
        if isinstance(request, HttpsRequest):
            return Held(number, await self._flights.join(request, lambda: self._sampling.fetch(request)))
        exchange = await self._flights.join(request, lambda: self._sampling.converse(request))
        return Held(number, exchange, self._sampling.assumed.instead_of(request))
