"""Every code of the catalogue is found on a walk: the tables of this folder are played again and watched."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from itertools import product
from types import ModuleType
from typing import Any

import pytest
import test_findings_hosts
import test_findings_mx
import test_findings_trust

from mailpath.facts import Walk
from mailpath.findings import CATALOGUE, Finding, find

TABLES = (test_findings_hosts, test_findings_mx, test_findings_trust)


def calls(module: ModuleType) -> Iterator[tuple[Callable[..., None], dict[str, Any]]]:
    """Each test of the module with each row of its tables."""
    for name, test in inspect.getmembers(module, inspect.isfunction):
        if not name.startswith("test_"):
            continue
        tables = []
        for mark in getattr(test, "pytestmark", ()):
            assert mark.name == "parametrize"
            names, rows = mark.args
            listed = [names] if isinstance(names, str) and "," not in names else names
            tables.append(
                [dict(zip(listed, [row] if isinstance(names, str) else row, strict=True)) for row in rows]
            )
        for rows in product(*tables):
            yield test, {key: value for row in rows for key, value in row.items()}


def test_every_code_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    reached: set[str] = set()

    def watched(walk: Walk, *, requiretls: bool = False) -> tuple[Finding, ...]:
        found = find(walk, requiretls=requiretls)
        reached.update(each.code for each in found)
        return found

    for module in TABLES:
        monkeypatch.setattr(module, "find", watched)
        for test, row in calls(module):
            test(**row)
    missing = sorted(set(CATALOGUE) - reached)
    where = ", ".join(f"{module.__name__}.py" for module in TABLES)
    assert not missing, f"no walk shows {', '.join(missing)}: add a row to a table in {where}"
