"""`mailpath diff`: two captures of one path, each walked as of its own time, and compared."""

from __future__ import annotations

import asyncio
from typing import Any

import click

from mailpath import config
from mailpath.commands.asking import trusted_by
from mailpath.commands.check import chosen
from mailpath.commands.stdio import print_json
from mailpath.errors import concerning
from mailpath.network.capture import load
from mailpath.network.replay import Replay
from mailpath.report.diff import compare, render_text, to_dict
from mailpath.report.provenance import given_by, read
from mailpath.report.result import build
from mailpath.walk import walk

STDIO = "-"
#: As diff(1) has them.
SAME, DIFFERENT = 0, 1


def run(*, old: str, new: str, postures: tuple[str, ...], as_json: bool, **trust: Any) -> int:
    """0 where nothing changed, 1 where something did.  Raises `click.UsageError`, `MailpathError`."""
    if old == new == STDIO:
        raise click.UsageError("Standard input can hold only one capture, not two.")
    judged = chosen(postures) or tuple(config.postures().values())
    held = {file: load(file) for file in (old, new)}
    paths = [held[file].path for file in (old, new)]
    for which, (first, second) in {
        "to": [path.recipient for path in paths],
        "from": [path.sender or "any sender" for path in paths],
    }.items():
        if first != second:
            raise click.UsageError(f"The captures are of two paths: {which} {first} and {which} {second}.")
    given = given_by(trusted_by("diff", trust))
    results = []
    for file in (old, new):
        capture = held[file]
        with concerning(file=file):
            found = asyncio.run(walk(capture.path, Replay(capture), capture.ground.made))
        stands = read(found, capture.ground, given, replayed=True)
        results.append(build(found, judged, {}, made=capture.ground.made, provenance=stands))
    difference = compare(*results)
    if as_json:
        print_json(to_dict(difference))
    else:
        click.echo(render_text(difference), nl=False)
    return DIFFERENT if difference.changes else SAME
