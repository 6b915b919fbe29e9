"""A step that breaks is one ERROR line: the others stand, and the walk ends."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from msgspec.structs import replace

from mailpath.facts import WALKED, Status
from mailpath.findings import find
from mailpath.judge import judge
from mailpath.judge.presets import PRESETS
from mailpath.network.replay import Replay
from mailpath.steps.registry import REGISTRY
from mailpath.walk import StepFinished, walk


def boom(*_: object) -> Any:
    raise RuntimeError("boom")


PARTS = [(panel.id, part) for panel in WALKED for part in ("look", "later", "line")]


@pytest.mark.parametrize(
    ("step_id", "part"), [(each, part) for each, part in PARTS if getattr(REGISTRY[each], part) is not None]
)
def test_a_step_that_breaks_takes_no_other_along(
    step_id: str, part: str, walks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    walked = walks.of("full-protection")
    monkeypatch.setitem(REGISTRY, step_id, replace(REGISTRY[step_id], **cast(dict[str, Any], {part: boom})))
    network = Replay(walked.capture)
    events: list[Any] = []
    found = asyncio.run(walk(walked.walk.path, network, network.ground.made, events.append))
    (broken,) = [step for step in found.steps if step.word == "BUG"]
    assert (broken.id, broken.status) == (step_id, Status.ERROR)
    assert broken.summary == "mailpath itself failed in this step; please report it: RuntimeError: boom"
    assert [step.id for step in found.steps] == [panel.id for panel in WALKED]
    assert {event.result.id for event in events if isinstance(event, StepFinished)} == set(REGISTRY)
    # Whatever is missing now is judged, too.
    find(found)
    judge(found, PRESETS["rfc"])
    apart = {"sender", "mta-sts"} & {step.id for step in found.steps} - {step_id}
    assert [step for step in found.steps if step.id in apart] == [
        step for step in walked.walk.steps if step.id in apart
    ]


def test_what_asks_to_be_told_of_a_step_is_no_step(walks: Any) -> None:
    """An error of the caller's own is the caller's."""
    network = Replay(walks.of("dane-good").capture)
    with pytest.raises(ExceptionGroup):
        asyncio.run(walk(walks.of("dane-good").walk.path, network, network.ground.made, boom))


def test_a_walk_of_which_nobody_reads_the_lines_is_the_same_without_them(walks: Any) -> None:
    walked = walks.of("full-protection")
    network = Replay(walked.capture)
    found = asyncio.run(walk(walked.walk.path, network, network.ground.made, lines=False))
    assert found == replace(walked.walk, steps=())
