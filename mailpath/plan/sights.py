"""The states of a plan as walks to look at: after each step, and where an unsafe order loses mail."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec

from mailpath.facts import Walk
from mailpath.judge import judge
from mailpath.judge.presets import PRESETS
from mailpath.network.capture import Capture
from mailpath.plan.making import Planned
from mailpath.plan.orders import Killed
from mailpath.plan.proof import States, cases, standing


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """A state as one sender meets it.  `capture`: what was exchanged there; `met`: the walk on which that
    sender fetched the policy that it goes by; None: this is its first contact.
    """

    walk: Walk
    capture: Capture
    met: Walk | None = None


async def sights(planned: Planned) -> tuple[tuple[Sight, ...], tuple[Sight, ...]]:
    """The state after each step, and the one that kills each unsafe order; both in the order of the plan.

    All of them were walked for the proof: nothing is built again.
    """
    states = planned.states
    if states is None or not planned.plan.steps:
        return (), ()
    after = [sight async for sight in _settled(planned, states)]
    return tuple(after), tuple([await _killing(each, states) for each in planned.killed])


async def _settled(planned: Planned, states: States) -> AsyncIterator[Sight]:
    for world in planned.worlds[1:]:
        seen = (await states.see(world))[0]
        yield Sight(walk=seen.walk, capture=seen.capture)


async def _killing(killed: Killed, states: States) -> Sight:
    """As the first of the senders meets it that lose mail: which certificate it is shown, and which policy it
    holds, is what that hangs on."""
    posture = PRESETS[killed.unsafe.postures[0]]
    met = [seen.walk for place in killed.met.held for seen in await states.see(killed.way.settled[place])]
    found = [
        (standing(judge(case.walk, posture, case.policy)).rank, seen, case)
        for seen in await states.see(killed.met.world)
        for case in cases(seen, posture, met)
    ]
    _, seen, case = max(found, key=lambda each: each[0])
    return Sight(walk=case.walk, capture=seen.capture, met=case.met)
