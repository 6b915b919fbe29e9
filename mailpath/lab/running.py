"""The running lab: a thread with its own event loop, and every socket on 127.0.0.1.

Published addresses do not exist; the `dial` table of the settings maps them to loopback ports.  Programs that
know no dial table, such as mail servers, meet the lab in a network namespace that has the published
addresses: there it listens at them, on the standard ports (`bind="published"`).
"""

from __future__ import annotations

import asyncio
import atexit
import socket
import ssl
import threading
import time
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Literal, Self

import dns.name
from dns.rdatatype import RdataType

from mailpath.lab import dns as dns_server
from mailpath.lab import scenario as files
from mailpath.lab.ca import Authority
from mailpath.lab.folder import Folder
from mailpath.lab.internet import NAME_SERVER_ADDRESS, Handler, Internet, Listener
from mailpath.lab.scenario import Scenario
from mailpath.lab.seen import Seen
from mailpath.network import endpoints
from mailpath.network.settings import Settings, to_toml

STOP_WAIT = 10.0
_BACKLOG = 64

#: On loopback an answer comes within milliseconds or never, so the lab needs less patience than the internet.
TIMEOUT = 3.0
GREETING_TIMEOUT = 4.0

Bind = Literal["loopback", "published"]


class Lab:
    """A running mini-internet; as a context manager it stops at the end.

    `settings`: how to reach it; `scenarios`: what is in it; `seen`: the newest 10,000 sessions of its
    servers, in order of connection; `sessions`: how many there were.  Both grow while it runs.
    """

    def __init__(
        self,
        scenarios: tuple[Scenario, ...],
        now: int,
        bind: Bind = "loopback",
        authority: Authority | None = None,
    ) -> None:
        self.scenarios = scenarios
        self._published = bind == "published"
        self.now = now
        self._folder = Folder()
        self._sockets: list[socket.socket] = []
        self._thread = threading.Thread(target=self._run, name="mailpath-lab", daemon=True)
        self._ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        try:
            folder = self._folder.path
            everyone = (files.sender(), *scenarios)
            self._internet = Internet(everyone, now, folder, authority)
            self.settings = self._bind(folder)
            self._thread.start()
            self._ready.result()
        except BaseException:
            self.stop()
            raise
        atexit.register(self.stop)

    @classmethod
    def start(
        cls,
        scenarios: tuple[Scenario, ...] | None = None,
        *,
        now: int | None = None,
        bind: Bind = "loopback",
        authority: Authority | None = None,
    ) -> Self:
        """Builds the internet of `scenarios` (default: the built-in ones) and serves it.

        `now`: the Unix time to which signatures and certificates are relative (default: the clock).  `bind`:
        "published" needs a machine, as a rule a network namespace, that has the published addresses.
        `authority`: labs that share one show the same certificates; it has to be of the same `now`.
        Raises `ScenarioError` if it cannot build the scenarios, OSError if it gets no socket.
        """
        chosen = files.scenarios() if scenarios is None else tuple(scenarios)
        return cls(chosen, int(time.time()) if now is None else now, bind, authority)

    @property
    def seen(self) -> tuple[Seen, ...]:
        return tuple(self._internet.log.newest)

    @property
    def sessions(self) -> int:
        return self._internet.log.count

    @property
    def trust_anchor(self) -> str:
        """The root's DS record as zone-file text."""
        return self._internet.trust_anchor

    def address(self, host: str) -> str:
        """The first published address of the mail server or policy host `host`.  Raises KeyError."""
        for listener in self._internet.listeners:
            if listener.host == host:
                return listener.address
        raise KeyError(host)

    def dialled(self, host: str, port: int) -> str:
        """Where `host` really listens for `port` 25 or 443, e.g. "127.0.0.1:40125".  Raises KeyError."""
        for listener in self._internet.listeners:
            if (listener.host, listener.port) == (host, port):
                return self.settings.dial[listener.published]
        raise KeyError(host)

    def records(self, name: str, rdtype: str) -> tuple[str, ...]:
        """The records at absolute `name` as zone-file text, sorted; follows aliases."""
        found = self._internet.resolver.find(dns.name.from_text(name), RdataType.from_text(rdtype))
        wanted = [rrset for _, rrset, _ in found.answer if rrset.rdtype.name == rdtype]
        return tuple(sorted(str(rdata) for rrset in wanted for rdata in rrset))

    def write_network_file(self, folder: str | Path | None = None) -> Path:
        """Writes network.toml, and beside it root.ds, ca.pem and anchors.conf (for delv), into `folder`.

        Default: a folder that goes when the lab stops.
        """
        folder = self._folder.path if folder is None else Path(folder)
        anchor, roots = self._write_trust(folder)
        (folder / "anchors.conf").write_text(_name_anchors(self.trust_anchor), encoding="ascii")
        network = folder / "network.toml"
        beside = self.settings.merged(trust_anchor=anchor, ca_file=roots)
        network.write_text(to_toml(beside), encoding="utf-8")
        return network

    def _write_trust(self, folder: Path) -> tuple[str, str]:
        """Writes the trust anchor and the root certificate; returns their paths."""
        anchor, roots = folder / "root.ds", folder / "ca.pem"
        anchor.write_text(self.trust_anchor, encoding="ascii")
        roots.write_bytes(self._internet.authority.root_pem)
        return str(anchor), str(roots)

    def stop(self) -> None:
        """Ends every session, closes every socket, removes every file.  May be called twice."""
        atexit.unregister(self.stop)
        if self._thread.is_alive() and self._ready.exception(STOP_WAIT) is None:
            loop, stopping = self._ready.result()
            loop.call_soon_threadsafe(stopping.set)
            self._thread.join(STOP_WAIT)
        for each in self._sockets:
            each.close()
        self._sockets.clear()
        self._folder.remove()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # --- sockets -----------------------------------------------------------------------------------

    def _bind(self, folder: Path) -> Settings:
        self._udp, self._tcp = (
            dns_server.bind_pair(NAME_SERVER_ADDRESS, 53) if self._published else dns_server.bind_pair()
        )
        self._sockets += [self._udp, self._tcp]
        self._bound: list[tuple[socket.socket, Handler]] = []
        dial: dict[str, str] = {}
        for listener in self._internet.listeners:
            dial[listener.published] = self._bind_one(listener)
        anchor, roots = self._write_trust(folder)
        slowest = max((each.slowest for each in self.scenarios), default=0.0)
        return Settings(
            resolver=_join_endpoint(self._udp),
            trust_anchor=anchor,
            ca_file=roots,
            timeout=TIMEOUT + slowest,
            greeting_timeout=GREETING_TIMEOUT + slowest,
            ehlo=f"mail.{files.sender().domain}",
            patience="ours",  # silence in the lab never ends: nobody should wait minutes for a lesson
            dial=dial,
        )

    def _bind_one(self, listener: Listener) -> str:
        """Binds a port for `listener`; returns where it is, as "127.0.0.1:port"."""
        address, port = (listener.address, listener.port) if self._published else ("127.0.0.1", 0)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        # Only of a socket that names its protocol does asyncio turn Nagle's delay off (TCP_NODELAY).
        bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._sockets.append(bound)
        bound.bind((address, port))
        if listener.listen == "yes":
            self._bound.append((bound, listener.serve))
        elif listener.listen == "blackhole":
            # Fill the accept queue: the kernel drops each further SYN, so a connect gets no answer.
            bound.listen(0)
            for _ in range(2):
                filler = socket.socket(family, socket.SOCK_STREAM)
                self._sockets.append(filler)
                filler.setblocking(False)
                filler.connect_ex(bound.getsockname())
        # "refused": bound, so the port stays ours, but never listening.
        return _join_endpoint(bound)

    # --- the thread --------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if self._ready.done():
                raise
            self._ready.set_exception(error)

    async def _serve(self) -> None:
        loop, stopping = asyncio.get_running_loop(), asyncio.Event()
        responder = dns_server.Responder(self._internet.resolver)
        transport, _ = await loop.create_datagram_endpoint(
            lambda: dns_server.UdpServer(responder), sock=self._udp
        )
        servers: list[asyncio.Server] = []
        sessions = _Sessions()
        try:
            servers.append(await sessions.listen(self._tcp, partial(dns_server.serve_tcp, responder)))
            for bound, handler in self._bound:
                servers.append(await sessions.listen(bound, handler))
            self._ready.set_result((loop, stopping))
            await stopping.wait()
        finally:
            transport.close()
            for server in servers:
                server.close()
            await sessions.end()


class _Sessions:
    """The open connections.  Sessions are our own tasks, so we can end them all without noise."""

    def __init__(self) -> None:
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def listen(self, bound: socket.socket, handler: Handler) -> asyncio.Server:
        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.get_running_loop().create_task(self._hold(handler, reader, writer))
            self._open[task] = writer
            task.add_done_callback(self._open.pop)

        return await asyncio.start_server(connected, sock=bound, backlog=_BACKLOG)

    async def end(self) -> None:
        tasks = list(self._open)
        for task, writer in list(self._open.items()):
            task.cancel()
            writer.transport.abort()
        await asyncio.gather(*tasks, return_exceptions=True)

    @staticmethod
    async def _hold(handler: Handler, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one connection by `handler`, and closes it afterwards, come what may."""
        try:
            await handler(reader, writer)
            writer.close()
            await writer.wait_closed()
        except (ConnectionError, TimeoutError, ssl.SSLError, asyncio.IncompleteReadError):
            # The other end is gone: so is this session.
            writer.close()
        finally:
            if not writer.is_closing():
                writer.transport.abort()


def _join_endpoint(bound: socket.socket) -> str:
    host, port, *_ = bound.getsockname()
    return endpoints.join(host, port)


def _name_anchors(trust_anchor: str) -> str:
    """The DS records of `trust_anchor` in the syntax of named.conf (delv -a)."""
    lines = []
    for line in trust_anchor.splitlines():
        _, _, _, tag, algorithm, digest_type, digest = line.split(None, 6)
        lines.append(f'  . initial-ds {tag} {algorithm} {digest_type} "{digest.upper()}";')
    return "\n".join(["trust-anchors {", *lines, "};", ""])
