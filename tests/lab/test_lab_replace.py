"""A running lab that turns into another one."""

from __future__ import annotations

import asyncio

import dns.message
import dns.query
import pytest
from lab_client import Client
from msgspec.structs import replace

from mailpath.facts import Path, Walk
from mailpath.judge import judge
from mailpath.judge.presets import PRESETS
from mailpath.lab import Lab, scenarios
from mailpath.lab.grammar import Server
from mailpath.lab.scenario import ScenarioError
from mailpath.network import endpoints
from mailpath.walk import live_network, walk

BUILT_IN = {each.id: each for each in scenarios()}
STS = BUILT_IN["full-protection"]
DANE = BUILT_IN["dane-good"]


def walked(lab: Lab, domain: str) -> Walk:
    async def found() -> Walk:
        async with live_network(lab.settings, kind="lab") as network:
            return await walk(Path(recipient=domain), network, lab.now)

    return asyncio.run(found())


def outcome(lab: Lab, domain: str) -> str:
    return judge(walked(lab, domain), PRESETS["postfix-dane"]).outcome


def ttls(lab: Lab, name: str, rdtype: str) -> set[int]:
    host, port = endpoints.split(lab.settings.resolver or "")
    query = dns.message.make_query(name, rdtype, want_dnssec=True)
    answer = dns.query.tcp(query, host, port=port, timeout=5)
    return {rrset.ttl for rrset in (*answer.answer, *answer.authority)}


def test_hosts_keys_and_addresses_stay_and_the_rest_changes() -> None:
    with Lab.start((DANE,)) as lab:
        anchor, at = lab.trust_anchor, lab.address("mx1.dane-good.example")
        vouched = lab.records("_25._tcp.mx1.dane-good.example", "TLSA")
        keys = lab.records("dane-good.example", "DNSKEY")
        assert outcome(lab, DANE.domain) == "authenticated"
        first = Server(host="mx0", ttl=60)
        lab.replace((replace(DANE, server=(first, *DANE.server)), STS))
        assert lab.address("mx1.dane-good.example") == at
        assert lab.address("mx0.dane-good.example") != at
        assert lab.trust_anchor == anchor
        assert lab.records("dane-good.example", "DNSKEY") == keys
        assert lab.records("_25._tcp.mx1.dane-good.example", "TLSA") == vouched
        assert {outcome(lab, DANE.domain), outcome(lab, STS.domain)} == {"authenticated"}
        with Client(lab, "mx1.dane-good.example") as before:
            before.reply()
            refused = replace(DANE.server[0], listen="refused")
            lab.replace((replace(DANE, server=(refused,)),))
            assert before.say("NOOP").startswith("250"), "an open session goes on as it began"
        with pytest.raises(ConnectionRefusedError):
            Client(lab, "mx1.dane-good.example")
        with pytest.raises(KeyError):
            lab.dialled("mx0.dane-good.example", 25)
        lab.replace((DANE,))
        assert outcome(lab, DANE.domain) == "authenticated"


def test_what_cannot_be_built_changes_nothing() -> None:
    wrong = replace(DANE, zone=DANE.zone[1:])
    with Lab.start((DANE,)) as lab:
        with pytest.raises(ScenarioError):
            lab.replace((wrong, wrong))
        assert lab.scenarios == (DANE,)
        assert outcome(lab, DANE.domain) == "authenticated"


def test_pace_shortens_whatever_has_a_time_to_live() -> None:
    with Lab.start((STS,), pace=1800) as lab:
        domain = STS.domain
        for name, rdtype in ((domain, "MX"), (domain, "DS"), (domain, "DNSKEY"), ("example", "SOA")):
            assert ttls(lab, name, rdtype) == {2}, (name, rdtype)
        assert ttls(lab, f"nobody.{domain}", "A") == {1}, "what may be cached may be cached for a second"
        assert outcome(lab, domain) == "authenticated"
        policy = walked(lab, domain).sts.policy
        assert policy is not None
        assert policy.max_age == 336
