"""Surveys as processes of their own, what is in their stores, and what the servers of a lab saw of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from mailpath.lab import Lab
from mailpath.lab.seen import Seen
from mailpath.survey.results import Row
from mailpath.survey.store import Store


def list_of(lab: Lab, folder: Path) -> Path:
    """A file of all domains in `lab`."""
    file = folder / "domains"
    file.write_text("".join(f"{each.domain}\n" for each in lab.scenarios), encoding="utf-8")
    return file


def started(network: Path, store: Path, *more: str) -> subprocess.Popen[bytes]:
    words = ["survey", "--network", str(network), "--store", str(store), *more]
    words += ["--today", "postfix-may", "--posture", "postfix-dane", "--posture", "postfix-encrypt"]
    return subprocess.Popen(
        [sys.executable, "-m", "mailpath", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def rows_in(store: Path) -> dict[str, Row]:
    """By domain."""
    with Store(store) as opened:
        return {row.domain: row for row in opened.rows()}


def seen_since(lab: Lab, sessions: int) -> list[Seen]:
    """What its servers have seen since there were so many `sessions`."""
    return list(lab.seen)[len(lab.seen) - (lab.sessions - sessions) :]


def met(seen: list[Seen]) -> list[tuple[str, str]]:
    """Address and name of each TLS session that was asked for."""
    return [(each.address, each.sni) for each in seen if each.sni]
