"""A process that walks for a survey: DNS, policies and the judge are its own, mail hosts are its parent's.

It ends when its parent does: then the pipe between them ends.
"""

from __future__ import annotations

import asyncio
import os
import signal
from itertools import count

from mailpath.exchanges import SmtpExchange, SmtpRequest
from mailpath.network.over import Opened, Over
from mailpath.online import open_ended
from mailpath.survey.engine import Walks
from mailpath.survey.links import Begin, Domain, Held, Link, Next, Unwanted, Wanted


class Asking(Over):
    """`inner`, but for mail hosts: those the parent meets."""

    def __init__(self, inner: Opened, link: Link) -> None:
        super().__init__(inner)
        self._link = link
        self._numbers = count()
        self._wanted: dict[int, asyncio.Future[SmtpExchange]] = {}
        self.assumed: dict[SmtpRequest, str] = {}

    async def converse(self, request: SmtpRequest) -> SmtpExchange:
        number = next(self._numbers)
        answer: asyncio.Future[SmtpExchange] = asyncio.get_running_loop().create_future()
        self._wanted[number] = answer
        self._link.send(Wanted(number, request))
        try:
            return await answer
        except asyncio.CancelledError:
            self._link.send(Unwanted(number))
            raise
        finally:
            del self._wanted[number]

    def take(self, held: Held) -> None:
        """The parent's answer."""
        if held.assumed:
            self.assumed[held.exchange.request] = held.assumed
        answer = self._wanted.get(held.number)
        if answer is not None and not answer.done():
            answer.set_result(held.exchange)


async def work(link: Link) -> None:
    """Walk to every domain that comes, until the parent is gone."""
    begin: Begin = await link.receive()
    live = open_ended(begin.settings, begin.asked.kind, begin.asked.jobs)
    asking = Asking(live, link)
    walks = Walks(asking, begin.settings, begin.asked, asking.assumed, link.send)
    domains: asyncio.Queue[Domain] = asyncio.Queue()

    async def walk_all(group: asyncio.TaskGroup) -> None:
        while True:
            place = await walks.enter()
            place.leave()  # nobody is at work while there is nothing to do
            link.send(Next())
            domain = await domains.get()
            await place.enter()
            group.create_task(walks.one(domain.name, domain.mails, place))

    async with walks.shared, asyncio.TaskGroup() as group:
        feeding = group.create_task(walk_all(group))
        while (message := await link.receive()) is not None:
            if isinstance(message, Domain):
                domains.put_nowait(message)
            else:
                asking.take(message)
        feeding.cancel()
        os._exit(0)  # whatever is under way: nobody waits for it any longer


async def _serve(source: int, sink: int) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(source, "rb"))
    transport, protocol = await loop.connect_write_pipe(
        asyncio.streams.FlowControlMixin, os.fdopen(sink, "wb")
    )
    await work(Link(reader, asyncio.StreamWriter(transport, protocol, None, loop)))


def main() -> None:
    """Standard input and output are the pipe; what anything else writes there goes to standard error."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's Ctrl-C is the parent's to heed
    source, sink = os.dup(0), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    asyncio.run(_serve(source, sink))
