"""GET over HTTPS from an address of the caller's choosing (RFC 8461 section 3.3).

The names in the URL go into SNI and Host, the address comes from our own resolver.  The handshake
verifies nothing; the chain is kept and judged before a single byte of the request is sent, so that a
refused certificate is still there to be shown and nothing is fetched from its owner.  No redirects,
no proxies, no cookies, and bounds on time and size.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

import httpcore

from mailpath.exchanges import Failure, HttpsExchange, HttpsRequest
from mailpath.network.failures import failure_of
from mailpath.network.live_route import connect_failure
from mailpath.network.live_tls import policy_context, sent_chain
from mailpath.network.settings import Settings

#: RFC 8461 section 3.3: "a maximum response size limit (e.g. 64 kilobytes)", "timeout of one minute".
MAX_BODY = 64 * 1024
DEADLINE = 60.0
MAX_HEADERS = 100
MAX_FETCHES = 20

#: Chain (DER, leaf first) and host: None, or why the certificate is refused.
HostCheck = Callable[[tuple[bytes, ...], str], str | None]


class _Refused(Exception):
    """The certificate is not what it must be."""


class _Stream(httpcore.AsyncNetworkStream):
    """A TCP connection, then TLS on it.  Times out per wait; raises what sockets and TLS raise."""

    def __init__(self, sock: socket.socket, check: Callable[[tuple[bytes, ...]], str | None]) -> None:
        self._socket = sock
        self._check = check
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self.chain: tuple[bytes, ...] = ()
        self.tls_version = ""
        self.ended = False

    async def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> _Stream:
        async with asyncio.timeout(timeout):
            self._reader, self._writer = await asyncio.open_connection(
                sock=self._socket, ssl=ssl_context, server_hostname=server_hostname
            )
        tls = self._writer.get_extra_info("ssl_object")
        self.chain = sent_chain(tls)
        self.tls_version = tls.version() or ""
        refusal = self._check(self.chain)
        if refusal is not None:
            raise _Refused(refusal)
        return self

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._reader is None:
            raise RuntimeError("Nothing is read before TLS.")
        async with asyncio.timeout(timeout):
            data = await self._reader.read(max_bytes)
        self.ended = not data
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:
            return
        if self._writer is None:
            raise RuntimeError("Nothing is written before TLS.")
        try:
            async with asyncio.timeout(timeout):
                self._writer.write(buffer)
                await self._writer.drain()
        except ConnectionError as error:
            # httpcore then still reads what the server said before it closed.
            raise httpcore.WriteError(str(error)) from error

    async def aclose(self) -> None:
        self.close()

    def close(self) -> None:
        """Close at once: the response is complete, or of no further interest.  May be called twice."""
        if self._writer is not None and not self._writer.is_closing():
            self._writer.close()
            self._writer.transport.abort()
        self._socket.close()

    def get_extra_info(self, info: str) -> Any:
        if info == "ssl_object" and self._writer is not None:
            return self._writer.get_extra_info("ssl_object")
        return None


class _Backend(httpcore.AsyncNetworkBackend):
    """Connects to the one address of a fetch, whatever host the URL names."""

    def __init__(self, where: tuple[str, int], check: Callable[[tuple[bytes, ...]], str | None]) -> None:
        self._where = where
        self._check = check
        self.stream: _Stream | None = None
        self.stage = "the connection"

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> _Stream:
        family = socket.AF_INET6 if ":" in self._where[0] else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            async with asyncio.timeout(timeout):
                await asyncio.get_running_loop().sock_connect(sock, self._where)
        except BaseException:
            sock.close()
            raise
        self.stage = "the policy host's answer"
        self.stream = _Stream(sock, self._check)
        return self.stream


class LiveHttps:
    """Fetches, a bounded number at once.  `check` is asked before each request is sent."""

    def __init__(self, settings: Settings, check: HostCheck, *, deadline: float = DEADLINE) -> None:
        self._settings = settings
        self._check = check
        self._deadline = deadline
        self._limit = asyncio.Semaphore(MAX_FETCHES)

    async def fetch(self, request: HttpsRequest) -> HttpsExchange:
        """One GET; see `HttpsExchange`.  Only cancellation leaves by exception."""
        async with self._limit:
            return await self._fetch(request)

    async def _fetch(self, request: HttpsRequest) -> HttpsExchange:
        started = time.perf_counter()
        try:
            url = urlsplit(request.url)
            host, port = url.hostname or "", url.port or self._settings.https_port
        except ValueError:
            host, port = "", 0
        if not host or not request.url.startswith("https://") or not request.url.isascii():
            return HttpsExchange(request=request, failure=Failure.PROTOCOL, detail="This is no https URL.")
        where = self._settings.dialled(request.address, port)
        backend = _Backend(where, lambda chain: self._check(chain, host))
        failure: Failure | None = None
        detail = ""
        answer = _Answer()
        try:
            async with asyncio.timeout(self._deadline):
                await self._get(request.url, url.netloc, backend, answer)
        except _Refused as error:
            failure, detail = Failure.CERTIFICATE, str(error)
        except httpcore.RemoteProtocolError:
            ended = backend.stream is not None and backend.stream.ended
            failure, detail = (
                failure_of(None) if ended else (Failure.PROTOCOL, "What the server sent is no HTTP.")
            )
        except TimeoutError:
            failure, detail = Failure.TIMEOUT, f"Waited for {backend.stage}; it did not come in time."
        except (OSError, httpcore.WriteError, httpcore.LocalProtocolError, UnicodeError, ValueError) as error:
            failure, detail = _failure(error, where)
        finally:
            if backend.stream is not None:
                backend.stream.close()
        if answer.too_large:
            failure, detail = Failure.TOO_LARGE, f"The body is larger than {MAX_BODY // 1024} KiB."
        return HttpsExchange(
            request=request,
            status=answer.status,
            headers=answer.headers,
            body=bytes(answer.body),
            chain=backend.stream.chain if backend.stream else (),
            tls_version=backend.stream.tls_version if backend.stream else "",
            failure=failure,
            detail=detail,
            elapsed_ms=round((time.perf_counter() - started) * 1000, 3),
        )

    async def _get(self, url: str, netloc: str, backend: _Backend, answer: _Answer) -> None:
        wait = self._settings.wait
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), wait)
        headers = [
            ("Host", netloc),
            ("Accept", "text/plain"),
            ("User-Agent", "mailpath"),
            ("Connection", "close"),
        ]
        async with (
            httpcore.AsyncConnectionPool(ssl_context=policy_context(), network_backend=backend) as pool,
            pool.stream("GET", url, headers=headers, extensions={"timeout": timeouts}) as response,
        ):
            answer.status = response.status
            answer.headers = tuple(response.headers[:MAX_HEADERS])
            async for part in response.aiter_stream():
                answer.body += part
                if len(answer.body) > MAX_BODY:
                    del answer.body[MAX_BODY:]
                    answer.too_large = True
                    return


class _Answer:
    """What has come of the response so far: a fetch that fails midway keeps it."""

    def __init__(self) -> None:
        self.status: int | None = None
        self.headers: tuple[tuple[bytes, bytes], ...] = ()
        self.body = bytearray()
        self.too_large = False


def _failure(error: Exception, where: tuple[str, int]) -> tuple[Failure, str]:
    if isinstance(error, OSError):
        return connect_failure(error, *where)
    if isinstance(error, httpcore.WriteError):
        return failure_of(error.__cause__)
    return Failure.PROTOCOL, "This host name or URL cannot be asked for over HTTPS."
