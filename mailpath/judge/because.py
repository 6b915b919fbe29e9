"""Which rules made a sender's verdict another than the RFCs' sender's: the delivery, played again.

Servers depart from the standards in places (`rules.py`), and mostly that changes nothing.  To tell which
rules decided, the same mail is judged for a sender that is asked for the same (level, DANE, MTA-STS) and has
all its habits from the preset `rfc`.  Where that ends alike, no rule decided.  Where it does not, the fewest
habits are sought that make the difference.  So nobody has to know beforehand which rule matters where.  Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from mailpath.judge.model import Attempt, Outcome, Verdict
from mailpath.judge.posture import Posture
from mailpath.judge.rules import DEMANDS, RFC, deviations, rule_id, value_of

#: The verdict of a posture on one walk, for one message.
Judged = Callable[[Posture], Verdict]


def explained(
    verdicts: Mapping[str, Verdict], postures: Iterable[Posture], judged: Judged
) -> dict[str, Verdict]:
    """`verdicts`, by posture name, with `because` filled in; `judged` is how they came about."""
    by_demands: dict[tuple[Any, ...], Verdict] = {}
    told = dict(verdicts)
    for posture in postures:
        verdict = told[posture.name]
        if posture == RFC or verdict.outcome is Outcome.UNKNOWN:
            continue
        asked = {field: getattr(posture, field) for field in DEMANDS}
        known = not posture.unknown.keys() & asked.keys()
        plain = by_demands.get(tuple(asked.values())) if known else None
        if plain is None:
            unknown = {} if known else posture.unknown
            plain = judged(replace(RFC, unknown=unknown, **asked))
        if known:
            by_demands[tuple(asked.values())] = plain
        if _course(plain) != _course(verdict):
            told[posture.name] = _because(verdict, _With(posture, judged))
    return told


class _With:
    """The verdicts of senders that are `posture` but for some of its rules, which are as `rfc` has them.

    What is no rule stays the sender's own: under which name it logs a host, for one.
    """

    def __init__(self, posture: Posture, judged: Judged) -> None:
        self._posture, self._judged = posture, judged
        self.rules = deviations(posture)
        self.plain = self(())

    def __call__(self, fields: Iterable[str]) -> Verdict:
        kept = set(fields)
        given_up = {field: value_of(RFC, field) for field in self.rules if field not in kept}
        return self._judged(self._posture.changed(**given_up))


def _because(verdict: Verdict, sender: _With) -> Verdict:
    """`verdict` with the rules that decided it, and those that decided its attempts."""
    course = _course(verdict)
    if not sender.rules or _course(sender.plain) == course:
        return verdict
    fields = _fewest(lambda chosen: _course(sender(chosen)) == course, tuple(sender.rules))
    if len(fields) == 1:
        without = {rule_id(fields[0]): sender.plain}
    else:
        others = {field: (each for each in sender.rules if each != field) for field in fields}
        without = {rule_id(field): sender(each) for field, each in others.items()}
    decided = tuple(rule for rule, other in without.items() if _end(other) != _end(verdict))
    if not decided and _end(sender.plain) != _end(verdict):
        decided = tuple(without)  # each of them would have done alone
    attempts = tuple(
        replace(tried, because=tuple(rule for rule, other in without.items() if _differs(tried, other)))
        for tried in verdict.attempts
    )
    return replace(verdict, because=decided, attempts=attempts)


def _fewest(enough: Callable[[tuple[str, ...]], bool], fields: tuple[str, ...]) -> tuple[str, ...]:
    """A smallest part of `fields` that is `enough`: all of them are, none of them is not (Junker 2004)."""

    def search(kept: tuple[str, ...], added: bool, rest: tuple[str, ...]) -> tuple[str, ...]:
        if added and enough(kept):
            return ()
        if len(rest) == 1:
            return rest
        first, second = rest[: len(rest) // 2], rest[len(rest) // 2 :]
        found = search((*kept, *first), True, second)
        return (*search((*kept, *found), bool(found), first), *found)

    return search((), False, fields)


def _end(verdict: Verdict) -> tuple[object, ...]:
    """What becomes of the mail, and where."""
    return (*_told(verdict), verdict.possible, verdict.after_retry)


def _course(verdict: Verdict) -> tuple[object, ...]:
    """The same, and how each attempt ended."""
    return (*_end(verdict), *(_told(each) for each in verdict.attempts))


def _told(each: Attempt | Verdict) -> tuple[object, ...]:
    return (each.address or each.host, each.outcome, each.event, each.mechanism)


def _differs(tried: Attempt, other: Verdict) -> bool:
    """The attempt at this host is not among those of `other`."""
    return _told(tried) not in [_told(each) for each in other.attempts]
