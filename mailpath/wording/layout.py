"""Plain text in 80 columns: wrapping, hanging indents and tables, by cells of a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

WIDTH = 80


def cells(text: str) -> int:
    """How many columns a terminal gives to `text` (East Asian wide characters take two)."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def wrapped(text: str, width: int) -> Iterator[str]:
    """`text` in lines of at most `width` cells, broken at blanks, a longer word where it must be."""
    width = max(width, 2)
    line = ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if cells(joined) <= width:
            line = joined
            continue
        if line:
            yield line
        *full, line = _cut(word, width)
        yield from full
    yield line


def _cut(word: str, width: int) -> list[str]:
    pieces, piece = [], ""
    for char in word:
        if cells(piece + char) > width:
            pieces.append(piece)
            piece = ""
        piece += char
    return [*pieces, piece]


def hanging(label: str, text: str, *, indent: int, column: int) -> Iterator[str]:
    """`label` at `indent`, `text` beside it from `column` on, its further lines below itself.

    A label that is too long has a line of its own.
    """
    head = " " * indent + label
    if cells(head) >= column:
        yield head
        head = ""
    for line in wrapped(text, WIDTH - column):
        yield (head + " " * (column - cells(head)) + line).rstrip()
        head = ""


def table(rows: Sequence[Sequence[str]], *, indent: int = 2, gap: int = 2) -> Iterator[str]:
    """Columns as wide as their longest cell; the first row is the head.  The last column wraps."""
    columns = list(zip(*rows, strict=True))
    widths = [max(cells(cell) for cell in column) for column in columns[:-1]]
    start = indent + sum(widths) + gap * len(widths)
    for row in rows:
        head = " " * indent
        for cell, width in zip(row, widths, strict=False):
            head += cell + " " * (width - cells(cell) + gap)
        for line in wrapped(row[-1], max(WIDTH - start, 16)):
            yield (head + line).rstrip()
            head = " " * start
