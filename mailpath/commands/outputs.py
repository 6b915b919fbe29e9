"""Where `check` writes: looked at before the first packet, so that no walk is lost to a mistyped folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

import click

from mailpath.errors import reason_of
from mailpath.files import FileError, is_special, same_file, try_replacing

STDIO = "-"


@dataclass(frozen=True)
class Outputs:
    """The words of the command line: a file, "-" for standard output, None where it was not asked for."""

    form: str | None
    report: str | None
    capture: str | None
    tlsrpt: str | None
    log: str | None = None

    def named(self) -> tuple[tuple[str, str], ...]:
        """(option, word) of each that was asked for."""
        words = (self.report, self.capture, self.tlsrpt, self.log)
        options = ("-o", "--capture", "--tlsrpt", "--log")
        return tuple((option, word) for option, word in zip(options, words, strict=True) if word is not None)

    @property
    def silent(self) -> bool:
        """Standard output belongs to a capture or a TLS report."""
        return STDIO in (self.capture, self.tlsrpt)


def examine(outputs: Outputs, inputs: Mapping[str, str | None]) -> None:
    """Raises `click.UsageError` where two would be written to one place, one cannot be written, or one would
    be written over what is read.  `inputs`: option -> the file that is read for it.
    """
    taken: dict[str, str] = {}
    for option, word in outputs.named():
        place = word if word == STDIO else _place(word)
        if place in taken:
            where = "Standard output" if word == STDIO else word
            raise click.UsageError(f"{where} takes {taken[place]} or {option}, not both.")
        if place is not None:
            taken[place] = option
    if outputs.silent and outputs.report is None and outputs.form is not None:
        raise click.UsageError(
            f"Standard output is taken by {taken[STDIO]}: name the file for --format {outputs.form} with -o."
        )
    for option, word in outputs.named():
        if word == STDIO:
            continue
        for source, read in inputs.items():
            if read is not None and read != STDIO and same_file(word, read) and not is_special(word):
                raise click.UsageError(f"{word}: {option} would write over the file that {source} reads.")
        _writable(option, word)


def _place(word: str) -> str | None:
    """What tells two names of one file; None for what many may write to (a device, a pipe)."""
    place = os.path.realpath(word) if "\0" not in word else word
    return None if is_special(place) else place


def _writable(option: str, file: str) -> None:
    try:
        try_replacing(file)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise FileError(f"The file of {option} cannot be written: {reason_of(error)}.", file=file) from None
