"""What goes between a survey and an actor of a cluster, without the cluster (with one: tests/interop)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from mailpath.survey import cluster
from mailpath.survey.cluster import Calls, Mailbox
from mailpath.survey.links import Domain


class Carrier:
    """Calls that take different times, as those of a cluster do."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        self.gone = False
        self._slow = True

    async def give(self, messages: Sequence[bytes]) -> None:
        self._slow = not self._slow
        await asyncio.sleep(0 if self._slow else 0.01)
        if self.gone:
            raise RuntimeError("the actor died")
        self.mailbox.put(messages)

    async def take(self) -> list[bytes]:
        if self.gone:
            raise RuntimeError("the actor died")
        return await self.mailbox.fetch()


async def test_messages_come_in_order_both_ways_until_the_actor_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cluster, "POLL", 0.02)
    mailbox = Mailbox()
    carrier = Carrier(mailbox)
    calls = Calls(carrier.give, carrier.take)
    delivering = asyncio.create_task(calls.deliver())
    sent = [Domain(f"b{number}.example", number) for number in range(50)]
    for each in sent:
        calls.send(each)
        mailbox.send(each)
        await asyncio.sleep(0)
    assert [await mailbox.receive() for _ in sent] == sent
    assert [await calls.receive() for _ in sent] == sent
    waiting = asyncio.create_task(calls.receive())
    await asyncio.sleep(0.05)  # nothing to say for a while
    assert not waiting.done()
    carrier.gone = True
    assert await waiting is None
    calls.send(sent[0])
    await delivering
    assert await calls.receive() is None
