"""What one walk has validated, lent to the others that find the same answers.

Ten thousand domains begin at one root, in a few hundred top-level domains, and at the hosts of some
providers: the same signatures over the same answers.  Validation is made of *units*: where a zone stands, a
lookup, a probe.  A unit follows from the answers to its own questions, from the units on which it rests, from
the trust anchors and from the time; so where another walk, as of the same time, gets the very same exchanges,
the result is the same.  Such a walk borrows it whole: its recording gets every exchange of the unit, its
zones are those it would have met by itself, and it is charged what the work costs (see `bounds`), as if it
had done it.

A unit is kept once a second walk has wanted it: most names are asked for by one walk alone.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Hashable, Iterator, Sequence
from contextvars import ContextVar, copy_context
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import dns.name
import msgspec

from mailpath.exchanges import DnsExchange, Exchange
from mailpath.facts import ZoneFact

if TYPE_CHECKING:
    from mailpath.dnssec.bounds import Whole

#: Units that are kept as of one time, some kilobytes each; times; and keys that somebody has wanted.
MOST_UNITS, MOST_TIMES, MOST_WANTED = 4096, 2, 32_768

#: The kind of a unit ("lookup", "standing", "proofs"), and what it is about.
Key = tuple[str, Hashable]


@runtime_checkable
class Lending(Protocol):
    """A network that knows some exchanges already."""

    def borrow(self, exchanges: Sequence[Exchange]) -> bool:
        """Whether each of `exchanges` is what the network would answer now; if so, all count as asked."""
        ...


class Unit(msgspec.Struct, eq=False):
    """One piece of validation, under way or done.

    `asked`: keys of its questions; `parts`: units on which it rests; `operations`: public-key operations and
    whether they held, `rounds`: of hashing; `facts`: of the zones it met; `note`: see `Chain.note`.
    """

    asked: dict[Hashable, None] = {}
    parts: dict[Key, None] = {}
    operations: dict[bytes, bool] = {}
    rounds: int = 0
    facts: dict[dns.name.Name, ZoneFact] = {}
    note: str = ""
    alone: bool = False
    kept: Kept | None = None


class Kept(msgspec.Struct, frozen=True, eq=False):
    """A unit that is done, with its result; `answers`: exchange and reply by the key of the question."""

    key: Key
    result: Any
    answers: dict[Hashable, tuple[DnsExchange, Any]]
    parts: tuple[Kept, ...]
    unit: Unit


_current: ContextVar[Unit | None] = ContextVar("unit", default=None)


def current() -> Unit | None:
    """The unit that is being worked on here; None where nothing is lent."""
    return _current.get()


class Zones:
    """What is lent, and how often it was wanted.  Belongs to one event loop.

    `times`: as of so many at once.  Where each walk begins no earlier than the one before, 1 will do: the
    few that are under way as of the last do their work themselves.
    """

    def __init__(self, times: int = MOST_TIMES) -> None:
        self._times = times
        self._as_of: OrderedDict[Hashable, OrderedDict[Key, Kept]] = OrderedDict()
        self._wanted: OrderedDict[Key, None] = OrderedDict()

    def as_of(self, ground: Hashable) -> OrderedDict[Key, Kept]:
        """What was validated from the anchors and as of the time in `ground`."""
        if ground not in self._as_of:
            self._as_of[ground] = OrderedDict()
            while len(self._as_of) > self._times:
                _, old = self._as_of.popitem(last=False)
                # Each refers to its unit and back, and the garbage collector seldom comes by.  Whoever is
                # under way as of that time does the work itself: else two times are in memory for a while.
                for each in old.values():
                    each.unit.kept = None
                old.clear()
        return self._as_of[ground]

    def want(self, key: Key) -> bool:
        """Whether a walk has wanted it before this one."""
        before = key in self._wanted
        self._wanted[key] = None
        self._wanted.move_to_end(key)
        if len(self._wanted) > MOST_WANTED:
            self._wanted.popitem(last=False)
        return before


class Ledger:
    """What one walk borrows from `zones`, and what it adds.

    `answer(key)`: the exchange and the reply to a question of this walk, None where there is none;
    `adopt(kept)`: makes what was borrowed this walk's own.
    """

    def __init__(self, zones: Zones, ground: Hashable, network: Lending, whole: Whole) -> None:
        self._zones = zones
        self._lent = zones.as_of(ground)
        self._network = network
        self._whole = whole
        self._units: dict[Key, Unit] = {}
        self._results: dict[Key, asyncio.Future[Any]] = {}
        self._again: list[Key] = []
        self.answer: Callable[[Hashable], tuple[DnsExchange, Any] | None] = lambda key: None
        self.adopt: Callable[[Kept], None] = lambda kept: None

    def rest_on(self, key: Key) -> None:
        """The unit that is being worked on needs the one with `key`."""
        if (unit := current()) is not None:
            unit.parts[key] = None

    def start(self, key: Key, work: Callable[[], Coroutine[Any, Any, Any]]) -> asyncio.Future[Any]:
        """The result of the unit with `key`: borrowed, or of `work`, which begins now."""
        kept = self._lent.get(key)
        if kept is not None and self._borrow(kept):
            return self._results[key]
        if self._zones.want(key):
            self._again.append(key)
        unit = self._units[key] = Unit()
        context = copy_context()
        context.run(_current.set, unit)
        self._results[key] = task = asyncio.get_running_loop().create_task(work(), context=context)
        return task

    def _borrow(self, kept: Kept) -> bool:
        missing = list(self._missing(kept))
        exchanges = {id(exchange): exchange for each in missing for exchange, _ in each.answers.values()}
        operations = [each.unit.operations for each in missing]
        rounds = sum(each.unit.rounds for each in missing)
        if not self._whole.affords(operations, rounds) or not self._network.borrow([*exchanges.values()]):
            return False
        self._whole.charge(operations, rounds)
        for each in missing:
            self._units[each.key] = each.unit
            self._results[each.key] = done = asyncio.get_running_loop().create_future()
            done.set_result(each.result)
            self.adopt(each)
            if each.key in self._lent:
                self._lent.move_to_end(each.key)
        return True

    def _missing(self, kept: Kept) -> Iterator[Kept]:
        """`kept` and all on which it rests, but for what this walk has already."""
        seen: set[Key] = set()
        waiting = [kept]
        while waiting:
            each = waiting.pop()
            if each.key not in seen and each.key not in self._results:
                seen.add(each.key)
                waiting += each.parts
                yield each

    def result(self, key: Key) -> asyncio.Future[Any] | None:
        """Of a unit that this walk has, perhaps by borrowing another."""
        return self._results.get(key)

    def lend(self) -> None:
        """Keep what this walk has found out and another had wanted, too.  Call it when all is done."""
        if not self._whole.exhausted:
            for key in self._again:
                if (kept := self._keep(key)) is not None:
                    self._lent[key] = kept
            while len(self._lent) > MOST_UNITS:
                self._lent.popitem(last=False)

    def forget(self) -> None:
        """Let go of what this walk found, but for what others may borrow."""
        self._units.clear()
        self._results.clear()

    def _keep(self, key: Key) -> Kept | None:
        unit, result = self._units[key], self._results[key]
        if unit.kept is None and not unit.alone and result.done() and not result.cancelled():
            parts = [self._keep(part) for part in unit.parts]
            whole = [part for part in parts if part is not None]
            if len(whole) == len(parts) and result.exception() is None:
                found = ((asked, self.answer(asked)) for asked in unit.asked)
                answers = {asked: answer for asked, answer in found if answer is not None}
                unit.kept = Kept(key, result.result(), answers, tuple(whole), unit)
        return unit.kept
