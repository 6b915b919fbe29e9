"""Questions to a recursive resolver over UDP and TCP (RFC 1035 section 4.2, RFC 7766).

UDP first, sent twice, from a port of its own per question; TCP when the answer was truncated or none
came.  An answer that does not fit the question is not ours and is passed over until the deadline.
DNS over TLS and HTTPS are in `live_dns_secure`.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import time
from typing import Protocol

from mailpath.exchanges import DnsExchange, Failure, Question
from mailpath.network import dns_messages
from mailpath.network.dns_messages import NotDns, framed, read_message
from mailpath.network.endpoints import Kind, ResolverEndpoint, join
from mailpath.network.endpoints import resolver as resolver_endpoint
from mailpath.network.failures import failure_of
from mailpath.network.live_resolvers import system_resolvers
from mailpath.network.live_tls import resolver_context
from mailpath.network.settings import Settings
from mailpath.wording.phrases import clause

#: Questions under way at once: all zone cuts of a path, and far from a flood.
MAX_QUESTIONS = 64
#: The share of the UDP deadline after which the query is sent again, for the packet that was lost.
RESEND_AFTER = 0.4
#: Of a datagram: all that there may be (RFC 768).
MOST_OCTETS = 65_535
#: Messages that do not answer the question, passed over on one TCP connection.
MAX_STRAYS = 8
#: Why TCP was tried, should it fail as well.
_SILENT = "There was no answer over UDP; over TCP:"
_TRUNCATED = "The answer over UDP was truncated; over TCP:"
_NOT_DNS = "The resolver's answer is not a DNS message that fits the question."


class Transport(Protocol):
    """Carries one query to one resolver and brings its answer."""

    async def exchange(self, query: bytes, *, stream: bool = False) -> tuple[bytes, str]:
        """The answer and what it came over; `stream`: not over UDP.

        Raises `OSError`, `EOFError`, `ValueError` or `NotDns`.
        """

    async def close(self) -> None:
        """Let go of every connection."""


class PlainTransport:
    """UDP, then TCP.  `timeout` seconds for each of the two."""

    def __init__(self, host: str, port: int, timeout: float) -> None:
        self._host = host
        self._port = port
        self._timeout = timeout
        #: Into which datagrams are read: what is kept of them takes no more room than it has octets.
        self._room = bytearray(MOST_OCTETS)

    async def exchange(self, query: bytes, *, stream: bool = False) -> tuple[bytes, str]:
        response = None
        if not stream:
            with contextlib.suppress(TimeoutError):
                response = await self._over_udp(query)
        if response is not None and not dns_messages.truncated(response):
            return response, "udp"
        try:
            async with asyncio.timeout(self._timeout):
                return await self._over_tcp(query), "tcp"
        except (OSError, EOFError) as error:
            if not stream:
                error.add_note(_SILENT if response is None else _TRUNCATED)
            raise

    async def close(self) -> None:
        """Nothing is kept between questions."""

    async def _over_udp(self, query: bytes) -> bytes:
        # A socket and a reader, no transport with its protocol: a survey asks half a million questions.
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bytes] = loop.create_future()
        with socket.socket(
            socket.AF_INET6 if ":" in self._host else socket.AF_INET, socket.SOCK_DGRAM
        ) as there:
            there.setblocking(False)
            there.connect((self._host, self._port))
            # Given the socket itself, the selector formats its repr for an error that nobody sees.
            number = there.fileno()
            loop.add_reader(number, _take_answer, there, self._room, query, answer)
            again = loop.call_later(self._timeout * RESEND_AFTER, _send, there, query, answer)
            try:
                async with asyncio.timeout(self._timeout):
                    _send(there, query, answer)
                    return await answer
            finally:
                again.cancel()
                loop.remove_reader(number)

    async def _over_tcp(self, query: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            writer.write(framed(query))
            for _ in range(MAX_STRAYS):
                response = await read_message(reader)
                if dns_messages.answers(query, response):
                    return response
            raise NotDns
        finally:
            writer.close()
            writer.transport.abort()


def _send(there: socket.socket, query: bytes, answer: asyncio.Future[bytes]) -> None:
    """One datagram; where it cannot be sent, that is the answer."""
    try:
        there.send(query)
    except BlockingIOError:
        return  # lost, as any datagram may be
    except OSError as error:
        if not answer.done():
            answer.set_exception(error)


def _take_answer(there: socket.socket, room: bytearray, query: bytes, answer: asyncio.Future[bytes]) -> None:
    """A datagram, if it answers `query`.  The socket is connected: the kernel checks where it comes from."""
    try:
        size = there.recv_into(room)
    except (BlockingIOError, InterruptedError):
        return
    except OSError as error:
        if not answer.done():
            answer.set_exception(error)
        return
    data = bytes(memoryview(room)[:size])
    if not answer.done() and dns_messages.answers(query, data):
        answer.set_result(data)


class LiveDns:
    """Asks one resolver: the one of the settings, else the first of the system's that does its work.

    `most`: questions under way at once.
    """

    def __init__(self, settings: Settings, roots: tuple[bytes, ...], most: int = MAX_QUESTIONS) -> None:
        self._settings = settings
        self._roots = roots
        if settings.resolver is not None:
            self._candidates: tuple[ResolverEndpoint, ...] = (resolver_endpoint(settings.resolver),)
        else:
            self._candidates = system_resolvers()
        self._transports: dict[ResolverEndpoint, Transport] = {}
        self._limit = asyncio.Semaphore(most)
        self._choice = asyncio.Lock()

    @property
    def resolver(self) -> str:
        """What is asked, in the form of the network file."""
        chosen = self._candidates[0]
        if chosen.kind is not Kind.PLAIN:
            return chosen.text
        return chosen.host if chosen.port == 53 else join(chosen.host, chosen.port)

    async def choose(self) -> None:
        """Settle on the first candidate that does its work: the root's NS are answered NOERROR.

        Else the first that answers at all (REFUSED, SERVFAIL), else the first.  No packet is sent where
        there is nothing to choose.
        """
        async with self._choice:
            if len(self._candidates) == 1:
                return
            answered: list[ResolverEndpoint] = []
            for candidate in self._candidates:
                exchange = await self._ask(candidate, Question(name=".", rdtype="NS"))
                if exchange.response is None:
                    continue
                if dns_messages.rcode(exchange.response) == 0:
                    self._candidates = (candidate,)
                    return
                answered.append(candidate)
            self._candidates = tuple(answered[:1]) or self._candidates[:1]

    async def ask(self, question: Question) -> DnsExchange:
        """One question; see `DnsExchange`.  Only cancellation leaves by exception."""
        if len(self._candidates) > 1:
            await self.choose()
        async with self._limit:
            return await self._ask(self._candidates[0], question)

    async def close(self) -> None:
        """Close what is kept open between questions."""
        for transport in self._transports.values():
            await transport.close()
        self._transports.clear()

    async def _ask(self, endpoint: ResolverEndpoint, question: Question) -> DnsExchange:
        started = time.perf_counter()
        response: bytes | None = None
        over = ""
        failure: Failure | None = None
        detail = ""
        # RFC 8484 section 4.1: an id of 0 lets HTTP caches work; TLS keeps strangers out there.
        message_id = 0 if endpoint.kind is Kind.HTTPS else secrets.randbits(16)
        try:
            response, over = await self._transport(endpoint).exchange(
                dns_messages.query(question, message_id), stream=question.again
            )
            if not dns_messages.well_formed(response):
                response = None
                failure, detail = Failure.PROTOCOL, "The resolver's answer is malformed."
        except dns_messages.BadQuestion as error:
            failure, detail = Failure.PROTOCOL, str(error)
        except NotDns:
            failure, detail = Failure.PROTOCOL, _NOT_DNS
        except (OSError, EOFError) as error:
            failure, sentence = failure_of(error)
            (*_, before) = getattr(error, "__notes__", ()) or ("",)
            detail = f"{before} {clause(sentence)}." if before else sentence
            if endpoint.because:
                detail = f"{detail.rstrip('.')}; {endpoint.because}."
        except ValueError:  # behind OSError: a refused certificate is both
            failure, detail = Failure.PROTOCOL, "The resolver's address or name cannot be used."
        return DnsExchange(
            question=question,
            response=response,
            transport=over,
            failure=failure,
            detail=detail,
            elapsed_ms=round((time.perf_counter() - started) * 1000, 3),
        )

    def _transport(self, endpoint: ResolverEndpoint) -> Transport:
        if endpoint not in self._transports:
            self._transports[endpoint] = self._made(endpoint)
        return self._transports[endpoint]

    def _made(self, endpoint: ResolverEndpoint) -> Transport:
        timeout = self._settings.wait
        if endpoint.kind is Kind.PLAIN:
            return PlainTransport(endpoint.host, endpoint.port, timeout)
        from mailpath.network import live_dns_secure

        context = resolver_context(self._roots)
        if endpoint.kind is Kind.TLS:
            return live_dns_secure.TlsTransport(endpoint, context, timeout)
        return live_dns_secure.HttpsTransport(endpoint, context, timeout)
