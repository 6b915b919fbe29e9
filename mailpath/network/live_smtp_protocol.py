"""aiosmtplib's protocol as a transport that hides nothing: every byte with its time, our own reader.

aiosmtplib's reader joins what does not belong together and drops what came in clear text behind the reply to
STARTTLS, which is what we are looking for.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import cast

from aiosmtplib.protocol import SMTPProtocol

from mailpath.exchanges import Chunk
from mailpath.facts import Reply
from mailpath.network.received import apart
from mailpath.network.replies import MAX_DIALOGUE, ReplyReader, goes_on


class RecordingProtocol(SMTPProtocol):
    """aiosmtplib's protocol with a tap on both directions and a reader of ours on the received one."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.started = loop.time()
        self.transcript: list[Chunk] = []
        self.reader = ReplyReader()
        self.over_tls = False
        self.awaits_tls = False
        self.too_large = False
        self.lost = False
        self.error: BaseException | None = None
        self.lines = 0
        self._received = 0
        self._ready: Reply | None = None
        self._news: asyncio.Event = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        """Keep and read the bytes; the base class's own reply parser never sees them."""
        data = apart(data)
        room = MAX_DIALOGUE - self._received
        if len(data) > room:
            self.too_large = True
            data = data[:room]
            self.abort()
        self._received += len(data)
        if data:
            self._record(data, sent=False)
            self.reader.feed(data)
            self.lines += data.count(b"\n")
        if self.awaits_tls and self._ready is None:
            self._ready = self.reader.next()
            if self._ready is not None and goes_on(self._ready) and self.transport is not None:
                # What is on the socket from here on is for the TLS layer, whatever the loop does first.
                cast(asyncio.Transport, self.transport).pause_reading()
        self._news.set()

    def eof_received(self) -> bool:
        self.lost = True
        self._news.set()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self.error = self.error or exc
        self._news.set()
        super().connection_lost(exc)

    def write(self, data: bytes) -> None:
        super().write(data)
        self._record(data, sent=True)

    def abort(self) -> None:
        """Close at once; nothing is waited for."""
        if self.transport is not None:
            cast(asyncio.WriteTransport, self.transport).abort()

    def leave(self) -> None:
        """Close in as good an order as takes no waiting: TLS close_notify is sent, not awaited."""
        # A second close() makes the TLS transport of Python up to 3.11.2 forget what abort() needs.
        if self.transport is not None and not self.transport.is_closing():
            self.transport.close()
        self.abort()

    async def reply(self, line_came: Callable[[], None], hurry: Callable[[], None]) -> Reply | None:
        """The next reply; None when the connection ends or the byte limit comes first.

        `line_came` is called when a line of it has come, but not the last; `hurry`, once, when one has come
        that is none of a reply.
        """
        hurried, lines = False, self.lines
        while True:
            reply, self._ready = self._ready or self.reader.next(), None
            if reply is not None or self.lost or self.too_large:
                return reply
            if self.reader.hopeless and not hurried:
                hurried = True
                hurry()
            if self.lines > lines and not hurried:
                lines = self.lines
                line_came()
            self._news.clear()
            await self._news.wait()

    async def start_tls_as(self, context: ssl.SSLContext, sni: str | None, wait: float) -> ssl.SSLObject:
        """TLS on this connection; the replies are read afresh, from what comes inside it.

        Raises what the handshake raises; `ConnectionResetError` without a number when the connection
        ended in good order.  The caller waits `wait` seconds for it.
        """
        # A connection that is gone already would leave the handshake waiting for nobody.
        if self.lost or self.transport is None:
            raise self.error or ConnectionResetError()
        transport = await self._loop.start_tls(
            cast(asyncio.WriteTransport, self.transport),
            self,
            context,
            server_side=False,
            server_hostname=sni,
            # The loop's own limit of a minute must not come before the caller's.
            ssl_handshake_timeout=2 * wait,
        )
        if transport is None:
            raise ConnectionResetError()
        self.transport = transport
        self.over_tls = True
        self.reader = ReplyReader()
        return cast(ssl.SSLObject, transport.get_extra_info("ssl_object"))

    def elapsed_ms(self) -> float:
        return round((self._loop.time() - self.started) * 1000, 3)

    def _record(self, data: bytes, *, sent: bool) -> None:
        self.transcript.append(Chunk(sent=sent, data=data, at_ms=self.elapsed_ms(), tls=self.over_tls))
