"""What a survey found, for people, for programs, for Postfix.  Only the renderer asked for is loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mailpath.errors import MailpathError
from mailpath.judge import Posture
from mailpath.judge.habits import Family
from mailpath.survey.out.decision import Letter
from mailpath.survey.out.queries import Queries
from mailpath.survey.out.shown import shown
from mailpath.survey.results import Results
from mailpath.wording.layout import WIDTH

__all__ = ["FORMATS", "SUFFIXES", "Letter", "OutputError", "refuse_unfit", "render", "render_tables"]

#: What `--format` may be.
FORMATS: Mapping[str, str] = {
    "text": "the decision, and what newly breaks",
    "json": "all of it as one object",
    "csv": "a row for each domain",
    "html": "one self-contained page",
    "policy-map": "Postfix's exceptions for what newly breaks",
    "openmetrics": "the totals for monitoring",
    "parquet": "tables for DuckDB and the like",
}
#: Endings of files, and what they stand for.
SUFFIXES: Mapping[str, str] = {
    ".txt": "text",
    ".text": "text",
    ".json": "json",
    ".csv": "csv",
    ".html": "html",
    ".htm": "html",
    ".policy": "policy-map",
    ".cf": "policy-map",
    ".prom": "openmetrics",
    ".om": "openmetrics",
    ".parquet": "parquet",
}


#: How to get what writes Parquet.
PARQUET = "pip install 'mailpath[parquet]'"


class OutputError(MailpathError):
    """The survey cannot be written in this format."""


def refuse_unfit(form: str, postures: Sequence[Posture]) -> None:
    """Raises `OutputError` where `form` has no place for these postures; ask before the first packet."""
    if form == "parquet":
        from mailpath.survey.out import parquet

        if not parquet.is_there():
            raise OutputError(f"Parquet needs more than was installed: {PARQUET}")
    if form != "policy-map":
        return
    if len(postures) != 1:
        raise OutputError("A policy map holds the exceptions from one posture: give one --posture.")
    if postures[0].agent.family is Family.EXIM:
        raise OutputError("smtp_tls_policy_maps is Postfix's: give a posture of Postfix for a policy map.")


def render(
    results: Results,
    form: str,
    *,
    made: int,
    today: Posture | None = None,
    letter: Letter | None = None,
    width: int = WIDTH,
    tables: Mapping[str, str] | None = None,
) -> str:
    """`results` in one of `FORMATS` that are text; for the other one see `render_tables`.

    `made`: Unix time of the survey; `today`: the posture that it was compared with, None where only its name
    is known; `letter`: writes to a postmaster; `width`: of text; `tables`: the Parquet files of the same
    survey, by table, where figures are to have their queries.  Raises `OutputError`.
    """
    results = shown(results)
    queries = Queries(tables) if tables is not None else None
    if form == "json":
        from mailpath.survey.out import json

        return json.render(results)
    if form == "csv":
        from mailpath.survey.out import csv

        return csv.render(results)
    if form == "html":
        from mailpath.survey.out import html

        return html.render(results, made=made, letter=letter, queries=queries)
    if form == "openmetrics":
        from mailpath.survey.out import openmetrics

        return openmetrics.render(results, made=made)
    if form == "policy-map":
        from mailpath.survey.out import policy_map

        if len(results.postures) != 1:
            raise OutputError("A policy map holds the exceptions from one posture: give one --posture.")
        return policy_map.render(results, *results.postures, today=today, made=made)
    from mailpath.survey.out import text

    return text.render(results, letter=letter, width=width, queries=queries)


def render_tables(results: Results) -> Mapping[str, bytes]:
    """`results` as Parquet: table -> the file's content.  Raises `ImportError`; ask `refuse_unfit` before."""
    from mailpath.survey.out import parquet

    return parquet.render(shown(results))
