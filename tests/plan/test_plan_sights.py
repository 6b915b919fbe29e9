"""What a plan rests on can be looked at: the walk after each step, and the one that kills an order."""

from __future__ import annotations

import asyncio

import pytest

from mailpath.judge.message_options import MessageOptions
from mailpath.judge.presets import PRESETS
from mailpath.network.capture import Capture
from mailpath.network.replay import Replay
from mailpath.plan import Goal, Planned, make
from mailpath.plan.sights import Sight, sights
from mailpath.walk import walk


def outcome(sight: Sight, posture: str) -> str:
    asked = MessageOptions(policy_age=None if sight.met is None else 0)
    return asked.verdict(sight.walk, PRESETS[posture], sight.met).outcome


async def _look(planned: Planned) -> None:
    assert planned.states is not None
    before = planned.states.count
    after, killing = await sights(planned)
    assert planned.states.count == before, "nothing is walked that the proof had not walked"
    assert len(after) == len(planned.plan.steps) > 1
    assert len(killing) == len(planned.plan.unsafe) > 0
    for unsafe, sight in zip(planned.plan.unsafe, killing, strict=True):
        assert outcome(sight, unsafe.postures[0]) == unsafe.outcome
    # The capture is the walk: what the app shows of it is what was judged.
    goal = after[-1]
    assert {each.capture.ground.made for each in (*after, *killing)} == {planned.plan.at}
    again = await walk(goal.capture.path, Replay(goal.capture), goal.walk.at)
    assert [step.word for step in again.steps] == [step.word for step in goal.walk.steps]


@pytest.mark.parametrize("goal", ["key-change", "mta-sts"])
def test_every_state_is_there_to_be_looked_at(planned, goal: str) -> None:
    asyncio.run(_look(planned(goal, "dane-good")))


async def _given_up(capture: Capture) -> tuple[list[int], int]:
    begun = asyncio.Event()
    told: list[int] = []

    def tell(walked: int) -> None:
        told.append(walked)
        begun.set()

    work = asyncio.create_task(make(Goal.MTA_STS, capture, tell=tell))
    await begun.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    left = asyncio.all_tasks() - {asyncio.current_task()}
    if left:
        await asyncio.wait(left, timeout=5)
    return told, len([task for task in left if not task.done()])


def test_a_plan_that_is_given_up_leaves_no_lab_behind(planned) -> None:
    after, _ = asyncio.run(sights(planned("key-change", "dane-good")))
    told, left = asyncio.run(_given_up(after[0].capture))
    assert told[0] == 1
    assert left == 0


def test_what_needs_no_step_has_nothing_to_look_at(planned) -> None:
    assert asyncio.run(sights(planned("repair", "dane-good"))) == ((), ())
