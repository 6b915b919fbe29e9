"""Small grammar: names keep their case, marks are not doubled."""

from __future__ import annotations

import pytest

from mailpath.wording.phrases import clause, count, join_and, sentence


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("the key changed", "The key changed."),
        ("The key changed.", "The key changed."),
        ("mx1.b.example: no route", "mx1.b.example: no route."),
        ("to whom?", "To whom?"),
        ("cut here…", "Cut here…"),
        ("", ""),
    ],
)
def test_sentences(text: str, made: str) -> None:
    assert sentence(text) == made


def test_a_name_of_one_label_keeps_its_case() -> None:
    assert sentence("localhost does not exist.", "localhost") == "localhost does not exist."


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("The key changed.", "the key changed"),
        ("A record is missing.", "a record is missing"),
        ("DANE applies.", "DANE applies"),
        ("mx1.b.example is unsigned", "mx1.b.example is unsigned"),
        ("", ""),
    ],
)
def test_clauses(text: str, made: str) -> None:
    assert clause(text) == made


def test_lists_and_numbers() -> None:
    assert [join_and("abc"[:number]) for number in (1, 2, 3)] == ["a", "a and b", "a, b and c"]
    assert [count(1, "host"), count(2, "host"), count(0, "address")] == ["1 host", "2 hosts", "0 addresses"]
