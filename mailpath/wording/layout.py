"""Plain text in columns: cutting, wrapping, hanging indents and tables, by cells of a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence

WIDTH = 80


def cells(text: str) -> int:
    """How many columns a terminal gives to `text` (East Asian wide characters take two)."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def fit(
    text: str, width: int, cut: str = "…", *, pad: bool = False, cells: Callable[[str], int] = cells
) -> str:
    """`text` in at most `width` cells, the cut marked; with `pad`, in exactly `width`.

    `cells` measures: the app has a table of its own.
    """
    if width <= 0:
        return ""
    if _exceeds(text, width, cells):
        room = width - cells(cut)
        kept: list[str] = []
        for char in text:
            room -= cells(char)
            if room < 0:
                break
            kept.append(char)
        text = "".join(kept) + cut
    return text + " " * (width - cells(text)) if pad else text


def _exceeds(text: str, width: int, cells: Callable[[str], int]) -> bool:
    """Whether `text` takes more than `width` cells.  Of a long one the beginning mostly tells: measured whole
    for each of its lines, a foreign text of one word costs the square of its length."""
    start = text[: 2 * max(width, 1)]
    return cells(start) > width or (len(start) < len(text) and cells(text) > width)


def wrapped(text: str, width: int, cells: Callable[[str], int] = cells) -> list[str]:
    """`text` in lines of at most `width` cells, broken at blanks, a longer word where it must be."""
    width = max(width, 2)
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        rest = word
        if line and not _exceeds(rest, width - cells(line) - 1, cells):
            line = f"{line} {rest}"
            continue
        if line:
            lines.append(line)
        while _exceeds(rest, width, cells):
            head = fit(rest, width, "", cells=cells)
            dot = head.rfind(".") + 1  # a host's name is broken between its labels
            plus = head.rfind("+") + 1  # and a pair of attacks between the two
            head = head[: plus if plus > len(head) // 4 else dot if dot > len(head) // 2 else len(head)]
            lines.append(head)
            rest = rest[len(head) :]
        line = rest
    return [*lines, line]


def hanging(label: str, text: str, *, indent: int, column: int, width: int = WIDTH) -> Iterator[str]:
    """`label` at `indent`, `text` beside it from `column` on, its further lines below itself.

    A label that is too long has a line of its own.
    """
    head = " " * indent + label
    if cells(head) >= column:
        yield head
        head = ""
    for line in wrapped(text, width - column):
        yield (head + " " * (column - cells(head)) + line).rstrip()
        head = ""


def table(
    rows: Sequence[Sequence[str]], *, indent: int = 2, gap: int = 2, width: int = WIDTH
) -> Iterator[str]:
    """Columns as wide as their longest cell; the first row is the head.  The last column wraps."""
    columns = list(zip(*rows, strict=True))
    widths = [max(cells(cell) for cell in column) for column in columns[:-1]]
    start = indent + sum(widths) + gap * len(widths)
    for row in rows:
        head = " " * indent
        for cell, wide in zip(row, widths, strict=False):
            head += cell + " " * (wide - cells(cell) + gap)
        for line in wrapped(row[-1], max(width - start, 16)):
            yield (head + line).rstrip()
            head = " " * start
