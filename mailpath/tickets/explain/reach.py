"""Which posture produces what: the judge, asked about every case (`cases.py`) under every preset."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

import msgspec

from mailpath.judge import Attempt, Posture, Verdict, judge
from mailpath.judge.agent import Family
from mailpath.judge.events import Event
from mailpath.judge.presets import PRESETS
from mailpath.tickets.explain.case import Case
from mailpath.tickets.explain.cases import CASES

#: (event, status code, word): see `Reach`.
Ending = tuple[Event, str | None, str | None]


class Reach(msgspec.Struct, frozen=True):
    """Under `posture` the case ends in `event`, with this status code (None on delivery).  `word`: what
    this server's log calls the TLS session of a delivery; None where it has no word.
    """

    case: str
    posture: str
    event: Event
    code: str | None
    word: str | None = None


@cache
def reaches() -> tuple[Reach, ...]:
    """All of them, by case, then preset."""
    return tuple(
        reach for case in CASES.values() for posture in PRESETS.values() for reach in _asked(case, posture)
    )


def _asked(case: Case, posture: Posture) -> Iterator[Reach]:
    verdicts = [judge(case.walk, concrete) for concrete in _concrete(posture)]
    found = {ending for verdict in verdicts for ending in _endings(case, verdict)}
    for event, code, word in sorted(found, key=str):
        yield Reach(case.id, posture.name, event, code, word)


def _endings(case: Case, verdict: Verdict) -> Iterator[Ending]:
    """In which of the case's events the mail, and attempts at it, end."""
    tried: list[Attempt | Verdict] = [*verdict.attempts, verdict]
    for each in tried:
        if each.event in case.events and case.by in (None, each.demanded_by):
            yield each.event, each.status_code, each.tls_word if each.event is Event.SENT_TLS else None


def _concrete(posture: Posture) -> list[Posture]:
    """The posture with each value of each field whose source is silent, one after the other.

    All of them at once would be too many, and one alone shows what the field can do.
    """
    if not posture.unknown:
        return [posture]
    first = {field: values[0] for field, values in posture.unknown.items()}
    made = [posture.changed(**first)]
    for field, values in posture.unknown.items():
        made += [posture.changed(**{**first, field: value}) for value in values[1:]]
    return made


def by_events(events: Iterable[Event], *, family: Family | None = None) -> tuple[Reach, ...]:
    """Those that end in one of `events`, of one family of servers or of all."""
    wanted = set(events)
    return tuple(
        each
        for each in reaches()
        if each.event in wanted and (family is None or PRESETS[each.posture].agent.family is family)
    )


def by_code(code: str) -> tuple[Reach, ...]:
    """Those that end with this enhanced status code."""
    return tuple(each for each in reaches() if each.code == code)


def by_case(case: str) -> tuple[Reach, ...]:
    """Those of one case."""
    return tuple(each for each in reaches() if each.case == case)


def ordered(names: set[str]) -> tuple[str, ...]:
    """Postures in the order of the presets."""
    return tuple(name for name in PRESETS if name in names)
