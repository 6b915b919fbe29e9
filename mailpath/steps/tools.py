"""What every step works with: the network, one validator for the whole walk, the path and the time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol, TypeVar

import msgspec

from mailpath.dnssec import Validator
from mailpath.facts import Found, Lookup, Path, Walk
from mailpath.network.endpoints import join
from mailpath.network.protocol import Network
from mailpath.network.special import category

#: Hosts that are looked at together: as many as there can be sessions with.
TOGETHER = 20

Host = TypeVar("Host")
Facts = TypeVar("Facts")


class Wait(Protocol):
    """Waits for other steps, given by their ids; the walk as far as it is known then.

    `settled`: until nothing more is to come of them, not only for the first that they find.
    """

    async def __call__(self, *step_ids: str, settled: bool = False) -> Walk: ...


class Tools(msgspec.Struct, frozen=True):
    """Shared by the steps of one walk.  `at`: Unix time as of which everything is judged."""

    path: Path
    network: Network
    validator: Validator
    at: int
    found: Wait

    async def look_up(self, name: str, rdtype: str, *, claim: bool = False) -> Lookup:
        """One validated look-up; with `claim`, what the resolver itself says of it is asked beside it.

        It said so when it was asked; of the same names at another time nothing is known.
        """
        if not claim:
            return await self.validator.lookup(name, rdtype)
        lookup = await self.validator.claimed(name, rdtype)
        if self.at != self.network.ground.made:
            return msgspec.structs.replace(lookup, resolver_ad=None, resolver_rcode=None)
        return lookup

    def special(self, address: str, port: int) -> str:
        """The special-use category (RFC 6890) of `address`, or "" when it is public.  One that really lives
        elsewhere (a dial entry) counts as public."""
        kind = category(address)
        return "" if kind and join(address, port) in self.network.ground.dialled else kind


async def together(*work: Coroutine[Any, Any, Facts]) -> list[Facts]:
    """Do all the `work` at once; return the results in order.

    If one raises, the others are cancelled and gone before its error goes on: nothing outlives the step.
    """
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each) for each in work]
    except BaseExceptionGroup as several:
        raise several.exceptions[0] from None
    return [task.result() for task in tasks]


async def in_turn(
    look: Callable[[Host], Coroutine[Any, Any, Facts]], hosts: Sequence[Host]
) -> tuple[Facts, ...]:
    """What `look` finds at each of `hosts`, all at once; beyond `TOGETHER` the later ones wait for the first.

    Where a walk's questions run out, those that are tried last go short, and not all of them a little.
    """
    found: list[Facts] = []
    for start in range(0, len(hosts), TOGETHER):
        found += await together(*(look(host) for host in hosts[start : start + TOGETHER]))
    return tuple(found)


def not_looked_up(name: str, rdtype: str, why: str) -> Lookup:
    """The record of a look-up that was not made."""
    return Lookup(name=name, rdtype=rdtype, found=Found.NOT_TRIED, canonical=name, reason=why)
