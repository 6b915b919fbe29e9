"""Pages on files: what their keys are, read off the records that they are decoded into."""

from __future__ import annotations

import inspect
import json
import re
import tomllib
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from .markdown import default, kind, prose, table

ROOT = Path(__file__).resolve().parents[2]
#: "`url`: ..." in a docstring, or "`url`, `address`: ...", up to the next one.
_TOLD = re.compile(r"((?:`\w+`(?:,| and)? ?)+): (.*?)(?=\s(?:`\w+`(?:,| and)? ?)+: |\Z)", re.DOTALL)


def _texts() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("files.toml").read_text(encoding="utf-8"))


def _told(record: type) -> dict[str, str]:
    """Field -> what the docstring of a record says of it."""
    text = " ".join((inspect.getdoc(record) or "").split())
    fields = {}
    for match in _TOLD.finditer(text):
        for name in re.findall(r"\w+", match[1].replace(" and", "")):
            said = match[2].strip().rstrip(".;") + "."
            fields[name] = said[0].upper() + said[1:]
    return fields


def _keys(record: type, texts: Mapping[str, str]) -> Iterator[str]:
    """The fields of `record` as a table.  `texts` override the docstring; nothing in them is left over."""
    fields = msgspec.structs.fields(record)
    stray = texts.keys() - {each.name for each in fields}
    assert not stray, f"files.toml tells of {stray}, which {record.__name__} has not"
    told = {name: prose(text) for name, text in _told(record).items()} | dict(texts)
    missing = [each.name for each in fields if each.name not in told]
    assert not missing, f"nobody says what {missing} of {record.__name__} are"
    yield from table(
        [
            ("Key", "Type", "Default", "Meaning"),
            *((f"`{each.encode_name}`", kind(each.type), default(each), told[each.name]) for each in fields),
        ]
    )


# --- the config file and the network file ----------------------------------------------------------


def config_files() -> Iterator[str]:
    """The config file, its tables, and the network file, which is one of them."""
    from mailpath.network.settings import Settings

    texts = _texts()["config"]
    yield "# Config and network file"
    yield ""
    yield texts["about"].strip()
    yield ""
    yield "```toml"
    yield texts["example"].strip()
    yield "```"
    yield ""
    yield "## `[default]`"
    yield ""
    from mailpath.config import _DEFAULTS

    assert set(_DEFAULTS) == texts["default"].keys()
    yield from table([("Key", "Meaning"), *((f"`{key}`", text) for key, text in texts["default"].items())])
    yield ""
    yield "## `[network]`, and a network file"
    yield ""
    yield texts["about_network"].strip()
    yield ""
    yield from _keys(Settings, texts["network"])
    yield ""
    yield "## `[posture.NAME]`"
    yield ""
    yield texts["about_posture"].strip()
    yield ""
    yield from table([("Key", "Meaning"), *((f"`{key}`", text) for key, text in texts["posture"].items())])
    yield ""
    yield "## `[keymap]`"
    yield ""
    yield "The id of a binding, and the keys it is to have. [Keys](keys.md) lists the ids."


# --- lessons ---------------------------------------------------------------------------------------


def lesson_files() -> Iterator[str]:
    """Every key of a lesson file."""
    from mailpath.lessons import grammar

    texts = _texts()["lesson"]
    tables = {
        "The lesson itself": grammar.Lesson,
        "`[notes]`": grammar.Notes,
        **{
            f"`[[step]]` of the kind `{each.__struct_config__.tag}`": each
            for each in typing.get_args(grammar.Step)
        },
        "`answer`": grammar.Question,
        "`[[step.sentence]]`": grammar.Sentence,
        "A condition (`goal`, `holds`)": grammar.Condition,
    }
    yield "# Lesson files"
    yield ""
    yield texts["about"].strip()
    for title, record in tables.items():
        yield ""
        yield f"## {title}"
        yield ""
        said = dict(texts.get(record.__name__, {}))
        if intro := said.pop("_", ""):
            yield intro
            yield ""
        own = {**texts["step"]} if issubclass(record, grammar._Step) else {}
        own |= texts["asked"] if issubclass(record, grammar._Asked) else {}
        yield from _keys(record, own | said)


# --- captures --------------------------------------------------------------------------------------


def captures() -> Iterator[str]:
    """The records of a capture."""
    from mailpath import exchanges
    from mailpath.facts import Path as MailPath
    from mailpath.network.capture import MAX_CAPTURE, Capture
    from mailpath.network.protocol import NetworkContext

    texts = _texts()["capture"]
    records = [
        Capture,
        MailPath,
        NetworkContext,
        exchanges.DnsExchange,
        exchanges.Question,
        exchanges.HttpsExchange,
        exchanges.HttpsRequest,
        exchanges.SmtpExchange,
        exchanges.SmtpRequest,
        exchanges.Envelope,
        exchanges.Chunk,
        exchanges.TlsSession,
    ]
    yield "# Capture format"
    yield ""
    yield texts["about"].strip().format(mib=MAX_CAPTURE // 2**20)
    for record in records:
        said = dict(texts[record.__name__])
        yield ""
        yield f"## {record.__name__}"
        yield ""
        yield said.pop("_")
        yield ""
        yield from _keys(record, said)
    for words in (exchanges.Failure, exchanges.Stage, exchanges.TlsProfile):
        yield ""
        yield f"## {words.__name__}"
        yield ""
        yield f"{inspect.getdoc(words)} One of {', '.join(f'`{each.value}`' for each in words)}."


# --- JSON ------------------------------------------------------------------------------------------


def json_report() -> Iterator[str]:
    """The schema of a report."""
    yield from _schema("# JSON report", _texts()["json"]["report"], "mailpath/report/schema.json")


def json_survey() -> Iterator[str]:
    """The schema of a survey's results."""
    yield from _schema("# JSON of a survey", _texts()["json"]["survey"], "mailpath/survey/out/schema.json")


def _schema(title: str, about: str, file: str) -> Iterator[str]:
    schema = json.loads((ROOT / file).read_text(encoding="utf-8"))
    definitions = schema["$defs"]
    first = schema["$ref"].rpartition("/")[2]
    yield title
    yield ""
    yield about.strip()
    for name in sorted(definitions, key=lambda each: (each != first, each)):
        record = definitions[name]
        yield ""
        yield f"## {name}"
        yield ""
        if description := record.get("description"):
            yield prose(description)
            yield ""
        if "properties" in record:
            required = record.get("required", ())
            rows = (
                (f"`{key}`", _type(each), "" if key in required else _default(each))
                for key, each in record["properties"].items()
            )
            yield from table([("Key", "Type", "Default"), *rows])
        else:
            yield f"{_type(record)}."


def _type(schema: Mapping[str, Any]) -> str:
    """What the value of a key is; a record or an enumeration is linked."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower().replace('.', '')})"
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    if "enum" in schema:
        return "one of " + ", ".join(f"`{word}`" for word in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array":
        if "prefixItems" in schema:
            return "list of " + ", ".join(_type(each) for each in schema["prefixItems"])
        items = schema.get("items")
        return f"list of {_type(items)}" if items else "list"
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"table of {_type(schema['additionalProperties'])}"
    return {"object": "table", "integer": "integer", "string": "text"}.get(
        schema.get("type", ""), schema.get("type", "any value")
    )


def _default(schema: Mapping[str, Any]) -> str:
    return f"`{json.dumps(schema['default'])}`" if "default" in schema else "may be left out"
