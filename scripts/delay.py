"""Delaying forwarders: TCP and UDP on loopback, half the delay in each direction.

A TCP connect costs its round trip too: the forwarder connects on after half the delay, so that a server's
greeting arrives one whole delay after the client's connect.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

Address = tuple[str, int]


class Delayer:
    """Forwarders in the running loop.  `half`: half a round trip in seconds, changeable at any time."""

    def __init__(self) -> None:
        self.half = 0.0
        self._servers: list[asyncio.Server] = []
        self._transports: list[asyncio.DatagramTransport] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def _spawn(self, job: Awaitable[None]) -> None:
        task = asyncio.ensure_future(job)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def tcp(self, target: Address, port: int = 0) -> Address:
        """A TCP forwarder to `target`; returns where it listens."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(self.half)
            try:
                up_reader, up_writer = await asyncio.open_connection(*target)
            except OSError:
                writer.transport.abort()
                return
            self._spawn(self._pipe(reader, up_writer))
            self._spawn(self._pipe(up_reader, writer))

        server = await asyncio.start_server(serve, "127.0.0.1", port)
        self._servers.append(server)
        address: Address = server.sockets[0].getsockname()
        return address

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Each piece leaves `half` after it came, in order, however many are under way."""
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def read() -> None:
            data = b"."
            while data:
                try:
                    data = await reader.read(65536)
                except OSError:
                    data = b""
                queue.put_nowait((loop.time() + self.half, data))

        self._spawn(read())
        while True:
            when, data = await queue.get()
            await asyncio.sleep(max(0.0, when - loop.time()))
            if not data:
                writer.close()
                return
            writer.write(data)

    async def udp(self, target: Address, port: int = 0) -> Address:
        """A UDP forwarder to `target`; every datagram gets a socket of its own upstream."""
        loop = asyncio.get_running_loop()
        outer = self

        class Front(asyncio.DatagramProtocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                self.transport = transport

            def datagram_received(self, data: bytes, addr: Address) -> None:
                outer._spawn(
                    outer._datagram(target, data, lambda answer: self.transport.sendto(answer, addr))
                )

        transport, _ = await loop.create_datagram_endpoint(Front, local_addr=("127.0.0.1", port))
        self._transports.append(transport)
        address: Address = transport.get_extra_info("sockname")
        return address

    async def _datagram(self, target: Address, data: bytes, reply: Callable[[bytes], None]) -> None:
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[bytes] = loop.create_future()

        class Back(asyncio.DatagramProtocol):
            def datagram_received(self, data: bytes, addr: Address) -> None:
                if not answered.done():
                    answered.set_result(data)

        await asyncio.sleep(self.half)
        transport, _ = await loop.create_datagram_endpoint(Back, remote_addr=target)
        try:
            transport.sendto(data)
            answer = await asyncio.wait_for(answered, 5)
        except TimeoutError:
            return
        finally:
            transport.close()
        await asyncio.sleep(self.half)
        reply(answer)

    async def close(self) -> None:
        for server in self._servers:
            server.close()
        for transport in self._transports:
            transport.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
