"""Words, glyphs and columns: how a result is put into text, wherever it is shown.

A verdict is told by glyph and word; colour only repeats it.  Styles are names of theme variables, so
that light, dark and colourless terminals each have their own.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache, partial

import msgspec
from rich.cells import cell_len
from textual.content import Content

from mailpath.facts import STEPS, TITLES, Status
from mailpath.names import u_labels
from mailpath.visible import visible
from mailpath.wording import layout, signs

#: By id, each step's number and title.
NUMBERED = {step: f"{number} {TITLES[step]}" for number, step in enumerate(STEPS)}

#: Nothing that a terminal would obey or that turns text around can be typed or pasted into an input.
PRINTABLE = (
    "[^\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]*"
)


Glyphs = signs.Glyphs
UNICODE, ASCII = signs.UNICODE, signs.ASCII

STATUS_STYLE = {
    Status.PASS: "$success",
    Status.WEAK: "$warning",
    Status.FAIL: "$error",
    Status.SKIP: "$quiet",
    Status.ERROR: "$error",
}

#: By `Outcome`, spelled as text: the judge, with the TLS library below it, is loaded after the first frame.
OUTCOME_STYLE = {
    "authenticated": "$success",
    "encrypted": "$secondary",
    "plaintext": "$warning",
    "deferred": "$error",
    "bounced": "$error",
    "unknown": "$quiet",
}

#: Short enough for a column of the matrix.
OUTCOME_WORD = {
    "authenticated": "auth",
    "encrypted": "encrypt",
    "plaintext": "clear",
    "deferred": "defer",
    "bounced": "bounce",
    "unknown": "unknown",
}

QUIET = "$quiet"


def clean(text: str, limit: int = 2000) -> str:
    """`text` as it may stand on the screen: one line, nothing in it that a terminal would obey.

    What comes from the layers below went through `visible()` already and passes unchanged; this is the
    app's own lock on the same door.
    """
    if text.isprintable():
        return text if len(text) <= limit else text[: limit - 1] + "…"
    shown = "".join(char if char.isprintable() else _escaped(char) for char in text[:limit])
    return shown if len(text) <= limit else shown + "…"


def both_forms(name: str) -> str:
    """An internationalised name as it is looked up, with what people read beside it."""
    unicode = u_labels(name)
    return f"{name} ({unicode})" if unicode else name


def _escaped(char: str) -> str:
    return " " if unicodedata.category(char) == "Zs" else visible(char)


fit = partial(layout.fit, cells=cell_len)


def wrap(text: str, width: int) -> list[str]:
    """`text` in lines of at most `width` cells, broken at blanks where there are any."""
    return list(_wrapped(text, max(width, 8)))


@lru_cache(1024)
def _wrapped(text: str, width: int) -> tuple[str, ...]:
    """What a screen shows it mostly has shown before: each word of a walk draws the lines of all steps."""
    return tuple(layout.wrapped(text, width, cell_len))


def after(text: str, lines: Iterable[str]) -> str:
    """What is left of `text` below `lines`, into which it was wrapped."""
    for line in lines:
        text = text[len(line) :].lstrip()
    return text


class Row(msgspec.Struct, frozen=True):
    """One labelled value; `value` wraps beside its label.  `style` is of the value."""

    label: str
    value: str
    style: str = ""
    label_style: str = QUIET


def hang(rows: Iterable[Row], width: int, *, indent: int = 2, column: int = 10) -> list[Content]:
    """`rows` as lines: label, then the value with all its lines in one column."""
    lines: list[Content] = []
    for row in rows:
        if not row.label and not row.value:
            lines.append(Content(""))
            continue
        gap = column if row.label or row.label_style == QUIET else 0
        parts = wrap(clean(row.value), width - indent - gap)
        for number, part in enumerate(parts):
            label = fit(clean(row.label), gap - 1, pad=True) + " " if number == 0 and gap else " " * gap
            lines.append(Content.assemble(" " * indent, (label, row.label_style), (part, row.style)))
    return lines


def outcome_word(outcome: str) -> str:
    """Of an `Outcome`, or its value."""
    return "IN THE CLEAR" if outcome == "plaintext" else str(outcome).upper()


def holds(text: str, sought: str) -> bool:
    """Whether every word of `sought` is in `text`, in any order, small letters or capitals."""
    folded = text.casefold()
    return all(word in folded for word in sought.casefold().split())
