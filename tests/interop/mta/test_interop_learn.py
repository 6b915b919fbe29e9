"""`postures learn` of real servers: what is learned of each agrees with what is read from its configuration.

`make interop` learns three of them; MAILPATH_IMPORTS=all in the environment takes every one.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
from collections.abc import Iterable
from pathlib import Path

import interop_mta_exim as exim
import interop_mta_postfix as postfix
import pytest
from interop_mta_internet import Grounds
from interop_mta_model import Deliveries
from interop_tools import run
from test_interop_import import posture_of

from mailpath.facts import Walk
from mailpath.judge import Posture, judge
from mailpath.judge.custom import custom_posture
from mailpath.servers.drafts import Kind
from mailpath.servers.given import Given
from mailpath.servers.importing import imported
from mailpath.servers.learning.telling import learned
from mailpath.whatif import Rewalks

SAMPLE = ("postfix-secure", "postfix-dane-sts", "exim-verify")
SERVERS = (*postfix.LEVELS, *exim.LEVELS) if os.environ.get("MAILPATH_IMPORTS") == "all" else SAMPLE


@pytest.fixture(scope="module")
def walks(deliveries: Deliveries) -> dict[str, Walk]:
    """By scenario."""

    async def walked() -> dict[str, Walk]:
        return {each: await Rewalks(held).untampered() for each, held in deliveries.captures.items()}

    return asyncio.run(walked())


@pytest.mark.parametrize("server", SERVERS)
def test_what_is_learnt_is_what_is_configured(
    server: str, walks: dict[str, Walk], grounds: Grounds, tmp_path: Path, figures: list[str]
) -> None:
    seen, log = sessions_of(server, grounds, tmp_path), tmp_path / "mail.log"
    log.write_text("\n".join(_log(server, grounds)) + "\n")
    began = time.monotonic()
    found = learned(str(seen), str(log), "learned")
    took = time.monotonic() - began
    contradicted = [each for each in found.remarks if each.kind is Kind.CONTRADICTED]
    ours, configured = custom_posture("learned", found.tables()["learned"]), _configured(server)
    differences = [
        f"{scenario}: learned {one}, configured {other}"
        for scenario, walk in walks.items()
        if (one := judge(walk, ours).outcome) != (other := judge(walk, configured).outcome)
    ]
    agreed = len(walks) - len(differences)
    figures.append(f"Learnt of {server}: as configured in {agreed} of {len(walks)} scenarios, {took:.0f} s")
    assert not differences, f"{found.tables()}\n{contradicted}\n" + "\n".join(differences)


def sessions_of(server: str, grounds: Grounds, folder: Path) -> Path:
    """The sessions of one server, which says its name in EHLO, and those of policy hosts."""
    head, *lines = (grounds.folder / "lab" / "seen.jsonl").read_text().splitlines()
    own = [line for line in lines if f"{server}.a.example" in json.loads(line)["commands"][:1].__repr__()]
    assert own
    file = folder / "seen.jsonl"
    file.write_text("\n".join([head, *own]) + "\n")
    return file


def _log(server: str, grounds: Grounds) -> Iterable[str]:
    """The lines that one server wrote."""
    if server in exim.LEVELS:
        return (grounds.folder / "exim" / server / "log" / "mainlog").read_text().splitlines()
    lines = (grounds.folder / "postfix" / "mail.log").read_text().splitlines()
    processes = {_process(line) for line in lines if f"to=<{server}@" in line}
    return [line for line in lines if _process(line) in processes]


def _process(line: str) -> str:
    found = re.search(r"client/smtp(\[\d+\])", line)
    return found[1] if found else ""


def _configured(server: str) -> Posture:
    """What `postures import` makes of its configuration."""
    if server in exim.LEVELS:
        text = f"{server}:\n  driver = smtp\n" + "".join(f"  {each}\n" for each in exim.LEVELS[server])
    else:
        release = run("postconf", "-d", "mail_version").strip()
        lines = (release, "smtp_dns_support_level = dnssec", *postfix.LEVELS[server])
        text = "\n".join(lines) + "\n"
    return posture_of(imported([Given(path="configuration", text=text)], "configured"))
