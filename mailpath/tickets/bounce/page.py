"""The text of a page of HTML, as far as a notice needs it."""

from __future__ import annotations

import html
import re

_TAG = re.compile(r"<(?:br|/p|/div|/tr|/td|/h\d|/li)\b[^<>]{0,200}>", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[a-zA-Z/!][^<>]{0,2000}>")


def plain(page: str) -> str:
    """The text of a page of HTML, roughly: only sentences and names are sought in it."""
    for name in ("style", "script"):
        page = _without(page, name)
    return html.unescape(_ANY_TAG.sub("", _TAG.sub("\n", page)))


def _without(page: str, name: str) -> str:
    """`page` without these elements and what is in them."""
    lower = page.lower()
    kept: list[str] = []
    position = 0
    while (start := lower.find(f"<{name}", position)) >= 0:
        end = lower.find(f"</{name}", start)
        if end < 0:
            break
        kept.append(page[position:start])
        position = end
    return "".join([*kept, page[position:]])
