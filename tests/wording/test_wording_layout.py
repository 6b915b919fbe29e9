"""Lines of cells: what it costs to break a foreign text."""

from __future__ import annotations

import pytest

from mailpath.wording.layout import cells, wrapped


@pytest.mark.parametrize("char", ["W", "界"])
def test_a_text_of_one_word_is_not_measured_whole_for_each_of_its_lines(char: str) -> None:
    """Twice as long takes twice as much, and not four times."""
    measured = []
    for length in (2000, 4000):
        seen = 0

        def count(text: str) -> int:
            nonlocal seen
            seen += len(text)
            return cells(text)

        lines = wrapped(char * length, 40, count)
        assert "".join(lines) == char * length
        assert {cells(line) for line in lines} == {40}
        measured.append(seen)
    assert measured[1] < 2.1 * measured[0]
