"""Where in a scenario file something stands: TOML's own reader tells no line numbers of values."""

from __future__ import annotations

import re

_HEADER = re.compile(r"\s*\[\[?\s*([A-Za-z0-9_-]+)[^\]]*\]\]?\s*(?:#.*)?$")
_STEP = re.compile(r"([A-Za-z0-9_-]+)|\[(\d+|\.\.\.)\]")


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
    begin, end = _table(lines, steps)
    if begin == 0:
        return _key(lines, 0, len(lines), steps[0])
    wanted = next((step for step in steps[1:] if not step.isdigit() and step != "..."), None)
    return (_key(lines, begin, end, wanted) if wanted is not None else None) or begin


def _table(lines: list[str], steps: list[str]) -> tuple[int, int]:
    """The lines of the table that `steps` lead into: its header's number, and the last one's; 0 for none."""
    skip = int(steps[1]) if len(steps) > 1 and steps[1].isdigit() else 0
    begin = 0
    for number, line in enumerate(lines, 1):
        header = _HEADER.match(line)
        if header is None:
            continue
        if begin:
            return begin, number - 1
        if header[1] == steps[0]:
            if skip == 0:
                begin = number
            skip -= 1
    return begin, len(lines)


def _key(lines: list[str], begin: int, end: int, key: str) -> int | None:
    """The line from `begin` to `end` that sets `key`."""
    sets = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*[.=]""")
    return next((at + 1 for at in range(begin, end) if sets.match(lines[at])), None)
