"""One network below many walks: asked once, kept for a while, given up by one walk and not by the others."""

import asyncio
from typing import Any

import pytest
from servers import GREETING, PUBLISHED, serving, settings

from mailpath.commands.check_many import Places
from mailpath.exchanges import (
    DnsExchange,
    Failure,
    HttpsExchange,
    HttpsRequest,
    Question,
    SmtpExchange,
    SmtpRequest,
)
from mailpath.network import shared as module
from mailpath.network.live import LiveNetwork
from mailpath.network.protocol import NetworkContext
from mailpath.network.replies import dialogue
from mailpath.network.shared import FAILED, LONGEST, MOMENT, Shared

QUESTION = Question(name="b.example", rdtype="MX")
SESSION = SmtpRequest(address=PUBLISHED, sni="mx.b.example")
#: b.example MX with a TTL of 300 s, its id and flags (a response, NOERROR) before it.
ANSWER = bytes.fromhex("0000818000010001000000000162076578616d706c6500000f0001c00c000f00010000012c0003000a00")


class Inner:
    """Answers at once, or when its gate is opened."""

    ground = NetworkContext(kind="live", resolver="192.0.2.53", trust_anchor="", roots=(), made=1000)
    waits = None

    def __init__(self, response: bytes | None = ANSWER) -> None:
        self.asked: list[object] = []
        self.left = 0
        self.response = response
        self.begun, self.gate = asyncio.Event(), asyncio.Event()
        self.gate.set()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        self.left += 1

    def unfinished(self, request):
        return None

    async def _held(self, request):
        self.asked.append(request)
        self.begun.set()
        await self.gate.wait()

    async def ask(self, question):
        await self._held(question)
        return DnsExchange(question=question, response=self.response)

    async def fetch(self, request):
        await self._held(request)
        return HttpsExchange(request=request, failure=Failure.LOCAL)

    async def converse(self, request):
        await self._held(request)
        return SmtpExchange(request=request, failure=Failure.REFUSED)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def sharing(inner: Any, clock: Clock | None = None, seconds: float = 60.0) -> Shared:
    return Shared(inner, seconds, clock or Clock())


async def ask(shared: Shared, request: Question | SmtpRequest = QUESTION) -> Any:
    async with shared.for_walk() as network:
        return await (network.ask(request) if isinstance(request, Question) else network.converse(request))


async def test_walks_that_ask_the_same_at_once_or_later_share_one_exchange():
    inner = Inner()
    inner.gate.clear()
    async with sharing(inner) as shared:
        tasks = [asyncio.create_task(ask(shared)) for _ in range(3)]
        await inner.begun.wait()
        inner.gate.set()
        first, *others = await asyncio.gather(*tasks)
        assert all(each is first for each in (*others, await ask(shared)))
    assert (inner.asked, inner.left) == ([QUESTION], 1)


@pytest.mark.parametrize(
    ("request_", "response", "seconds"),
    [
        (QUESTION, ANSWER, 300),
        (QUESTION, ANSWER[:3] + b"\x83" + ANSWER[4:], 300),
        (QUESTION, ANSWER[:3] + b"\x82" + ANSWER[4:], FAILED),
        (QUESTION, None, FAILED),
        (SESSION, None, LONGEST),
    ],
    ids=["answer", "no such name", "servfail", "no answer", "session"],
)
async def test_what_is_known_is_forgotten_in_time(request_, response, seconds):
    inner, clock = Inner(response), Clock()
    async with sharing(inner, clock) as shared:
        await ask(shared, request_)
        clock.now += seconds - 0.1
        await ask(shared, request_)
        assert len(inner.asked) == 1
        clock.now += 0.1
        await ask(shared, request_)
        assert len(inner.asked) == 2


async def test_what_failed_for_want_of_our_own_means_is_tried_again():
    inner = Inner()
    request = HttpsRequest(url="https://mta-sts.b.example/", address=PUBLISHED)
    async with sharing(inner) as shared, shared.for_walk() as network:
        await network.fetch(request)
        await network.fetch(request)
    assert len(inner.asked) == 2


async def test_what_is_kept_has_a_bound(monkeypatch):
    monkeypatch.setattr(module, "MOST_KEPT", 3 * (module.OVERHEAD + len(ANSWER)))
    inner = Inner()
    names = [Question(name=f"n{number}.example", rdtype="MX") for number in range(4)]
    async with sharing(inner) as shared:
        for each in (*names[:3], names[0], names[3]):
            await ask(shared, each)
        assert [shared.known(each) is not None for each in names] == [True, False, True, True]


async def test_walks_that_begin_together_have_one_time():
    clock = Clock()
    async with sharing(Inner(), clock) as shared:
        clock.now = MOMENT - 1
        assert shared.for_walk().ground.made == 1000
        clock.now = 2 * MOMENT + 1
        assert shared.for_walk().ground.made == 1000 + 2 * MOMENT


async def test_a_walk_s_deadline_is_its_own_and_the_session_goes_on_for_another():
    accepted, asked, go_on = 0, asyncio.Event(), asyncio.Event()

    async def handler(reader, writer):
        nonlocal accepted
        accepted += 1
        writer.write(GREETING)
        await reader.readline()
        asked.set()
        await go_on.wait()
        writer.write(b"250 mx.b.example\r\n")
        await reader.readline()
        writer.write(b"221 bye\r\n")

    async with asyncio.timeout(10), serving(handler) as port:
        live = LiveNetwork(settings(port), policy_host_check=lambda chain, host: None)
        async with sharing(live, seconds=30.0) as shared:
            patient = asyncio.create_task(ask(shared, SESSION))
            await asked.wait()
            shared._seconds = 0.05
            cut = await ask(shared, SESSION)
            go_on.set()
            whole = await patient
            assert await ask(shared, SESSION) is whole
    assert (cut.failure, bool(cut.bound)) == (Failure.TIMEOUT, True)
    assert cut.detail.endswith("passed (--deadline allows more).")
    assert dialogue(cut).greeting is not None
    assert dialogue(cut).ehlo is None
    assert (whole.failure, bool(whole.bound), accepted) == (None, False, 1)


async def test_the_last_walk_that_gives_up_ends_the_session():
    gone = asyncio.Event()

    async def tarpit(reader, writer):
        writer.write(b"220-")
        await reader.read()
        gone.set()

    async with asyncio.timeout(10), serving(tarpit) as port:
        live = LiveNetwork(settings(port), policy_host_check=lambda chain, host: None)
        async with sharing(live, seconds=0.1) as shared:
            cut = await asyncio.gather(ask(shared, SESSION), ask(shared, SESSION))
            await gone.wait()
            assert shared.known(SESSION) is None
    assert {each.failure for each in cut} == {Failure.TIMEOUT}


async def test_whoever_waits_long_makes_room_up_to_a_bound():
    places = Places(at_once=2, linger=0.02, in_all=4)
    entered: list[int] = []
    full, release = asyncio.Event(), asyncio.Event()

    async def one(number: int) -> None:
        async with places.one():
            entered.append(number)
            if len(entered) == 4:
                full.set()
            await release.wait()

    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        for number in range(6):
            group.create_task(one(number))
        await asyncio.sleep(0)
        assert entered == [0, 1]
        await full.wait()
        await asyncio.sleep(0.05)
        assert entered == [0, 1, 2, 3]
        release.set()
    assert len(entered) == 6
