"""Runs inside a namespace: a DNS forwarder with an attacker in it, between a resolver and the lab's DNS.

It relays messages as they are, but for the questions that the attack is about: those it answers itself,
without signatures, for it has no keys.  A look-up that is blocked gets SERVFAIL: to drop the answer would
fail it as well, but unbound would take the forwarder for dead and fail others with it.
"""

from __future__ import annotations

import socket
import socketserver
from collections.abc import Iterable
from dataclasses import dataclass

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

WAIT = 5.0
LARGEST = 65535
TTL = 300


@dataclass(frozen=True)
class DnsAttack:
    """`attacks`: their names; `domains` of the recipients, `hosts` of their mail (no trailing dots)."""

    attacks: frozenset[str]
    domains: frozenset[str]
    hosts: frozenset[str]
    own_host: str
    own_address: str

    def answer(self, query: dns.message.Message, true: bytes) -> bytes:
        """What arrives in place of the answer `true`."""
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        rdtype = dns.rdatatype.to_text(question.rdtype)
        existing = int.from_bytes(true[6:8], "big") > 0
        if name == self.own_host:
            return _forged(query, [self.own_address] if rdtype == "A" else [])
        if rdtype == "MX" and "forge-mx" in self.attacks and name in self.domains:
            return _forged(query, [f"10 {self.own_host}."])
        if "forge-address" in self.attacks and name in self.hosts:
            if rdtype == "A":
                return _forged(query, [self.own_address])
            if rdtype == "AAAA" and existing:
                return _forged(query, [])
        if rdtype == "TLSA" and "block-tlsa" in self.attacks and existing:
            return _forged(query, [], dns.rcode.SERVFAIL)
        if rdtype == "TLSA" and "deny-tlsa" in self.attacks and existing:
            return _forged(query, [])
        policy = rdtype == "TXT" and name.removeprefix("_mta-sts.") in self.domains
        if policy and name.startswith("_mta-sts.") and "block-policy" in self.attacks and existing:
            return _forged(query, [])
        return true


def _forged(
    query: dns.message.Message, records: Iterable[str], rcode: dns.rcode.Rcode = dns.rcode.NOERROR
) -> bytes:
    response = dns.message.make_response(query, recursion_available=True)
    response.set_rcode(rcode)
    question = query.question[0]
    lines = list(records)
    if lines:
        response.answer = [dns.rrset.from_text_list(question.name, TTL, "IN", question.rdtype, lines)]
    return response.to_wire()


class Udp(socketserver.BaseRequestHandler):
    """One query in a datagram."""

    server: DnsServer  # type: ignore[assignment]  # socketserver knows only its own

    def handle(self) -> None:
        wire, back = self.request
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as upstream:
            upstream.settimeout(WAIT)
            upstream.connect(self.server.upstream)
            upstream.send(wire)
            try:
                true = upstream.recv(LARGEST)
            except TimeoutError:
                return  # The lab does not answer either.
        back.sendto(self.server.tampered(wire, true), self.client_address)


class Tcp(socketserver.BaseRequestHandler):
    """One query in a connection; unbound opens one for each."""

    server: DnsServer  # type: ignore[assignment]  # socketserver knows only its own

    def handle(self) -> None:
        self.request.settimeout(WAIT)
        wire = _framed(self.request)
        with socket.create_connection(self.server.upstream, WAIT) as upstream:
            upstream.sendall(len(wire).to_bytes(2, "big") + wire)
            answer = self.server.tampered(wire, _framed(upstream))
        self.request.sendall(len(answer).to_bytes(2, "big") + answer)


def _framed(connection: socket.socket) -> bytes:
    """One message (RFC 1035 section 4.2.2).  Raises EOFError."""
    with connection.makefile("rb") as stream:
        size = int.from_bytes(stream.read(2), "big")
        wire = stream.read(size)
    if not wire:
        raise EOFError
    return wire


class DnsServer(socketserver.ThreadingMixIn):
    """What both servers have.  `upstream`: the true server."""

    daemon_threads = True
    upstream: tuple[str, int]
    attack: DnsAttack

    def tampered(self, wire: bytes, true: bytes) -> bytes:
        return self.attack.answer(dns.message.from_wire(wire), true)

    def handle_error(self, request: object, client_address: object) -> None:
        """A requester that is gone, or a connection opened for nothing, ends its own exchange only."""


class UdpServer(DnsServer, socketserver.UDPServer):
    max_packet_size = LARGEST


class TcpServer(DnsServer, socketserver.TCPServer):
    request_queue_size = 64
