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
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
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
from mailpath.lab.kept import Kept
from mailpath.lab.scenario import Scenario
from mailpath.lab.seen import Seen
from mailpath.network import endpoints
from mailpath.network.settings import Settings, to_toml

STOP_WAIT = 10.0
_BACKLOG = 64
#: Where mail servers and policy hosts really listen.
LOOPBACK = "127.0.0.1"

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
        pace: int = 1,
    ) -> None:
        self.scenarios = scenarios
        self._published = bind == "published"
        self.now = now
        self._folder = Folder()
        self._kept = Kept(authority or Authority(now), pace)
        self._sockets: list[socket.socket] = []
        self._sessions = _Sessions()
        self._open: dict[str, _Open] = {}
        self._thread = threading.Thread(target=self._run, name="mailpath-lab", daemon=True)
        self._ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        try:
            folder = self._folder.path
            self._internet = self._made_of(scenarios)
            self._responder = dns_server.Responder(self._internet.resolver)
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
        pace: int = 1,
    ) -> Self:
        """Builds the internet of `scenarios` (default: the built-in ones) and serves it.

        `now`: the Unix time to which signatures and certificates are relative (default: the clock).  `bind`:
        "published" needs a machine, as a rule a network namespace, that has the published addresses.
        `authority`: labs that share one show the same certificates; it has to be of the same `now`.
        `pace`: caches forget so many times sooner, as every TTL and max_age is divided by it.
        Raises `ScenarioError` if it cannot build the scenarios, OSError if it gets no socket.
        """
        chosen = files.scenarios() if scenarios is None else tuple(scenarios)
        return cls(chosen, int(time.time()) if now is None else now, bind, authority, pace)

    def replace(self, scenarios: tuple[Scenario, ...]) -> None:
        """Turns the running lab into one of `scenarios`, at one moment.

        What it has in common with the lab of before stays: hosts keep their addresses, zones and certificates
        their keys.  Sessions that are open go on as they began.  Raises `ScenarioError` if it cannot build
        them (it stays as it was), OSError if it gets no socket.
        """
        internet = self._made_of(scenarios)
        loop, _ = self._ready.result()
        turned = asyncio.run_coroutine_threadsafe(self._turn_to(internet), loop)
        turned.result(STOP_WAIT)
        self.scenarios = scenarios

    def _made_of(self, scenarios: tuple[Scenario, ...]) -> Internet:
        return Internet((files.sender(), *scenarios), self.now, self._folder.path, self._kept)

    @property
    def seen(self) -> tuple[Seen, ...]:
        return tuple(self._kept.log.newest)

    @property
    def sessions(self) -> int:
        return self._kept.log.count

    def when_seen(self, told: Callable[[Seen], None]) -> None:
        """From now on `told` is called with each session that is over, in the lab's own thread."""
        self._kept.log.ended = told

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
        roots.write_bytes(self._kept.authority.root_pem)
        return str(anchor), str(roots)

    def stop(self) -> None:
        """Ends every session, closes every socket, removes every file.  May be called twice."""
        atexit.unregister(self.stop)
        if self._thread.is_alive() and self._ready.exception(STOP_WAIT) is None:
            loop, stopping = self._ready.result()
            loop.call_soon_threadsafe(stopping.set)
            self._thread.join(STOP_WAIT)
        for each in (*self._sockets, *(bound for one in self._open.values() for bound in one.sockets)):
            each.close()
        self._sockets.clear()
        self._open.clear()
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
        for listener in self._internet.listeners:
            self._open[listener.published] = self._bind_one(listener)
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
            dial=self._dial(),
        )

    def _dial(self) -> dict[str, str]:
        return {published: _join_endpoint(each.sockets[0]) for published, each in self._open.items()}

    def _bind_one(self, listener: Listener) -> _Open:
        """Binds a port for `listener`, at its own address or on loopback.  Raises OSError."""
        address, port = (listener.address, listener.port) if self._published else (LOOPBACK, 0)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        # Only of a socket that names its protocol does asyncio turn Nagle's delay off (TCP_NODELAY).
        bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        made = _Open(listener, [bound])
        try:
            bound.bind((address, port))
        except OSError:
            bound.close()
            raise
        if listener.listen == "blackhole":
            # Fill the accept queue: the kernel drops each further SYN, so a connect gets no answer.
            bound.listen(0)
            for _ in range(2):
                filler = socket.socket(family, socket.SOCK_STREAM)
                made.sockets.append(filler)
                filler.setblocking(False)
                filler.connect_ex(bound.getsockname())
        # "refused": bound, so the port stays ours, but never listening.
        return made

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
        responder = self._responder
        transport, _ = await loop.create_datagram_endpoint(
            lambda: dns_server.UdpServer(responder), sock=self._udp
        )
        over_tcp: asyncio.Server | None = None
        try:
            over_tcp = await self._sessions.listen(self._tcp, partial(dns_server.serve_tcp, responder))
            for each in self._open.values():
                await self._listen(each)
            self._ready.set_result((loop, stopping))
            await stopping.wait()
        finally:
            transport.close()
            for server in (over_tcp, *(each.server for each in self._open.values())):
                if server is not None:
                    server.close()
            await self._sessions.end()

    async def _listen(self, each: _Open) -> None:
        if each.listener.listen == "yes":
            each.server = await self._sessions.listen(each.sockets[0], each.serve)

    async def _turn_to(self, internet: Internet) -> None:
        """New hosts listen before anything leads to them; then everything changes between two events."""
        wanted = {listener.published: listener for listener in internet.listeners}
        gone = self._open.keys() - wanted.keys()
        other = {published for published, each in self._open.items() if each.is_unlike(wanted.get(published))}
        for published in other:
            self._close(self._open.pop(published))
        for published, listener in wanted.items():
            if published not in self._open:
                self._open[published] = self._bind_one(listener)
                await self._listen(self._open[published])
        for published, listener in wanted.items():
            self._open[published].listener = listener
        self._responder.turn_to(internet.resolver)
        self._internet = internet
        for published in gone:
            self._close(self._open.pop(published))
        self.settings = self.settings.merged(dial=self._dial())

    @staticmethod
    def _close(each: _Open) -> None:
        if each.server is not None:
            each.server.close()
        for bound in each.sockets:
            bound.close()


@dataclass
class _Open:
    """What stands at one address.  `sockets`: first the one that clients meet; `server`: if it listens."""

    listener: Listener
    sockets: list[socket.socket]
    server: asyncio.Server | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One session, with whoever is there now."""
        await self.listener.serve(reader, writer)

    def is_unlike(self, wanted: Listener | None) -> bool:
        """Whether another socket is needed for `wanted`, which is at the same address."""
        return wanted is not None and wanted.listen != self.listener.listen


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
