"""Where commands write, and in which format: looked at before the first packet, so that no walk is lost to a
mistyped folder.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import PurePath

import click

from mailpath.commands.stdio import print_text, write
from mailpath.errors import reason_of
from mailpath.files import FileError, is_special, replace_file, same_file, try_replacing

STDIO = "-"
#: File name endings and what they stand for; `--format` outweighs them.
SUFFIXES = {
    ".txt": "text",
    ".text": "text",
    ".json": "json",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
}
#: Formats in the terminal's own letters; markup and data are UTF-8 wherever they go.
_LETTERS = ("text", "markdown", "nagios", "ticket")


def form_of(form: str | None, output: str | None, suffixes: Mapping[str, str] = SUFFIXES) -> str:
    """The format asked for: by name, else by the file's ending, else text."""
    return form or suffixes.get(PurePath(output or "").suffix.lower(), "text")


def names_no_format(output: str) -> bool:
    """Whether `output` has an ending, and none of those."""
    ending = PurePath(output).suffix.lower()
    return bool(ending) and ending not in SUFFIXES


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


def put(told: str, form: str, output: str | None, what: str = "report") -> None:
    """`told`, in the format `form`, to the file `output` or to standard output.  Raises `FileError`."""
    if output is not None and output != STDIO:
        write_file(output, told.encode(), what)
    elif form in _LETTERS:
        print_text(told)
    else:
        write(told.encode())


def write_file(output: str, data: bytes, what: str = "report") -> None:
    """`data` to the file `output`; `what`: it is.  Raises `FileError`."""
    try:
        replace_file(output, data)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise FileError(f"The {what} cannot be written: {reason_of(error)}.", file=output) from None
