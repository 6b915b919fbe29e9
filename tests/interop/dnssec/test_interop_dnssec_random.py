"""Our validator against unbound and delv over zones that chance made; MAILPATH_SEED chooses others."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import interop_observers as observers
import interop_random
import pytest
from interop_internet import internet
from interop_model import NAMED, UNBOUND
from interop_observers import Asked, Ours

SEED = int(os.environ.get("MAILPATH_SEED", "20261128"))
QUESTIONS = 150
_JUDGED = ("secure", "insecure", "bogus")


@dataclass(frozen=True)
class Random:
    """What everybody says of the same questions; `ours`: through unbound, then through named."""

    unbound: dict[Asked, str]
    delv: dict[Asked, str]
    ours: tuple[dict[Asked, Ours], dict[Asked, Ours]]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Random]:
    zones = interop_random.zones(SEED)
    asked = interop_random.questions(SEED, zones, QUESTIONS)
    with internet(tmp_path_factory.mktemp("random"), zones) as running:
        yield Random(
            observers.unbound(running, asked),
            observers.delv(running, asked),
            (
                observers.ours(running, asked, UNBOUND, "alone"),
                observers.ours(running, asked, NAMED, "together"),
            ),
        )


def test_where_unbound_and_delv_agree_so_do_we(said: Random) -> None:
    agreed = {
        question: status
        for question, status in said.unbound.items()
        if status in _JUDGED and said.delv[question] == status
    }
    differing = [
        (question, status, ours[question])
        for question, status in agreed.items()
        for ours in said.ours
        if ours[question].found != "failed" and ours[question].status != status
    ]
    assert not differing, f"seed {SEED}"
    assert len(agreed) >= QUESTIONS * 2 // 3, Counter(said.unbound.values())


def test_nothing_is_secure_that_is_so_to_neither(said: Random) -> None:
    for question, status in said.unbound.items():
        if "secure" not in (status, said.delv[question]):
            assert "secure" not in {ours[question].status for ours in said.ours}, (SEED, question)
