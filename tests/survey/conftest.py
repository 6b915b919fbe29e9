"""One survey of the whole lab, shared by the tests of what comes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from surveys import Make, about, survey

from mailpath.survey.store import Store

if TYPE_CHECKING:
    from mailpath.lab import Lab


@pytest.fixture(scope="session")
def surveyed(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of a survey of every scenario."""
    folder = tmp_path_factory.mktemp("survey") / "store"
    mails = {scenario.domain: number for number, scenario in enumerate(lab.scenarios, 1)}
    with Store.create(folder, about(), mails) as store:
        survey(store, lab)
    return folder


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes a store of domains, one mail each."""
    made: list[Store] = []

    def create(domains: Iterable[str]) -> Store:
        made.append(Store.create(tmp_path / f"store{len(made)}", about(), dict.fromkeys(domains, 1)))
        return made[-1]

    yield create
    for store in made:
        store.close()
