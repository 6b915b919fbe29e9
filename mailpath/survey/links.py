"""Messages between the process that holds a survey and those that walk for it: pickles over pipes.

Both ends are the same program, and one has started the other: nothing foreign is unpickled.
"""

from __future__ import annotations

import asyncio
import pickle
from typing import Any

import msgspec

from mailpath.exchanges import SmtpExchange, SmtpRequest
from mailpath.network.settings import Settings
from mailpath.survey.engine import Asked

#: Octets of the length before each message, and of a message: a walk of fifty mail hosts has some MiB.
HEAD, MOST = 8, 256 * 1024 * 1024


class Begin(msgspec.Struct, frozen=True):
    """To a worker, first: what the survey is to find out, and how."""

    settings: Settings
    asked: Asked


class Next(msgspec.Struct, frozen=True):
    """From a worker: it has room for one more walk."""


class Domain(msgspec.Struct, frozen=True):
    """To a worker: walk there."""

    name: str
    mails: int


class Wanted(msgspec.Struct, frozen=True):
    """From a worker: a session with a mail host; `number` is the worker's own."""

    number: int
    request: SmtpRequest


class Unwanted(msgspec.Struct, frozen=True):
    """From a worker: nobody waits for that session any longer."""

    number: int


class Held(msgspec.Struct, frozen=True):
    """To a worker: the session; `assumed`: the host that was met instead, "" for none."""

    number: int
    exchange: SmtpExchange
    assumed: str


class Link:
    """One end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, message: Any) -> None:
        """`message`, when the pipe takes it."""
        data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        self._writer.write(len(data).to_bytes(HEAD, "big") + data)

    async def receive(self) -> Any:
        """The next message; None where the other end is gone."""
        try:
            length = int.from_bytes(await self._reader.readexactly(HEAD), "big")
            return pickle.loads(await self._reader.readexactly(length)) if length <= MOST else None
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    def close(self) -> None:
        """Say nothing more: the other end finds the end of its pipe."""
        self._writer.close()
