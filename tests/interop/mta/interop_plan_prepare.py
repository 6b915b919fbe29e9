"""Plans to carry out, and what the engine says will happen to mail on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from interop_mta_model import Cell, judged
from msgspec.structs import replace

from mailpath.facts import Path
from mailpath.judge import Outcome, judge
from mailpath.judge.presets import PRESETS
from mailpath.lab import Lab, Scenario, scenarios
from mailpath.network.capture import capture_of
from mailpath.network.recording import Recording
from mailpath.plan import Asked, Goal, Plan, Result, make
from mailpath.plan.passage import Change
from mailpath.plan.proof import ORDER
from mailpath.plan.timing import max_age
from mailpath.plan.world import POLICY, World, different
from mailpath.walk import live_network, walk

#: Senders; each is an smtp(8) client of one Postfix.
POSTURES = ("postfix-dane", "postfix-secure", "postfix-sts", "postfix-dane-sts")
#: From here on mail is not delivered.
REFUSED = ORDER.index(Outcome.DEFERRED)
#: Of the policies that scenarios begin with, in seconds: somebody has to wait for it.
MAX_AGE = 7200
_BUILT_IN = {each.id: each for each in scenarios()}


class Case(NamedTuple):
    """A goal for a built-in scenario; `to`: the new MX host, in the recipient domain."""

    goal: str
    scenario: str
    to: str = ""

    @property
    def name(self) -> str:
        return f"{self.goal}-{self.scenario}"


@dataclass(frozen=True)
class Killing:
    """An unsafe order.  `worlds`: the start, and after each of `changes`; `during`: the number of the change
    in which mail is lost; `met`: what such mail meets.  `foreseen`: posture -> the outcome of it then;
    `limit`: posture -> the worst rank that is allowed.  `newcomers`: it is about a policy, and whoever has
    none of before loses mail, too.
    """

    order: str
    state: str
    for_s: int
    worlds: tuple[World, ...]
    changes: tuple[Change, ...]
    during: int
    met: World
    foreseen: Mapping[str, str]
    limit: Mapping[str, float]
    newcomers: bool


@dataclass(frozen=True)
class Prepared:
    """A plan.  `postures`: the senders whose mail arrives at the start or in the end; `limit`: the worst rank
    that each may come to on the way; `goal`: posture -> what happens to its mail in the end.
    """

    case: Case
    domain: str
    plan: Plan
    worlds: tuple[World, ...]
    postures: tuple[str, ...]
    limit: Mapping[str, float]
    goal: Mapping[str, Cell]
    killings: tuple[Killing, ...]


async def prepare(case: Case) -> Prepared:
    """Plans for a scenario under a domain of its own, so that no cache knows it."""
    scenario = _own(case)
    path = Path(recipient=scenario.domain)
    with Lab.start((scenario,)) as lab:
        async with live_network(lab.settings, kind="lab") as network:
            recording = Recording(network)
            found = await walk(path, recording, network.ground.made)
    to = f"{case.to}.{scenario.domain}" if case.to else ""
    planned = await make(Goal(case.goal), capture_of(recording, path, found.roots), Asked(to=to))
    assert planned.plan.result is Result.PLAN, f"{case.name}: {planned.plan.result}: {planned.plan.reason}"
    states = planned.states
    assert states is not None
    first, last = planned.worlds[0], planned.worlds[-1]
    start, end = (await states.judged([first], [first]))[0], (await states.judged([last], [last]))[0]
    postures = tuple(each for each in POSTURES if min(start[each].rank, end[each].rank) < REFUSED)
    goal = (await states.see(last))[0].walk
    killings = []
    for killed in planned.killed:
        new = (await states.judged([killed.met.world]))[0]
        held = [killed.way.settled[place] for place in killed.met.held]
        met = (await states.judged([killed.met.world], held))[0]
        after = killed.way.settled[-1]
        then = (await states.judged([after], [after]))[0]
        foreseen = {each: met[each].outcome for each in postures if each in killed.unsafe.postures}
        limit = {each: max(start[each].rank, end[each].rank, then[each].rank) for each in postures}
        killings.append(
            Killing(
                order=killed.unsafe.order,
                state=killed.unsafe.state,
                for_s=killed.unsafe.for_s,
                worlds=killed.way.settled,
                changes=killed.order,
                during=killed.met.during,
                met=killed.met.world,
                foreseen=foreseen,
                limit=limit,
                newcomers=POLICY in different(first, killed.met.world)
                and all(new[each].outcome == outcome for each, outcome in foreseen.items()),
            )
        )
    return Prepared(
        case=case,
        domain=scenario.domain,
        plan=planned.plan,
        worlds=planned.worlds,
        postures=postures,
        limit={each: max(start[each].rank, end[each].rank) for each in postures},
        goal={each: judged(judge(goal, PRESETS[each])) for each in postures},
        killings=tuple(killings),
    )


def _own(case: Case) -> Scenario:
    scenario = _BUILT_IN[case.scenario]
    sts = None if scenario.sts is None else replace(scenario.sts, max_age=MAX_AGE)
    return replace(scenario, domain=f"{case.name}.example", sts=sts, expect={}, attack={})


def longest(worlds: tuple[World, ...]) -> int:
    """Seconds for which some cache may hold anything of these worlds."""
    ttls = [
        each.ttl
        for world in worlds
        for part, held in world.parts.items()
        if part.kind == "rrset"
        for each in held or ()
    ]
    return max([3600, *ttls, *(min(MAX_AGE, max_age(world.parts.get(POLICY))) for world in worlds)])
