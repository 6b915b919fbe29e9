"""The posture that does what a server did: a bounded greedy search, with the judge as the only measure.

It starts from each preset, keeps those that explain most, and changes one field that an operator sets after
the other, always the one that explains most of the scenarios that are left.  Only fields that the judge reads
in those scenarios can change them (`consulted`), so only they are tried; where no single field helps, two
together.  Then every field that the scenarios read is given each other value: one that explains as much
leaves the field undecided.
"""

from __future__ import annotations

import typing
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from itertools import combinations, islice
from typing import Any

from msgspec.structs import replace

from mailpath.facts import Walk
from mailpath.judge import Outcome, Posture, Verdict, judge
from mailpath.judge.consulted import watched
from mailpath.judge.fields import types
from mailpath.judge.presets import PRESETS
from mailpath.records import Record
from mailpath.servers.learning.observing import Observed, agrees, says_the_word

#: Presets that the search goes on from, and fields that it changes in each.
STARTS = 4
MAX_CHANGES = 8
#: Pairs of changes that are tried where no single one helps.
MAX_PAIRS = 400

#: What is not learned: what a posture is called, and what the lab's scenarios do not measure.
_APART = frozenset(
    {
        "name",
        "title",
        "source",
        "agent",
        "unknown",
        "recipients",
        "match_names",
        "patience",
        "measured",
        "notes",
    }
    | {"requiretls", "requiretls_verifies", "validating_resolver"}
)
_LIMITS = (0, 1, 2, 5)
_REFERENCES = (("mx",), ("nexthop", "dot-nexthop"), ("mx", "nexthop"), ("mx", "nexthop", "dot-nexthop"))


class Score(Record, frozen=True, kw_only=True, order=True):
    """How much a posture explains: more scenarios first, then more words of the log."""

    scenarios: int
    words: int


class Fitted(Record, frozen=True, kw_only=True):
    """`base`: the preset that it came from; `posture`: the best found.  `changes`: field -> its value, and
    the scenarios that decide it; `open`: field -> values that explain as much.  `wrong`: the scenarios that
    it does not explain.
    """

    base: str
    posture: Posture
    score: Score
    changes: dict[str, tuple[Any, tuple[str, ...]]]
    open: dict[str, tuple[Any, ...]]
    wrong: tuple[str, ...]


class _Standing(Record, frozen=True, kw_only=True):
    """A posture measured.  `explained`: scenario -> whether the word of the log is explained, too; `read`:
    the fields that the judge reads in each scenario, so that only they can change it.
    """

    posture: Posture
    explained: dict[str, bool]
    read: dict[str, frozenset[str]]

    @property
    def score(self) -> Score:
        return _score(self.explained)


def _score(explained: Mapping[str, bool]) -> Score:
    return Score(scenarios=len(explained), words=sum(explained.values()))


class _Measure:
    """What was observed in each scenario, and how a posture compares."""

    def __init__(self, walks: Mapping[str, Walk], seen: Mapping[str, Observed]) -> None:
        self.walks = {scenario: walks[scenario] for scenario in seen}
        self.seen = seen

    def verdict(self, posture: Posture, scenario: str) -> Verdict:
        return judge(self.walks[scenario], posture)

    def explained(self, posture: Posture, scenarios: Iterable[str]) -> dict[str, bool]:
        """Those of `scenarios` that `posture` explains; see `_Standing`."""
        found = {}
        for scenario in scenarios:
            verdict, seen = self.verdict(posture, scenario), self.seen[scenario]
            if agrees(verdict, seen):
                found[scenario] = says_the_word(verdict, seen)
        return found

    def standing(self, posture: Posture) -> _Standing:
        """All that there is to know of `posture`."""
        read = {scenario: self.read(posture, scenario) for scenario in self.seen}
        return _Standing(posture=posture, explained=self.explained(posture, self.seen), read=read)

    def read(self, posture: Posture, scenario: str) -> frozenset[str]:
        """The fields that the judge reads there."""
        if posture.unknown:  # each value of them may lead another way
            return frozenset(Posture.__struct_fields__)
        concrete, consulted = watched(posture)
        judge(self.walks[scenario], concrete)
        return frozenset(consulted)

    def changed(self, standing: _Standing, changes: Mapping[str, Any]) -> dict[str, bool]:
        """What is explained with other values of these fields: only where they are read is judged again."""
        posture = standing.posture.changed(**changes)
        again = [each for each, fields in standing.read.items() if not fields.isdisjoint(changes)]
        kept = {each: word for each, word in standing.explained.items() if each not in set(again)}
        return {**kept, **self.explained(posture, again)}


def fit(walks: Mapping[str, Walk], seen: Mapping[str, Observed], program: str = "") -> Fitted:
    """The best posture.  `program`: whose log it was, so that other servers' presets are no start."""
    measure = _Measure(walks, seen)
    starts = _starts(program)
    scored = {name: _score(measure.explained(preset, seen)) for name, preset in starts.items()}
    first = sorted(starts, key=lambda name: scored[name], reverse=True)[:STARTS]
    climbed: dict[str, _Standing] = {}
    for name in first:
        climbed[name] = _climbed(measure, starts[name])
        if climbed[name].score.words == len(seen):
            break  # nothing is left to explain
    name = max(climbed, key=lambda each: climbed[each].score)  # the first of equals
    return _decided(measure, name, climbed[name])


def _starts(program: str) -> dict[str, Posture]:
    here = {name: each for name, each in PRESETS.items() if each.agent.resolves_here}
    own = {name: each for name, each in here.items() if program and each.agent.name.startswith(program)}
    return own or here


def _climbed(measure: _Measure, start: Posture) -> _Standing:
    """Where a step at a time leads to, each to the best of all next ones."""
    best = measure.standing(start)
    for _ in range(MAX_CHANGES):
        left = measure.seen.keys() - best.explained.keys()
        words = {scenario for scenario, word in best.explained.items() if not word}
        fields = {field for scenario in left or words for field in best.read[scenario]}
        tried = list(_changes(best.posture, fields))
        score, changes = _best_of(measure, best, ((change,) for change in tried))
        if score <= best.score and left:
            pairs = (pair for pair in combinations(tried, 2) if pair[0][0] != pair[1][0])
            score, changes = _best_of(measure, best, islice(pairs, MAX_PAIRS))
        if score <= best.score:
            break
        best = measure.standing(best.posture.changed(**changes))
    return best


def _best_of(
    measure: _Measure, standing: _Standing, tried: Iterable[tuple[tuple[str, Any], ...]]
) -> tuple[Score, dict[str, Any]]:
    found: tuple[Score, dict[str, Any]] = Score(scenarios=-1, words=-1), {}
    for changes in map(dict, tried):
        score = _score(measure.changed(standing, changes))
        if score > found[0]:
            found = score, changes
    return found


def _changes(posture: Posture, fields: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """Every other value of each of `fields`, in the order of the record."""
    for field in Posture.__struct_fields__:
        if field in fields and field not in _APART:
            now = () if field in posture.unknown else (getattr(posture, field),)
            yield from ((field, value) for value in _values(field) if value not in now)


def _values(field: str) -> tuple[Any, ...]:
    """What a field can be; () for what has too many values."""
    kind = types(Posture)[field]
    bare = getattr(kind, "__origin__", kind)
    if bare is bool:
        return (False, True)
    if bare is int:
        return _LIMITS
    if field == "references":
        reference = typing.get_args(typing.get_args(kind)[0] if typing.get_args(kind) else bare)[0]
        return tuple(tuple(map(reference, each)) for each in _REFERENCES)
    if isinstance(bare, type) and issubclass(bare, Enum):
        return tuple(bare)
    return typing.get_args(bare) if typing.get_origin(bare) is typing.Literal else ()


# --- what decided it ---------------------------------------------------------------------------------


def _decided(measure: _Measure, base: str, best: _Standing) -> Fitted:
    preset, posture = PRESETS[base], best.posture
    changes = {}
    for field in Posture.__struct_fields__:
        value = getattr(posture, field)
        silent = [each for each in preset.unknown.get(field, ()) if each != value]
        if field in _APART or field in posture.unknown or (value == getattr(preset, field) and not silent):
            continue
        without = measure.changed(best, {field: silent[0] if silent else getattr(preset, field)})
        changes[field] = (
            value,
            tuple(each for each in measure.seen if each in best.explained.keys() - without),
        )
    return Fitted(
        base=base,
        posture=posture,
        score=best.score,
        changes=changes,
        open=_open(measure, best),
        wrong=tuple(each for each in measure.seen if each not in best.explained),
    )


def _open(measure: _Measure, best: _Standing) -> dict[str, tuple[Any, ...]]:
    """Fields that the scenarios read, with the values that explain as much as the one they have."""
    found: dict[str, tuple[Any, ...]] = {}
    concrete = best.posture.changed(**{each: values[0] for each, values in best.posture.unknown.items()})
    fields = frozenset[str]().union(*(measure.read(concrete, each) for each in measure.seen))
    for field, value in _changes(best.posture, fields):
        if field not in best.posture.unknown and measure.changed(best, {field: value}) == best.explained:
            found[field] = (*found.get(field, (getattr(best.posture, field),)), value)
    for field in list(found):
        # Together they must not make unknown what was seen: some only do as well one at a time.
        together = replace(best.posture, unknown={**best.posture.unknown, **found})
        verdicts = (measure.verdict(together, each) for each in best.explained)
        if all(each.outcome is not Outcome.UNKNOWN for each in verdicts):
            break
        del found[field]
    return found
