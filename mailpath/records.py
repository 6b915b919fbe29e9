"""What every record of the public face has in common."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Self

import msgspec


class Record(msgspec.Struct, frozen=True):
    """A frozen record: nothing changes it, equal content is equal, and it can be written as JSON."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values as JSON has them: bytes as base64, enums as their value, tuples as lists."""
        told: dict[str, Any] = msgspec.to_builtins(self, str_keys=True)
        return told


class Word(StrEnum):
    """A word that a setting may be, and what it says: `NEXT = "next", "the next host is tried"`."""

    means: str

    def __new__(cls, word: str, means: str = "") -> Self:
        made = str.__new__(cls, word)
        made._value_, made.means = word, means
        return made
