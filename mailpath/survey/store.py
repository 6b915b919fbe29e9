"""A survey on disk: one SQLite database, in which whatever has been learnt is learnt.

    survey     one row: what was asked for, and the ground that all walks stand on
    domains    the list with its volumes; of a domain that was walked its row and its walk
    contents   exchanges, and the root certificates of walks, each once by content

A walk is a list of references to contents.  What was asked is written when it is answered, in a write-ahead
log (WAL): a process that is killed loses what was under way, and nothing else.  Mail sessions and policies
hold for as long as a survey lasts, DNS answers for their TTL: a survey that goes on asks nobody again.

The folder is its owner's alone: it says whom somebody writes to.
"""

from __future__ import annotations

import os
import time
from array import array
from collections import OrderedDict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from enum import IntEnum
from pathlib import Path as Folder
from types import TracebackType
from typing import Self

import msgspec

from mailpath.exchanges import DnsExchange, Exchange, Question, Request
from mailpath.facts import Path
from mailpath.network.capture import Capture, capture_from, decode
from mailpath.network.protocol import NetworkContext
from mailpath.network.recording import key_of
from mailpath.network.shared import kept_for
from mailpath.survey import packing
from mailpath.survey.database import LOCK, NAME, Database, StoreError, is_store, lock, make, told
from mailpath.survey.digests import Digests
from mailpath.survey.results import Row

__all__ = ["About", "State", "Store", "StoreError", "delete", "is_store", "keeper"]

#: Seconds for which sessions and policies hold: a survey that goes on later asks again.
SURVEY = 24 * 3600.0
#: DNS answers that may wait to be written.
MOST_NOTED = 200
#: Exchanges whose place in the store is remembered.
REMEMBERED = 8192
#: Domains that are read from the list at a time; and as many mails as SQLite can count.
AT_A_TIME, _MOST_MAILS = 256, (1 << 63) - 1
_NEXT = (
    "SELECT name, mails FROM domains WHERE state = ? AND mails <= ? AND (mails < ? OR name > ?)"
    " ORDER BY mails DESC, name LIMIT ?"
)
#: Domains up to which every walk is kept where nobody says what to keep; and one in so many beyond.
ALL_UP_TO, SAMPLE = 20_000, 100

#: Of a network, what has to be the same for all walks of a survey.
_SAME = (
    "kind",
    "trust_anchor",
    "smtp_port",
    "https_port",
    "allow_private",
    "patience",
    "insecure_zones",
)


class State(IntEnum):
    """Of a domain."""

    PENDING = 0
    DONE = 1


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a survey was asked for.

    `sender`: the domain that mail comes from, or None; `today`, `postures`: names; `began`: Unix time;
    `keep`: which walks stay when it ends (see `keeper`).
    """

    sender: str | None
    today: str
    postures: tuple[str, ...]
    began: int
    keep: str


class Store:
    """An open store.  A context manager.  Belongs to one thread; raises `StoreError` only."""

    def __init__(self, folder: str | os.PathLike[str], *, writes: bool = False) -> None:
        """Open the store in `folder`; `writes`: to go on with its survey, which one process may at a time."""
        self.folder = Folder(folder)
        if not is_store(folder):
            raise StoreError("There is no survey in this folder.", file=str(folder))
        self._database = Database(self.folder, writes=writes)
        # By content: each worker of a survey has its own copy, and its own answer to a question.
        self._places: OrderedDict[Exchange, int] = OrderedDict()
        self._noted: dict[Request, DnsExchange] = {}
        #: Of what may be in it, where that is worth knowing: by whoever asks and writes for hours.
        self._asked = Digests() if writes else None
        if self._asked is not None:
            for (digest,) in self._database.rows("SELECT request FROM contents WHERE request IS NOT NULL"):
                self._asked.add(digest)

    @classmethod
    def create(cls, folder: str | os.PathLike[str], about: About, mails: Mapping[str, int]) -> Self:
        """A new store for a survey of `mails` (domain -> volume).  The folder must not hold anything."""
        made = Folder(folder)
        with told(made):
            made.mkdir(mode=0o700, parents=True, exist_ok=True)
            if is_store(made):
                raise StoreError("The folder holds a survey already.", file=str(made))
            if set(os.listdir(made)) - {LOCK}:
                raise StoreError("The folder holds something other than a survey.", file=str(made))
            os.chmod(made, 0o700)
        make(made, msgspec.json.encode(about), mails.items())
        return cls(made, writes=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close it.  May be called twice."""
        self._database.close()

    # --- what was asked for ------------------------------------------------------------------------

    @property
    def about(self) -> About:
        """What the survey was asked for."""
        with self._database.believed():
            return msgspec.json.decode(self._database.one("SELECT about FROM survey")[0], type=About)

    def change(self, about: About) -> None:
        """Ask for something else, of the same list."""
        self._database.all("UPDATE survey SET about = ?", msgspec.json.encode(about))

    def set_ground(self, ground: NetworkContext) -> None:
        """What all walks stand on; its roots and its time are each walk's own.  A survey has one network:
        refuses another than that of the walks that are in it.
        """
        new = msgspec.structs.replace(ground, roots=(), made=0)
        data = self._database.one("SELECT ground FROM survey")[0]
        if data is not None and self.done:
            with self._database.believed():
                old = msgspec.json.decode(data, type=NetworkContext)
            other = [each for each in _SAME if getattr(old, each) != getattr(new, each)]
            if other:
                differs = ", ".join(each.replace("_", " ") for each in other)
                sentence = (
                    f"The survey was begun on another network ({differs}): it cannot go on on this one."
                )
                raise StoreError(sentence, file=str(self.folder))
        self._database.all("UPDATE survey SET ground = ?", msgspec.json.encode(new))

    @property
    def volumes(self) -> tuple[int, int]:
        """How many domains, and how many mails to them."""
        domains, mails = self._database.one("SELECT count(*), coalesce(sum(mails), 0) FROM domains")
        return domains, mails

    @property
    def done(self) -> int:
        """How many domains were walked."""
        found: int = self._database.one("SELECT count(*) FROM domains WHERE state = ?", State.DONE)[0]
        return found

    def todo(self) -> Iterator[tuple[str, int]]:
        """Domains that were not walked, with their mails; most mails first, then by name.

        Read some at a time: a list may be long, and those that come next may have been walked by then.
        """
        name, mails = "", _MOST_MAILS
        while some := self._database.all(_NEXT, State.PENDING, mails, mails, name, AT_A_TIME):
            yield from some
            name, mails = some[-1]

    # --- exchanges ---------------------------------------------------------------------------------

    def known(self, request: Request) -> Exchange | None:
        """The newest answer to `request` that still holds."""
        if isinstance(request, Question) and request in self._noted:
            return self._noted[request]
        digest = packing.digest_of(request)
        if self._asked is not None and digest not in self._asked:
            return None
        found = self._database.all(
            "SELECT id, data FROM contents WHERE request = ? AND until > ? ORDER BY until DESC LIMIT 1",
            digest,
            time.time(),
        )
        if not found:
            return None
        place, data = found[0]
        with self._database.believed():
            exchange = packing.unpacked(data)
        self._remember(exchange, place)
        return exchange

    def note(self, exchange: Exchange) -> None:
        """`exchange` was held just now: of what walks under way have asked for.

        What a mail host or a policy host said is written at once, a DNS answer with what is written next.
        """
        if isinstance(exchange, DnsExchange):
            self._noted[exchange.question] = exchange
            if len(self._noted) < MOST_NOTED:
                return
        with self._whole():
            self._write_noted()
            self.keep(exchange)

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """All that is written in the block, or nothing of it; then no place of it is remembered either."""
        try:
            with self._database.whole():
                yield
        except BaseException:
            self._places.clear()
            raise

    def _write_noted(self) -> None:
        for each in self._noted.values():
            self.keep(each)
        self._noted.clear()

    def keep(self, exchange: Exchange) -> int:
        """Its place in the store, into which it comes where it is new."""
        known = self._places.get(exchange)
        if known is not None:
            self._places.move_to_end(exchange)
            return known
        seconds = kept_for(exchange)
        until = time.time() + (seconds if isinstance(exchange, DnsExchange) or seconds <= 0 else SURVEY)
        place = self._put(packing.packed(exchange), packing.digest_of(key_of(exchange)), until)
        self._remember(exchange, place)
        return place

    def _remember(self, exchange: Exchange, place: int) -> None:
        self._places[exchange] = place
        if len(self._places) > REMEMBERED:
            self._places.popitem(last=False)

    def _put(self, data: bytes, request: bytes | None, until: float) -> int:
        digest = packing.digest(data)
        if self._asked is not None and request is not None:
            self._asked.add(request)
        written = self._database.all(
            "INSERT INTO contents (digest, request, until, data) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (digest) DO UPDATE SET until = max(until, excluded.until) RETURNING id",
            digest,
            request,
            until,
            data,
        )
        place: int = written[0][0]
        return place

    # --- walks -------------------------------------------------------------------------------------

    def finish(
        self,
        row: Row,
        made: int,
        exchanges: Iterable[Exchange],
        roots: Sequence[bytes],
        assumed: Container[Request] = (),
    ) -> None:
        """A domain was walked: all of it, or nothing of it.  `assumed`: what nobody was asked, and so no
        other walk is to be told.
        """
        with self._whole():
            self._write_noted()
            places = [
                self._put(packing.packed(each), None, 0.0) if key_of(each) in assumed else self.keep(each)
                for each in exchanges
            ]
            anchors = [self._put(packing.packed_root(each), None, 0.0) for each in roots]
            self._database.all(
                "UPDATE domains SET state = ?, row = ?, made = ?, walk = ? WHERE name = ?",
                State.DONE,
                packing.compressed(msgspec.json.encode(row)),
                made,
                packing.places(places, anchors),
                row.domain,
            )

    def judge_again(self, row: Row) -> None:
        """Other postures judged a walk that is kept."""
        self._database.all(
            "UPDATE domains SET row = ? WHERE name = ?",
            packing.compressed(msgspec.json.encode(row)),
            row.domain,
        )

    def rows(self) -> Iterator[Row]:
        """One for each domain, most mails first; of those that were not walked nothing else is known."""
        rows = self._database.all("SELECT name, mails, row FROM domains ORDER BY mails DESC, name")
        for name, mails, row in rows:
            with self._database.believed():
                yield (
                    Row(domain=name, mails=mails)
                    if row is None
                    else msgspec.json.decode(packing.plain(row), type=Row)
                )

    def kept(self) -> list[str]:
        """The domains whose walk is kept, by name."""
        return [
            name
            for (name,) in self._database.all("SELECT name FROM domains WHERE walk IS NOT NULL ORDER BY name")
        ]

    def capture(self, domain: str) -> Capture:
        """The walk to `domain` as a capture, read as strictly as a file of its own."""
        found = self._database.all("SELECT made, walk, row IS NULL FROM domains WHERE name = ?", domain)
        if not found:
            raise StoreError(f"The survey has no domain {domain!r}.", file=str(self.folder))
        made, walk, unwalked = found[0]
        if walk is None:
            why = "was not walked yet" if unwalked else "was walked, but its exchanges were not kept"
            raise StoreError(f"The domain {domain!r} {why}.", file=str(self.folder))
        with self._database.believed():
            ground = msgspec.json.decode(
                self._database.one("SELECT ground FROM survey")[0] or b"", type=NetworkContext
            )
            places, anchors = packing.places_in(walk)
            contents = [
                self._database.one("SELECT data FROM contents WHERE id = ?", place)[0] for place in places
            ]
            roots = [
                self._database.one("SELECT data FROM contents WHERE id = ?", place)[0] for place in anchors
            ]
            capture = capture_from(
                map(packing.unpacked, contents),
                msgspec.structs.replace(ground, made=made),
                Path(recipient=domain, sender=self.about.sender),
                map(packing.unpacked_root, roots),
            )
            return decode(msgspec.json.encode(capture))

    def prune(self, keeps: Callable[[Row], bool]) -> None:
        """Let go of walks that nobody wants, and of exchanges that only they refer to."""
        used = array("q")
        for name in self.kept():
            row, walk = self._database.one("SELECT row, walk FROM domains WHERE name = ?", name)
            with self._database.believed():
                if keeps(msgspec.json.decode(packing.plain(row), type=Row)):
                    for places in packing.places_in(walk):
                        used.extend(places)
                else:
                    self._database.all("UPDATE domains SET walk = NULL WHERE name = ?", name)
        with self._database.whole():
            self._database.all("CREATE TEMP TABLE used (id INTEGER PRIMARY KEY)")
            self._database.each("INSERT OR IGNORE INTO used VALUES (?)", ((each,) for each in used))
            self._database.all("DELETE FROM contents WHERE id NOT IN (SELECT id FROM used)")
            self._database.all("DROP TABLE used")
        self._places.clear()
        self._database.all("VACUUM")


def delete(folder: str | os.PathLike[str]) -> None:
    """Remove a store.  Refuses what is none, and one that a survey is at work on."""
    place = Folder(folder)
    if not is_store(place):
        raise StoreError("There is no survey in this folder.", file=str(folder))
    held = lock(place)
    try:
        with told(place):
            for name in (NAME, f"{NAME}-wal", f"{NAME}-shm", f"{NAME}.new", LOCK):
                (place / name).unlink(missing_ok=True)
            with suppress(OSError):  # somebody keeps something else in it
                place.rmdir()
    finally:
        os.close(held)


def keeper(keep: str, domains: int, breaks: Callable[[Row], bool]) -> Callable[[Row], bool] | None:
    """Which walks stay when the survey ends, by `--keep`; None: every one.

    "": every one up to so many domains, beyond that what breaks and a sample.
    """
    if keep == "all" or (not keep and domains <= ALL_UP_TO):
        return None
    if keep == "none":
        return lambda row: False
    if keep == "breaks":
        return breaks
    return lambda row: breaks(row) or packing.digest(row.domain.encode())[0] * SAMPLE < 256
