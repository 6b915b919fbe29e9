"""A finished walk and its recording: walked again under an attack or as of another time, without a packet."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from mailpath.facts import Walk
from mailpath.tui import aside
from mailpath.tui.asked import age_at
from mailpath.tui.ends import held
from mailpath.tui.judging import Bench
from mailpath.tui.lens import Lens, Outlook, Stop, View, stops

if TYPE_CHECKING:
    from mailpath.attacks.record import Attack
    from mailpath.facts import StsPolicy
    from mailpath.judge.sending import Sending
    from mailpath.network.capture import Capture
    from mailpath.report.provenance import Provenance
    from mailpath.tui.stack import Stack
    from mailpath.whatif import AttackOutcome, Rewalks, Summary

_Key = TypeVar("_Key")
_Answer = TypeVar("_Answer")

#: Times at which the recording is kept walked, its own among them; the catalogue's walks are held for each.
_MOST_TIMES = 4
#: Summaries kept, and forecasts: one for each posture, time and message that was looked at.
_MOST_ANSWERS = 64
#: Times whose outcome is told beforehand in the list.
_MOST_FORECASTS = 16


class Recorded:
    """`bench`: the walk as it was walked.  All of it is memory: nothing here could reach a network.

    What has to be walked again is walked, and judged for the whole path, aside: see `mailpath.tui.aside`.
    """

    def __init__(
        self, capture: Capture, walk: Walk, stack: Stack, provenance: Provenance | None = None
    ) -> None:
        """`provenance`: what it rests on; None: on what everybody trusts."""
        self.capture = capture
        self.provenance = provenance
        self._stack = stack if provenance is None else stack.standing_on(provenance)
        self.bench = Bench(walk, self._stack)
        self._rewalks: dict[int | None, Rewalks] = {}
        self._summaries: dict[tuple[str, Lens], Summary] = {}
        self._forecasts: dict[tuple[str, Lens], dict[int, Outlook]] = {}

    def marks(self, *, source: bool = True, doubted: bool = False) -> tuple[str, ...]:
        """What is to be known of what it rests on, a few words each (`mailpath.report.provenance.marks`)."""
        from mailpath.report.provenance import marks

        known = self.provenance
        return marks(known, source=source, doubted=doubted) if known is not None else ()

    @property
    def attacks(self) -> Mapping[str, Attack]:
        """The catalogue."""
        from mailpath.attacks.catalogue import ATTACKS

        return ATTACKS

    def stops(self, policy_age: int | None = None) -> tuple[Stop, ...]:
        """What ends on this path, in order; past moments too.  `policy_age`: as in `Lens`."""
        from mailpath.whatif import timeline

        age = policy_age or 0
        if self.policy is not None and age >= self.policy.max_age:
            age += 1  # what is as old as that has ended already
        return stops(timeline(self.bench.walk, self.capture.ground.made - age))

    @property
    def policy(self) -> StsPolicy | None:
        """The MTA-STS policy that a sender who was here before has: the one that was found."""
        return self.bench.walk.sts.policy

    async def view(self, lens: Lens, posture: str) -> View:
        """The walk through `lens`; `posture` decides where `steer` leads."""
        return await aside.run(lambda: self._prepared(lens, posture))

    async def _prepared(self, lens: Lens, posture: str) -> View:
        view = await self._view(lens, posture)
        await view.bench.prepare()
        return view

    async def _view(self, lens: Lens, posture: str) -> View:
        if not lens.rewalked:
            return View(lens, self._bench(self.bench.walk, lens))
        from mailpath.whatif import attack_outcome, outcome

        rewalks = self._at(lens.at)
        before = self._bench(self.bench.walk, replace(lens, at=None))
        if not lens.attack:
            return View(lens, self._bench(await rewalks.untampered(), lens), before=before)
        asked = self._asked(lens)
        known = self._posture(posture)
        found = await attack_outcome(rewalks, known, lens.attack, asked=asked)
        rewalk = await rewalks.under(lens.attack, found.steer_to)
        bench = self._bench(rewalk.walk, lens)
        held = asked.cached(await rewalks.met(), known)
        cached = await rewalks.cached_policy(known)

        @cache
        def alone(host: str, touched: bool) -> AttackOutcome:
            return outcome(
                bench.of_host(host).walk,
                known,
                found.attack,
                held=held,
                cached=cached,
                message=asked.message,
                touched=touched,
                steer_to=found.steer_to,
            )

        return View(lens, bench, rewalk.marks, found, before, alone)

    async def summary(self, posture: str, lens: Lens) -> Summary:
        """Who can read this posture's mail: the whole catalogue, whichever attack `lens` has."""
        from mailpath.whatif import summary

        key = (posture, lens.unattacked)
        if key not in self._summaries:
            rewalks, known, asked = self._at(lens.at), self._posture(posture), self._asked(lens)
            _keep(self._summaries, key, await aside.run(lambda: summary(rewalks, known, asked)))
        return self._summaries[key]

    async def forecast(self, posture: str, lens: Lens) -> dict[int, Outlook]:
        """What becomes of such mail at the next times that the clock can be set to."""
        key = (posture, lens.sent)
        if key not in self._forecasts:
            _keep(self._forecasts, key, await aside.run(lambda: self._forecast(posture, lens)))
        return self._forecasts[key]

    async def _forecast(self, posture: str, lens: Lens) -> dict[int, Outlook]:
        found: dict[int, Outlook] = {}
        known, now = self.stops(lens.policy_age), self.bench.walk.at
        later = [stop for stop in known if stop.at > now]
        for stop in later[:_MOST_FORECASTS]:
            rewalks = self._at(None)
            walk = await rewalks.untampered(stop.at)
            renewed = ""
            if held(stop, known, now):
                signed = msgspec.structs.replace(self.bench.walk, at=stop.at)
                renewed = self._bench(signed, replace(lens, at=stop.at)).verdict(posture).outcome.value
            outcome = self._bench(walk, replace(lens, at=stop.at)).verdict(posture).outcome.value
            found[stop.at] = Outlook(outcome, renewed)
            await asyncio.sleep(0)
        return found

    def rest(self) -> None:
        """Forget what can be walked again: of walks gone by only the recording is kept."""
        self._rewalks.clear()
        self._summaries.clear()
        self._forecasts.clear()
        self.bench.rest()

    def _at(self, at: int | None) -> Rewalks:
        from mailpath.whatif import Rewalks

        known = self._rewalks.pop(at, None) or Rewalks(self.capture, self.bench.walk.path, at)
        self._rewalks[at] = known  # the latest stands last
        if len(self._rewalks) > _MOST_TIMES:
            del self._rewalks[next(each for each in self._rewalks if each is not None)]
        return known

    def _bench(self, walk: Walk, lens: Lens) -> Bench:
        """`walk`, a walk at the time of `lens`, judged for what that says is sent."""
        return Bench(walk, self._stack, self._asked(lens), self.bench.walk)

    def _asked(self, lens: Lens) -> Sending:
        from mailpath.judge.sending import Message, Sending

        return Sending(message=Message(lens.message), policy_age=age_at(lens, self.bench.walk.at))

    def _posture(self, name: str) -> Any:
        return self._stack.postures[name]


def _keep(answers: dict[_Key, _Answer], key: _Key, answer: _Answer) -> None:
    """Add `answer`; the oldest give way."""
    answers[key] = answer
    while len(answers) > _MOST_ANSWERS:
        del answers[next(iter(answers))]
