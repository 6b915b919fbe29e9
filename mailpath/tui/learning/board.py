"""What stands before a class, as lines: large, with air between them.  Pure."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from textual.content import Content

from mailpath.facts.steps import TITLES
from mailpath.lessons.grammar import Do, Explain, Predict, Reveal, See, Transfer
from mailpath.lessons.hands import Hands, hands_for
from mailpath.lessons.judging import Seen
from mailpath.lessons.session import Session, said_to
from mailpath.tui.learning.paint import KINDS, LETTERS, plain, tag, told_world
from mailpath.tui.text import OUTCOME_STYLE, QUIET, STATUS_STYLE, Glyphs, outcome_word, wrap

#: Cells of the bar of a whole class.
_BAR = 16
#: Cells from which on a step's summary stands behind its word.
_SUMMARIES = 70


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """`cursor`: place of the option that hands are counted for.  `right`, `seen`: what the bench found;
    "" and None until it has."""

    session: Session
    hands: Hands = hands_for(0)
    cursor: int | None = None
    revealed: bool = False
    right: str = ""
    seen: Seen | None = None
    said: str = ""

    @property
    def hides(self) -> bool:
        """Whether there is something to reveal."""
        return not self.revealed and isinstance(self.session.step, Predict | Transfer | Explain | Do)

    @property
    def waits(self) -> bool:
        """Whether what is to be revealed is still looked up."""
        return self.hides and not self.right and not isinstance(self.session.step, Do)


def paint_board(board: Board, width: int, glyphs: Glyphs) -> list[Content]:
    """All of it."""
    session, step = board.session, board.session.step
    lesson = session.lesson
    number = f"{session.number + 1} of {len(lesson.step)}"
    lines = [
        *_text(lesson.title, width, "$primary bold"),
        Content.styled(f"{number}  {KINDS[tag(step)]}", QUIET),
    ]
    lines.append(Content(""))
    match step:
        case Predict() | Transfer() | Explain():
            lines += [*_text(step.ask, width, "bold"), Content("")]
            lines += _options(board, width, glyphs)
        case See():
            lines += [*_text(step.says, width, "bold"), Content(""), *_walk(board.seen, width, glyphs)]
        case Reveal():
            lines += _text(f"{TITLES[step.panel]}:", width, QUIET)
            lines += [*_text(f"  {step.line}", width, "$accent bold"), Content("")]
            lines += _text(step.says, width, "bold")
        case Do():
            lines += [*_text(step.task, width, "bold"), Content("")]
            lines += _text(
                f"World: {told_world(session.world)}. To change: {', '.join(step.may)}.", width, QUIET
            )
            if board.revealed:
                lines.append(Content(""))
                lines += [line for edit in step.solution for line in _text(edit, width, "$success bold")]
                lines += [Content(""), *_text(step.done, width)]
    if board.said:
        lines += [Content(""), *_text(board.said, width, "$warning")]
    return lines


def _text(text: str, width: int, style: str = "") -> Iterator[Content]:
    yield from (Content.styled(line, style) for line in wrap(plain(text), width))


def _options(board: Board, width: int, glyphs: Glyphs) -> Iterator[Content]:
    for place, option in enumerate(board.session.options):
        sign, style = " ", "bold"
        if board.revealed:
            is_right = option.key == board.right
            sign, style = (glyphs.passed, "$success bold") if is_right else (" ", QUIET)
        elif place == board.cursor:
            sign, style = glyphs.chosen, "$primary bold"
        lead = f"{sign} {LETTERS[place]}  "
        for number, line in enumerate(wrap(plain(option.text), width - len(lead))):
            yield Content.styled(f"{lead if number == 0 else ' ' * len(lead)}{line}", style)
        if sum(map(sum, board.hands.votes)) or board.cursor is not None:
            yield _tally(board.hands, place, glyphs)
    yield Content("")
    if board.revealed:
        yield from _text(said_to(board.session.step, board.right, board.right), width, "bold")
    elif board.hands.second:
        yield Content.styled("Second vote. Space reveals.", QUIET)
    else:
        told = "A letter, then how many hands. v: talk, and vote again. Space reveals."
        yield from _text(told, width, QUIET)


def _tally(hands: Hands, place: int, glyphs: Glyphs) -> Content:
    """Both votes of an option beside each other."""
    parts = []
    for second in (False, True):
        share = hands.share(place, second=second)
        if second and not hands.second:
            break
        bar = glyphs.line * round(_BAR * (share or 0))
        parts.append(
            (f"{hands.votes[second][place]:>3} {bar:<{_BAR}}  ", "$accent" if second else "$primary")
        )
    return Content.assemble("     ", *parts).rstrip()


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
