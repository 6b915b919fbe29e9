"""Where the results of a survey go, and in which format: to files by `-o`, else to standard output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import click

from mailpath.commands.outputs import STDIO, examine, form_of, put
from mailpath.commands.rendering import terminal_width
from mailpath.judge import Posture
from mailpath.survey import out
from mailpath.survey.out.letters import letters
from mailpath.survey.results import Results
from mailpath.survey.store import Store


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
        for file, form in self.files:
            width = {"width": terminal_width()} if file == STDIO else {}
            told = out.render(results, form, made=store.about.began, today=today, letter=letter, **width)
            put(told, form, file)


def wanted(form: str | None, files: Sequence[str], inputs: Mapping[str, str | None]) -> Outputs:
    """Raises `click.UsageError`, `FileError`: before anything was asked."""
    for number, file in enumerate(files):
        if file in files[:number]:
            raise click.UsageError(f"{file} is named by two -o.")
        examine({"-o": file}, inputs, form)
    return Outputs(tuple((file, form_of(form, file, out.SUFFIXES)) for file in files or (STDIO,)))
