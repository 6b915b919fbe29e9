"""docs/design.md is what the code cites, and nothing cites a page that is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECTIONS = set(re.findall(r"^## (\d+)\. ", (ROOT / "docs" / "design.md").read_text(encoding="utf-8"), re.M))
CITED = re.compile(r"\bdesign(?:\.md)?,? sections? ([0-9]+(?:(?:, | and )[0-9]+)*)", re.I)


def texts() -> Iterator[tuple[Path, str]]:
    for folder in ("mailpath", "scripts", "tests", "docs", "."):
        for file in sorted((ROOT / folder).glob("*" if folder == "." else "**/*")):
            if file.is_file() and file.suffix in {".py", ".toml", ".json", ".md", ".tcss", ".j2", ""}:
                yield file, file.read_text(encoding="utf-8", errors="replace")


def test_the_sections_are_numbered_in_order() -> None:
    assert sorted(map(int, SECTIONS)) == list(range(1, len(SECTIONS) + 1))


def test_every_section_that_is_cited_is_there() -> None:
    for file, text in texts():
        for cited in CITED.findall(text):
            missing = set(re.findall(r"\d+", cited)) - SECTIONS
            assert not missing, f"{file.relative_to(ROOT)} cites section {', '.join(sorted(missing))}"


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/design.md", "docs/api.md"])
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for named in re.findall(
        r"`((?:mailpath|tests|docs|scripts)/[\w./-]+)`|\b(\w+\.md)\b|\b(docs/\w+\.md)", text
    ):
        name = next(filter(None, named))
        assert (ROOT / name).exists() or (ROOT / "docs" / name).exists(), f"{page} names {name}"
