"""The lab's declared verdicts (AD, SERVFAIL) against a validator that knows nothing of declarations."""

from __future__ import annotations

import asyncio

import dns.flags
import dns.rcode
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailpath.dnssec import Validator
from mailpath.facts import Security
from mailpath.lab import Lab, scenarios
from mailpath.walk import live_network

ZONES = (
    "zoo.example",
    "wild.zoo.example",
    "dn.zoo.example",
    "zoo-nsec3.example",
    "zoo-optout.example",
    "sub.zoo-optout.example",
    "zoo-plain.example",
    "zoo-island.example",
    "zoo-tamper.example",
    "zoo-expired.example",
    "zoo-badds.example",
    "example",
    ".",
)
LABELS = (
    "www",
    "a.b.c",
    "b.c",
    "wild",
    "x.wild",
    "mx1",
    "_25._tcp.mx1",
    "alias",
    "nothing",
    "zz.nothing",
    "*",
    "",
)
TYPES = ("A", "MX", "TXT", "TLSA", "DS", "NS", "SOA")


def verdict(lab: Lab, name: str, rdtype: str) -> Security:
    async def look() -> Security:
        async with live_network(lab.settings, kind="lab") as network:
            return (await Validator(network, network.ground.made).lookup(name, rdtype)).security

    return asyncio.run(look())


def agree(lab: Lab, ask, name: str, rdtype: str) -> None:
    claimed = ask(name, rdtype)
    own = verdict(lab, name, rdtype)
    assert bool(claimed.flags & dns.flags.AD) == (own is Security.SECURE), (name, rdtype, own)
    assert (claimed.rcode() == dns.rcode.SERVFAIL) == (own is Security.BOGUS), (name, rdtype, own)


@settings(max_examples=100, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(LABELS), st.sampled_from(ZONES), st.sampled_from(TYPES))
def test_resolver_and_validator_agree(internet: Lab, ask, label: str, zone: str, rdtype: str) -> None:
    name = ".".join(part for part in (label, zone.removesuffix(".")) if part) or "."
    agree(internet, ask, name, rdtype)


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda each: each.id)
def test_they_agree_on_each_scenario(internet: Lab, ask, scenario) -> None:
    agree(internet, ask, scenario.domain, "MX")
