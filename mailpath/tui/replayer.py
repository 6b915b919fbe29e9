"""A finished walk and its recording: walked again under an attack or as of another time, without a packet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec.structs import replace

from mailpath.tui import aside
from mailpath.tui.expiries import ClockStop, Outlook, knows_renewed, stops
from mailpath.tui.judging import JudgedWalk
from mailpath.tui.lens import Lens, PlanState, age_at
from mailpath.visible import visible

if TYPE_CHECKING:
    from mailpath.attacks.record import Attack
    from mailpath.facts import StsPolicy, Walk
    from mailpath.judge import Posture
    from mailpath.judge.message_options import MessageOptions
    from mailpath.network.capture import Capture
    from mailpath.plan import Plan
    from mailpath.whatif import AttackOutcome, Rewalks, Summary

_Key = TypeVar("_Key")
_Answer = TypeVar("_Answer")

#: Times at which the recording is kept walked, its own among them; the catalogue's walks are held for each.
_MOST_TIMES = 4
#: Summaries kept, and forecasts: one for each posture, time and message that was looked at.
_MOST_ANSWERS = 160
#: Times whose outcome is told beforehand in the list.
_MOST_FORECASTS = 16


class View(msgspec.Struct, frozen=True):
    """The recording walked again through `lens`.

    `tampered`: step id -> the exchanges of it that the attacker touched.  `outcome`: what the attack makes
    of the posture it was asked for; None without an attack.  `before`: what it is compared with, None for
    the walk as it was walked.  `alone`: the outcome at one host alone, and whether the attacker touched it.
    Of a state of a plan: `today`, the walk as it was walked, and `capture`, what was exchanged in that state.
    """

    lens: Lens
    judged: JudgedWalk
    tampered: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    outcome: AttackOutcome | None = None
    before: JudgedWalk | None = None
    alone: Callable[[str, bool], AttackOutcome] | None = None
    today: JudgedWalk | None = None
    capture: Capture | None = None

    def of_host(self, host: str | None) -> View:
        """What of it is about `host`, or about the domain; None: all of it."""
        if host is None or host not in self.judged.hosts:
            return self
        walks = [judged.walk for judged in (self.before, self.judged) if judged is not None]
        others = _others(walks, host)
        kept = {
            step: tuple(mark for mark in marks if mark.split(" ")[0] not in others)
            for step, marks in self.tampered.items()
        }
        tampered = {step: marks for step, marks in kept.items() if marks}
        outcome = self.alone(host, bool(tampered)) if self.alone is not None else self.outcome
        return replace(self, tampered=tampered, outcome=outcome)


def _others(walks: list[Walk], host: str) -> set[str]:
    """Names and addresses that only the other MX hosts have."""
    own: set[str] = set()
    others: set[str] = set()
    for walk in walks:
        for each in walk.mx.hosts:
            (own if each.name == host else others).update((each.name, *each.addresses))
        for tlsa in walk.tlsa.hosts:
            names = (candidate.lookup.name for candidate in tlsa.candidates)
            (own if tlsa.host == host else others).update(names)
    return {visible(name) for name in others - own}


class Replayer:
    """`judged`: the walk as it was walked.  All of it is memory: nothing here could reach a network.

    What has to be walked again is walked, and judged for the whole path, aside: see `mailpath.tui.aside`.
    """

    def __init__(self, capture: Capture, judged: JudgedWalk) -> None:
        self.capture = capture
        self.judged = judged
        self._rewalks: dict[int | None, Rewalks] = {}
        self._summaries: dict[tuple[str, Lens], Summary] = {}
        self._forecasts: dict[tuple[str, Lens], dict[int, Outlook]] = {}
        self.plans: dict[str, Plan] = {}
        self._states: dict[PlanState, Replayer] = {}

    def marks(self, *, source: bool = True, doubted: bool = False) -> tuple[str, ...]:
        """What is to be known of what it rests on, a few words each (`mailpath.report.provenance.marks`)."""
        from mailpath.report.provenance import marks

        known = self.judged.provenance
        return marks(known, source=source, doubted=doubted) if known is not None else ()

    @property
    def attacks(self) -> Mapping[str, Attack]:
        """The catalogue."""
        from mailpath.attacks.catalogue import ATTACKS

        return ATTACKS

    def stops(self, policy_age: int | None = None) -> tuple[ClockStop, ...]:
        """What ends on this path, in order; past moments too.  `policy_age`: as in `Lens`."""
        from mailpath.whatif import timeline

        age = policy_age or 0
        if self.policy is not None and age >= self.policy.max_age:
            age += 1  # what is as old as that has ended already
        return stops(timeline(self.judged.walk, self.capture.ground.made - age))

    @property
    def policy(self) -> StsPolicy | None:
        """The MTA-STS policy that a sender who was here before has: the one that was found."""
        return self.judged.walk.sts.policy

    async def view(self, lens: Lens, posture: str) -> View:
        """The walk through `lens`; `posture` decides where `steer` leads."""
        return await aside.run(lambda: self._prepared(lens, posture))

    async def _prepared(self, lens: Lens, posture: str) -> View:
        view = await self._view(lens, posture)
        await view.judged.prepare()
        return view

    async def _view(self, lens: Lens, posture: str) -> View:
        if lens.state is not None:
            inner = self._states[lens.state]
            seen = await inner._view(replace(lens, state=None, at=None), posture)
            today = self._judged(self.judged.walk, lens.sent)
            before = seen.before if lens.attack else today
            return replace(seen, lens=lens, before=before, today=today, capture=inner.capture)
        if not lens.rewalked:
            return View(lens, self._judged(self.judged.walk, lens))
        from mailpath.whatif import attack_outcome, outcome

        rewalks = self._at(lens.at)
        before = self._judged(self.judged.walk, replace(lens, at=None))
        if not lens.attack:
            return View(lens, self._judged(await rewalks.untampered(), lens), before=before)
        asked = self._asked(lens)
        known = self._posture(posture)
        found = await attack_outcome(rewalks, known, lens.attack, asked=asked)
        rewalk = await rewalks.under(lens.attack, found.steer_to)
        judged = self._judged(rewalk.walk, lens)
        held = asked.cached(await rewalks.met(), known)
        cached = await rewalks.cached_policy(known)

        @cache
        def alone(host: str, touched: bool) -> AttackOutcome:
            return outcome(
                judged.of_host(host).walk,
                known,
                found.attack,
                held=held,
                cached=cached,
                message=asked.message,
                touched=touched,
                steer_to=found.steer_to,
            )

        return View(lens, judged, rewalk.marks, found, before, alone)

    async def summary(self, posture: str, lens: Lens) -> Summary:
        """Who can read this posture's mail: the whole catalogue, whichever attack `lens` has."""
        from mailpath.whatif import summary

        key = (posture, lens.unattacked)
        if lens.state is not None:
            return await self._states[lens.state].summary(posture, replace(lens, state=None, at=None))
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

    def remembered(self, posture: str, lens: Lens) -> tuple[Summary, dict[int, Outlook]] | None:
        """What `summary` and `forecast` found before; None where one of them was not asked yet."""
        summary = self._summaries.get((posture, lens.unattacked))
        outlooks = self._forecasts.get((posture, lens.sent))
        return None if summary is None or outlooks is None else (summary, outlooks)

    async def _forecast(self, posture: str, lens: Lens) -> dict[int, Outlook]:
        found: dict[int, Outlook] = {}
        known, now = self.stops(lens.policy_age), self.judged.walk.at
        later = [stop for stop in known if stop.at > now]
        for stop in later[:_MOST_FORECASTS]:
            rewalks = self._at(None)
            walk = await rewalks.untampered(stop.at)
            renewed = ""
            if knows_renewed(stop, known, now):
                signed = replace(self.judged.walk, at=stop.at)
                renewed = self._judged(signed, replace(lens, at=stop.at)).verdict(posture).outcome.value
            outcome = self._judged(walk, replace(lens, at=stop.at)).verdict(posture).outcome.value
            found[stop.at] = Outlook(outcome, renewed)
            await asyncio.sleep(0)
        return found

    async def plan(self, goal: str, tell: Callable[[int], None]) -> Plan:
        """The plan for `goal`, with its states to look at; made once.  `tell`: how many of them are walked,
        called in the other thread."""
        if goal not in self.plans:
            from mailpath.tui.plans import planned

            plan, states = await planned(self, goal, tell)
            self._states.update(states)
            self.plans[goal] = plan
        return self.plans[goal]

    def outcome_of(self, state: PlanState, posture: str) -> str:
        """What becomes of such mail in a state of a plan."""
        return self._states[state].judged.verdict(posture).outcome.value

    def release(self) -> None:
        """Forget what can be walked again: of walks gone by only the recording is kept."""
        self._rewalks.clear()
        self._summaries.clear()
        self._forecasts.clear()
        self.plans.clear()
        self._states.clear()
        self.judged.release()

    def _at(self, at: int | None) -> Rewalks:
        from mailpath.whatif import Rewalks

        known = self._rewalks.pop(at, None) or Rewalks(self.capture, self.judged.walk.path, at)
        self._rewalks[at] = known  # the latest stands last
        if len(self._rewalks) > _MOST_TIMES:
            del self._rewalks[next(each for each in self._rewalks if each is not None)]
        return known

    def _judged(self, walk: Walk, lens: Lens) -> JudgedWalk:
        """`walk`, a walk at the time of `lens`, judged for what that says is sent."""
        base = self.judged
        return type(base)(walk, base.postures, self._asked(lens), base.met or base.walk, base.provenance)

    def _asked(self, lens: Lens) -> MessageOptions:
        from mailpath.judge.message_options import Message, MessageOptions

        base = self.judged
        age = age_at(lens, base.walk.at)
        if age is None and base.asked is not None:
            age = base.asked.policy_age
        return MessageOptions(message=Message(lens.message), policy_age=age)

    def _posture(self, name: str) -> Posture:
        return self.judged.postures[name]


def _keep(answers: dict[_Key, _Answer], key: _Key, answer: _Answer) -> None:
    """Add `answer`; the oldest give way."""
    answers[key] = answer
    while len(answers) > _MOST_ANSWERS:
        del answers[next(iter(answers))]
