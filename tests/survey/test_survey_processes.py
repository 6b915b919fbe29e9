"""Several processes walk: the same rows, each mail host met once; the others do what one has not ended."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from surveys import POSTURES, TODAY, Make

from mailpath.lab import Lab as OtherLab
from mailpath.lab.grammar import Server, Zone
from mailpath.lab.scenario import Scenario
from mailpath.survey.engine import Asked
from mailpath.survey.owners import OWN
from mailpath.survey.processes import Processes, WorkersGone
from mailpath.survey.store import Store

if TYPE_CHECKING:
    from mailpath.lab import Lab


async def run(engine: Processes, least: int, kill: int) -> None:
    """The survey; so many of its workers are killed once `least` domains were walked."""
    running = asyncio.create_task(engine.run())
    while not running.done() and (engine.done < least or len(engine.pids) < kill):  # noqa: ASYNC110 - counters
        await asyncio.sleep(0.005)
    for pid in sorted(engine.pids)[:kill]:
        os.kill(pid, signal.SIGKILL)
    await running


def test_two_workers_one_of_which_is_killed(lab: Lab, surveyed: Path, make: Make) -> None:
    with Store(surveyed) as whole:
        alone = {row.domain: row for row in whole.rows()}
    domains = [*alone][::2]
    store = make(domains)
    asked = Asked(today=TODAY, postures=POSTURES, politeness=OWN, kind="lab", jobs=4)
    engine, before = Processes(store, lab.settings, asked, 2), lab.sessions
    asyncio.run(run(engine, 3, 1))
    assert engine.done == store.done == len(domains)
    for row in store.rows():
        assert (row.outcomes, row.findings) == (alone[row.domain].outcomes, alone[row.domain].findings)
    assert store.capture(domains[0]).dns
    met = [
        (seen.address, seen.sni) for seen in lab.seen[len(lab.seen) - (lab.sessions - before) :] if seen.sni
    ]
    mail = [each for each in met if not each[0].startswith("203.0.113.")]  # policies are each worker's own
    assert len(mail) == len(set(mail))
    assert not engine.pids


def test_where_no_worker_is_left_the_survey_says_so(lab: Lab, make: Make) -> None:
    store = make(["plaintext.example"])
    asked = Asked(today=TODAY, postures=(), politeness=OWN, kind="lab", jobs=1)
    engine = Processes(store, lab.settings, asked, 1)
    with pytest.raises(WorkersGone, match="--resume goes on"):
        asyncio.run(run(engine, 0, 1))
    assert store.done == 0


def test_two_workers_share_one_session(make: Make) -> None:
    provider = Scenario(
        id="provider",
        title="",
        teaches="",
        hint="",
        zone=(Zone(),),
        server=(Server(host="mx1", banner_delay=1.5),),
    )
    mx = "@ MX 10 mx1.provider.example."
    customers = [
        Scenario(
            id=f"c{each}", title="", teaches="", hint="", zone=(Zone(rr=("@ MX 10 mx1.provider.example.",)),)
        )
        for each in range(4)
    ]
    with OtherLab.start((provider, *customers)) as lab:
        store = make(each.domain for each in customers)
        asked = Asked(today=TODAY, postures=(), politeness=OWN, kind="lab", jobs=4)
        asyncio.run(Processes(store, lab.settings, asked, 2).run())
        assert (store.done, lab.sessions) == (4, 2)
        assert all(row.outcomes == {TODAY.name: "encrypted"} for row in store.rows())
