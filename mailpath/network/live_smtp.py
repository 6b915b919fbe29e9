"""One SMTP session as a polite, sceptical sender holds it (RFC 5321, RFC 3207).

Greeting, EHLO, STARTTLS, TLS, EHLO, perhaps MAIL FROM and RCPT TO, QUIT; never DATA.

Once a connection is accepted, a server may take its time (RFC 5321 section 4.5.3.2: minutes): each wait is
for one line, and starts anew with every line that comes.  What ends a server that never stops is the byte
limit here and the deadline of the walk.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from weakref import WeakValueDictionary

from aiosmtplib.errors import SMTPServerDisconnected

from mailpath.exchanges import (
    Failure,
    SmtpExchange,
    SmtpRequest,
    Stage,
    TlsSession,
)
from mailpath.facts import Reply
from mailpath.names import is_mailbox
from mailpath.network.failures import failure_of
from mailpath.network.live_route import connect_failure
from mailpath.network.live_smtp_protocol import RecordingProtocol
from mailpath.network.live_tls import sent_chain, smtp_context
from mailpath.network.replies import MAX_DIALOGUE, ehlo_keywords, goes_on, offers
from mailpath.network.settings import Settings
from mailpath.network.waits import Wait, Waits

#: Seconds.  A server that says nothing to QUIT has been told, and no fact hangs on its answer.
QUIT_WAIT = 2.0
#: What is no reply may have one behind it, which some senders take: then it comes at once, or never.
JUNK_WAIT = 1.0
#: At once, all together and per address: busy servers refuse more with 421 or a closed door.
MAX_SESSIONS = 20
MAX_SESSIONS_PER_ADDRESS = 3
#: So many of them wait for the reply to QUIT, though no fact hangs on it; one more beside them does not.
_UNHURRIED = 2


class _Ended(Exception):
    """The session cannot go on: what failed and where."""

    def __init__(self, failure: Failure, stage: Stage, detail: str, *, limit: float | None = None) -> None:
        super().__init__(detail)
        self.failure = failure
        self.stage = stage
        self.detail = detail
        self.limit = limit


class SmtpSession:
    """Drives one session; `run` returns its record."""

    def __init__(self, request: SmtpRequest, settings: Settings, ehlo: str, waits: Waits) -> None:
        if request.envelope is not None:
            for mailbox in (request.envelope.mail_from, request.envelope.rcpt_to):
                if mailbox and not is_mailbox(mailbox):
                    raise ValueError("The envelope contains an address that is not a mailbox.")
        self._request = request
        self._settings = settings
        self._ehlo = ehlo.encode("ascii")
        self._waits = waits
        self._tls: TlsSession | None = None
        self._injected = b""
        self._awaiting: tuple[Stage, Wait, str] | None = None
        #: Whether it is closed as soon as all is read: QUIT is sent, and its reply not waited for.
        self.hurries = False

    async def run(self) -> SmtpExchange:
        """Hold the session.  Failures are in the record; only cancellation leaves by exception."""
        self._protocol = protocol = RecordingProtocol(asyncio.get_running_loop())
        ended: _Ended | None = None
        try:
            await self._connect()
            await self._converse()
        except _Ended as error:
            ended = error
        finally:
            # Also on cancellation: the socket goes at once, and nothing is left behind for the loop.
            protocol.leave()
        return self._record(ended)

    def so_far(self) -> SmtpExchange | None:
        """How it stands in a wait for the server; None before the first.

        That a server did not say goodbye yet takes nothing from it.
        """
        if self._awaiting is None:
            return None
        stage, wait, awaited = self._awaiting
        limit = round(wait.lasted, 1)
        ended = _Ended(Failure.TIMEOUT, stage, f"Waited {limit:g} s for {awaited}", limit=limit)
        return self._record(None if stage is Stage.QUIT else ended)

    def _record(self, ended: _Ended | None) -> SmtpExchange:
        protocol = self._protocol
        return SmtpExchange(
            request=self._request,
            transcript=tuple(protocol.transcript),
            tls=self._tls,
            injected=self._injected,
            failure=ended.failure if ended else None,
            failed_at=ended.stage if ended else None,
            limit=ended.limit if ended else None,
            detail=ended.detail if ended else "",
            elapsed_ms=protocol.elapsed_ms(),
        )

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        host, port = self._settings.dialled(self._request.address, self._request.port)
        try:
            async with asyncio.timeout(self._settings.wait):
                await loop.create_connection(lambda: self._protocol, host, port)
        except TimeoutError:
            # No limit is named: what never answers at all is dead to any sender.
            detail = f"Waited {self._settings.wait:g} s for the connection."
            raise _Ended(Failure.TIMEOUT, Stage.CONNECT, detail) from None
        except OSError as error:
            failure, detail = connect_failure(error, host, port)
            raise _Ended(failure, Stage.CONNECT, detail) from None

    async def _converse(self) -> None:
        greeting = await self._reply(Stage.GREETING, self._settings.greeting_timeout, "the greeting")
        if goes_on(greeting) and await self._hello() and await self._go_secret():
            await self._try_envelope()
        await self._quit()

    async def _hello(self) -> bool:
        """EHLO, then HELO where it was refused (RFC 5321 section 3.2).  False: go no further.

        After a 421 too, as Exim does; a sender that gives up there finds the 421 in the transcript.
        """
        reply = await self._command(Stage.EHLO, b"EHLO " + self._ehlo)
        self._keywords = ehlo_keywords(reply)
        if not goes_on(reply):
            reply = await self._command(Stage.EHLO, b"HELO " + self._ehlo)
        return goes_on(reply)

    async def _go_secret(self) -> bool:
        """STARTTLS where it is offered.  False: it was refused, or the server wants no more inside TLS."""
        if "STARTTLS" not in self._keywords:
            return True
        # Set before the command is sent: the reply and what hides behind it come in one segment.
        self._protocol.awaits_tls = True
        reply = await self._command(Stage.STARTTLS, b"STARTTLS")
        self._protocol.awaits_tls = False
        if not goes_on(reply):
            # A sender that goes on in the clear finds out whether it can: some servers are gone by now.
            await self._command(Stage.ENVELOPE, b"NOOP")
            return False
        self._injected = self._protocol.reader.rest
        await self._handshake()
        reply = await self._command(Stage.EHLO_TLS, b"EHLO " + self._ehlo)
        self._keywords = ehlo_keywords(reply)
        if not goes_on(reply):
            reply = await self._command(Stage.EHLO_TLS, b"HELO " + self._ehlo)
        return goes_on(reply)

    async def _handshake(self) -> None:
        wait = self._settings.reply_wait
        awaited = "the TLS handshake"
        try:
            with self._waits.during(self._request, awaited, wait) as shown:
                self._awaiting = Stage.HANDSHAKE, shown, awaited
                async with asyncio.timeout(wait):
                    tls = await self._protocol.start_tls_as(
                        smtp_context(self._request.profile), self._request.sni, wait
                    )
        except TimeoutError:
            raise self._timed_out(Stage.HANDSHAKE, wait, awaited) from None
        except OSError as error:
            failure, detail = failure_of(error)
            raise _Ended(failure, Stage.HANDSHAKE, detail) from None
        except ValueError:  # UnicodeError too: a label longer than 63, an empty label
            raise _Ended(Failure.TLS, Stage.HANDSHAKE, "The MX host's name cannot be sent as SNI.") from None
        cipher, _, bits = tls.cipher() or ("", "", 0)
        self._tls = TlsSession(version=tls.version() or "", cipher=cipher, bits=bits, chain=sent_chain(tls))

    async def _try_envelope(self) -> None:
        """MAIL FROM and RCPT TO, taken back by RSET: would this mail be taken?"""
        envelope = self._request.envelope
        if envelope is None:
            return
        mail = f"MAIL FROM:<{envelope.mail_from}>"
        if envelope.smtputf8:
            if not offers(self._keywords, "SMTPUTF8"):
                return  # RFC 6531 section 3.2: such an address is sent to no server that does not offer it
            mail += " SMTPUTF8"
        reply = await self._command(Stage.ENVELOPE, mail.encode())
        if goes_on(reply):
            await self._command(Stage.ENVELOPE, f"RCPT TO:<{envelope.rcpt_to}>".encode())
            await self._command(Stage.ENVELOPE, b"RSET")

    async def _quit(self) -> None:
        """QUIT, and a short wait for its 221; a server that is gone already has lost nothing by it."""
        if self.hurries:
            with suppress(SMTPServerDisconnected):
                self._protocol.write(b"QUIT\r\n")
            return
        try:
            await self._command(Stage.QUIT, b"QUIT", min(self._settings.wait, QUIT_WAIT))
        except _Ended:
            if self._protocol.too_large:
                raise

    async def _command(self, stage: Stage, line: bytes, wait: float | None = None) -> Reply:
        try:
            self._protocol.write(line + b"\r\n")
        except SMTPServerDisconnected:
            raise self._lost(stage) from None
        awaited = _awaited(line, tls=self._tls is not None)
        return await self._reply(stage, self._settings.reply_wait if wait is None else wait, awaited)

    async def _reply(self, stage: Stage, wait: float, awaited: str) -> Reply:
        """The reply to what was sent, each line of it within `wait` seconds.  Raises `_Ended`."""
        protocol = self._protocol
        loop = asyncio.get_running_loop()
        try:
            with self._waits.during(self._request, awaited, wait) as shown:
                self._awaiting = stage, shown, awaited
                async with asyncio.timeout(wait) as deadline:

                    def line_came() -> None:
                        deadline.reschedule(loop.time() + wait)
                        shown.again()

                    def hurry() -> None:
                        latest = loop.time() + JUNK_WAIT
                        deadline.reschedule(min(deadline.when() or latest, latest))

                    reply = await protocol.reply(line_came, hurry)
        except TimeoutError:
            if protocol.reader.hopeless:
                raise _Ended(Failure.PROTOCOL, stage, "What the server sent is not an SMTP reply.") from None
            rest = f"the rest of {awaited}" if protocol.reader.partial else awaited
            raise self._timed_out(stage, wait, rest) from None
        if reply is None:
            raise self._lost(stage)
        return reply

    def _lost(self, stage: Stage) -> _Ended:
        if self._protocol.too_large:
            return _Ended(Failure.TOO_LARGE, stage, f"The server sent more than {MAX_DIALOGUE // 1024} KiB.")
        failure, detail = failure_of(self._protocol.error)
        if failure is Failure.CLOSED and self._protocol.reader.hopeless:
            return _Ended(Failure.PROTOCOL, stage, "What the server sent is not an SMTP reply.")
        return _Ended(failure, stage, detail)

    @staticmethod
    def _timed_out(stage: Stage, wait: float, awaited: str) -> _Ended:
        detail = f"Waited {wait:g} s for {awaited}."
        return _Ended(Failure.TIMEOUT, stage, detail, limit=wait)


def _awaited(line: bytes, *, tls: bool) -> str:
    """What is waited for after `line` was sent, as a phrase."""
    words = line.decode(errors="replace").split()
    verb = " ".join(words[:2]).split(":")[0] if words[0] in ("MAIL", "RCPT") else words[0]
    return f"the reply to {verb}{' inside TLS' if tls and words[0] in ('EHLO', 'HELO') else ''}"


class LiveSmtp:
    """Holds sessions, `most` at once and fewer with one address.

    `unfinished`: how sessions stood that were cancelled in a wait for the server.
    """

    def __init__(self, settings: Settings, ehlo: str, most: int = MAX_SESSIONS) -> None:
        self.waits = Waits()
        self.unfinished: dict[SmtpRequest, SmtpExchange] = {}
        self._settings = settings
        self._ehlo = ehlo
        self._all = asyncio.Semaphore(most)
        #: Of addresses that somebody talks to, or waits for; a semaphore has no owner, so it goes with them.
        self._per_address: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._under_way: Counter[str] = Counter()
        self._running: dict[SmtpRequest, SmtpSession] = {}

    async def converse(self, request: SmtpRequest) -> SmtpExchange:
        """One session; see `SmtpExchange`."""
        session = SmtpSession(request, self._settings, self._ehlo, self.waits)
        address = self._per_address.setdefault(request.address, asyncio.Semaphore(MAX_SESSIONS_PER_ADDRESS))
        async with address, self._all:
            session.hurries = self._under_way[request.address] >= _UNHURRIED
            self._under_way[request.address] += 1
            self._running[request] = session
            try:
                return await session.run()
            except asyncio.CancelledError:
                if (so_far := session.so_far()) is not None:
                    self.unfinished[request] = so_far
                raise
            finally:
                self._under_way[request.address] -= 1
                if not self._under_way[request.address]:
                    del self._under_way[request.address]
                self._running.pop(request, None)

    def so_far(self, request: SmtpRequest) -> SmtpExchange | None:
        """How a session stands that was cancelled, or that goes on for somebody else; None where it has not
        come to a wait for the server."""
        if request in self._running:
            return self._running[request].so_far()
        return self.unfinished.pop(request, None)
