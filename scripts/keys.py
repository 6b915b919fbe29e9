"""The key table of docs/reference/keys.md, from the app's own bindings; `--check` exits with 1 if stale."""

from __future__ import annotations

import sys
import textwrap

from mailpath.tui.screens.help import groups, ids, told


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


def main() -> int:
    import docs

    sys.argv.append("reference/keys.md")
    return docs.main()


if __name__ == "__main__":
    sys.exit(main())
