"""The catalogue: stable codes, whole sentences, nothing that no walk can show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailpath.facts import STEPS
from mailpath.findings import CATALOGUE, Entry, step_of

GOLDEN = Path(__file__).with_name("codes.txt")


def test_codes_are_stable() -> None:
    """A code that a monitoring rule names today means the same tomorrow."""
    told = "".join(f"{entry.code} {entry.title}\n" for entry in CATALOGUE.values())
    advice = f"a new code is a new line in {GOLDEN.name}, in the catalogue's order; no other line changes"
    assert told.splitlines() == GOLDEN.read_text(encoding="utf-8").splitlines(), advice


@pytest.mark.parametrize("entry", CATALOGUE.values(), ids=lambda entry: entry.code)
def test_an_entry_says_what_it_means_and_how_to_mend_it(entry: Entry) -> None:
    assert step_of(entry.code) in STEPS
    assert re.fullmatch(r"RFC \d+( section \d+(\.\d+)*)?", entry.rfc)
    assert entry.meaning.endswith(".")
    assert not entry.title.endswith(".")
    assert len(entry.title) < 60
    for text in (entry.title, entry.meaning, entry.fix):
        assert text == " ".join(text.split())
        assert text.isprintable()


def test_what_is_no_code_has_no_step() -> None:
    with pytest.raises(KeyError):
        step_of("XY001")
    with pytest.raises(KeyError):
        step_of("TLSA2")
