"""From a real log to another posture: what a survey foresees is what the real server did at that level.

The log is that of the mail that Postfix sent at level may (Exim without DANE); "newly deferred" under another
level is held, domain by domain and with volumes, against the same server's mail at that level.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import interop_mta_postfix as postfix
import pytest
from interop_mta_model import DELIVERED, Deliveries
from interop_own_posture import logged
from interop_tools import tool

from mailpath.facts import Walk
from mailpath.judge.presets import PRESETS
from mailpath.lab import scenarios
from mailpath.survey.judging import row_for
from mailpath.survey.lists import read
from mailpath.survey.out import policy_map
from mailpath.survey.results import Row, group_in, results_of

if TYPE_CHECKING:
    from interop_mta_internet import Grounds

LEVELS = {
    "postfix-may": ("postfix-dane", "postfix-sts", "postfix-dane-sts", "postfix-encrypt", "postfix-verify"),
    "exim-opportunistic": ("exim", "exim-require-tls", "exim-verify", "exim-require-dane"),
}


def undelivered(deliveries: Deliveries, posture: str) -> set[str]:
    """Domains whose mail the real server kept or returned."""
    return {
        scenario.domain
        for scenario in scenarios()
        if deliveries.observed[scenario.id, posture].outcome.removesuffix("/retry") not in DELIVERED
    }


def rows_of(
    paths: Mapping[str, Walk], mails: Mapping[str, int], today: str, postures: Iterable[str]
) -> list[Row]:
    judged = [PRESETS[posture] for posture in postures]
    return [
        row_for(paths[scenario.id], mails[scenario.domain], PRESETS[today], judged)
        for scenario in scenarios()
        if scenario.domain in mails
    ]


@pytest.mark.parametrize("today", LEVELS)
def test_newly_deferred_is_what_the_server_did(
    today: str, deliveries: Deliveries, paths: dict[str, Walk], grounds: Grounds, tmp_path: Path
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
    rows = rows_of(paths, volumes.mails, today, LEVELS[today])
    found = results_of(rows, store="", today=today, postures=LEVELS[today])
    before = undelivered(deliveries, today)
    for posture in LEVELS[today]:
        newly = undelivered(deliveries, posture) - before
        assert {row.domain for row in rows if group_in(row, today, posture) == "newly_deferred"} == newly
        count = found.postures[posture].newly_deferred
        assert (count.domains, count.mails) == (len(newly), sum(volumes.mails[each] for each in newly))
        assert newly or posture == "exim-require-tls", posture


def test_with_the_policy_map_the_server_delivers_what_it_would_newly_defer(
    deliveries: Deliveries, paths: dict[str, Walk], grounds: Grounds
) -> None:
    """Each posture has its table, as the comments in it say; that of MTA-STS policies stands behind it."""
    today, postures = "postfix-may", LEVELS["postfix-may"]
    mails = {scenario.domain: 1 for scenario in scenarios()}
    rows = rows_of(paths, mails, today, postures)
    found = results_of(rows, store="", today=today, postures=postures)
    newly: list[tuple[str, str]] = []
    levels: dict[str, tuple[str, ...]] = {}
    for posture in postures:
        table = grounds.folder / f"{posture}.policy"
        made = policy_map.render(found, posture, today=PRESETS[today], made=int(time.time()))
        table.write_text(made)
        grounds.space.run(tool("postmap"), "-c", grounds.folder / "postfix" / "etc", f"hash:{table}")
        first, *more = postfix.LEVELS[posture]
        behind = "".join(f",{each.partition('=')[2]}" for each in more)
        levels[posture] = (first, f"smtp_tls_policy_maps=hash:{table}{behind}")
        broken = [row.domain for row in rows if group_in(row, today, posture) == "newly_deferred"]
        excepted = [line.split()[0] for line in made.splitlines() if line and not line.startswith("#")]
        assert sorted(excepted) == sorted(broken)
        newly += [(posture, domain) for domain in broken]
    sender = postfix.Postfix(grounds.space, grounds.folder / "excepting", grounds.ca_file, levels, port=10027)
    protected = "postfix-dane@dane-good.example"
    tried = sender.deliver([protected, *(f"{posture}@{domain}" for posture, domain in newly)])
    assert len(newly) > len(postures)
    assert [each for each in newly if tried["@".join(each)][-1].status != "sent"] == []
    # Whoever is not in the table is protected as before.
    assert tried[protected][-1].word in postfix.AUTHENTICATED
