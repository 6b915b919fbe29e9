"""Which fields of a posture, and which facts of a walk, decide a delivery: those that it reads.

A field whose source is silent is played with each of its values, which is needless where the delivery never
asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec.structs import astuple

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
    # What is watched has one field more, behind these.
    fields = dict(zip(_FIELDS, astuple(posture), strict=False))
    habits = dict(zip(_HABITS, astuple(fields["agent"]), strict=False))
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


def watched_too(posture: Posture) -> tuple[Posture, dict[str, None]]:
    """As `watched` where `posture` is, so that what was read can be noted again; else itself."""
    return watched(posture) if isinstance(posture, _Posture) else (posture, {})


def note(posture: Posture, names: Iterable[str]) -> None:
    """Have `names` count as read from `posture`, where it is watched."""
    if isinstance(posture, _Posture):
        _get(posture, "consulted").update(dict.fromkeys(names))


def values_of(posture: Posture, names: Iterable[str]) -> tuple[object, ...]:
    """What was read under `names`, without reading it.  Of the agent its habits decide, not the whole."""
    agent = _get(posture, "agent")
    return tuple(_get(agent if name in _OF_AGENT else posture, name) for name in names if name != "agent")


def unwatched(posture: Posture) -> tuple[object, ...]:
    """All fields and habits, none of which counts as read."""
    fields = astuple(posture)
    return (*astuple(fields[_AGENT])[: len(_HABITS)], *fields[:_AGENT], *fields[_AGENT + 1 : len(_FIELDS)])


_HABITS, _FIELDS = Agent.__struct_fields__, Posture.__struct_fields__
_AGENT = _FIELDS.index("agent")
_OF_AGENT = frozenset(_HABITS).difference(_FIELDS)
