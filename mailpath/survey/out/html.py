"""The survey as one self-contained page, in the look of a path's report: nothing is loaded, nothing runs.

Bars are SVG, whose widths are attributes: the Content-Security-Policy lets no style in but the one that was
shipped, by its digest.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mailpath import report
from mailpath.names import u_labels
from mailpath.report.pages import digest, shipped, template
from mailpath.survey.out.decision import (
    GROUPS,
    Broken,
    Decision,
    Letter,
    decisions,
    headline,
    percent,
)
from mailpath.survey.out.queries import Queries
from mailpath.survey.results import Count, Group, Results, Row, group_in
from mailpath.visible import visible
from mailpath.wording.phrases import amount
from mailpath.wording.signs import UNICODE
from mailpath.wording.times import to_the_second

#: What newly breaks, letters, and domains in the table of all: a page has an end, CSV has all.
MOST_BROKEN, MOST_LETTERS, MOST_ROWS = 1000, 100, 500

#: How a group is marked, in the words of a step.
_TONES: dict[Group, str] = {
    "newly_deferred": "fail",
    "newly_plaintext": "weak",
    "newly_encrypted": "pass",
    "newly_authenticated": "pass",
    "unchanged": "skip",
    "unknown": "error",
}


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    """A group of a posture: figures, and its piece of the bar in thousandths."""

    name: str
    tone: str
    count: Count
    domains: str
    mails: str
    start: float
    width: float


def render(
    results: Results, *, made: int, letter: Letter | None = None, queries: Queries | None = None
) -> str:
    """The whole page."""
    style = shipped(report.__name__, "page/style.css") + shipped(__package__, "survey.css")
    return template(__package__, "survey.html").render(
        results=results,
        amount=amount,
        version=results.mailpath,
        today=visible(results.today),
        decided=[_decided(results, each, letter) for each in decisions(results)],
        postures=list(dict.fromkeys((results.today, *results.postures))),
        rows=[(row, _tones(row, results)) for row in results.rows[:MOST_ROWS]],
        more=max(len(results.rows) - MOST_ROWS, 0),
        glyph=UNICODE.of,
        unicode=lambda domain: visible(u_labels(domain) or ""),
        queries=queries,
        made=to_the_second(made),
        style=style,
        style_digest=digest(style),
    )


def _decided(results: Results, decision: Decision, letter: Letter | None) -> dict[str, object]:
    shown = decision.broken[:MOST_BROKEN]
    return {
        "told": decision,
        "headline": headline(results, decision),
        "tone": "fail" if decision.broken else "pass",
        "lines": list(_lines(results, decision)),
        "broken": [(each, _letter(each, decision, letter, at)) for at, each in enumerate(shown)],
        "more": len(decision.broken) - len(shown),
    }


def _letter(broken: Broken, decision: Decision, letter: Letter | None, at: int) -> str:
    """To the postmaster, where it is theirs to mend."""
    cause = broken.row.causes.get(decision.posture)
    theirs = cause is not None and cause.side == "recipient-admin"
    return letter(broken.row.domain, decision.posture) if letter and theirs and at < MOST_LETTERS else ""


def _lines(results: Results, decision: Decision) -> Iterator[_Line]:
    start = 0.0
    for group, name in GROUPS.items():
        count: Count = getattr(decision.totals, group)
        width = 1000 * count.mails / results.mails if results.mails else 0.0
        yield _Line(
            name=name,
            tone=_TONES[group],
            count=count,
            domains=percent(count.domains, results.domains),
            mails=percent(count.mails, results.mails),
            start=round(start, 2),
            width=round(width, 2),
        )
        start += width


def _tones(row: Row, results: Results) -> dict[str, str]:
    """How what each posture makes of a row is marked."""
    return {posture: _TONES[group_in(row, results.today, posture)] for posture in results.postures}
