"""Where `check` writes: looked at before the first packet, so that no walk is lost to a mistyped folder."""

from __future__ import annotations

import os
from collections.abc import Mapping

import click

from mailpath.errors import reason_of
from mailpath.files import FileError, is_special, same_file, try_replacing

STDIO = "-"


def examine(outputs: Mapping[str, str | None], inputs: Mapping[str, str | None], form: str | None) -> None:
    """Raises `click.UsageError` where two would be written to one place, one cannot be written, or one would
    be written over what is read.

    `outputs`: option -> the file it names, "-" for standard output, None where it was not given; `inputs`:
    option -> the file that is read for it; `form`: what `--format` says.
    """
    named = [(option, word) for option, word in outputs.items() if word is not None]
    taken: dict[str, str] = {}
    for option, word in named:
        place = word if word == STDIO else _place(word)
        if place in taken:
            where = "Standard output" if word == STDIO else word
            raise click.UsageError(f"{where} can take {taken[place]} or {option}, not both.")
        if place is not None:
            taken[place] = option
    if STDIO in taken and outputs["-o"] is None and form is not None:
        raise click.UsageError(
            f"Standard output is used by {taken[STDIO]}: use -o to name a file for --format {form}."
        )
    for option, word in named:
        if word == STDIO:
            continue
        for source, read in inputs.items():
            if read is not None and read != STDIO and same_file(word, read) and not is_special(word):
                raise click.UsageError(f"{word}: {option} would overwrite the file that {source} reads.")
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
