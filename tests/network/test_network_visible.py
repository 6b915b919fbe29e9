"""Whatever a stranger wrote comes through the one door as plain, printable text."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailpath.visible import LIMIT, visible


def test_every_character_comes_out_printable():
    for point in range(sys.maxunicode + 1):
        char = chr(point)
        shown = visible(char)
        assert shown.isprintable(), hex(point)
        if char.isspace() and char != " ":
            assert shown.startswith("\\"), f"{point:#x} poses as a space"


@pytest.mark.parametrize("space", ["\u00a0", "\u2007", "\u202f", "\u3000", "\u1680"])
def test_a_space_that_is_not_one_is_seen(space):
    assert visible(f"v=STSv1;{space}id=1") != f"v=STSv1;{space}id=1"
    assert space not in visible(f"v=STSv1;{space}id=1".encode())


@given(st.text() | st.binary(max_size=3 * LIMIT))
def test_whatever_is_written_is_one_bounded_printable_line(value):
    shown = visible(value)
    assert shown.isprintable()
    assert len(shown) <= LIMIT
