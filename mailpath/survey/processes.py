"""The engine in several processes: workers walk and judge, this one meets the mail hosts and keeps the store.

As all sessions are held here, each address has one owner whatever the number of workers.  Of a worker that
ends before its time the others walk what it had begun.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from msgspec.structs import replace

from mailpath.exchanges import SmtpExchange
from mailpath.network.recording import Flights
from mailpath.network.settings import Settings
from mailpath.survey.engine import Asked, Done, Survey, first_of
from mailpath.survey.links import Begin, Domain, Held, Link, Next, Unwanted, Wanted
from mailpath.survey.store import Store, StoreError

#: Octets that a pipe holds before it is read.
ROOM = 1024 * 1024
_PROGRAM = "import sys; sys.path[:] = {path!r}; from mailpath.survey.worker import main; main()"


class WorkersGone(StoreError):
    """No worker is left, and there is something to walk yet."""


class Processes(Survey):
    """One survey in `workers` processes, beside this one.  `pids`: of those at work."""

    def __init__(self, store: Store, settings: Settings, asked: Asked, workers: int) -> None:
        super().__init__(store, settings, asked)
        self._workers = workers
        self.pids: set[int] = set()
        self._todo: asyncio.Queue[Domain] = asyncio.Queue()
        self._left = self.total - self.done
        self._over = asyncio.Event()
        self._flights = Flights()

    async def run(self) -> None:
        """Walk all.  Raises `StoreError`; cancelled, it leaves everything in the store."""
        for domain, mails in self._store.todo():
            self._todo.put_nowait(Domain(domain, mails))
        async with self._courteous:
            self._store.set_ground(self._courteous.ground)
            try:
                async with asyncio.TaskGroup() as group:
                    working = [group.create_task(self._work()) for _ in range(self._workers)]
                    group.create_task(self._watch(working))
            except* StoreError as several:
                raise first_of(several) from None

    async def _watch(self, working: list[asyncio.Task[None]]) -> None:
        """Ends them when all is walked.  Raises `WorkersGone`."""
        over = asyncio.create_task(self._over.wait())
        try:
            running = set(working)
            while running and self._left:
                ended, _ = await asyncio.wait([over, *running], return_when=asyncio.FIRST_COMPLETED)
                running -= ended
        finally:
            over.cancel()
        if self._left:
            raise WorkersGone("Every process that walked has ended: --resume goes on.")
        for each in working:
            each.cancel()

    async def _work(self) -> None:
        """One worker, until all is walked or it is gone."""
        under_way: dict[str, Domain] = {}
        try:
            async with self._started() as link, asyncio.TaskGroup() as group:
                sessions: dict[int, asyncio.Task[None]] = {}
                while (message := await link.receive()) is not None:
                    if isinstance(message, Done):
                        del under_way[message.row.domain]
                        self._finish(message)
                        self._left -= 1
                        if not self._left:
                            self._over.set()
                    elif isinstance(message, Next):
                        group.create_task(self._feed(link, under_way))
                    elif isinstance(message, Wanted):
                        task = sessions[message.number] = group.create_task(self._hold(link, message))
                        task.add_done_callback(lambda _, number=message.number: sessions.pop(number))  # type: ignore[misc]
                    elif isinstance(message, Unwanted) and message.number in sessions:
                        sessions[message.number].cancel()
                raise _Gone
        except* _Gone:
            for domain in under_way.values():
                self._todo.put_nowait(domain)

    async def _feed(self, link: Link, under_way: dict[str, Domain]) -> None:
        domain = await self._todo.get()
        under_way[domain.name] = domain
        link.send(domain)

    async def _hold(self, link: Link, wanted: Wanted) -> None:
        request = wanted.request
        # Two workers that want the same at once share one session, as two walks of one process do.
        exchange = await self._flights.join(request, lambda: self._sampling.converse(request))
        assert isinstance(exchange, SmtpExchange)
        link.send(Held(wanted.number, exchange, self._sampling.assumed.get(request, "")))

    @asynccontextmanager
    async def _started(self) -> AsyncIterator[Link]:
        program = _PROGRAM.format(path=sys.path)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", program),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=ROOM,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        link = Link(process.stdout, process.stdin)
        jobs = -(-self._asked.jobs // self._workers)
        link.send(Begin(self._settings, replace(self._asked, jobs=jobs)))
        self.pids.add(process.pid)
        try:
            yield link
        finally:
            self.pids.discard(process.pid)
            link.close()
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


class _Gone(Exception):
    """A worker has ended."""
