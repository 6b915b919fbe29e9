"""What the pane of a lesson says, as lines.  Pure: a session, and what the screen knows beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from textual.content import Content
from textual.style import Style

from mailpath.facts.steps import TITLES
from mailpath.lessons.grammar import Do, Explain, Predict, Reveal, See, Step, Transfer
from mailpath.lessons.session import Session
from mailpath.lessons.worlds import World, value_at
from mailpath.tui.text import QUIET, Glyphs, wrap
from mailpath.visible import visible
from mailpath.wording.phrases import count
from mailpath.wording.times import span

LETTERS = "ABCDE"
#: Widest text of a lesson: longer lines are hard to follow.
MOST_CELLS = 76
#: What the learner is to do at a step.
KINDS = {
    "predict": "What will happen?",
    "see": "See it",
    "explain": "Why?",
    "do": "Your turn",
    "reveal": "The line that matters",
    "transfer": "And elsewhere?",
}
_HINTS = ("Where to look", "What to change", "The solution")
_NEXT_HINT = (
    "h: a hint, where to look",
    "h: the next hint, what to change",
    "h: the last hint, the solution",
    "",
)


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """`cursor`: place of the option that Enter would lock; None: none yet.  `said`: what was wrong with the
    last key, or came of it; `busy`: what is under way.  `beside`: whether the path is in sight."""

    session: Session
    cursor: int | None = None
    said: str = ""
    busy: str = ""
    beside: bool = True


def paint(shown: Shown, width: int, glyphs: Glyphs) -> list[Content]:
    """All of the pane."""
    width = min(width, MOST_CELLS)
    session = shown.session
    lines = list(_head(session, width, glyphs))
    match session.step:
        case Predict() | Transfer() | Explain():
            lines += _question(shown, width, glyphs)
        case Do():
            lines += _task(session, session.step, width, glyphs)
        case Reveal():
            lines += _line(session.step, width)
            lines += [*_text(session.step.says, width), Content("")]
        case See():
            lines += [*_text(session.step.says, width), Content("")]
    if shown.said:
        lines += [*_text(shown.said, width, "$warning"), Content("")]
    lines += _text(shown.busy or _what_next(shown), width, QUIET)
    return lines


def plain(text: str) -> str:
    """A text of a lesson, which may be somebody else's, in one line that a terminal can be given."""
    return visible(" ".join(text.split()), limit=4000)


def _text(text: str, width: int, style: str = "") -> list[Content]:
    return [Content.styled(line, style) for line in wrap(plain(text), width)]


def _head(session: Session, width: int, glyphs: Glyphs) -> Iterator[Content]:
    lesson, number = session.lesson, session.number
    yield from _text(lesson.title, width, "bold")
    dots = (
        ""
        if glyphs.other.isspace()
        else "".join(glyphs.chosen if place <= number else glyphs.other for place in range(len(lesson.step)))
    )
    kind = KINDS[tag(session.step)]
    dots = f"{dots}  " if dots else ""
    yield Content.assemble((dots, "$primary"), (f"{number + 1} of {len(lesson.step)}  {kind}", QUIET))
    yield Content("")
    if number == 0:
        yield from _text(lesson.about, width)
        yield Content("")


def tag(step: Step) -> str:
    """Its kind, as the file has it."""
    return str(step.__struct_config__.tag)


def _line(step: Reveal, width: int) -> Iterator[Content]:
    """The line that it is about, as the panel has it."""
    yield Content.styled(f"{TITLES[step.panel]} says", QUIET)
    yield from (Content.styled(f"  {line}", "$accent") for line in wrap(plain(step.line), width - 2))
    yield Content("")


def _question(shown: Shown, width: int, glyphs: Glyphs) -> Iterator[Content]:
    session, given = shown.session, shown.session.given
    assert isinstance(session.step, Predict | Transfer | Explain)
    yield from _text(session.step.ask, width)
    yield Content("")
    for place, option in enumerate(session.options):
        sign, style = " ", ""
        if given is None:
            here = place == shown.cursor
            sign, style = (glyphs.chosen, "bold") if here else (glyphs.other, "")
        elif option.key == given.right:
            sign, style = glyphs.passed, "$success"
        elif option.key == given.choice:
            sign, style = glyphs.failed, "$error"
        else:
            style = QUIET
        yield from _option(place, option.text, sign, style, width)
    yield Content("")
    if given is not None:
        word, style = ("Right.", "$success bold") if given.is_right else ("Not so.", "$error bold")
        told = wrap(f"{word} {plain(session.feedback)}", width)
        yield Content.assemble((word, style), told[0][len(word) :])
        yield from (Content(line) for line in told[1:])
        yield Content("")


def _option(place: int, text: str, sign: str, style: str, width: int) -> Iterator[Content]:
    lead = f"{sign} {LETTERS[place]}  "
    for number, line in enumerate(wrap(plain(text), width - len(lead))):
        drawn = Content.styled(f"{lead if number == 0 else ' ' * len(lead)}{line}", style)
        yield drawn.stylize(Style.from_meta({"option": place}))


def _task(session: Session, step: Do, width: int, glyphs: Glyphs) -> Iterator[Content]:
    yield from _text(step.task, width)
    yield Content("")
    world, moves = session.world, session.moves
    yield from _text(f"World: {told_world(world)}.", width, QUIET)
    yield from _text(f"You may change: {', '.join(step.may)}.", width, QUIET)
    for key in step.may:
        yield from _stands(key, value_at(world.scenario, key), width)
    yield Content("")
    yield Content.styled(f"Edits: {len(moves)}, par {step.par}", "bold")
    for number, move in enumerate(moves, 1):
        for place, line in enumerate(wrap(plain(move), width - 4)):
            yield Content(f"{number if place == 0 else '':>2}  {line}")
    yield Content("")
    for title, hint in zip(_HINTS, session.hints, strict=False):
        yield Content.styled(title, "$accent bold")
        for line in hint.splitlines():
            yield from _text(line, width, "$accent")
        yield Content("")
    if session.is_finished:
        over = len(moves) - step.par
        told = f"in {count(len(moves), 'edit')}" + (f", {over} over par" if over > 0 else "")
        yield Content.styled(f"{glyphs.passed} The goal is reached, {told}.", "$success bold")
        yield from _text(step.done, width)
        yield Content("")
    elif moves:
        yield from _text(f"{glyphs.weak} Not there yet. {session.missing}", width, "$warning")
        yield Content("")


def _stands(key: str, value: Any, width: int) -> Iterator[Content]:
    """What is there now of something that may be changed; a table is to be seen in the text."""
    if value is None or isinstance(value, dict):
        return
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        lines = [f"  {key}:", *(f"    {plain(each)}" for each in value)]
    elif isinstance(value, list):
        lines = [f"  {key}: {', '.join(f'{each:g}' for each in value)}"]
    else:
        lines = [f"  {key}: {plain(str(value))}"]
    for line in lines:
        indent = len(line) - len(line.lstrip())
        for number, part in enumerate(wrap(line.lstrip(), width - indent - 2)):
            yield Content.styled(" " * (indent + 2 * bool(number)) + part, QUIET)


def told_world(world: World) -> str:
    """Sender, attack and times, in a few words."""
    shift = world.clock + world.waited
    parts = [
        f"the sender is {world.posture}" if world.posture else "",
        f"attack {world.attack}" if world.attack else "no attack",
        f"{span(shift)} from now" if shift > 0 else "",
        f"policy fetched {span(world.policy_age)} ago" if world.policy_age is not None else "",
    ]
    return visible(", ".join(part for part in parts if part))


def _what_next(shown: Shown) -> str:
    """The keys that lead on from here."""
    session, turn = shown.session, "" if shown.beside else " l shows the path."
    if session.is_finished:
        where = "ends the lesson" if session.is_last else "goes on"
        return f"Enter {where}.{turn}"
    if session.options:
        if shown.cursor is None:
            last = LETTERS[len(session.options) - 1]
            return f"Choose: A to {last}, or the arrows. Then Enter locks it."
        return f"Enter locks {LETTERS[shown.cursor]}. It stays as it is then."
    assert isinstance(session.step, Do)
    return " ".join(f"{each}." for each in task_keys(session, session.step) if each) + turn


def task_keys(session: Session, step: Do) -> Iterable[str]:
    """Of a task, what its keys do here: those for which something may be changed."""
    heads = {each.split(".")[0] for each in step.may}
    yield "i: type an edit" + (" (Tab completes it)" if heads else "")
    if heads & {"zone", "server", "sts", "fault"}:
        yield "E: the scenario as text"
    for head, keys in (("attack", "a, then Enter: an attack"), ("posture", "o, then Enter: a posture")):
        if head in heads:
            yield keys
    if "clock" in heads:
        yield "t, then Enter: the clock"
    yield _NEXT_HINT[len(session.hints)]
    yield "u: undo" if session.moves else ""
    yield "U: reset" if len(session.moves) > 1 else ""
