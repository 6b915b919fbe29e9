"""Which posture ends how in which case: the judge's own answers, from the table of `scripts/reaches.py`.

A case is something that can be at the root of a failure.  The script judges a small walk of each under every
preset; a test holds the table (`reaches.json`) to the judge, so that it cannot say anything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import resources
from typing import TYPE_CHECKING

import msgspec

from mailpath.judge.events import Event
from mailpath.judge.habits import Family
from mailpath.judge.model import DemandedBy
from mailpath.judge.presets import PRESETS

if TYPE_CHECKING:
    from mailpath.tickets.explain.model import Cause

FILE = "reaches.json"


class Reach(msgspec.Struct, frozen=True):
    """Under `posture` the case ends in `event`, with this status code (None on delivery).  `word`: what
    this server's log calls the TLS session of a delivery; None where it has no word.
    """

    case: str
    posture: str
    event: Event
    code: str | None
    word: str | None = None


class Case(msgspec.Struct, frozen=True):
    """`text`: the cause, one sentence.  `findings`: codes a walk shows it under.

    `by`: on whose account TLS was demanded, where the cause speaks of that; a posture that demands it on
    its own is not named then.  `reaches`: by preset.
    """

    id: str
    text: str
    findings: tuple[str, ...]
    events: tuple[Event, ...]
    by: DemandedBy | None
    reaches: tuple[Reach, ...]


def _read() -> tuple[Case, ...]:
    table = resources.files("mailpath.tickets").joinpath(FILE).read_bytes()
    return msgspec.json.decode(table, type=tuple[Case, ...])


CASES: Mapping[str, Case] = {case.id: case for case in _read()}


def by_events(events: Iterable[Event], *, family: Family | None = None) -> tuple[Reach, ...]:
    """Those that end in one of `events`, of one family of servers or of all."""
    wanted = set(events)
    return tuple(
        each
        for case in CASES.values()
        for each in case.reaches
        if each.event in wanted and (family is None or PRESETS[each.posture].agent.family is family)
    )


def by_code(code: str) -> tuple[Reach, ...]:
    """Those that end with this enhanced status code."""
    return tuple(each for case in CASES.values() for each in case.reaches if each.code == code)


def union(causes: Iterable[Cause]) -> tuple[str, ...]:
    """The postures of all `causes`, in that order."""
    return ordered({name for cause in causes for name in cause.postures})


def ordered(names: set[str]) -> tuple[str, ...]:
    """Postures in the order of the presets."""
    return tuple(name for name in PRESETS if name in names)
