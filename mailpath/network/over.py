"""A network over another: what it does not do itself the inner one does."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from mailpath.exchanges import (
    DnsExchange,
    HttpsExchange,
    HttpsRequest,
    Question,
    SmtpExchange,
    SmtpRequest,
)
from mailpath.network.protocol import Network, NetworkContext
from mailpath.network.waits import Waits


class Opened(Network, Protocol):
    """A network that is opened and closed."""

    @property
    def waits(self) -> Waits: ...

    def unfinished(self, request: SmtpRequest) -> SmtpExchange | None: ...

    async def __aenter__(self) -> object: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Over:
    """`inner`, opened and closed with it."""

    def __init__(self, inner: Opened) -> None:
        self._inner = inner

    async def __aenter__(self) -> Self:
        await self._inner.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._inner.__aexit__(kind, error, trace)

    @property
    def ground(self) -> NetworkContext:
        return self._inner.ground

    @property
    def waits(self) -> Waits:
        """What the sessions under way wait for."""
        return self._inner.waits

    def unfinished(self, request: SmtpRequest) -> SmtpExchange | None:
        """How far a session has come that cannot be waited for any longer."""
        return self._inner.unfinished(request)

    async def ask(self, question: Question) -> DnsExchange:
        return await self._inner.ask(question)

    async def fetch(self, request: HttpsRequest) -> HttpsExchange:
        return await self._inner.fetch(request)

    async def converse(self, request: SmtpRequest) -> SmtpExchange:
        return await self._inner.converse(request)


class Opening(Over):
    """`inner`, which is open already and stays so."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Whoever opened it closes it."""
