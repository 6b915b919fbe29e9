"""Standard streams that are closed or full: one plain line and an exit code, as sysexits.h has them.

Light: the command line needs it before it knows which command runs.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from collections.abc import Iterator
from typing import TextIO

import click

from mailpath.ending import ExitCode

#: A full or closed standard output says one of these, as `write(2)` lists them.
_OUTPUT = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF, errno.EAGAIN, errno.EINVAL}
)
#: This machine has no more of something, or does not let us.
_SYSTEM = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS, errno.EADDRINUSE, errno.EADDRNOTAVAIL}
    | {errno.EACCES, errno.EPERM}
)

_GLYPHS = "✓✗–│▼…"


def complete() -> None:
    """Give every standard stream that the caller closed a descriptor that fails in use (EBADF).

    Otherwise the next socket or file would be number 0, 1 or 2, and what is meant for the reader of the
    report would go there.
    """
    for number, name, mode, flags in (
        (0, "stdin", "r", os.O_WRONLY),
        (1, "stdout", "w", os.O_RDONLY),
        (2, "stderr", "w", os.O_WRONLY),
    ):
        if getattr(sys, name) is None:
            null = os.open(os.devnull, flags)
            if null != number:
                os.dup2(null, number)
                os.close(null)
            stream = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115 - open to the end
            setattr(sys, name, stream)
    if isinstance(sys.stdout, io.TextIOWrapper) and plain(sys.stdout):
        # A letter that it lacks is told by its number, as standard error has it.
        sys.stdout.reconfigure(errors="backslashreplace")


def plain(stream: TextIO) -> bool:
    """Whether `stream` has no letters for the glyphs of the reports, as in the C locale."""
    try:
        _GLYPHS.encode(stream.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return True
    return False


def tell(line: str) -> None:
    """`line` on standard error."""
    # Where that is closed or full there is nobody left to tell; the exit code says it too.
    with contextlib.suppress(OSError):
        click.echo(line, err=True)


def write(data: bytes) -> None:
    """`data` on standard output, as it is and at once."""
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def print_text(text: str) -> None:
    """`text` on standard output, in the terminal's own letters."""
    write(text.encode(sys.stdout.encoding or "utf-8", "backslashreplace"))


def print_json(value: object) -> None:
    """`value` as JSON on standard output; in ASCII where that has no other letters."""
    import json

    click.echo(json.dumps(value, indent=2, ensure_ascii=plain(sys.stdout)))


class ReaderGone(Exception):
    """Whoever read our output has gone.  No OSError: click would leave with 1 for it, a verdict."""


@contextlib.contextmanager
def read_to_the_end() -> Iterator[None]:
    """Raises `ReaderGone` in place of `BrokenPipeError`."""
    try:
        yield
    except BrokenPipeError as error:
        raise ReaderGone from error


def let_go() -> None:
    """What standard output still holds goes nowhere: the interpreter must not complain of it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def told(error: OSError) -> int | None:
    """Tell `error` in one line and return the exit code; None where it is none of these and so a bug."""
    reason = error.strerror or type(error).__name__
    if error.filename is None and error.errno in _OUTPUT:
        tell(f"mailpath: Standard output cannot be written: {reason}.")
        let_go()
        return ExitCode.IO_ERROR
    if error.errno not in _OUTPUT | _SYSTEM:
        return None
    what = f" ({error.filename})" if error.filename is not None else ""
    tell(f"mailpath: This machine does not allow it: {reason}{what}.")
    return ExitCode.OS_ERROR if error.errno in _SYSTEM else ExitCode.IO_ERROR
