"""Which fields of a posture, and which facts of a walk, decide a delivery: those that it reads.

A field whose source is silent is played with each of its values, which is needless where the delivery never
asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec.structs import astuple, replace

from mailpath.facts import Walk
from mailpath.judge.agent import Agent
from mailpath.judge.posture import Posture


class _Agent(Agent, frozen=True, kw_only=True):
    consulted: dict[str, None]


class _Posture(Posture, frozen=True, kw_only=True):
    consulted: dict[str, None]


class _Walk(Walk, frozen=True, kw_only=True):
    consulted: dict[str, None]


def _noted(kind: type, name: str) -> property:
    """In the place of a field of `kind`: it is read, and noted."""
    read = getattr(kind, name).__get__

    def noted(held: _Agent | _Posture | _Walk) -> Any:
        held.consulted[name] = None
        return read(held)

    return property(noted)


_FACTS, _FIELDS, _HABITS = Walk.__struct_fields__, Posture.__struct_fields__, Agent.__struct_fields__
_AGENT = _FIELDS.index("agent")
_OF_POSTURE = {name: number for number, name in enumerate(_FIELDS)}
_OF_AGENT = {name: number for number, name in enumerate(_HABITS) if name not in _OF_POSTURE}
for _kind, _watched in ((Walk, _Walk), (Posture, _Posture), (Agent, _Agent)):
    for _name in _kind.__struct_fields__:
        if _name != "agent":  # as a whole it decides nothing
            setattr(_watched, _name, _noted(_kind, _name))


def watched_fields(posture: Posture) -> tuple[Posture, dict[str, None]]:
    """The same posture, and the names of the fields read from it, but for its agent's habits, in the order
    first read.

    The names fill up as it, or a copy of it with other fields, is used.
    """
    consulted: dict[str, None] = {}
    # What is watched has one field more, behind these.
    fields = dict(zip(_FIELDS, astuple(posture), strict=False))
    return _Posture(**fields, consulted=consulted), consulted


def watched(posture: Posture) -> tuple[Posture, dict[str, None]]:
    """As `watched_fields`, and with them the habits."""
    seen, consulted = watched_fields(posture)
    habits = dict(zip(_HABITS, astuple(posture.agent), strict=False))
    return replace(seen, agent=_Agent(**habits, consulted=consulted)), consulted


def watched_walk(walk: Walk) -> tuple[Walk, dict[str, None]]:
    """The same walk, and the names of the facts read from it, which fill up as it, or a copy of it with other
    facts, is used.
    """
    consulted: dict[str, None] = {}
    return _Walk(**{name: getattr(walk, name) for name in _FACTS}, consulted=consulted), consulted


def watched_too(posture: Posture) -> tuple[Posture, dict[str, None]]:
    """As `watched` where `posture` is, so that what was read can be noted again; else itself."""
    if not isinstance(posture, _Posture):
        return posture, {}
    return (watched if isinstance(posture.agent, _Agent) else watched_fields)(posture)


def note(posture: Posture, names: Iterable[str]) -> None:
    """Have `names` count as read from `posture`, where it is watched."""
    if isinstance(posture, _Posture):
        posture.consulted.update(dict.fromkeys(names))


def values_of(posture: Posture, names: Iterable[str]) -> tuple[object, ...]:
    """What was read under `names`, without reading it."""
    fields, habits = astuple(posture), astuple(posture.agent)
    return tuple(
        habits[_OF_AGENT[name]] if name in _OF_AGENT else fields[_OF_POSTURE[name]] for name in names
    )


def unwatched(posture: Posture) -> tuple[object, ...]:
    """All fields and habits, none of which counts as read."""
    fields = astuple(posture)
    return (*astuple(fields[_AGENT])[: len(_HABITS)], *fields[:_AGENT], *fields[_AGENT + 1 : len(_FIELDS)])
