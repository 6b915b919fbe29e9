"""Builds what senders meet, walks to it and judges it under every posture.

Every state is a lab of its own, and a real walk.  A sender may hold an MTA-STS policy of an earlier state: it
goes by it as long as it does not fetch another one, so each state is judged without one, with each one that
may be held, and with each while the policy host cannot be reached.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

import msgspec
from msgspec.structs import replace

from mailpath.facts import Path, StsPolicy, Walk
from mailpath.judge import Outcome, Posture, Verdict, judge
from mailpath.judge.message_options import MessageOptions
from mailpath.judge.presets import PRESETS
from mailpath.judge.sts import fetched_policy
from mailpath.lab import Lab
from mailpath.lab.ca import Authority
from mailpath.lab.scenario import Scenario
from mailpath.network.capture import Capture, capture_of
from mailpath.network.recording import Recording
from mailpath.plan.passage import Met, Passage
from mailpath.plan.world import World
from mailpath.walk import live_network, walk
from mailpath.whatif import Rewalks

#: From best to worst.
ORDER = (Outcome.AUTHENTICATED, Outcome.ENCRYPTED, Outcome.PLAINTEXT, Outcome.DEFERRED, Outcome.BOUNCED)
#: Labs that are up at once: they mostly wait, where a host of theirs is silent.
_AT_ONCE = 8
_HIDES_POLICY = "block-policy"
_encode = msgspec.json.Encoder(order="deterministic").encode


class Standing(NamedTuple):
    """How mail of one posture fares: the higher `rank`, the worse."""

    rank: float
    outcome: str


def standing(verdict: Verdict) -> Standing:
    """Of one verdict; where it is unknown, of the worst that is possible.

    Mail that is deferred at first and delivered later stands between the two outcomes.
    """
    if verdict.outcome is not Outcome.UNKNOWN:
        return Standing(ORDER.index(verdict.outcome) + verdict.after_retry / 2, verdict.outcome.value)
    rank = max(map(ORDER.index, verdict.possible), default=len(ORDER))
    return Standing(rank, verdict.outcome.value)


class Seen(NamedTuple):
    """One state, walked."""

    walk: Walk
    capture: Capture
    #: The same where no policy can be fetched; None where there is none to hide.
    hidden: Walk | None


class States:
    """Walks states, each once.  `now`: their time; `path`: whose mail it is; `patience`: as in `Settings`;
    `tell`: is told how many are walked, after each.
    """

    def __init__(
        self,
        path: Path,
        now: int,
        patience: Literal["sender", "ours"] = "ours",
        tell: Callable[[int], object] | None = None,
    ) -> None:
        self.path = path
        self.now = now
        self.postures = tuple(PRESETS.values())
        self._patience = patience
        self._tell = tell
        self._done = 0
        self._authority = Authority(now)
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._walks: dict[bytes, asyncio.Task[Seen]] = {}
        self._judged: dict[tuple[tuple[int, ...], frozenset[int]], dict[str, Standing]] = {}

    @property
    def count(self) -> int:
        """How many different states were built so far."""
        return len(self._walks)

    async def see(self, world: World) -> tuple[Seen, ...]:
        """The walks to `world`: one, or one for each of two certificates that a host shows."""
        faces = [world.scenario()]
        if world.has_second:
            faces.append(world.scenario(second=True))
        return tuple(await asyncio.gather(*map(self._see, faces)))

    async def _see(self, scenario: Scenario) -> Seen:
        key = _encode(scenario)
        if key not in self._walks:
            self._walks[key] = asyncio.create_task(self._build(scenario))
        return await self._walks[key]  # whoever is cancelled cancels it: no plan is half made

    async def _build(self, scenario: Scenario) -> Seen:
        async with self._room:
            with Lab.start((scenario,), now=self.now, authority=self._authority) as lab:
                settings = lab.settings.merged(patience=self._patience)
                async with live_network(settings, kind="lab") as network:
                    recording = Recording(network)
                    found = await walk(self.path, recording, self.now)
        capture = capture_of(recording, self.path, found.roots)
        # The plan's time, not this second: what replays it asks whether signatures hold then.
        capture = replace(capture, ground=replace(capture.ground, made=self.now))
        hidden = None
        if scenario.sts is not None:
            hidden = (await Rewalks(capture).under(_HIDES_POLICY)).walk
        self._done += 1
        if self._tell is not None:
            self._tell(self._done)
        return Seen(found, capture, hidden)

    async def judged(self, worlds: Sequence[World], held: Sequence[World] = ()) -> list[dict[str, Standing]]:
        """Posture -> the worst that happens to its mail, in each of `worlds`; `held`: worlds whose policy a
        sender may have."""
        met = [seen for world in held for seen in await self.see(world)]
        found = await asyncio.gather(*map(self.see, worlds))
        return [self._worst(seen, [each.walk for each in met]) for seen in found]

    async def passed(self, way: Passage, met: Sequence[Met]) -> list[dict[str, Standing]]:
        """The same for `met`, all or some of `way.met`."""
        found = await asyncio.gather(*(self.see(each.world) for each in met))
        fetched = {
            place: [seen.walk for seen in await self.see(way.settled[place])]
            for place in sorted({place for each in met for place in each.held})
        }
        return [
            self._worst(seen, [one for place in each.held for one in fetched[place]])
            for each, seen in zip(met, found, strict=True)
        ]

    def _worst(self, seen: Sequence[Seen], met: Sequence[Walk]) -> dict[str, Standing]:
        # All walks are kept, so that each has an identity of its own.
        key = tuple(id(each.walk) for each in seen), frozenset(map(id, met))
        if key not in self._judged:
            self._judged[key] = {
                posture.name: max(
                    standing(judge(case.walk, posture, case.policy))
                    for each in seen
                    for case in cases(each, posture, met)
                )
                for posture in self.postures
            }
        return self._judged[key]


class Case(NamedTuple):
    """What a sender goes by: what it sees, and the policy that it fetched on the walk `met`, or none."""

    walk: Walk
    met: Walk | None = None
    policy: StsPolicy | None = None


def cases(seen: Seen, posture: Posture, met: Sequence[Walk]) -> Iterable[Case]:
    """All those of a sender that may have met the domain on any of `met`."""
    yield Case(seen.walk)
    if not posture.sts:
        return
    tried: set[StsPolicy] = set()
    for each in met:
        policy = MessageOptions(policy_age=0).cached(each, posture)
        if policy is None or policy in tried:
            continue
        tried.add(policy)
        if not (posture.agent.sts_on_first_contact and fetched_policy(seen.walk, posture)):
            yield Case(seen.walk, each, policy)  # otherwise the one that is fetched takes its place
        if seen.hidden is not None:
            yield Case(seen.hidden, each, policy)


class Comparison(NamedTuple):
    """One mixture that is worse than allowed.  `postures`: those that fare so."""

    met: Met
    postures: tuple[str, ...]
    outcome: str
    allowed: str


def worse(
    passed: Sequence[Met], found: Sequence[dict[str, Standing]], allowed: dict[str, Standing]
) -> list[Comparison]:
    """Where mail fares worse than allowed, in order; one entry for each pair of outcomes."""
    told: list[Comparison] = []
    for met, outcomes in zip(passed, found, strict=True):
        pairs: dict[tuple[str, str], list[str]] = {}
        for name, each in outcomes.items():
            if each.rank > allowed[name].rank:
                pairs.setdefault((each.outcome, allowed[name].outcome), []).append(name)
        told += [Comparison(met, tuple(names), *pair) for pair, names in pairs.items()]
    return told
