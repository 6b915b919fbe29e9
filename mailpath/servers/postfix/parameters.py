"""main.cf, `postconf -n` and `postconf -P`: parameters with their lines, and `$name` in their values.

postconf(5): the last definition of a name counts; `$name`, `${name}`, `$(name)`, `${name?text}`,
`${name:text}`, `${name?{text}:{text}}` and `${{a} == {b} ? {text} : {text}}` are replaced when a value is
used.  Postfix ends at a reference to itself; here depth, length and number of replacements are bounded, and
what is beyond them is an error like any other.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any

from mailpath.records import Record
from mailpath.servers.given import ImportRefused, Line
from mailpath.wording.times import UNITS

_ASSIGNED = re.compile(r"([A-Za-z0-9_]+)\s*=\s*(.*)\Z", re.DOTALL)
#: `postconf -P`: service/type/parameter = value.
_OF_SERVICE = re.compile(
    r"([^\s/=]+)/(inet|unix|unix-dgram|fifo|pass)/([A-Za-z0-9_]+)\s*=\s*(.*)\Z", re.DOTALL
)
_NAME = re.compile(r"[A-Za-z0-9_]+")
_COMPARED = re.compile(r"\s*(==|!=|<=|>=|<|>)(level)?\s*")

MAX_DEPTH = 20
MAX_EXPANDED = 64 * 1024
MAX_REPLACED = 2000
MAX_WORK = 1024 * 1024  # characters looked at


@cache
def known() -> Mapping[str, Any]:
    """`parameters.toml`: defaults, and what is said of parameters that no field has."""
    return tomllib.loads(resources.files(__package__).joinpath("parameters.toml").read_text("utf-8"))


class Assigned(Record, frozen=True, kw_only=True):
    """One definition.  `value` is not expanded."""

    name: str
    value: str
    line: Line


def assigned(line: Line) -> Assigned | None:
    """The parameter that `line` sets, None where it sets none."""
    found = _ASSIGNED.match(line.text)
    return Assigned(name=found[1], value=found[2].strip(), line=line) if found else None


def assigned_to_service(line: Line) -> tuple[tuple[str, str], Assigned] | None:
    """((service, type), parameter) of a line of `postconf -P`, None where it is none."""
    found = _OF_SERVICE.match(line.text)
    if found is None:
        return None
    return (found[1], found[2]), Assigned(name=found[3], value=found[4].strip(), line=line)


class Parameters:
    """The parameters as one program of Postfix has them: main.cf, and the options of its master.cf entry.

    `used`: the names that were asked for, and that a line sets.
    """

    def __init__(self, main: Iterable[Assigned], options: Iterable[Assigned] = ()) -> None:
        self.set = {each.name: each for each in (*main, *options)}
        self.used: set[str] = set()

    def line(self, name: str) -> Line | None:
        """The line that sets `name`."""
        found = self.set.get(name)
        return found.line if found else None

    def why(self, *names: str) -> str:
        """The line that sets the first of `names` that any sets, as told; else that it is the default."""
        for name in names:
            found = self.line(name)
            if found is not None:
                return found.said()
        return f"{names[0]} is not set" if names else ""

    def __contains__(self, name: str) -> bool:
        return name in self.set

    def __getitem__(self, name: str) -> str:
        """The value with all names replaced, the default where no line sets it.  Raises `ImportRefused`."""
        if name in self.set:
            self.used.add(name)
        return self.expanded(self.raw(name))

    def raw(self, name: str) -> str:
        """The value as it is written, the default where no line sets it."""
        found = self.set.get(name)
        return known()["default"].get(name, "") if found is None else found.value

    def expanded(self, text: str) -> str:
        """`text` with all names replaced.  Raises `ImportRefused`."""
        return _Expansion(self)(text, 0).strip()

    def is_on(self, name: str) -> bool:
        """The value of a parameter that is yes or no."""
        return self[name].lower() == "yes"

    def seconds(self, name: str) -> int | None:
        """The value of a time (postconf(5): s, m, h, d, w), None where it is none."""
        found = re.fullmatch(r"([0-9]{1,9})([smhdw]?)", self[name])
        return int(found[1]) * UNITS[found[2] or "s"] if found else None

    def number(self, name: str) -> int | None:
        """The value of a number, None where it is none."""
        text = self[name]
        return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None

    def words(self, name: str) -> tuple[str, ...]:
        """A list: what stands between commas and blanks."""
        return tuple(re.split(r"[,\s]+", self[name].strip(", \t"))) if self[name].strip(", \t") else ()


class _Expansion:
    """One value being expanded (mac_expand.c), with its bounds."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self._room = MAX_EXPANDED
        self._left = MAX_REPLACED
        self._work = MAX_WORK

    def __call__(self, text: str, depth: int) -> str:
        if depth > MAX_DEPTH:
            raise ImportRefused(f"Parameters refer to each other more than {MAX_DEPTH} levels deep.")
        self._work -= len(text)
        if self._work < 0:
            raise ImportRefused("A parameter's value is too large to be worked out.")
        parts, at = [], 0
        while (dollar := text.find("$", at)) >= 0:
            parts.append(self._kept(text[at:dollar]))
            said, at = self._one(text, dollar + 1, depth)
            parts.append(said)
        parts.append(self._kept(text[at:]))
        return "".join(parts)

    def _kept(self, text: str) -> str:
        self._room -= len(text)
        if self._room < 0:
            raise ImportRefused(f"A parameter becomes longer than {MAX_EXPANDED // 1024} KiB.")
        return text

    def _one(self, text: str, at: int, depth: int) -> tuple[str, int]:
        """What stands for the name that begins at `at`, behind its dollar, and where it ends."""
        self._left -= 1
        if self._left < 0:
            raise ImportRefused(f"A parameter refers to more than {MAX_REPLACED} others.")
        if text[at : at + 1] == "$":
            return self._kept("$"), at + 1
        if text[at : at + 1] in ("{", "("):
            end = _closing(text, at)
            if end < 0:
                return self._kept(text[at:]), len(text)
            return self._braced(text[at + 1 : end], depth), end + 1
        found = _NAME.match(text, at)
        if found is None:
            return self._kept("$"), at
        return self._value(found[0], depth), found.end()

    def _value(self, name: str, depth: int) -> str:
        return self(self._parameters.raw(name), depth + 1)

    def _braced(self, inner: str, depth: int) -> str:
        """`name`, `name?text`, `name:text`, or a comparison with one or two texts."""
        inner = inner.strip()
        if inner.startswith("{"):
            holds, rest = self._compared(inner, depth)
        else:
            found = _NAME.match(inner)
            if found is None:
                return ""
            rest = inner[found.end() :].strip()
            value = self._value(found[0], depth)
            if not rest:
                return value
            holds = bool(value)
        if rest.startswith(":"):
            return "" if holds else self(_unbraced(rest[1:])[0], depth + 1)
        if not rest.startswith("?"):
            return ""
        then, rest = _unbraced(rest[1:])
        if holds:
            return self(then, depth + 1)
        return self(_unbraced(rest[1:])[0], depth + 1) if rest.startswith(":") else ""

    def _compared(self, inner: str, depth: int) -> tuple[bool, str]:
        left, rest = _unbraced(inner)
        found = _COMPARED.match(rest)
        if found is None:
            return bool(self(left, depth + 1)), rest
        right, rest = _unbraced(rest[found.end() :])
        return _holds(self(left, depth + 1), found[1], self(right, depth + 1), bool(found[2])), rest


def _closing(text: str, at: int) -> int:
    """Where the bracket at `at` is closed, -1 where it is not."""
    opening, closing, depth = text[at], {"{": "}", "(": ")"}[text[at]], 0
    for index in range(at, len(text)):
        depth += (text[index] == opening) - (text[index] == closing)
        if not depth:
            return index
    return -1


def _unbraced(text: str) -> tuple[str, str]:
    """`{text}` and what follows; text without braces goes to the end."""
    text = text.strip()
    if not text.startswith("{"):
        return text, ""
    end = _closing(text, 0)
    return (text[1:], "") if end < 0 else (text[1:end].strip(), text[end + 1 :].strip())


def _holds(left: str, sign: str, right: str, levels: bool) -> bool:
    """Numbers, and compatibility levels, are compared as such (mac_expand.c)."""
    numbers = levels or (left.isascii() and left.isdecimal() and right.isascii() and right.isdecimal())
    one: Any = version(left) if numbers else left
    other: Any = version(right) if numbers else right
    holds: dict[str, bool] = {
        "==": one == other,
        "!=": one != other,
        "<": one < other,
        "<=": one <= other,
        ">": one > other,
        ">=": one >= other,
    }
    return holds[sign]


def version(text: str) -> tuple[int, int, int]:
    """ "3.7.11" as three numbers; what is none counts as 0."""
    found = re.match(r"([0-9]{1,4})(?:\.([0-9]{1,4}))?(?:\.([0-9]{1,4}))?", text)
    one, two, three = found.groups() if found else (0, 0, 0)
    return int(one or 0), int(two or 0), int(three or 0)
