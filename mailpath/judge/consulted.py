"""Which fields of a posture, and which facts of a walk, decide a delivery: those that it reads.

A field whose source is silent is played with each of its values, which is needless where the delivery never
asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mailpath.facts import Walk
from mailpath.judge.agent import Agent
from mailpath.judge.posture import Posture

_get = object.__getattribute__


class _Agent(Agent, frozen=True, kw_only=True):
    consulted: dict[str, None]

    def __getattribute__(self, name: str) -> Any:
        _get(self, "consulted").setdefault(name)
        return _get(self, name)


class _Posture(Posture, frozen=True, kw_only=True):
    consulted: dict[str, None]

    def __getattribute__(self, name: str) -> Any:
        _get(self, "consulted").setdefault(name)
        return _get(self, name)


def watched(posture: Posture) -> tuple[Posture, dict[str, None]]:
    """The same posture, and the names of the fields and habits read from it, in the order first read.

    The names fill up as it, or a copy of it with other fields, is used.
    """
    consulted: dict[str, None] = {}
    habits, fields = _fields(posture)
    fields["agent"] = _Agent(**habits, consulted=consulted)
    return _Posture(**fields, consulted=consulted), consulted


class _Walk(Walk, frozen=True, kw_only=True):
    consulted: dict[str, None]

    def __getattribute__(self, name: str) -> Any:
        if name in _FACTS:
            _get(self, "consulted").setdefault(name)
        return _get(self, name)


_FACTS = frozenset(Walk.__struct_fields__)


def watched_walk(walk: Walk) -> tuple[Walk, dict[str, None]]:
    """The same walk, and the names of the facts read from it, which fill up as it, or a copy of it with other
    facts, is used.
    """
    consulted: dict[str, None] = {}
    return _Walk(**{name: getattr(walk, name) for name in _FACTS}, consulted=consulted), consulted


def note(posture: Posture, names: Iterable[str]) -> None:
    """Have `names` count as read from `posture`, where it is watched."""
    if isinstance(posture, _Posture):
        _get(posture, "consulted").update(dict.fromkeys(names))


def unwatched(posture: Posture) -> tuple[object, ...]:
    """All fields and habits, none of which counts as read."""
    habits, fields = _fields(posture)
    return (*habits.values(), *fields.values())


def _fields(posture: Posture) -> tuple[dict[str, Any], dict[str, Any]]:
    """The habits of the agent, and the other fields."""
    agent = _get(posture, "agent")
    habits = {name: _get(agent, name) for name in Agent.__struct_fields__}
    return habits, {name: _get(posture, name) for name in Posture.__struct_fields__ if name != "agent"}
