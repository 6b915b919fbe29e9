"""The answer comes first: the verdict's sentence below the path, and what to do about the worst finding in
sight, for every scenario of the lab and without a key."""

from __future__ import annotations

from typing import Any

import pytest
from tui_world import FakeSession, app, drawn, scene_of, settle

from mailpath.judge.presets import PRESETS
from mailpath.report.panels import explained
from mailpath.tui import messages
from mailpath.tui.judging import JudgedWalk
from mailpath.tui.replayer import Replayer
from mailpath.tui.source import LabSource


class Recorded(FakeSession):
    """Walks that were walked before, with the real judge: only what is drawn is of interest."""

    def __init__(self, walks: Any) -> None:
        super().__init__(lab=True)
        self.source = LabSource(spoil=True)
        self._walks = walks
        self._scenarios = {each.id: each for each in walks.lab.scenarios}

    async def postures(self) -> Any:
        return {"rfc": PRESETS["rfc"]}

    async def scenarios(self) -> Any:
        return self._scenarios

    async def walk(self, run: int, path: Any, post: Any) -> None:
        found = next(each for each in self._scenarios.values() if each.domain == path.recipient)
        walked = self._walks.of(found.id)
        replayer = Replayer(walked.capture, JudgedWalk(walked.walk, await self.postures()))
        post(messages.WalkFinished(run, replayer, 381.0))


def fixes(walk: Any) -> list[str]:
    """Of the findings of the worst severity there is, of those that are to be mended."""
    blocks = [block for step in walk.steps for block in explained(walk, step.id)]
    for worst in ("error", "warning"):
        found = [block.fix for block in blocks if block.severity == worst and block.fix]
        if found:
            return found
    return []


def squeezed(text: str) -> str:
    return "".join(char for char in text if char not in " \n│")


def wordiest(walks: Any, number: int = 12) -> list[str]:
    """The scenarios with the most to say: what lacks room lacks it there first."""
    said = {each.id: [each.hint, *fixes(walks.of(each.id).walk)[:1]] for each in walks.lab.scenarios}
    return sorted(said, key=lambda name: -sum(map(len, said[name])))[:number]


@pytest.mark.parametrize(
    ("size", "chosen"),
    [
        ((80, 24), None),
        ((120, 40), wordiest),
        pytest.param((120, 40), None, marks=pytest.mark.exhaustive),
    ],
)
async def test_the_answer_and_what_to_do_are_in_sight(
    walks: Any, size: tuple[int, int], chosen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = []
    names = chosen(walks) if chosen else [each.id for each in walks.lab.scenarios]
    monkeypatch.setattr("mailpath.tui.controllers.looking.LensController.sum_up", lambda self: None)
    application = app(Recorded(walks), sender="", recipient="")
    async with application.run_test(size=size) as pilot:
        await settle(pilot)
        await pilot.press("escape")
        screen: Any = application.screen
        for scenario in (each for each in walks.lab.scenarios if each.id in names):
            screen.walks.walk_scenario(scenario.id)
            await settle(pilot)
            picture = drawn(pilot)
            lines = picture.split("\n")
            seen = squeezed("\n".join(line[34:] if size[0] == 120 else line for line in lines))
            answer = scene_of(pilot).shown.sentence("rfc")
            if squeezed(answer) not in squeezed("\n".join(lines[1:7])):
                missing.append((scenario.id, "answer"))
            if squeezed(scenario.hint) not in squeezed(picture):
                missing.append((scenario.id, "hint"))
            wanted = fixes(scene_of(pilot).whole.walk)
            if wanted and not any(squeezed(fix) in seen for fix in wanted):
                missing.append((scenario.id, wanted[0]))
    assert missing == []
