"""Writes the schemas that ship, each beside the records that it is made from; --check only says whether they
are current.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import mailpath.report.json as report
import mailpath.survey.out.json as survey

SCHEMAS: Mapping[Path, Callable[[], dict[str, Any]]] = {
    Path(module.__file__).with_name("schema.json"): module.schema for module in (report, survey)
}


def text(schema: dict[str, Any]) -> str:
    """The schema as it ships."""
    return json.dumps(schema, indent=1, sort_keys=True) + "\n"


def main() -> int:
    old = [
        file
        for file, schema in SCHEMAS.items()
        if not file.is_file() or file.read_text(encoding="utf-8") != text(schema())
    ]
    if "--check" not in sys.argv[1:]:
        for file in old:
            file.write_text(text(SCHEMAS[file]()), encoding="utf-8")
        return 0
    for file in old:
        print(f"{file} is not current: run python scripts/schema.py", file=sys.stderr)
    return int(bool(old))


if __name__ == "__main__":
    sys.exit(main())
