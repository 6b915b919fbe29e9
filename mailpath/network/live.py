"""The live network: real sockets, and nothing of what is learnt over them is judged here."""

from __future__ import annotations

import asyncio
import time
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING

import msgspec

from mailpath.exchanges import DnsExchange, HttpsExchange, HttpsRequest, Question, SmtpExchange, SmtpRequest
from mailpath.network.live_dns import MAX_QUESTIONS, LiveDns
from mailpath.network.live_route import own_name
from mailpath.network.protocol import NetworkContext
from mailpath.network.settings import Settings, anchor_text, roots
from mailpath.network.waits import Waits

if TYPE_CHECKING:
    from mailpath.network.live_https import HostCheck, LiveHttps
    from mailpath.network.live_smtp import LiveSmtp


class LiveNetwork:
    """DNS, HTTPS and SMTP as `settings` say.  An async context manager; belongs to one event loop.

    `policy_host_check(chain, host)`: None, or why the certificate of an HTTPS host (DER, leaf first) is
    refused; it is asked before a request is sent.  `walks`: for how many at once it has room.  Raises
    `SettingsError` when a file of the settings cannot be used.
    """

    def __init__(
        self, settings: Settings, *, policy_host_check: HostCheck, kind: str = "live", walks: int = 1
    ) -> None:
        trusted = roots(settings)
        self._ehlo, self._walks = settings.ehlo or own_name(), walks
        self._dns = LiveDns(settings, trusted, MAX_QUESTIONS * walks)
        self._settings, self._check = settings, policy_host_check
        self._ground = NetworkContext(
            kind=kind,
            resolver=self._dns.resolver,
            trust_anchor=anchor_text(settings),
            roots=trusted,
            made=int(time.time()),
            smtp_port=settings.smtp_port,
            https_port=settings.https_port,
            ehlo=self._ehlo,
            allow_private=settings.allow_private,
            dialled=tuple(sorted(settings.dial)),
            patience=settings.patience,
            insecure_zones=settings.insecure_zones,
        )

    async def __aenter__(self) -> LiveNetwork:
        await self._dns.choose()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._dns.close()
        # Transports closed by the last exchange let go of their sockets in the loop's next turn.
        await asyncio.sleep(0)

    @property
    def waits(self) -> Waits:
        """What its mail sessions wait for."""
        return self._smtp.waits

    def unfinished(self, request: SmtpRequest) -> SmtpExchange | None:
        """What was said until now in a session that was cancelled after it had been accepted, or that goes on
        for another walk."""
        return self._smtp.so_far(request)

    @property
    def ground(self) -> NetworkContext:
        """What the walk stands on; `resolver` is the one that was chosen on entering."""
        if self._ground.resolver != self._dns.resolver:
            self._ground = msgspec.structs.replace(self._ground, resolver=self._dns.resolver)
        return self._ground

    async def ask(self, question: Question) -> DnsExchange:
        return await self._dns.ask(question)

    async def fetch(self, request: HttpsRequest) -> HttpsExchange:
        return await self._https.fetch(request)

    @cached_property
    def _https(self) -> LiveHttps:
        """Only where a policy is fetched: HTTP is not read on any other way."""
        from mailpath.network.live_https import LiveHttps

        return LiveHttps(self._settings, self._check)

    @cached_property
    def _smtp(self) -> LiveSmtp:
        """Only where mail is spoken: a lookup does not wait for aiosmtplib and what it imports."""
        from mailpath.network.live_smtp import MAX_SESSIONS, LiveSmtp

        return LiveSmtp(self._settings, self._ehlo, MAX_SESSIONS * self._walks)

    async def converse(self, request: SmtpRequest) -> SmtpExchange:
        return await self._smtp.converse(request)
