"""Postures of one's own: a preset with other fields, as a table of the config file has it.  Pure.

[posture.ours]
base = "postfix-dane"
sts = true
dane_rules = { agility = false }
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import msgspec

from mailpath.judge.fields import FIXED, OLDEST, choices, settable, types, written
from mailpath.judge.posture import Agent, Posture
from mailpath.judge.presets import UnknownPosture, posture
from mailpath.judge.session import VERSIONS

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}\Z")


class BadPosture(ValueError):
    """The table makes no posture; the message says why in one plain sentence."""


def own_posture(name: str, table: Mapping[str, Any]) -> Posture:
    """The posture `name` that `table` describes.  Raises `BadPosture`.

    `base`: a preset (default: rfc).  A field that is set is known, though the base's source is silent on it.
    """
    if not _NAME.match(name):
        raise BadPosture(f"{name!r} is no name of a posture: lower-case letters, digits, dot, hyphen.")
    if _known(name):
        raise BadPosture(f"{name!r} is the name of a preset: choose another.")
    fields = dict(table)
    base = fields.pop("base", "rfc")
    if not isinstance(base, str) or not _known(base):
        raise BadPosture(f"There is no preset {base!r} to be the base.")
    start = posture(base)
    made = {field: _value(start, field, value) for field, value in fields.items()}
    changed = ", ".join(line for field, value in fields.items() for line in written(field, value))
    made.setdefault("title", f"{start.name} with {changed}" if changed else f"as {start.name}")
    return start.changed(name=name, source="your own configuration", **made)


def _known(name: str) -> bool:
    try:
        posture(name)
    except UnknownPosture:
        return False
    return True


def _value(start: msgspec.Struct, field: str, value: object) -> Any:
    """`value` as the field's type; a table changes some fields of an inner record."""
    kinds = settable() if isinstance(start, Posture) else types(type(start))
    if field not in kinds or field in FIXED:
        close = get_close_matches(field, [name for name in kinds if name not in FIXED], n=3)
        near = f" Did you mean {', '.join(close)}?" if close else ""
        raise BadPosture(
            f"A posture has no field {field!r} that could be set.{near} `mailpath postures rfc` lists them."
        )
    if field in OLDEST and value not in VERSIONS:
        raise BadPosture(f"{field}: {value!r} is no TLS version: {', '.join(VERSIONS)}.")
    if isinstance(value, int) and value < 0:
        raise BadPosture(f"{field}: {value} is less than nothing.")
    holder: Any = start
    if isinstance(start, Posture) and field in Agent.__struct_fields__:
        holder = start.agent
    current = getattr(holder, field)
    if isinstance(current, msgspec.Struct) and isinstance(value, Mapping):
        inner = {each: _value(current, each, part) for each, part in value.items()}
        return msgspec.structs.replace(current, **inner)
    try:
        return msgspec.convert(value, type=kinds[field])
    except msgspec.ValidationError as error:
        words = choices(kinds[field])
        valid = f"; there are: {', '.join(words)}" if words else ""
        raise BadPosture(f"{field}: {str(error).rstrip('.')}{valid}.") from None
