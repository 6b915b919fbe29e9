"""What all domains are seen through is chosen in lists: postures, attacks, times."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from msgspec.structs import replace
from textual.content import Content
from textual.widgets.option_list import Option

from mailpath.attacks.catalogue import ATTACKS, COMBINATIONS
from mailpath.survey.again import Look
from mailpath.survey.viewing import Seen
from mailpath.tui.screens.finding import FindScreen
from mailpath.tui.text import QUIET, Glyphs, Row, clean
from mailpath.wording.times import utc

if TYPE_CHECKING:
    from mailpath.tui.controllers.judging import SurveyJudge

#: What a choice comes to: through what all is seen, and the pinned postures.
Taken = tuple[Seen, tuple[str, ...]]
NONE, NOW = "none", "now"
_DAY = 86_400
#: Seconds after the survey began.
_LATER = {
    "in 1 day": _DAY,
    "in 7 days": 7 * _DAY,
    "in 14 days": 14 * _DAY,
    "in 30 days": 30 * _DAY,
    "in 60 days": 60 * _DAY,
    "in 90 days": 90 * _DAY,
    "in 180 days": 180 * _DAY,
    "in 1 year": 365 * _DAY,
}


def lists(what: str, judge: SurveyJudge, glyphs: Glyphs) -> tuple[FindScreen, Callable[[str], Taken]]:
    """The list to choose from, and what a name of it comes to.  `what`: "pin", "today", "attack", "clock"."""
    return {"pin": _pins, "today": _today, "attack": _attacks, "clock": _times}[what](judge, glyphs)


def _pins(judge: SurveyJudge, glyphs: Glyphs) -> tuple[FindScreen, Callable[[str], Taken]]:
    def take(name: str) -> Taken:
        seen, pins = judge.seen, judge.pins
        if name not in pins:
            return replace(seen, posture=name), (*pins, name)
        rest = tuple(each for each in pins if each != name)
        if not rest:  # one there is always
            return seen, pins
        return replace(seen, posture=rest[0] if seen.posture == name else seen.posture), rest

    rows = _postures(judge, glyphs, judge.pins)
    return _dialogue("Postures to compare", rows, "Enter pins it, or lets go of it", judge.seen.posture), take


def _today(judge: SurveyJudge, glyphs: Glyphs) -> tuple[FindScreen, Callable[[str], Taken]]:
    def take(name: str) -> Taken:
        return replace(judge.seen, today=name), judge.pins

    rows = _postures(judge, glyphs, [judge.seen.today])
    return _dialogue("Today's posture", rows, "Enter compares with it", judge.seen.today), take


def _dialogue(title: str, rows: list[tuple[Option, str]], enter: str, begin: str) -> FindScreen:
    return FindScreen(title, rows, box="picker", find="Type to find a posture", enter=enter, begin=begin)


def _postures(judge: SurveyJudge, glyphs: Glyphs, marked: Iterable[str]) -> list[tuple[Option, str]]:
    """Every posture that is known; first those that are `marked`."""
    assert judge.read is not None
    marks = list(marked)
    names = [*marks, *(name for name in judge.read.postures if name not in marks)]
    known = judge.read.postures
    titles = {name: clean(known[name].title) if name in known else "" for name in names}
    wide = max(map(len, names), default=0)
    rows = []
    for name in names:
        sign = glyphs.pinned if name in marks else " "
        prompt = Content.assemble((f"{sign} ", "$primary"), f"{clean(name):{wide}}  ", (titles[name], QUIET))
        rows.append((Option(prompt, id=name), f"{name} {titles[name]}"))
    return rows


def _attacks(judge: SurveyJudge, glyphs: Glyphs) -> tuple[FindScreen, Callable[[str], Taken]]:
    def take(name: str) -> Taken:
        look = replace(judge.seen.look, attack="" if name == NONE else name)
        return replace(judge.seen, look=look), judge.pins

    wide = max(map(len, ATTACKS))
    rows = [(Option(Content(NONE), id=NONE), NONE)]
    for name, attack in ATTACKS.items():
        prompt = Content.assemble(f"{name:{wide}}  ", (attack.title, QUIET))
        rows.append((Option(prompt, id=name), f"{name} {attack.title} {attack.does}"))
    rows += [(Option(Content(name), id=name), name) for name in COMBINATIONS]

    def tell(name: str) -> list[Row]:
        parts = [ATTACKS[each] for each in name.split("+") if each in ATTACKS]
        if not parts:
            return [Row("", "No attacker: the survey as it is.", style=QUIET, label_style="")]
        return [Row("Does", " ".join(each.does for each in parts)), Row("Stopped", parts[-1].stopped_by)]

    dialogue = FindScreen(
        "An attacker on all paths",
        rows,
        box="picker",
        find="Type to find an attack",
        enter="Enter puts it there",
        begin=judge.seen.look.attack or NONE,
        about=lambda name: tell(name) if name else [],
    )
    return dialogue, take


def _times(judge: SurveyJudge, glyphs: Glyphs) -> tuple[FindScreen, Callable[[str], Taken]]:
    assert judge.read is not None
    began = judge.read.about.began
    moments = {name: began + seconds for name, seconds in _LATER.items()}

    def take(name: str) -> Taken:
        look = Look(judge.seen.look.attack, moments.get(name))
        return replace(judge.seen, look=look), judge.pins

    now = Content.assemble(f"{NOW:12}  ", ("as recorded", QUIET))
    rows = [(Option(now, id=NOW), f"{NOW} as recorded")]
    for name, moment in moments.items():
        rows.append(
            (Option(Content.assemble(f"{name:12}  ", (utc(moment), QUIET)), id=name), f"{name} {utc(moment)}")
        )
    begin = next((name for name, moment in moments.items() if moment == judge.seen.look.at), NOW)
    dialogue = FindScreen(
        "Time: what has expired by then",
        rows,
        box="picker",
        find="Type to find a time, counted from when the survey began",
        enter="Enter moves the clock there",
        begin=begin,
    )
    return dialogue, take
