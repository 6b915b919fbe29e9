"""Several processes walk: the same rows, each mail host met once; the others do what one has not ended."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from surveys import POSTURES, TODAY, Make

from mailpath.exchanges import SmtpRequest
from mailpath.survey.engine import Asked
from mailpath.survey.links import Held, Wanted
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


class Told:
    """A link to a worker, which keeps what it is told."""

    def __init__(self) -> None:
        self.held: list[Held] = []

    def send(self, message: Held) -> None:
        self.held.append(message)


def test_two_workers_that_want_the_same_session_share_it(lab: Lab, make: Make) -> None:
    store, before = make(["pkix-good.example"]), lab.sessions
    asked = Asked(today=TODAY, postures=(), politeness=OWN, kind="lab")
    engine, links = Processes(store, lab.settings, asked, 2), (Told(), Told())
    host = "mx1.pkix-good.example"
    wanted = Wanted(7, SmtpRequest(address=lab.address(host), sni=host))

    async def both() -> None:
        async with engine._courteous:
            await asyncio.gather(*(engine._hold(link, wanted) for link in links))  # type: ignore[arg-type]

    asyncio.run(both())
    (one,), (other,) = (link.held for link in links)
    assert (one, one.number, one.assumed) == (other, 7, "")
    assert (one.exchange.request, lab.sessions - before) == (wanted.request, 1)
