"""A plain SMTP client: sends lines, reads replies, wraps its socket in TLS."""

from __future__ import annotations

import socket
import ssl
from typing import Self

from mailpath.lab import Lab

DEADLINE = 5.0


class Client:
    """One connection to the mail server `host` of `lab`; the greeting is not read yet."""

    def __init__(self, lab: Lab, host: str, *, deadline: float = DEADLINE) -> None:
        there, port = lab.dialled(host, 25).split(":")
        self._socket = socket.create_connection((there, int(port)), deadline)
        self._buffer = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def reply(self) -> str:
        """The next reply, its lines joined by line feeds; "" when the connection is closed instead."""
        lines = []
        while True:
            while b"\n" not in self._buffer:
                data = self._socket.recv(4096)
                if not data:
                    return ""
                self._buffer += data
            line, self._buffer = self._buffer.split(b"\n", 1)
            lines.append(line.decode().removesuffix("\r"))
            if lines[-1][3:4] != "-":
                return "\n".join(lines)

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def say(self, line: str) -> str:
        self.send(line.encode() + b"\r\n")
        return self.reply()

    def secure(self, context: ssl.SSLContext, name: str | None) -> ssl.SSLSocket:
        """The TLS handshake, with SNI when there is a `name`."""
        tls = context.wrap_socket(self._socket, server_hostname=name, suppress_ragged_eofs=True)
        self._socket = tls
        return tls
