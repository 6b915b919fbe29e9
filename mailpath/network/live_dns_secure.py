"""Questions over TLS (RFC 7858, with the name verified: RFC 8310 section 5) and HTTPS (RFC 8484)."""

from __future__ import annotations

import asyncio
import ssl

import httpx

from mailpath.network import dns_messages
from mailpath.network.dns_messages import NotDns, framed, read_message
from mailpath.network.endpoints import ResolverEndpoint

_MEDIA_TYPE = "application/dns-message"
_MAX_MESSAGE = 65535


class TlsTransport:
    """One connection for all questions, answers in any order (RFC 7766 section 6.2.1.1)."""

    def __init__(self, endpoint: ResolverEndpoint, context: ssl.SSLContext, timeout: float) -> None:
        self._endpoint = endpoint
        self._context = context
        self._timeout = timeout
        self._connecting = asyncio.Lock()
        self._connection: _Connection | None = None

    async def exchange(self, query: bytes, *, stream: bool = False) -> tuple[bytes, str]:
        async with asyncio.timeout(self._timeout):
            connection = await self._connected()
        try:
            async with asyncio.timeout(self._timeout):
                return await connection.exchange(query), "tls"
        except (ConnectionError, EOFError):
            if connection.answered == 0:
                raise
        # A server may close an idle connection at any time (RFC 7766 section 6.2.3): once more, afresh.
        async with asyncio.timeout(self._timeout):
            return await (await self._connected()).exchange(query), "tls"

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _connected(self) -> _Connection:
        async with self._connecting:
            if self._connection is not None and self._connection.ended is None:
                return self._connection
            await self.close()
            reader, writer = await asyncio.open_connection(
                self._endpoint.host,
                self._endpoint.port,
                ssl=self._context,
                server_hostname=self._endpoint.name,
            )
            self._connection = _Connection(reader, writer)
            return self._connection


class _Connection:
    """Questions under way on one stream, by message id."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._waiting: dict[int, tuple[bytes, asyncio.Future[bytes]]] = {}
        self.answered = 0
        self.ended: Exception | None = None
        self._task = asyncio.create_task(self._read())

    async def exchange(self, query: bytes) -> bytes:
        """The answer to `query`, which goes out under an id that is free here."""
        if self.ended is not None:
            raise self.ended
        message_id = int.from_bytes(query[:2], "big")
        while message_id in self._waiting:
            message_id = (message_id + 1) % 65536
        query = message_id.to_bytes(2, "big") + query[2:]
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[message_id] = query, answer
        try:
            self._writer.write(framed(query))
            return await answer
        finally:
            del self._waiting[message_id]

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _read(self) -> None:
        try:
            while True:
                response = await read_message(self._reader)
                query, answer = self._waiting.get(int.from_bytes(response[:2], "big"), (b"", None))
                if answer is not None and not answer.done() and dns_messages.answers(query, response):
                    self.answered += 1
                    answer.set_result(response)
        except (OSError, EOFError) as error:
            self.ended = error
        finally:
            for _, answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(self.ended or ConnectionResetError())
            self._writer.close()
            self._writer.transport.abort()


class HttpsTransport:
    """POST of one message per question; the host's address is looked up by the system."""

    def __init__(self, endpoint: ResolverEndpoint, context: ssl.SSLContext, timeout: float) -> None:
        self._url = endpoint.text
        self._timeout = timeout
        self._client = httpx.AsyncClient(
            verify=context,
            http2=True,  # unbound speaks nothing else
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(timeout),
        )

    async def exchange(self, query: bytes, *, stream: bool = False) -> tuple[bytes, str]:
        try:
            # Three waits, as everywhere: connection, handshake, answer.
            async with asyncio.timeout(3 * self._timeout):
                return await self._post(query), "https"
        except httpx.TimeoutException:
            raise TimeoutError from None
        except httpx.TransportError as error:
            raise _socket_error(error) from None
        except httpx.InvalidURL as error:
            raise ValueError(str(error)) from None

    async def close(self) -> None:
        await self._client.aclose()

    async def _post(self, query: bytes) -> bytes:
        headers = {"Content-Type": _MEDIA_TYPE, "Accept": _MEDIA_TYPE, "Accept-Encoding": "identity"}
        async with self._client.stream("POST", self._url, content=query, headers=headers) as response:
            if response.status_code != 200 or response.headers.get("Content-Type", "").lower() != _MEDIA_TYPE:
                raise NotDns
            body = bytearray()
            async for part in response.aiter_raw():
                body += part
                if len(body) > _MAX_MESSAGE:
                    raise NotDns
        if not dns_messages.answers(query, bytes(body)):
            raise NotDns
        return bytes(body)


def _socket_error(error: BaseException) -> OSError | NotDns:
    """The exception of socket or TLS that httpx wrapped, or that there was none: not HTTP at all."""
    cause: BaseException | None = error
    for _ in range(10):
        if cause is None:
            break
        if isinstance(cause, OSError):
            return cause
        cause = cause.__cause__ or cause.__context__
    return NotDns()
