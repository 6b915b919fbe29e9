"""What senders meet: pure, without a lab."""

from __future__ import annotations

from typing import Any

import pytest

from mailpath.lab.grammar import Server, Sts, Zone
from mailpath.lab.scenario import Scenario
from mailpath.plan.passage import Change, Passage, passage
from mailpath.plan.timing import Times, ZoneTimes, max_age
from mailpath.plan.world import POLICY, Part, World, record, rrset

ZONE, HOST, TLSA = Part("zone", "b.example"), Part("server", "mx1.b.example"), rrset("x.b.example", "TLSA")
OLD, NEW = (record(TLSA.name, 600, "TLSA", f"3 1 1 {digit * 64}") for digit in "01")
TIMES = Times({"b.example": ZoneTimes(300, 7200), "example": ZoneTimes(900, 7200)}, {"b.example": 7200})


def world() -> World:
    base = Scenario(id="b", title="t", teaches="t", hint="h")
    return World(base, {ZONE: Zone(sec="signed"), HOST: (Server(host="mx1"),), TLSA: (OLD,)})


def seen(way: Passage, part: Part = TLSA) -> list[set[Any]]:
    """For each change, the values that are met."""
    numbers = range(len(way.settled) - 1)
    return [{repr(each.world.parts[part]) for each in way.met if each.during == n} for n in numbers]


SWITCHED = (Server(host="mx1", cert="self"),)


def test_an_old_record_is_met_until_its_ttl_is_over() -> None:
    both, new = (OLD, NEW), (NEW,)
    for wait, met in (
        (0, {repr((OLD,)), repr(both)}),
        (599, {repr((OLD,)), repr(both)}),
        (600, {repr(both)}),
    ):
        way = passage(world(), [Change({TLSA: both}, wait), Change({HOST: SWITCHED})], TIMES)
        assert seen(way)[1] == met
    way = passage(world(), [Change({TLSA: both}), Change({TLSA: new})], TIMES)
    assert len(seen(way)[1]) == 3, "three versions at once"
    assert max(each.for_s for each in way.met) == 600


def test_of_many_hosts_the_worst_mixture_is_built_first() -> None:
    """A sender that holds every old record while every host has switched: one host left would save it."""
    records = {rrset(f"x{n}.b.example", "TLSA"): (OLD,) for n in range(4)}
    hosts = {Part("server", f"mx{n}.b.example"): (Server(host="mx1"),) for n in range(4)}
    start = World(world().base, {ZONE: Zone(sec="signed"), **records, **hosts})
    change = Change(dict.fromkeys(records, (NEW,)) | dict.fromkeys(hosts, SWITCHED))
    way = passage(start, [change], TIMES, most=4)
    met = [
        [{repr(each.world.parts[part]) for part in group} for group in (records, hosts)] for each in way.met
    ]
    old, new = [{repr((OLD,))}, {repr((Server(host="mx1"),))}], [{repr((NEW,))}, {repr(SWITCHED)}]
    assert met == [new, old, [old[0], new[1]], [new[0], old[1]]]
    assert way.left_out == 2**8 - 4


def test_a_host_is_met_as_it_is() -> None:
    way = passage(world(), [Change({HOST: SWITCHED}), Change({TLSA: (NEW,)})], TIMES)
    assert seen(way, HOST) == [{repr(world().parts[HOST]), repr(SWITCHED)}, {repr(SWITCHED)}]


def test_a_policy_is_held_for_its_max_age() -> None:
    start = world().changed({POLICY: Sts(txt=(), max_age=1000)})
    none = Change({POLICY: Sts(txt=(), mode="none", max_age=50)}, 999)
    way = passage(start, [none, Change({HOST: SWITCHED}, 1), Change({HOST: ()})], TIMES)
    held = {each.during: each.held for each in reversed(way.met)}
    assert held[0] == (0, 1)
    assert [each.held for each in way.met if each.during == 0] == [(0, 1), (0,)], "nobody can hold it yet"
    assert set(held[1]) == {0, 2}, "the one of before, and the latest world with the one of now"
    assert set(held[2]) == {3}
    assert max_age(Sts(body="version: STSv1\nmode: none\nmax_age: 7\n")) == 7
    assert max_age(Sts(body="nothing")) == max_age(None) == 0


def test_what_was_cached_before_signing_is_bogus_below_a_ds_record() -> None:
    start = world().changed({ZONE: Zone(sec="unsigned")})
    signed, anchored = Change({ZONE: Zone(sec="nods")}), Change({ZONE: Zone(sec="signed")})
    hasty = passage(start, [signed, anchored], TIMES)
    assert any(each.world.parts[ZONE].tamper for each in hasty.met if each.during == 1)
    patient = passage(start, [Change(signed.parts, 3600), anchored], TIMES)
    assert not any(each.world.parts[ZONE].tamper for each in patient.met)


@pytest.mark.parametrize(
    ("old", "new", "seconds"),
    [
        ("unsigned", "nods", 3600),  # the longest TTL that is published: the host's address
        ("nods", "signed", 900),  # "no DS record", of the zone above
        ("signed", "nods", 7200),  # the DS record's TTL
        ("unsigned", "signed", 3600),
    ],
)
def test_how_long_a_zone_takes(old: Any, new: Any, seconds: int) -> None:
    assert TIMES.settles(ZONE, Zone(sec=old), Zone(sec=new), world()) == seconds


def test_mixtures_are_bounded_and_told() -> None:
    parts = {rrset(f"{n}.b.example", "TLSA"): (NEW,) for n in range(9)}
    way = passage(world(), [Change(parts)], TIMES)
    assert len(way.met) + way.left_out == 2**9
    assert len(way.met) <= 64
    versions = [sum(bool(each.world.parts.get(part)) for part in parts) for each in way.met]
    assert {0, 1, 8, 9} <= set(versions), "all old, all new, and each on its own"
