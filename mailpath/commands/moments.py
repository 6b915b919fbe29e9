"""Times and ages on the command line."""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple

import click

from mailpath.wording.times import LAST, UNITS

#: RFC 3339 section 5.6, with the blank that its note allows in place of the T.
_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})", re.ASCII)
#: RFC 3339's full-date alone: the day's first second in UTC.
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
#: A year, or a date or time that lost its dashes (20261123), is not taken for seconds.
_BARE_DATE = re.compile(r"(?:19|20)\d\d(?:\d\d|\d{4}|\d{8})?", re.ASCII)

_AGE = re.compile(r"(?P<amount>[0-9]{1,10})(?P<unit>[smhdw]?)", re.ASCII)


class Offset(NamedTuple):
    """Seconds later than the walk, or earlier: `--at +7d`, `--at -2h`."""

    seconds: int


def seen_from(made: int, at: int | Offset | None) -> int:
    """`at` in Unix seconds, of a walk that was made then.  Raises `click.UsageError`."""
    if not isinstance(at, Offset):
        return made if at is None else at
    if not 0 <= made + at.seconds <= LAST:
        raise click.UsageError("--at: That is not between the years 1970 and 9999.")
    return made + at.seconds


def moment(ctx: click.Context, param: click.Parameter, value: str | None) -> int | Offset | None:
    """RFC 3339 ("2026-11-23T12:00:00Z"; a date alone: 00:00Z) or Unix seconds, as Unix seconds; or how far
    that is from the walk ("+7d", "-2h").
    """
    if value is None:
        return None
    text = value.strip()
    if text.startswith(("+", "-")):
        found = _AGE.fullmatch(text[1:])
        if found is None or not found["unit"]:
            sentence = f"{text!r} is no span of time: use a number with s, m, h, d or w, as in +7d or -2h."
            raise click.BadParameter(sentence, ctx, param)
        return Offset(int(f"{text[0]}{found['amount']}") * UNITS[found["unit"]])
    try:
        seconds = _unix(text) if text.isascii() and text.isdigit() else _rfc3339(text)
    except (ValueError, OverflowError):
        sentence = (
            f"{text!r} is neither RFC 3339 (2026-11-23T12:00:00Z, or only a date) nor Unix seconds, nor a"
            " span of time (+7d, -2h)."
        )
        raise click.BadParameter(sentence, ctx, param) from None
    if not 0 <= seconds <= LAST:
        raise click.BadParameter(f"{text!r} is not between the years 1970 and 9999.", ctx, param)
    return seconds


def _unix(text: str) -> int:
    if _BARE_DATE.fullmatch(text):
        raise ValueError
    return int(text)


def _rfc3339(text: str) -> int:
    if _DAY.fullmatch(text):
        text += "T00:00:00Z"
    if not _RFC3339.fullmatch(text):
        raise ValueError
    return int(datetime.fromisoformat(text.upper()).timestamp())


def age(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """ "3600", "90m", "12h", "3d", "2w" as seconds."""
    if value is None:
        return None
    found = _AGE.fullmatch(value.strip())
    if found is None:
        sentence = f"{value!r} is not an age: use seconds, or a number with s, m, h, d or w, as in 3d."
        raise click.BadParameter(sentence, ctx, param)
    return int(found["amount"]) * UNITS[found["unit"] or "s"]
