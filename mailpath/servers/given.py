"""The files of a configuration as they were given: text with line numbers, and bounds.

They come from anybody: from a ticket, from a server that others run.  So each has a limit, and what is not
text is refused in one sentence.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath

from mailpath.errors import MailpathError, reason_of
from mailpath.records import Record
from mailpath.visible import visible

STDIN = "-"
#: A policy table of a large site has some ten thousand lines.
MAX_BYTES = 4 * 1024 * 1024
MAX_FILES = 64
#: Characters of one logical line that are read on; what follows is cut off, and told by its length.
MAX_LINE = 32 * 1024


class ImportRefused(MailpathError):
    """These files make no posture; the message says why in one sentence."""


class Given(Record, frozen=True, kw_only=True):
    """One file.  `path`: as it was named; `text`: at most `MAX_BYTES` of UTF-8, other octets replaced."""

    path: str
    text: str

    @property
    def name(self) -> str:
        """What its lines are told by: the last part of its path."""
        return (
            visible(Path(self.path).name or self.path, limit=80) if self.path != STDIN else "standard input"
        )


class Line(Record, frozen=True, kw_only=True):
    """A logical line, its first line's number beside it."""

    file: str
    number: int
    text: str

    def said(self, limit: int = 96) -> str:
        """Where it is, and what it says: visible text."""
        return f"{self.file}:{self.number}: {visible(' '.join(self.text.split()), limit=limit)}"


def read(paths: Iterable[str]) -> tuple[Given, ...]:
    """The files at `paths`, each once; "-": standard input.  Raises `ImportRefused`."""
    named = tuple(dict.fromkeys(paths))
    if len(named) > MAX_FILES:
        raise ImportRefused(f"These are {len(named)} files; {MAX_FILES} at most are read.")
    return tuple(Given(path=path, text=_text(path)) for path in named)


def _text(path: str) -> str:
    try:
        if path == STDIN:
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with open(path, "rb") as stream:
                data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise ImportRefused(f"The file cannot be read: {reason_of(error)}.", file=visible(path)) from None
    if len(data) > MAX_BYTES:
        raise ImportRefused(f"The file is larger than {MAX_BYTES // 1024} KiB.", file=visible(path))
    if b"\0" in data:
        raise ImportRefused(
            "This is no text: give the source of a table, not the database made of it.", file=visible(path)
        )
    return data.decode("utf-8", "replace")


def find_file(path: str, files: Iterable[Given]) -> Given | None:
    """The file that `path` on the server is here: the one whose path ends most like it."""
    wanted = PurePath(path).parts[::-1]
    best, likeness = None, 0
    for file in files:
        parts = PurePath(file.path).parts[::-1]
        same = 0
        for one, other in zip(wanted, parts, strict=False):
            if one != other:
                break
            same += 1
        if same > likeness:
            best, likeness = file, same
    return best


def logical_lines(given: Given) -> Iterator[Line]:
    """Postfix's (postconf(5), DESCRIPTION): a line that begins with white space goes on with the one before,
    comments and empty lines between them notwithstanding."""
    start, parts, length = 0, [""], 0
    for number, raw in enumerate(given.text.split("\n"), 1):
        bare = raw.strip()
        if not bare or bare.startswith("#"):
            continue
        if raw[:1] in " \t" and start:
            if length < MAX_LINE:
                parts.append(bare)
                length += len(bare)
            continue
        if start:
            yield Line(file=given.name, number=start, text=" ".join(parts)[:MAX_LINE])
        start, parts, length = number, [bare], len(bare)
    if start:
        yield Line(file=given.name, number=start, text=" ".join(parts)[:MAX_LINE])
