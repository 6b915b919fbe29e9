"""Markdown that reads the same in a tracker, on the site and as plain text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from mailpath import __version__

#: Piece of text in which nothing is escaped: between backticks.
_CODE = re.compile(r"(`[^`]*`)")


def table(rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """A Markdown table; the first row is its head."""
    for number, row in enumerate(rows):
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
        if number == 0:
            yield f"|{' --- |' * len(row)}"


def prose(text: str) -> str:
    """Text that was written for a terminal, in one line: what would be markup outside backticks is not."""
    parts = _CODE.split(" ".join(text.split()))
    return "".join(part if part.startswith("`") else _escaped(part) for part in parts)


def _escaped(text: str) -> str:
    return re.sub(r"([*_\[\]])", r"\\\1", text).replace("<", "&lt;")


def kind(of: Any) -> str:
    """A type of a record or of a file's grammar in words."""
    if get_origin(of) is Annotated:
        return kind(get_args(of)[0]) + _bounds(get_args(of)[1:])
    if get_origin(of) is Literal:
        return ", ".join(f"`{json.dumps(word)}`" for word in get_args(of))
    if isinstance(of, type) and issubclass(of, Enum):
        return f"[{of.__name__}](#{of.__name__.lower()})"
    parts = [each for each in get_args(of) if each not in (Ellipsis, type(None))]
    if get_origin(of) in (Union, UnionType):
        if (
            all(isinstance(each, type) and issubclass(each, msgspec.Struct) for each in parts)
            and len(parts) > 2
        ):
            return "table by its `kind`"
        return " or ".join("preset" if "web" in get_args(each) else kind(each) for each in parts)
    if get_origin(of) is tuple:
        return (
            f"list of {kind(parts[0])}" if Ellipsis in get_args(of) else f"{len(parts)} of {kind(parts[0])}"
        )
    if get_origin(of) is dict:
        return f"table of {kind(parts[1])}"
    return {str: "text", bool: "boolean", bytes: "base64", int: "integer", float: "number"}.get(
        of
    ) or f"{of.__name__.lower().removeprefix('own')} table"


def _bounds(metas: Iterable[Any]) -> str:
    return "".join(
        f", {word} {bound}"
        for meta in metas
        for word, bound in (("from", meta.ge), ("to", meta.le), ("at most", meta.max_length))
        if bound is not None
    )


def default(field: Any) -> str:
    """What a field of a msgspec Struct is where it is left out; "" where that is nothing."""
    if field.required:
        return "required"
    value = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
    if value is None or isinstance(value, msgspec.Struct) or value == __version__:
        return ""
    return f"`{json.dumps(value)}`" if value not in ((), {}, "", b"") else ""


def code(text: str) -> str:
    """`text` as code; it holds no backtick."""
    return f"`{text}`"
