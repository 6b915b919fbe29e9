"""The fields of a posture as the config file writes them: name, value, which values there are, meaning."""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
import typing
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache
from typing import Any

import msgspec

from mailpath.judge.posture import Agent, Posture
from mailpath.judge.session import VERSIONS

#: What a posture of one's own cannot say: its name is the table's, the rest tells presets apart.
FIXED = frozenset({"name", "source", "agent", "family", "unknown"})
#: Fields that name the oldest TLS version that is accepted.
OLDEST = frozenset({"min_tls", "min_tls_authenticated"})


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field.  `about`: what it means, and the sources; `value`: a record as a dictionary.

    `choices`: the words there are for it, () where it is no word.
    `candidates`: the values that it may have where the posture's source is silent; else ().
    """

    name: str
    value: Any
    about: str
    choices: tuple[str, ...] = ()
    candidates: tuple[Any, ...] = ()


def fields_of(posture: Posture) -> tuple[Field, ...]:
    """Every field that a posture of one's own can set, but its title; the habits of its agent come last."""
    values = {**msgspec.to_builtins(posture.agent), **msgspec.to_builtins(posture)}
    kinds, about = settable(), {**_about(Agent), **_about(Posture)}
    return tuple(
        Field(
            name=name,
            value=values[name],
            about=" ".join((about.get(name, ""), _record(kinds[name]))).strip(),
            choices=VERSIONS if name in OLDEST else choices(kinds[name]),
            candidates=tuple(values["unknown"].get(name, ())),
        )
        for name in kinds
        if name != "title"
    )


def written(name: str, value: object) -> Iterator[str]:
    """A field as lines of the config file; what is not set, or cannot be, has none."""
    if isinstance(value, Mapping):
        for inner, each in value.items():
            if inner not in FIXED:
                yield from written(f"{name}.{inner}", each)
    elif value is not None:
        yield f"{name} = {toml(value)}"


def toml(value: object) -> str:
    """A text, number, truth value or list of them in TOML, which has them as JSON does."""
    return json.dumps(value, ensure_ascii=False, default=str)


def choices(kind: object) -> tuple[str, ...]:
    """The words that a field of the type `kind`, or an entry of it, can be; () where it is no such field."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return tuple(str(each.value) for each in kind)
    if typing.get_origin(kind) is typing.Literal:
        return tuple(str(each) for each in typing.get_args(kind))
    return tuple(dict.fromkeys(word for inner in typing.get_args(kind) for word in choices(inner)))


@cache
def settable() -> dict[str, Any]:
    """The fields of a posture and of its agent that can be set, and their types."""
    return {name: kind for name, kind in (types(Posture) | types(Agent)).items() if name not in FIXED}


@cache
def types(kind: type) -> dict[str, Any]:
    """The fields of a record, and their types."""
    return typing.get_type_hints(kind)


def _record(kind: object) -> str:
    """What a record says of its own fields."""
    if not (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
        return ""
    return " ".join((inspect.getdoc(kind) or "").split())


@cache
def _about(kind: type) -> dict[str, str]:
    """The text below each field in the source of `kind`: Python keeps none for attributes."""
    (record,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(record, ast.ClassDef)
    found = {}
    for field, text in zip(record.body, record.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
        ):
            found[field.target.id] = " ".join(str(text.value.value).split())
    return found
