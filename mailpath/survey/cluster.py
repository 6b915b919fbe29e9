"""Workers on the machines of a Ray cluster: an actor for each free CPU.  Needs the extra `mailpath[ray]`.

Machines need the same mailpath and nothing else: what the files of the settings say is sent along.  An actor
that its survey has not asked for a while ends itself: so one that is cut off, which nobody can end, has let
go of every host before another takes over.
"""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager, redirect_stdout, suppress
from importlib.util import find_spec
from typing import Any

from mailpath import __version__
from mailpath.errors import MailpathError, reason_of
from mailpath.network.live_reach import reach
from mailpath.survey.links import Link, Lost
from mailpath.survey.store import StoreError
from mailpath.survey.worker import allow_descriptors, work
from mailpath.visible import visible

#: Seconds after which an actor answers though it has nothing to say; and without a question until it ends.
POLL, DEAF = 5.0, 20.0
#: Seconds for a cluster to accept a connection, to let us in, and to start an actor.
REACH, JOIN, START = 10.0, 60.0, 120.0
#: Actors: what one store keeps up with.
MOST = 256
#: What has to be the same on every machine.
SAME = f"mailpath {__version__}"
_RAY = "pip install 'mailpath[ray]'"


class ClusterError(MailpathError):
    """The cluster cannot be used."""


class Outbox:
    """The half of a `Link` into which messages go, until somebody takes them along."""

    def __init__(self) -> None:
        self._outward: list[bytes] = []
        self._filled = asyncio.Event()

    def send(self, message: Any) -> None:
        self._outward.append(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))
        self._filled.set()

    async def taken(self) -> list[bytes]:
        """All that is to be sent, once there is something."""
        await self._filled.wait()
        self._filled.clear()
        outward, self._outward = self._outward, []
        return outward


class Mailbox(Outbox):
    """An actor's end: a `Link` whose messages wait until they are fetched."""

    def __init__(self) -> None:
        super().__init__()
        self._inward: asyncio.Queue[Any] = asyncio.Queue()

    async def receive(self) -> Any:
        return await self._inward.get()

    def put(self, messages: Sequence[bytes]) -> None:
        """Messages of the survey's."""
        for each in messages:
            self._inward.put_nowait(pickle.loads(each))

    async def fetch(self) -> list[bytes]:
        """What is to be sent, once there is something, or after a while."""
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL):
                return await self.taken()
        return []


class Actor:
    """A worker, as Ray runs it."""

    def __init__(self) -> None:
        self._mailbox = Mailbox()
        self._heard = time.monotonic()

    async def start(self) -> str:
        """Begin to work.  Returns what this machine has of `SAME`."""
        allow_descriptors()
        threading.Thread(target=self._listen, name="mailpath-deaf", daemon=True).start()
        self._working = asyncio.create_task(work(self._mailbox))
        self._working.add_done_callback(lambda _: os._exit(1))  # else nobody would know that it has failed
        return SAME

    async def give(self, messages: Sequence[bytes]) -> None:
        """What the survey says."""
        self._mailbox.put(messages)

    async def take(self) -> list[bytes]:
        """What the worker says."""
        self._heard = time.monotonic()
        return await self._mailbox.fetch()

    def _listen(self) -> None:
        # A thread: the loop may be busy, and its sockets are open all the same.
        while time.monotonic() - self._heard < DEAF:
            time.sleep(1)
        os._exit(1)


class Calls(Outbox):
    """The survey's end: a `Link` over calls of an actor, one after the other, so that nothing overtakes."""

    def __init__(self, give: Callable[[Sequence[bytes]], Awaitable[None]], take: Callable[[], Any]) -> None:
        super().__init__()
        self._give = give
        self._take = take
        self._inward: list[bytes] = []
        self.lost = False

    async def receive(self) -> Any:
        while not self._inward:
            if self.lost:
                return None
            try:
                self._inward = (await self._take())[::-1]
            except Exception:  # noqa: BLE001 - Ray has many; each of them means that the actor is gone for us
                return None
        return pickle.loads(self._inward.pop())

    async def deliver(self) -> None:
        """Sends what is to be sent, for as long as anybody takes it."""
        while True:
            outward = await self.taken()
            try:
                await self._give(outward)
            except Exception:  # noqa: BLE001 - the same
                self.lost = True
                return


class Cluster:
    """The `Transport` of `size` actors.  `actors`: those at work, by their shards."""

    def __init__(self, ray: Any, size: int) -> None:
        self._ray = ray
        self.size = size
        self.rest = DEAF + 2.0  # its thread looks once a second
        self.actors: dict[int, Any] = {}

    @asynccontextmanager
    async def started(self, shard: int) -> AsyncIterator[Link]:
        """A worker, which ends with the block."""
        remote = self._ray.remote(Actor).options(num_cpus=1, max_restarts=0, scheduling_strategy="SPREAD")
        actor = self.actors[shard] = remote.remote()
        try:
            await self._start(actor)
            calls = Calls(actor.give.remote, actor.take.remote)
            delivering = asyncio.create_task(calls.deliver())
            try:
                yield calls
            finally:
                delivering.cancel()
                await asyncio.wait([delivering])
        finally:
            del self.actors[shard]
            with suppress(Exception):
                self._ray.kill(actor)

    async def _start(self, actor: Any) -> None:
        """Raises `StoreError` where no actor of the cluster can work, `Lost` where this one cannot."""
        try:
            async with asyncio.timeout(START):
                there = await actor.start.remote()
        except TimeoutError:
            raise Lost from None
        except Exception as error:  # noqa: BLE001 - Ray has many
            if "ModuleNotFoundError" in str(error):
                sentence = "A machine of the cluster has no mailpath: install it where the actors run."
                raise StoreError(sentence) from None
            raise Lost from None
        if there != SAME:
            raise StoreError(f"A machine of the cluster has {there}; this one has {SAME}.")


def refuse_missing() -> None:
    """Raises `ClusterError` where Ray is not installed."""
    if find_spec("ray") is None:
        raise ClusterError(f"A cluster needs more than was installed: {_RAY}")


@contextmanager
def joined(address: str) -> Iterator[Cluster]:
    """The cluster whose head is at `address` ("host:port"), of which this machine is one.

    Raises `ClusterError`.
    """
    refuse_missing()
    _reach(address)
    import ray

    logging.getLogger("ray").setLevel(logging.CRITICAL)
    # Ray tells of workers that were lost on standard output, which is for data.
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        try:
            _join(ray, address)
            free = int(ray.available_resources().get("CPU", 0))
            if not free:
                raise ClusterError(f"The cluster at {address} has no free CPU.")
            yield Cluster(ray, min(free, MOST))
        finally:
            ray.shutdown()


def _join(ray: Any, address: str) -> None:
    joined: Future[None] = Future()

    def init() -> None:
        try:
            ray.init(address, log_to_driver=False, logging_level=logging.CRITICAL)
            joined.set_result(None)
        except BaseException as error:  # noqa: BLE001 - it is told below
            joined.set_exception(error)

    # In the main thread it would take the signals.
    threading.Thread(target=init, name="mailpath-cluster", daemon=True).start()
    try:
        joined.result(JOIN)
    except TimeoutError:
        raise ClusterError(f"The cluster at {address} does not answer.") from None
    except Exception as error:  # noqa: BLE001 - Ray has many
        first = visible(str(error).strip().partition("\n")[0])
        raise ClusterError(f"The cluster at {address} cannot be used: {first}") from None


def _reach(address: str) -> None:
    """Ray would try for a minute."""
    host, _, port = address.rpartition(":")
    try:
        reach(host, int(port), REACH)
    except (OSError, ValueError) as error:
        why = reason_of(error) if isinstance(error, OSError) else "it is no host:port"
        raise ClusterError(f"The cluster at {address} cannot be reached: {why}.") from None
