"""Edits and worlds: what an edit does, what it must not, and what a cache still holds on the way."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailpath.lab.grammar import Certificate
from mailpath.lessons.edits import EditError, parse
from mailpath.lessons.grammar import Condition
from mailpath.lessons.judging import Bench, holds
from mailpath.lessons.worlds import World, apply, scenario_named, value_at, world_of

DANE = "dane-good"


def edited(*edits: str, world: World | None = None) -> World:
    world = world or world_of(DANE)
    for each in edits:
        world = apply(world, parse(each))
    return world


def test_each_kind_of_edit() -> None:
    world = edited(
        "set zone.sec unsigned",
        "add zone.rr @ MX 20 mx2",
        'add server { host = "mx2" }',
        "set sts.mode testing",
        "drop sts",
        "posture dane",
        "attack strip-starttls",
        "policy-age 3d",
        "clock 2d",
        "wait 90m",
        world=world_of(DANE, ["set sts"]),
    )
    assert world.scenario.zone[0].sec == "unsigned"
    assert "@ MX 20 mx2" in world.scenario.zone[0].rr
    assert [each.host for each in world.scenario.server] == ["mx1", "mx2"]
    assert world.scenario.sts is None
    assert (world.posture, world.attack) == ("postfix-dane", "strip-starttls")
    assert (world.policy_age, world.clock, world.waited) == (259200, 172800, 5400)
    gone = edited("drop server mx2", "drop zone.rr MX 20", "attack none", world=world)
    assert [each.host for each in gone.scenario.server] == ["mx1"]
    assert gone.attack == ""


def test_a_word_for_a_list_is_a_list_of_it() -> None:
    world = edited("set server.mx1.cert.names mx1", "set server.mx1.cert.days [-4, -3]")
    assert world.scenario.server[0].cert == Certificate(preset="self", names=("mx1",), days=(-4, -3))
    stands = {key: value_at(world.scenario, key) for key in ("zone.rr", "server.mx1.cert.names", "zone.sec")}
    assert stands["zone.rr"] == list(world.scenario.zone[0].rr)
    assert (stands["server.mx1.cert.names"], stands["zone.sec"]) == (["mx1"], "signed")
    for key in ("server.mx9.cert", "sts.mode", "zone.nothing", "server.mx1.cert.names.more", "attack"):
        assert value_at(world.scenario, key) is None


def test_a_record_does_not_follow_the_key() -> None:
    world = edited("set server.mx1.cert.key next")
    assert world.scenario.zone[0].rr == ("@ MX 10 mx1", "_25._tcp.mx1 {tlsa 3 1 1 mx1/current}")
    assert world.scenario.server[0].tlsacert["current"] == scenario_named(DANE).server[0].cert


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        ("", "is no edit"),
        ("set", "takes a key"),
        ("set zone.sec", "takes a value"),
        ("set zone.sec purple", "cannot be published"),
        ("set server.mx9.cert web", "There is no server 'mx9' here"),
        ("set sts.mode none", "There is no `sts` here"),
        ("set zone.nothing 1", "unknown field"),
        ("set nothing.here 1", "nothing that can be edited"),
        ("drop zone.rr CNAME", "No line of"),
        ("drop zone.rr m", "More than one line of"),
        ("add zone.sec signed", "is no list"),
        ("add zone.rr $GENERATE 1-9 a A 192.0.2.1", "directives are not read"),
        ("wait a while", "no span of time"),
        ("attack everything", "There is no attack"),
        ("posture nobody", "There is no posture"),
        ("attack", "takes one name"),
        ("add sts {}", "one policy at most"),
        ("drop server mx7", "is a list of tables"),
        ("set server.mx1 web", "whole table"),
        ("set server.mx1.host.name x", "a text is wanted here, not a table"),
    ],
)
def test_an_edit_that_cannot_be_made_says_why(edit: str, words: str) -> None:
    with pytest.raises(EditError, match=words):
        edited(edit)


@given(
    st.text(max_size=80),
    st.sampled_from(["", "set zone.rr ", "add server ", "drop zone.", "wait ", "set server.mx1."]),
)
def test_whatever_is_typed_is_an_edit_or_a_sentence(text: str, verb: str) -> None:
    told = "."
    try:
        edited(verb + text)
    except EditError as error:
        told = error.sentence
    assert told.endswith(".")


NEXT = "_25._tcp.mx1 {tlsa 3 1 1 mx1/next}"
CURRENT = "_25._tcp.mx1 {tlsa 3 1 1 mx1/current}"
ROLLED = world_of(
    DANE,
    [
        'set server.mx1.tlsacert { current = { preset = "self" }, next = { preset = "self", key = "next" } }',
        f'set zone.rr ["@ MX 10 mx1", "{CURRENT}"]',
    ],
)
KEY = "set server.mx1.cert.key next"
#: Order of a key change -> whether a sender with DANE puts a mail off on the way.
ORDERS = {
    (f"add zone.rr {NEXT}", "wait 1h", KEY, f"drop zone.rr {CURRENT}"): False,
    (f"add zone.rr {NEXT}", "wait 1h", KEY, "wait 1h", f"drop zone.rr {CURRENT}"): False,
    (f"add zone.rr {NEXT}", "wait 59m", KEY, "wait 1h", f"drop zone.rr {CURRENT}"): True,
    (KEY, f"add zone.rr {NEXT}", f"drop zone.rr {CURRENT}"): True,
    (f"add zone.rr {NEXT}", "wait 1h", f"drop zone.rr {CURRENT}", "wait 1h", KEY): True,
    (f"add zone.rr {NEXT}", KEY): True,
}


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: str(len(order)))
def test_on_the_way_old_records_meet_new_servers(order: tuple[str, ...], bench: Bench) -> None:
    world = edited(*order, world=ROLLED)
    never = Condition(posture="postfix-dane", never="deferred")
    assert asyncio.run(holds(bench, world, never)) is not ORDERS[order]


def test_a_digest_that_follows_its_server_is_held_fast_in_caches(bench: Bench) -> None:
    """`{tlsa 3 1 1 mx1}` in a zone of the past means the certificate of then; so does a digest in figures."""
    never = Condition(posture="postfix-dane", never="deferred")
    swapped = edited("set server.mx1.cert.key next")
    assert not asyncio.run(holds(bench, swapped, never))
    digest = asyncio.run(bench.walk(world_of(DANE))).tlsa.hosts[0].candidates[0].records[0].data.hex()
    copied = edited(f"add zone.rr _25._tcp.mx1 TLSA 3 1 1 {digest}", world=world_of("dane-good"))
    assert asyncio.run(bench.see(copied, "postfix-dane")).word == "authenticated"
    copied = edited("drop zone.rr {tlsa", world=copied)
    assert asyncio.run(bench.see(copied, "postfix-dane")).word == "authenticated"


def test_a_bench_keeps_its_keys_for_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who edits something else meets the same digest; who comes back next week, dates of then."""

    async def digests() -> list[bytes]:
        own, found = Bench(), []
        for world in (world_of(DANE), world_of(DANE, ["set server.mx1.banner_delay 0.01"])):
            found.append((await own.walk(world)).tlsa.hosts[0].candidates[0].records[0].data)
        monkeypatch.setattr("mailpath.lessons.judging.LONGEST", -1)
        found.append((await own.walk(world_of(DANE))).tlsa.hosts[0].candidates[0].records[0].data)
        return found

    first, edited_elsewhere, next_week = asyncio.run(digests())
    assert first == edited_elsewhere != next_week
