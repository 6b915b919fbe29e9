"""Killed at any moment and gone on with: the same rows, and nobody is asked again for what was learnt."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from surveys import TODAY, Make, about, newest, survey

from mailpath.exchanges import SmtpExchange, SmtpRequest
from mailpath.lab import Lab as OtherLab
from mailpath.lab.grammar import Server, Zone
from mailpath.lab.scenario import Scenario
from mailpath.survey.database import Database
from mailpath.survey.owners import Politeness
from mailpath.survey.packing import unpacked
from mailpath.survey.results import group_in
from mailpath.survey.store import Store, StoreError

if TYPE_CHECKING:
    from mailpath.lab import Lab

#: Walks what is to do, one after the other, in a process of its own.
PROGRAM = """
import asyncio, sys
from mailpath.judge.presets import PRESETS
from mailpath.network.settings import load
from mailpath.survey.engine import Asked, Engine
from mailpath.survey.owners import OWN
from mailpath.survey.store import Store
with Store(sys.argv[1], writes=True) as store:
    asked = Asked(
        today=PRESETS["postfix-may"],
        postures=[PRESETS[name] for name in store.about.postures],
        politeness=OWN,
        kind="lab",
        jobs=2,
    )
    asyncio.run(Engine(store, load(sys.argv[2]), asked).run())
"""
LIMIT = 30.0


def learnt(store: Store) -> set[tuple[str, str]]:
    """Address and SNI of every session with TLS that the store holds."""
    found = set()
    with contextlib.closing(Database(store.folder, writes=False)) as database:
        for (data,) in database.all("SELECT data FROM contents WHERE request IS NOT NULL"):
            exchange = unpacked(data)
            if isinstance(exchange, SmtpExchange) and exchange.tls is not None:
                found.add((exchange.request.address, exchange.request.sni or ""))
    return found


def test_a_killed_survey_goes_on_and_asks_nobody_again(lab: Lab, surveyed: Path, tmp_path: Path) -> None:
    network = lab.write_network_file(tmp_path)
    with Store(surveyed) as whole:
        undisturbed = {row.domain: row for row in whole.rows()}
    mails = {domain: undisturbed[domain].mails for domain in [*undisturbed][::2]}
    store = Store.create(tmp_path / "store", about(), mails)
    for least in (3, 9):
        store.close()
        running = subprocess.Popen([sys.executable, "-c", PROGRAM, str(store.folder), str(network)])
        until = time.monotonic() + LIMIT
        store = Store(store.folder)
        while store.done < least and running.poll() is None and time.monotonic() < until:
            time.sleep(0.005)
        running.kill()
        running.wait(LIMIT)
        assert least <= store.done
    known, before, done = learnt(store), lab.sessions, store.done
    store.close()
    with Store(store.folder, writes=True) as store:
        assert done < len(mails)
        survey(store, lab)
        rows = {row.domain: row for row in store.rows()}
    assert rows == {domain: undisturbed[domain] for domain in mails}
    met = {(seen.address, seen.sni) for seen in newest(lab, before)}
    assert not met & known


def test_a_survey_does_not_go_on_on_another_network(make: Make, lab: Lab) -> None:
    store = make(["plaintext.example", "dane-good.example"])
    survey(store, lab)
    store._database.all("UPDATE domains SET state = 0 WHERE name = 'plaintext.example'")
    with OtherLab.start(lab.scenarios[:1]) as other, pytest.raises(StoreError, match="trust anchor"):
        survey(store, other)
    assert store.done == 1


def test_who_turns_us_away_is_inconclusive_and_the_others_do_not_wait(make: Make) -> None:
    def scenario(name: str, **server: str) -> Scenario:
        zone = Zone(rr=("@ MX 10 mx1",))
        host = Server(host="mx1", **server)  # type: ignore[arg-type]
        return Scenario(id=name, title=name, teaches="", hint="", zone=(zone,), server=(host,))

    away = scenario("away", banner="421 4.7.0 Too many connections, try again later")
    polite = Politeness(gap=0, rate=0, pauses=(2.0,))
    with OtherLab.start((away, *(scenario(f"plain{number}") for number in range(3)))) as lab:
        names = ["away.example", *(f"plain{number}.example" for number in range(3))]
        store = make(names)
        finished = []
        finish = store.finish
        store.finish = lambda row, *rest: (finished.append(row.domain), finish(row, *rest))  # type: ignore
        survey(store, lab, politeness=polite, jobs=1, postures=())
        rows = {row.domain: row for row in store.rows()}
    # With one walk at work, the one that waits to ask again lets the others by.
    assert finished[-1] == "away.example"
    assert rows["away.example"].inconclusive == "192.0.2.11 turned us away for now, with 421."
    assert (rows["away.example"].event, rows["away.example"].code == "TLS002") == ("greeting-refused", False)
    assert group_in(rows["away.example"], TODAY.name, TODAY.name) == "unknown"
    assert group_in(rows["plain0.example"], TODAY.name, TODAY.name) == "unchanged"


def test_a_session_of_a_store_is_not_held_again(make: Make, lab: Lab) -> None:
    store = make(["pkix-good.example"])
    survey(store, lab)
    request = SmtpRequest(address=lab.address("mx1.pkix-good.example"), sni="mx1.pkix-good.example")
    assert store.known(request) is not None
    store._database.all("UPDATE domains SET state = 0, row = NULL")
    before = lab.sessions
    survey(store, lab)
    assert (store.done, lab.sessions) == (1, before)
    assert os.listdir(store.folder)


def test_a_disk_that_fills_up_in_mid_walk_is_told_and_what_was_learnt_is_not_asked_again(
    make: Make, lab: Lab
) -> None:
    store = make(["dane-good.example", "dane-stale.example", "full-protection.example", "plaintext.example"])
    (pages,) = store._database.one("PRAGMA page_count")
    store._database.all(f"PRAGMA max_page_count = {pages + 5}")
    with pytest.raises(StoreError, match=r"The disk is full: .* --resume"):
        survey(store, lab, jobs=1)
    known = learnt(store)
    assert known
    assert store.done < 4
    store._database.all("PRAGMA max_page_count = 100000")
    before = lab.sessions
    survey(store, lab, jobs=1)
    assert store.done == 4
    met = {(seen.address, seen.sni or "") for seen in newest(lab, before)}
    assert met
    assert not met & known
