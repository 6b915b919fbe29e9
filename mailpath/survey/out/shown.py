"""The one door from a survey's rows to a report: a store may be somebody else's, and its text anything."""

from __future__ import annotations

from msgspec.structs import replace

from mailpath.survey.results import Cause, Results, Row
from mailpath.visible import LIMIT, visible


def shown(results: Results) -> Results:
    """`results` with visible text only.  What is visible already stays as it is."""
    return replace(
        results,
        store=_text(results.store),
        today=_text(results.today),
        postures={_text(name): totals for name, totals in results.postures.items()},
        rows=tuple(map(shown_row, results.rows)),
    )


def shown_row(row: Row) -> Row:
    """The same of one row."""
    return replace(
        row,
        domain=_text(row.domain),
        operator=_text(row.operator),
        hosts=tuple(map(_text, row.hosts)),
        outcomes={_text(name): outcome for name, outcome in row.outcomes.items()},
        event=_text(row.event),
        code=_text(row.code),
        reason=_text(row.reason),
        causes={_text(name): _cause(cause) for name, cause in row.causes.items()},
        findings=tuple(map(_text, row.findings)),
        inconclusive=_text(row.inconclusive),
        assumed_from=_text(row.assumed_from),
    )


def _cause(cause: Cause) -> Cause:
    return replace(cause, event=_text(cause.event), code=_text(cause.code), reason=_text(cause.reason))


def _text(text: str) -> str:
    """A second pass would double the backslashes of the first."""
    return text if len(text) <= LIMIT and text.isprintable() else visible(text)
