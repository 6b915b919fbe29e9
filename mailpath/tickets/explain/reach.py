"""Which posture produces what: the judge, asked about every case (`cases.py`) under every preset."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import msgspec

from mailpath.facts import Walk
from mailpath.judge import Outcome, Posture, Verdict, judge
from mailpath.judge.agent import Family
from mailpath.judge.events import Event
from mailpath.judge.presets import PRESETS
from mailpath.judge.sentences import status
from mailpath.tickets.explain import patterns
from mailpath.tickets.explain.case import Case
from mailpath.tickets.explain.cases import CASES

#: Failures after which a sender that keeps plaintext for a retry has first deferred the mail.
_BEFORE_RETRY = frozenset({Event.HANDSHAKE_FAILED, Event.TLS_LOST, Event.NOT_VERIFIED})

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
    found: set[Ending] = set()
    for concrete in _concrete(posture):
        outcome, endings = _ended(case, case.walk, concrete)
        if case.without is not None:
            other, others = _ended(case, case.without, concrete)
            endings = endings - others if other == outcome else endings
        found |= endings
    for event, code, word in sorted(found, key=str):
        yield Reach(case.id, posture.name, event, code, word)


def _ended(case: Case, walk: Walk, posture: Posture) -> tuple[tuple[Outcome, bool], set[Ending]]:
    """How the mail ends, at once or after a retry, and in which of the case's events attempts at it end."""
    verdict = judge(walk, posture)
    endings = {
        (event, *ending) for event in case.events for ending in _endings(verdict, posture.agent.family, event)
    }
    return (verdict.outcome, verdict.after_retry), endings


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


def _endings(verdict: Verdict, family: Family, event: Event) -> Iterator[tuple[str | None, str | None]]:
    """(status code, word) of the attempts that ended in `event`, recognised by their own sentence."""
    ways = patterns.of(family, event)
    said = [(each.reason, each.status_code, each.tls_word) for each in verdict.attempts]
    for reason, code, word in [*said, (verdict.reason, verdict.status_code, verdict.tls_word)]:
        if any(way.said(reason) for way in ways):
            yield code, word if event is Event.SENT_TLS else None
    if verdict.after_retry and event in _BEFORE_RETRY:
        yield status(family, event, permanent=False), None


def by_event(event: Event, *, family: Family | None = None) -> tuple[Reach, ...]:
    """Those that end in `event`, of one family of servers or of all."""
    return tuple(
        each
        for each in reaches()
        if each.event is event and (family is None or PRESETS[each.posture].agent.family is family)
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
