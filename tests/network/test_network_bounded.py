"""A walk's network ends: after so many questions, after so many seconds, whatever is under way."""

import asyncio
from typing import Any

import pytest

from mailpath.exchanges import DnsExchange, Failure, HttpsRequest, Question, SmtpRequest
from mailpath.network.bounded import MOST_QUESTIONS, MOST_WITH_CLAIMS, Bounded

NAME = Question(name="b.example", rdtype="MX")
POLICY = HttpsRequest(url="https://mta-sts.b.example/", address="192.0.2.80")
SERVER = SmtpRequest(address="192.0.2.10")


def bounded(inner: Any, deadline: float) -> Bounded:
    """Of a network it is asked for what a test needs, and no more."""
    return Bounded(inner, deadline)


class Inner:
    """Answers questions at once and nothing else ever, or nothing at all; knows what it was asked."""

    def __init__(self, *, silent: bool = False, shut: bool = False) -> None:
        self.silent, self.shut = silent, shut
        self.begun: list[object] = []
        self.left: list[object] = []

    async def __aenter__(self):
        return await self.hang("opening") if self.shut else self

    async def __aexit__(self, *_):
        self.left.append("closed")

    async def hang(self, request):
        self.begun.append(request)
        try:
            await asyncio.Event().wait()
        finally:
            self.left.append(request)

    async def ask(self, question):
        if self.silent:
            await self.hang(question)
        self.begun.append(question)
        return DnsExchange(question=question, response=b"")

    async def fetch(self, request):
        await self.hang(request)

    async def converse(self, request):
        await self.hang(request)

    def unfinished(self, request):
        return None


def named(number: int, *, checking_disabled: bool = True) -> Question:
    return Question(name=f"n{number}.example", rdtype="A", checking_disabled=checking_disabled)


async def test_questions_are_counted():
    inner = Inner()
    async with bounded(inner, 60) as network:
        answers = [await network.ask(named(number)) for number in range(MOST_QUESTIONS + 5)]
    assert [each.failure for each in answers[:MOST_QUESTIONS]] == [None] * MOST_QUESTIONS
    for cut in answers[MOST_QUESTIONS:]:
        assert cut.failure is Failure.NOT_TRIED
        assert cut.detail == "a walk sends no more than 300 DNS queries"
    assert len(inner.begun) == MOST_QUESTIONS


async def test_what_the_resolver_claims_does_not_take_the_place_of_what_is_needed():
    async with bounded(Inner(), 60) as network:
        for number in range(MOST_WITH_CLAIMS):
            await network.ask(named(number))
        claim = await network.ask(named(0, checking_disabled=False))
        needed = await network.ask(named(MOST_WITH_CLAIMS))
    assert (claim.failure, needed.failure) == (Failure.NOT_TRIED, None)


async def test_at_the_deadline_all_that_is_under_way_ends_as_a_record():
    inner = Inner(silent=True)
    began = asyncio.get_running_loop().time()
    async with bounded(inner, 0.2) as network:
        exchanges: list[Any] = [
            *await asyncio.gather(network.ask(NAME), network.fetch(POLICY), network.converse(SERVER))
        ]
        late = [await network.ask(NAME), await network.fetch(POLICY), await network.converse(SERVER)]
    assert asyncio.get_running_loop().time() - began < 0.6
    for exchange in (*exchanges, *late):
        assert exchange.failure is Failure.NOT_TRIED
        assert exchange.detail == "the walk's deadline of 0.2 s passed (--deadline allows more)"
    assert len(inner.begun) == 3
    assert sorted(map(str, inner.left)) == sorted(map(str, ["closed", NAME, POLICY, SERVER]))


async def test_choosing_a_resolver_counts():
    inner = Inner(shut=True)
    async with bounded(inner, 0.1) as network:
        assert (await network.ask(NAME)).failure is Failure.NOT_TRIED
    assert inner.left == ["opening", "closed"]


async def test_a_wait_of_the_network_s_own_is_not_the_deadline_s():
    class Impatient(Inner):
        async def fetch(self, request):
            raise TimeoutError

    async with bounded(Impatient(), 60) as network:
        with pytest.raises(TimeoutError):
            await network.fetch(POLICY)


async def test_cancelling_passes_through():
    inner = Inner()
    async with bounded(inner, 60) as network:
        task = asyncio.create_task(network.converse(SERVER))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert inner.left == [SERVER, "closed"]


async def test_the_deadline_stands_still_for_as_long_as_something_of_ours_is_waited_for() -> None:
    inner = Inner()
    async with bounded(inner, 0.1) as network:
        fetching = asyncio.create_task(network.fetch(POLICY))
        await asyncio.sleep(0)
        with network.standing_still():
            with network.standing_still():
                await asyncio.sleep(0.15)
            assert not fetching.done()
            assert (await network.ask(NAME)).failure is None
        assert not fetching.done()
        assert (await fetching).failure is Failure.NOT_TRIED
        assert (await network.ask(NAME)).failure is Failure.NOT_TRIED
