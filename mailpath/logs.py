"""The log: `logging.getLogger("mailpath")`, silent until somebody gives it a handler.

The commands do with `--log FILE` and `MAILPATH_LOG`; whoever uses `mailpath.api` has handlers of their own.
DEBUG: each exchange with the world.  INFO: what was run.  ERROR: what broke in our own code, with its
traceback.  Nothing is left out of it that a report's redaction would hide.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import time
from collections.abc import Callable

from mailpath.errors import MailpathError, reason_of
from mailpath.visible import visible

logger = logging.getLogger("mailpath")
# Without one, Python prints warnings on standard error, in the middle of a screen.
logger.addHandler(logging.NullHandler())

#: Characters of one line.
MAX_LINE = 2000
#: How every line of ours begins.
_TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ")


class LogError(MailpathError):
    """The log cannot be written where it was asked for."""


def write_to(file: str) -> Callable[[], None]:
    """From here on every record goes to `file`, behind what is there; returns what ends that.

    A new file is for its owner alone.  One that holds something else than such a log is left as it is: the
    name was mistyped.  Raises `LogError`.
    """
    if file == "-":
        raise LogError("A log is written to a file, not to a standard stream.")
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except (OSError, ValueError) as error:
        raise LogError(f"The log cannot be written: {reason_of(error)}.", file=file) from None
    handler = _Handler(os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace"))
    if not _is_ours(file):
        handler.stream.close()
        raise LogError("The file is not a log of mailpath: it is left as it is.", file=file)
    handler.setFormatter(_Lines())
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)

    def end() -> None:
        logger.removeHandler(handler)
        logger.setLevel(before)
        handler.end()

    return end


def _is_ours(file: str) -> bool:
    """Whether lines can be added to `file`: it is empty, such a log, or no regular file at all."""
    if not os.path.isfile(file):
        return True
    try:
        with open(file, "rb") as stream:
            begun = stream.read(32)
    except OSError:  # it may be written, but not be read
        return os.path.getsize(file) == 0
    return not begun or _TIME.match(begun) is not None


class _Handler(logging.StreamHandler):  # type: ignore[type-arg]  # generic in the stubs alone
    """Gives up where a line cannot be written (the disk is full): the work goes on without a log."""

    def handleError(self, record: logging.LogRecord) -> None:
        logger.removeHandler(self)
        self.end()

    def end(self) -> None:
        with contextlib.suppress(OSError):
            self.stream.close()


class _Lines(logging.Formatter):
    """Each line with its time (UTC) and level, also those of a traceback; foreign text is visible text."""

    def format(self, record: logging.LogRecord) -> str:
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        head = f"{at}.{int(record.msecs):03}Z {record.levelname} "
        lines = [record.getMessage()]
        if record.exc_info:
            lines += self.formatException(record.exc_info).splitlines()
        return "\n".join(head + _bounded(line) for line in lines)


def _bounded(line: str) -> str:
    # What passed `visible()` already is printable, and does not pass it again: backslashes would double.
    return line if line.isprintable() and len(line) <= MAX_LINE else visible(line, limit=MAX_LINE)
