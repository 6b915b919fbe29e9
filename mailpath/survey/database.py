"""The database of a store: SQLite in one folder, which one survey at a time writes to.

Whatever goes wrong with it (a full disk, a damaged file, a newer version) is a `StoreError` of one sentence.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path as Folder
from typing import Any

import msgspec

from mailpath.errors import MailpathError, reason_of
from mailpath.files import PRIVATE
from mailpath.survey.packing import Damaged

#: The format, as `PRAGMA user_version` has it; "mpsv" as the application's id in the file's head.
SCHEMA, APPLICATION = 1, 0x6D707376
NAME, LOCK = "survey.sqlite", "lock"
#: Seconds to wait for a reader that is at work.
BUSY = 10.0
#: Bytes: a disk with less is full.
ROOM = 1024 * 1024
#: What a full disk means for a survey, and for one that has no store yet.
FULL = "The disk is full: what was learned until now is kept, and --resume goes on when there is room."
FULL_BEFORE = "The disk is full: there is no room for the store of a survey."

_TABLES = f"""
CREATE TABLE survey (only INTEGER PRIMARY KEY CHECK (only = 1), about BLOB NOT NULL, ground BLOB);
CREATE TABLE domains (
    name TEXT PRIMARY KEY, mails INTEGER NOT NULL, state INTEGER NOT NULL DEFAULT 0,
    row BLOB, made INTEGER, walk BLOB
) WITHOUT ROWID;
CREATE INDEX todo ON domains (state, mails DESC);
CREATE TABLE contents (
    id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, request BLOB, until REAL NOT NULL, data BLOB NOT NULL
);
CREATE INDEX requests ON contents (request);
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {SCHEMA};
"""


#: What can go wrong with a file of SQLite's.
_TROUBLE = (sqlite3.Error, OSError, ValueError)


class StoreError(MailpathError):
    """A survey's store cannot be used; the message says why in one plain sentence."""


class Database:
    """An open database.  `writes`: its survey goes on, so the folder is locked until it is closed."""

    def __init__(self, folder: Folder, *, writes: bool) -> None:
        self.folder = folder
        self._lock = lock(folder) if writes else None
        self._connection: sqlite3.Connection | None = None
        try:
            self._connection = _connect(folder, writes=writes)
            self._check()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close it.  May be called twice."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _check(self) -> None:
        (application,), (version,) = self.one("PRAGMA application_id"), self.one("PRAGMA user_version")
        if application != APPLICATION:
            raise StoreError("The database in this folder is not a survey's.", file=str(self.folder))
        if version != SCHEMA:
            newer = "a newer" if version > SCHEMA else "another"
            sentence = (
                f"The store is of {newer} version of mailpath: schema {version}; this one has {SCHEMA}."
            )
            raise StoreError(sentence, file=str(self.folder))

    def all(self, sql: str, *values: Any) -> list[Any]:
        """Every row that comes of `sql`."""
        assert self._connection is not None, "the store is closed"
        try:  # no context manager: some dozen times a domain
            return self._connection.execute(sql, values).fetchall()
        except _TROUBLE as error:
            raise _as_told(error, self.folder, FULL) from error

    def rows(self, sql: str, *values: Any) -> Iterator[Any]:
        """The same, row by row: there may be millions."""
        with told(self.folder):
            assert self._connection is not None, "the store is closed"
            yield from self._connection.execute(sql, values)

    def one(self, sql: str, *values: Any) -> tuple[Any, ...]:
        """The first row, which has to be there."""
        found: list[tuple[Any, ...]] = self.all(sql, *values)
        if not found:
            sentence = "The store is damaged: something that it refers to is missing."
            raise StoreError(sentence, file=str(self.folder))
        return found[0]

    def each(self, sql: str, values: Iterable[tuple[Any, ...]]) -> None:
        """`sql` with each of `values`."""
        with told(self.folder):
            assert self._connection is not None, "the store is closed"
            self._connection.executemany(sql, values)

    @contextmanager
    def whole(self) -> Iterator[None]:
        """All that is written in the block, or nothing of it."""
        self.all("BEGIN IMMEDIATE")
        try:
            yield
            self.all("COMMIT")
        except BaseException:
            with suppress(StoreError):  # a full disk has rolled it back already
                self.all("ROLLBACK")
            raise

    @contextmanager
    def believed(self) -> Iterator[None]:
        """What is read in here comes from a file that somebody may have sent."""
        try:
            yield
        except (msgspec.DecodeError, Damaged, TypeError, RecursionError, UnicodeDecodeError):
            sentence = "The store is damaged: what is in it is no survey's."
            raise StoreError(sentence, file=str(self.folder)) from None


def is_store(folder: str | os.PathLike[str]) -> bool:
    """Whether there is a survey in `folder`."""
    with suppress(OSError, ValueError):  # ValueError: a NUL in the name
        return (Folder(folder) / NAME).is_file()
    return False


def make(folder: Folder, about: bytes, mails: Iterable[tuple[str, int]]) -> None:
    """A new database, which is there as a whole or not at all."""
    held = lock(folder)
    begun = folder / f"{NAME}.new"
    try:
        with told(folder, FULL_BEFORE):
            begun.unlink(missing_ok=True)
            begun.touch(mode=PRIVATE)
            connection = sqlite3.connect(begun, isolation_level=None)
            try:
                connection.executescript(_TABLES)
                connection.execute("BEGIN")
                connection.execute("INSERT INTO survey VALUES (1, ?, NULL)", (about,))
                connection.executemany("INSERT INTO domains (name, mails) VALUES (?, ?)", mails)
                connection.execute("COMMIT")
            finally:
                connection.close()
            os.replace(begun, folder / NAME)
    finally:
        with suppress(OSError):
            begun.unlink(missing_ok=True)
        os.close(held)


def lock(folder: Folder) -> int:
    with told(folder):
        held = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(held)
        raise StoreError("Another survey is at work on this store.", file=str(folder)) from None
    return held


def _connect(folder: Folder, *, writes: bool) -> sqlite3.Connection:
    with told(folder):
        database = sqlite3.connect(folder / NAME, timeout=BUSY, isolation_level=None)
        database.execute("PRAGMA trusted_schema = OFF")
        if writes:
            database.execute("PRAGMA journal_mode = WAL")
            # In a log nothing is lost by a kill; a power cut may take the newest walks, never the store.
            database.execute("PRAGMA synchronous = NORMAL")
        else:
            database.execute("PRAGMA query_only = ON")
        return database


@contextmanager
def told(folder: Folder, full: str = FULL) -> Iterator[None]:
    """What goes wrong with the file becomes one sentence; `full`: that of a full disk."""
    try:
        yield
    except _TROUBLE as error:
        raise _as_told(error, folder, full) from error


def _as_told(error: Exception, folder: Folder, full: str) -> StoreError:
    if isinstance(error, sqlite3.Error):
        return StoreError(_sentence(error, folder, full), file=str(folder))
    return StoreError(f"The store cannot be used: {reason_of(error)}.", file=str(folder))


def _sentence(error: sqlite3.Error, folder: Folder, full: str) -> str:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _is_full(folder)):
        return full
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return "The store is damaged: its database cannot be read."
    return f"The store cannot be used: {error}."


def _is_full(folder: Folder) -> bool:
    with suppress(OSError):
        return shutil.disk_usage(folder).free < ROOM
    return False
