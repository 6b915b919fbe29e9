"""A survey as it is looked at: by column, so that ten thousand domains are found, ordered, grouped and
counted within a frame.  Pure; all of its text is visible.

A domain is told by its number: its place by volume, most mails first.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

import msgspec

from mailpath.judge import Outcome
from mailpath.names import u_labels
from mailpath.survey.again import FOUND, Cell, Look, cells_of
from mailpath.survey.out.decision import GROUPS, NO_OPERATOR, reason_of
from mailpath.survey.out.shown import shown_row
from mailpath.survey.results import Cause, Count, Row, group_of
from mailpath.visible import visible

_OUTCOMES = tuple(Outcome)
#: Of a cell, as a small number: its outcome, or whether it is read; or that it is not judged.
_CODES: Mapping[str | None, int] = {outcome: code for code, outcome in enumerate(_OUTCOMES)}
_READS: Mapping[str | None, int] = {"yes": 0, "maybe": 1, "no": 2, None: 3}
NOT_JUDGED = 7
#: Codes that there may be of one cell.
_ROOM = 8
#: By code, what a reader wants to see first.
_WORST = [
    _CODES[outcome]
    for outcome in (
        Outcome.BOUNCED,
        Outcome.DEFERRED,
        Outcome.UNKNOWN,
        Outcome.PLAINTEXT,
        Outcome.ENCRYPTED,
        Outcome.AUTHENTICATED,
    )
] + [NOT_JUDGED]
_RANKS = {code: rank for rank, code in enumerate(_WORST)}
#: Looks of which the cells are remembered, besides the one as found.
_REMEMBERED = 4

#: Kinds of domains under a posture: compared with today, and under an attack.
COMPARED: tuple[str, ...] = tuple(GROUPS)
ATTACKED = ("read", "maybe_read", "not_read", "unknown")


def cause_of(cell: Cell | None) -> str:
    """Why mail is not delivered, in a few words: like goes with like."""
    if cell is None:
        return "not judged"
    if cell.read is not None:
        return _READ[cell.read]
    if cell.inconclusive:
        return "turned away for now"
    if cell.cause.event or cell.cause.reason:
        return _named(cell.cause.code, cell.cause.event)
    return f"delivered, {cell.outcome.value}"


_READ = {"yes": "read by the attacker", "maybe": "maybe read", "no": "not read"}


@cache
def _named(code: str, event: str) -> str:
    return reason_of(Cause(code=code, event=event)).named


class Column:
    """What is known of one posture, by number: the cells (None: not judged), their causes in few words."""

    def __init__(self, size: int, *, attacked: bool) -> None:
        self.cells: list[Cell | None] = [None] * size
        self.codes = bytearray([NOT_JUDGED]) * size
        self.causes = [cause_of(None)] * size
        self._attacked = attacked

    def put(self, number: int, cell: Cell) -> None:
        """Of one domain."""
        self.cells[number] = cell
        self.causes[number] = cause_of(cell)
        if self._attacked:
            read = None if cell.outcome is Outcome.UNKNOWN and cell.read != "yes" else cell.read
            self.codes[number] = _READS[read]
        else:
            self.codes[number] = _CODES[Outcome.UNKNOWN if cell.inconclusive else cell.outcome]


class Domains:
    """Every domain of a survey, and what was made of it through each look.

    `names`: as the store has them; `rows`: with visible text; `kept`: whose walk can be looked at again.
    """

    def __init__(self, rows: Sequence[Row], kept: Iterable[str]) -> None:
        """`rows`: most mails first."""
        there = set(kept)
        self.names = [row.domain for row in rows]
        self.rows = [shown_row(row) for row in rows]
        self.kept = [name in there for name in self.names]
        self.mails = array("q", (row.mails for row in rows))
        self.operators = [row.operator or NO_OPERATOR for row in self.rows]
        self.words = [_words(row) for row in self.rows]
        self._looks: dict[Look, dict[str, Column]] = {FOUND: {}}
        for number, row in enumerate(self.rows):
            self.put(number, FOUND, cells_of(row))

    def __len__(self) -> int:
        return len(self.rows)

    def look(self, look: Look) -> dict[str, Column]:
        """By posture; what was not looked at lately may have been forgotten."""
        columns = self._looks.pop(look, {})
        self._looks[look] = columns
        for each in [each for each in self._looks if each not in (FOUND, look)][:-_REMEMBERED]:
            del self._looks[each]
        return columns

    def column(self, look: Look, posture: str) -> Column:
        """What `posture` makes of it."""
        columns = self.look(look)
        if posture not in columns:
            columns[posture] = Column(len(self), attacked=bool(look.attack))
        return columns[posture]

    def put(self, number: int, look: Look, cells: Mapping[str, Cell]) -> None:
        """What was found out of one domain."""
        for posture, cell in cells.items():
            self.column(look, posture).put(number, cell)

    def missing(self, look: Look, postures: Iterable[str]) -> list[int]:
        """Domains that can be looked at, and were not under all of `postures`."""
        found: set[int] = set()
        for posture in postures:
            codes = self.column(look, posture).codes
            if NOT_JUDGED in codes:
                found.update(number for number, code in enumerate(codes) if code == NOT_JUDGED)
        return sorted(number for number in found if self.kept[number])


def _words(row: Row) -> str:
    """What a domain is found by, small letters."""
    codes = (cause.code for cause in row.causes.values())
    unicode = u_labels(row.domain) or ""
    return " ".join((row.domain, visible(unicode), row.operator, *row.hosts, *codes)).casefold()


# --- Counting --------------------------------------------------------------------------------------


@cache
def _kinds(attacked: bool) -> tuple[str, ...]:
    """By a place: the code today times `_ROOM`, and the code under a posture."""
    return tuple(_kind(before, after, attacked) for before in range(_ROOM) for after in range(_ROOM))


def _kind(before: int, after: int, attacked: bool) -> str:
    if attacked:
        return ATTACKED[after] if after < len(ATTACKED) else "unknown"
    if before >= len(_OUTCOMES) or after >= len(_OUTCOMES):
        return "unknown"
    return group_of(_OUTCOMES[before], _OUTCOMES[after])


def _places(domains: Domains, look: Look, today: str, posture: str) -> bytearray:
    before, after = (domains.column(look, name).codes for name in (today, posture))
    return bytearray(one * _ROOM + other for one, other in zip(before, after, strict=True))


def kinds_of(domains: Domains, look: Look, today: str, posture: str) -> list[str]:
    """Of every domain, by number; what was not judged is unknown."""
    kinds = _kinds(bool(look.attack))
    return [kinds[place] for place in _places(domains, look, today, posture)]


class Totals:
    """Domains and mails by kind, under each of `postures`; what was not judged is unknown."""

    def __init__(self, domains: Domains, look: Look, today: str, postures: Sequence[str]) -> None:
        self._domains = domains
        self._kinds = _kinds(bool(look.attack))
        self._today = domains.column(look, today)
        self._columns = {posture: domains.column(look, posture) for posture in postures}
        self._places = {posture: _places(domains, look, today, posture) for posture in postures}
        self._counts = {posture: self._count(posture) for posture in postures}

    def _count(self, posture: str) -> tuple[list[int], list[int]]:
        domains, mails = [0] * _ROOM**2, [0] * _ROOM**2
        for place, volume in zip(self._places[posture], self._domains.mails, strict=True):
            domains[place] += 1
            mails[place] += volume
        return domains, mails

    def again(self, numbers: Iterable[int]) -> None:
        """These have just been judged."""
        numbers = list(numbers)
        for posture, column in self._columns.items():
            places, (domains, mails) = self._places[posture], self._counts[posture]
            for number in numbers:
                volume, before = self._domains.mails[number], places[number]
                places[number] = after = self._today.codes[number] * _ROOM + column.codes[number]
                domains[before] -= 1
                mails[before] -= volume
                domains[after] += 1
                mails[after] += volume

    def of(self, posture: str) -> dict[str, Count]:
        """By kind."""
        found: dict[str, tuple[int, int]] = {}
        for kind, domains, mails in zip(self._kinds, *self._counts[posture], strict=True):
            some, volume = found.get(kind, (0, 0))
            found[kind] = some + domains, volume + mails
        return {kind: Count(domains=some, mails=volume) for kind, (some, volume) in found.items()}


# --- What is listed --------------------------------------------------------------------------------


class Head(msgspec.Struct, frozen=True):
    """Of a group of domains.  `broken`: mails that newly are not delivered, or under an attack are read."""

    name: str
    domains: int
    mails: int
    broken: int
    opened: bool


#: The number of a domain, or the head of a group.
Entry = int | Head


class Arrangement(msgspec.Struct, frozen=True, kw_only=True):
    """What is listed, and how.

    `sought`: words, every one of which is in what is listed; `only`: a kind, "" for all; `by`: "mails",
    "domain", "operator", "cause", or a posture; `turned`: the other way round; `grouped`: "", "operator" or
    "cause"; `opened`: groups whose domains are listed.
    """

    sought: str = ""
    only: str = ""
    by: str = "mails"
    turned: bool = False
    grouped: str = ""
    opened: frozenset[str] = frozenset()


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """Through what all is seen: under `posture`, compared with `today`."""

    look: Look
    today: str
    posture: str


def entries(domains: Domains, seen: Seen, how: Arrangement) -> list[Entry]:
    """What is listed, in order."""
    numbers = _ordered(domains, seen, how, range(len(domains)))
    kinds = kinds_of(domains, seen.look, seen.today, seen.posture) if how.only or how.grouped else []
    if how.only:
        numbers = [number for number in numbers if kinds[number] == how.only]
    known = domains.words
    for word in how.sought.casefold().split():
        numbers = [number for number in numbers if word in known[number]]
    if not how.grouped:
        return list(numbers)
    return _grouped(domains, seen, how, numbers, kinds)


def _ordered(domains: Domains, seen: Seen, how: Arrangement, numbers: Sequence[int]) -> Sequence[int]:
    if how.by == "mails":
        return numbers[::-1] if how.turned else numbers
    if how.by in _TEXTS:
        return sorted(numbers, key=_texts(domains, seen, how.by).__getitem__, reverse=how.turned)
    codes = domains.column(seen.look, how.by).codes
    ranks = bytes(code if seen.look.attack else _RANKS.get(code, _ROOM) for code in range(_ROOM))
    keys = codes.translate(ranks + bytes(range(_ROOM, 256)))
    return sorted(numbers, key=keys.__getitem__, reverse=how.turned)


_TEXTS = ("domain", "operator", "cause")


def _texts(domains: Domains, seen: Seen, by: str) -> list[str]:
    """By number, what domains are ordered and grouped by."""
    if by == "cause":
        return domains.column(seen.look, seen.posture).causes
    return domains.names if by == "domain" else domains.operators


def _grouped(
    domains: Domains, seen: Seen, how: Arrangement, numbers: Iterable[int], kinds: Sequence[str]
) -> list[Entry]:
    """Heads with most broken mails first, then most mails; below those that are open their domains."""
    labels = _texts(domains, seen, how.grouped)
    groups: dict[str, list[int]] = {}
    for number in numbers:
        groups.setdefault(labels[number], []).append(number)
    mails = domains.mails
    worst = "read" if seen.look.attack else "newly_deferred"
    heads = [
        Head(
            name,
            len(group),
            sum(mails[number] for number in group),
            sum(mails[number] for number in group if kinds[number] == worst),
            name in how.opened,
        )
        for name, group in groups.items()
    ]
    heads.sort(key=lambda head: (-head.broken, -head.mails, head.name))
    found: list[Entry] = []
    for head in heads:
        found.append(head)
        if head.opened:
            found += groups[head.name]
    return found
