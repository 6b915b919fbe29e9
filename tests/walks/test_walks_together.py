"""Where one part of a step breaks, its other parts do not run on behind the finished walk."""

from __future__ import annotations

import asyncio

import pytest

from mailpath.steps.tools import in_turn, together


async def test_results_come_in_the_order_of_the_work() -> None:
    async def after(turns: int) -> int:
        for _ in range(turns):
            await asyncio.sleep(0)
        return turns

    assert await together(after(3), after(0), after(1)) == [3, 0, 1]
    assert await together() == []


async def test_the_others_are_gone_before_the_error_goes_on() -> None:
    held: list[str] = []

    async def look(host: str) -> str:
        held.append(host)
        try:
            if host == "broken":
                raise LookupError("a bug of ours")
            await asyncio.Event().wait()
        finally:
            held.remove(host)
        return host

    with pytest.raises(LookupError, match="a bug of ours"):
        await in_turn(look, ["mx1", "mx2", "broken"])
    assert held == []
    assert asyncio.all_tasks() == {asyncio.current_task()}
