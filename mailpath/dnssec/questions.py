"""The questions of one validator: ask each once, and ask those that will be needed together.

A chain of trust needs DS and DNSKEY of every zone between the root and the answer, and nobody can know
beforehand where the zone cuts are.  So we ask for the DS of every ancestor of the name at once (a denial
means "no cut here"), and for DNSKEY where a cut is likely: one round trip for a whole chain instead of one
for each link.  A wrong guess costs one more round trip, never a wrong result.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Iterable
from functools import partial
from typing import Any, Generic, TypeVar, cast

import dns.name
import dns.rdatatype
from dns.rdatatype import RdataType

from mailpath.dnssec import bounds
from mailpath.dnssec.bounds import Exhausted, Whole
from mailpath.dnssec.messages import Reply, name_text, read_reply, unread
from mailpath.dnssec.wire import name_of, records
from mailpath.dnssec.zones import Ledger, current
from mailpath.exchanges import DnsExchange, Question
from mailpath.network.outlasting import outlasting
from mailpath.network.protocol import Network

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

#: Once this many questions were asked, we ask no more ahead of need: half of what a walk may ask in all.
MOST_AHEAD = 150
#: Labels, the root's included, of a registered domain.
REGISTERED = 3
#: Name, type, CD bit, and whether we ask for the second time.
_Key = tuple[dns.name.Name, RdataType, bool, bool]

#: Types asked of hosts: their owner is rarely a zone of its own.
_HOST_TYPES = (RdataType.A, RdataType.AAAA, RdataType.TLSA)


def _nothing(key: Hashable) -> None:
    """Where all takes work."""


class Once(Generic[Key, Value]):
    """Runs `work` once for each key; whoever asks again waits for the same task.

    Cancelling one caller leaves the task running for the others.  `tasks`: all started so far, done or not.
    With a `ledger` the results are units of this `kind`, which may be borrowed.  `known`: what takes no work;
    a task for it would be some.
    """

    def __init__(
        self,
        work: Callable[[Key], Coroutine[Any, Any, Value]],
        kind: str = "",
        ledger: Ledger | None = None,
        known: Callable[[Key], Value | None] = _nothing,
    ) -> None:
        self._work = work
        self._known = known
        self._kind = kind
        self._ledger = ledger
        self.tasks: dict[Key, asyncio.Future[Value]] = {}

    def start(self, key: Key) -> asyncio.Future[Value]:
        """The task that works on `key`, started now unless it already runs."""
        task = self.tasks.get(key)
        if task is None:
            task = self.tasks[key] = self._started(key)
        if self._ledger is not None:
            self._ledger.rest_on((self._kind, key))
        return task

    def _started(self, key: Key) -> asyncio.Future[Value]:
        if self._ledger is None:
            if (value := self._known(key)) is None:
                return asyncio.create_task(self._work(key))
            done: asyncio.Future[Value] = asyncio.get_running_loop().create_future()
            done.set_result(value)
            return done
        unit = (self._kind, key)
        return self._ledger.result(unit) or self._ledger.start(unit, partial(self._work, key))

    async def get(self, key: Key) -> Value:
        """The result of the work on `key`."""
        task = self.start(key)
        return await outlasting(task)


class Questions:
    """DNS questions over one network, remembered by (name, type, CD, whether for the second time).

    Reads a long answer only when somebody wants it, because reading is charged to the `whole` walk.
    """

    def __init__(self, network: Network, whole: Whole, *, lent: bool = False) -> None:
        self._network = network
        self._whole = whole
        self._lent = lent
        self._once: Once[_Key, Reply | DnsExchange] = Once(self._send, known=self._known)
        self._at_once = getattr(network, "at_once", _nothing)
        self._long: dict[DnsExchange, Reply] = {}
        self._exchanges: dict[_Key, DnsExchange] = {}
        self._adopted: dict[Any, tuple[DnsExchange, Any]] = {}

    async def ask(
        self, name: dns.name.Name, rdtype: RdataType, *, checking_disabled: bool = True, again: bool = False
    ) -> Reply:
        """The resolver's answer, with DO and CD set (RFC 4035 sections 3.2.1 and 3.2.2).  Never raises.

        `again`: ask a second time, over TCP.
        """
        key = (name.canonicalize(), rdtype, checking_disabled, again)
        _note(key)
        known = self._adopted.get(key)
        found = known[1] if known is not None else await self._once.get(key)
        return found if isinstance(found, Reply) else self._read(name.canonicalize(), rdtype, found)

    def expect(self, name: dns.name.Name, rdtype: RdataType, top: dns.name.Name = dns.name.root) -> None:
        """Ask now what validating (`name`, `rdtype`) from the trust anchor at `top` will need (RFC 4035 5).

        That is the DS of every ancestor below `top`, and DNSKEY where one is likely.  On a walk that has
        asked many questions already, ask nothing: a guess might take the place of a question that is needed.
        """
        if len(self._once.tasks) + len(self._adopted) >= MOST_AHEAD:
            return
        name = name.canonicalize()
        self.start(top, RdataType.DNSKEY)
        most = REGISTERED if self._lent else bounds.AHEAD
        self._guess(name, rdtype, range(len(top.labels) + 1, min(len(name.labels), most) + 1))

    def _guess(self, name: dns.name.Name, rdtype: RdataType, depths: Iterable[int]) -> None:
        """Ask for the DS of ancestors with so many labels, and for DNSKEY where one is likely.

        Many walks that go on side by side gain more from fewer questions than from sooner answers: they ask
        for DNSKEY where there is a DS, and for what lies below a registered domain if it has one, and only as
        far down as names exist (RFC 8020 section 2).
        """
        likely = 0 if self._lent else _guess_depth(name, rdtype)
        for depth in depths:
            ancestor = name_of(name.labels[-depth:])
            if rdtype != RdataType.DS or ancestor != name:
                found = partial(self._go_on, name, rdtype, depth)
                self.start(ancestor, RdataType.DS).add_done_callback(found)
            if depth <= likely:
                self.start(ancestor, RdataType.DNSKEY)

    def start(
        self, name: dns.name.Name, rdtype: RdataType, *, checking_disabled: bool = True
    ) -> asyncio.Future[Reply | DnsExchange]:
        """Ask now; see `ask`."""
        key = (name.canonicalize(), rdtype, checking_disabled, False)
        _note(key)
        return self._once.start(key)

    def answer(self, key: Any) -> tuple[DnsExchange, Reply | DnsExchange] | None:
        """The exchange about `key` and the reply in it; None where it was given up."""
        if key in self._adopted:
            return self._adopted[key]
        task = self._once.tasks[key]
        return None if task.cancelled() or not task.done() else (self._exchanges[key], task.result())

    def adopt(self, answers: dict[Any, tuple[DnsExchange, Any]]) -> None:
        """Answers that another walk has read: exchange and reply by the key of the question."""
        self._adopted.update(answers)

    def _go_on(
        self, name: dns.name.Name, rdtype: RdataType, depth: int, task: asyncio.Future[Reply | DnsExchange]
    ) -> None:
        """A DS means that we will need the keys: ask for them before anybody verifies the DS."""
        if task.cancelled() or task.exception() is not None:
            return
        reply = task.result()
        if not isinstance(reply, Reply):
            return
        signed = reply.at(reply.name, RdataType.DS) is not None
        if signed:
            self.start(reply.name, RdataType.DNSKEY)
        exists = signed or (depth > REGISTERED and reply.rcode == "NOERROR")
        if self._lent and exists and REGISTERED <= depth < min(len(name.labels), bounds.AHEAD):
            self._guess(name, rdtype, [depth + 1])

    def forget(self) -> None:
        """Let go of every answer."""
        for each in (self._once.tasks, self._long, self._exchanges, self._adopted):
            each.clear()

    async def settle(self, unneeded: Callable[[dns.name.Name], bool]) -> None:
        """Wait for every open question; cancel those about names that are `unneeded` (RFC 4035 5.2)."""
        while waiting := [(key, task) for key, task in self._once.tasks.items() if not task.done()]:
            for (name, *_), task in waiting:
                if unneeded(name):
                    task.cancel()
            await asyncio.gather(*(task for _, task in waiting), return_exceptions=True)
            await asyncio.sleep(0)  # callbacks may have started more

    def _read(self, name: dns.name.Name, rdtype: RdataType, exchange: DnsExchange) -> Reply:
        """The long answer in `exchange`."""
        if (unit := current()) is not None:
            unit.alone = True  # the reading is charged once, to whoever reads
        if exchange not in self._long:
            try:
                self._whole.reading(records(exchange.response or b""))
            except Exhausted as error:
                self._long[exchange] = unread(name, rdtype, str(error))
            else:
                self._long[exchange] = read_reply(name, rdtype, exchange)
        return self._long[exchange]

    async def _send(self, key: _Key) -> Reply | DnsExchange:
        return self._take(key, await self._network.ask(_question(key)))

    def _known(self, key: _Key) -> Reply | DnsExchange | None:
        """What was adopted, or the network can say at once."""
        if key in self._adopted:
            return cast(Reply | DnsExchange, self._adopted[key][1])
        found = self._at_once(_question(key))
        return None if found is None else self._take(key, found)

    def _take(self, key: _Key, found: DnsExchange) -> Reply | DnsExchange:
        name, rdtype, *_ = key
        self._exchanges[key] = found
        if found.response is not None and records(found.response) > bounds.RECORDS:
            return found
        return read_reply(name, rdtype, found)


def _question(key: _Key) -> Question:
    name, rdtype, checking_disabled, again = key
    return Question(
        name=name_text(name),
        rdtype=dns.rdatatype.to_text(rdtype),
        checking_disabled=checking_disabled,
        again=again,
    )


def _note(key: _Key) -> None:
    """The unit that is being worked on asks for `key`."""
    if (unit := current()) is not None:
        unit.asked[key] = None


def _guess_depth(name: dns.name.Name, rdtype: RdataType) -> int:
    """How many labels, the root's included, the deepest ancestor of `name` has that is likely a zone apex.

    Labels with an underscore rarely are (RFC 8552), and neither are mail hosts three labels deep.
    """
    labels = list(name.labels)
    while labels and labels[0].startswith(b"_"):
        labels.pop(0)
    if rdtype in _HOST_TYPES and len(labels) > 3:
        labels.pop(0)
    return len(labels)
