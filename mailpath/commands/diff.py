"""`mailpath diff`: two captures of one path, each walked as of its own time, and compared."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import click

from mailpath.commands import stdio
from mailpath.commands.check import chosen, known
from mailpath.commands.options import trusted_here
from mailpath.config import config_file
from mailpath.dnssec import BadAnchor
from mailpath.network.capture import Capture, CaptureError, load
from mailpath.network.replay import Replay
from mailpath.report.diff import compare, render_text, to_dict
from mailpath.report.provenance import given_by, read
from mailpath.report.result import build
from mailpath.walk import walk

STDIO = "-"
#: As diff(1) has them.
SAME, DIFFERENT = 0, 1


def run(old: str, new: str, *, postures: Sequence[str], as_json: bool, trust: dict[str, Any]) -> int:
    """0 where nothing changed, 1 where something did.  Raises `click.UsageError`."""
    if old == new == STDIO:
        raise click.UsageError("Standard input holds one capture, not two.")
    judged = chosen(postures) or tuple(known().values())
    held = [_loaded(file) for file in (old, new)]
    first, second = (each.path.recipient for each in held)
    if first != second:
        raise click.UsageError(f"The captures are of two paths: to {first} and to {second}.")
    senders = [each.path.sender or "any sender" for each in held]
    if senders[0] != senders[1]:
        raise click.UsageError(f"The captures are of two paths: from {senders[0]} and from {senders[1]}.")
    here, problems = trusted_here(trust)
    for problem in problems:
        stdio.tell(f"mailpath diff: {config_file().name}: {problem}")
    given = given_by(here)
    results = []
    for file, capture in zip((old, new), held, strict=True):
        try:
            found = asyncio.run(walk(capture.path, Replay(capture), capture.ground.made))
        except BadAnchor as error:
            raise click.UsageError(f"{file}: {error}") from None
        stands = read(found, capture.ground, given, replayed=True)
        results.append(build(found, judged, {}, made=capture.ground.made, provenance=stands))
    difference = compare(*results)
    if as_json:
        click.echo(json.dumps(to_dict(difference), indent=2, ensure_ascii=False))
    else:
        click.echo(render_text(difference), nl=False)
    return DIFFERENT if difference.changes else SAME


def _loaded(file: str) -> Capture:
    try:
        return load(file)
    except CaptureError as error:
        raise click.UsageError(f"{file}: {error}") from None
