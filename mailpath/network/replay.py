"""A network that plays a capture back: no sockets, no waiting, and nothing but what was recorded."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mailpath.exchanges import (
    DnsExchange,
    Exchange,
    Failure,
    HttpsExchange,
    HttpsRequest,
    Question,
    SmtpExchange,
    SmtpRequest,
)
from mailpath.network.capture import Capture
from mailpath.network.protocol import NetworkContext

_DETAIL = "The capture does not contain this exchange."


class Replay:
    """Answers from `capture`; what it does not hold fails as not recorded."""

    def __init__(self, capture: Capture) -> None:
        self._ground = msgspec.structs.replace(capture.ground, kind="capture")
        self._dns = {exchange.question: exchange for exchange in capture.dns}
        self._https = {exchange.request: exchange for exchange in capture.https}
        self._smtp = {exchange.request: exchange for exchange in capture.smtp}

    @property
    def ground(self) -> NetworkContext:
        return self._ground

    def borrow(self, exchanges: Sequence[Exchange]) -> bool:
        """Whether each of `exchanges` is a DNS answer that is played back: of others nothing is lent."""
        return all(
            isinstance(each, DnsExchange) and self._dns.get(each.question) is each for each in exchanges
        )

    async def ask(self, question: Question) -> DnsExchange:
        return self._dns.get(question) or DnsExchange(
            question=question, failure=Failure.NOT_RECORDED, detail=_DETAIL
        )

    async def fetch(self, request: HttpsRequest) -> HttpsExchange:
        return self._https.get(request) or HttpsExchange(
            request=request, failure=Failure.NOT_RECORDED, detail=_DETAIL
        )

    async def converse(self, request: SmtpRequest) -> SmtpExchange:
        return self._smtp.get(request) or SmtpExchange(
            request=request, failure=Failure.NOT_RECORDED, detail=_DETAIL
        )
