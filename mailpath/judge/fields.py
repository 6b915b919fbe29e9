"""The fields of a posture and of its agent as tables of a TOML file have them: values, words, meaning."""

from __future__ import annotations

import inspect
import json
import typing
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache
from typing import Any

import msgspec

from mailpath.errors import MailpathError
from mailpath.judge.agent import Agent
from mailpath.judge.posture import Posture
from mailpath.match import dane, names, sts_dialects
from mailpath.match.sts_dialects import StsParsing
from mailpath.records import Word
from mailpath.wording.phrases import did_you_mean

#: What the config file cannot set: a posture's name is that of its table, the rest tells presets apart.
FIXED = frozenset({"name", "source", "measured", "notes", "agent", "family", "unknown", "recipients"})

#: Records that a table can name in place of writing them out.
NAMED: Mapping[type, Mapping[str, msgspec.Struct]] = {
    names.NameRules: {
        "rfc-7672": names.RFC_7672,
        "rfc-8461": names.RFC_8461,
        "postfix": names.POSTFIX,
        "gnutls": names.GNUTLS,
        "openssl": names.OPENSSL,
        "go": names.GO,
        "sendmail": names.SENDMAIL,
    },
    dane.DaneRules: {
        "rfc-7672": dane.RFC,
        "postfix": dane.POSTFIX,
        "exim-gnutls": dane.EXIM_GNUTLS,
        "sendmail": dane.SENDMAIL,
        "mox": dane.MOX,
    },
    StsParsing: {
        "rfc-8461": sts_dialects.RFC,
        "mta-sts-resolver": sts_dialects.MTA_STS_RESOLVER,
        "sendmail": sts_dialects.SENDMAIL,
        "mox": sts_dialects.MOX,
        "chasquid": sts_dialects.CHASQUID,
        "mailauth": sts_dialects.MAILAUTH,
        "courier": sts_dialects.COURIER,
        "tlspol": sts_dialects.TLSPOL,
    },
}


class BadPosture(MailpathError):
    """The table makes no posture; the message says why in one plain sentence, with the field.

    `path`: the keys of the table that lead to what it is about, () where it is about the table.
    """

    def __init__(self, sentence: str, *path: str) -> None:
        super().__init__(sentence)
        self.path = path


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field.  `about`: what it means, and the sources; `value`: a record as a dictionary.

    `means`: what the value says where it is a word.  `habit`: it is the agent's.  `choices`: the words there
    are for it, () where it is no word.  `candidates`: the values that it may have where the posture's source
    is silent; else ().
    """

    name: str
    value: Any
    about: str
    habit: bool
    means: str = ""
    choices: tuple[str, ...] = ()
    candidates: tuple[Any, ...] = ()


def fields_of(posture: Posture) -> tuple[Field, ...]:
    """Every field that the config file can set, but the title: the policy, then the habits of the agent."""
    policy, habits = msgspec.to_builtins(posture), msgspec.to_builtins(posture.agent)
    return tuple(
        Field(
            name=name,
            value=(habits if habit else policy)[name],
            about=_about(kind),
            habit=habit,
            means=meaning(kind, (habits if habit else policy)[name]),
            choices=choices(kind),
            candidates=tuple(policy["unknown"].get(name, ())),
        )
        for habit, record in ((False, Posture), (True, Agent))
        for name, kind in types(record).items()
        if name not in FIXED | {"title"}
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


def choices(kind: Any) -> tuple[str, ...]:
    """The words that a field of the type `kind`, or an entry of it, can be; () where it is no such field."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return tuple(str(each.value) for each in kind)
    if typing.get_origin(kind) is typing.Literal:
        return typing.get_args(kind)
    inner = (word for each in typing.get_args(kind) for word in choices(each))
    return tuple(dict.fromkeys((*NAMED.get(kind, ()), *inner)))


def meaning(kind: Any, value: Any) -> str:
    """What the word `value` says in a field of the type `kind`; "" where it is no word."""
    bare = getattr(kind, "__origin__", kind)
    return bare(value).means if isinstance(bare, type) and issubclass(bare, Word) else ""


@cache
def types(record: type) -> dict[str, Any]:
    """The fields of a record, and their types with what is said about them."""
    return typing.get_type_hints(record, include_extras=True)


def _about(kind: Any) -> str:
    """What is said about a field of the type `kind`; a record says itself what is in it."""
    notes = [note for note in getattr(kind, "__metadata__", ()) if isinstance(note, msgspec.Meta)]
    meaning = " ".join(note.title for note in notes if note.title)
    sources = " ".join(note.description for note in notes if note.description)
    told = f"{meaning.rstrip('.')} ({sources})." if sources else meaning
    bare = getattr(kind, "__origin__", kind)
    record = isinstance(bare, type) and issubclass(bare, msgspec.Struct)
    return " ".join(f"{told} {inspect.getdoc(bare) or '' if record else ''}".split())


def understood(record: msgspec.Struct, table: Mapping[str, Any]) -> dict[str, Any]:
    """The values that `table` has for fields of `record`, or of its agent.  Raises `BadPosture`."""
    return {field: _value(record, field, value) for field, value in table.items()}


def _value(record: msgspec.Struct, field: str, value: object) -> Any:
    """`value` as the field's type; a table changes some fields of an inner record."""
    kinds = types(type(record))
    if isinstance(record, Posture):
        record, kinds = record if field in kinds else record.agent, {**types(Agent), **kinds}
    if field not in kinds or field in FIXED:
        raise BadPosture(
            f"A posture has no field {field!r} that could be set.{did_you_mean(field, kinds.keys() - FIXED)}"
            " `mailpath postures rfc --all` lists them.",
            field,
        )
    if isinstance(value, int) and value < 0:
        raise BadPosture(f"{field}: {value} is negative.", field)
    current = getattr(record, field)
    named = NAMED.get(type(current), {})
    if isinstance(value, str) and value in named:
        return named[value]
    try:
        if isinstance(current, msgspec.Struct) and isinstance(value, Mapping):
            return msgspec.structs.replace(current, **understood(current, value))
        return msgspec.convert(value, type=kinds[field])
    except BadPosture as error:
        raise BadPosture(str(error), field, *error.path) from None
    except msgspec.ValidationError as error:
        words = choices(kinds[field])
        valid = f"; the values are {', '.join(words)}" if words else ""
        raise BadPosture(f"{field}: {str(error).rstrip('.')}{valid}.", field) from None
