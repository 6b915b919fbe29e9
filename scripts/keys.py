"""README's key table, generated from the app's own bindings.  `--check` exits with 1 where it is stale."""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

from mailpath.tui.screens.help import groups, ids, told

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN, END = "<!-- keys: generated from the bindings -->", "<!-- /keys -->"


def table() -> str:
    """Markdown: one row per action, in the order of the help screen; then the ids that have none."""
    rows = ["| keys | what | id |", "|---|---|---|"]
    listed: set[str] = set()
    known: set[tuple[str, str]] = set()
    for title, bindings in groups():
        for keys, what, id in told(bindings):
            if (keys, what) in known:
                continue
            listed.add(id)
            known.add((keys, what))
            shown = "` to `".join(keys.split(" to ")).replace("|", "\\|")
            rows.append(
                f"| `{shown}` | {what}{f' ({title.lower()})' if title.startswith('In ') else ''} | `{id}` |"
            )
    panels = [id for id in ids() if id.startswith("path.jump-") and id not in listed]
    others = [id for id in ids() if id not in listed and id not in panels]
    rows += ["", *_wrapped("The panels", panels), "", *_wrapped("Elsewhere", others)]
    return "\n".join(rows)


def _wrapped(what: str, ids: list[str]) -> list[str]:
    return textwrap.wrap(f"{what}: {', '.join(f'`{id}`' for id in ids)}.", 118, break_on_hyphens=False)


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
