"""Room for walks: who waits, or takes long, lets another in; where too many wait, one makes room."""

from __future__ import annotations

import asyncio

import pytest

from mailpath.survey import places as module
from mailpath.survey.places import Places

SOON = 0.02


async def free(places: Places) -> bool:
    """Whether there is a place at work; it is left at once."""
    try:
        async with asyncio.timeout(SOON / 2):
            place = await places.enter()
    except TimeoutError:
        return False
    place.leave()
    return True


async def test_who_waits_is_apart_and_comes_back_when_there_is_room() -> None:
    places = Places(1)
    place = await places.enter()
    assert not await free(places)
    waiting = place.apart()
    await waiting.__aenter__()
    async with place.apart():
        assert await free(places)
    assert await free(places)
    other = await places.enter()
    back = asyncio.create_task(waiting.__aexit__(None, None, None))
    assert not await free(places)
    assert not back.done()
    other.leave()
    await back
    place.leave()
    place.leave()
    assert await free(places)


async def test_who_is_at_work_for_long_lets_another_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LINGER", SOON)
    places = Places(1)
    slow = await places.enter()
    other = await asyncio.wait_for(places.enter(), 1)
    other.leave()
    slow.leave()
    assert await free(places)


async def test_where_too_many_wait_the_one_that_has_longest_makes_room_and_not_too_often(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_TIMES", 1)
    places, asked = Places(1, waiting=1), []
    for name in ("first", "second", "third"):
        place = await places.enter()
        place.make_room = lambda name=name: asked.append(name)  # type: ignore[misc]
        await place.apart().__aenter__()
    assert asked == ["first", "second"]
