"""TLS over a stream that already speaks (STARTTLS, RFC 3207), as the server.

It uses memory BIOs rather than asyncio's `start_tls`: they behave alike on every Python, they leave us the
clear text before the ClientHello, and we can abandon a handshake at any octet.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import warnings
from collections.abc import Mapping
from pathlib import Path
from weakref import WeakKeyDictionary

from mailpath.lab.ca import Issued
from mailpath.lab.grammar import TlsLimits

CHUNK = 16384

_RETIRED = {"1.0", "1.1"}  # RFC 8996
_VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}


class TlsStream:
    """The server's end of a TLS session on top of asyncio streams."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        context: ssl.SSLContext,
        asked: WeakKeyDictionary[ssl.SSLObject | ssl.SSLSocket, str],
    ) -> None:
        self._asked = asked
        self._reader = reader
        self._writer = writer
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    @property
    def version(self) -> str:
        return self._tls.version() or ""

    @property
    def sni(self) -> str | None:
        """The server name in the ClientHello (RFC 6066 section 3)."""
        return self._asked.get(self._tls)

    async def handshake(self) -> None:
        """Raises `ssl.SSLError` (the alert is sent) or `ConnectionError`."""
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._flush()
                await self._fill()
                continue
            except ssl.SSLError:
                await self._flush()
                raise
            await self._flush()
            return

    async def read(self) -> bytes:
        """Some octets, b"" at the end of the session."""
        while True:
            try:
                return self._tls.read(CHUNK)
            except ssl.SSLWantReadError:
                await self._flush()
                if not await self._fill(eof_ok=True):
                    return b""
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""

    async def write(self, data: bytes) -> None:
        self._tls.write(data)
        await self._flush()

    async def close(self) -> None:
        """Sends close_notify (RFC 8446 section 6.1) and does not wait for the other one."""
        # WANT_READ: our close_notify is in the buffer; anything else: there is no session to close.
        with contextlib.suppress(ssl.SSLError):
            self._tls.unwrap()
        await self._flush()

    async def _flush(self) -> None:
        data = self._outgoing.read()
        if data:
            self._writer.write(data)
            await self._writer.drain()

    async def _fill(self, *, eof_ok: bool = False) -> bool:
        data = await self._reader.read(CHUNK)
        if data:
            self._incoming.write(data)
            return True
        self._incoming.write_eof()
        if not eof_ok:
            raise ConnectionResetError("closed during the TLS handshake")
        return False


class Selector:
    """Presents a certificate by SNI (RFC 6066 section 3).

    `default`: for no SNI, and for names not in `by_name`.  `required`: refuse a ClientHello without SNI;
    `reject_unknown`: refuse one with another name; both with the alert unrecognized_name.  `folder`: for key
    files.  Makes a context when it first needs it.
    """

    def __init__(
        self,
        folder: Path,
        default: Issued,
        by_name: Mapping[str, Issued],
        limits: TlsLimits,
        *,
        required: bool = False,
        reject_unknown: bool = False,
    ) -> None:
        self._folder = folder
        self._default = default
        self._by_name = {name.lower(): issued for name, issued in by_name.items()}
        self._limits = limits
        self._required = required
        self._reject_unknown = reject_unknown
        self._contexts: dict[int, ssl.SSLContext] = {}
        self._asked: WeakKeyDictionary[ssl.SSLObject | ssl.SSLSocket, str] = WeakKeyDictionary()
        if limits != TlsLimits():
            # Now, in the thread that builds the lab: making these contexts switches warnings off for all
            # threads.
            for issued in (default, *by_name.values()):
                self._context(issued)

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> TlsStream:
        """A TLS session on this connection, its handshake still to be done."""
        return TlsStream(reader, writer, self._context(self._default), self._asked)

    def _select(self, tls: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> int | None:
        if name is None:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME if self._required else None
        self._asked[tls] = name
        chosen = self._by_name.get(name.lower())
        if chosen is not None:
            tls.context = self._context(chosen)
        elif self._reject_unknown:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        return None

    def _context(self, issued: Issued) -> ssl.SSLContext:
        context = self._contexts.get(id(issued))
        if context is None:
            context = self._contexts[id(issued)] = self._make(issued)
        return context

    def _make(self, issued: Issued) -> ssl.SSLContext:
        limits = self._limits
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # Above level 0 OpenSSL 3 serves neither TLS 1.0 nor SHA-1 nor short keys, and the lab teaches all
        # three.
        context.set_ciphers(f"{limits.ciphers or 'DEFAULT'}:@SECLEVEL=0")
        # The ssl module loads certificates from files only; the lab's folder goes when the lab ends.
        for each in (issued, issued.second) if issued.second is not None else (issued,):
            file = self._folder / f"{each.leaf.serial_number:x}.pem"
            if not file.exists():
                file.touch(mode=0o600)
                file.write_bytes(each.pem())
            context.load_cert_chain(file)
        context.sni_callback = self._select
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # old versions are the lesson here
            if limits.min is not None or limits.max in _RETIRED:
                context.minimum_version = _VERSIONS[limits.min or "1.0"]
            if limits.max is not None:
                context.maximum_version = _VERSIONS[limits.max]
        return context
