"""The questions of one validator: each asked once, and those that will be needed asked together.

A chain of trust needs DS and DNSKEY of every zone between the root and the answer, and nobody can know
beforehand where the zone cuts are.  So DS is asked for every ancestor of the name at once (its denial
tells "no cut here"), and DNSKEY beside it where a cut is likely: one round trip for a whole chain
instead of one for each link.  A wrong guess costs one more round trip, never a wrong result.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

import dns.name
import dns.rdatatype
from dns.rdatatype import RdataType

from mailpath.dnssec import bounds
from mailpath.dnssec.bounds import Exhausted, Whole
from mailpath.dnssec.messages import Reply, name_text, read_reply, unread
from mailpath.dnssec.wire import records
from mailpath.exchanges import DnsExchange, Question
from mailpath.network.protocol import Network

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

#: Questions begun, above which none is asked ahead of need: half of what a walk may ask in all.
MOST_AHEAD = 150
#: Name, type, CD bit, and whether it is the second asking.
_Key = tuple[dns.name.Name, RdataType, bool, bool]

#: Types asked of hosts: their owner is rarely a zone of its own.
_HOST_TYPES = (RdataType.A, RdataType.AAAA, RdataType.TLSA)


class Once(Generic[Key, Value]):
    """Runs the work for each key once; whoever asks again waits for the same task.

    A caller that is cancelled leaves the task running for the others.
    """

    def __init__(self, work: Callable[[Key], Awaitable[Value]]) -> None:
        self._work = work
        self._tasks: dict[Key, asyncio.Task[Value]] = {}

    def start(self, key: Key) -> asyncio.Task[Value]:
        """The task that works on `key`, begun now if nobody began it before."""
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = asyncio.ensure_future(self._run(key))
        return task

    async def get(self, key: Key) -> Value:
        """What the work on `key` came to."""
        return await asyncio.shield(self.start(key))

    async def _run(self, key: Key) -> Value:
        return await self._work(key)

    @property
    def tasks(self) -> dict[Key, asyncio.Task[Value]]:
        """Every task begun so far, done or not."""
        return self._tasks


class Questions:
    """DNS questions over one network, memoised by (name, type, CD, whether for the second time).

    A long answer is read when somebody wants it, for that is charged to the `whole` walk.
    """

    def __init__(self, network: Network, whole: Whole) -> None:
        self._network = network
        self._whole = whole
        self._once: Once[_Key, Reply | DnsExchange] = Once(self._exchange)
        self._long: dict[DnsExchange, Reply] = {}

    async def ask(
        self, name: dns.name.Name, rdtype: RdataType, *, checking_disabled: bool = True, again: bool = False
    ) -> Reply:
        """What the resolver says, with DO and CD set (RFC 4035 sections 3.2.1 and 3.2.2).  Never raises.

        `again`: ask a second time, over TCP.
        """
        found = await self._once.get((name.canonicalize(), rdtype, checking_disabled, again))
        return found if isinstance(found, Reply) else self._read(name.canonicalize(), rdtype, found)

    def expect(self, name: dns.name.Name, rdtype: RdataType, top: dns.name.Name = dns.name.root) -> None:
        """Ask now what validating (`name`, `rdtype`) from the trust anchor of `top` down will need (RFC 4035
        section 5): DS of every ancestor below it, and DNSKEY where one is likely. Nothing on
        a walk that has asked much already: there it may be what is needed that would go unasked.
        """
        if len(self._once.tasks) >= MOST_AHEAD:
            return
        name = name.canonicalize()
        self._start(top, RdataType.DNSKEY)
        likely = _likely_zones(name, rdtype)
        for depth in range(len(top.labels) + 1, min(len(name.labels), bounds.AHEAD) + 1):
            ancestor = dns.name.Name(name.labels[-depth:])
            if rdtype != RdataType.DS or ancestor != name:
                self._start(ancestor, RdataType.DS).add_done_callback(self._keys_too)
            if depth <= likely:
                self._start(ancestor, RdataType.DNSKEY)

    def _start(self, name: dns.name.Name, rdtype: RdataType) -> asyncio.Task[Reply | DnsExchange]:
        return self._once.start((name, rdtype, True, False))

    def _keys_too(self, task: asyncio.Task[Reply | DnsExchange]) -> None:
        """Where a DS is, the keys will be needed: do not wait until its turn to be verified comes."""
        if task.cancelled() or task.exception() is not None:
            return
        reply = task.result()
        if isinstance(reply, Reply) and reply.at(reply.name, RdataType.DS) is not None:
            self._start(reply.name, RdataType.DNSKEY)

    async def settle(self, unneeded: Callable[[dns.name.Name], bool]) -> None:
        """Wait for every question under way; give up those about names that are `unneeded` (RFC 4035 5.2)."""
        while waiting := [(key, task) for key, task in self._once.tasks.items() if not task.done()]:
            for (name, *_), task in waiting:
                if unneeded(name):
                    task.cancel()
            await asyncio.gather(*(task for _, task in waiting), return_exceptions=True)
            await asyncio.sleep(0)  # callbacks may have started more

    def _read(self, name: dns.name.Name, rdtype: RdataType, exchange: DnsExchange) -> Reply:
        """The long answer in `exchange`."""
        if exchange not in self._long:
            try:
                self._whole.reading(records(exchange.response or b""))
            except Exhausted as error:
                self._long[exchange] = unread(name, rdtype, str(error))
            else:
                self._long[exchange] = read_reply(name, rdtype, exchange)
        return self._long[exchange]

    async def _exchange(self, key: _Key) -> Reply | DnsExchange:
        name, rdtype, checking_disabled, again = key
        question = Question(
            name=name_text(name),
            rdtype=dns.rdatatype.to_text(rdtype),
            checking_disabled=checking_disabled,
            again=again,
        )
        found = await self._network.ask(question)
        if found.response is not None and records(found.response) > bounds.RECORDS:
            return found
        return read_reply(name, rdtype, found)


def _likely_zones(name: dns.name.Name, rdtype: RdataType) -> int:
    """How many labels, the root's counted, the deepest ancestor of `name` has that may well be a zone apex.

    Labels with an underscore rarely are (RFC 8552), and neither are mail hosts three labels deep.
    """
    labels = list(name.labels)
    while labels and labels[0].startswith(b"_"):
        labels.pop(0)
    if rdtype in _HOST_TYPES and len(labels) > 3:
        labels.pop(0)
    return len(labels)
