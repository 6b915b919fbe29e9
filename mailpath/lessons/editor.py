"""A world's scenario as text to edit, and what somebody made of it as edits.

A learner may type edits one by one or change the text: both are the same moves, count towards the same par
and may change the same keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from mailpath.lab.grammar import Certificate, Preset
from mailpath.lab.places import decode_table
from mailpath.lab.scenario import MAX_BYTES, Scenario, ScenarioError
from mailpath.lessons.edits import EditError
from mailpath.lessons.grammar import OwnScenario
from mailpath.rehearse.drawing import Drawn
from mailpath.rehearse.writing import write

#: What the text is called in errors.
NAME = "scenario"
_SHOWN = ("domain", "sender", "zone", "server", "sts", "fault")


def text_of(scenario: Scenario) -> str:
    """Its tables as TOML: without the texts that tell what comes of it."""
    return write(Drawn(_bare(scenario), ()))


def edits_of(before: Scenario, text: str) -> tuple[str, ...]:
    """The edits that make of `before` what `text` says, in an order in which they can be made.

    Raises `ScenarioError`, with the line, for what is no scenario; `EditError` for what no edit can do.
    """
    old, new = _read(text_of(before)), _read(text)  # both as they are written
    for key in ("domain", "sender", "fault"):
        if old[key] != new[key]:
            raise EditError(f"`{key}` cannot be changed here.")
    found = [*_tables("zone", "name", old, new), *_tables("server", "host", old, new), *_policy(old, new)]
    return tuple(each for _, each in sorted(found, key=lambda pair: pair[0]))


def _read(text: str) -> dict[str, Any]:
    found = decode_table(text.encode("utf-8", "replace"), NAME, OwnScenario, ScenarioError, MAX_BYTES)
    tables: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(found))
    return tables


def _bare(scenario: Scenario) -> OwnScenario:
    return OwnScenario(**{key: getattr(scenario, key) for key in _SHOWN})


#: An edit, and when its turn comes: what others refer to first, what they referred to last.  A certificate
#: changes after the zones, whose digests then go on to name the one of before.
_FIRST, _ZONES, _SERVERS, _LAST = range(4)
_Turn = tuple[int, str]


def _tables(kind: str, named: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[_Turn]:
    """Of zones or servers, which are told apart by their names."""
    before, after = ({table[named]: table for table in tables[kind]} for tables in (old, new))
    if len(before) < len(old[kind]) or len(after) < len(new[kind]):
        raise EditError(f"There are two {kind}s of one name here: edit them one by one.")
    for number, (name, table) in enumerate(after.items()):
        if name not in before:
            yield _FIRST, f"add {kind} {_toml(_said(table))}"
            continue
        path = (
            kind if kind == "zone" and number == 0 == list(before).index(name) else f"{kind}.{_quoted(name)}"
        )
        for key, edit in _keys(path, before[name], table):
            turn = _ZONES if kind == "zone" else _FIRST if key == "tlsacert" else _SERVERS
            yield turn, edit
    for name in before.keys() - after.keys():
        yield _LAST, f"drop {kind} {name}"


def _policy(old: dict[str, Any], new: dict[str, Any]) -> Iterator[_Turn]:
    before, after = old["sts"], new["sts"]
    if after is None or before is None:
        if after is not None:
            yield _SERVERS, f"set sts {_toml(_said(after))}"
        elif before is not None:
            yield _SERVERS, "drop sts"
        return
    for _, edit in _keys("sts", before, after):
        yield _SERVERS, edit


def _keys(path: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(key, edit) for each key of a table that differs."""
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        here = f"{path}.{_quoted(key)}"
        if new is None:
            yield key, f"drop {here}"
        elif key == "rr":
            lines = old or ()
            yield from ((key, f"add {here} {line}") for line in new if line not in lines)
            yield from ((key, f"drop {here} {line}") for line in lines if line not in new)
        elif isinstance(old, dict | str) and isinstance(new, dict) and key in ("cert", "second"):
            was = old if isinstance(old, dict) else _whole(old)
            yield from ((key, edit) for _, edit in _keys(here, _said(was), _said(new)))
        else:
            yield key, f"set {here} {_toml(new)}"


def _whole(preset: str) -> dict[str, Any]:
    """A certificate that is only a preset, with all its keys."""
    held = msgspec.convert(preset, Preset)
    table: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(Certificate(preset=held)))
    return table


def _said(table: dict[str, Any]) -> dict[str, Any]:
    """Without what is not said."""
    return {key: value for key, value in table.items() if value is not None}


def _quoted(name: str) -> str:
    return name if name.replace("-", "").replace("_", "").isalnum() and name.isascii() else f'"{name}"'


def _toml(value: Any) -> str:
    """Of JSON's values TOML writes only tables in another way."""
    if isinstance(value, dict):
        inner = ", ".join(
            f"{_quoted(key)} = {_toml(held)}" for key, held in value.items() if held is not None
        )
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list):
        return f"[{', '.join(_toml(each) for each in value)}]"
    return msgspec.json.encode(value).decode()
