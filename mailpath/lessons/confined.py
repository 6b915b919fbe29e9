"""A network that never leaves this machine: lessons are walked in a room without one.

A scenario of the lab can publish any address, a lesson's author any scenario.  What has no place in the lab's
dial table is not connected to, and is told.
"""

from __future__ import annotations

from mailpath.exchanges import (
    DnsExchange,
    Failure,
    HttpsExchange,
    HttpsRequest,
    Question,
    SmtpExchange,
    SmtpRequest,
    Stage,
)
from mailpath.network import endpoints
from mailpath.network.protocol import Network, NetworkContext

_WHY = "it is no address of the lab"


class Confined:
    """`inner`, which is a lab's network, for its own addresses only.  `strays`: what else was asked for."""

    def __init__(self, inner: Network) -> None:
        self._inner = inner
        self._there = frozenset(inner.ground.dialled)
        self.strays: list[str] = []

    @property
    def ground(self) -> NetworkContext:
        return self._inner.ground

    async def ask(self, question: Question) -> DnsExchange:
        return await self._inner.ask(question)  # of the lab's own resolver

    async def fetch(self, request: HttpsRequest) -> HttpsExchange:
        if self._is_stray(request.address, self.ground.https_port):
            return HttpsExchange(request=request, failure=Failure.NOT_TRIED, detail=_WHY)
        return await self._inner.fetch(request)

    async def converse(self, request: SmtpRequest) -> SmtpExchange:
        if self._is_stray(request.address, request.port):
            return SmtpExchange(
                request=request, failure=Failure.NOT_TRIED, failed_at=Stage.CONNECT, detail=_WHY
            )
        return await self._inner.converse(request)

    def _is_stray(self, address: str, port: int) -> bool:
        stray = endpoints.join(endpoints.address(address), port) not in self._there
        if stray:
            self.strays.append(address)
        return stray
