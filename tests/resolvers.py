"""Resolvers on loopback that misbehave, before one that does not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype


def pair() -> tuple[socket.socket, socket.socket]:
    """A UDP and a listening TCP socket on one port, which must be free for both."""
    for _ in range(50):
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        udp.bind(("127.0.0.1", 0))
        try:
            tcp.bind(udp.getsockname())
        except OSError:
            udp.close()
            tcp.close()
            continue
        tcp.listen()
        return udp, tcp
    raise AssertionError("no port is free for both")


@contextmanager
def failing(
    upstream: str, rcode: str, *types: str, without_cd: bool = False, name: str = ""
) -> Iterator[str]:
    """A resolver's address: `upstream`, but questions of `types` (none: of every type) are answered `rcode`.

    `without_cd`: only those that do not set CD.  `name`: only those about names below it.
    """
    where, _, port = upstream.rpartition(":")

    def answered(wire: bytes) -> bytes:
        query = dns.message.from_wire(wire)
        asked = query.question[0]
        affected = not types or dns.rdatatype.to_text(asked.rdtype) in types
        affected = affected and asked.name.to_text().removesuffix(".").endswith(name)
        if affected and not (without_cd and query.flags & dns.flags.CD):
            response = dns.message.make_response(query, recursion_available=True)
            response.set_rcode(dns.rcode.from_text(rcode))
            return response.to_wire()
        return dns.query.tcp(query, where, port=int(port), timeout=5).to_wire()

    with ExitStack() as stack:
        udp, tcp = pair()
        stack.enter_context(udp)
        stack.enter_context(tcp)
        udp.settimeout(0.05)
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                try:
                    wire, peer = udp.recvfrom(4096)
                except TimeoutError:
                    continue
                response = answered(wire)
                if len(response) > 1232:
                    response = dns.message.make_response(dns.message.from_wire(wire)).to_wire()
                    response = response[:2] + bytes([response[2] | 0x02]) + response[3:]
                udp.sendto(response, peer)

        def serve_streams() -> None:
            tcp.settimeout(0.05)
            while not ended.is_set():
                try:
                    stream, _ = tcp.accept()
                except TimeoutError:
                    continue
                with stream:
                    stream.settimeout(5)
                    length = int.from_bytes(stream.recv(2, socket.MSG_WAITALL), "big")
                    response = answered(stream.recv(length, socket.MSG_WAITALL))
                    stream.sendall(len(response).to_bytes(2, "big") + response)

        threads = [threading.Thread(target=serve), threading.Thread(target=serve_streams)]
        for thread in threads:
            thread.start()
        try:
            yield f"127.0.0.1:{udp.getsockname()[1]}"
        finally:
            ended.set()
            for thread in threads:
                thread.join()
