"""The resolver's sockets: DNS over UDP and TCP (RFC 1035 section 4.2, RFC 7766) on one port."""

from __future__ import annotations

import asyncio
import socket
from typing import cast

import dns.exception
import dns.message
import dns.rcode
from dns.flags import Flag

from mailpath.lab.resolver import UDP_PAYLOAD, Resolver

IDLE = 30.0  # seconds without a query after which a TCP connection is closed
_BIND_TRIES = 50
_KEPT = 4096  # answers, of at most 64 KiB
_HEADER = 12
_QR = 0x80
_OPCODE_RD = 0x79


def bind_pair(address: str = "127.0.0.1", port: int = 0) -> tuple[socket.socket, socket.socket]:
    """A UDP and a TCP socket on the same port of IPv4 `address`; 0: one that is free.  Raises OSError."""
    for _ in range(_BIND_TRIES):
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            udp.bind((address, port))
            tcp.bind(udp.getsockname())
            return udp, tcp
        except OSError:
            udp.close()
            tcp.close()
            if port:
                raise
    raise OSError(f"no port of {address} is free for both UDP and TCP after {_BIND_TRIES} tries")


class Responder:
    """Messages in, messages out.  An internet does not change, so each answer is made once."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._made: dict[tuple[bytes, int | None], bytes | None] = {}

    def turn_to(self, resolver: Resolver) -> None:
        """Answers as `resolver` does from now on."""
        self._resolver = resolver
        self._made.clear()

    def respond(self, wire: bytes, *, limit: int | None) -> bytes | None:
        """The response to `wire`; `limit`: most octets over UDP if the requester allows them.

        None to send nothing: for anything but a DNS query, or for a question that nobody answers.
        """
        key = wire[2:], limit
        if key not in self._made:
            if len(self._made) >= _KEPT:
                self._made.clear()
            self._made[key] = self._respond(wire, limit)
        made = self._made[key]
        return None if made is None else wire[:2] + made[2:]

    def _respond(self, wire: bytes, limit: int | None) -> bytes | None:
        if len(wire) < _HEADER or wire[2] & _QR:
            return None
        try:
            query = dns.message.from_wire(wire, ignore_trailing=True)
        except dns.exception.DNSException:
            # RFC 1035 section 4.1.1: the header alone, with the ID, opcode and RD of the query.
            return wire[:2] + bytes([wire[2] & _OPCODE_RD | _QR, dns.rcode.FORMERR]) + bytes(8)
        response = self._resolver.respond(query)
        if response is None:
            return None
        if limit is None:
            return response.to_wire(max_size=65535)
        # RFC 6891 section 6.2.3: 512 octets without EDNS.
        room = min(limit, max(512, query.payload)) if query.edns >= 0 else 512
        try:
            return response.to_wire(max_size=room)
        except dns.exception.TooBig:
            for section in response.sections[1:]:
                section.clear()
            response.flags |= Flag.TC
            return response.to_wire(max_size=room)


class UdpServer(asyncio.DatagramProtocol):
    """Answers each datagram with one, truncated if it does not fit."""

    def __init__(self, responder: Responder) -> None:
        self._responder = responder
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # asyncio's own datagram transport is no subclass of the abstract one on Python 3.11.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = self._responder.respond(data, limit=UDP_PAYLOAD)
        if answer is not None and self._transport is not None:
            self._transport.sendto(answer, addr)


async def serve_tcp(responder: Responder, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers the queries of one connection in order, until the client closes it or falls silent."""
    while True:
        async with asyncio.timeout(IDLE):
            length = int.from_bytes(await reader.readexactly(2), "big")
            wire = await reader.readexactly(length)
        answer = responder.respond(wire, limit=None)
        if answer is None:
            return
        writer.write(len(answer).to_bytes(2, "big") + answer)
        await writer.drain()
