"""How long a wait is: by what the zone has, not by what a cache has left of it."""

from __future__ import annotations

import asyncio

import dns.message
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec.structs import replace

from mailpath.network.capture import Capture
from mailpath.network.replay import Replay
from mailpath.plan import Asked
from mailpath.plan.making import _counted_down, drafted
from mailpath.plan.model import Goal
from mailpath.plan.next_key import read_key
from mailpath.plan.situation import Situation, situation_of
from mailpath.plan.timing import times_of
from mailpath.walk import walk


def counted_down(capture: Capture) -> Capture:
    """As a cache would have answered, a second before everything expires."""

    def aged(wire: bytes) -> bytes:
        message = dns.message.from_wire(wire)
        for rrset in (*message.answer, *message.authority):
            rrset.ttl = 1
        return message.to_wire()

    aged_dns = tuple(
        each if each.response is None else replace(each, response=aged(each.response)) for each in capture.dns
    )
    return replace(capture, dns=aged_dns, ground=replace(capture.ground, kind="live"))


def situation(capture: Capture) -> Situation:
    return situation_of(capture, asyncio.run(walk(capture.path, Replay(capture), capture.ground.made)))


@pytest.mark.parametrize("scenario", ["dane-good", "sts-enforce"])
def test_a_cache_shortens_no_wait(capture, scenario: str) -> None:
    fresh, cached = (times_of(each) for each in (capture(scenario), counted_down(capture(scenario))))
    assert cached == fresh
    assert cached.negative(f"{scenario}.example") == 300
    signed = scenario == "dane-good"
    assert (cached.ds.get("dane-good.example", 0) > 1) is signed
    assert ((f"_25._tcp.mx1.{scenario}.example", "TLSA") in cached.signed) is signed


def test_a_zone_without_signatures_is_told_to_look_at_its_file(capture) -> None:
    unsigned = situation(counted_down(capture("sts-enforce")))
    assert any("zone file" in note for note in _counted_down(drafted(Goal.LEAVE_MTA_STS, unsigned)))
    signed = situation(counted_down(capture("dane-good")))
    made = drafted(Goal.KEY_CHANGE, signed)
    assert list(_counted_down(made)) == []
    assert made.steps()[0].wait_s == 3600
    assert any("signed until" in note and "replay" in note for note in made.notes)


def test_the_ds_record_is_one_of_the_zone_above(steps) -> None:
    sign, _, publish = steps("dane", "sts-enforce")
    assert "as far as they were seen" in sign.wait_because
    assert publish.check == "mailpath dnssec sts-enforce.example SOA"
    assert publish.wait_s == 300


def test_a_new_host_shows_the_key_that_was_named(steps) -> None:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    key = read_key(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    made = steps("new-mx", "dane-good", Asked(to="mx9.dane-good.example", key=key))
    assert made[1].do[0].records[0].endswith(f"TLSA 3 1 1 {key.known(3, 1, 1).hex()}")


_ALIAS = """
[[zone]]
rr = ["@ MX 10 mx1", "mta-sts CNAME p.mine-host.example."]

[[zone]]
name = "mine-host.example."

[[server]]
host = "mx1"

[sts]
mode = "testing"
mx = ["mx1"]
address_at = "p.mine-host.example."
"""


def test_a_policy_host_may_be_a_provider(steps) -> None:
    made = steps("leave-mta-sts", _ALIAS)
    assert made[0].who == "provider of p.mine-host.example"
    assert "mta-sts.mine.example is an alias" in made[0].do[0].what
    assert made[-1].who == made[0].who
