"""The survey as a table for a spreadsheet, RFC 4180, one row a domain.

What a stranger wrote may begin as a formula does: such a cell gets an apostrophe before it, as OWASP advises
against CSV injection.
"""

from __future__ import annotations

import csv
import io

from mailpath.survey.results import Results, Row, group_in

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def render(results: Results) -> str:
    """Head and rows, most mails first; lines end with CR LF."""
    text = io.StringIO()
    writer = csv.writer(text)
    postures = list(dict.fromkeys((results.today, *results.postures)))
    writer.writerow(
        [
            "domain",
            "mails",
            "operator",
            "hosts",
            *(_safe(f"outcome {posture}") for posture in postures),
            *(_safe(f"group {posture}") for posture in results.postures),
            "event",
            "code",
            "side",
            "reason",
            "assumed_from",
            "inconclusive",
        ]
    )
    for row in results.rows:
        writer.writerow(_cells(row, results, postures))
    return text.getvalue()


def _cells(row: Row, results: Results, postures: list[str]) -> list[str | int]:
    return [
        _safe(row.domain),
        row.mails,
        _safe(row.operator),
        _safe(" ".join(row.hosts)),
        *(_safe(row.outcomes.get(posture, "unknown")) for posture in postures),
        *(group_in(row, results.today, posture) for posture in results.postures),
        _safe(row.event),
        _safe(row.code),
        _safe(row.side or ""),
        _safe(row.reason),
        _safe(row.assumed_from),
        _safe(row.inconclusive),
    ]


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
