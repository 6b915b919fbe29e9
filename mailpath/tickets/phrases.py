"""Phrases in foreign text: which groups of a table have one that stands in it.

No regular expression meets the foreign text but the two that take it apart: it is made plain, and looked
through for phrases.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib import resources
from typing import Generic, TypeVar

import msgspec

#: Most characters of a text that are looked through.
MOST = 4000
#: How many letters of a phrase lead to it.
_KEY = 3

T = TypeVar("T")

#: Pieces of a phrase, one after the other; a piece with a dot may stand anywhere.
Phrase = tuple[str, ...]


def read_table(package: str, file: str, kind: type[T]) -> T:
    """The data of `file` beside the code of `package`."""
    text = resources.files(package).joinpath(file).read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), kind)


class Phrases(Generic[T]):
    """Groups with their phrases: small letters and digits as `simplify` leaves them.

    A phrase stands at the start of a word, and at the end of one too where it ends in "|"; with a dot in it
    (a name, a code) it may stand anywhere.  "*" is a gap of up to `gap` characters.
    """

    def __init__(self, groups: Iterable[tuple[T, Iterable[str]]], *, gap: int) -> None:
        self._gap = gap
        self._index: dict[str, list[tuple[int, T, Phrase]]] = {}
        for number, (group, phrases) in enumerate(groups):
            for text in phrases:
                phrase = _phrase(text)
                start = phrase[0][1 : 1 + _KEY]
                key = start if phrase[0].startswith(" ") and len(start) == _KEY else ""
                self._index.setdefault(key, []).append((number, group, phrase))

    def find(self, text: str) -> Iterator[T]:
        """The groups with a phrase in `text`, in their order."""
        plain = simplify(text)
        keys = {plain[at + 1 : at + 1 + _KEY] for at, char in enumerate(plain) if char == " "} | {""}
        asked = [each for key in keys for each in self._index.get(key, ())]
        for _, group, phrase in sorted(asked, key=lambda each: each[0]):
            if _stands(phrase, plain, self._gap):
                yield group


def _phrase(text: str) -> Phrase:
    return tuple(
        piece if "." in piece or piece > "\u2e80" else f" {piece}"
        for part in text.replace("|", " ").split("*")
        if (piece := part.strip() + (" " if text.endswith("|") else ""))
    )


def _stands(phrase: Phrase, plain: str, gap: int) -> bool:
    """Whether the pieces stand in `plain`, each at most `gap` behind the one before."""
    head, *rest = phrase
    start = plain.find(head)
    while start >= 0:
        at = start + len(head)
        for piece in rest:
            found = plain.find(piece, at, at + gap + len(piece))
            if found < 0:
                break
            at = found + len(piece)
        else:
            return True
        start = plain.find(head, start + 1) if rest else -1
    return False


_SPLIT = re.compile(r"[\s<>()\[\]{}\"',;!?=|\u2018\u2019\u201c\u201d\u3000-\u3002\uff00-\uff0f]+")
_APART = re.compile(r"[-_:#/\\*&+~]+")


@lru_cache(maxsize=4096)
def simplify(text: str) -> str:
    """`text` for the phrases: small letters, words apart by one blank, no apostrophes.

    An address becomes "@", and a host's name has a dot before it: what they are called says nothing.
    """
    # An apostrophe within a word ("doesn't") is dropped; one around words is a quotation mark.
    text = re.sub(r"(?<=\w)['\u2019](?=\w)", "", text[:MOST])
    return f" {' '.join(word for token in _SPLIT.split(text.lower()) for word in _words(token))} "


def _words(token: str) -> list[str]:
    if "@" in token:
        return ["@", *_APART.split(token.rpartition("@")[2])[1:]]
    if "://" in token:
        return [f".{token.partition('://')[2].partition('/')[0]}"]
    host = token.strip(".:").partition(":")[0].strip(".")
    label = host.rpartition(".")[2]
    if "." in host and "/" not in host and len(label) > 1 and label.isalpha() and label.isascii():
        return [f".{host}", *_APART.split(token.partition(":")[2])]
    return [word for piece in _APART.split(token) if (word := piece.strip("."))]
