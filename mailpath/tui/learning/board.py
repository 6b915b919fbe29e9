"""What stands before a class, as lines: large, with air between them.  Pure."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from textual.content import Content

from mailpath.facts.steps import TITLES
from mailpath.lessons.grammar import Do, Explain, Predict, Reveal, See, Step, Transfer
from mailpath.lessons.hands import Hands, hands_for
from mailpath.lessons.judging import Seen
from mailpath.lessons.session import Session, said_to
from mailpath.tui.learning.paint import KINDS, LETTERS, plain, tag, told_world
from mailpath.tui.text import OUTCOME_STYLE, QUIET, STATUS_STYLE, Glyphs, outcome_word, wrap

#: Cells of the bar of a whole class; in little room.
_BAR, _SHORT_BAR = 16, 10
#: Cells from which on a step's summary stands behind its word.
_SUMMARIES = 70


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """`opening`: the lesson is only named yet, and told what it is about.  `cursor`: place of the option that
    hands are counted for.  `right`, `seen`: what the bench found; "" and None until it has."""

    session: Session
    opening: bool = False
    hands: Hands = hands_for(0)
    cursor: int | None = None
    revealed: bool = False
    right: str = ""
    seen: Seen | None = None
    said: str = ""

    @property
    def hides(self) -> bool:
        """Whether there is something to reveal."""
        asks = isinstance(self.session.step, Predict | Transfer | Explain | Do)
        return asks and not self.revealed and not self.opening

    @property
    def waits(self) -> bool:
        """Whether what is to be revealed is still looked up."""
        return self.hides and not self.right and not isinstance(self.session.step, Do)


class Room(msgspec.Struct, frozen=True):
    """How much of it is taken.  `airy`: lines stand apart, and each bar has one of its own.  `asked`: the
    question is there to read."""

    width: int
    airy: bool = True
    asked: bool = True

    @property
    def gap(self) -> list[Content]:
        return [Content("")] if self.airy else []


def paint_board(board: Board, width: int, glyphs: Glyphs, height: int = 0) -> list[Content]:
    """All of it, as large as `height` allows; 0: as it looks best.  What is longer in the tightest form, too,
    is to be scrolled."""
    rooms = [Room(width), Room(width, airy=False)]
    if board.revealed:
        rooms.append(Room(width, airy=False, asked=False))
    lines: list[Content] = []
    for room in rooms:
        lines = list(_painted(board, room, glyphs))
        if not height or len(lines) <= height:
            break
    return lines


def _painted(board: Board, room: Room, glyphs: Glyphs) -> Iterator[Content]:
    session, step, width = board.session, board.session.step, room.width
    yield from _head(board, room)
    if board.opening:
        yield from _opening(session, room, glyphs)
        return
    if room.asked:
        yield from _asked(step, width)
        yield from room.gap
    match step:
        case Predict() | Transfer() | Explain():
            yield from _options(board, room, glyphs)
        case See():
            yield from _walk(board.seen, width, glyphs)
        case Do():
            told = f"World: {told_world(session.world)}. To change: {', '.join(step.may)}."
            yield from _text(told, width, QUIET)
            if board.revealed:
                yield from room.gap
                for edit in step.solution:
                    yield from _text(edit, width, "$success bold")
                yield from room.gap
                yield from _text(step.done, width)
    if board.said:
        yield from room.gap
        yield from _text(board.said, width, "$warning")


def _head(board: Board, room: Room) -> Iterator[Content]:
    """Title and step; in little room on one line, if they go there."""
    lesson, width = board.session.lesson, room.width
    number = f"{board.session.number + 1} of {len(lesson.step)}"
    kind = f"{lesson.minutes} min" if board.opening else f"{number}  {KINDS[tag(board.session.step)]}"
    title = plain(lesson.title)
    if not room.airy and len(title) + 2 + len(kind) <= width:
        yield Content.assemble((title, "$primary bold"), (f"{kind:>{width - len(title)}}", QUIET))
    else:
        yield from _text(title, width, "$primary bold")
        yield Content.styled(kind, QUIET)
    yield Content("")


def _opening(session: Session, room: Room, glyphs: Glyphs) -> Iterator[Content]:
    lesson = session.lesson
    yield from _text(lesson.about, room.width, "bold")
    if lesson.aims:
        yield from room.gap
        yield Content.styled("Afterwards you can", QUIET)
        for aim in lesson.aims:
            lead = f"{glyphs.other if not glyphs.other.isspace() else '-'} "
            for place, line in enumerate(wrap(plain(aim), room.width - len(lead))):
                yield Content(f"{lead if not place else ' ' * len(lead)}{line}")


def _asked(step: Step, width: int) -> Iterator[Content]:
    match step:
        case Predict() | Transfer() | Explain():
            yield from _text(step.ask, width, "bold")
        case See():
            yield from _text(step.says, width, "bold")
        case Reveal():
            yield from _text(f"{TITLES[step.panel]}:", width, QUIET)
            yield from _text(f"  {step.line}", width, "$accent bold")
            yield Content("")
            yield from _text(step.says, width, "bold")
        case Do():
            yield from _text(step.task, width, "bold")


def _text(text: str, width: int, style: str = "") -> Iterator[Content]:
    yield from (Content.styled(line, style) for line in wrap(plain(text), width))


def _options(board: Board, room: Room, glyphs: Glyphs) -> Iterator[Content]:
    width, hands = room.width, board.hands
    counted = bool(sum(map(sum, hands.votes))) or board.cursor is not None
    for place, option in enumerate(board.session.options):
        sign, style = " ", "bold"
        if board.revealed:
            is_right = option.key == board.right
            sign, style = (glyphs.passed, "$success bold") if is_right else (" ", QUIET)
        elif place == board.cursor:
            sign, style = glyphs.chosen, "$primary bold"
        lead = f"{sign} {LETTERS[place]}  "
        told = wrap(plain(option.text), width - len(lead))
        lines = [
            Content.styled(f"{lead if number == 0 else ' ' * len(lead)}{line}", style)
            for number, line in enumerate(told)
        ]
        if counted and room.airy:
            lines.append(Content(" " * len(lead)) + _tally(hands, place, glyphs, _BAR))
        elif counted:
            tally = _tally(hands, place, glyphs, _SHORT_BAR)
            if len(lines[-1]) + len(tally) > width:
                lines.append(Content(""))
            lines[-1] += Content(" " * (width - len(lines[-1]) - len(tally))) + tally
        yield from (line.rstrip() for line in lines)
    yield from room.gap
    if board.revealed:
        yield from _text(said_to(board.session.step, board.right, board.right), width, "bold")
    elif hands.second:
        yield Content.styled("Second vote. Space reveals.", QUIET)
    else:
        told_keys = "A letter, then how many hands. v: talk, and vote again. Space reveals."
        yield from _text(told_keys, width, QUIET) if room.airy else ()


def _tally(hands: Hands, place: int, glyphs: Glyphs, bar: int) -> Content:
    """Both votes of an option beside each other.  `bar`: cells of that of a whole class."""
    parts = []
    for second in (False, True) if hands.second else (False,):
        line = glyphs.line * round(bar * (hands.share(place, second=second) or 0))
        drawn = f"{hands.votes[second][place]:>4} {line:<{bar}}"
        parts.append((drawn, "$accent" if second else "$primary"))
    return Content.assemble(*parts)


def _walk(seen: Seen | None, width: int, glyphs: Glyphs) -> Iterator[Content]:
    """Each step of the walk in a line, and what becomes of the mail."""
    if seen is None:
        yield Content.styled("The engine walks it.", QUIET)
        return
    for each in seen.walk.steps:
        lead = f"{TITLES[each.id]:<9} {glyphs.of(each.status)} "
        told = f"{plain(each.word)}  {plain(each.summary)}" if width >= _SUMMARIES else plain(each.word)
        summary = wrap(told, width - len(lead))
        yield Content.assemble(lead, (summary[0], STATUS_STYLE[each.status]))
        yield from (Content(f"{'':{len(lead)}}{line}") for line in summary[1:])
    verdict = seen.verdict
    read = ", and the attacker reads it" if seen.reads else ""
    told = f"{glyphs.of(verdict.outcome)} {verdict.posture}: {outcome_word(verdict.outcome.value)}{read}"
    yield Content("")
    yield from _text(told, width, f"{'$error' if seen.reads else OUTCOME_STYLE[verdict.outcome.value]} bold")
