"""Loopback servers for the tests of the live network: scripted SMTP, TLS by a throw-away CA, scripted DNS."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import trustme

from mailpath.exchanges import SmtpExchange, SmtpRequest
from mailpath.network.live_smtp import LiveSmtp
from mailpath.network.settings import Settings

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[object]]

PUBLISHED = "192.0.2.10"
#: For servers that keep silent: everybody else gets more time than a busy machine needs.
HASTY: dict[str, Any] = {"timeout": 0.3, "greeting_timeout": 0.3}


@contextlib.asynccontextmanager
async def serving(handler: Handler, **options) -> AsyncIterator[int]:
    """A TCP server on 127.0.0.1, or on the socket `sock`; yields its port.  Nothing of it is left behind."""
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with contextlib.suppress(
            ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, asyncio.CancelledError
        ):
            try:
                await handler(reader, writer)
            finally:
                writer.close()
                writer.transport.abort()

    place: dict[str, Any] = {} if "sock" in options else {"host": "127.0.0.1", "port": 0}
    server = await asyncio.start_server(handle, **place, **options)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)


def server_context(ca: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*(names or ("mx.b.example",))).configure_cert(context)
    return context


class Smtp:
    """A script of bytes: what to say, what to wait for, when to go over to TLS."""

    def __init__(self, *steps) -> None:
        self.steps = steps
        self.heard: list[bytes] = []
        self.sni: list[str | None] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for step in self.steps:
            if isinstance(step, bytes):
                writer.write(step)
                await writer.drain()
            elif isinstance(step, ssl.SSLContext):
                step.sni_callback = lambda _, name, __: self.sni.append(name)
                await start_tls(reader, writer, step)
            elif step == "line":
                line = await reader.readline()
                if not line:
                    return
                self.heard.append(line)
            elif step == "hang":
                await asyncio.Event().wait()
            elif step == "reset":
                sock = writer.get_extra_info("socket")
                sock.setsockopt(1, 13, b"\x01\x00\x00\x00\x00\x00\x00\x00")  # SO_LINGER 0: close sends RST
                writer.transport.abort()
                return
            elif isinstance(step, float):
                await asyncio.sleep(step)
        # Read on until the client is gone: a close with unread input would be a reset.
        while line := await reader.readline():
            self.heard.append(line)


async def start_tls(reader, writer, context) -> None:
    """Server-side TLS on a stream pair, the same on Python 3.11 to 3.13."""
    loop = asyncio.get_running_loop()
    protocol = writer.transport.get_protocol()
    transport = await loop.start_tls(writer.transport, protocol, context, server_side=True)
    writer._transport = transport
    reader._transport = transport
    protocol._transport = transport
    protocol._over_ssl = True


@contextlib.asynccontextmanager
async def blocking_tls(context: ssl.SSLContext) -> AsyncIterator[int]:
    """One connection served by a thread: OpenSSL itself sends its alerts, asyncio does not."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(5)

    def serve() -> None:
        with listener, listener.accept()[0] as sock, contextlib.suppress(OSError):
            sock.settimeout(5)
            for reply in (GREETING, EHLO, READY):
                sock.sendall(reply)
                if reply is not READY:
                    sock.recv(1000)
            with context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False) as tls:
                try:
                    tls.do_handshake()
                except ssl.SSLError:
                    # A close with unread input would be a reset, which may overtake the alert.
                    while socket.socket.recv(tls, 1000):
                        pass
                    raise
                tls.recv(1000)
                tls.sendall(EHLO_TLS)
                while tls.recv(1000):
                    tls.sendall(BYE)

    thread = asyncio.create_task(asyncio.to_thread(serve))
    try:
        yield listener.getsockname()[1]
    finally:
        await thread


async def tls_session(context: ssl.SSLContext, request: dict[str, Any] | None = None) -> SmtpExchange:
    """A session with a server whose TLS is OpenSSL's own."""
    async with asyncio.timeout(10), blocking_tls(context) as port:
        smtp = LiveSmtp(settings(port, timeout=5), "probe.example")
        return await smtp.converse(SmtpRequest(address=PUBLISHED, **(request or {})))


GREETING = b"220 mx.b.example ESMTP\r\n"
EHLO = b"250-mx.b.example\r\n250-SIZE 1000\r\n250 STARTTLS\r\n"
EHLO_TLS = b"250-mx.b.example\r\n250 REQUIRETLS\r\n"
READY = b"220 go ahead\r\n"
BYE = b"221 bye\r\n"


def settings(port: int, **options) -> Settings:
    options = {"timeout": 5.0, "greeting_timeout": 5.0, **options}
    return Settings(dial={f"{PUBLISHED}:25": f"127.0.0.1:{port}"}, **options)


async def session(
    *steps, sni: str | None = None, request: dict[str, Any] | None = None, **options
) -> SmtpExchange:
    """One session of ours with a server that follows the script."""
    script = steps[0] if isinstance(steps[0], Smtp) else Smtp(*steps)
    async with asyncio.timeout(15), serving(script) as port:
        smtp = LiveSmtp(settings(port, **options), "probe.example")
        exchange = await smtp.converse(SmtpRequest(address=PUBLISHED, sni=sni, **(request or {})))
        await asyncio.sleep(0)
    return exchange
