"""Where in a TOML file something stands, and a file decoded so that each mistake names its line.

TOML's own reader tells no line numbers of values.  Scenarios and lessons are read here.
"""

from __future__ import annotations

import re
import tomllib
from typing import TypeVar

import msgspec

from mailpath.errors import MailpathError

_HEADER = re.compile(r"\s*\[(\[?)\s*([^\]\[]+?)\s*\]\]?\s*(?:#.*)?$")
_PART = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*(?:\.|$)""")
_STEP = re.compile(r"([A-Za-z0-9_-]+)|\[(\d+|\.\.\.)\]")
#: How our own rules name the key, and a line of a zone, that they are about.
_TELLS_KEY = re.compile(r"`([a-z_.-]+)`")
_UNKNOWN = re.compile(r"unknown field `([^`]+)`")
_TELLS_LINE = re.compile(r"line (['\"])(.*)\1 ")

_Kind = TypeVar("_Kind", bound=msgspec.Struct)


def decode_table(raw: bytes, source: str, kind: type[_Kind], error: type[MailpathError], most: int) -> _Kind:
    """The TOML text `raw`, at most `most` bytes of it, as `kind`; strictly.

    Raises `error` with `source` as its file, and line and key as far as they are known.
    """
    if len(raw) > most:
        raise error(f"larger than {most} bytes.", file=source)
    try:
        text = raw.decode("utf-8")
        return msgspec.convert(tomllib.loads(text), kind)
    except UnicodeDecodeError as told:
        raise error(f"not UTF-8: {told}.", file=source) from told
    except RecursionError as told:
        raise error("nested too deeply.", file=source) from told
    except tomllib.TOMLDecodeError as told:
        raise error(f"{told}.", file=source) from told
    except msgspec.ValidationError as told:
        sentence, _, path = str(told).partition(" - at `$")
        named = _TELLS_KEY.match(sentence) or _UNKNOWN.search(sentence)
        held = _TELLS_LINE.search(sentence)
        parts = (path.rstrip("`").removeprefix("."), named[1] if named else "")
        key = ".".join(part for part in parts if part)
        line = line_of(text, key, held[2] if held else "")
        raise error(f"{sentence}.", file=source, line=line, key=key) from told


def line_of(text: str, key: str, quote: str = "") -> int | None:
    """The line, from 1, of `key` ("server[1].banner", as msgspec writes it) in the TOML file `text`, or of
    its table's header where the key itself stands nowhere.  `quote`: what the line holds, if that is known.
    None if nothing is found.
    """
    lines = text.splitlines()
    if quote:
        return next((number for number, line in enumerate(lines, 1) if quote in line), None)
    steps = [match[1] or match[2] for match in _STEP.finditer(key)]
    if not steps:
        return None
    headers = [(number, *header) for number, line in enumerate(lines, 1) if (header := _header(line))]
    begin, end = 0, len(lines)
    within: tuple[str, ...] = ()
    while steps:
        place = int(steps[1]) if len(steps) > 1 and steps[1].isdigit() else 0
        found = _table(headers, begin, end, (*within, steps[0]), place)
        if found is None:
            break
        within = (*within, steps.pop(0))
        begin, end = found[0], min(found[1], end)
        while steps and (steps[0].isdigit() or steps[0] == "..."):
            steps.pop(0)
    wanted = next((step for step in steps if not step.isdigit() and step != "..."), None)
    # Keys of a table stand before the tables within it.
    first = next((number - 1 for number, *_ in headers if begin < number <= end), end)
    return (_key(lines, begin, first, wanted) if wanted is not None else None) or begin or None


def _header(line: str) -> tuple[tuple[str, ...], bool] | None:
    """The dotted name of a table's header, and whether it is one of several; None for another line."""
    found = _HEADER.match(line)
    if found is None:
        return None
    parts = tuple(match[1] or match[2] or match[3] for match in _PART.finditer(found[2]))
    return (parts, bool(found[1])) if parts else None


def _table(
    headers: list[tuple[int, tuple[str, ...], bool]], begin: int, end: int, name: tuple[str, ...], place: int
) -> tuple[int, int] | None:
    """The lines of the table `name` in place `place` between two lines: its header's, and its last one."""
    there = [each for each in headers if begin < each[0] <= end]
    starts = [number for number, parts, _ in there if parts == name]
    if place >= len(starts):
        return None
    start = starts[place]
    after = [number for number, parts, _ in there if number > start and parts[: len(name)] != name]
    after += [number for number in starts if number > start]
    return start, min(after, default=end + 1) - 1


def _key(lines: list[str], begin: int, end: int, key: str) -> int | None:
    """The line from `begin` to `end` that sets `key`."""
    sets = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*[.=]""")
    return next((at + 1 for at in range(begin, end) if sets.match(lines[at])), None)
