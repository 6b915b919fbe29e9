"""A network that plays a capture back: no sockets, no waiting, and nothing but what was recorded."""

from __future__ import annotations

import msgspec

from mailpath.exchanges import (
    DnsExchange,
    Failure,
    HttpsExchange,
    HttpsRequest,
    Question,
    SmtpExchange,
    SmtpRequest,
)
from mailpath.network.capture import Capture
from mailpath.network.protocol import Ground

_DETAIL = "The capture does not contain this exchange."


class Replay:
    """Answers from `capture`; what it does not hold fails as not recorded."""

    def __init__(self, capture: Capture) -> None:
        self._ground = msgspec.structs.replace(capture.ground, kind="capture")
        self._dns = {exchange.question: exchange for exchange in capture.dns}
        self._https = {exchange.request: exchange for exchange in capture.https}
        self._smtp = {exchange.request: exchange for exchange in capture.smtp}

    @property
    def ground(self) -> Ground:
        return self._ground

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
