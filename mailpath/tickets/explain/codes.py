"""Enhanced status codes in plain words (RFC 3463, with the IANA registry's later additions)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

import msgspec

from mailpath.tickets.phrases import read_table

CLASSES: Mapping[str, str] = {
    "2": "The message was accepted.",
    "4": "A temporary failure: the sender queues the message and tries again.",
    "5": "A permanent failure: the sender gives up and bounces the message.",
}

SUBJECTS: Mapping[str, str] = {
    "0": "It says nothing more specific.",
    "1": "It concerns the address.",
    "2": "It concerns the mailbox.",
    "3": "It concerns the receiving mail system.",
    "4": "It concerns the network or the route.",
    "5": "It concerns the SMTP dialogue.",
    "6": "It concerns the message's form or content.",
    "7": "It concerns security or policy.",
}


class Detail(msgspec.Struct, frozen=True):
    """What a code says beyond its class, one sentence; and where that stands."""

    text: str
    source: str


class _Details(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    detail: dict[str, Detail]


@cache
def details() -> Mapping[str, Detail]:
    """By subject and detail ("7.26")."""
    return read_table(__package__, "codes.toml", _Details).detail


#: Subject and detail -> what a walk shows then: of codes that belong to the message, not to a posture.
FINDINGS: Mapping[str, tuple[str, ...]] = {"7.30": ("TLS026",)}

#: Behind a blank, or the code of a reply of several lines ("550-5.7.26 ").
_CODE = re.compile(r"(?:(?<![\w.:/\[-])|(?<=[245]\d\d-))([245])\.([0-7])\.(\d{1,3})(?![\w/]|\.\d)")


def code_in(text: str) -> str | None:
    """The first enhanced status code in `text` (RFC 3463 section 2), e.g. "4.7.5".

    A look-alike is left out: part of an address, of a longer version number, or behind a name.
    """
    found = _CODE.search(text)
    return found[0] if found else None


def meaning(code: str) -> tuple[tuple[str, ...], str]:
    """(sentences, where that stands) for a code that `code_in` found."""
    kind, _, rest = code.partition(".")
    subject = rest.partition(".")[0]
    known = details().get(rest)
    if known is not None:
        return (known.text, CLASSES[kind]), known.source
    return (SUBJECTS[subject], CLASSES[kind]), "RFC 3463 section 3"


def plain(code: str) -> bool:
    """Does the code alone tell what is wrong?  One that ends in ".0" does not."""
    detail = code.partition(".")[2]
    return detail in details() and not detail.endswith(".0")
