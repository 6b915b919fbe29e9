"""Politeness by construction: one session at a time and address, a gap, a rate; and who waits waits alone."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter

import pytest

from mailpath.exchanges import Chunk, Failure, SmtpExchange, SmtpRequest, Stage
from mailpath.survey.operators import network_of, operator_of
from mailpath.survey.owners import OWN, Owners, Politeness

GAP = 0.05


class Hosts:
    """Mail hosts that note who is with them, and when each came."""

    def __init__(self, takes: float = 0.01) -> None:
        self.takes = takes
        self.began: dict[str, list[float]] = {}
        self.met: list[SmtpRequest] = []
        self.most: Counter[str] = Counter()
        self.there: Counter[str] = Counter()
        self.says: dict[str, list[bytes]] = {}
        #: Address -> where nobody answers any more.
        self.dead: dict[str, Stage] = {}

    async def converse(self, request: SmtpRequest) -> SmtpExchange:
        address = request.address
        self.met.append(request)
        self.began.setdefault(address, []).append(asyncio.get_running_loop().time())
        self.there[address] += 1
        self.most[address] = max(self.most[address], self.there[address])
        await asyncio.sleep(self.takes)
        self.there[address] -= 1
        if address in self.dead:
            return SmtpExchange(request=request, failure=Failure.TIMEOUT, failed_at=self.dead[address])
        said = self.says.get(address, [])
        line = said.pop(0) if said else b"220 mx\r\n"
        return SmtpExchange(request=request, transcript=(Chunk(sent=False, data=line),))

    def gaps(self, *addresses: str) -> list[float]:
        times = sorted(time for address in addresses for time in self.began[address])
        return [after - before for before, after in itertools.pairwise(times)]


def requests(address: str, *names: str) -> list[SmtpRequest]:
    return [SmtpRequest(address=address, sni=name) for name in names]


async def held(owners: Owners, asked: list[SmtpRequest]) -> list[SmtpExchange]:
    return await asyncio.gather(*map(owners.hold, asked))


async def test_an_address_has_one_session_at_a_time_and_a_gap_between_two() -> None:
    hosts = Hosts()
    owners = Owners(Politeness(gap=GAP, rate=0), hosts.converse)
    asked = [
        *requests("192.0.2.1", "a.example", "b.example", "c.example"),
        *requests("192.0.2.2", "a.example"),
    ]
    assert [each.request for each in await held(owners, asked)] == asked
    assert (hosts.most["192.0.2.1"], len(hosts.met)) == (1, 4)
    assert min(hosts.gaps("192.0.2.1")) >= GAP * 0.9
    assert hosts.began["192.0.2.2"][0] < hosts.began["192.0.2.1"][1]


async def test_more_at_a_time_only_where_that_is_asked_for() -> None:
    hosts = Hosts()
    names = [f"mx{number}.example" for number in range(6)]
    await held(Owners(OWN, hosts.converse), requests("192.0.2.1", *names))
    assert hosts.most["192.0.2.1"] == 1
    await held(Owners(Politeness(per_host=3, gap=0, rate=0), hosts.converse), requests("192.0.2.2", *names))
    assert hosts.most["192.0.2.2"] == 3
    owners = Owners(Politeness(per_host=3, gap=GAP, rate=0), hosts.converse)
    await held(owners, requests("192.0.2.3", *names[:3]))
    assert min(hosts.gaps("192.0.2.3")) >= GAP * 0.9


@pytest.mark.parametrize(
    ("addresses", "names"),
    [
        (("192.0.2.1", "198.51.100.1", "203.0.113.1"), ("mx1.b.co.uk", "mx2.b.co.uk", "mx.eu.b.co.uk")),
        (("192.0.2.1", "192.0.2.2", "192.0.2.3"), ("mx.a.example", "mx.b.example", "mx.c.example")),
    ],
    ids=["operator", "network"],
)
async def test_an_operator_has_a_rate(addresses: tuple[str, ...], names: tuple[str, ...]) -> None:
    hosts = Hosts()
    owners = Owners(Politeness(gap=0, rate=1 / GAP), hosts.converse)
    await held(owners, [SmtpRequest(address=a, sni=n) for a, n in zip(addresses, names, strict=True)])
    assert min(hosts.gaps(*addresses)) >= GAP * 0.9


async def test_a_turn_that_comes_late_does_not_bring_the_next_one_closer() -> None:
    hosts = Hosts()

    async def converse(request: SmtpRequest) -> SmtpExchange:
        if request.address == addresses[0]:
            await asyncio.sleep(GAP / 10)  # now all have their turns
            time.sleep(GAP * 1.9)  # noqa: ASYNC251 - the whole process is busy, and the second turn passes
        return await hosts.converse(request)

    addresses = [f"192.0.2.{number}" for number in range(1, 4)]
    owners = Owners(Politeness(gap=0, rate=1 / GAP), converse)
    await held(owners, [SmtpRequest(address=each, sni="mx.b.example") for each in addresses])
    assert min(hosts.gaps(*addresses[1:])) >= GAP * 0.9


async def test_a_server_that_turns_us_away_is_asked_again_later_and_then_believed() -> None:
    hosts = Hosts()
    hosts.says["192.0.2.1"] = [b"421 4.7.0 try again later\r\n"]
    hosts.says["192.0.2.2"] = [b"450 4.7.1 greylisted\r\n"] * 5
    hosts.says["192.0.2.3"] = [b"554 5.7.1 no\r\n"] * 5
    owners = Owners(Politeness(gap=0, rate=0, pauses=(GAP, GAP)), hosts.converse)
    asked = [*requests("192.0.2.1", "a.example"), *requests("192.0.2.2", "b.example")]
    asked += requests("192.0.2.3", "c.example")
    said = [each.transcript[0].data[:3] for each in await held(owners, asked)]
    assert said == [b"220", b"450", b"554"]
    assert {address: len(times) for address, times in hosts.began.items()} == {
        "192.0.2.1": 2,
        "192.0.2.2": 3,
        "192.0.2.3": 1,
    }
    assert min(hosts.gaps("192.0.2.2")) >= GAP * 0.9
    # By then it is known: a further name is not worth so many tries.
    await held(owners, requests("192.0.2.2", "mx.other.example"))
    assert len(hosts.began["192.0.2.2"]) == 4


@pytest.mark.parametrize("stage", [Stage.CONNECT, Stage.GREETING])
async def test_an_address_where_nobody_is_is_tried_once_in_a_while(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailpath.survey.owners.DEAD_FOR", GAP)
    hosts = Hosts(takes=0)
    hosts.dead["192.0.2.1"] = stage
    owners = Owners(OWN, hosts.converse)
    asked = requests("192.0.2.1", "a.example", "b.example", "c.example")
    found = await held(owners, asked)
    assert [each.request for each in found] == asked
    assert {each.failure for each in found} == {Failure.TIMEOUT}
    assert len(hosts.met) == 1
    await asyncio.sleep(GAP)
    del hosts.dead["192.0.2.1"]
    assert (await held(owners, asked))[0].failure is None


async def test_a_server_that_greets_and_then_says_nothing_may_do_otherwise_for_another_name() -> None:
    hosts = Hosts()
    hosts.dead["192.0.2.1"] = Stage.HANDSHAKE
    await held(Owners(OWN, hosts.converse), requests("192.0.2.1", "a.example", "b.example"))
    assert len(hosts.met) == 2


async def test_who_gives_up_waiting_leaves_the_queue_and_idle_owners_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mailpath.survey.owners.FORGET", 0.0)
    hosts = Hosts(takes=GAP)
    owners = Owners(OWN, hosts.converse)
    first, second, third = (
        asyncio.create_task(owners.hold(each))
        for each in requests("192.0.2.1", "mx.a.example", "mx.b.example", "mx.c.example")
    )
    await asyncio.sleep(0)
    assert owners.longest() == ("c.example", 3)
    second.cancel()
    await asyncio.wait([first, second, third])
    assert [each.sni for each in hosts.met] == ["mx.a.example", "mx.c.example"]
    assert owners.longest() is None
    await owners.hold(SmtpRequest(address="192.0.2.9"))
    assert not owners._owners


def test_operators_are_registrable_domains_and_announced_networks() -> None:
    assert operator_of("b-example.mail.protection.outlook.com") == "outlook.com"
    assert operator_of("mx.b.co.uk") == "b.co.uk"
    assert operator_of("co.uk") == "co.uk"
    assert (network_of("192.0.2.77"), network_of("2001:db8:1:2::3")) == ("192.0.2.0/24", "2001:db8:1::/48")
