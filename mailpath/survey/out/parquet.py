"""The survey as three Parquet tables, for DuckDB, pandas, Spark: see `TABLES`.  Needs the extra
`mailpath[parquet]`.

A word that many rows share (an outcome, a finding, a sentence) is in a file once, by its dictionary.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import PurePath
from typing import Any

from mailpath.survey.operators import operator_of
from mailpath.survey.out.decision import reason_of, untold
from mailpath.survey.results import Cause, Results, Row, group_in

#: Table -> column -> what it holds: text, a word out of few, a number, a truth, or several words.
TABLES: Mapping[str, Mapping[str, str]] = {
    # One row a domain, as JSON has it, but for what its verdicts have; null where there is nothing.
    "domains": {
        "domain": "text",
        "mails": "number",
        "operator": "word",
        "findings": "words",
        "inconclusive": "text",
        "assumed_from": "word",
    },
    # Its MX hosts, the most preferred one first.
    "hosts": {"domain": "text", "place": "number", "host": "word", "operator": "word"},
    # What each posture makes of it.  `today`: the posture is today's, to which the others are compared;
    # `change`: the group, null for today's; `cause`: the kind of cause, as a report words it.
    "verdicts": {
        "domain": "text",
        "posture": "word",
        "today": "truth",
        "outcome": "word",
        "change": "word",
        "event": "word",
        "code": "word",
        "side": "word",
        "cause": "word",
        "reason": "word",
    },
}


def is_there() -> bool:
    """Whether what writes them is installed."""
    return find_spec("pyarrow") is not None


def files_for(output: str) -> dict[str, str]:
    """Table -> file, where a user names `output`: survey.parquet is survey-domains.parquet and so on."""
    stem = output.removesuffix(PurePath(output).suffix) if output.lower().endswith(".parquet") else output
    return {table: f"{stem}-{table}.parquet" for table in TABLES}


def render(results: Results) -> dict[str, bytes]:
    """Table -> the file's content.  Raises `ImportError` without the extra."""
    rows = {"domains": _domains, "hosts": _hosts, "verdicts": _verdicts}
    return {table: _table(columns, rows[table](results)) for table, columns in TABLES.items()}


def _table(columns: Mapping[str, str], rows: Iterator[tuple[Any, ...]]) -> bytes:
    import pyarrow
    from pyarrow import parquet

    kinds = {
        "text": pyarrow.string(),
        "word": pyarrow.dictionary(pyarrow.int32(), pyarrow.string()),
        "number": pyarrow.int64(),
        "truth": pyarrow.bool_(),
        "words": pyarrow.list_(pyarrow.string()),
    }
    values: list[list[Any]] = [[] for _ in columns]
    for row in rows:
        for column, value in zip(values, row, strict=True):
            column.append(value)
    arrays = [pyarrow.array(each, kinds[kind]) for each, kind in zip(values, columns.values(), strict=True)]
    written = io.BytesIO()
    parquet.write_table(pyarrow.table(arrays, names=list(columns)), written, compression="zstd")
    return written.getvalue()


def _domains(results: Results) -> Iterator[tuple[Any, ...]]:
    for row in results.rows:
        told = row.operator or None, list(row.findings), row.inconclusive or None, row.assumed_from or None
        yield row.domain, row.mails, *told


def _hosts(results: Results) -> Iterator[tuple[Any, ...]]:
    for row in results.rows:
        for place, host in enumerate(row.hosts, 1):
            yield row.domain, place, host, operator_of(host)


def _verdicts(results: Results) -> Iterator[tuple[Any, ...]]:
    for row in results.rows:
        for posture in dict.fromkeys((results.today, *results.postures)):
            is_today = posture == results.today
            change = None if is_today else group_in(row, results.today, posture)
            cause = row.causes.get(posture, Cause())
            told = cause.event or None, cause.code or None, cause.side
            why = _kind(row, results.today, posture, change), cause.reason or None
            yield row.domain, posture, is_today, row.outcomes.get(posture, "unknown"), change, *told, *why


def _kind(row: Row, today: str, posture: str, change: str | None) -> str | None:
    if change == "unknown":
        return untold(row, today, posture)
    there = posture in row.causes or change == "newly_deferred"
    return reason_of(row.causes.get(posture, Cause())).named if there else None
