"""What postures make of walks that differ in what an attacker changed: each once for the facts it hangs on.

A dozen attacks, alone and in pairs, make some fifty walks, but few different facts of each kind: whoever
blocks the policy leaves the MX records and all sessions as they were, and a sender that asks for no policy
does there what it did before.  Which facts decide is seen from what is read of the walk (`judge.consulted`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from mailpath.facts import StsPolicy, Walk
from mailpath.judge import Posture, Verdict, message_options
from mailpath.judge.consulted import watched_walk
from mailpath.judge.course import Play
from mailpath.judge.destinations import Destinations
from mailpath.judge.message_options import Message
from mailpath.whatif.weakest import weakest_host

_T = TypeVar("_T")


class Judged:
    """Remembers for the walks of one path; these, and the postures, live as long as it does."""

    def __init__(self) -> None:
        self._values: dict[str, list[object]] = {}  # of each kind of facts those that were met
        self._numbers: dict[int, tuple[Walk, dict[str, int]]] = {}
        self._postures: dict[int, Posture] = {}
        self._known: dict[object, list[tuple[dict[str, int], Any]]] = {}
        self.destinations = Destinations()
        self._play = Play(destinations=self.destinations)

    def verdict(self, walk: Walk, posture: Posture, cached: StsPolicy | None, message: Message) -> Verdict:
        """As `message_options.verdict`."""
        return self.told(message_options.verdict, walk, posture, cached, message, play=self._play)

    def possible(
        self, walk: Walk, posture: Posture, cached: StsPolicy | None, message: Message
    ) -> tuple[Verdict, ...]:
        """As `message_options.possible`."""
        return self.told(message_options.possible, walk, posture, cached, message, play=self._play)

    def weakest(
        self,
        walk: Walk,
        posture: Posture,
        cached: StsPolicy | None,
        message: Message,
        held: StsPolicy | None,
    ) -> str | None:
        """As `weakest_host`."""
        return self.told(weakest_host, walk, posture, cached, message, held, destinations=self.destinations)

    def told(
        self,
        of: Callable[..., _T],
        walk: Walk,
        posture: Posture,
        *more: StsPolicy | Message | None,
        **known: object,
    ) -> _T:
        """`of` all the others; it must be pure.  `known`: what spares it work, and changes nothing."""
        self._postures[id(posture)] = posture
        named = (each if isinstance(each, Message) else self._find("policy", each) for each in more)
        told = self._known.setdefault((of, id(posture), *named), [])
        for read, found in told:
            if all(self._number(walk, name) == number for name, number in read.items()):
                result: _T = found
                return result
        seen, consulted = watched_walk(walk)
        made = of(seen, posture, *more, **known)
        told.append(({name: self._number(walk, name) for name in consulted}, made))
        return made

    def _number(self, walk: Walk, name: str) -> int:
        """Of the facts `name` of a walk: the same for those that are equal."""
        _, numbers = self._numbers.setdefault(id(walk), (walk, {}))
        if name not in numbers:
            numbers[name] = self._find(name, getattr(walk, name))
        return numbers[name]

    def _find(self, name: str, value: object) -> int:
        values = self._values.setdefault(name, [])
        try:
            return values.index(value)
        except ValueError:
            values.append(value)
            return len(values) - 1
