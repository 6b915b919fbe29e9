"""An import as tables of the config file, a line for each setting with where it came from; or as JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from mailpath.judge.fields import toml
from mailpath.servers.drafts import Draft, Imported, Kind, Setting
from mailpath.visible import visible
from mailpath.wording.layout import WIDTH, wrapped

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_HEADS = {
    Kind.WRONG: "Wrong in the configuration itself:",
    Kind.CONTRADICTED: "Seen to do otherwise:",
    Kind.UNDECIDED: "Not decided; a verdict may hang on it:",
    Kind.ASSUMED: "Assumed:",
    Kind.IGNORED: "Left out:",
    Kind.AGREED: "Seen to do so:",
}


def render_text(imported: Imported) -> str:
    """TOML with comments; ends with a newline."""
    return "\n".join(_lines(imported)) + "\n"


def _lines(imported: Imported) -> Iterator[str]:
    yield f"# {imported.program}"
    for name, draft in imported.postures.items():
        yield ""
        yield f"[posture.{_key(name)}]"
        yield from _draft(draft)
        if name == imported.name and imported.recipients:
            yield ""
            yield f"[posture.{_key(name)}.for]"
            for domain, (other, why) in imported.recipients.items():
                yield f"{toml(domain)} = {toml(other)}  # {why}"
    for kind, head in _HEADS.items():
        remarks = [each for each in imported.remarks if each.kind is kind]
        if not remarks:
            continue
        yield ""
        yield f"# {head}"
        for each in remarks:
            said = f"{each.where}: {each.sentence}" if each.where else each.sentence
            first, *rest = list(wrapped(said, WIDTH - 6)) or [""]
            yield f"#   {first}"
            yield from (f"#     {line}" for line in rest)


def _draft(draft: Draft) -> Iterator[str]:
    yield f"base = {toml(draft.base)}  # {draft.why}"
    table = draft.table()
    if "agent" in table:
        yield f"agent = {toml(table['agent'])}"
    for each in draft.settings:
        field = f"unknown.{each.field}" if each.open else each.field
        yield f"{field} = {_value(each.value)}  # {each.why}"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(each)}" for key, each in value.items()) + " }"
    return toml(value)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else toml(name)


def to_dict(imported: Imported) -> dict[str, Any]:
    """The same as JSON has it."""
    return {
        "program": imported.program,
        "posture": imported.name,
        "tables": imported.tables(),
        "settings": [
            {"posture": name, "field": each.field, "value": each.value, "open": each.open, "why": each.why}
            for name, draft in imported.postures.items()
            for each in (*_base(draft), *draft.settings)
        ],
        "recipients": [
            {"recipient": visible(domain), "posture": name, "why": why}
            for domain, (name, why) in imported.recipients.items()
        ],
        "remarks": msgspec.to_builtins(imported.remarks),
        "decided": imported.decided,
    }


def _base(draft: Draft) -> Iterator[Setting]:
    yield Setting(field="base", value=draft.base, why=draft.why)
