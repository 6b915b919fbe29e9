"""Over the whole lab: no step is weak or broken without a finding that says why, and all text is plain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mailpath.facts import Status
from mailpath.findings import find, step_of
from mailpath.lab import scenarios

if TYPE_CHECKING:
    from conftest import Walks


@pytest.mark.parametrize("name", [scenario.id for scenario in scenarios()])
def test_what_is_weak_or_broken_is_explained(name: str, walks: Walks) -> None:
    walk = walks.of(name).walk
    found = find(walk)
    explained = {step_of(each.code) for each in found}
    wanting = {step.id for step in walk.steps if step.status in (Status.WEAK, Status.FAIL)}
    assert wanting <= explained
    for each in found:
        for text in (each.subject, each.message, each.found, each.got, each.fix):
            assert text.isprintable(), each
        assert each.message.endswith((".", "…", ")")), each
        assert ".." not in each.message.replace("…", ""), each


def test_one_cause_of_bogus_answers_is_told_once(walks: Walks) -> None:
    (told,) = [each for each in find(walks.of("bogus").walk) if each.code == "SEC012"]
    assert told.subject == "bogus.example MX"
    assert told.message.startswith("bogus.example MX, mx1.bogus.example AAAA, mx1.bogus.example A, _mta-sts.")
    assert " are bogus: the signatures expired on " in told.message
