"""A goal and a capture in, a proven plan out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from mailpath.facts import Walk
from mailpath.judge import Outcome, judge
from mailpath.judge.presets import PRESETS
from mailpath.lab.scenario import ScenarioError
from mailpath.network.capture import Capture
from mailpath.network.replay import Replay
from mailpath.plan.drafts import Drafting
from mailpath.plan.goals import dane, key_change, leaving, mta_sts, new_mx, repair
from mailpath.plan.goals.stopped import Stopped
from mailpath.plan.model import Blocked, Goal, Plan, Proof, Result, Worse
from mailpath.plan.next_key import NextKey
from mailpath.plan.orders import Killed, unsafe_orders
from mailpath.plan.passage import Passage, passage
from mailpath.plan.proof import Comparison, Standing, States, standing, worse
from mailpath.plan.reached import IDEAL, REFUSED, Reached
from mailpath.plan.situation import Situation, situation_of
from mailpath.plan.telling import tell_state
from mailpath.plan.world import World
from mailpath.rehearse import Differences, compare
from mailpath.visible import visible
from mailpath.walk import walk
from mailpath.wording.phrases import count, join_and, sentence


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the user says beside the goal.  `hosts`: those that change, and are the user's; `key`: the next
    one; `to`: the new MX host.
    """

    hosts: tuple[str, ...] = ()
    key: NextKey = NextKey()
    to: str = ""


#: Sentences on how the lab differs.
MOST_NOTES = 20
NOTHING_SAID = Asked()


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """A plan, and the worlds that it passes through: the start, and the one after each step.  `killed`: what
    its unsafe orders rest on; `states`: all that was walked for it, None where nothing was.
    """

    plan: Plan
    worlds: tuple[World, ...] = ()
    killed: tuple[Killed, ...] = ()
    states: States | None = None


_DRAFTS: dict[Goal, Callable[[Situation, Asked], Drafting]] = {
    Goal.DANE: lambda situation, asked: dane.draft(situation, asked.key),
    Goal.MTA_STS: lambda situation, _: mta_sts.draft(situation),
    Goal.KEY_CHANGE: lambda situation, asked: key_change.draft(situation, asked.key),
    Goal.NEW_MX: lambda situation, asked: new_mx.draft(situation, asked.to, asked.key),
    Goal.LEAVE_DANE: lambda situation, _: leaving.leave_dane(situation),
    Goal.LEAVE_MTA_STS: lambda situation, _: leaving.leave_mta_sts(situation),
    Goal.REPAIR: lambda situation, _: repair.draft(situation),
}


def drafted(goal: Goal, situation: Situation, asked: Asked = NOTHING_SAID) -> Drafting:
    """The steps, of which nothing is proven yet.  Raises `Stopped`."""
    return _DRAFTS[goal](situation, asked)


async def make(
    goal: Goal,
    capture: Capture,
    asked: Asked = NOTHING_SAID,
    tell: Callable[[int], object] | None = None,
) -> Planned:
    """The plan for the recipient of `capture`, as of when it was made.  `tell`: as of `States`.

    Raises `BadAnchor` where the capture's trust anchor cannot be read, OSError.
    """
    at = capture.ground.made
    found = await walk(capture.path, Replay(capture), at)
    situation = situation_of(capture, found, asked.hosts)
    try:
        _look(found)
        drafting = drafted(goal, situation, asked)
    except Stopped as stopped:
        told = Plan(
            goal=goal,
            recipient=situation.recipient,
            at=at,
            result=stopped.result,
            reason=stopped.reason,
            blocked=stopped.blocked,
        )
        return Planned(plan=told, worlds=(situation.world,))
    try:
        return await _prove(goal, drafting, found, tell)
    except ScenarioError as error:
        told = Plan(
            goal=goal,
            recipient=situation.recipient,
            at=at,
            result=Result.UNKNOWN,
            reason="The lab cannot build what this plan passes through, so that nothing is proven.",
            blocked=(Blocked(by=situation.recipient, why=visible(str(error))),),
        )
        return Planned(plan=told, worlds=(situation.world,))


def _look(found: Walk) -> None:
    """Raises `Stopped` where the walk did not see what the best of senders would."""
    verdict = judge(found, PRESETS[IDEAL])
    if verdict.outcome is Outcome.UNKNOWN:
        why = Blocked(by="this machine", why=verdict.reason)
        raise Stopped(Result.UNKNOWN, "The walk did not see enough to plan from.", (why,))


async def _prove(
    goal: Goal, drafting: Drafting, found: Walk, tell: Callable[[int], object] | None
) -> Planned:
    situation = drafting.situation
    states = States(found.path, found.at, situation.capture.ground.patience, tell)
    way = passage(situation.world, drafting.changes(), situation.times)
    start, end = await _ends(states, way)
    allowed = {name: max(start[name], end[name]) for name in start}
    wrong = worse(way.met, await states.passed(way, way.met), allowed)
    ends = Reached(goal, states, way.settled[0], way.settled[-1])
    failed, attacks = await ends.missing(start, end)
    built = states.count
    orders = () if wrong or failed else await unsafe_orders(drafting, states, allowed)
    proof = Proof(
        states=built,
        postures=len(states.postures),
        worse=tuple(_told(each, way) for each in wrong),
        left_out=way.left_out,
        attacks=attacks,
    )
    safe = not wrong and not failed
    refused = [number for number, world in enumerate(way.settled) if await _refused(world, states, (IDEAL,))]
    stays = [] if goal is Goal.REPAIR else await _refused(way.settled[-1], states, repair.SENDERS)
    notes = (*drafting.notes, *_still(stays, end), *_counted_down(drafting))
    notes = (*notes, *await _unlike(situation, states, found))
    plan = Plan(
        goal=goal,
        recipient=situation.recipient,
        at=found.at,
        result=Result.PLAN if safe else Result.BLOCKED,
        reason=_reason(drafting, proof, failed),
        steps=drafting.steps(refused) if safe else (),
        proof=proof,
        unsafe=tuple(each.unsafe for each in orders),
        blocked=tuple(drafting.blocked) if safe else _walls(proof, failed),
        cost=_cost(start, end) if goal.leaves else {},
        notes=tuple(dict.fromkeys(notes)),
    )
    return Planned(plan=plan, worlds=way.settled, killed=orders, states=states)


async def _refused(world: World, states: States, senders: Iterable[str]) -> list[str]:
    """Those of `senders` whose mail is not accepted there."""
    seen = await states.see(world)
    return [
        name
        for name in senders
        if any(standing(judge(each.walk, PRESETS[name])).rank >= REFUSED for each in seen)
    ]


def _still(refused: Sequence[str], end: dict[str, Standing]) -> Iterator[str]:
    """That something else has to be done first."""
    if refused:
        told = f"mail is still {end[refused[0]].outcome} by {join_and(refused)}"
        yield f"After the last step {told}, as it is now: see the goal repair."


def _counted_down(drafting: Drafting) -> Iterator[str]:
    """On zones whose TTLs only a cache showed: signatures would have named them."""
    situation = drafting.situation
    owners = [part.name for draft in drafting.drafts for part in draft.parts if part.kind == "rrset"]
    for name in dict.fromkeys(map(situation.world.zone_of, owners)):
        zone = situation.world.zone(name)
        if situation.capture.ground.kind != "lab" and zone is not None and zone.sec == "unsigned":
            yield (
                f"A cache counts the TTLs of {name} down, and no signature names the whole ones: where its"
                " zone file has a longer TTL, use it and wait for it."
            )


async def _unlike(situation: Situation, states: States, found: Walk) -> tuple[str, ...]:
    """In what the lab is not what was walked: there the proof is of something else."""
    outcomes = compare(found, (await states.see(situation.world))[0].walk).outcomes
    told = (
        *(f"The lab differs. {each}" for each in situation.left_out),
        *(f"The lab differs. {sentence(each)}" for each in Differences(outcomes).sentences),
    )
    return told[:MOST_NOTES]


async def _ends(states: States, way: Passage) -> tuple[dict[str, Standing], dict[str, Standing]]:
    """How mail fares at the start and at the goal, for senders that hold the policy of then or none."""
    first, last = way.settled[0], way.settled[-1]
    return (await states.judged([first], [first]))[0], (await states.judged([last], [last]))[0]


def _told(each: Comparison, way: Passage) -> Worse:
    return Worse(
        state=tell_state(each.met.world, way.settled[0], way.settled[-1]),
        postures=each.postures,
        outcome=each.outcome,
        allowed=each.allowed,
    )


def _reason(drafting: Drafting, proof: Proof, failed: str) -> str:
    if failed:
        return f"No plan is proven: {failed}."
    if proof.worse:
        return f"No order is safe: {proof.worse[0].state}."
    steps, states = count(len(drafting.drafts), "step"), count(proof.states, "state")
    return f"{steps}, proven in {states} under {proof.postures} postures."


def _walls(proof: Proof, failed: str) -> tuple[Blocked, ...]:
    if failed:
        return (Blocked(by="the goal", why=f"{failed[:1].upper()}{failed[1:]}."),)
    return tuple(
        Blocked(by=each.state, why=f"{', '.join(each.postures)}: {each.outcome}, {each.allowed} before.")
        for each in proof.worse[:5]
    )


def _cost(start: dict[str, Standing], end: dict[str, Standing]) -> dict[str, str]:
    """Posture -> "from>to", where mail fares worse in the end."""
    return {
        name: f"{start[name].outcome}>{end[name].outcome}"
        for name in start
        if end[name].rank > start[name].rank
    }
