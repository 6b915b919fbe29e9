"""The survey as one JSON object, and its schema, which ships as `schema.json` beside this file."""

from __future__ import annotations

from typing import Any

import msgspec

from mailpath.report.json import schema_of
from mailpath.survey.results import SCHEMA, Results

SCHEMA_ID = f"urn:mailpath:survey:{SCHEMA}"


def render(results: Results) -> str:
    """Indented, ending with a newline."""
    return msgspec.json.format(msgspec.json.encode(results), indent=2).decode() + "\n"


def schema() -> dict[str, Any]:
    """The JSON Schema of `render`."""
    return schema_of(Results, SCHEMA_ID)
