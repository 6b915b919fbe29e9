"""Which fields of a posture decide a delivery: those that it reads.

A field whose source is silent is played with each of its values, which is needless where the delivery never
asks for it.
"""

from __future__ import annotations

from typing import Any

import msgspec

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
    agent = _Agent(**msgspec.structs.asdict(posture.agent), consulted=consulted)
    fields = {**msgspec.structs.asdict(posture), "agent": agent}
    return _Posture(**fields, consulted=consulted), consulted
