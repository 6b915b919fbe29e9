"""Writes mailpath/report/schema.json from the report's records; --check only says whether it is current."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import mailpath.report.json as report

FILE = Path(report.__file__).with_name("schema.json")


def text() -> str:
    """The schema as it ships."""
    return json.dumps(report.schema(), indent=1, sort_keys=True) + "\n"


def main() -> int:
    if "--check" not in sys.argv[1:]:
        FILE.write_text(text(), encoding="utf-8")
        return 0
    if FILE.is_file() and FILE.read_text(encoding="utf-8") == text():
        return 0
    print(f"{FILE} is not current: run python scripts/schema.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
