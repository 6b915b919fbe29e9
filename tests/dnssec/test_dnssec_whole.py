"""What one walk may spend: to the last piece of work, each counted once; then nothing stands any more."""

from __future__ import annotations

from types import SimpleNamespace

import dns.name
import pytest
from dns.rdatatype import RdataType
from msgspec.structs import replace

from mailpath.dnssec import zones
from mailpath.dnssec.anchors import read_points
from mailpath.dnssec.bounds import (
    HASH_ROUNDS_IN_ALL,
    RECORDS_IN_ALL,
    VERIFICATIONS_IN_ALL,
    Budget,
    Effort,
    Exhausted,
    Whole,
)
from mailpath.dnssec.chain import Chain, Zone
from mailpath.dnssec.signatures import Verifier
from mailpath.facts import Security, ZoneFact


def operation(number: int) -> bytes:
    return str(number).encode()


def test_signature_checks_are_charged_once_each() -> None:
    whole = Whole()
    for number in range(VERIFICATIONS_IN_ALL):
        assert whole.holds(operation(number), lambda: True)
    assert whole.holds(operation(0), lambda: False)  # as it came out before
    assert whole.verifications == VERIFICATIONS_IN_ALL
    with pytest.raises(Exhausted, match="gave up"):
        whole.holds(b"one more", lambda: True)
    assert whole.exhausted


def test_hashing_and_long_answers_are_charged_to_the_last_round_and_record() -> None:
    whole = Whole()
    whole.hashing(HASH_ROUNDS_IN_ALL - 1)
    whole.hashing(1)
    whole.reading(RECORDS_IN_ALL - 1)
    whole.reading(1)
    assert (whole.rounds, whole.records, whole.exhausted) == (HASH_ROUNDS_IN_ALL, RECORDS_IN_ALL, False)
    for spend in (whole.hashing, whole.reading):
        with pytest.raises(Exhausted):
            spend(1)
    for spend in (Whole().hashing, Whole().reading):
        with pytest.raises(Exhausted):
            spend(HASH_ROUNDS_IN_ALL + 1)


def test_once_it_is_over_nothing_more_is_done() -> None:
    whole = Whole()
    with pytest.raises(Exhausted):
        whole.hashing(HASH_ROUNDS_IN_ALL + 1)
    for spend in (
        lambda: whole.hashing(1),
        lambda: whole.reading(1),
        lambda: whole.holds(b"x", lambda: True),
    ):
        with pytest.raises(Exhausted):
            spend()
    assert not whole.affords([], 0)
    with pytest.raises(Exhausted):
        Whole(Effort.NONE).holds(b"x", lambda: True)


def test_what_another_walk_has_done_is_charged_as_if_this_one_had() -> None:
    whole = Whole()
    whole.holds(operation(0), lambda: True)
    most = {operation(number): True for number in range(VERIFICATIONS_IN_ALL)}
    assert whole.affords([most], HASH_ROUNDS_IN_ALL)  # one of them it has made itself
    assert not whole.affords([most, {b"one more": True}], 0)
    assert not whole.affords([], HASH_ROUNDS_IN_ALL + 1)
    whole.charge([most], HASH_ROUNDS_IN_ALL)
    assert (whole.verifications, whole.rounds) == (VERIFICATIONS_IN_ALL, HASH_ROUNDS_IN_ALL)
    assert whole.affords([most], 0)
    assert not whole.affords([], 1)


def test_a_unit_keeps_what_it_cost() -> None:
    unit, whole = zones.Unit(), Whole()
    token = zones._current.set(unit)
    try:
        assert not whole.holds(b"x", lambda: False)
        Budget(whole).hashing(9)  # and the first round, which is none of the iterations
    finally:
        zones._current.reset(token)
    assert (unit.operations, unit.rounds, whole.rounds) == ({b"x": False}, 10, 10)


def test_a_zone_that_was_given_up_is_nothing_but_that() -> None:
    zone = Zone(dns.name.from_text("b.example."), Security.SECURE, chain=(".",))
    given_up = zone.given_up_for("too much work")
    assert given_up == replace(
        zone, security=Security.INDETERMINATE, reason="too much work", given_up=True, ede=given_up.ede
    )


# --- what is asked ahead -----------------------------------------------------------------------------

KEY = f"DS 20326 8 2 {'ab' * 32}"


def chain(*anchored: str, facts: dict[str, Security]) -> tuple[Chain, list[tuple[str, str]]]:
    """With these anchors, corp.example declared insecure, and what is known of zones; what it asks ahead."""
    points = read_points("\n".join(f"{name} {KEY}" for name in anchored), ("corp.example",), ())
    asked: list[tuple[str, str]] = []

    def expect(name: dns.name.Name, _rdtype: RdataType, top: dns.name.Name) -> None:
        asked.append((name.to_text(), top.to_text()))

    made = Chain(SimpleNamespace(expect=expect), points, Verifier(0, Whole()))  # type: ignore[arg-type]
    known = {dns.name.from_text(name): ZoneFact(name=name, status=status) for name, status in facts.items()}
    made.adopt(zones.Unit(facts=known, note="it strips proofs"))
    made.adopt(zones.Unit(note="another"))
    return made, asked


def test_below_what_is_insecure_nothing_is_asked_ahead() -> None:
    facts = {"u.example": Security.INSECURE, "s.example": Security.SECURE, "b.example": Security.BOGUS}
    made, asked = chain(".", "deep.u.example.", facts=facts)
    assert made.note == "it strips proofs"  # what was said first
    assert {fact.name for fact in made.facts()} == facts.keys()
    names = (
        "x.u.example.",
        "u.example.",
        "x.s.example.",
        "x.b.example.",
        "x.deep.u.example.",
        "x.corp.example.",
    )
    for name in names:
        made.expect(dns.name.from_text(name), RdataType.MX)
    assert asked == [("x.s.example.", "."), ("x.b.example.", "."), ("x.deep.u.example.", "deep.u.example.")]
    island, asked = chain("b.example.", facts={})
    told = [
        island.insecure(dns.name.from_text(name)) for name in ("c.example.", "b.example.", "x.b.example.")
    ]
    assert told == [True, False, False]
    for name in ("b.example.", "x.b.example.", "c.example."):
        island.expect(dns.name.from_text(name), RdataType.DS)
    assert asked == [("x.b.example.", "b.example.")]  # no anchor covers the others: a DS is its parent's
