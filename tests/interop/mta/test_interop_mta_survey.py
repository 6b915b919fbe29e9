"""From a real log to another posture: what a survey foresees is what the real server did at that level.

The log is that of the mail that Postfix sent at level may (Exim without DANE); "newly deferred" under another
level is held, domain by domain and with volumes, against the same server's mail at that level.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from interop_mta_model import DELIVERED, Deliveries

from mailpath.judge.presets import PRESETS
from mailpath.lab import scenarios
from mailpath.survey.judging import row_for
from mailpath.survey.lists import Volumes, read
from mailpath.survey.results import group_in, results_of
from mailpath.whatif import Rewalks

if TYPE_CHECKING:
    from interop_mta_internet import Grounds

_PID = re.compile(r"client/smtp\[(\d+)\]: ")
LEVELS = {
    "postfix-may": ("postfix-dane", "postfix-sts", "postfix-dane-sts", "postfix-encrypt", "postfix-verify"),
    "exim-opportunistic": ("exim", "exim-require-tls", "exim-verify", "exim-require-dane"),
}


def logged(grounds: Grounds, today: str, folder: Path) -> Path:
    """The log of one level alone: its own for Exim, the lines of its processes for Postfix."""
    if today.startswith("exim"):
        return grounds.folder / "exim" / today / "log" / "mainlog"
    lines = (grounds.folder / "postfix" / "mail.log").read_text(errors="replace").splitlines(keepends=True)
    its = {found[1] for line in lines if f"to=<{today}@" in line and (found := _PID.search(line))}
    kept = [line for line in lines if (found := _PID.search(line)) is None or found[1] in its]
    file = folder / "mail.log"
    file.write_text("".join(kept))
    return file


def undelivered(deliveries: Deliveries, posture: str) -> set[str]:
    """Domains whose mail the real server kept or returned."""
    return {
        scenario.domain
        for scenario in scenarios()
        if deliveries.observed[scenario.id, posture].outcome.removesuffix("/retry") not in DELIVERED
    }


async def rows_of(deliveries: Deliveries, volumes: Volumes, today: str, postures: Iterable[str]) -> list:
    judged = [PRESETS[posture] for posture in postures]
    return [
        row_for(
            await Rewalks(deliveries.captures[scenario.id]).untampered(),
            volumes.mails[scenario.domain],
            PRESETS[today],
            judged,
        )
        for scenario in scenarios()
        if scenario.domain in volumes.mails
    ]


@pytest.mark.parametrize("today", LEVELS)
def test_newly_deferred_is_what_the_server_did(
    today: str, deliveries: Deliveries, grounds: Grounds, tmp_path: Path
) -> None:
    volumes = read([str(logged(grounds, today, tmp_path))])
    domains = {scenario.domain for scenario in scenarios()}
    # One mail each, however often it was tried; Exim returns some mail before there is a host.
    assert set(volumes.mails.values()) == {1}
    if today == "postfix-may":
        assert volumes.mails.keys() == domains
    else:
        assert domains - volumes.mails.keys() <= undelivered(deliveries, today)
    assert volumes.today == today, volumes.why
    rows = asyncio.run(rows_of(deliveries, volumes, today, LEVELS[today]))
    found = results_of(rows, store="", today=today, postures=LEVELS[today])
    before = undelivered(deliveries, today)
    for posture in LEVELS[today]:
        newly = undelivered(deliveries, posture) - before
        assert {row.domain for row in rows if group_in(row, today, posture) == "newly_deferred"} == newly
        count = found.postures[posture].newly_deferred
        assert (count.domains, count.mails) == (len(newly), sum(volumes.mails[each] for each in newly))
        assert newly or posture == "exim-require-tls", posture
