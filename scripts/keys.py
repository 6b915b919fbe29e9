"""README's key table, generated from the app's own bindings.  `--check` exits with 1 where it is stale."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from mailpath.tui.screens.help import told
from mailpath.tui.screens.keys import GROUPS

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN, END = "<!-- keys: generated from the bindings -->", "<!-- /keys -->"


def table() -> str:
    """Markdown: one row per action, in the order of the help screen."""
    rows = ["| keys | what |", "|---|---|"]
    for bindings in GROUPS.values():
        for keys, what in told(bindings):
            shown = "` to `".join(keys.split(" to ")).replace("|", "\\|")
            rows.append(f"| `{shown}` | {what} |")
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
