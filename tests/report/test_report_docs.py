"""The generated pages say what the product says.  (The attacks' page takes the lab: `make check`.)"""

from __future__ import annotations

from pathlib import Path

import pytest
import scripted

from mailpath.attacks.catalogue import ATTACKS
from mailpath.findings import CATALOGUE
from mailpath.judge import Event
from mailpath.judge.presets import PRESETS
from mailpath.judge.rules import catalogue
from mailpath.lab import scenarios

ROOT = Path(__file__).parents[2]
RUN = "docs/attacks.md is not current: run make docs"


@pytest.mark.parametrize("page", ["findings.md", "deviations.md", "events.md", "scenarios.md"])
def test_a_generated_page_is_current(page: str) -> None:
    status, told = scripted.ran("docs.py", "--check", page)
    assert (status, told) == (0, "")


def test_the_pages_are_complete() -> None:
    found = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    assert [code for code in CATALOGUE if f"\n### {code}: " not in found] == []
    rules = (ROOT / "docs" / "deviations.md").read_text(encoding="utf-8")
    assert [each for each in catalogue() if f"\n### {each}\n" not in rules] == []
    events = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
    assert [each for each in Event if f"\n| `{each}` | " not in events] == []
    table = (ROOT / "docs" / "attacks.md").read_text(encoding="utf-8")
    assert [each.id for each in scenarios() if f"\n## {each.id}: " not in table] == [], RUN
    assert [name for name in ATTACKS if f"`{name}`" not in table] == [], RUN
    for section in table.split("\n## ")[1:]:
        named = [name for row in section.splitlines()[4:] for name in row.split("|")[1].strip().split(", ")]
        assert sorted(named) == sorted(PRESETS), RUN
