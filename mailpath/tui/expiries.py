"""What ends when, as the clock's list and the words below it tell it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from mailpath.tui.text import QUIET, Glyphs, Row, outcome_word, wrap
from mailpath.wording.times import away, day, utc

if TYPE_CHECKING:
    from mailpath.tui.widgets.choices import Label
    from mailpath.whatif import Moment

#: Cells for the first line of a label, and for the lines below it.
WIDTH = 31
_BELOW = 44
#: Owners named for one kind of thing that ends, and things told at length; more are counted.
_MOST_NAMED = 3
_MOST_TOLD = 4


class ClockStop(msgspec.Struct, frozen=True):
    """Where the clock can be set to: right after `moments`, which all end at one time."""

    at: int
    moments: tuple[Moment, ...]


class Outlook(msgspec.Struct, frozen=True):
    """What becomes of the mail at a stop.  `renewed`: had the signatures that ended before been renewed;
    "" where none had ended, or where the recording cannot tell."""

    outcome: str
    renewed: str = ""


def stops(moments: tuple[Moment, ...]) -> tuple[ClockStop, ...]:
    """`moments` in order, those of one time together; the clock stands a second behind them."""
    together: dict[int, list[Moment]] = {}
    for moment in sorted(moments):
        together.setdefault(moment.at, []).append(moment)
    return tuple(ClockStop(at + 1, tuple(ending)) for at, ending in together.items())


class _Kind(msgspec.Struct, frozen=True):
    """`label`: in the list.  `word`: before the words below it."""

    label: str
    word: str
    style: str = ""


#: What ends, by what breaks first for most senders.
_KINDS = {
    "server": _Kind("server cert", "Cert", "bold $accent"),
    "policy host": _Kind("policy host cert", "Cert"),
    "signatures": _Kind("signatures", "RRSIG"),
    "policy": _Kind("MTA-STS policy", "Policy"),
    "CA": _Kind("CA cert", "CA cert", QUIET),
}


def _kind(moment: Moment) -> str:
    return moment.part or moment.what


def label(stop: ClockStop, now: int) -> Label:
    """ "2027-01-22  in 60 d", and below it "server cert, mx1.b.example"."""
    lines = [(f"{day(stop.at - 1)}  {away(stop.at - 1 - now)}", "")]
    for name, kind in _KINDS.items():
        owners = _owners(each.subject for each in stop.moments if _kind(each) == name)
        if owners:
            lines += [(line, kind.style) for line in wrap(f"{kind.label}, {owners}", _BELOW)]
    return lines


def label_now(now: int, word: str) -> Label:
    """`word`: what that time is called."""
    date, clock = day(now), utc(now)[11:]
    told = f"{date}  {word}, {clock}"
    return [(told if len(told) <= WIDTH else f"{date} {clock[:5]} {word}", "")]


def _owners(subjects: Iterable[str]) -> str:
    names = sorted(set(subjects), key=_nearest)
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join("the root" if name == "." else name for name in names[:_MOST_NAMED]) + more


def _nearest(name: str) -> tuple[int, str]:
    """Sorts zones by length: the recipient's own before its parents, and the root last."""
    return -len([part for part in name.split(".") if part]), name


def at_now(stops: Sequence[ClockStop], now: int) -> list[Row]:
    """What to say while the clock stands on now: what has ended, and what ends first."""
    rows: list[Row] = []
    gone = [(each, stop.at) for stop in stops if stop.at <= now for each in stop.moments]
    for each, at in gone[-_MOST_TOLD:]:
        rows.append(Row("Expired", f"{_what(each)}: {utc(at - 1)}", style="$error"))
    coming = next((stop for stop in stops if stop.at > now), None)
    if coming is not None:
        text = f"Down goes to the next expiry, {away(coming.at - 1 - now)}. No packet is sent."
        rows.append(Row("", text, style=QUIET, label_style=""))
    elif not rows:
        rows.append(Row("", "Nothing on this path expires.", style=QUIET, label_style=""))
    return rows


def at_stop(
    stop: ClockStop, stops: Sequence[ClockStop], now: int, outlook: Outlook | None, glyphs: Glyphs
) -> list[Row]:
    """What ends at `stop`; before that, what had ended by then and may be what breaks the mail."""
    rows = [Row("Expires", utc(stop.at - 1))]
    earlier = [each for each in stops if now < each.at < stop.at and _signatures(each)]
    if earlier:
        zones = _owners(each.subject for other in earlier for each in _signatures(other))
        text = f"by then the signatures of {zones} have expired too ({day(earlier[0].at - 1)})"
        rows.append(Row("But", f"{text}.", style="$warning"))
        if outlook is not None and outlook.renewed:
            mark = f"{glyphs.of(outlook.renewed)} {outcome_word(outlook.renewed)}"
            rows.append(Row("", f"If they are renewed in time: {mark}."))
    told = sorted(stop.moments, key=lambda each: (list(_KINDS).index(_kind(each)), _nearest(each.subject)))
    rows += [Row(_KINDS[_kind(each)].word, f"{each.subject}: {each.detail}") for each in told[:_MOST_TOLD]]
    if len(told) > _MOST_TOLD:
        rows.append(Row("", f"and {len(told) - _MOST_TOLD} more"))
    return rows


def _signatures(stop: ClockStop) -> list[Moment]:
    return [each for each in stop.moments if each.what == "signatures"]


def _what(moment: Moment) -> str:
    return f"{_KINDS[_kind(moment)].label} of {moment.subject}"


def knows_renewed(stop: ClockStop, stops: Sequence[ClockStop], now: int) -> bool:
    """Whether it can be told what the mail would do at `stop` had the signatures been renewed by then: a
    certificate of an MX host is judged anew as of any time, what was fetched from the policy host is not."""
    certificates = [each for other in stops for each in other.moments if each.what == "certificate"]
    fetched = {each.subject for each in certificates if each.part == "policy host"}
    if any(each.subject in fetched and each.at < stop.at for each in certificates):
        return False
    return any(_signatures(other) for other in stops if now < other.at < stop.at)
