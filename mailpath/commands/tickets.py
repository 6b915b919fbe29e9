"""What a ticket holds, in plain words: a code, a line of a log, a bounce, a TLS report."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import click
import msgspec

from mailpath.commands import stdio
from mailpath.report.exit_codes import ExitCode
from mailpath.report.result import DEFAULT_POSTURE
from mailpath.tickets.bounce import MAX_INPUT, Bounce, read_bounce
from mailpath.tickets.bounce import to_dict as bounce_to_dict
from mailpath.tickets.bounce.mail import MAX_LINES
from mailpath.tickets.bounce.render import render_text as bounce_text
from mailpath.tickets.bounce.render import walk_words
from mailpath.tickets.explain import Kind, render_text, to_dict
from mailpath.tickets.explain import explain as explained

STDIO = "-"
#: Bytes of a TLS report, packed or not: its reader refuses more.
MAX_REPORT = 8 * 1024 * 1024 + 1

#: What is meant for a code of the catalogue.
_CODE = re.compile(r"[A-Za-z]{2,6}-?[0-9]{1,4}\Z")


def explain(words: tuple[str, ...], *, as_json: bool) -> ExitCode:
    """What a code or a line means; "-" reads it from standard input.  Raises `click.UsageError`."""
    text = " ".join(words)
    if text == STDIO:
        text = _notice(STDIO).decode("utf-8", "replace")
    if not text.strip():
        raise click.UsageError("Nothing was given to explain.")
    found = explained(text)
    if found.kind is Kind.UNKNOWN and _CODE.match(text.strip()):
        stdio.tell(
            f"mailpath explain: {text.strip()} is no code of mailpath. `mailpath explain` lists them all."
        )
    if as_json:
        _json(to_dict(found))
    else:
        _text(render_text(found))
    return ExitCode.UNKNOWN if found.kind is Kind.UNKNOWN else ExitCode.OK


def bounce(file: str, *, as_json: bool, walk: bool, look: dict[str, Any], network: dict[str, Any]) -> int:
    """What a bounce tells; with `walk` the app, with its sender and recipient filled in.

    3 where it tells nothing.  Raises `click.UsageError`.
    """
    told = read_bounce(_notice(file))
    if walk:
        return _walked(told, stdin=file == STDIO, look=look, network=network)
    if as_json:
        _json(bounce_to_dict(told))
    else:
        _text(bounce_text(told))
    # A sentence alone is whatever was read: nobody knows it.
    nothing = msgspec.structs.replace(told, sentence=None) == Bounce()
    return ExitCode.UNKNOWN if nothing else ExitCode.OK


def _walked(told: Bounce, *, stdin: bool, look: dict[str, Any], network: dict[str, Any]) -> int:
    sender, recipient = walk_words(told)
    if recipient is None:
        raise click.UsageError("The bounce does not tell whom the mail was for; there is nothing to walk.")
    from mailpath.commands import app

    if stdin:
        app.keyboard()
    posture = told.postures[0] if len(told.postures) == 1 else DEFAULT_POSTURE
    return app.filled_in(sender, recipient, posture, look, network)


def tlsrpt(file: str, *, as_json: bool) -> ExitCode:
    """What a received TLS report says.  Raises `click.UsageError`."""
    from mailpath.tickets import tlsrpt as reports

    try:
        report = reports.read(_read(file, MAX_REPORT), file)
    except reports.ReportError as error:
        raise click.UsageError(f"{file}: {error}") from None
    if as_json:
        _json(reports.to_dict(report))
    else:
        _text(reports.render_text(report))
    return ExitCode.OK


def _notice(file: str) -> bytes:
    """As much of a bounce or a log as is read; on standard error where that is not all of it."""
    data = _read(file, MAX_INPUT + 1)
    if len(data) > MAX_INPUT or data.count(b"\n") > MAX_LINES:
        stdio.tell(f"mailpath: Only the first {MAX_INPUT >> 20} MiB and {MAX_LINES} lines of it are read.")
    return data[:MAX_INPUT]


def _read(file: str, most: int) -> bytes:
    """The file's bytes, "-" for standard input; at most `most`.  Raises `click.UsageError`."""
    try:
        if file == STDIO:
            return sys.stdin.buffer.read(most)
        with open(file, "rb") as opened:
            return opened.read(most)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise click.UsageError(f"{file}: It cannot be read: {reason}.") from None


def _json(value: dict[str, Any]) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def _text(text: str) -> None:
    sys.stdout.buffer.write(text.encode(sys.stdout.encoding or "utf-8", "backslashreplace"))
    sys.stdout.buffer.flush()
