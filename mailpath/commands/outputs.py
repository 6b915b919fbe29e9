"""Where `check` writes: looked at before the first packet, so that no walk is lost to a mistyped folder."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass

import click

STDIO = "-"


@dataclass(frozen=True)
class Outputs:
    """The words of the command line: a file, "-" for standard output, None where it was not asked for."""

    form: str | None
    report: str | None
    capture: str | None
    tlsrpt: str | None

    def named(self) -> tuple[tuple[str, str], ...]:
        """(option, word) of each that was asked for."""
        words = (("-o", self.report), ("--capture", self.capture), ("--tlsrpt", self.tlsrpt))
        return tuple((option, word) for option, word in words if word is not None)

    @property
    def silent(self) -> bool:
        """Standard output belongs to a capture or a TLS report."""
        return STDIO in (self.capture, self.tlsrpt)


def examine(outputs: Outputs) -> None:
    """Raises `click.UsageError` where two would be written to one place, or one cannot be written."""
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
        if word != STDIO:
            _writable(option, word)


def _place(word: str) -> str | None:
    """What tells two names of one file; None for what many may write to (a device, a pipe)."""
    place = os.path.realpath(word) if "\0" not in word else word
    return None if _is_special(place) else place


def _is_special(file: str) -> bool:
    try:
        mode = os.stat(file).st_mode
    except (OSError, ValueError):  # there is none yet, or there can be none
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _writable(option: str, file: str) -> None:
    """Open `file` and leave it as it is; what it took to find out is removed again."""
    if _is_special(file):
        return  # opening a pipe would already say something to its reader
    new = not os.path.lexists(file) if "\0" not in file else False
    try:
        with open(file, "ab"):
            pass
        if new:
            os.unlink(file)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise click.UsageError(f"{file}: The file of {option} cannot be written: {reason}.") from None
