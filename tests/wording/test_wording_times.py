"""Moments and spans: what no calendar holds, and the unit in which a span is told."""

from __future__ import annotations

import pytest

from mailpath.wording.times import FIRST, LAST, away, rfc3339, span, utc


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (59, "in 59 s"),
        (7200, "in 2 h"),
        (14 * 86400, "in 14 d"),
        (-3 * 86400, "3 d ago"),
        (10**9, "in 31 y"),
        (14 * 86400 - 2, "in 14 d"),
    ],
)
def test_times_in_one_unit(seconds: int, text: str) -> None:
    assert away(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (90, "90 seconds"),
        (86400, "1 day"),
        (86401, "24 hours"),
        (14 * 86400, "14 days"),
        (365 * 86400, "1 year"),
        (730 * 86400, "2 years"),
    ],
)
def test_spans_in_full(seconds: int, text: str) -> None:
    assert span(seconds, full=True) == text


def test_every_moment_is_in_the_calendar() -> None:
    assert [utc(at) for at in (-1, 0, LAST)] == [
        "1969-12-31 23:59 UTC",
        "1970-01-01 00:00 UTC",
        "9999-12-31 23:59 UTC",
    ]
    assert utc(LAST + 1) == utc(2**70) == utc(LAST)
    assert utc(-(2**70)) == utc(FIRST)
    assert utc(None) == "an unknown date"
    assert rfc3339(LAST + 86400) == "9999-12-31T23:59:59Z"
