"""A state in words: what is served, and what is cached."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from mailpath.judge.presets import PRESETS
from mailpath.lab.grammar import Certificate, Server
from mailpath.plan.world import Part, World, certificate, different
from mailpath.wording.phrases import join_and

#: So many names are told of those that are not meant.
FEW = 3
_SERVED = {"server", "policy", "zone", "fault"}
_NAMES = {"server": "key", "policy": "policy", "zone": "DS record", "fault": "name servers"}


def tell_postures(names: Sequence[str]) -> str:
    """ "rfc and exim", "every posture but postfix-dane-only"."""
    others = [name for name in PRESETS if name not in names]
    if len(others) > FEW:
        return join_and(tuple(names)) if names else "nobody"
    return f"every posture but {join_and(tuple(others))}" if others else "every posture"


def tell_state(world: World, start: World, goal: World, about: Collection[Part] | None = None) -> str:
    """ "new key served, old TLSA record cached": each part that the plan changes, alike ones together.

    `about`: those that matter; None: all of them.
    """
    told: dict[tuple[bool, str, str], list[str]] = {}
    for part, (old, new) in different(start, goal).items():
        if about is not None and part not in about:
            continue
        value = world.parts.get(part)
        if part.kind == "zone" and value is not None and value.tamper and value != old:
            told.setdefault((False, "unsigned", "answer"), []).append(part.name)
            continue
        told.setdefault(
            (part.kind in _SERVED, _which(part, value, old, new), _kind(part, old, new)), []
        ).append(part.name)
    alone = {kind: sum(key[2] == kind for key in told) == 1 for _, _, kind in told}
    clauses = [
        _clause(served, which, kind, () if alone[kind] else names)
        for (served, which, kind), names in sorted(told.items(), key=lambda each: not each[0][0])
    ]
    return ", ".join(clauses) or "nothing has changed yet"


def _kind(part: Part, old: Any, new: Any) -> str:
    if part.kind == "server":
        if not old or not new or _shown(old) == _shown(new):
            return "setup"
        return "key" if _keys(old) != _keys(new) else "certificate"
    return _NAMES.get(part.kind) or f"{part.rdtype} record"


def _shown(servers: tuple[Server, ...]) -> list[Certificate]:
    return [certificate(each) for one in servers for each in (one.cert, one.second) if each is not None]


def _keys(servers: tuple[Server, ...]) -> list[str]:
    return [each.key for each in _shown(servers)]


def _which(part: Part, value: Any, old: Any, new: Any) -> str:
    if not value:
        return "no"
    if value == new:
        return "new"
    if value == old:
        return "old"
    return "both" if part.kind == "rrset" else "next"


def _clause(served: bool, which: str, kind: str, names: Iterable[str]) -> str:
    where = "served" if served else "cached"
    plural = f"{kind}s" if which in ("both", "unsigned") else kind
    of = f" of {join_and(tuple(names))}" if tuple(names) else ""
    return f"{which} {plural}{of} {where}"
