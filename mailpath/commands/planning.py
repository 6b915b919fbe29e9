"""`mailpath plan`: where a domain stands, walked, replayed or in the lab; and the way to a goal, proven."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path as File
from typing import Any

import click

from mailpath.commands.asking import files_read, network_of
from mailpath.commands.check import walk_on
from mailpath.commands.options import TRUST_KEYS, domain_of, given_options, names_of
from mailpath.commands.outputs import STDIO, examine, form_of, put
from mailpath.commands.rendering import terminal_width
from mailpath.ending import ExitCode
from mailpath.errors import concerning, reason_of
from mailpath.facts import Path
from mailpath.network.capture import Capture, load
from mailpath.plan import Asked, Goal, Plan, Result, make
from mailpath.plan.next_key import MAX_PEM, NextKey, read_certificate, read_key
from mailpath.walk import live_network
from mailpath.wording.layout import WIDTH
from mailpath.wording.phrases import join_and

STATUS: dict[Result, ExitCode] = {
    Result.PLAN: ExitCode.OK,
    Result.ALREADY: ExitCode.OK,
    Result.BLOCKED: ExitCode.UNDELIVERED,
    Result.UNKNOWN: ExitCode.UNKNOWN,
}


def run(
    goal: str,
    recipient: str | None,
    *,
    hosts: tuple[str, ...],
    key: str | None,
    cert: str | None,
    to: str | None,
    why: bool,
    form: str | None,
    output: str | None,
    replay: str | None,
    **network: Any,
) -> ExitCode:
    """Raises `click.UsageError`, `MailpathError`, OSError."""
    wanted = Goal(goal)
    if (to is not None) != (wanted is Goal.NEW_MX):
        raise click.UsageError(
            "new-mx needs --to, the new MX host." if to is None else "--to is for new-mx alone."
        )
    if (key or cert) and not wanted.takes_key:
        keyed = [each for each in Goal if each.takes_key]
        raise click.UsageError(f"--key and --cert are for {join_and(keyed)}.")
    if key is not None and cert is not None:
        raise click.UsageError("Use either --key or --cert, not both.")
    inputs = {"--replay": replay, "--key": key, "--cert": cert, **files_read(network)}
    examine({"-o": output}, inputs, form)
    asked = Asked(hosts=tuple(map(domain_of, hosts)), key=_key(key, cert), to=domain_of(to) if to else "")
    capture = _replayed(replay, recipient, network) if replay is not None else _walked(recipient, network)
    plan = asyncio.run(make(wanted, capture, asked)).plan
    form = form_of(form, output)
    width = terminal_width() if output in (None, STDIO) else WIDTH
    put(rendered(plan, form, why=why, width=width), form, output)
    return STATUS[plan.result]


def _key(key: str | None, cert: str | None) -> NextKey:
    file, read = (key, read_key) if key is not None else (cert, read_certificate)
    if file is None:
        return NextKey()
    with concerning(file=file):
        return _read(file, read)


def _read(file: str, read: Callable[[bytes], NextKey]) -> NextKey:
    try:
        with File(file).open("rb") as opened:
            return read(opened.read(MAX_PEM))
    except OSError as error:
        raise click.UsageError(f"{file}: {reason_of(error)}.") from error


def _walked(recipient: str | None, network: dict[str, Any]) -> Capture:
    if recipient is None and network["lab"] is None:
        raise click.UsageError("Missing argument 'RECIPIENT'.")
    with network_of(network) as (settings, scenario):
        path = Path(recipient=domain_of(recipient or (scenario.domain if scenario is not None else "")))

        async def walked() -> Capture:
            async with live_network(settings, "live" if scenario is None else "lab") as live:
                return (await walk_on(path, live, None)).capture

        return asyncio.run(walked())


def _replayed(file: str, recipient: str | None, network: dict[str, Any]) -> Capture:
    asks = given_options({key: value for key, value in network.items() if key not in TRUST_KEYS})
    for words in [each for each in ("--lab" if network["lab"] else "", names_of(asks)) if each]:
        raise click.UsageError(f"A replay asks nobody: {words} cannot be used with --replay.")
    held = load(file)
    if recipient is not None and domain_of(recipient) != held.path.recipient:
        raise click.UsageError(f"{file} contains a path to {held.path.recipient}, not {recipient}.")
    return held


def rendered(plan: Plan, form: str, *, why: bool, width: int) -> str:
    """`plan` in one of the formats; only its renderer is loaded."""
    if form == "json":
        return json.dumps(plan.to_dict(), indent=2) + "\n"
    if form == "text":
        from mailpath.report.plan import text

        return text.render(plan, why=why, width=width)
    renderer = import_module(f"mailpath.report.plan.{form}")
    told: str = renderer.render(plan)
    return told
