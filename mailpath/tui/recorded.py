"""A finished walk and its recording: walked again under an attack or as of another time, without a packet."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mailpath.facts import Walk
from mailpath.tui.judging import Bench
from mailpath.tui.lens import Lens, Stop, View, stops

if TYPE_CHECKING:
    from mailpath.network.capture import Capture
    from mailpath.tui.stack import Stack
    from mailpath.whatif import Attack, Rewalks, Summary

#: Times at which the recording is kept walked; the catalogue's walks are held for each.
_MOST_TIMES = 4
#: Times whose outcome is told beforehand in the list.
_MOST_FORECASTS = 16


class Recorded:
    """`bench`: the walk as it was walked.  All of it is memory: nothing here could reach a network."""

    def __init__(self, capture: Capture, walk: Walk, stack: Stack) -> None:
        self.capture = capture
        self.bench = Bench(walk, stack)
        self._stack = stack
        self._rewalks: dict[int | None, Rewalks] = {}
        self._summaries: dict[tuple[str, int | None], Summary] = {}
        self._forecasts: dict[str, dict[int, str]] = {}

    @property
    def attacks(self) -> Mapping[str, Attack]:
        """The catalogue."""
        from mailpath.whatif import ATTACKS

        return ATTACKS

    def stops(self) -> tuple[Stop, ...]:
        """What ends on this path, in order; past moments too."""
        from mailpath.whatif import timeline

        return stops(timeline(self.bench.walk, self.capture.ground.made))

    async def view(self, lens: Lens, posture: str) -> View:
        """The walk through `lens`; `posture` decides where `steer` leads."""
        from mailpath.whatif import attack_outcome

        rewalks = self._at(lens.at)
        if not lens.attack:
            return View(lens, self._bench(await rewalks.untampered()))
        outcome = await attack_outcome(rewalks, self._posture(posture), lens.attack)
        rewalk = await rewalks.under(lens.attack, outcome.steer_to)
        return View(lens, self._bench(rewalk.walk), rewalk.marks, outcome)

    async def summary(self, posture: str, at: int | None = None) -> Summary:
        """Who can read this posture's mail: the whole catalogue."""
        from mailpath.whatif import summary

        key = (posture, at)
        if key not in self._summaries:
            self._summaries[key] = await summary(self._at(at), self._posture(posture))
        return self._summaries[key]

    async def forecast(self, posture: str) -> dict[int, str]:
        """Time -> outcome, for the next times at which the clock can be set to."""
        if posture in self._forecasts:
            return self._forecasts[posture]
        found: dict[int, str] = {}
        later = [stop for stop in self.stops() if stop.at > self.bench.walk.at]
        for stop in later[:_MOST_FORECASTS]:
            rewalks = self._at(None)
            walk = await rewalks.untampered(stop.at)
            found[stop.at] = self._stack.judge(walk, self._posture(posture)).outcome.value
            await asyncio.sleep(0)
        self._forecasts[posture] = found
        return found

    def rest(self) -> None:
        """Forget what can be walked again: of walks gone by only the recording is kept."""
        self._rewalks.clear()
        self._summaries.clear()
        self._forecasts.clear()

    def _at(self, at: int | None) -> Rewalks:
        from mailpath.whatif import Rewalks

        if at not in self._rewalks:
            while len(self._rewalks) >= _MOST_TIMES:
                del self._rewalks[next(reversed(self._rewalks))]
            self._rewalks[at] = Rewalks(self.capture, self.bench.walk.path, at)
        return self._rewalks[at]

    def _bench(self, walk: Walk) -> Bench:
        return Bench(walk, self._stack)

    def _posture(self, name: str) -> Any:
        return self._stack.postures[name]
