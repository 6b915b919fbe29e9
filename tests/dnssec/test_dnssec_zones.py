"""What one walk has validated is lent to another that finds the same answers, and charged to it."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from mailpath.dnssec import Validator, Zones, bounds
from mailpath.dnssec.zones import Unit
from mailpath.network.recording import Recording
from mailpath.walk import shared_network

if TYPE_CHECKING:
    from mailpath.dnssec.questions import Questions
    from mailpath.facts import Lookup, ZoneFact
    from mailpath.lab import Lab
    from mailpath.network.shared import Shared

NAME, TYPE = "_25._tcp.mx1.nsec3.example", "TLSA"
#: Of one name all that is found, what it cost, and what was asked for it.
Found = tuple["Lookup", tuple["ZoneFact", ...], int, int, tuple[Any, ...]]


async def validated(shared: Shared, zones: Zones | None, at: int) -> Found:
    async with shared.for_walk() as network:
        recording = Recording(network)
        validator = Validator(recording, at, zones=zones)
        lookup = await validator.lookup(NAME, TYPE)
        await validator.settle()
        whole = validator._verifier.whole
        spent = (validator.verifications, whole.rounds)
        return lookup, validator.zones(), *spent, recording.exchanges


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The questions to which a validator has read the answers by itself."""
    from mailpath.dnssec.questions import Questions

    asked: list[str] = []
    take = Questions._take

    def counting(self: Questions, key: Any, found: Any) -> Any:
        asked.append(f"{key[0]} {key[1].name}")
        return take(self, key, found)

    monkeypatch.setattr(Questions, "_take", counting)
    return asked


async def test_the_third_walk_borrows_and_is_charged_and_records_the_same(lab: Lab, read: list[str]) -> None:
    async with shared_network(lab.settings, "lab") as shared:
        zones, at = Zones(), shared.for_walk().ground.made
        first = await validated(shared, zones, at)
        read.clear()
        second = await validated(shared, zones, at)
        assert len(read) > 4
        read.clear()
        third = await validated(shared, zones, at)
        assert read == []
        # At another time, and of other anchors, everything is worked out anew.
        later = await validated(shared, zones, at + 1)
        assert len(read) > 4
    assert first[2] > 4
    assert first[3] > 0
    assert first == second == third
    assert (later[0], later[2]) == (first[0], first[2])


async def test_nothing_is_lent_where_an_answer_is_another_one(lab: Lab, read: list[str]) -> None:
    async with shared_network(lab.settings, "lab") as shared:
        zones, at = Zones(), shared.for_walk().ground.made
        first, _ = [await validated(shared, zones, at) for _ in range(2)]
        (keys,) = [
            each for each in first[-1] if (each.question.name, each.question.rdtype) == (".", "DNSKEY")
        ]
        shared._keep(keys.question, replace(keys, response=None))
        read.clear()
        changed = await validated(shared, zones, at)
    assert len(read) > 4
    assert changed[0].security != first[0].security


async def test_a_walk_that_cannot_pay_does_the_work_itself(
    lab: Lab, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shared_network(lab.settings, "lab") as shared:
        zones, at = Zones(), shared.for_walk().ground.made
        _, second = [await validated(shared, zones, at) for _ in range(2)]
        monkeypatch.setattr(bounds, "VERIFICATIONS_IN_ALL", 1)
        lent = await validated(shared, zones, at)
        alone = await validated(shared, None, at)
    assert lent[0] == alone[0] != second[0]


@pytest.mark.parametrize("times", [1, 2])
async def test_what_is_lent_has_a_bound(lab: Lab, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    monkeypatch.setattr("mailpath.dnssec.zones.MOST_UNITS", 2)
    monkeypatch.setattr("mailpath.dnssec.zones.MOST_WANTED", 3)
    async with shared_network(lab.settings, "lab") as shared:
        zones, at = Zones(times), shared.for_walk().ground.made
        for moment in (at, at, at + 1, at + 1, at + 2):
            await validated(shared, zones, moment)
    assert len(zones._as_of) == times
    assert max(map(len, zones._as_of.values())) <= 2
    assert len(zones._wanted) == 3


def units_there() -> int:
    return sum(isinstance(each, Unit) for each in gc.get_objects())


async def test_what_is_of_the_last_time_is_gone_at_once(lab: Lab) -> None:
    """The garbage collector is not waited for: there are thousands of units."""
    async with shared_network(lab.settings, "lab") as shared:
        zones, at = Zones(times=1), shared.for_walk().ground.made
        for _ in range(2):
            await validated(shared, zones, at)
    gc.collect()
    before, most = units_there(), sum(map(len, zones._as_of.values()))
    zones.as_of("the next")
    assert most > 4
    assert units_there() <= before - most
