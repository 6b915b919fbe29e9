"""A text where a recipient is expected: a line of a log, a bounce, headers; "-": standard input has it."""

from __future__ import annotations

import click

from mailpath.commands.options import domain_of
from mailpath.files import read_file
from mailpath.names import is_name
from mailpath.tickets.bounce import MAX_INPUT
from mailpath.tickets.pasted import Pasted, read_pasted

STDIN = "-"


def is_text(typed: str | None) -> bool:
    """Whether `typed` is no name of a path, and may be such a text."""
    return typed is not None and (typed == STDIN or (len(typed.split()) > 1 and not is_name(typed)))


def pasted_in(typed: str) -> Pasted:
    """What `typed`, or standard input, names.  Raises `BadName`, `click.UsageError`."""
    if typed == STDIN:
        return named_in(read_file(STDIN, MAX_INPUT))
    if "\n" not in typed.strip() and read_pasted(typed) is None:
        domain_of(typed)  # says what is wrong with it as a name
    return named_in(typed)


def named_in(text: str | bytes) -> Pasted:
    """What `text` names.  Raises `click.UsageError`."""
    found = read_pasted(text)
    if found is not None:
        return found
    raise click.UsageError("The text does not name the recipient of a mail, so there is nothing to walk.")
