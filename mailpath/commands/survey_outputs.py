"""Where the results of a survey go, and in which format: to files by `-o`, else to standard output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import click

from mailpath.commands.outputs import STDIO, examine, form_of, put, write_file
from mailpath.commands.rendering import terminal_width
from mailpath.judge import Posture
from mailpath.survey import out
from mailpath.survey.out import parquet
from mailpath.survey.out.letters import letters
from mailpath.survey.results import Results
from mailpath.survey.store import Store
from mailpath.wording.layout import WIDTH

#: The format that is several files.
TABLES = "parquet"


@dataclass(frozen=True)
class Outputs:
    """Files ("-": standard output), each with its format."""

    files: tuple[tuple[str, str], ...]

    @property
    def shown(self) -> bool:
        """Whether any of it goes to standard output."""
        return any(file == STDIO for file, _ in self.files)

    def refuse_unfit(self, postures: Sequence[Posture]) -> None:
        """Raises `OutputError` where a format has no place for these postures: before anything was asked."""
        for _, form in self.files:
            out.refuse_unfit(form, postures)

    def write(self, results: Results, store: Store, today: Posture, postures: Sequence[Posture]) -> None:
        """Everything.  Raises `FileError`."""
        letter = letters(store, {each.name: each for each in postures})
        tables = [parquet.files_for(file) for file, form in self.files if form == TABLES]
        for file, form in self.files:
            if form == TABLES:
                for table, data in out.render_tables(results).items():
                    write_file(parquet.files_for(file)[table], data)
                continue
            told = out.render(
                results,
                form,
                made=store.about.began,
                today=today,
                letter=letter,
                width=terminal_width() if file == STDIO else WIDTH,
                tables=next(iter(tables), None),
            )
            put(told, form, file)


def wanted(form: str | None, files: Sequence[str], inputs: Mapping[str, str | None]) -> Outputs:
    """Raises `click.UsageError`, `FileError`: before anything was asked."""
    formed = tuple((file, form_of(form, file, out.SUFFIXES)) for file in files or (STDIO,))
    for number, (file, its) in enumerate(formed):
        if file in files[:number]:
            raise click.UsageError(f"{file} is named by two -o.")
        if its == TABLES and file == STDIO:
            raise click.UsageError("Parquet is three files: name them with -o FILE.parquet.")
        for each in parquet.files_for(file).values() if its == TABLES else (file,):
            examine({"-o": each}, inputs, form)
    return Outputs(formed)
