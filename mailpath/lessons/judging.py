"""What happens in a lesson's world: built in the lab, walked for real, judged.  No answer stands in a file.

A `Bench` walks each scenario once and remembers the recording, for as long as a lesson or a check lasts.
Attack, clock and posture are then worked out on the recording, as everywhere: see `mailpath.whatif`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from mailpath.errors import MailpathError
from mailpath.facts import Path, Status, Walk
from mailpath.facts.steps import STEPS
from mailpath.findings import find
from mailpath.judge import Outcome, Posture, Verdict, message_options
from mailpath.judge.message_options import MessageOptions
from mailpath.judge.presets import posture as posture_named
from mailpath.lab import Lab, Scenario
from mailpath.lab.ca import Authority
from mailpath.lessons.confined import Confined
from mailpath.lessons.edits import EditError, parse, seconds
from mailpath.lessons.grammar import Condition, Do, Explain, Question
from mailpath.lessons.passing import met_on_the_way
from mailpath.lessons.worlds import World, apply
from mailpath.network.capture import Capture, capture_of
from mailpath.network.recording import Recording
from mailpath.visible import visible
from mailpath.walk import live_network, walk
from mailpath.whatif import Rewalks, attack_outcome
from mailpath.whatif.clock import timeline

#: Scenarios that one bench holds: a lesson has some tens.
MOST_SCENARIOS = 600
#: Seconds for which one bench holds them.
LONGEST = 86400


#: The answers that a question has, where they are always the same.
_OUTCOMES = tuple(
    f"{outcome.value}{tail}"
    for outcome in Outcome
    for tail in ("", "/retry", ", read", "/retry, read")
    if outcome is not Outcome.UNKNOWN
)
VOCABULARY = {
    "outcome": _OUTCOMES,
    "reads": ("yes", "no"),
    "ends": ("certificate", "signatures", "policy", "none"),
    "panel": (*STEPS[:-1], "none"),
}


class OutsideLoopback(MailpathError):
    """A world that would have a walk leave this machine."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What one sender's mail met in one world.  `reads`: whether the attacker reads it; None without one."""

    walk: Walk
    verdict: Verdict
    reads: bool | None = None

    @property
    def word(self) -> str:
        """As an option names it: "encrypted", "plaintext/retry", "encrypted, read"."""
        retry = "/retry" if self.verdict.after_retry else ""
        return f"{self.verdict.outcome.value}{retry}{', read' if self.reads else ''}"


class Bench:
    """Walks worlds, and remembers.  All its labs share their keys: a digest stays what it is when a learner
    edits something else.  A day later it begins anew, for dates are told from when a lab was built.
    """

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._now = int(time.time())
        self._authority = Authority(self._now)
        self._captures: dict[bytes, Capture] = {}
        self._rewalks: dict[tuple[bytes, int], Rewalks] = {}

    async def capture(self, scenario: Scenario) -> Capture:
        """A recording of the path to the scenario's domain.

        Raises `ScenarioError`, `OutsideLoopback`, OSError.
        """
        key = msgspec.json.encode(scenario)
        if len(self._captures) >= MOST_SCENARIOS or time.time() - self._now > LONGEST:
            self._begin()
        if key not in self._captures:
            self._captures[key] = await self._record(scenario)
        return self._captures[key]

    async def rewalks(self, scenario: Scenario, clock: int = 0) -> Rewalks:
        """Its re-walks as of `clock` seconds from when it was built."""
        capture = await self.capture(scenario)
        key = msgspec.json.encode(scenario), clock
        if key not in self._rewalks:
            self._rewalks[key] = Rewalks(capture, at=capture.ground.made + clock)
        return self._rewalks[key]

    async def walk(self, world: World) -> Walk:
        """The walk in `world`, under its attack."""
        rewalks = await self.rewalks(world.scenario, world.clock + world.waited)
        return (await rewalks.under(world.attack)).walk if world.attack else await rewalks.untampered()

    async def see(self, world: World, posture: str = "") -> Seen:
        """What becomes of this sender's mail.  `posture`: default the world's.  Raises `MailpathError`."""
        sender = posture_named(posture or world.posture)
        rewalks = await self.rewalks(world.scenario, world.clock + world.waited)
        asked = MessageOptions(policy_age=world.policy_age)
        if world.attack:
            told = await attack_outcome(rewalks, sender, world.attack, asked=asked)
            after = (await rewalks.under(world.attack, told.steer_to)).walk
            return Seen(walk=after, verdict=told.verdict, reads=told.attacker_reads)
        found = await rewalks.untampered()
        return Seen(walk=found, verdict=await _verdict(rewalks, found, sender, asked))

    async def _record(self, scenario: Scenario) -> Capture:
        with Lab.start((scenario,), now=self._now, authority=self._authority) as lab:
            async with live_network(lab.settings, kind="lab") as network:
                confined = Confined(network)
                recording, path = Recording(confined), Path(recipient=scenario.domain, sender=scenario.sender)
                found = await walk(path, recording, network.ground.made)
                if confined.strays:
                    address = visible(confined.strays[0])
                    raise OutsideLoopback(
                        f"{address} is no address of the lab: a walk would leave this machine."
                    )
                return capture_of(recording, path, found.roots)


async def _verdict(rewalks: Rewalks, found: Walk, sender: Posture, asked: MessageOptions) -> Verdict:
    held = asked.cached(await rewalks.met(), sender)
    return message_options.verdict(found, sender, held, asked.message)


# --- questions ---------------------------------------------------------------------------------------


async def answer(bench: Bench, world: World, question: Question) -> str:
    """The key of the right option."""
    if question.of == "ends":
        return await first_ended(bench, world)
    if question.of == "panel":
        found = await bench.walk(world)
        return next((each.id for each in found.steps if each.status is Status.FAIL), "none")
    if question.of == "finding":
        found = await bench.walk(world)
        order = ("error", "warning", "info")
        told = sorted(find(found), key=lambda each: order.index(each.severity.value))
        return told[0].code if told else "none"
    seen = await bench.see(world, question.posture)
    if question.of == "reads":
        return "yes" if seen.reads else "no"
    if question.of == "host":
        return _relative(seen.verdict.host, world.scenario) if _taken(seen.verdict) else "none"
    return seen.word


async def first_ended(bench: Bench, world: World) -> str:
    """What ends first of all that is on this path: "certificate", "signatures", "policy"."""
    rewalks = await bench.rewalks(world.scenario)
    moments = [each for each in timeline(await rewalks.untampered()) if each.at >= rewalks.made]
    return moments[0].what if moments else "none"


def _taken(verdict: Verdict) -> bool:
    return verdict.outcome in (Outcome.AUTHENTICATED, Outcome.ENCRYPTED, Outcome.PLAINTEXT)


def _relative(host: str | None, scenario: Scenario) -> str:
    """A host's name as the scenario has it."""
    return (host or "none").removesuffix(f".{scenario.domain}")


async def true_sentence(bench: Bench, world: World, step: Explain) -> tuple[int, ...]:
    """The places of the explanations that hold; one, in a sound lesson."""
    return tuple(
        [number for number, each in enumerate(step.sentence) if await all_hold(bench, world, each.holds)]
    )


# --- goals -------------------------------------------------------------------------------------------


async def unmet(bench: Bench, world: World, step: Do) -> Condition | None:
    """The first condition of the task of `step` that does not hold in `world`; None: it is done."""
    for each in step.goal:
        try:
            if not await holds(bench, world, each):
                return each
        except EditError:  # what it would edit is gone
            return each
    return None


async def reached(bench: Bench, world: World, step: Do) -> bool:
    """Whether the task of `step` is done in `world`."""
    return await unmet(bench, world, step) is None


async def all_hold(bench: Bench, world: World, conditions: Iterable[Condition]) -> bool:
    """Whether each of `conditions` holds in `world`."""
    for each in conditions:
        if not await holds(bench, world, each):
            return False
    return True


async def holds(bench: Bench, world: World, condition: Condition) -> bool:
    """Whether `condition` holds in `world`.  Raises `MailpathError` where it cannot be looked at."""
    for text in condition.world:
        world = apply(world, parse(text))
    if not await _holds_now(bench, world, condition):
        return False
    if condition.since:
        span = seconds(condition.since)
        if world.policy_age is not None:
            earlier = replace(world, policy_age=max(0, world.policy_age - span))
        else:
            earlier = replace(world, clock=world.clock - span)
        return not await _holds_now(bench, earlier, condition)
    return True


async def _holds_now(bench: Bench, world: World, wanted: Condition) -> bool:
    if wanted.judges:
        seen = await bench.see(world, wanted.posture)
        verdict = seen.verdict
        host = _relative(verdict.host, world.scenario)
        pairs = (
            (wanted.outcome, f"{verdict.outcome.value}{'/retry' if verdict.after_retry else ''}"),
            (wanted.event, verdict.event.value),
            (wanted.demand, verdict.demand.value if verdict.demand else "none"),
            (wanted.mechanism, verdict.mechanism.value),
            (wanted.host, host),
        )
        if any(there and there != found for there, found in pairs):
            return False
        if wanted.reads is not None and wanted.reads != bool(seen.reads):
            return False
        if wanted.never and await _met_on_the_way(bench, world, wanted):
            return False
    if wanted.finding or wanted.without:
        codes = {each.code for each in find(await bench.walk(world))}
        if not set(wanted.finding) <= codes or codes & set(wanted.without):
            return False
    return not wanted.ended or await _ended(bench, world) == wanted.ended


async def _met_on_the_way(bench: Bench, world: World, wanted: Condition) -> bool:
    start = await bench.capture(world.stages[0].scenario)
    for scenario in met_on_the_way(world, start):
        met = await bench.see(replace(world, scenario=scenario, past=()), wanted.posture)
        if met.verdict.outcome.value == wanted.never:
            return True
    return False


async def _ended(bench: Bench, world: World) -> str:
    """What was the first thing to end by the time of `world`; "" while nothing has."""
    rewalks = await bench.rewalks(world.scenario)
    moments = [each for each in timeline(await rewalks.untampered()) if each.at >= rewalks.made]
    now = rewalks.made + world.clock + world.waited
    return moments[0].what if moments and moments[0].at < now else ""
