"""Where a learner is, and what a key does to that.

The session of a lesson is a value (`mailpath.lessons.session`).  This holds the latest one, asks the bench
what is right and whether a goal is met, has the screen show it, and keeps it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from mailpath.errors import MailpathError
from mailpath.facts import Path
from mailpath.lessons import library, memory
from mailpath.lessons.grammar import Do, Lesson, Reveal, See
from mailpath.lessons.session import Progress, Session, begin, judged, right_of
from mailpath.tui.learning.asking import keeps_to_one, posture_of
from mailpath.tui.learning.paint import Shown
from mailpath.tui.learning.session import LessonSession
from mailpath.tui.lens import Lens
from mailpath.tui.session import sentence
from mailpath.tui.styling import at_once
from mailpath.visible import visible
from mailpath.wording.phrases import count

if TYPE_CHECKING:
    from mailpath.tui.learning.screen import LearnScreen
    from mailpath.tui.scene import Scene

log = logging.getLogger(__name__)


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for.  `lesson`: one to begin with; `course`: the one whose lessons are listed, "" for
    all.  Neither: go on where somebody left off.
    """

    lesson: Lesson | None = None
    course: str = ""


class CourseController:
    """`at`: the session; None before a lesson is chosen.  `known`: how far each lesson has come."""

    def __init__(
        self, screen: LearnScreen, session: LessonSession, start: Start, clock: Callable[[], float]
    ) -> None:
        self._screen = screen
        self._session = session
        self._start = start
        self._clock = clock
        self.at: Session | None = None
        self.known: dict[str, Progress] = {}
        self.drafts: dict[int, str] = {}  # of this lesson: a scenario that was typed, and not published
        self._sessions: dict[str, Session] = {}
        self._cursor: int | None = None
        self._said = self._busy = ""
        self._began = 0.0  # when the question came
        self._opened = False  # the panel that a step begins with

    def want(self, start: Start) -> None:
        """What to begin with; told before the screen is there."""
        self._start = start

    @property
    def taken(self) -> tuple[Session, ...]:
        """Every lesson of this run, as far as it came."""
        return tuple(self._sessions.values())

    @property
    def open_options(self) -> int:
        """Of a question that waits for its answer: how many options there are."""
        return len(self.at.options) if self.at is not None and self.at.given is None else 0

    @property
    def in_task(self) -> bool:
        return self.at is not None and isinstance(self.at.step, Do)

    @property
    def is_covered(self) -> bool:
        """Whether the path stays hidden; before a lesson is chosen, too."""
        return self.at is None or self.at.is_covered

    # --- Lessons ---

    async def open(self) -> None:
        """Begin with what was asked for, or where somebody left off."""
        try:
            self.known = dict(await asyncio.to_thread(memory.recall))
        except memory.MemoryProblem as error:
            self._screen.complain((str(error),))
        lesson = self._start.lesson or self._left_off()
        if lesson is None:
            self._screen.list_lessons()
        else:
            self.begin(lesson)

    def _left_off(self) -> Lesson | None:
        """The lesson that was begun last, and is not finished."""
        listed = {each.id: each for each in self.lessons()}
        for name, progress in reversed(self.known.items()):
            if name in listed and not progress.done and (progress.step or progress.given):
                return listed[name]
        return None

    def lessons(self) -> tuple[Lesson, ...]:
        """Those to choose from, as they are listed: by course."""
        own = self._start.lesson
        if self._start.course:
            found = library.in_course(self._start.course)
        else:
            courses = list(library.courses())
            found = tuple(sorted(library.lessons(), key=lambda each: courses.index(each.courses[0])))
        return (own, *found) if own is not None and own not in library.lessons() else found

    def begin(self, lesson: Lesson) -> None:
        """From where it was left, or anew where it was finished."""
        kept = self.known.get(lesson.id)
        if kept is not None and kept.done:
            kept = Progress(lesson=lesson.id, done=True)
        self.drafts.clear()
        self._busy = ""
        self._session.scenario = None
        self._screen.forget_path()
        self._take(begin(lesson, kept), arrived=True)

    def follower(self) -> Lesson | None:
        """The lesson behind this one that is not done yet."""
        listed = self.lessons()
        names = [each.id for each in listed]
        here = names.index(self.at.lesson.id) if self.at is not None and self.at.lesson.id in names else -1
        return next((each for each in listed[here + 1 :] if not self.is_done(each.id)), None)

    def is_done(self, name: str) -> bool:
        return name in self.known and self.known[name].done

    @property
    def farewell(self) -> str:
        """One line that stays in the scrollback: how far this has come, and how to go on."""
        lessons = self.lessons()
        done = f"{sum(self.is_done(each.id) for each in lessons)} of {count(len(lessons), 'lesson')} done."
        at = self.at
        if at is None or self.is_done(at.lesson.id) or not (at.number or at.given):
            return done
        here = f"{visible(at.lesson.title)}, step {at.number + 1} of {len(at.lesson.step)}. {done}"
        return f"{here} mailpath learn goes on from there." if at.lesson in library.lessons() else here

    # --- What a learner does ---

    def point(self, place: int) -> None:
        """The option that Enter is to lock."""
        if place < self.open_options:
            self._cursor, self._said = place, ""
            self.draw()

    def point_on(self, direction: int) -> None:
        first = 0 if direction > 0 else self.open_options - 1
        self.point(first if self._cursor is None else (self._cursor + direction) % self.open_options)

    def click(self, place: int) -> None:
        """Once to point, twice to lock."""
        if place == self._cursor:
            self.enter()
        else:
            self.point(place)

    def enter(self) -> None:
        """Lock the choice, go on, or type an edit: whatever comes next here."""
        if self.at is None:
            self._screen.list_lessons()
        elif self.at.is_finished:
            self.go_on()
        elif self.open_options:
            if self._cursor is None:
                self._tell("First choose one.")
            else:
                self._work(self._choose(self.at.options[self._cursor].key), "The engine walks it.")
        else:
            self._screen.action_type_edit()

    def go_on(self) -> None:
        """To the next step; from the last one to the list."""
        if self.at is None or self._busy:
            return
        try:
            gone = self.at.go_on()
        except MailpathError as error:
            self._tell(str(error))
            return
        last = self.at.is_last
        self._take(gone, arrived=not last)
        if last:
            self._screen.list_lessons()

    def hint(self) -> None:
        self._change(lambda at: at.hint(), walks=False)

    def undo(self) -> None:
        self._change(lambda at: at.undo())

    def reset(self) -> None:
        self._change(lambda at: at.reset())

    def edit(self, text: str) -> None:
        """Make one edit, as it was typed or chosen."""
        self._change(lambda at: at.edit(text))

    def publish(self, text: str) -> None:
        """What the scenario is to be.  Raises `MailpathError`: the screen with the text says it there."""
        assert self.at is not None
        written = self.at.write(text)
        self.drafts.pop(self.at.number, None)
        self._change(lambda _: written)

    def _change(self, how: Callable[[Session], Session], *, walks: bool = True) -> None:
        if self.at is None or self._busy:
            return
        try:
            changed = how(self.at)
        except MailpathError as error:
            self._tell(str(error))
            return
        self._screen.pane.edit.value = ""
        if walks:
            self._work(self._judge(changed), "The engine builds this world, and walks it.")
        else:
            self._take(changed)

    async def _choose(self, key: str) -> None:
        at, seconds = self.at, self._clock() - self._began
        assert at is not None
        right = await self._session.ask(lambda bench: right_of(bench, at))
        self._take(at.choose(key, right, seconds))

    async def _judge(self, changed: Session) -> None:
        self._take(await self._session.ask(lambda bench: judged(bench, changed)))

    def _work(self, work: Coroutine[Any, Any, None], busy: str) -> None:
        """In the background; meanwhile the keys of the lesson wait."""
        if self._busy:
            work.close()
            return
        self._busy = busy
        self.draw()
        self._screen.run_worker(self._finish(work), group="lesson", exit_on_error=False)

    async def _finish(self, work: Coroutine[Any, Any, None]) -> None:
        said = ""
        try:
            await work
        except MailpathError as error:
            said = str(error)
        except Exception as error:
            log.exception("a step of a lesson")
            said = sentence(error, "This could not be walked")
        self._busy = ""
        self._tell(said)

    # --- Showing ---

    def _take(self, session: Session, *, arrived: bool = False) -> None:
        """`session` is where the learner is from now on.  `arrived`: at another step."""
        self.at, self._said = session, ""
        if arrived:
            self._cursor, self._began, self._opened = None, self._clock(), False
            self._screen.point_nowhere()
        self.known[session.lesson.id] = session.progress
        self._sessions[session.lesson.id] = session
        self._screen.run_worker(self._keep(session.progress), group="keep", exit_on_error=False)
        with at_once(self._screen):
            self._screen.cover(self.is_covered)
            if not self.is_covered:
                self._walk(session)
            self.draw()
        if arrived:
            self._screen.pane.text.scroll_home(animate=False)
        elif session.given is not None or session.is_finished:
            self._screen.call_after_refresh(self._screen.pane.text.scroll_end, animate=False)

    async def _keep(self, progress: Progress) -> None:
        try:
            await asyncio.to_thread(memory.keep, progress)
        except memory.MemoryProblem as error:
            self._screen.complain((str(error),))

    def _tell(self, said: str) -> None:
        self._said = said
        self.draw()
        if said:
            self._screen.call_after_refresh(self._screen.pane.text.scroll_end, animate=False)

    def draw(self) -> None:
        """The pane, as everything is now."""
        at = self.at
        shown = None
        if at is not None:
            shown = Shown(
                session=at,
                cursor=self._cursor,
                said=visible(self._said),
                busy=self._busy,
                beside=self._screen.is_wide,
            )
        self._screen.pane.show(shown)
        self._screen.refresh_bindings()

    # --- The path beside it ---

    def _walk(self, session: Session) -> None:
        """Show the world of this step on the path."""
        screen, world = self._screen, session.world
        posture = posture_of(session) or world.posture
        if posture:
            screen.posture = posture
        screen.keep_to_one(keeps_to_one(session))
        here = self._session.scenario == world.scenario
        if here and screen.scene is not None:
            self.dress(screen.scene)
            return
        if here and screen.walks.state.walking:
            return  # dressed when it is finished
        self._session.scenario = world.scenario
        screen.walks.walk(Path(recipient=world.scenario.domain, sender=world.scenario.sender))

    def dress(self, scene: Scene) -> None:
        """See the finished walk as the world of this step has it: its attack, its time, its policy."""
        if self.at is None or self.is_covered:
            return
        lens = self.lens(scene)
        if lens != self._screen.lenses.lens:
            self._screen.lenses.turn(lens)
        else:
            self.point_out(scene)

    def lens(self, scene: Scene) -> Lens:
        """How the world of this step looks on the recording."""
        assert self.at is not None
        world = self.at.world
        shift = world.clock + world.waited
        made = scene.replayer.capture.ground.made
        age = world.policy_age  # by then; the lens has it of now
        return Lens(
            attack=world.attack,
            at=made + shift if shift else None,
            policy_age=None if age is None else max(age - max(shift, 0), 0),
        )

    def point_out(self, scene: Scene) -> None:
        """The panel that a step is about: of one that reveals a line at that line, else once."""
        step = self.at.step if self.at is not None else None
        if not isinstance(step, Reveal | See | Do) or scene.lens != self.lens(scene):
            return
        if isinstance(step, Reveal):
            self._screen.reveal(step.panel, step.line)
        elif step.panel and not self._opened:
            self._screen.show_panel(step.panel, evidence=isinstance(step, See))
        self._opened = True

    def adopt(self) -> None:
        """In a task: what was chosen in a list beside the steps is an edit of the world, if it is another."""
        at, screen = self.at, self._screen
        if at is None or not isinstance(at.step, Do) or screen.scene is None:
            return
        meant, now, world = screen.lenses.lens, self.lens(screen.scene), at.world
        if meant.attack != now.attack:
            self.edit(f"attack {meant.attack or 'none'}")
        elif meant.at != now.at:
            made = screen.scene.replayer.capture.ground.made
            self.edit(f"clock {max((meant.at or made) - made - world.waited, 0)}s")
        elif screen.posture != (world.posture or screen.posture) or (
            not world.posture and "posture" in at.step.may
        ):
            self.edit(f"posture {screen.posture}")
        if self._said:  # it may not be changed here: the world is as it was
            screen.lenses.turn(replace(now))
            if world.posture:
                screen.posture = world.posture
