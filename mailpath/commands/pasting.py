"""A text where a recipient is expected: a line of a log, a bounce, headers; "-": standard input has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from mailpath.commands.options import domain_of
from mailpath.files import read_file
from mailpath.names import is_text

if TYPE_CHECKING:
    from mailpath.commands.check import CheckOptions
    from mailpath.tickets.pasted import Pasted

STDIN = "-"
#: Words that a mistyped name may have.
_WORDS = 3


def is_pasted(typed: str | None) -> bool:
    """Whether `typed` is no name of a path, and may be such a text."""
    return typed is not None and (typed == STDIN or is_text(typed))


def pasted_in(typed: str) -> Pasted:
    """What `typed`, or standard input, names.  Raises `BadName`, `click.UsageError`."""
    if typed == STDIN:
        from mailpath.tickets.bounce import MAX_INPUT  # a check of a name needs none of this

        return named_in(read_file(STDIN, MAX_INPUT))
    return named_in(typed, name=len(typed.split()) <= _WORDS)


def named_in(text: str | bytes, *, name: bool = False) -> Pasted:
    """What `text` names.  `name`: it may be meant for a name.  Raises `BadName`, `click.UsageError`."""
    from mailpath.tickets.pasted import nothing_to_walk, read_pasted

    found = read_pasted(text)
    if found is not None:
        return found
    if name and isinstance(text, str):
        domain_of(text)  # says what is wrong with it as one
    raise click.UsageError(nothing_to_walk(text))


def filled_in(options: CheckOptions) -> tuple[CheckOptions, Pasted | None]:
    """What a text in place of RECIPIENT names; what stands on the command line outweighs it."""
    typed = options.recipient
    if typed is None or not is_pasted(typed):
        return options, None
    found = pasted_in(typed)
    filled = replace(
        options,
        recipient=found.recipient,
        sender=options.sender or found.sender,
        postures=options.postures or ((found.posture,) if found.posture else ()),
        requiretls=options.requiretls or (found.requiretls and not options.tls_required_no),
    )
    return filled, found
