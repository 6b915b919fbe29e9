"""A scenario as the text of its file: only what differs from the defaults, and every octet of it visible."""

from __future__ import annotations

from typing import Any

import msgspec

from mailpath.lab.grammar import Certificate
from mailpath.lab.scenario import Scenario
from mailpath.rehearse.drawing import Drawn

#: Tables of their own, in this order, and arrays of tables.
_TABLES = ("zone", "server", "sts", "fault", "expect", "attack")
#: A list this long gets a line for each item.
_WIDTH = 90


def write(drawn: Drawn, about: str = "") -> str:
    """The file.  `about`: a sentence for its first line, visible text."""
    scenario = drawn.scenario
    lines = [f"# {about}"] if about else []
    if drawn.notes:
        lines += ["# What could not be carried over:", *(f"# - {note}" for note in drawn.notes)]
    lines += [f"{key} = {_value(value)}" for key, value in _said(scenario) if key not in _TABLES]
    for key, value in _said(scenario):
        many = value if isinstance(value, tuple) else (value,)
        for table in many if key in _TABLES else ():
            lines += ["", f"[[{key}]]" if isinstance(value, tuple) else f"[{key}]"]
            lines += [f"{name} = {_value(held)}" for name, held in _items(table)]
    return "\n".join(lines) + "\n"


def _items(table: Any) -> list[tuple[str, Any]]:
    if isinstance(table, dict):
        return [(_key(name), held) for name, held in table.items()]
    return _said(table)


def _said(table: msgspec.Struct) -> list[tuple[str, Any]]:
    """The keys that differ from their defaults, and those without one."""
    found = []
    for field in msgspec.structs.fields(type(table)):
        value = getattr(table, field.name)
        made = field.default_factory
        usual = field.default if made is msgspec.NODEFAULT else made()
        if isinstance(value, Certificate) and value == Certificate(preset=value.preset):
            value = value.preset
        if value != usual and value is not None:
            found.append((field.name, value))
    if isinstance(table, Scenario) and table.domain == f"{table.id}.example":
        found = [(key, value) for key, value in found if key != "domain"]
    return found


def _value(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case str():
            return quoted(value)
        case Certificate() if value == Certificate(preset=value.preset):
            return quoted(value.preset)
        case msgspec.Struct():
            return _inline(_said(value))
        case dict():
            return _inline([(_key(name), held) for name, held in value.items()])
    items = [_value(each) for each in value]
    line = f"[{', '.join(items)}]"
    return line if len(line) <= _WIDTH else "\n".join(["[", *(f"  {item}," for item in items), "]"])


def _inline(items: list[tuple[str, Any]]) -> str:
    """An inline table: one line (TOML 1.0)."""
    told = ", ".join(f"{key} = {_value(value)}".replace("\n", " ") for key, value in items)
    return f"{{ {told} }}" if told else "{}"


def _key(name: str) -> str:
    return name if name.replace("-", "").replace("_", "").isalnum() and name.isascii() else quoted(name)


def quoted(text: str) -> str:
    """A string of printable ASCII: nothing hidden reaches a terminal that shows the file."""
    if '"' in text and "'" not in text and text.isascii() and text.isprintable():
        return f"'{text}'"
    return f'"{"".join(map(_character, text))}"'


def _character(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    if " " <= char <= "~":
        return char
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(char)
    point = ord(char)
    return named or (f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}")
