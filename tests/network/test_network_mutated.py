"""Spoilt captures: a clear error, or a load that walks, is judged and rendered like any other.

A bounded part of what tests/interop does two thousand times and with an eye on memory.
"""

from __future__ import annotations

import random
from typing import Any

import msgspec
import mutated

from mailpath.judge.presets import PRESETS

SCENARIOS = ("sts-enforce", "dane-stale", "null-mx")
JUDGED = (PRESETS["rfc"],)
EXAMPLES = 160


def test_spoilt_captures(walks: Any) -> None:
    originals = [msgspec.json.encode(walks.of(scenario).capture) for scenario in SCENARIOS]
    assert {mutated.outcome(data, JUDGED) for data in originals} == {mutated.LOADED}
    told = set()
    for number in range(EXAMPLES):
        rng = random.Random(number)
        data = mutated.spoilt(rng.choice(originals), rng)
        try:
            told.add(mutated.outcome(data, JUDGED))
        except Exception as error:
            raise AssertionError(f"random.Random({number}) leads to {error!r}") from error
    assert told == {mutated.REFUSED, mutated.LOADED}
