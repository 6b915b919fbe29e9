"""Orders that suggest themselves, and what kills them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from msgspec.structs import replace

from mailpath.plan.drafts import Drafting
from mailpath.plan.model import Unsafe
from mailpath.plan.passage import Change, Met, Passage, passage
from mailpath.plan.proof import Comparison, Standing, States, worse
from mailpath.plan.telling import tell_state
from mailpath.plan.timing import Times
from mailpath.plan.world import different

#: Orders that are tried: each costs some walks.
MOST_ORDERS = 12
#: And mixtures of one change of them: one that kills is enough.
MOST_MIXTURES = 8


class Killed(NamedTuple):
    """An order that loses mail, and where it does: `met` on `way`."""

    unsafe: Unsafe
    met: Met
    way: Passage


async def unsafe_orders(
    drafting: Drafting, states: States, allowed: dict[str, Standing]
) -> tuple[Killed, ...]:
    """Those of the orders tried in which some mail fares worse than at the start and at the goal; of those
    that fail in the same state one."""
    changes = drafting.changes()
    titles = [each.title for each in drafting.drafts]
    start, times = drafting.situation.world, drafting.situation.times
    found: dict[str, Killed] = {}
    for told, order in (*drafting.naive, *_orders(changes, titles)):
        way = passage(start, order, times, MOST_MIXTURES)
        killing = await _first(way, states, allowed)
        if not killing:
            continue
        state = tell_state(killing[0].met.world, start, way.settled[-1])
        unsafe = Unsafe(
            order=told,
            state=state,
            postures=tuple(name for each in killing for name in each.postures),
            outcome=max(killing, key=lambda each: len(each.postures)).outcome,
            for_s=_lasts(killing[0].met, order, way, times),
        )
        found.setdefault(state, Killed(unsafe, killing[0].met, way))
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


def _orders(changes: Sequence[Change], titles: Sequence[str]) -> Iterator[tuple[str, list[Change]]]:
    """A clause, and the order: all at once; each wait left out; each step before the one that it follows."""
    made = 0
    if len(changes) > 1:
        everything = {part: value for each in changes for part, value in each.parts.items()}
        yield "everything at once", [Change(everything)]
    for number in range(len(changes) - 1):
        if made >= MOST_ORDERS:
            return
        first, second = changes[number], changes[number + 1]
        if first.wait_s:
            hasty = [*changes]
            hasty[number] = replace(first, wait_s=0)
            yield f"{_quoted(titles[number + 1])} without the wait before it", hasty
            made += 1
        if not first.parts.keys() & second.parts.keys():
            swapped = [*changes]
            swapped[number], swapped[number + 1] = (
                replace(second, wait_s=first.wait_s),
                replace(first, wait_s=second.wait_s),
            )
            yield f"{_quoted(titles[number + 1])} before {_quoted(titles[number])}", swapped
            made += 1


def _quoted(title: str) -> str:
    return f'"{title}"'


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
