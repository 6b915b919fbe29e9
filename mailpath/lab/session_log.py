"""What the lab's servers saw, as a file that outlives the lab: lines of JSON, one for each session.

The first line says of which lab: `{"mailpath": "seen", "scenarios": [IDs]}`.  Each other one is a session:

    {"host": "mx1.b.example", "address": "192.0.2.10", "began": 1780272000.25, "sni": null | "" | "name",
     "tls": "" | "TLSv1.3", "delivered": 1, "commands": ["EHLO mail.a.example", ...]}
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import msgspec

from mailpath.errors import MailpathError, reason_of
from mailpath.files import FileError
from mailpath.lab.scenario import Scenario
from mailpath.lab.seen import Seen
from mailpath.records import Record
from mailpath.visible import visible

if TYPE_CHECKING:
    from mailpath.lab.running import Lab

KIND = "seen"
#: Sessions that one lab writes: beyond them it is no test any more.
MAX_SESSIONS = 100_000
#: Bytes of a file that is read.
MAX_BYTES = 64 * 1024 * 1024
MAX_LINE = 64 * 1024


class _Session(Record, frozen=True, kw_only=True):
    """A line, as the file has it."""

    host: str
    address: str
    began: float
    sni: str | None
    tls: str
    delivered: int
    commands: tuple[str, ...]


class SessionLog:
    """The file `name`, for a lab of `scenarios`; a context manager that closes it.  Raises `FileError`."""

    def __init__(self, name: str, scenarios: Iterable[Scenario]) -> None:
        try:
            self._file = open(name, "a", encoding="utf-8")  # noqa: SIM115 - as long as the lab
        except (OSError, ValueError) as error:
            raise FileError(f"The sessions cannot be written: {reason_of(error)}.", file=name) from None
        self._left = MAX_SESSIONS
        self._write({"mailpath": KIND, "scenarios": [each.id for each in scenarios]})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def follow(self, lab: Lab) -> None:
        """Write down what its servers see from now on."""
        lab.when_seen(self.take)

    def take(self, seen: Seen) -> None:
        """Write down one session."""
        if self._left and not self._file.closed:
            self._left -= 1
            line = _Session(
                host=seen.host,
                address=seen.address,
                began=round(seen.began, 3),
                sni=seen.sni,
                tls=seen.tls_version,
                delivered=seen.delivered,
                commands=tuple(seen.commands),
            )
            self._write(line.to_dict())

    def _write(self, told: dict[str, Any]) -> None:
        self._file.write(json.dumps(told, ensure_ascii=True) + "\n")
        self._file.flush()


class BadSessionLog(MailpathError):
    """The file holds no sessions of a lab; the message says why in one sentence."""


def read_sessions(file: str | Path) -> tuple[tuple[str, ...], tuple[Seen, ...]]:
    """The scenarios' ids, and the sessions in the order in which they ended.  Raises `BadSessionLog`."""
    shown = visible(str(file))
    try:
        with open(file, "rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise BadSessionLog(f"The file cannot be read: {reason_of(error)}.", file=shown) from None
    if len(data) > MAX_BYTES:
        raise BadSessionLog(f"The file is larger than {MAX_BYTES // 1024 // 1024} MiB.", file=shown)
    scenarios: tuple[str, ...] = ()
    sessions: list[Seen] = []
    for number, told in _objects(data, shown):
        if told.get("mailpath") == KIND:
            ids = told.get("scenarios")
            if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
                raise BadSessionLog("The line names no scenarios.", file=shown, line=number)
            # A lab that was started again goes on in the same file.
            scenarios = tuple(dict.fromkeys((*scenarios, *ids)))
            continue
        sessions.append(_session(told, shown, number))
        if len(sessions) > MAX_SESSIONS:
            raise BadSessionLog(f"There are more than {MAX_SESSIONS} sessions.", file=shown)
    if not scenarios:
        raise BadSessionLog("This is no log of `mailpath lab serve --seen`.", file=shown)
    return scenarios, tuple(sessions)


def _objects(data: bytes, shown: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            told = msgspec.json.decode(line) if len(line) <= MAX_LINE else None
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, dict):
            raise BadSessionLog("The line is no JSON object of a session.", file=shown, line=number)
        yield number, told


def _session(told: dict[str, Any], shown: str, number: int) -> Seen:
    try:
        line = msgspec.convert(told, _Session)
    except msgspec.ValidationError:
        raise BadSessionLog("The line is no session of a lab.", file=shown, line=number) from None
    seen = Seen(line.host, line.address, began=line.began)
    seen.sni, seen.tls_version, seen.delivered = line.sni, line.tls, line.delivered
    for command in line.commands:
        seen.hear(command)
    return seen
