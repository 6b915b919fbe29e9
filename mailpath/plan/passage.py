"""What senders may meet while a plan is carried out: old values and new ones, in every mixture.

While a step is done each part that it changes is the old or the new one, and so it stays for a sender whose
cache holds the old value, until that has expired.  What a step's wait leaves unexpired is met in the steps
after it, too: so an order with a wait left out is passed through in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, product
from math import prod
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from mailpath.plan.timing import INSECURE, Times, max_age
from mailpath.plan.world import POLICY, Part, World

_CACHED = ("rrset", "zone")
#: Mixtures of one step that are built.  Beyond, corners are (see `_corners`).
MOST_MIXTURES = 64
_encode = msgspec.json.Encoder(order="deterministic").encode


class Change(msgspec.Struct, frozen=True):
    """Parts that get other values at the same time, and the seconds that are waited then."""

    parts: dict[Part, Any]
    wait_s: int = 0


class Met(NamedTuple):
    """What some sender meets.  `during`: the number of the change, from 0.  `world`: as that sender sees it.
    `for_s`: for how long at most.  `held`: numbers of the settled worlds (0: the start, n: after n changes)
    whose policy a sender may hold now.
    """

    during: int
    world: World
    for_s: int
    held: tuple[int, ...]


class Passage(NamedTuple):
    """`settled`: the start, and the world after each change.  `met`: every mixture on the way, each once per
    change.  `left_out`: mixtures that were not built.
    """

    settled: tuple[World, ...]
    met: tuple[Met, ...]
    left_out: int


#: A part, one of its values, and for how many seconds a sender may go on with it; None: it is the new one.
_Choice = tuple[Part, Any, int | None]


class _Old(NamedTuple):
    value: Any
    seconds: int


def passage(start: World, changes: Sequence[Change], times: Times, most: int = MOST_MIXTURES) -> Passage:
    """All that senders meet from `start` on; `most`: mixtures of one change."""
    settled = [start]
    met: list[Met] = []
    left_out = 0
    old: dict[Part, list[_Old]] = {}
    policies: dict[int, int] = {0: _hold(start)}
    for number, change in enumerate(changes):
        before = settled[-1]
        after = before.changed(change.parts)
        settled.append(after)
        for part, value in change.parts.items():
            was = before.parts.get(part)
            if was != value:
                left = max(0, times.settles(part, was, value, before))
                old.setdefault(part, []).append(_Old(was, left))
        policies[number + 1] = _hold(after)
        mixtures, dropped = _mixtures(after, old, most)
        left_out += dropped
        held = _newest(policies, settled)
        met += [
            Met(number, world, seconds, _holdable(held, number + 1, world, after))
            for world, seconds in mixtures
        ]
        old = _aged(old, change.wait_s)
        policies = {
            place: seconds - change.wait_s if place <= number else seconds
            for place, seconds in policies.items()
            if place > number or seconds - change.wait_s > 0 or _policy(settled[place]) == _policy(after)
        }
    return Passage(tuple(settled), tuple(met), left_out)


def _hold(world: World) -> int:
    return max_age(world.parts.get(POLICY))


def _policy(world: World) -> bytes:
    return _encode(world.parts.get(POLICY))


def _newest(policies: dict[int, int], settled: Sequence[World]) -> tuple[int, ...]:
    """Of the worlds with one policy the latest is enough."""
    latest = {_policy(settled[place]): place for place, seconds in policies.items() if seconds > 0}
    return tuple(latest.values())


def _holdable(held: tuple[int, ...], newest: int, world: World, after: World) -> tuple[int, ...]:
    """Nobody holds the policy of a change yet where that change has not come to the policy host."""
    if _policy(world) == _policy(after):
        return held
    return tuple(place for place in held if place != newest)


def _aged(old: dict[Part, list[_Old]], seconds: int) -> dict[Part, list[_Old]]:
    aged = {
        part: [_Old(each.value, each.seconds - seconds) for each in held if each.seconds > seconds]
        for part, held in old.items()
    }
    return {part: held for part, held in aged.items() if held}


def _mixtures(after: World, old: dict[Part, list[_Old]], most: int) -> tuple[list[tuple[World, int]], int]:
    """Each combination of what is new and what is old, and for how long it may be met."""
    choices: list[list[_Choice]] = []
    for part, held in sorted(old.items()):
        new = after.parts.get(part)
        seen: dict[bytes, _Choice] = {_encode(new): (part, new, None)}
        for each in sorted(held, key=lambda one: -one.seconds):
            value = _as_met(part, each.value, new, after)
            seen.setdefault(_encode(value), (part, value, each.seconds))
        choices.append(list(seen.values()))
    total = prod(len(each) for each in choices)
    chosen = list(_corners(choices)) if total > most else list(product(*choices))
    worlds = []
    for mixture in islice(chosen, most):
        lasts = [seconds for _, _, seconds in mixture if seconds is not None]
        worlds.append((after.changed({part: value for part, value, _ in mixture}), min(lasts, default=0)))
    return worlds, max(0, total - len(worlds))


def _as_met(part: Part, old: Any, new: Any, world: World) -> Any:
    """What an old value is to a sender that has learnt the rest of the new one.

    An answer that was cached before its zone was signed is bogus to whoever sees the DS record.
    """
    if part.kind != "zone" or old is None or new is None or old.sec != "unsigned" or new.sec in INSECURE:
        return old
    owners = {
        (f"{each.name}.", each.rdtype)
        for each, held in world.parts.items()
        if each.kind == "rrset" and held and world.zone_of(each.name) == part.name
    }
    return replace(new, tamper=tuple(f"{owner} {rdtype}" for owner, rdtype in sorted(owners)))


def _corners(choices: list[list[_Choice]]) -> Iterator[tuple[_Choice, ...]]:
    """All new, all old; all that is served new and all that is cached old, and the other way round: with many
    hosts only there every host is lost.  Then one new among old ones, as where a host has switched; one old
    among new ones.  Each once.
    """
    newest, oldest = [0] * len(choices), [len(each) - 1 for each in choices]
    cached = [each[0][0].kind in _CACHED for each in choices]
    places = [newest, oldest]
    places += [
        [old * (held is kept) for old, held in zip(oldest, cached, strict=True)] for kept in (True, False)
    ]
    for place in reversed(range(len(choices))):  # hosts sort behind records
        places.append([*oldest[:place], 0, *oldest[place + 1 :]])
    for place, last in reversed(list(enumerate(oldest))):
        places += [[*newest[:place], other, *newest[place + 1 :]] for other in range(1, last + 1)]
    for each in dict.fromkeys(map(tuple, places)):
        yield tuple(choice[number] for choice, number in zip(choices, each, strict=True))
