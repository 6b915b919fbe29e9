"""Every scenario of the lab, walked for real on loopback: outcomes, report, capture and replay."""

from __future__ import annotations

import asyncio
import io
import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from mailpath.facts import STEPS
from mailpath.findings import find
from mailpath.judge import judge
from mailpath.judge.presets import PRESETS
from mailpath.lab import scenarios
from mailpath.network import capture as captures
from mailpath.network.recording import key_of
from mailpath.network.replay import Replay
from mailpath.report import json as json_report
from mailpath.walk import StepFinished, StepStarted, walk

if TYPE_CHECKING:
    from conftest import Walks

SCENARIOS = [scenario.id for scenario in scenarios()]


def told(outcome: str, after_retry: bool) -> str:
    return f"{outcome}/retry" if after_retry else outcome


def test_there_is_a_lesson_for_every_case() -> None:
    assert len(SCENARIOS) >= 15
    assert len(set(SCENARIOS)) == len(SCENARIOS)


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_outcome_is_what_the_scenario_expects(name: str, walks: Walks) -> None:
    walked = walks.of(name)
    assert walked.scenario.expect
    wrong = {}
    for posture, expected in walked.scenario.expect.items():
        verdict = judge(walked.walk, PRESETS[posture])
        got = told(verdict.outcome, verdict.after_retry)
        if got != expected:
            wrong[posture] = f"expected {expected}, got {got}: {verdict.reason}"
    assert wrong == {}


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_step_starts_finishes_and_says_a_plain_sentence(name: str, walks: Walks) -> None:
    walked = walks.of(name)
    started = [event.id for event in walked.events if isinstance(event, StepStarted)]
    finished = [event.result.id for event in walked.events if isinstance(event, StepFinished)]
    assert sorted(started) == sorted(STEPS[:-1])
    assert set(finished) == set(STEPS[:-1])
    assert [step.id for step in walked.walk.steps] == list(STEPS[:-1])
    for step in walked.walk.steps:
        assert step.word != "BUG", step.summary
        assert step.word == step.word.upper()
        assert step.summary.rstrip()[-1] in ".!?…)", step.summary


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_json_report_keeps_its_schema(name: str, walks: Walks, report_schema: dict[str, Any]) -> None:
    walked = walks.of(name)
    report = json.loads(json_report.render(walks.result(name)))
    jsonschema.Draft202012Validator(report_schema).validate(report)
    assert report["recipient"] == walked.scenario.domain
    assert set(report["verdicts"]) == set(PRESETS)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_replay_finds_the_same_facts_verdicts_and_findings(name: str, walks: Walks) -> None:
    """Through the file: what is written is read back, and no network is there."""
    walked = walks.of(name)
    file = io.BytesIO()
    captures.dump(walked.capture, file)
    file.seek(0)
    network = Replay(captures.load(file))
    again = asyncio.run(walk(walked.walk.path, network, network.ground.made))
    assert again == walked.walk
    assert find(again) == find(walked.walk)
    for posture in PRESETS.values():
        assert judge(again, posture) == judge(walked.walk, posture)


def test_nothing_is_asked_twice(walks: Walks) -> None:
    for name in ("dane-good", "sts-enforce"):
        exchanges = walks.of(name).capture
        keys = [key_of(exchange) for exchange in exchanges.exchanges]
        assert len(keys) == len(set(keys))


def test_the_walk_does_not_hang_on_the_order_of_answers(walks: Walks) -> None:
    """The same exchanges, each answered after a delay of its own, in another order every time."""
    walked = walks.of("two-mx-weak")

    class Shuffled(Replay):
        def __init__(self, capture: captures.Capture, seed: int) -> None:
            super().__init__(capture)
            self.seed = seed

        async def _later(self, key: object) -> None:
            for _ in range((hash(str(key)) ^ self.seed * 2654435761) % 17):
                await asyncio.sleep(0)

        async def ask(self, question: Any) -> Any:
            await self._later(question)
            return await super().ask(question)

        async def fetch(self, request: Any) -> Any:
            await self._later(request)
            return await super().fetch(request)

        async def converse(self, request: Any) -> Any:
            await self._later(request)
            return await super().converse(request)

    for seed in range(12):
        network = Shuffled(walked.capture, seed)
        assert asyncio.run(walk(walked.walk.path, network, network.ground.made)) == walked.walk
