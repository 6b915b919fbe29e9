"""README's key table, generated from the app's own bindings.  `--check` exits with 1 where it is stale."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from mailpath.tui.screens.help import groups, told

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN, END = "<!-- keys: generated from the bindings -->", "<!-- /keys -->"


def table() -> str:
    """Markdown: one row per action, in the order of the help screen."""
    rows = ["| keys | what |", "|---|---|"]
    known: set[tuple[str, str]] = set()
    for title, bindings in groups():
        for keys, what in told(bindings):
            if (keys, what) in known:
                continue
            known.add((keys, what))
            shown = "` to `".join(keys.split(" to ")).replace("|", "\\|")
            rows.append(f"| `{shown}` | {what}{f' ({title.lower()})' if title.startswith('In ') else ''} |")
    return "\n".join(rows)


def filled(text: str) -> str:
    pattern = re.compile(re.escape(BEGIN) + r"\n.*?" + re.escape(END), re.DOTALL)
    return pattern.sub(lambda _: f"{BEGIN}\n{table()}\n{END}", text)


def main() -> int:
    text = README.read_text(encoding="utf-8")
    if "--check" in sys.argv:
        if filled(text) != text:
            print("README's key table is stale: run scripts/keys.py", file=sys.stderr)
            return 1
        return 0
    README.write_text(filled(text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
