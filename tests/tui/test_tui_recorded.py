"""A finished walk and its recording: what is kept of it, what is forgotten, and one host of it alone."""

from __future__ import annotations

from typing import Any

from mailpath.tui import recorded as module
from mailpath.tui.recorded import Recorded
from mailpath.tui.stack import load


def of(walks: Any, scenario: str) -> Recorded:
    walked = walks.of(scenario)
    return Recorded(walked.capture, walked.walk, load())


def test_the_longest_unused_time_is_forgotten_and_never_the_walks_own(walks: Any) -> None:
    recorded = of(walks, "plaintext")
    kept = {at: recorded._at(at) for at in (None, 1, 2, 3)}
    assert recorded._at(1) is kept[1]
    recorded._at(4)
    assert set(recorded._rewalks) == {None, 1, 3, 4}
    for at in range(10, 20):
        recorded._at(at)
    assert len(recorded._rewalks) == 4
    assert recorded._at(None) is kept[None]


def test_answers_are_bounded_and_a_walk_gone_by_keeps_none(walks: Any) -> None:
    answers: dict[int, int] = {}
    for number in range(200):
        module._keep(answers, number, number)
    assert list(answers) == list(range(136, 200))
    recorded = of(walks, "two-mx-weak")
    bench = recorded.bench
    bench.sentence("rfc")
    alone = bench.of_host(bench.hosts[0])
    recorded.rest()
    assert not bench._verdicts
    assert not bench._sentences
    assert bench.of_host(bench.hosts[0]) is not alone
