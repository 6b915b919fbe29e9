"""The blocks of a page of the manual: what can be run, and what the page says that it prints.

    ```sh          run by sh, in the order of the page, all blocks of a page in one folder
    ```text        behind it: what it prints on standard output; a line `...` stands for any number of lines

A comment before a block says more of it:

    <!-- not run: opens the app -->      it needs what a test has not; the reason is for the reader
    <!-- slow: proves every state -->    only `make interop` runs it, with the command as installed
    <!-- file: two-hosts.toml -->        no command: the block is written to that file, for those behind it
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>not run|slow|file): (?P<why>[^\n]+) -->\n+)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)

#: What differs from run to run, in the order in which it is replaced.
NORMALIZED: tuple[tuple[str, str], ...] = (
    (r"\b\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?: UTC|Z)?)?", "<time>"),  # of the walk
    (r"\b20\d{12}\b|\b20\d{6}T\d{6}\b", "<time>"),  # the id of a policy
    (r"\b127\.0\.0\.1:\d+", "127.0.0.1:<port>"),  # the kernel chooses them
    (r"/tmp/[\w./-]+", "<folder>"),  # the page's folder, and the lab's
    (r"\b[0-9a-f]{16,}\b", "<digest>"),  # the lab makes its keys when it starts
    (r"\b(?:[0-9a-f]{4,}…[0-9a-f]{4,}|[0-9a-f]{6,}…)", "<digest>"),  # the same, shortened
    (r"\bkey tag \d+", "key tag <n>"),
    (r"\b\d+(?:\.\d+)? ms\b|\btime=[\d.]+s", "<elapsed>"),
    (r"\b(certificate_ends|signatures_end)=\d+s", r"\1=<left>"),
    (r"\bmailpath \d+\.\d+\.\d+\w*", "mailpath <version>"),
    (r"\bunder \d+ postures", "under <n> postures"),  # of all presets
    (r"[ \t]+$", ""),
)


@dataclass(frozen=True)
class Block:
    """`text` as it stands in the page; `shown` what the page says that it prints, `span` where that is."""

    text: str
    mark: str
    why: str
    line: int
    shown: str | None = None
    span: tuple[int, int] = (0, 0)


def pages() -> list[Path]:
    """README, and every page of the manual."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks_of(text: str) -> list[Block]:
    """The commands and files of a page, in its order."""
    found = list(_BLOCK.finditer(text))
    blocks = []
    for place, each in enumerate(found):
        mark, why = each["mark"] or "", each["why"] or ""
        if each["kind"] != "sh" and mark != "file":
            continue
        after = found[place + 1] if place + 1 < len(found) else None
        shown, span = None, (0, 0)
        if (
            after is not None
            and (after["kind"], after["mark"]) == ("text", None)
            and not text[each.end() : after.start()].strip()
        ):
            shown, span = after["text"], after.span("text")
        line = text.count("\n", 0, each.start("kind")) + 1
        blocks.append(Block(each["text"], mark, why, line, shown, span))
    return blocks


def normalized(text: str) -> str:
    """`text` without what differs from run to run."""
    for pattern, by in NORMALIZED:
        text = re.sub(pattern, by, text, flags=re.MULTILINE)
    return text.rstrip("\n")


def says(shown: str, printed: str) -> bool:
    """Whether a page that shows `shown` says what was `printed`, which is something."""
    parts = re.split(r"^\.\.\.(?:\n|\Z)", normalized(shown) + "\n", flags=re.MULTILINE)
    pattern = r"(?:.*\n)*?".join(re.escape(part) for part in parts)
    return bool(printed.strip()) and re.fullmatch(pattern, normalized(printed) + "\n") is not None
