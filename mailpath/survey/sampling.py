"""Providers with a host name for each customer at shared addresses: some of the names are met, not all.

`b-example.mail.protection.outlook.com` and a hundred thousand like it lead to the same servers.  At one
address, the first names below one parent are met; where the server said and showed the same to all of them,
the next ones are told what those were told, and what is made of that says so.  Where it did not, each is met.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Any

from msgspec.structs import replace

from mailpath.exchanges import SmtpExchange, SmtpRequest
from mailpath.network.over import Opened, Over
from mailpath.network.replies import dialogue, ehlo_keywords
from mailpath.network.shared import kept_for
from mailpath.survey import packing
from mailpath.survey.operators import operator_of

#: Names that are met before any is assumed.
SAMPLES = 5
#: Addresses and parents of which we know how many were met: most are somebody's own, and met once.
MOST_GROUPS = 4096
#: Sessions of which we know that they were assumed: more than are at hand at once (see `engine`), so that
#: whoever is told one of those is told that, too.
MOST_ASSUMED = 32_768


class _Group:
    """The names below one parent at one address.  `begun`: sessions, of which so many came to an end, `met`;
    `said`: what they were told, two of it at most; `alike`: None until enough were met.
    """

    __slots__ = ("_ended", "alike", "begun", "first", "met", "said")

    def __init__(self) -> None:
        self.begun = self.met = 0
        self.first: SmtpRequest | None = None
        self.said: set[bytes] = set()
        self.alike: bool | None = None
        self._ended: asyncio.Event | None = None

    async def changed(self) -> None:
        """Wait until one more session has ended."""
        self._ended = self._ended or asyncio.Event()
        await self._ended.wait()

    def tell(self) -> None:
        """One has."""
        if self._ended is not None:
            self._ended.set()
            self._ended = None

    def add(self, exchange: SmtpExchange) -> None:
        """One more session has ended."""
        self.first = self.first or exchange.request
        self.met += 1
        if len(self.said) < 2:
            self.said.add(_said(exchange))
        if self.met >= SAMPLES:
            self.alike = len(self.said) == 1


class Assumed(OrderedDict[SmtpRequest, str]):
    """Of sessions that were told and not held, the name that was met instead.  What nobody has wanted to know
    for longest is forgotten first.
    """

    def note(self, request: SmtpRequest, met: str) -> None:
        """`request` was not held, `met` was met."""
        self[request] = met
        if len(self) > MOST_ASSUMED:
            self.popitem(last=False)

    def instead_of(self, request: SmtpRequest) -> str:
        """The name that was met in place of that of `request`; "" where that was met itself."""
        met = self.get(request, "")
        if met:
            self.move_to_end(request)
        return met


class Sampling(Over):
    """`inner`, which remembers what it was asked.  `assumed`: what was told without a session."""

    def __init__(self, inner: Opened) -> None:
        super().__init__(inner)
        self._groups: OrderedDict[object, _Group] = OrderedDict()
        self.assumed = Assumed()

    async def converse(self, request: SmtpRequest) -> SmtpExchange:
        parent = _parent_of(request)
        if parent is None:
            return await self._inner.converse(request)
        group = self._group((request.address, request.port, request.profile, parent))
        while group.alike is None and group.begun >= SAMPLES:
            await group.changed()
        if group.alike and group.first is not None and group.first.sni is not None:
            met = await self._inner.converse(group.first)
            self.assumed.note(request, group.first.sni)
            return replace(met, request=request)
        return await self._sample(group, request)

    def _group(self, key: object) -> _Group:
        group = self._groups.setdefault(key, _Group())
        self._groups.move_to_end(key)
        if len(self._groups) > MOST_GROUPS:
            self._groups.popitem(last=False)
        return group

    async def _sample(self, group: _Group, request: SmtpRequest) -> SmtpExchange:
        group.begun += 1
        counts = False
        try:
            exchange = await self._inner.converse(request)
            if counts := kept_for(exchange) > 0:
                group.add(exchange)
            return exchange
        finally:
            if not counts:  # it says nothing of the server, or nobody waited for it any longer
                group.begun -= 1
            group.tell()


def _parent_of(request: SmtpRequest) -> str | None:
    """What is above the name of a customer: below or at the provider's own domain; None where it has none."""
    if request.sni is None or request.envelope is not None:
        return None
    _, _, parent = request.sni.partition(".")
    return parent if parent and operator_of(parent) == operator_of(request.sni) else None


def _said(exchange: SmtpExchange) -> bytes:
    """What does not depend on the name: codes, keywords, the certificates, how it ended."""
    said = dialogue(exchange)
    told: list[Any] = [exchange.failure, exchange.failed_at, len(exchange.injected)]
    told += [reply.code if reply is not None else None for reply in (said.greeting, said.ehlo, said.starttls)]
    told += [sorted(ehlo_keywords(each)) for each in (said.ehlo, said.ehlo_tls)]
    if exchange.tls is not None:
        told += [exchange.tls.version, exchange.tls.cipher, *exchange.tls.chain]
    return packing.digest(repr(told).encode())
