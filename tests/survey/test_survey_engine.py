"""A survey of the whole lab: each row is what a walk alone gives, and each kept walk is a capture."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from surveys import POSTURES, TODAY, Make, newest, survey

from mailpath.judge import Outcome
from mailpath.judge.presets import PRESETS
from mailpath.network import capture as captures
from mailpath.network.replay import Replay
from mailpath.report.result import build
from mailpath.survey import places as places_module
from mailpath.survey.engine import Engine, judge_kept
from mailpath.survey.store import Store
from mailpath.walk import walk

if TYPE_CHECKING:
    from conftest import Walks

    from mailpath.lab import Lab


def test_each_row_is_what_check_says_of_the_domain(surveyed: Path, walks: Walks) -> None:
    with Store(surveyed) as store:
        rows = {row.domain: row for row in store.rows()}
        assert store.done == len(rows) == len(walks.lab.scenarios)
    for number, scenario in enumerate(walks.lab.scenarios, 1):
        alone = build(walks.of(scenario.id).walk, (TODAY, *POSTURES), {})
        row = rows[scenario.domain]
        assert row.mails == number
        assert row.outcomes == {name: verdict.outcome for name, verdict in alone.verdicts.items()}, row
        assert row.findings == tuple(dict.fromkeys(found.code for found in alone.findings)), row
        assert row.causes.keys() == {
            name
            for name, outcome in row.outcomes.items()
            if outcome in (Outcome.DEFERRED, Outcome.BOUNCED, Outcome.UNKNOWN)
        }
    stale = rows["dane-stale.example"].causes["postfix-dane"]
    assert (stale.event, stale.code, stale.side) == ("tlsa-mismatch", "TLSA002", "recipient-admin")
    assert rows["dane-stale.example"].operator == "dane-stale.example"


def test_a_kept_walk_is_a_capture(surveyed: Path, walks: Walks, tmp_path: Path) -> None:
    with Store(surveyed) as store:
        assert len(store.kept()) == len(walks.lab.scenarios)
        for scenario in walks.lab.scenarios[::6]:
            captured = store.capture(scenario.domain)
            captures.dump(captured, tmp_path / "c.json.gz")
            assert captures.load(tmp_path / "c.json.gz") == captured
            found = asyncio.run(walk(captured.path, Replay(captured), captured.ground.made))
            again = build(found, (TODAY, *POSTURES), {})
            row = next(each for each in store.rows() if each.domain == scenario.domain)
            assert row.outcomes == {name: verdict.outcome for name, verdict in again.verdicts.items()}


def test_other_postures_judge_what_is_kept(make: Make, lab: Lab) -> None:
    store = make(["dane-stale.example", "plaintext.example"])
    survey(store, lab, postures=())
    before = lab.sessions
    assert judge_kept(store, TODAY, [PRESETS["postfix-dane"]]) == 0
    rows = {row.domain: row for row in store.rows()}
    assert rows["dane-stale.example"].outcomes["postfix-dane"] is Outcome.DEFERRED
    store.prune(lambda row: row.domain == "plaintext.example")
    assert (store.kept(), judge_kept(store, TODAY, [PRESETS["rfc"]])) == (["plaintext.example"], 1)
    assert lab.sessions == before


@pytest.mark.parametrize("waiting", [0, 2])
def test_a_walk_that_makes_room_asks_nobody_again(
    waiting: int, make: Make, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places_module.Places.__init__, "__defaults__", (waiting,))
    domains = ["dane-good.example", "dane-stale.example", "two-mx-weak.example", "full-protection.example"]
    store = make(domains)
    before = lab.sessions
    engine: Engine = survey(store, lab, jobs=1)
    met = [(seen.address, seen.sni) for seen in newest(lab, before) if seen.sni is not None]
    assert engine.done == 4
    assert len(met) == len(set(met))
