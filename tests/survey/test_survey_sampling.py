"""Names of customers at one provider's address: some are met, the others assumed, unless they differ."""

from __future__ import annotations

import asyncio

import pytest

from mailpath.exchanges import Chunk, Failure, SmtpExchange, SmtpRequest, Stage
from mailpath.survey.sampling import SAMPLES, Sampling


class Inner:
    """A provider's server, which greets everybody in the same way, or by what `differs` says."""

    def __init__(self) -> None:
        self.met: list[SmtpRequest] = []
        self.differs: set[str] = set()
        self.fails: list[Failure] = []
        self.gate = asyncio.Event()

    async def converse(self, request: SmtpRequest) -> SmtpExchange:
        self.met.append(request)
        await self.gate.wait()
        if self.fails:
            return SmtpExchange(request=request, failure=self.fails.pop(), failed_at=Stage.CONNECT)
        code = b"554" if request.sni in self.differs else b"220"
        line = code + f" {request.sni}\r\n".encode()
        return SmtpExchange(request=request, transcript=(Chunk(sent=False, data=line),))


def names(number: int, parent: str = "mail.provider.example") -> list[SmtpRequest]:
    return [SmtpRequest(address="192.0.2.1", sni=f"c{each}.{parent}") for each in range(number)]


async def held(network: Sampling, asked: list[SmtpRequest], inner: Inner) -> list[SmtpExchange]:
    tasks = [asyncio.create_task(network.converse(each)) for each in asked]
    await asyncio.sleep(0)
    inner.gate.set()
    return await asyncio.gather(*tasks)


async def test_as_many_are_met_as_it_takes_and_the_others_are_told_the_same() -> None:
    inner = Inner()
    network = Sampling(inner)  # type: ignore[arg-type]
    asked = names(12)
    found = await held(network, asked, inner)
    assert [each.request for each in found] == asked
    assert {each.transcript for each in found[SAMPLES:]} == {found[0].transcript}
    assert set(inner.met) == set(asked[:SAMPLES])
    assert network.assumed == dict.fromkeys(asked[SAMPLES:], "c0.mail.provider.example")


async def test_where_they_differ_each_is_met() -> None:
    inner = Inner()
    inner.differs = {"c3.mail.provider.example"}
    network = Sampling(inner)  # type: ignore[arg-type]
    found = await held(network, names(12), inner)
    assert ([each.request for each in found], network.assumed) == (inner.met, {})


async def test_what_says_nothing_of_the_server_is_no_sample() -> None:
    inner = Inner()
    inner.fails = [Failure.LOCAL] * 3
    network = Sampling(inner)  # type: ignore[arg-type]
    found = await held(network, names(12), inner)
    assert sum(each.failure is Failure.LOCAL for each in found) == 3
    assert len(set(inner.met)) == SAMPLES + 3


async def test_domains_with_hosts_of_their_own_are_each_met() -> None:
    inner = Inner()
    network = Sampling(inner)  # type: ignore[arg-type]
    asked = [SmtpRequest(address="192.0.2.1", sni=f"mx.d{each}.example") for each in range(9)]
    asked += [SmtpRequest(address="192.0.2.1", sni=f"d{each}.example") for each in range(9)]
    asked += [SmtpRequest(address=f"192.0.2.{each}", sni="mx.provider.example") for each in range(9)]
    asked += [SmtpRequest(address="192.0.2.1")]
    await held(network, asked, inner)
    assert (set(inner.met), network.assumed) == (set(asked), {})


async def test_who_gives_up_waiting_makes_room_for_another_sample() -> None:
    inner = Inner()
    network = Sampling(inner)  # type: ignore[arg-type]
    asked = names(SAMPLES + 2)
    tasks = [asyncio.create_task(network.converse(each)) for each in asked]
    await asyncio.sleep(0)
    tasks[0].cancel()
    await asyncio.wait(tasks[:1])
    inner.gate.set()
    await asyncio.gather(*tasks[1:])
    assert set(inner.met) == set(asked[: SAMPLES + 1])
    assert network.assumed == {asked[-1]: network.assumed[asked[-1]]}


async def test_what_was_assumed_is_remembered_as_long_as_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailpath.survey.sampling.MOST_ASSUMED", 3)
    inner = Inner()
    network = Sampling(inner)  # type: ignore[arg-type]
    asked = names(SAMPLES + 4)
    first, second, *others = asked[SAMPLES:]
    await held(network, asked[: SAMPLES + 2], inner)
    assert network.assumed.instead_of(first) == "c0.mail.provider.example"
    await held(network, others, inner)
    assert [*network.assumed] == [first, *others]
    assert network.assumed.instead_of(second) == ""
