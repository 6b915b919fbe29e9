"""The family of a refusal: what kind of refusal it is, whose move it is, and the next check.

The families, the words that tell them and the registered status codes are data: `families.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import Literal

import msgspec

from mailpath.tickets.phrases import Phrases, read_table

Side = Literal["sender-admin", "sender-user", "recipient-admin", "recipient-user", "nobody"]

#: Most characters between the two sides of a "*" in a phrase.
GAP = 60

WHOSE: Mapping[Side, str] = {
    "sender-admin": "the sender's administrator",
    "sender-user": "the sender's user",
    "recipient-admin": "the recipient's administrator",
    "recipient-user": "the recipient",
    "nobody": "nobody's; there is nothing to do but wait",
}

UNKNOWN = "unknown"
EXPIRED = "expired"
NO_SUCH_DOMAIN = "no-such-domain"
NOT_A_BOUNCE = "not-a-bounce"
#: What follows from many a cause: words that tell one say more than a code.
_CONSEQUENCES = frozenset({EXPIRED, "network"})
#: What a walk shows the causes of, where they are still there.
WALKED = frozenset({"tls", "dns", "network", "no-such-domain", EXPIRED, UNKNOWN, NOT_A_BOUNCE})


#: (name) Postfix looked for, which does not exist or has no address.
_NO_HOST = re.compile(r"Name service error for name=(\S{1,253}) type=A(?:AAA)?: Host (?:not )?found(?!, try)")


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
    """Phrases, any of which tells the family; `weak`: only where the status code tells nothing; `reason`: in
    whichever of the sentences it stands.
    """

    family: str
    like: tuple[str, ...]
    side: Side | None = None
    next: str | None = None
    weak: bool = False
    reason: bool = False


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """`codes`: subject and detail of an enhanced status code ("7.26") to the family's name."""

    families: dict[str, Family]
    said: tuple[Said, ...]
    codes: dict[str, str]


@cache
def table() -> Table:
    """`families.toml`."""
    return read_table(__package__, "families.toml", Table)


def classify(
    sentences: Iterable[str], code: str | None, *, waiting: bool, recipient: str | None = None
) -> Refusal:
    """The refusal that the first telling of `sentences`, and `code` (RFC 3463), are of.

    `waiting`: the sending server still tries.  `recipient`: the mail address, which tells whether a name that
    does not exist is the one that somebody typed, or one that an MX record names.
    """
    known = table()
    texts = tuple(sentences)
    missing = {found[1].rstrip(".").casefold() for text in texts for found in _NO_HOST.finditer(text)}
    if recipient is not None and recipient.rpartition("@")[2].rstrip(".").casefold() in missing:
        return as_itself(NO_SUCH_DOMAIN)
    by_code = known.codes.get(code.partition(".")[2]) if code else None
    said = None
    if code and by_code and by_code not in _CONSEQUENCES and len(code.rpartition(".")[2]) > 2:
        # Microsoft's own codes say more than the words beside them.
        said = next((found for text in texts if (found := _said(text, of=by_code))), None)
    else:
        told = [found for text in texts if (found := _said(text))]
        said = next((found for found in told if found.reason), told[0] if told else None)
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
    return next((said for said in _phrases(weak).find(text) if of in (None, said.family)), None)


@cache
def _phrases(weak: bool) -> Phrases[Said]:
    return Phrases([(said, said.like) for said in table().said if said.weak is weak], gap=GAP)
