"""A network whose walk ends: so many questions, so many seconds, whatever the world does.

What goes beyond is a record like any other, `Failure.NOT_TRIED` with the bound that was reached, so that a
recording holds it and a replay gives the same walk.  How many sessions a walk holds is the plan of its
step (`mailpath.steps.sessions`): which of them matter most is known there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self, TypeVar

from msgspec.structs import replace

from mailpath.exchanges import (
    DnsExchange,
    Exchange,
    Failure,
    HttpsExchange,
    HttpsRequest,
    Question,
    Request,
    SmtpExchange,
    SmtpRequest,
)
from mailpath.network.exchange_log import logged
from mailpath.network.over import Opened, Over

#: DNS questions of one walk: twenty signed mail hosts with TLSA take some two hundred.
MOST_QUESTIONS = 300
#: What the resolver says for itself (asked without CD) is beside the point: it gets none of the last hundred.
MOST_WITH_CLAIMS = 200

_Held = TypeVar("_Held")


class Bounded(Over):
    """`inner` for one walk.  An async context manager: the `seconds` count from when it is entered.

    An exchange that is under way when they are over ends there, its sockets with it; none is begun after.
    Of a mail session the record holds what was said until then.
    """

    def __init__(self, inner: Opened, seconds: float) -> None:
        super().__init__(inner)
        self._seconds = seconds
        self._until = 0.0
        self._asked = 0
        self._deadlines: set[asyncio.Timeout] = set()
        self._standing, self._since = 0, 0.0

    async def __aenter__(self) -> Self:
        self._until = asyncio.get_running_loop().time() + self._seconds
        # Choosing a resolver asks, too.  Where that takes all the time, nothing is asked any more.
        await self._in_time(self._inner.__aenter__())
        return self

    def borrow(self, exchanges: Sequence[Exchange]) -> bool:
        """Whether each of `exchanges` is what would come now, within the bounds; then all count as asked.

        Only of a network that can say so at once (`Shared`).
        """
        lend = getattr(self._inner, "borrow", None)
        if lend is None or self._is_over():
            return False
        if self._asked + len(exchanges) > MOST_WITH_CLAIMS or not lend(exchanges):
            return False
        self._asked += len(exchanges)
        for each in exchanges:
            logged(each)
        return True

    @property
    def shares(self) -> bool:
        """Whether equal requests of many walks are one exchange below."""
        return getattr(self._inner, "shares", False)

    def at_once(self, request: Request) -> Exchange | None:
        """What would come now, within the bounds, and counts as asked; None where that has to be waited for.

        Only of a network that can say so (`Shared`).
        """
        look = getattr(self._inner, "at_once", None)
        if look is None or self._is_over():
            return None
        if isinstance(request, Question) and self._asked >= _most(request):
            return None
        known: Exchange | None = look(request)
        if known is not None:
            self._asked += isinstance(request, Question)
            logged(known)
        return known

    async def ask(self, question: Question) -> DnsExchange:
        if self._asked >= _most(question):
            detail = f"a walk sends no more than {MOST_QUESTIONS} DNS queries"
            return logged(DnsExchange(question=question, failure=Failure.NOT_TRIED, detail=detail))
        self._asked += 1
        held = await self._in_time(self._inner.ask(question))
        return logged(held or DnsExchange(question=question, failure=Failure.NOT_TRIED, detail=self._passed))

    async def fetch(self, request: HttpsRequest) -> HttpsExchange:
        held = await self._in_time(self._inner.fetch(request))
        return logged(held or HttpsExchange(request=request, failure=Failure.NOT_TRIED, detail=self._passed))

    async def converse(self, request: SmtpRequest) -> SmtpExchange:
        held = await self._in_time(self._inner.converse(request))
        held = held or self._cut_off(self._inner.unfinished(request))
        return logged(held or SmtpExchange(request=request, failure=Failure.NOT_TRIED, detail=self._passed))

    def _cut_off(self, begun: SmtpExchange | None) -> SmtpExchange | None:
        """The session that the deadline ended, saying so; where only its farewell is missing, as it is."""
        if begun is None or begun.limit is None:
            return begun
        return replace(begun, bound=self._passed, detail=f"{begun.detail}, until {self._passed}.")

    @property
    def _passed(self) -> str:
        return f"the walk's deadline of {self._seconds:g} s passed (--deadline allows more)"

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """The deadline stands still while any such block runs: the walk waits for something of ours."""
        clock = asyncio.get_running_loop().time
        self._standing += 1
        if self._standing == 1:
            self._since = clock()
            self._move_deadlines(None)
        try:
            yield
        finally:
            self._standing -= 1
            if not self._standing:
                self._until += clock() - self._since
                self._move_deadlines(self._until)

    def _is_over(self) -> bool:
        return not self._standing and asyncio.get_running_loop().time() >= self._until

    def _move_deadlines(self, when: float | None) -> None:
        for each in self._deadlines:
            if not each.expired():
                each.reschedule(when)

    async def _in_time(self, exchange: Coroutine[Any, Any, _Held]) -> _Held | None:
        """What comes of `exchange`; None where the deadline passes first."""
        if self._is_over():
            exchange.close()
            return None
        try:
            async with asyncio.timeout_at(None if self._standing else self._until) as deadline:
                self._deadlines.add(deadline)
                try:
                    return await exchange
                finally:
                    self._deadlines.discard(deadline)
        except TimeoutError:
            if deadline.expired():
                return None
            raise


def _most(question: Question) -> int:
    return MOST_QUESTIONS if question.checking_disabled else MOST_WITH_CLAIMS
