"""The presets: postures of known senders.  They are data, in `presets.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Any

from msgspec.structs import replace

from mailpath.errors import MailpathError
from mailpath.judge.agent import Agent
from mailpath.judge.fields import understood
from mailpath.judge.habits import Family
from mailpath.judge.posture import Posture
from mailpath.wording.phrases import did_you_mean


class UnknownPosture(MailpathError):
    """No posture has that name; the message says which is near, or else lists those there are."""

    def __init__(self, name: str, among: Iterable[str]) -> None:
        known = tuple(among)
        bare = (each.removeprefix("postfix-") for each in known)
        there = did_you_mean(name, (*known, *bare)) or f" The postures are {', '.join(known)}."
        super().__init__(f"There is no posture {name!r}.{there}")


def posture(name: str, among: Mapping[str, Posture] | None = None) -> Posture:
    """The posture `name`, of the presets or `among` others; a bare Postfix level ("dane") means
    "postfix-dane".  Raises `UnknownPosture`.
    """
    known = PRESETS if among is None else among
    found = known.get(name) or known.get(f"postfix-{name}")
    if found is None:
        raise UnknownPosture(name, known)
    return found


def _agents(tables: Mapping[str, dict[str, Any]]) -> dict[str, Agent]:
    """Every agent by name; a base stands above those that have it."""
    found: dict[str, Agent] = {}
    for name, table in tables.items():
        base, source = table.pop("base", None), table.pop("source", "")
        start = found[base] if base else Agent(name=name, family=Family(table.pop("family", "rfc")))
        found[name] = replace(start, name=name, source=source, **understood(start, table))
    return found


def _presets(tables: Mapping[str, dict[str, Any]]) -> dict[str, Posture]:
    """Every preset by name: TOML has no two tables of one name."""
    found: dict[str, Posture] = {}
    for name, table in tables.items():
        base, agent = table.pop("base", None), table.pop("agent", None)
        start = found[base] if base else Posture(name=name, title="")
        start = replace(start, name=name, agent=AGENTS[agent] if agent else start.agent)
        source = table.pop("source", start.source or start.agent.source)
        start = replace(
            start,
            measured=table.pop("measured", start.measured),
            notes=table.pop("notes", start.notes),
        )
        unknown = {
            field: tuple(understood(start, {field: each})[field] for each in values)
            for field, values in table.pop("unknown", {}).items()
        }
        found[name] = replace(start, source=source, unknown=unknown, **understood(start, table))
    return found


_TABLES = tomllib.loads(resources.files(__package__).joinpath("presets.toml").read_text("utf-8"))
#: Every agent, and every preset, by name and in the order of the file.
AGENTS: Mapping[str, Agent] = _agents(_TABLES["agent"])
PRESETS: Mapping[str, Posture] = _presets(_TABLES["posture"])
