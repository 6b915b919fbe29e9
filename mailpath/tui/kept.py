"""A survey's store, as the app reads it: in the thread aside, to which the open database belongs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence

import msgspec

from mailpath.judge import Posture
from mailpath.judge.message_options import USUAL
from mailpath.judge.presets import PRESETS
from mailpath.network.capture import Capture
from mailpath.network.replay import Replay
from mailpath.network.settings import Settings
from mailpath.report import provenance
from mailpath.survey.again import Cell, Look, look_again
from mailpath.survey.results import Row
from mailpath.survey.store import About, Store
from mailpath.survey.viewing import Domains
from mailpath.tui import aside
from mailpath.tui.preferences import OwnPostures
from mailpath.walk import walk

#: Seconds of one piece of work: so often what was found until then is shown.
PIECE = 0.25
#: Rows that are read without giving way.
_ROWS = 250


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What is in the store.  `postures`: all that are known here, by name; `problems`: with those of the
    user's own.  `doubt`: why its walks are no evidence, "" where they are; `marks`: what else is to be known
    of what they rest on (both as one of them has it: a survey has one network)."""

    about: About
    domains: Domains
    postures: Mapping[str, Posture]
    problems: tuple[str, ...]
    doubt: str = ""
    marks: tuple[str, ...] = ()


class KeptSurvey:
    """The store in `folder`.  Everything raises `StoreError` where it cannot be read."""

    def __init__(
        self, folder: str, own_postures: Callable[[], OwnPostures], trusted: Settings | None = None
    ) -> None:
        """`trusted`: whom this user trusts, which the recordings are held against."""
        self.folder = folder
        self.trusted = trusted
        self._own_postures = own_postures
        self._store: Store | None = None
        self._closed = False
        self._postures: Mapping[str, Posture] = PRESETS

    async def read(self) -> Read:
        """All of it; what another process has added meanwhile, too."""
        return await aside.run(self._read)

    async def _read(self) -> Read:
        own, problems = self._own_postures()
        self._postures = {**own, **PRESETS}
        store = self._opened()
        rows: list[Row] = []
        for row in store.rows():
            rows.append(row)
            if len(rows) % _ROWS == 0:
                await asyncio.sleep(0)
        kept = store.kept()
        doubt, marks = await self._rests_on(store, kept[0]) if kept else ("", ())
        return Read(
            about=store.about,
            domains=Domains(rows, kept),
            postures=self._postures,
            problems=problems,
            doubt=doubt,
            marks=marks,
        )

    async def _rests_on(self, store: Store, domain: str) -> tuple[str, tuple[str, ...]]:
        capture = store.capture(domain)
        found = await walk(capture.path, Replay(capture), capture.ground.made)
        given = provenance.given_by(self.trusted) if self.trusted is not None else provenance.NOTHING
        origin = provenance.read(found, capture.ground, given, replayed=True)
        doubt = provenance.doubt(origin, found, PRESETS["rfc"], USUAL)
        return doubt, provenance.marks(origin, source=False, doubted=bool(doubt))

    async def capture(self, domain: str) -> Capture:
        """The walk to `domain`."""

        async def read() -> Capture:
            return self._opened().capture(domain)

        return await aside.run(read)

    async def judge(
        self, domains: Sequence[str], look: Look, postures: Sequence[str]
    ) -> list[Mapping[str, Cell]]:
        """Of the first of `domains`, as many as there is time for, what `postures` make of their walks."""
        return await aside.run(lambda: self._judge(domains, look, postures))

    async def _judge(
        self, domains: Sequence[str], look: Look, postures: Sequence[str]
    ) -> list[Mapping[str, Cell]]:
        known = [self._postures[name] for name in postures]
        end = time.monotonic() + PIECE
        found: list[Mapping[str, Cell]] = []
        for domain in domains:
            found.append(await look_again(self._opened().capture(domain), known, look))
            await asyncio.sleep(0)
            if time.monotonic() >= end:
                break
        return found

    def _opened(self) -> Store:
        if self._closed:
            raise RuntimeError("the app is closing")
        if self._store is None:
            self._store = Store(self.folder)
        return self._store

    async def close(self) -> None:
        """Let go of the store, for good."""

        async def close() -> None:
            self._closed = True
            if self._store is not None:
                self._store.close()
                self._store = None

        await aside.run(close)
