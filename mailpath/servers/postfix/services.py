"""master.cf, `postconf -M` and `postconf -P`: the smtp(8) clients, and the parameters set for each alone.

master(5): eight fields, then the arguments of the program; `-o name=value`, or `-o { name = value }` with
blanks in it, where a comma or blank in the value of the first form ends it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mailpath.records import Record
from mailpath.servers.given import Line
from mailpath.servers.postfix.parameters import Assigned, assigned, assigned_to_service

_TYPES = ("inet", "unix", "unix-dgram", "fifo", "pass")
_FLAG = re.compile(r"[-yn]\Z")
_BRACED = re.compile(r"-o\s+\{\s*([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}")
_BARE = re.compile(r"-o\s*([A-Za-z0-9_]+=\S*)")


class Service(Record, frozen=True, kw_only=True):
    """`name`: of the transport; `program`: the daemon's; `options`: its own parameters."""

    name: str
    program: str
    line: Line
    options: tuple[Assigned, ...] = ()


def service(line: Line) -> Service | None:
    """The entry of master.cf in `line`, None where it is none."""
    fields = line.text.split(None, 8)
    if len(fields) < 8 or fields[1] not in _TYPES or not all(_FLAG.match(each) for each in fields[2:5]):
        return None
    return Service(
        name=fields[0],
        program=fields[7],
        line=line,
        options=_options(fields[8] if len(fields) > 8 else "", line),
    )


def _options(arguments: str, line: Line) -> tuple[Assigned, ...]:
    texts = [found[1] for found in _BRACED.finditer(arguments)]
    texts += [found[1] for found in _BARE.finditer(_BRACED.sub(" ", arguments))]
    made = (assigned(Line(file=line.file, number=line.number, text=text.strip())) for text in texts)
    return tuple(each for each in made if each is not None)


def with_options(services: Iterable[Service], lines: Iterable[Line]) -> dict[str, Service]:
    """The smtp(8) clients by name, with what `postconf -P` says of them; the last entry of a name counts."""
    found = {each.name: each for each in services if each.program == "smtp"}
    for line in lines:
        told = assigned_to_service(line)
        if told is None or told[0][1] != "unix":
            continue
        name, parameter = told[0][0], told[1]
        known = found.get(name)
        if known is None:
            # `postconf -P` alone does not say which program it is: smtp and relay are clients by default.
            if name not in ("smtp", "relay") and not parameter.name.startswith("smtp_"):
                continue
            known = Service(name=name, program="smtp", line=parameter.line)
        others = tuple(each for each in known.options if each.name != parameter.name)
        found[name] = Service(name=name, program="smtp", line=known.line, options=(*others, parameter))
    return found
