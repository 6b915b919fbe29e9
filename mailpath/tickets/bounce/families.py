"""The family of a refusal: what kind of refusal it is, whose move it is, and the next check.

The families, the words that tell them and the registered status codes are data: `families.toml`.  No regular
expression meets the foreign text: it is looked through for phrases, once each.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib import resources
from typing import Literal

import msgspec

Side = Literal["sender-admin", "sender-user", "recipient-admin", "recipient-user", "nobody"]

#: Most characters of a sentence that are looked through, and between the two sides of a "*".
MOST = 4000
GAP = 60
#: Letters of a word by which phrases are found.
KEY = 3

UNKNOWN = "unknown"
EXPIRED = "expired"
NOT_A_BOUNCE = "not-a-bounce"


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """`family`: a name of `families.toml`; `side`: whose move it is, None where nobody knows; `next`: the
    next check, one sentence.
    """

    family: str
    side: Side | None
    next: str


class Family(msgspec.Struct, frozen=True, kw_only=True, rename={"definition": "is"}):
    """`waits`: whose move it is while the sending server still tries; None: the same side's."""

    definition: str
    next: str
    side: Side | None = None
    waits: Side | None = None


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """Phrases, any of which tells the family; `weak`: only where the status code tells nothing."""

    family: str
    like: tuple[str, ...]
    side: Side | None = None
    next: str | None = None
    weak: bool = False


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """`codes`: subject and detail of an enhanced status code ("7.26") to the family's name."""

    families: dict[str, Family]
    said: tuple[Said, ...]
    codes: dict[str, str]


#: Pieces of a phrase, one after the other; a piece with a dot may stand anywhere.
Phrase = tuple[str, ...]


@cache
def table() -> Table:
    """`families.toml`."""
    text = resources.files(__package__).joinpath("families.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), Table)


def classify(sentences: Iterable[str], code: str | None, *, waiting: bool) -> Refusal:
    """The refusal that the first telling of `sentences`, and `code` (RFC 3463), are of.

    `waiting`: the sending server still tries.
    """
    known = table()
    texts = tuple(sentences)
    by_code = known.codes.get(code.partition(".")[2]) if code else None
    said = None
    if code and by_code and by_code != EXPIRED and len(code.rpartition(".")[2]) > 2:
        # Microsoft's own codes say more than the words beside them.
        said = next((found for text in texts if (found := _said(text, of=by_code))), None)
    else:
        said = next((found for text in texts if (found := _said(text))), None)
    if said is None and by_code is None:
        said = next((found for text in texts if (found := _said(text, weak=True))), None)
    name = said.family if said is not None else by_code or UNKNOWN
    family = known.families[name]
    side = (said.side if said is not None else None) or family.side
    if waiting and family.waits is not None and (said is None or said.side is None):
        side = family.waits
    return Refusal(family=name, side=side, next=(said.next if said is not None else None) or family.next)


def tells(text: str) -> bool:
    """Whether `text` alone tells a family."""
    return _said(text) is not None or _said(text, weak=True, of=EXPIRED) is not None


def as_itself(name: str) -> Refusal:
    """The family called `name`, of no sentence."""
    family = table().families[name]
    return Refusal(family=name, side=family.side, next=family.next)


@lru_cache(maxsize=4096)
def _said(text: str, *, weak: bool = False, of: str | None = None) -> Said | None:
    """The first group with a phrase in `text`; of the family `of`, where it is given."""
    plain = simplify(text)
    index = _index(weak)
    keys = {plain[at + 1 : at + 1 + KEY] for at, char in enumerate(plain) if char == " "} | {""}
    waiting = sorted((each for key in keys for each in index.get(key, ())), key=lambda each: each[0])
    return next(
        (said for _, said, phrase in waiting if of in (None, said.family) and _stands(phrase, plain)), None
    )


@cache
def _index(weak: bool) -> dict[str, list[tuple[int, Said, Phrase]]]:
    """(group's number, group, phrase) by the phrase's first letters; "" for one that may stand anywhere."""
    found: dict[str, list[tuple[int, Said, Phrase]]] = {}
    for number, said in enumerate(table().said):
        for text in said.like if said.weak is weak else ():
            phrase = _phrase(text)
            start = phrase[0][1 : 1 + KEY]
            key = start if phrase[0].startswith(" ") and len(start) == KEY else ""
            found.setdefault(key, []).append((number, said, phrase))
    return found


def _phrase(text: str) -> Phrase:
    return tuple(
        piece if "." in piece or piece > "\u2e80" else f" {piece}"
        for part in text.replace("|", " ").split("*")
        if (piece := part.strip() + (" " if text.endswith("|") else ""))
    )


def _stands(phrase: Phrase, plain: str) -> bool:
    """Whether the pieces stand in `plain`, each at most `GAP` behind the one before."""
    head, *rest = phrase
    start = plain.find(head)
    while start >= 0:
        at = start + len(head)
        for piece in rest:
            found = plain.find(piece, at, at + GAP + len(piece))
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
