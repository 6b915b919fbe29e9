"""The figures of a report again, as DuckDB finds them in the Parquet tables that were written with it."""

from __future__ import annotations

from collections.abc import Mapping

from mailpath.survey.results import Results
from mailpath.visible import visible

_NAME = '"'


class Queries:
    """`files`: table -> the file that holds it, as `parquet.files_for` has them."""

    def __init__(self, files: Mapping[str, str]) -> None:
        domains, verdicts = (_quoted(visible(files[table])) for table in ("domains", "verdicts"))
        self._from = f"FROM {verdicts}\nJOIN {domains} USING (domain)"

    def totals(self, posture: str | None = None) -> str:
        """Domains and mails in each group; None: of every posture."""
        return self._counted("change", posture, "NOT today")

    def operators(self, posture: str | None = None) -> str:
        """Who runs the mail hosts of what newly breaks."""
        return self._counted("operator", posture, "change = 'newly_deferred'")

    def causes(self, posture: str | None = None) -> str:
        """By what it breaks."""
        return self._counted("cause", posture, "change = 'newly_deferred'")

    def untold(self, posture: str | None = None) -> str:
        """Why the rest is unknown."""
        return self._counted("cause", posture, "change = 'unknown'")

    def broken(self, posture: str) -> str:
        """The domains that newly get no mail."""
        return (
            f"SELECT domain, mails, operator, cause, reason\n{self._from}\n"
            f"WHERE posture = {_quoted(posture)} AND change = 'newly_deferred'\nORDER BY mails DESC, domain;"
        )

    def domains(self, results: Results) -> str:
        """All of them, with what each posture makes of them."""
        postures = dict.fromkeys((results.today, *results.postures))
        outcomes = ",\n  ".join(
            f"any_value(outcome) FILTER (posture = {_quoted(each)}) AS {_quoted(each, _NAME)}"
            for each in postures
        )
        return (
            f"SELECT domain, mails, operator,\n  {outcomes}\n{self._from}\nGROUP BY ALL\n"
            "ORDER BY mails DESC, domain;"
        )

    def _counted(self, column: str, posture: str | None, where: str) -> str:
        first = "posture, " if posture is None else ""
        of = "" if posture is None else f"posture = {_quoted(posture)} AND "
        return (
            f"SELECT {first}{column}, count(*) AS domains, sum(mails) AS mails\n{self._from}\n"
            f"WHERE {of}{where}\nGROUP BY ALL\nORDER BY {first}mails DESC, {column};"
        )


def _quoted(text: str, mark: str = "'") -> str:
    return mark + text.replace(mark, mark * 2) + mark
