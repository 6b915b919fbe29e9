"""MTA-STS policy hosts (RFC 8461 section 3.3): HTTPS over real TLS, one file, and the scenario's faults."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from mailpath.lab.grammar import Sts
from mailpath.lab.seen import Log
from mailpath.lab.smtp import HANG
from mailpath.lab.tls import Selector, TlsStream

WAIT = 30.0
MAX_REQUEST = 16384
PATH = "/.well-known/mta-sts.txt"
_MAX_AGE = re.compile(r"^(max_age:[ \t]*)(\d{1,10})(?=[ \t]*\r?$)", re.MULTILINE)


def write_policy(sts: Sts, mx: tuple[str, ...], paced: Callable[[int], int] = int) -> str:
    """The policy text (RFC 8461 section 3.2); `mx`: patterns as absolute names; `paced`: for max_age."""
    if sts.body is not None:
        return _MAX_AGE.sub(lambda said: f"{said[1]}{paced(int(said[2]))}", sts.body)
    lines = [
        "version: STSv1",
        f"mode: {sts.mode}",
        *(f"mx: {pattern}" for pattern in mx),
        f"max_age: {paced(sts.max_age)}",
    ]
    return "".join(line + sts.eol for line in lines)


@dataclass
class PolicyHost:
    """The web server of one policy; `host`: its name, `body`: the policy, `log`: the lab's."""

    sts: Sts
    host: str
    address: str
    body: bytes
    tls: Selector
    log: Log

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers one request; the caller then closes the connection."""
        stream = self.tls.accept(reader, writer)
        with self.log.session(self.host, self.address) as seen:
            try:
                async with asyncio.timeout(WAIT):
                    await stream.handshake()
                    seen.sni, seen.tls_version = stream.sni or "", stream.version
                    request = await self._read_request(stream)
                seen.hear(request)
                await self._respond(stream, request)
            except (TimeoutError, ConnectionError, ssl.SSLError):
                # A client that refuses the certificate ends up here; the log then has no request.
                return

    @staticmethod
    async def _read_request(stream: TlsStream) -> str:
        """The request line."""
        head = b""
        while b"\r\n\r\n" not in head:
            data = await stream.read()
            if not data or len(head) > MAX_REQUEST:
                raise ConnectionResetError("no HTTP request")
            head += data
        return head.split(b"\r\n", 1)[0].decode("ascii", "backslashreplace")

    async def _respond(self, stream: TlsStream, request: str) -> None:
        sts = self.sts
        if sts.listen == "hang":
            await asyncio.sleep(HANG)
        if sts.delay:
            await asyncio.sleep(sts.delay)
        status, body, ctype = sts.status, self.body, sts.ctype
        if request.split(" ")[:2] != ["GET", PATH]:
            status, body, ctype = 404, b"not here\n", "text/plain"
        phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Unknown"
        head = [f"HTTP/1.1 {status} {phrase}", "Connection: close"]
        if ctype:
            head.append(f"Content-Type: {ctype}")
        if not sts.no_length:
            head.append(f"Content-Length: {len(body)}")
        if sts.redirect:
            head.append(f"Location: {sts.redirect}")
        await stream.write(("\r\n".join(head) + "\r\n\r\n").encode())
        if sts.stall:
            await stream.write(body[: len(body) // 2])
            await asyncio.sleep(HANG)
        await stream.write(body)
        await stream.close()
