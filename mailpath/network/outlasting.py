"""Waiting for a task that goes on when whoever waits is cancelled."""

from __future__ import annotations

import asyncio
from typing import TypeVar

_Result = TypeVar("_Result")


async def outlasting(task: asyncio.Future[_Result]) -> _Result:
    """The result of `task`, as `asyncio.shield` gives it.

    It takes one call of the loop less for each that waits, and a survey does so fifty times a domain.
    """
    if task.done():
        return task.result()
    waiter: asyncio.Future[None] = task.get_loop().create_future()

    def tell(done: asyncio.Future[_Result]) -> None:
        if not waiter.done():
            waiter.set_result(None)
        elif not done.cancelled():
            done.exception()  # nobody is left to hear of it

    task.add_done_callback(tell)
    await waiter
    return task.result()
