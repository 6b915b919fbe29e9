"""A line of evidence that knows what it is: the app gives it a colour, other renderers take it as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum


class Kind(Enum):
    """What a line of evidence tells."""

    HEADING = "whose session, or records, the lines below are"
    SENT = "what we said"
    BORDER = "from here on inside TLS"
    EQUAL = "the certificate has the digest that is published"
    DIFFERS = "it has another one, and no record accepts it"


class Line(str):
    """Visible text, and its kind."""

    __slots__ = ("kind",)

    kind: Kind

    def __new__(cls, text: str, kind: Kind) -> Line:
        made = super().__new__(cls, text)
        made.kind = kind
        return made


def kind_of(line: str) -> Kind | None:
    """None of a line that is like any other."""
    return line.kind if isinstance(line, Line) else None


def indented(lines: Iterable[str], by: str) -> Iterator[str]:
    """`lines` after the blanks `by`, of the same kinds."""
    for line in lines:
        yield Line(f"{by}{line}", line.kind) if isinstance(line, Line) else f"{by}{line}"
