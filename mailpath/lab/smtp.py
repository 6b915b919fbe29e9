"""Receiving mail servers (RFC 5321, RFC 3207): some work, others break as their scenario says.

One scripted server plays them all, because most of what goes wrong on port 25 goes wrong below the commands:
a connection closed at the ClientHello, junk after the 220, clear text injected before TLS, a greeting that
never comes.  It accepts mail and discards it.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass

from mailpath.lab.grammar import RAW, Server
from mailpath.lab.seen import Log, Seen
from mailpath.lab.tls import CHUNK, Selector, TlsStream

WAIT = 60.0  # seconds of silence after which a session ends
MAX_COMMANDS = 200  # of one session
MAX_LINE = 4096
MAX_DATA = 1 << 20
HANG = 3600.0


#: Replies that do not depend on the scenario.
_REPLIES = {"RSET": "250 2.0.0 ok", "NOOP": "250 2.0.0 ok", "VRFY": "252 2.0.0 try it"}


class _Clear:
    """The connection before STARTTLS."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self) -> bytes:
        return await self._reader.read(CHUNK)

    async def write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()


class End(Exception):
    """The session is over."""


@dataclass
class MailServer:
    """One `Server` of a scenario at one address; `host` is its absolute name, `log` the lab's."""

    server: Server
    host: str
    address: str
    tls: Selector
    log: Log
    greylisted: bool = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Holds one session; the caller then closes the connection."""
        with self.log.session(self.host, self.address) as seen:
            try:
                await _Session(self, reader, writer, seen).run()
            except (End, ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
                # However a session ends, it ends this connection only; the log shows how far it came.
                return


class _Session:
    def __init__(
        self, owner: MailServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, log: Seen
    ) -> None:
        self._owner = owner
        self._script = owner.server
        self._reader = reader
        self._writer = writer
        self._stream: _Clear | TlsStream = _Clear(reader, writer)
        self._secured: TlsStream | None = None
        self._buffer = b""
        self.log = log

    async def run(self) -> None:
        await self._greet()
        for _ in range(MAX_COMMANDS):
            line = await self._read_line()
            self.log.hear(line.decode("utf-8", "backslashreplace"))
            words = line.split(None, 1)
            verb = words[0].upper().decode("ascii", "replace") if words else ""
            await self._pause("EHLO-TLS" if verb == "EHLO" and self._secured is not None else verb)
            await self._answer(verb)
        await self._say("421 4.7.0 too many commands")

    async def _greet(self) -> None:
        script = self._script
        if script.banner_delay:
            await asyncio.sleep(script.banner_delay)
        await self._pause("GREETING")
        await self._say(script.banner or f"220 {self._owner.host} ESMTP")

    @property
    def _name(self) -> str:
        return self._script.name or self._owner.host

    async def _pause(self, point: str) -> None:
        seconds = next((wait for at, wait in self._script.pause.items() if at == point), 0.0)
        if seconds:
            await asyncio.sleep(seconds)

    async def _answer(self, verb: str) -> None:
        match verb:
            case "EHLO":
                await self._ehlo()
            case "HELO":
                await self._say(self._script.helo or f"250 {self._name}")
            case "STARTTLS":
                await self._starttls()
            case "MAIL":
                await self._mail()
            case "RCPT":
                await self._rcpt()
            case "DATA":
                await self._data()
            case "QUIT":
                await self._say("221 2.0.0 bye")
                if self._secured is not None:
                    await self._secured.close()
                raise End
            case _:
                await self._say(_REPLIES.get(verb, "500 5.5.2 command not recognized"))

    async def _ehlo(self) -> None:
        script = self._script
        if self._secured is not None and script.after_tls != "ok":
            if script.after_tls == "close-ehlo":
                raise End
            if script.after_tls != "close-mail":
                await self._say(script.after_tls)
                return
        if script.ehlo_reply:
            await self._say(script.ehlo_reply)
            return
        inside = self._secured is not None and script.ehlo_tls is not None
        keywords = [self._name, *((script.ehlo_tls or ()) if inside else script.ehlo)]
        if self._secured is None and script.starttls != "absent":
            keywords.append("STARTTLS")
        if self._secured is not None and script.requiretls:
            keywords.append("REQUIRETLS")
        lines = [f"250-{keyword}" for keyword in keywords[:-1]] + [f"250 {keywords[-1]}"]
        await self._say("\r\n".join(lines))

    async def _starttls(self) -> None:
        script = self._script
        if self._secured is not None or script.starttls == "absent":
            await self._say("503 5.5.1 STARTTLS not available")
            return
        if script.starttls == "drop":
            raise End
        if script.starttls == "silent":
            await asyncio.sleep(HANG)
        ready = "220 2.0.0 ready to start TLS"
        if script.starttls not in {"ok", "garbage", "abort", "hang"}:
            if not script.starttls.startswith("220"):
                await self._say(script.starttls)
                return
            ready = script.starttls
        await self._stream.write(f"{ready}\r\n{script.inject}".encode())
        match script.starttls:
            case "garbage":
                await self._read_some()
                await self._stream.write(b"this is not TLS\r\n" * 4)
                raise End
            case "abort":
                await self._read_some()
                raise End
            case "hang":
                await asyncio.sleep(HANG)
        await self._secure()

    async def _secure(self) -> None:
        stream = self._owner.tls.accept(self._reader, self._writer)
        try:
            async with asyncio.timeout(WAIT):
                await stream.handshake()
        except TimeoutError as error:
            raise End from error
        # RFC 3207 section 4.2: forget what the client said in the clear.
        self._buffer = b""
        self._stream = self._secured = stream
        self.log.sni = stream.sni or ""
        self.log.tls_version = stream.version
        if self._script.after_tls == "close":
            raise End

    async def _mail(self) -> None:
        script = self._script
        if self._secured is not None and script.after_tls == "close-mail":
            raise End
        if script.require_tls and self._secured is None:
            await self._say("530 5.7.0 Must issue a STARTTLS command first")
            return
        await self._say(script.mail or "250 2.1.0 ok")

    async def _rcpt(self) -> None:
        if self._script.greylist and not self._owner.greylisted:
            self._owner.greylisted = True
            await self._say("451 4.7.1 greylisted, come back later")
            return
        await self._say(self._script.rcpt or "250 2.1.5 ok")

    async def _data(self) -> None:
        if self._script.data:
            await self._say(self._script.data)
            return
        await self._say("354 end data with <CR><LF>.<CR><LF>")
        received = 0
        while received < MAX_DATA:
            line = await self._read_line()
            received += len(line) + 2
            if line == b".":
                if not self._script.dot.startswith(("4", "5")):
                    self.log.delivered += 1
                await self._say(self._script.dot or "250 2.0.0 accepted and discarded")
                return
        await self._say("552 5.3.4 message too big")
        raise End

    # --- lines -------------------------------------------------------------------------------------

    async def _say(self, reply: str) -> None:
        if reply == "close":
            raise End
        if reply == "silent":
            await asyncio.sleep(HANG)
        whole = reply.removeprefix(RAW) if reply.startswith(RAW) else f"{reply}\r\n"
        for line in whole.splitlines(keepends=True) if self._script.drip else ():
            await self._stream.write(line.encode())
            await asyncio.sleep(self._script.drip)
        if not self._script.drip:
            await self._stream.write(whole.encode())

    async def _read_line(self) -> bytes:
        while b"\n" not in self._buffer:
            if len(self._buffer) > MAX_LINE:
                await self._say("500 5.5.6 line too long")
                raise End
            self._buffer += await self._read_some()
        line, self._buffer = self._buffer.split(b"\n", 1)
        return line.removesuffix(b"\r")

    async def _read_some(self) -> bytes:
        try:
            async with asyncio.timeout(WAIT):
                data = await self._stream.read()
        except TimeoutError as error:
            raise End from error
        if not data:
            raise End
        return data
