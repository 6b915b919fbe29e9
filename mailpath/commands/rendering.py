"""Which renderer writes a report, and where to."""

from __future__ import annotations

import shutil
import sys
from importlib import import_module
from pathlib import PurePath
from typing import TYPE_CHECKING

from mailpath.commands.outputs import STDIO
from mailpath.commands.stdio import plain
from mailpath.errors import reason_of
from mailpath.files import FileError, replace_file
from mailpath.report.result import Result
from mailpath.wording.layout import WIDTH

if TYPE_CHECKING:
    from mailpath.tickets.pasted import Pasted

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


def form_of(form: str | None, output: str | None) -> str:
    """The format asked for: by name, else by the file's ending, else text."""
    return form or SUFFIXES.get(PurePath(output or "").suffix.lower(), "text")


def names_no_format(output: str) -> bool:
    """Whether `output` has an ending, and none of those."""
    ending = PurePath(output).suffix.lower()
    return bool(ending) and ending not in SUFFIXES


def write(
    result: Result,
    form: str,
    output: str | None,
    *,
    full: bool = False,
    reader: str | None = None,
    refused: Pasted | None = None,
) -> None:
    """The report to the file `output`, or to standard output.  `full`: the text at length.  `reader`: of a
    reply; `refused`: what it answers.

    Raises `FileError`.
    """
    if output in (None, STDIO):
        # Markup and data are UTF-8 wherever they go; text is for the terminal's own letters and its width.
        encoding = "utf-8" if form in ("json", "html") else sys.stdout.encoding or "utf-8"
        told = rendered(
            result,
            form,
            full=full,
            ascii_only=plain(sys.stdout),
            width=terminal_width(),
            reader=reader,
            refused=refused,
        )
        sys.stdout.buffer.write(told.encode(encoding, "backslashreplace"))
        sys.stdout.buffer.flush()
        return
    assert output is not None
    write_file(output, rendered(result, form, full=full, reader=reader, refused=refused).encode())


def terminal_width() -> int:
    """Columns for text: COLUMNS, else the terminal's, else 80; prose is hard to read beyond 120."""
    return min(max(shutil.get_terminal_size((WIDTH, 24)).columns, 40), 120)


def write_file(output: str, data: bytes) -> None:
    """`data` to the file `output`.  Raises `FileError`."""
    try:
        replace_file(output, data)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise FileError(f"The report cannot be written: {reason_of(error)}.", file=output) from None


def rendered(
    result: Result,
    form: str,
    *,
    full: bool = False,
    ascii_only: bool = False,
    width: int = WIDTH,
    reader: str | None = None,
    refused: Pasted | None = None,
) -> str:
    """`result` in one of the formats; only its renderer is loaded.  `full`, `ascii_only`: of the text."""
    if form == "ticket":
        from mailpath.report import reply

        return reply.render(result, reader=reply.Reader(reader or "postmaster"), width=width, refused=refused)
    short = form == "text" and not full
    renderer = import_module(f"mailpath.report.{'brief' if short else form}")
    laid_out = {"ascii_only": ascii_only, "width": width} if form == "text" else {}
    told: str | bytes = renderer.render(result, **laid_out)
    return told.decode() if isinstance(told, bytes) else told
