"""A worker of a survey, wherever it runs: it walks, and it owns a part of the hosts.

DNS and the judge are its own.  What a mail host or a policy host says comes from the holder of the survey; of
the hosts that it owns, the worker is the only one to open a session with them.  It ends when the holder does.
"""

from __future__ import annotations

import asyncio
import os
import resource
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path as Folder
from tempfile import TemporaryDirectory
from typing import cast

from msgspec.structs import replace

from mailpath.exchanges import (
    DnsExchange,
    HttpsExchange,
    HttpsRequest,
    Question,
    SmtpExchange,
    SmtpRequest,
)
from mailpath.network.live import LiveNetwork
from mailpath.network.over import Opened, Opening, Over
from mailpath.survey.engine import Walks, way_out
from mailpath.survey.links import Begin, Domain, Held, Link, Next, Serves, Turn, Wanted, Wants, listen
from mailpath.survey.memory import give_large_blocks_back
from mailpath.survey.owners import Courteous
from mailpath.survey.sampling import Assumed

#: Open at once, of sessions, questions and policies.
DESCRIPTORS = 4096


class Asking(Over):
    """`inner`, but for hosts, which are the holder's to ask; `knows`: it may know some DNS answers, too."""

    def __init__(self, inner: Opened, wants: Wants, *, knows: bool) -> None:
        super().__init__(inner)
        self._wants = wants
        self._knows = knows
        self.assumed = Assumed()

    async def ask(self, question: Question) -> DnsExchange:
        if self._knows and (known := (await self._wants.want(question)).exchange) is not None:
            return cast(DnsExchange, known)
        return await super().ask(question)

    async def fetch(self, request: HttpsRequest) -> HttpsExchange:
        return cast(HttpsExchange, (await self._wants.want(request)).exchange)

    async def converse(self, request: SmtpRequest) -> SmtpExchange:
        held = await self._wants.want(request)
        if held.assumed:
            self.assumed.note(request, held.assumed)
        return cast(SmtpExchange, held.exchange)

    @asynccontextmanager
    async def turn(self, names: Sequence[str]) -> AsyncIterator[None]:
        """The `Budget` of all workers."""
        held = await self._wants.want(Turn(tuple(names)))
        try:
            yield
        finally:
            self._wants.let_go(held.number)


def network_for(begin: Begin) -> LiveNetwork:
    """The way out, as it is for the holder of the survey, whose files need not be here."""
    with TemporaryDirectory(prefix="mailpath-") as folder:
        files = {"ca_file": "".join(map(ssl.DER_cert_to_PEM_cert, begin.roots)), "trust_anchor": begin.anchor}
        there = {}
        for key, text in files.items():
            if text:
                there[key] = os.path.join(folder, key)
                Folder(there[key]).write_text(text, encoding="utf-8")
        return way_out(replace(begin.settings, **there), begin.asked)


def allow_descriptors() -> None:
    """Some systems allow a process fewer than its sessions and questions may take."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):  # the system has a bound of its own
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def work(link: Link) -> None:
    """Walk to every domain that comes, and meet every host, until the holder is gone."""
    begin: Begin = await link.receive()
    give_large_blocks_back()
    live, wants = network_for(begin), Wants(link)
    asking = Asking(live, wants, knows=begin.resumed)
    walks = Walks(asking, begin.settings, begin.asked, asking.assumed, link.send)
    politeness, seconds = begin.asked.politeness, begin.settings.whole_wait
    owner = Courteous(Opening(live), politeness, seconds, asking.turn if politeness.rate > 0 else None)
    domains: asyncio.Queue[Domain] = asyncio.Queue()

    async def walk_all(group: asyncio.TaskGroup) -> None:
        while True:
            place = await walks.enter()
            place.leave()  # nobody is at work while there is nothing to do
            link.send(Next())
            domain = await domains.get()
            await place.enter()
            group.create_task(walks.one(domain.name, domain.mails, place))

    async def serve(wanted: Wanted) -> None:
        if isinstance(wanted.request, HttpsRequest):
            link.send(Held(wanted.number, await owner.fetch(wanted.request)))
        elif isinstance(wanted.request, SmtpRequest):
            link.send(Held(wanted.number, await owner.converse(wanted.request)))

    async with walks.shared, asyncio.TaskGroup() as group:
        group.create_task(walk_all(group))
        await listen(link, wants, Serves(group, serve), domains.put_nowait)
        os._exit(0)  # whatever is under way: nobody waits for it any longer
