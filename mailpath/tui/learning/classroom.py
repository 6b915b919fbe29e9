"""One lesson before a class: a question, hands, a talk, hands again, and then what the engine finds.

After Mazur's peer instruction: who has to say what will happen, and then to convince a neighbour, learns more
than who is shown it (Crouch and others, 2004).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from msgspec.structs import replace
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen

from mailpath.lessons.grammar import Do, Explain, Lesson, Predict, See, Transfer
from mailpath.lessons.hands import Hands, hands_for
from mailpath.lessons.judging import Bench, Seen
from mailpath.lessons.session import Progress, Session, right_of
from mailpath.tui import aside, theme
from mailpath.tui.app import BaseApp
from mailpath.tui.learning import keys
from mailpath.tui.learning.board import Board, paint_board
from mailpath.tui.preferences import Preferences
from mailpath.tui.session import sentence
from mailpath.tui.text import Glyphs
from mailpath.tui.widgets.keyline import KeyLine
from mailpath.tui.widgets.wrapped_text import WrappedText

if TYPE_CHECKING:
    from mailpath.tui.screens.menu import Goal

log = logging.getLogger(__name__)


class Found(msgspec.Struct, frozen=True):
    """What the bench found of a step: `right`, the key of the right option; `seen`, the walk."""

    right: str = ""
    seen: Seen | None = None


def at_step(lesson: Lesson, number: int) -> Session:
    """The lesson at step `number`, each task before it done as its solution says."""
    edits = {place: step.solution for place, step in enumerate(lesson.step[:number]) if isinstance(step, Do)}
    return Session(lesson, Progress(lesson=lesson.id, step=number, edits=edits))


async def look_up(bench: Bench, session: Session) -> Found:
    """What a step needs.  Raises `MailpathError`."""
    step = session.step
    if isinstance(step, Predict | Transfer | Explain):
        return Found(right=await right_of(bench, session))
    if isinstance(step, See):
        world = session.world
        return Found(seen=await bench.see(world, step.posture or world.posture or "rfc"))
    return Found()


class ClassScreen(Screen[None]):
    """`board`: what stands on it."""

    AUTO_FOCUS = "#board"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.CLASS]

    def __init__(self, lesson: Lesson, bench: Bench, glyphs: Glyphs) -> None:
        super().__init__()
        self._lesson = lesson
        self._bench = bench
        self._glyphs = glyphs
        self._words = WrappedText()
        self._hands: dict[int, Hands] = {}
        self._found: dict[int, Found] = {}
        self._revealed: set[int] = set()
        self._fresh = True  # the next digit begins a number
        self.board = Board(session=at_step(lesson, 0), opening=True)

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="board"):
            yield self._words
        yield KeyLine()

    def on_mount(self) -> None:
        self.go_to(0, opening=True)

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def go_to(self, number: int, *, opening: bool = False) -> None:
        """Show step `number`; what it needs is looked up meanwhile.  `opening`: first what it is about."""
        session = at_step(self._lesson, number)
        hands = self._hands.setdefault(number, hands_for(len(session.options)))
        found = self._found.get(number, Found())
        self.board = Board(
            session=session,
            opening=opening,
            hands=hands,
            revealed=number in self._revealed,
            right=found.right,
            seen=found.seen,
        )
        self._draw()
        self.query_one("#board").scroll_home(animate=False)
        if number not in self._found:
            self.run_worker(self._look_up(session), group="look", exit_on_error=False)

    async def _look_up(self, session: Session) -> None:
        try:
            found = await aside.run(lambda: look_up(self._bench, session))
        except Exception as error:
            log.exception("step %s of a lesson", session.number + 1)
            self._change(said=sentence(error, "This could not be walked"))
            return
        self._found[session.number] = found
        if self.board.session.number == session.number:
            self._change(right=found.right, seen=found.seen)

    def _change(self, **changed: Any) -> None:
        self.board = replace(self.board, **changed)
        self._draw()

    def _draw(self) -> None:
        board, glyphs = self.board, self._glyphs
        height = self.query_one("#board").content_size.height
        self._words.show(lambda width: paint_board(board, width, glyphs, height))
        self.refresh_bindings()

    # --- Keys ---

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("digit", "erase", "vote"):
            return bool(self._options)
        if action == "option":
            place = parameters[0]
            return isinstance(place, int) and place < self._options
        return True

    @property
    def _options(self) -> int:
        """How many there are to raise a hand for."""
        return 0 if self.board.opening else len(self.board.session.options)

    def action_option(self, place: int) -> None:
        """Hands are counted for this one."""
        self._fresh = True
        self._change(cursor=place)

    def action_move(self, direction: int) -> None:
        options, cursor = self._options, self.board.cursor
        if not options:
            self.query_one("#board").scroll_relative(y=direction, animate=False)
        else:
            first = 0 if direction > 0 else options - 1
            self.action_option(first if cursor is None else (cursor + direction) % options)

    def action_digit(self, digit: int) -> None:
        before = 0 if self._fresh else self._counted()
        self._fresh = False
        self._count(before * 10 + digit)

    def action_erase(self) -> None:
        self._fresh = False
        self._count(self._counted() // 10)

    def _counted(self) -> int:
        hands, cursor = self.board.hands, self.board.cursor
        return hands.votes[hands.second][cursor] if cursor is not None else 0

    def _count(self, hands: int) -> None:
        if self.board.cursor is not None:
            self._put(self.board.hands.count(self.board.cursor, hands))

    def action_vote(self) -> None:
        """They have talked: from here on hands count for the second vote."""
        self._fresh = True
        self._put(self.board.hands.vote_again())

    def _put(self, hands: Hands) -> None:
        self._hands[self.board.session.number] = hands
        self._change(hands=hands)

    def action_go_on(self) -> None:
        """Reveal; then go on."""
        board, number = self.board, self.board.session.number
        if board.opening:
            self._change(opening=False)
        elif board.waits:
            self._change(said="One moment: the engine walks it.")
        elif board.hides:
            self._revealed.add(number)
            self._change(revealed=True, said="")
            self.call_after_refresh(self.query_one("#board").scroll_end, animate=False)
        else:
            self.action_step(1)

    def action_step(self, direction: int) -> None:
        self._fresh = True
        if self.board.opening and direction > 0:
            self._change(opening=False)
            return
        number = self.board.session.number + direction
        if number < 0:
            self.go_to(0, opening=True)
        elif number < len(self._lesson.step):
            self.go_to(number)

    def action_quit(self) -> None:
        self.app.exit()


class ClassApp(BaseApp):
    """Light, for a projector."""

    def __init__(self, lesson: Lesson, bench: Bench, **look: Any) -> None:
        """`look`: as `BaseApp` has it."""
        light = Preferences(theme=theme.LIGHT.name)
        super().__init__(preferences=light, sheets=("learning/classroom.tcss",), **look)
        self._room = ClassScreen(lesson, bench, self.glyphs)

    def get_default_screen(self) -> Screen[Any]:
        return self._room

    @property
    def recent(self) -> tuple[str, ...]:
        return ()

    def goals(self) -> Iterator[Goal]:
        """The keys are few: the last line has them."""
        return iter(())

    def action_menu(self) -> None:
        """There is none."""

    def leave(self) -> None:
        self.exit()
