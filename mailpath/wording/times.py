"""Moments and spans of time, as people and programs read them.

A moment is Unix time in seconds, a span a number of seconds.  The calendar ends with the year 9999 (RFC 5280
section 4.1.2.5 takes its last second for "no end", Python has no later date): a later moment, which a
signature seen from then may have, is written as that second.
"""

from __future__ import annotations

from datetime import UTC, datetime

from mailpath.wording.phrases import count

#: The calendar's first second, of the year 1, and its last, of the year 9999.
FIRST, LAST = -62135596800, 253402300799
DAY = 86400
#: Seconds in a unit of time, as people and configurations write it: 7d.
UNITS = {"s": 1, "m": 60, "h": 3600, "d": DAY, "w": 7 * DAY}


def calendar(moment: int) -> datetime:
    """`moment` in UTC, or the end of the calendar nearest to it."""
    return datetime.fromtimestamp(min(max(moment, FIRST), LAST), UTC)


def utc(moment: int | None) -> str:
    """ "2026-12-07 16:53 UTC"; None is a date that nobody knows."""
    return "an unknown date" if moment is None else f"{calendar(moment):%Y-%m-%d %H:%M UTC}"


def to_the_second(moment: int) -> str:
    """ "2026-11-23 12:00:00 UTC"."""
    return f"{calendar(moment):%Y-%m-%d %H:%M:%S UTC}"


def day(moment: int) -> str:
    """ "2026-11-23", in UTC."""
    return f"{calendar(moment):%Y-%m-%d}"


def rfc3339(moment: int) -> str:
    """ "2026-11-23T12:00:00Z"."""
    return f"{calendar(moment):%Y-%m-%dT%H:%M:%SZ}"


_UNITS = ((365 * DAY, "y", "year"), (DAY, "d", "day"), (3600, "h", "hour"), (60, "min", "minute"))


def span(seconds: int, *, full: bool = False) -> str:
    """In the largest unit of which there are two, or exactly one: "14 d", "36 h"; `full`: "14 days".

    What lacks less than a hundredth of a unit has it: a walk takes a moment.
    """
    for size, short, name in _UNITS:
        amount = (seconds + size // 100) // size
        if amount >= 2 or seconds == size:
            return count(amount, name) if full else f"{amount} {short}"
    return count(seconds, "second") if full else f"{seconds} s"


def away(seconds: int) -> str:
    """ "in 14 d", "3 h ago"."""
    return f"in {span(seconds)}" if seconds >= 0 else f"{span(-seconds)} ago"


def milliseconds(elapsed_ms: float) -> str:
    """ "12 ms", "1.24 s"."""
    return f"{elapsed_ms:.0f} ms" if elapsed_ms < 1000 else f"{elapsed_ms / 1000:.2f} s"
