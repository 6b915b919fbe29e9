"""GET over HTTPS from an address of the caller's choosing (RFC 8461 section 3.3).

The names in the URL go into SNI and Host, the address comes from our own resolver.  The handshake
verifies nothing; the chain is kept and judged before a single byte of the request is sent, so that a
refused certificate is still there to be shown and nothing is fetched from its owner.  No redirects,
no proxies, no cookies, and bounds on time, size and interim responses.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

import h11

from mailpath.exchanges import Failure, HttpsExchange, HttpsRequest
from mailpath.network.failures import failure_of
from mailpath.network.live_route import connect_failure
from mailpath.network.live_tls import policy_context, sent_chain
from mailpath.network.settings import Settings

#: RFC 8461 section 3.3: "a maximum response size limit (e.g. 64 kilobytes)", "timeout of one minute".
MAX_BODY = 64 * 1024
DEADLINE = 60.0
MAX_HEAD = 64 * 1024
MAX_HEADERS = 100
#: RFC 9110 section 15.2 sets no limit to interim responses (1xx); a GET without Expect has no use for one.
MAX_INTERIM = 4
MAX_FETCHES = 20
_CHUNK = 64 * 1024

#: Chain (DER, leaf first) and host: None, or why the certificate is refused.
HostCheck = Callable[[tuple[bytes, ...], str], str | None]


class _Ended(Exception):
    """The fetch cannot go on: what failed, and a sentence."""

    def __init__(self, failure: Failure, detail: str) -> None:
        super().__init__(detail)
        self.failure = failure
        self.detail = detail


class _Get:
    """One GET, and what has come of it so far: a fetch that fails midway keeps it."""

    def __init__(self, url: SplitResult, wait: float) -> None:
        self._url = url
        self._wait = wait
        self._ended = False  # by the other end
        self.awaits = "the connection"
        self.chain: tuple[bytes, ...] = ()
        self.tls_version = ""
        self.status: int | None = None
        self.headers: tuple[tuple[bytes, bytes], ...] = ()
        self.body = bytearray()

    async def hold(self, where: tuple[str, int], check: HostCheck) -> None:
        """Connect to `where` and fetch.  Raises `_Ended`, and what sockets and TLS raise."""
        sock = await self._connected(where)
        self.awaits = "the policy host's answer"
        host = self._url.hostname or ""
        try:
            async with asyncio.timeout(self._wait):
                reader, writer = await asyncio.open_connection(
                    sock=sock, ssl=policy_context(), server_hostname=host
                )
        except BaseException:
            sock.close()
            raise
        try:
            tls = writer.get_extra_info("ssl_object")
            self.chain, self.tls_version = sent_chain(tls), tls.version() or ""
            refusal = check(self.chain, host)
            if refusal is not None:
                raise _Ended(Failure.CERTIFICATE, refusal)
            await self._talk(reader, writer)
        finally:
            # At once: the response is complete, or of no further interest.
            writer.close()
            writer.transport.abort()

    async def _connected(self, where: tuple[str, int]) -> socket.socket:
        family = socket.AF_INET6 if ":" in where[0] else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            async with asyncio.timeout(self._wait):
                await asyncio.get_running_loop().sock_connect(sock, where)
        except BaseException:
            sock.close()
            raise
        return sock

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        http = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)
        headers = [
            ("Host", self._url.netloc),
            ("Accept", "text/plain"),
            ("User-Agent", "mailpath"),
            ("Connection", "close"),
        ]
        target = f"{self._url.path or '/'}{f'?{self._url.query}' if self._url.query else ''}"
        request = h11.Request(method="GET", target=target, headers=headers)
        try:
            async with asyncio.timeout(self._wait):
                writer.write((http.send(request) or b"") + (http.send(h11.EndOfMessage()) or b""))
                await writer.drain()
        except ConnectionError:
            self._ended = True  # what the server said before it closed is read all the same
        try:
            await self._read(http, reader)
        except h11.RemoteProtocolError:
            if self._ended:
                raise _Ended(*failure_of(None)) from None
            raise _Ended(Failure.PROTOCOL, "What the server sent is not HTTP.") from None

    async def _read(self, http: h11.Connection, reader: asyncio.StreamReader) -> None:
        interim = 0
        while True:
            match http.next_event():
                case h11.NEED_DATA:
                    async with asyncio.timeout(self._wait):
                        data = await reader.read(_CHUNK)
                    self._ended = not data
                    http.receive_data(data)
                case h11.InformationalResponse():
                    interim += 1
                    if interim > MAX_INTERIM:
                        why = f"The server sent more than {MAX_INTERIM} interim responses (HTTP 1xx)."
                        raise _Ended(Failure.PROTOCOL, why)
                case h11.Response() as response:
                    self.status = response.status_code
                    self.headers = tuple(response.headers.raw_items()[:MAX_HEADERS])
                case h11.Data() as part:
                    self.body += part.data
                    if len(self.body) > MAX_BODY:
                        del self.body[MAX_BODY:]
                        raise _Ended(Failure.TOO_LARGE, f"The body is larger than {MAX_BODY // 1024} KiB.")
                case h11.EndOfMessage():
                    return
                case _:  # the connection is closed, or paused for what we do not do
                    raise _Ended(*failure_of(None))


class LiveHttps:
    """Fetches, a bounded number at once.  `check` is asked before each request is sent.

    `deadline`: seconds for one URL, from whatever addresses it is fetched.
    """

    def __init__(self, settings: Settings, check: HostCheck, *, deadline: float = DEADLINE) -> None:
        self._settings = settings
        self._check = check
        self._deadline = deadline
        self._until: dict[str, float] = {}
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
            return HttpsExchange(
                request=request, failure=Failure.PROTOCOL, detail="This is not an https URL."
            )
        get = _Get(url, self._settings.wait)
        failure, limit, detail = await self._ending(get, request, port)
        return HttpsExchange(
            request=request,
            status=get.status,
            headers=get.headers,
            body=bytes(get.body),
            chain=get.chain,
            tls_version=get.tls_version,
            failure=failure,
            limit=limit,
            detail=detail,
            elapsed_ms=round((time.perf_counter() - started) * 1000, 3),
        )

    async def _ending(
        self, get: _Get, request: HttpsRequest, port: int
    ) -> tuple[Failure | None, float | None, str]:
        """Hold `get`; what ended it early, after how many seconds where that was a wait of ours, and why."""
        now = asyncio.get_running_loop().time()
        until = self._until.setdefault(request.url, now + self._deadline)
        if now >= until:
            why = f"Other addresses used up the {self._deadline:g} s that a policy fetch may take."
            return Failure.TIMEOUT, self._deadline, why
        where = self._settings.dialled(request.address, port)
        whole = asyncio.timeout_at(until)
        try:
            async with whole:
                await get.hold(where, self._check)
        except _Ended as error:
            return error.failure, None, error.detail
        except OSError as error:
            if whole.expired():
                why = f"The policy was not complete within {self._deadline:g} s."
                return Failure.TIMEOUT, self._deadline, why
            if isinstance(error, TimeoutError) and error.errno is None:  # else the kernel's patience ended
                why = f"Waited {self._settings.wait:g} s for {get.awaits}."
                return Failure.TIMEOUT, self._settings.wait, why
            failure, detail = connect_failure(error, *where)
            return failure, None, detail
        except (h11.LocalProtocolError, UnicodeError, ValueError):
            why = "This host name or URL cannot be fetched over HTTPS."
            return Failure.PROTOCOL, None, why
        return None, None, ""
