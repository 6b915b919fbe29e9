"""The posture of a real server: what is told of one level alone, and how two postures of it differ."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import interop_mta_exim as exim
from interop_mta_internet import Grounds

from mailpath.facts import Walk
from mailpath.judge import Posture, judge
from mailpath.judge.custom import custom_posture, for_recipients
from mailpath.servers.drafts import Imported

_PID = re.compile(r"client/smtp\[(\d+)\]: ")


def logged(grounds: Grounds, level: str, folder: Path) -> Path:
    """The log of one level alone: its own for Exim, the lines of its processes for Postfix."""
    if level in exim.LEVELS:
        return grounds.folder / "exim" / level / "log" / "mainlog"
    lines = (grounds.folder / "postfix" / "mail.log").read_text(errors="replace").splitlines(keepends=True)
    its = {found[1] for line in lines if f"to=<{level}@" in line and (found := _PID.search(line))}
    kept = [line for line in lines if (found := _PID.search(line)) is None or found[1] in its]
    file = folder / "mail.log"
    file.write_text("".join(kept))
    return file


def sessions_of(level: str, grounds: Grounds, folder: Path) -> Path:
    """The sessions of one level, which says its name in EHLO."""
    head, *lines = (grounds.folder / "lab" / "seen.jsonl").read_text().splitlines()
    own = [line for line in lines if any(f"{level}.a.example" in each for each in _first(line))]
    assert own
    file = folder / "seen.jsonl"
    file.write_text("\n".join([head, *own]) + "\n")
    return file


def _first(session: str) -> Iterable[str]:
    """Its first command, where it got so far."""
    commands: list[str] = json.loads(session)["commands"]
    return commands[:1]


def imported_posture(found: Imported) -> Posture:
    """The server's own posture, with those that it has for recipients."""
    tables = found.tables()
    made = {name: custom_posture(name, each) for name, each in tables.items()}
    return for_recipients(made[found.name], tables[found.name], made)


def differences_of(learned: Posture, known: Posture, walks: Mapping[str, Walk]) -> list[str]:
    """Where the outcomes differ.  `walks`: by scenario."""
    return [
        f"{scenario}: learned {one}, {known.name} {other}"
        for scenario, walk in walks.items()
        if (one := judge(walk, learned).outcome) != (other := judge(walk, known).outcome)
    ]
