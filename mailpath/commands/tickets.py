"""What a ticket holds, in plain words: a code, a line of a log, a bounce, a TLS report."""

from __future__ import annotations

import re
from typing import Any, cast

import click

from mailpath.commands import stdio
from mailpath.commands.options import NETWORK_KEYS
from mailpath.ending import ExitCode
from mailpath.errors import concerning
from mailpath.files import read_file
from mailpath.findings.catalogue import CATALOGUE
from mailpath.judge import Event
from mailpath.judge.rules import RULES, rule_id
from mailpath.tickets.explain import Kind, render_text, to_dict
from mailpath.tickets.explain import explain as explained
from mailpath.tickets.explain.tlsrpt_types import RESULT_TYPES
from mailpath.visible import visible
from mailpath.wording.phrases import did_you_mean

STDIO = "-"
#: Bytes of a TLS report, packed or not: its reader refuses more.
MAX_REPORT = 8 * 1024 * 1024 + 1

#: What is meant for a code of the catalogue.
_CODE = re.compile(r"[A-Za-z]{2,6}-?[0-9]{1,4}\Z")


def explain(words: tuple[str, ...], as_json: bool) -> ExitCode:
    """What a code or a line means; "-" reads it from standard input.  Raises `click.UsageError`."""
    text = " ".join(words)
    if text == STDIO:
        text = _notice(STDIO).decode("utf-8", "replace")
    if not text.strip():
        raise click.UsageError("There is nothing to explain.")
    found = explained(text)
    word = text.strip()
    names = (*CATALOGUE, *map(rule_id, RULES), *(event.value for event in Event), *RESULT_TYPES)
    near = did_you_mean(word, names) if " " not in word else ""
    if found.kind is Kind.UNKNOWN and (near or _CODE.match(word)):
        told = near or " `mailpath explain` lists all codes."
        stdio.tell(f"mailpath explain: {visible(word)} is not a code of mailpath.{told}")
    _print(to_dict(found) if as_json else render_text(found))
    return ExitCode.UNKNOWN if found.kind is Kind.UNKNOWN else ExitCode.OK


def bounce(file: str, as_json: bool, walked: dict[str, Any] | None) -> int:
    """What a bounce tells; with `walked`, options of the app, that, with its sender and recipient filled in.

    3 where nothing in it is known.  Raises `click.UsageError`, `FileError`.
    """
    notice = _notice(file)
    if walked is not None:
        return _walk(notice, walked, stdin=file == STDIO)
    from mailpath.tickets.bounce import read_bounce
    from mailpath.tickets.bounce import to_dict as bounce_to_dict
    from mailpath.tickets.bounce.render import render_text as bounce_text

    told = read_bounce(notice)
    _print(bounce_to_dict(told) if as_json else bounce_text(told))
    return ExitCode.OK if told.known else ExitCode.UNKNOWN


def _walk(notice: bytes, options: dict[str, Any], *, stdin: bool) -> int:
    """The path that the notice names: in the app, or where that has no terminal as `check` tells it."""
    from mailpath.commands import app, check, pasting
    from mailpath.tui import has_terminal

    found = pasting.named_in(notice)
    if stdin:
        app.keyboard()
    if has_terminal():
        return app.text(found, options, stdin=False)
    root = click.get_current_context().find_root()
    command = cast("click.Group", root.command).commands["check"]
    with command.make_context("check", ["--", notice.decode("utf-8", "replace")], parent=root) as ctx:
        asked = {key: value for key, value in options.items() if key in NETWORK_KEYS}
        return check.run(check.options_of({**ctx.params, **asked}))


def tlsrpt(file: str, as_json: bool) -> None:
    """Explain a received TLS report, or those of a mailbox (in JSON an array).  Raises `MailpathError`."""
    from mailpath.tickets import tlsrpt as reports

    with concerning(file=file):
        found = reports.read_all(read_file(file, MAX_REPORT), file)
    if as_json and len(found) > 1:
        stdio.print_json([reports.to_dict(report) for report in found])
    else:
        _print(reports.to_dict(found[0]) if as_json else "\n".join(map(reports.render_text, found)))


def _notice(file: str) -> bytes:
    """As much of a bounce or a log as is read; on standard error where that is not all of it."""
    from mailpath.tickets.bounce.mail import MAX_INPUT, MAX_LINES

    data = read_file(file, MAX_INPUT + 1)
    if len(data) > MAX_INPUT or data.count(b"\n") > MAX_LINES:
        stdio.tell(
            f"mailpath: Only the first {MAX_INPUT >> 20} MiB and {MAX_LINES} lines of the input are read."
        )
    return data[:MAX_INPUT]


def _print(told: dict[str, Any] | str) -> None:
    if not isinstance(told, str):
        stdio.print_json(told)
        return
    stdio.print_text(told)
