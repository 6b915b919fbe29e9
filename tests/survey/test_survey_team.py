"""Several workers walk and own the hosts: the same rows, each host met once and by one; and what one that is
lost has not ended is done by the others."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace
from surveys import POSTURES, TODAY, Make, Within, newest

from mailpath.exchanges import SmtpExchange, SmtpRequest
from mailpath.network.live import LiveNetwork
from mailpath.online import open_ended
from mailpath.survey.engine import Asked
from mailpath.survey.links import Held, Wanted, Wants
from mailpath.survey.owners import OWN, Politeness
from mailpath.survey.processes import Processes
from mailpath.survey.ring import Ring
from mailpath.survey.store import Store
from mailpath.survey.team import Owned, Team, WorkersGone
from mailpath.survey.worker import network_for

if TYPE_CHECKING:
    from mailpath.lab import Lab

ADDRESSES = [f"192.0.2.{number}" for number in range(250)]


async def run(team: Team, least: int, kill: Callable[[], Awaitable[None]]) -> None:
    """The survey; `kill` once so many domains were walked."""
    running = asyncio.create_task(team.run())
    while not running.done() and team.done < least:  # noqa: ASYNC110 - a counter
        await asyncio.sleep(0.005)
    await kill()
    await running


def test_two_processes_one_of_which_is_killed(lab: Lab, surveyed: Path, make: Make) -> None:
    with Store(surveyed) as whole:
        alone = {row.domain: row for row in whole.rows()}
    domains = [*alone][::4]
    store, processes = make(domains), Processes(2)
    asked = Asked(today=TODAY, postures=POSTURES, politeness=OWN, kind="lab", jobs=4)
    team, before = Team(store, lab.settings, asked, processes), lab.sessions

    async def kill() -> None:
        os.kill(processes.pids[0], signal.SIGKILL)

    asyncio.run(run(team, 3, kill))
    assert team.done == store.done == len(domains)
    for row in store.rows():
        assert (row.outcomes, row.findings) == (alone[row.domain].outcomes, alone[row.domain].findings)
    assert store.capture(domains[0]).dns
    seen = newest(lab, before)
    again = Counter((each.address, each.sni) for each in seen if each.sni)
    # What was under way with the owner that was killed is held again, at most as much as it had at once.
    assert sum(again.values()) - len(again) <= 4
    assert max(each.together for each in seen) == 1
    assert not processes.pids


def test_three_workers_one_of_which_is_lost(lab: Lab, surveyed: Path, make: Make) -> None:
    with Store(surveyed) as whole:
        alone = {row.domain: row for row in whole.rows()}
    domains = [*alone][1::3]
    store, within = make(domains), Within(3)
    asked = Asked(today=TODAY, postures=POSTURES, politeness=OWN, kind="lab", jobs=6)
    team, before = Team(store, lab.settings, asked, within), lab.sessions
    asyncio.run(run(team, 5, lambda: within.kill(1)))
    assert {row.domain: row.outcomes for row in store.rows()} == {
        each: alone[each].outcomes for each in domains
    }
    assert max(each.together for each in newest(lab, before)) == 1
    # What was learnt stays so: the next ones ask no host, and no question whose answer still holds.
    store._database.all("UPDATE domains SET state = 0, row = NULL")
    before = lab.sessions
    asyncio.run(Team(store, lab.settings, asked, Within(2)).run())
    assert (store.done, lab.sessions - before) == (len(domains), 0)


def test_where_no_worker_is_left_the_survey_says_so(lab: Lab, make: Make) -> None:
    store, within = make(["plaintext.example"]), Within(1)
    asked = Asked(today=TODAY, postures=(), politeness=OWN, kind="lab", jobs=1)

    async def kill() -> None:
        while not within.workers:  # noqa: ASYNC110 - a dictionary
            await asyncio.sleep(0)
        await within.kill(0)

    with pytest.raises(WorkersGone, match="--resume goes on"):
        asyncio.run(run(Team(store, lab.settings, asked, within), 0, kill))
    assert store.done == 0


def test_an_operator_whose_hosts_several_workers_own_has_one_rate(
    lab: Lab, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    began: list[float] = []
    converse = LiveNetwork.converse

    async def noting(self: LiveNetwork, request: SmtpRequest) -> SmtpExchange:
        began.append(asyncio.get_running_loop().time())
        return await converse(self, request)

    monkeypatch.setattr(LiveNetwork, "converse", noting)
    polite = Politeness(gap=0, rate=20, pauses=())
    store = make([each.domain for each in lab.scenarios[:4]])
    asked = Asked(today=TODAY, postures=(), politeness=polite, kind="lab")
    asyncio.run(Team(store, lab.settings, asked, Within(3)).run())
    assert len(began) > 3
    # All hosts of the lab are in few networks: each pair in one of them is a twentieth of a second apart.
    assert min(after - before for before, after in itertools.pairwise(sorted(began))) >= 0.045


class Noting:
    """A link that answers at once, and notes when it was asked."""

    def __init__(self, answers: bool) -> None:
        self.wants = Wants(self)
        self.asked: list[float] = []
        self._answers = answers

    def send(self, message: Any) -> None:
        if isinstance(message, Wanted):
            self.asked.append(asyncio.get_running_loop().time())
            if self._answers:
                assert isinstance(message.request, SmtpRequest)
                self.wants.take(Held(message.number, SmtpExchange(request=message.request)))

    async def receive(self) -> Any:
        await asyncio.Event().wait()


async def test_the_hosts_of_a_lost_owner_rest_and_then_have_another_and_nobody_else_waits(lab: Lab) -> None:
    owned = Owned(open_ended(lab.settings), 2, rest=0.1)
    silent, other = Noting(answers=False), Noting(answers=True)
    ring = Ring(2)
    its, others = (next(each for each in ADDRESSES if next(ring.owners(each)) == shard) for shard in (0, 1))
    asking = [asyncio.create_task(owned.converse(SmtpRequest(address=each))) for each in (its, its, others)]
    await asyncio.sleep(0)
    owned.join(0, silent.wants)
    owned.join(1, other.wants)
    await asking[2]
    assert (len(silent.asked), owned.longest()) == (2, (its, 2))
    lost = asyncio.get_running_loop().time()
    owned.lose(0)
    await owned.converse(SmtpRequest(address=others))
    assert asyncio.get_running_loop().time() - lost < 0.1
    assert [(await each).request.address for each in asking[:2]] == [its, its]
    assert [when - lost >= 0.1 for when in other.asked] == [False, False, True, True]
    assert owned.longest() is None


def test_a_worker_needs_no_file_of_the_machine_that_holds_the_survey(lab: Lab, make: Make) -> None:
    asked = Asked(today=TODAY, postures=(), politeness=OWN, kind="lab")
    begin = Team(make([]), lab.settings, asked, Within(1))._begin()
    elsewhere = replace(lab.settings, ca_file="/nowhere/ca.pem", trust_anchor="/nowhere/anchor")
    here, there = (
        open_ended(lab.settings, "lab").ground,
        network_for(replace(begin, settings=elsewhere)).ground,
    )
    assert replace(there, made=here.made) == here


def test_a_ring_gives_each_a_part_and_moves_only_what_was_lost() -> None:
    ring = Ring(4)
    owners = {address: list(ring.owners(address)) for address in ADDRESSES}
    assert all(sorted(each) == [0, 1, 2, 3] for each in owners.values())
    parts = Counter(first for first, *_ in owners.values())
    assert min(parts.values()) > len(ADDRESSES) / 4 / 2
    heirs = Counter(second for first, second, *_ in owners.values() if first == 2)
    assert len(heirs) == 3  # what one had is spread over all others
    smaller = {address: next(Ring(3).owners(address)) for address in ADDRESSES}
    assert all(smaller[each] == owners[each][0] for each in ADDRESSES if owners[each][0] != 3)
