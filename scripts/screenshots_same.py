"""Whether two pictures of the app show the same: times, dates, key tags and digests differ in each lab."""

from __future__ import annotations

import difflib
import html
import re
from collections.abc import Iterator

#: How many labs are asked.  A key tag of four digits in place of five lets a line break elsewhere.
LABS = 3
_TEXT = re.compile(r'<text [^>]*x="([\d.]+)" y="([\d.]+)"[^>]*>(.*?)</text>', re.DOTALL)
_STYLE = re.compile(r"\.[\w-]+-r\d+ (\{[^}]*\})")
#: What is another in every lab, and what stands in its place; in this order.
_CHANCE = (
    (re.compile(r"\b[0-9a-f]{8,}(\.\.[0-9a-f]+)?\b"), "DIGEST"),
    (re.compile(r"\b\d{4}-\d\d-\d\d( \d\d:\d\d UTC)?"), "DATE"),
    (re.compile(r"\b\d\d:\d\d UTC"), "TIME"),
    (re.compile(r"\b[\d.]+ (ms|s)\b(?!\))"), "SPAN"),
    (re.compile(r"\b(anchor|DNSKEY|RRSIG|DS|key tag|key|by) +\d{1,5}\b"), r"\1 TAG"),
    (re.compile(r"(\btag |^\W*)\d{1,5}\)"), r"\1TAG)"),  # where a line was broken
    (re.compile(r"\b127\.0\.0\.1:\d+"), "PLACE"),
    (re.compile(r"[\w.,]*…"), "…"),  # how much fits beside a span of time
    (
        re.compile(r"(Posture [\d-]+|\b\d+) of \d+( shown)?"),
        r"\1 of ALL\2",
    ),  # senders: a further one is no news
    (re.compile(r"[ ─━]+"), " "),
)


def shown(svg: str) -> list[str]:
    """The rows of a picture, without what chance has in them; then the styles in it."""
    rows: dict[float, list[tuple[float, str]]] = {}
    for x, y, text in _TEXT.findall(svg):
        rows.setdefault(float(y), []).append((float(x), html.unescape(text).replace("\xa0", " ")))
    told = [_certain("".join(text for _, text in sorted(row))) for _, row in sorted(rows.items())]
    return [*told, *sorted(set(_STYLE.findall(svg)))]


def _certain(row: str) -> str:
    for pattern, word in _CHANCE:
        row = pattern.sub(word, row)
    return row.strip()


def differences(old: str, new: str) -> Iterator[str]:
    """Lines that two SVGs do not share, as `diff -u0` has them; none where they show the same."""
    lines = difflib.unified_diff(shown(old), shown(new), "kept", "made anew", lineterm="", n=0)
    return (line for line in lines if not line.startswith("@@"))


def may_differ_by_chance(kept: str) -> bool:
    """Whether another lab may be drawn otherwise: it names keys, and other keys have other tags."""
    return any("TAG" in row for row in shown(kept))
