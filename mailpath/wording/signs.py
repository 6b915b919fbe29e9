"""The signs before a word: what stands well, what is weak, what fails.  Colour only repeats them."""

from __future__ import annotations

import msgspec


class Glyphs(msgspec.Struct, frozen=True):
    """One set of signs.  `ASCII` is for fonts and terminals that have no others."""

    passed: str = "✓"
    weak: str = "!"
    failed: str = "✗"
    skipped: str = "–"
    unknown: str = "?"
    waiting: str = "·"
    running: str = "…"
    opened: str = "▼"
    closed: str = "▶"
    line: str = "━"
    end: str = "●"
    chosen: str = "●"
    other: str = "○"
    pinned: str = "■"
    arrow: str = "→"
    cut: str = "…"
    dot: str = "·"
    tampered: str = "≠"

    def of(self, word: str) -> str:
        """The sign of a `Status` or an `Outcome`, or of the value of one."""
        return str(getattr(self, _SIGNS[word]))


_SIGNS = {
    **{"pass": "passed", "weak": "weak", "fail": "failed", "skip": "skipped", "error": "unknown"},
    **{"authenticated": "passed", "encrypted": "weak", "plaintext": "weak"},
    **{"deferred": "failed", "bounced": "failed", "unknown": "unknown"},
}

UNICODE = Glyphs()
ASCII = Glyphs(
    passed="+",
    failed="x",
    skipped="-",
    waiting=".",
    running="~",
    opened="v",
    closed=">",
    line="-",
    end="o",
    chosen="*",
    other=" ",
    pinned="=",
    arrow="->",
    cut="~",
    dot="-",
    tampered="#",
)
