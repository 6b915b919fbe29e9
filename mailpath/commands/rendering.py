"""Which renderer writes a report, and where to."""

from __future__ import annotations

import shutil
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from mailpath.commands.outputs import STDIO, put
from mailpath.commands.stdio import plain
from mailpath.report.result import Result
from mailpath.wording.layout import WIDTH

if TYPE_CHECKING:
    from mailpath.tickets.pasted import Pasted


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
    there = output in (None, STDIO)
    laid_out: dict[str, Any] = {"ascii_only": plain(sys.stdout), "width": terminal_width()} if there else {}
    told = rendered(result, form, full=full, reader=reader, refused=refused, **laid_out)
    put(told, form, output)


def terminal_width() -> int:
    """Columns for text: COLUMNS, else the terminal's, else 80; prose is hard to read beyond 120."""
    return min(max(shutil.get_terminal_size((WIDTH, 24)).columns, 40), 120)


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
