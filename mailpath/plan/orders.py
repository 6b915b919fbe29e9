"""Orders that suggest themselves, and what kills them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, starmap
from typing import NamedTuple

from msgspec.structs import replace

from mailpath.plan.drafts import Drafting
from mailpath.plan.model import Doing, Unsafe
from mailpath.plan.passage import Change, Met, Passage, passage
from mailpath.plan.proof import Comparison, Standing, States, worse
from mailpath.plan.telling import tell_state
from mailpath.plan.timing import Times, max_age
from mailpath.plan.world import POLICY, different

#: Orders that are tried: each costs some walks.
MOST_ORDERS = 12
#: And mixtures of one change of them: one that kills is enough.
MOST_MIXTURES = 8
#: So many parts are told in full.
FEW = 3


class Killed(NamedTuple):
    """An order that loses mail, and where it does: `met` on `way`, which `order` leads along."""

    unsafe: Unsafe
    met: Met
    way: Passage
    order: tuple[Change, ...]


async def unsafe_orders(
    drafting: Drafting, states: States, allowed: dict[str, Standing]
) -> tuple[Killed, ...]:
    """Those of the orders tried in which some mail fares worse than at the start and at the goal; of those
    that fail in the same state one."""
    changes = drafting.changes()
    titles = [each.title for each in drafting.drafts]
    start, times = drafting.situation.world, drafting.situation.times
    found: dict[str, Killed] = {}
    for each in (*starmap(_Order, drafting.naive), *_orders(changes, titles)):
        order = each.changes
        way = passage(start, order, times, MOST_MIXTURES)
        last = way.settled[-1]
        end = (await states.judged([last], [last]))[0]
        limit = {name: max(end[name], best) for name, best in allowed.items()}
        killing = await _first(way, states, limit)
        if not killing:
            continue
        met = killing[0].met
        lost = {name for one in killing for name in one.postures}
        postures = tuple(posture.name for posture in states.postures if posture.name in lost)
        place = await _policy_that_kills(met, way, states, limit, postures)
        policy = "" if place is None else "new policy held" if place > met.during else "old policy held"
        state = ", ".join(filter(None, (_tell(met, order, way), policy)))
        lasts = _lasts(met, order, way, times)
        if place is not None and place <= met.during:
            lasts = max_age(way.settled[place].parts.get(POLICY))
        unsafe = Unsafe(
            order=each.told,
            state=state,
            postures=postures,
            outcome=max(killing, key=lambda one: len(one.postures)).outcome,
            for_s=lasts,
            sequence=each.sequence,
            during=met.during + 1 if each.steps else 0,
        )
        found.setdefault(state, Killed(unsafe, killing[0].met, way, tuple(order)))
    return tuple(found.values())


async def _first(way: Passage, states: States, allowed: dict[str, Standing]) -> list[Comparison]:
    """The first change in which something goes wrong; there, the state in which most senders meet it."""
    for _, during in groupby(way.met, key=lambda each: each.during):
        met = list(during)
        wrong = worse(met, await states.passed(way, met), allowed)
        alike: dict[int, list[Comparison]] = {}
        for each in wrong:
            alike.setdefault(met.index(each.met), []).append(each)
        if alike:
            return max(alike.values(), key=lambda state: sum(len(each.postures) for each in state))
    return []


class _Order(NamedTuple):
    """`told`: a clause; `changes`: what it does; `steps`: which of the plan's, for each change."""

    told: str
    changes: Sequence[Change]
    steps: Sequence[tuple[int, ...]] = ()

    @property
    def sequence(self) -> tuple[Doing, ...]:
        """As the plan has it."""
        return tuple(
            Doing(steps=numbers, wait_s=change.wait_s)
            for numbers, change in zip(self.steps, self.changes, strict=False)
        )


def _orders(changes: Sequence[Change], titles: Sequence[str]) -> Iterator[_Order]:
    """All at once; each wait left out; each step before the one that it follows."""
    made = 0
    steps = [(number,) for number in range(1, len(changes) + 1)]
    if len(changes) > 1:
        everything = {part: value for each in changes for part, value in each.parts.items()}
        yield _Order("everything at once", [Change(everything)], [tuple(range(1, len(changes) + 1))])
    for number in range(len(changes) - 1):
        if made >= MOST_ORDERS:
            return
        first, second = changes[number], changes[number + 1]
        if first.wait_s:
            hasty = [*changes]
            hasty[number] = replace(first, wait_s=0)
            yield _Order(f"{_quoted(titles[number + 1])} without the wait before it", hasty, steps)
            made += 1
        alike = titles[number] == titles[number + 1]  # at another host
        if not alike and not first.parts.keys() & second.parts.keys():
            swapped, numbers = [*changes], [*steps]
            swapped[number : number + 2] = (
                replace(second, wait_s=first.wait_s),
                replace(first, wait_s=second.wait_s),
            )
            numbers[number : number + 2] = steps[number + 1], steps[number]
            told = f"{_quoted(titles[number + 1])} before {_quoted(titles[number])}"
            yield _Order(told, swapped, numbers)
            made += 1


def _quoted(title: str) -> str:
    return f'"{title}"'


async def _policy_that_kills(
    met: Met, way: Passage, states: States, allowed: dict[str, Standing], postures: Sequence[str]
) -> int | None:
    """The settled world whose policy a sender has to hold for this to go wrong; None: it goes wrong anyway.

    A policy that can be fetched takes the place of an older one, so the newest is tried first.
    """
    for place in (None, *sorted(met.held, reverse=True)):
        held = () if place is None else (way.settled[place],)
        found = (await states.judged([met.world], held))[0]
        if any(found[name].rank > allowed[name].rank for name in postures):
            return place
    return None


def _tell(met: Met, order: Sequence[Change], way: Passage) -> str:
    """What is about this state: what changes in it, and what a sender still has from before."""
    now = way.settled[met.during + 1]
    about = {*order[met.during].parts, *different(met.world, now)}
    few = len(different(way.settled[0], way.settled[-1])) <= FEW
    return tell_state(met.world, way.settled[0], way.settled[-1], None if few else about)


def _lasts(met: Met, order: Sequence[Change], way: Passage, times: Times) -> int:
    """Seconds: while some cache holds the old value; where none does, until the next values are everywhere.

    That is, had the steps behind it been done at the same moment, the longest that their old values stay.
    """
    if met.for_s:
        return met.for_s
    now = way.settled[met.during + 1]
    later = now
    for change in order[met.during + 1 :]:
        later = later.changed(change.parts)
        stays = [times.settles(part, *values, now) for part, values in different(now, later).items()]
        if any(stays):
            return max(stays)
    return 0
