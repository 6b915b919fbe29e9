"""One source of walks, opened when it is first needed and closed with the app.

A session makes one walk at a time.  It knows no widget: what it learns goes to `post`, as the messages of
`mailpath.tui.messages`.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from textual.message import Message

from mailpath.facts import Path, Walk
from mailpath.tui import aside, messages
from mailpath.tui.judging import JudgedWalk
from mailpath.tui.preferences import OwnPostures
from mailpath.tui.replayer import Replayer
from mailpath.tui.source import CaptureSource, LabSource, LiveSource, Source

if TYPE_CHECKING:
    from mailpath.judge import Posture
    from mailpath.lab import Lab, Scenario
    from mailpath.network.bounded import Bounded
    from mailpath.network.capture import Capture
    from mailpath.network.protocol import Network
    from mailpath.network.recording import Recording
    from mailpath.report.provenance import Provenance

log = logging.getLogger(__name__)

#: Seconds of a wait that nobody need be told of.
NOTICED = 1.0


class Session:
    """Walks over `source`.  `recording` holds every exchange of the latest walk."""

    def __init__(self, source: Source, own_postures: Callable[[], OwnPostures] | None = None) -> None:
        self.source = source
        self.recording: Recording | None = None
        self._own_postures = own_postures
        self.problems: tuple[str, ...] = ()  # with the user's own postures; known once those are
        self._postures: Mapping[str, Posture] | None = None
        self._loading = asyncio.Lock()  # who opens the app and who walks may both ask first
        self._lab: Lab | None = None
        self._live: Bounded | None = None
        self._closed = False
        self._lock = threading.Lock()

    async def postures(self) -> Mapping[str, Posture]:
        """All of them by name, the user's own first, once the layers below are imported: in a thread, so that
        the screen keeps answering meanwhile."""
        async with self._loading:
            if self._postures is None:
                self._postures = await asyncio.to_thread(self._load)
            return self._postures

    def _load(self) -> Mapping[str, Posture]:
        """Import everything that a walk needs (some 300 ms)."""
        import mailpath.judge.message_options
        import mailpath.report.headline
        import mailpath.report.panels.envelope
        import mailpath.report.result
        import mailpath.walk
        import mailpath.whatif  # noqa: F401
        from mailpath.judge.presets import PRESETS

        if self._own_postures is None:
            return PRESETS
        own, self.problems = self._own_postures()
        return {**own, **PRESETS}

    def waiting(self) -> str:
        """What a mail session has been waiting for, as a phrase, where that has lasted more than a moment."""
        wait = self._live.waits.longest() if self._live is not None else None
        if wait is None or wait.lasted < NOTICED:
            return ""
        return f"waiting, {wait.lasted:.0f} s of {wait.limit:g}: {wait.of_host}"

    async def scenarios(self) -> Mapping[str, Scenario]:
        """The lab's scenarios by id, in the lab's order; the lab is up when this returns."""
        lab = await asyncio.to_thread(self._open_lab)
        return {scenario.id: scenario for scenario in lab.scenarios}

    async def walk(self, run: int, path: Path, post: Callable[[Message], Any]) -> None:
        """Walk `path` and post what happens.  Only cancellation gets out of here."""
        try:
            postures = await self.postures()
            from mailpath.walk import StepFinished, StepStarted
            from mailpath.whatif import forget

            def tell(event: StepStarted | StepFinished) -> None:
                if isinstance(event, StepStarted):
                    post(messages.StepStarted(run, event.id))
                else:
                    so_far = JudgedWalk(event.so_far, postures)
                    post(messages.StepFinished(run, event.result, event.elapsed_ms, so_far))

            forget()  # the walk before is over: of those in the history only the recordings are kept
            began = time.monotonic()
            walk = await aside.run(lambda: self._walked(path, tell))
            capture = self._capture(path, walk)
            rests_on = await aside.run(lambda: self._provenance(capture, walk))
            replayer = Replayer(capture, JudgedWalk(walk, postures, provenance=rests_on))
            elapsed = (time.monotonic() - began) * 1000
            await aside.run(replayer.judged.prepare)
        except Exception as error:  # whatever breaks in a walk becomes a sentence on the screen
            log.exception("walking to %s", path.recipient)
            post(messages.WalkFailed(run, sentence(error, "The walk failed")))
        else:
            post(messages.WalkFinished(run, replayer, elapsed))

    async def _walked(self, path: Path, tell: Callable[[Any], None]) -> Walk:
        from mailpath.walk import walk

        async with self._network() as (network, at):
            return await walk(path, network, at, tell)

    def _capture(self, path: Path, walk: Walk) -> Capture:
        """What the latest walk was made of.  Of a capture's own path: all that it holds."""
        from mailpath.network.capture import capture_of

        if isinstance(self.source, CaptureSource) and path == self.source.capture.path:
            return self.source.capture
        assert self.recording is not None
        return capture_of(self.recording, path, walk.roots)

    async def _provenance(self, capture: Capture, walk: Walk) -> Provenance:
        """What the walk rests on, held against whom this user trusts."""
        from mailpath.report.provenance import NOTHING, given_by, read

        named = None if isinstance(self.source, LabSource) else self.source.settings
        given = given_by(named) if named is not None else NOTHING
        return read(walk, capture.ground, given, replayed=isinstance(self.source, CaptureSource))

    def close(self) -> None:
        """Stop the lab, if it runs.  Waits for one that is just starting."""
        with self._lock:
            self._closed = True
            if self._lab is not None:
                self._lab.stop()
                self._lab = None

    @asynccontextmanager
    async def _network(self) -> AsyncIterator[tuple[Network, int]]:
        """The network of the source, recorded, and the time as of which to judge."""
        from mailpath.network.recording import Recording
        from mailpath.network.replay import Replay

        if isinstance(self.source, CaptureSource):
            replay = Replay(self.source.capture)
            self.recording = Recording(replay)
            yield self.recording, replay.ground.made
            return
        from mailpath.network.settings import Settings
        from mailpath.online import live_network

        if isinstance(self.source, LiveSource):
            inner = live_network(self.source.settings or Settings())
        else:
            lab = await asyncio.to_thread(self._open_lab)
            inner = live_network(lab.settings, kind="lab")
        async with inner:
            self.recording = Recording(inner)
            self._live = inner
            try:
                yield self.recording, int(time.time())
            finally:
                self._live = None

    async def rebuild(self, scenario: Scenario) -> None:
        """A lab of `scenario` in place of the one there is, which stays where that fails.  Raises
        `ScenarioError`, OSError.
        """
        lab = await asyncio.to_thread(self._build, (scenario,))
        with self._lock:
            before, self._lab = self._lab, None if self._closed else lab
        for ended in (before, lab if self._closed else None):
            if ended is not None:
                await asyncio.to_thread(ended.stop)

    def _build(self, scenarios: tuple[Scenario, ...] | None) -> Lab:
        from mailpath.lab import Lab
        from mailpath.lab.scenario import in_their_files

        file = self.source.file if isinstance(self.source, LabSource) else ""
        with in_their_files({each.id: file for each in scenarios or ()}):
            return Lab.start(scenarios)

    def _open_lab(self) -> Lab:
        with self._lock:
            if self._closed:
                raise RuntimeError("the app is closing")
            if self._lab is None:
                chosen = self.source.scenario if isinstance(self.source, LabSource) else None
                loaded = None if chosen is None or isinstance(chosen, str) else (chosen,)
                self._lab = self._build(loaded)
            return self._lab


def sentence(error: BaseException, prefix: str) -> str:
    """`error` for people: one sentence, never empty."""
    why = str(error).strip().splitlines()
    return f"{prefix}: {why[0] if why else type(error).__name__}"
