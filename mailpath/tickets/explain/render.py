"""An explanation as plain text in 80 columns, and as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from mailpath.findings import CATALOGUE
from mailpath.judge.presets import PRESETS
from mailpath.tickets.explain.model import Cause, Explanation, Kind, Other
from mailpath.tickets.families import UNKNOWN, WHOSE, Side, table
from mailpath.wording.layout import hanging

_COLUMN = 11
#: How many other failures are listed, and how much of each, in characters.
_SHOWN = 5
_LONGEST = 200


def to_dict(explanation: Explanation) -> dict[str, Any]:
    """The fields of `Explanation`, as JSON has them."""
    made = msgspec.to_builtins(explanation)
    assert isinstance(made, dict)
    return made


def render_text(explanation: Explanation) -> str:
    """The explanation to read; ends with a newline."""
    return "\n".join(_lines(explanation)) + "\n"


def _lines(found: Explanation) -> Iterator[str]:
    yield from _row("Text", found.subject)
    yield from _row("Known", "; ".join(found.recognised) or "nothing")
    rows = (
        ("From", found.sender),
        ("To", found.recipient),
        (
            "Host",
            " ".join(part for part in (found.host, f"[{found.address}]" if found.address else "") if part),
        ),
        ("Code", found.status_code),
        ("TLS", f"tls={found.tls_field}" if found.tls_field else None),
        ("Sentence", found.sentence if found.sentence != found.subject else None),
    )
    for label, text in rows:
        if text:
            yield from _row(label, text)
    for label, text in (("Means", " ".join(found.means)), *family_rows(found.family, found.side, found.next)):
        if text:
            yield from _row(label, text)
    if found.fix:
        yield from _row("Fix", found.fix)
    if found.source:
        yield from _row("Source", found.source)
    yield from other_lines(found.others)
    title = "Who does otherwise" if found.kind is Kind.RULE else "Possible causes"
    yield from causes_lines(title, found.causes, found.means)


def family_rows(family: str | None, side: Side | None, following: str | None) -> Iterator[tuple[str, str]]:
    """What kind of refusal it is, whose move it is, and the next check; nothing where nobody knows."""
    if family is None or family == UNKNOWN:
        return
    yield "Family", f"{family}. {table().families[family].definition}"
    yield "Whose move", WHOSE[side] if side else ""
    yield "Next", following or ""


def other_lines(others: tuple[Other, ...]) -> Iterator[str]:
    """What failed beside it: how many, and the first of them."""
    if not others:
        return
    yield from _row("Beside", f"{len(others)} more failed:")
    for other in others[:_SHOWN]:
        parts = (other.recipient, other.status_code, other.sentence)
        text = " ".join(part for part in parts if part)
        yield from _row("", text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")
    if len(others) > _SHOWN:
        yield from _row("", f"and {len(others) - _SHOWN} more (all with --json)")


def _row(label: str, text: str) -> Iterator[str]:
    yield from hanging(label, text, indent=0, column=_COLUMN)


def causes_lines(title: str, causes: Iterable[Cause], means: Iterable[str]) -> Iterator[str]:
    """The causes under `title`, without one that is no more than what `means` says already."""
    said = set(means)
    shown = [each for each in causes if each.findings or each.postures or each.text not in said]
    if shown:
        yield ""
        yield title
    for cause in shown:
        yield from _cause_lines(cause)


def _cause_lines(cause: Cause) -> Iterator[str]:
    """One cause with the findings that show it and the postures that it stops."""
    yield from hanging("  -", cause.text, indent=0, column=4)
    for code in cause.findings:
        title = CATALOGUE[code].title if code in CATALOGUE else ""
        yield from hanging(f"    {code}", title, indent=0, column=14)
    if cause.postures:
        every = len(cause.postures) == len(PRESETS)
        names = "every posture" if every else ", ".join(cause.postures)
        yield from hanging("    under", names, indent=0, column=14)
