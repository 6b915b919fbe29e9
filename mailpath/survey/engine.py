"""The engine: walks every domain of a store that was not walked, many at a time, over one network.

Each exchange is held once, by whatever walk needs it first, and is in the store before anything follows from
it.  Mail hosts are met through their owners (`owners`); what a walk waits for there keeps no other waiting
(`places`).  A walk sees what it would see alone, so its row is what `check` says of the domain.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar, cast

import msgspec

from mailpath.dnssec import Zones
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
from mailpath.facts import Path
from mailpath.judge import Posture
from mailpath.network.live import LiveNetwork
from mailpath.network.live_smtp import MAX_SESSIONS
from mailpath.network.over import Opened, Over
from mailpath.network.recording import Recording
from mailpath.network.replay import Replay
from mailpath.network.settings import Settings
from mailpath.network.shared import Shared, kept_for
from mailpath.online import open_ended
from mailpath.survey.judging import row_for
from mailpath.survey.memory import give_large_blocks_back
from mailpath.survey.owners import MOST_SESSIONS, Courteous, Politeness
from mailpath.survey.places import SET_ASIDE, WAITING, Place, Places, Unhurried
from mailpath.survey.results import Row
from mailpath.survey.sampling import Assumed, Sampling
from mailpath.survey.store import Store, StoreError
from mailpath.walk import walk

#: Walks at work at once, where nobody says otherwise.
JOBS = 16
#: Seconds in which walks begin at one time: what is validated as of it serves them all.
MOMENT = 300
#: Octets of exchanges that are at hand: those of some thousand mail hosts.  All are in the store.
AT_HAND = 24 * 1024 * 1024

_Held = TypeVar("_Held", bound=Exchange)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a survey is to find out, and how.  `kind`: of the network, "live" or "lab"; `sender`: the domain
    that mail comes from, or None.
    """

    sender: str | None = None
    today: Posture
    postures: tuple[Posture, ...]
    politeness: Politeness
    jobs: int = JOBS
    kind: str = "live"


class Keeping(Over):
    """`inner`, of which a store keeps all.  `failed`: why it cannot any more; then nothing counts."""

    def __init__(self, inner: Opened, store: Store) -> None:
        super().__init__(inner)
        self._store = store
        self.failed: StoreError | None = None

    async def ask(self, question: Question) -> DnsExchange:
        return await self._held(question, self._inner.ask)

    async def fetch(self, request: HttpsRequest) -> HttpsExchange:
        return await self._held(request, self._inner.fetch)

    async def converse(self, request: SmtpRequest) -> SmtpExchange:
        return await self._held(request, self._inner.converse)

    async def _held(self, request: Request, hold: Callable[..., Awaitable[_Held]]) -> _Held:
        known = self.known(request)
        if known is not None:
            return cast(_Held, known)
        held = await hold(request)
        if kept_for(held) > 0:
            self._tried(lambda: self._store.note(held))
        return held

    def known(self, request: Request) -> Exchange | None:
        """What the store has for it."""
        return self._tried(lambda: self._store.known(request))

    def _tried(self, act: Callable[[], Exchange | None]) -> Exchange | None:
        """A walk takes an exception for a bug of one of its steps: so it waits until the walk is over."""
        try:
            return act() if self.failed is None else None
        except StoreError as error:
            self.failed = error
            return None


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """A walk that came to its end: what the store takes.  `assumed`: what nobody was asked."""

    row: Row
    made: int
    exchanges: tuple[Exchange, ...]
    roots: tuple[bytes, ...]
    assumed: tuple[Request, ...] = ()


class Walks:
    """Walks over `network`, many at a time.  `assumed`: sessions that were not held (see `sampling`); `done`:
    takes each walk, and raises what ends them all.
    """

    def __init__(
        self,
        network: Opened,
        settings: Settings,
        asked: Asked,
        assumed: Assumed,
        done: Callable[[Done], None],
    ) -> None:
        self._asked = asked
        self._assumed = assumed
        self._done = done
        self.shared = Shared(network, settings.whole_wait, moment=MOMENT, most=AT_HAND)
        self._zones = Zones(times=1)
        self._places = Places(asked.jobs)
        self._flock = asyncio.Semaphore(asked.jobs + WAITING + SET_ASIDE)

    async def enter(self) -> Place:
        """Room for one more."""
        await self._flock.acquire()
        return await self._places.enter()

    async def one(self, domain: str, mails: int, place: Place) -> None:
        """The walk to `domain`, in a place that `enter` gave."""
        path = Path(recipient=domain, sender=self._asked.sender)
        try:
            while not await self._walked(path, mails, place):
                await place.enter()
        finally:
            self.leave(place)

    def leave(self, place: Place) -> None:
        """The place is free again."""
        place.leave()
        self._flock.release()

    async def _walked(self, path: Path, mails: int, place: Place) -> bool:
        """Whether the walk came to its end; else the sessions that it waited for have been held."""
        network = self.shared.bounded_by(
            lambda inner, seconds: Unhurried(inner, seconds, place, self.shared.known)
        )
        walking = asyncio.create_task(self._walk(path, mails, network))
        held: list[asyncio.Task[Exchange]] = []

        def make_room() -> None:
            # They join what is under way before the walk leaves it: nothing ends for that.
            network.give_up()
            held.extend(asyncio.create_task(self.shared.hold(each)) for each in network.pending)
            asyncio.get_running_loop().call_soon(walking.cancel)

        place.make_room = make_room
        try:
            await asyncio.wait([walking])
            if not held or not walking.cancelled():
                await walking
                return True
            place.leave()
            await asyncio.wait(held)
            return False
        finally:
            for task in (walking, *held):
                task.cancel()
            await asyncio.wait([walking, *held])

    async def _walk(self, path: Path, mails: int, network: Unhurried) -> None:
        async with network:
            recording = Recording(network)
            made = network.ground.made
            found = await walk(path, recording, made, zones=self._zones, lines=False)
        row = row_for(found, mails, self._asked.today, self._asked.postures)
        exchanges = recording.exchanges
        sessions = (each.request for each in exchanges if isinstance(each, SmtpExchange))
        met = {each: name for each in sessions if (name := self._assumed.instead_of(each))}
        if met:
            row = msgspec.structs.replace(row, assumed_from=next(iter(met.values())))
        self._done(Done(row=row, made=made, exchanges=exchanges, roots=found.roots, assumed=tuple(met)))


def way_out(settings: Settings, asked: Asked) -> LiveNetwork:
    """The network below all walks.  Raises `SettingsError`, `BadAnchor`."""
    # In units of what one walk may have at once: as many sessions as the owners hold.
    return open_ended(settings, asked.kind, max(asked.jobs, -(-MOST_SESSIONS // MAX_SESSIONS)))


class Survey(ABC):
    """What any engine has: the store, `hosts`, the way to those that are asked, and how far it is.

    `done`: domains walked until now, of `total`; `resumed`: those that had been before.
    """

    def __init__(self, store: Store, settings: Settings, asked: Asked, hosts: Opened) -> None:
        self._store = store
        self._settings = settings
        self._asked = asked
        self._keeping = Keeping(hosts, store)
        self._sampling = Sampling(self._keeping)
        self.total = store.volumes[0]
        self.resumed = self.done = store.done

    @abstractmethod
    def longest(self) -> tuple[str, int] | None:
        """Which operator's sessions most is waited for, and how many; None where nothing is."""

    @abstractmethod
    async def run(self) -> None:
        """Walk all.  Raises `StoreError`; cancelled, it leaves everything in the store."""

    def _finish(self, done: Done) -> None:
        if self._keeping.failed is not None:
            raise self._keeping.failed
        self._store.finish(done.row, done.made, done.exchanges, done.roots, frozenset(done.assumed))
        self.done += 1


class Engine(Survey):
    """One survey in this process."""

    def __init__(self, store: Store, settings: Settings, asked: Asked) -> None:
        self._courteous = Courteous(way_out(settings, asked), asked.politeness, settings.whole_wait)
        super().__init__(store, settings, asked, self._courteous)

    def longest(self) -> tuple[str, int] | None:
        return self._courteous.owners.longest()

    async def run(self) -> None:
        """Walk all.  Raises `StoreError`; cancelled, it leaves everything in the store."""
        give_large_blocks_back()
        walks = Walks(self._sampling, self._settings, self._asked, self._sampling.assumed, self._finish)
        async with walks.shared:
            self._store.set_ground(self._courteous.ground)
            try:
                async with asyncio.TaskGroup() as group:
                    for domain, mails in self._store.todo():
                        group.create_task(walks.one(domain, mails, await walks.enter()))
            except* StoreError as several:
                raise first_of(several) from None


def first_of(several: BaseExceptionGroup[StoreError]) -> StoreError:
    """The error itself, however deep in groups it is."""
    error: BaseException = several
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return cast(StoreError, error)


def judge_kept(store: Store, today: Posture, postures: Sequence[Posture]) -> int:
    """Judge what is kept by postures that its rows do not have.  Sends nothing.  Returns how many domains
    could not be judged, as nothing is kept of them.
    """
    return asyncio.run(judge_again(store, today, postures))


async def judge_again(store: Store, today: Posture, postures: Sequence[Posture]) -> int:
    """The same, within an event loop."""
    wanted = {posture.name for posture in (today, *postures)}
    kept, lost = set(store.kept()), 0
    for row in store.rows():
        if not row.outcomes or wanted <= row.outcomes.keys():
            continue
        if row.domain not in kept:
            lost += 1
            continue
        capture = store.capture(row.domain)
        found = await walk(capture.path, Replay(capture), capture.ground.made)
        again = row_for(found, row.mails, today, postures)
        store.judge_again(msgspec.structs.replace(again, assumed_from=row.assumed_from))
    return lost
