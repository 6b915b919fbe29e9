"""The one base of every exception that leaves this package: one plain sentence, and what it is about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class MailpathError(Exception):
    """Something that was given cannot be used, or something cannot be done.

    `sentence`: why, in one plain sentence.  `file`, `line` and `key`: what it is about, as far as that is
    known ("", None).  `str()` puts them in front of the sentence.
    """

    def __init__(self, sentence: str, *, file: str = "", line: int | None = None, key: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.file = file
        self.line = line
        self.key = key

    def __str__(self) -> str:
        where = f"line {self.line}" if self.line is not None else ""
        return ": ".join(part for part in (self.file, where, self.key, self.sentence) if part)


@contextmanager
def concerning(*, file: str = "", key: str = "") -> Iterator[None]:
    """A `MailpathError` of the block is about `file` and `key`, where it does not name any itself."""
    try:
        yield
    except MailpathError as error:
        error.file, error.key = error.file or file, error.key or key
        raise


def reason_of(error: Exception) -> str:
    """Why a file cannot be used, in the system's words (`OSError`; `ValueError` for a NUL in its name)."""
    return getattr(error, "strerror", None) or str(error)
