"""The path's screen with a lesson beside it, and the app that begins with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from mailpath.lessons.grammar import Do
from mailpath.tui.app import MailpathApp
from mailpath.tui.controllers.looking import LensController
from mailpath.tui.controllers.reading import Reader
from mailpath.tui.controllers.walking import WalkController
from mailpath.tui.learning import keys
from mailpath.tui.learning.course import CourseController, Start
from mailpath.tui.learning.pane import LessonPane
from mailpath.tui.learning.session import LessonSession
from mailpath.tui.scene import Scene
from mailpath.tui.screens.keys import APP, READ, WHAT_IF
from mailpath.tui.screens.path import PathScreen
from mailpath.tui.session import Session
from mailpath.tui.text import QUIET

#: What has no meaning in a lesson: it says what is walked.
_NOT_HERE = frozenset({"edit", "swap", "lab", "scenario", "history", "plan"})
#: What works while the path is covered: nothing that could tell what is behind.
_COVERED = frozenset(
    {"next", "lesson", "lessons", "leave", "help", "light_or_dark", "suspend_process", "back", "copy_text"}
)


class LessonWalks(WalkController):
    """The lesson says what is walked, and how it is seen."""

    _screen: LearnScreen

    def _enter_lab(self) -> None:
        self._screen.run_worker(self._screen.course.open(), group="lesson", exit_on_error=False)

    def _show_finished(self, scene: Scene) -> None:
        super()._show_finished(scene)
        self._screen.course.dress(scene)


class LessonLens(LensController):
    """The catalogue is not tried behind the learner's back: it would say which attack is the one to find."""

    def sum_up(self) -> None:
        """Nothing is told of what was not tried."""


class LessonReader(Reader):
    """Somebody who reads the lesson goes on reading it."""

    _screen: LearnScreen

    def rest(self) -> None:
        if self._screen.focused not in (self._screen.pane.text, self._screen.pane.edit):
            super().rest()


class LearnScreen(PathScreen):
    """`course` knows where the learner is; `pane` shows it."""

    AUTO_FOCUS = "#lesson-text"
    WALKS = LessonWalks
    KEYS = {"Lesson": keys.LEARN, "In the text": keys.PANE, "Read": READ, "What if": WHAT_IF, "App": APP}  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [*keys.LEARN]
    # The path has what the lesson leaves.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (160, "-wide")]  # noqa: RUF012

    def __init__(self, session: Session, *given: Any, clock: Callable[[], float], **options: Any) -> None:
        super().__init__(session, *given, clock=clock, **options)
        assert isinstance(session, LessonSession)
        self.lenses = LessonLens(self)
        self.reader = LessonReader(self)
        self.course = CourseController(self, session, Start(), clock)
        self.pane = LessonPane(self.course, self.glyphs)
        self.covering = Static(id="cover")
        self.add_class("-covered", update=False)  # before there is a lesson, too

    def compose(self) -> ComposeResult:
        *path, last = super().compose()
        yield Horizontal(self.pane, Vertical(self.covering, *path, id="path"), id="both")
        yield last

    @property
    def is_wide(self) -> bool:
        """Whether lesson and path stand beside each other."""
        return not self.has_class("-narrow")

    def on_resize(self) -> None:
        self.course.draw()

    # --- What the course asks for ---

    def cover(self, covered: bool) -> None:
        """Hide the path, and forget what is known of it; or show it."""
        if covered and not self.has_class("-covered"):
            self.forget_path()
        self.set_class(covered, "-covered")
        if covered:
            self.covering.update(Content.styled("Covered, until you have chosen.", QUIET))
            self.show_path(False)

    def forget_path(self) -> None:
        """Nothing that was walked is shown, or comes back."""
        self.walks.forget()
        self.clear("")

    def show_scene(self, scene: Scene) -> None:
        super().show_scene(scene)
        self.course.point_out(scene)

    def keep_to_one(self, kept: bool) -> None:
        """Whether only the verdict of one sender is shown."""
        self.set_class(kept, "-one")
        if self.scene is not None:
            self._mark_postures(self.scene)

    def _mark_postures(self, scene: Scene) -> None:
        if self.has_class("-one"):
            self.side.postures.mark({})
        else:
            super()._mark_postures(scene)

    def reveal(self, step: str, line: str) -> None:
        """Open the panel of `step` where it says `line`."""
        self.reader.open(step)
        self.steps.panel(step).point_to(line)

    def show_panel(self, step: str, *, evidence: bool) -> None:
        """Open the panel of `step`: what it means, or the evidence."""
        self.reader.open(step)
        self.steps.panel(step).evidence = evidence

    def point_nowhere(self) -> None:
        """The panel that a step was about is like any other again."""
        panel = self.steps.open_panel
        if panel is not None:
            panel.evidence = False
            if panel.pointed:
                panel.point_to("")

    def show_path(self, shown: bool) -> None:
        """On a narrow screen there is one of the two."""
        self.set_class(shown, "-path")
        if shown:
            self.set_focus(self.reader.place)
            if self.scene is not None:
                self.course.point_out(self.scene)
        else:
            self.set_focus(self.pane.text)

    def list_lessons(self) -> None:
        """Choose a lesson."""
        from mailpath.tui.learning.contents import contents

        listed = contents(self.course, self.glyphs)

        def take(chosen: str | None) -> None:
            found = next((each for each in self.course.lessons() if f"lesson:{each.id}" == chosen), None)
            if found is not None:
                self.course.begin(found)

        self.app.push_screen(listed, take)

    # --- Keys ---

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in _NOT_HERE:
            return False
        if action in ("type_edit", "text", "undo", "reset"):
            return self.course.in_task
        if action == "next":
            return self.course.at is not None and self.course.at.is_finished
        if self.course.is_covered:
            return action in _COVERED
        if self.has_class("-one") and (action in ("posture", "pin") or parameters == ("posture",)):
            at = self.course.at
            return at is not None and isinstance(at.step, Do) and "posture" in at.step.may
        return super().check_action(action, parameters)

    def action_leave(self) -> None:
        self.app.exit(self.course.farewell)

    def action_next(self) -> None:
        self.show_path(False)
        self.course.go_on()

    def action_lesson(self) -> None:
        in_pane = self.focused in (self.pane.text, self.pane.edit, None)
        self.show_path(in_pane and not self.course.is_covered)

    def action_lessons(self) -> None:
        self.list_lessons()

    def action_type_edit(self) -> None:
        self.show_path(False)
        self.set_focus(self.pane.edit)

    def action_text(self) -> None:
        from mailpath.tui.learning.editing import ScenarioText

        if self.course.at is not None:
            self.app.push_screen(ScenarioText(self.course))

    def action_undo(self) -> None:
        self.course.undo()

    def action_reset(self) -> None:
        self.course.reset()

    def action_close_list(self) -> None:
        self.reader.close_list()
        self.course.adopt()


class LearnApp(MailpathApp):
    """Begins with a lesson."""

    SCREEN = LearnScreen

    def __init__(self, session: LessonSession, start: Start, **options: Any) -> None:
        super().__init__(session, sheets=("learning/learning.tcss",), **options)
        assert isinstance(self._first, LearnScreen)
        self.course = self._first.course
        self.course.want(start)

    def action_menu(self) -> None:
        """Which names all there is: not while something of it is still asked."""
        if self._first.has_class("-covered") or self._first.has_class("-one"):
            self.notify("The menu comes back when nothing more is asked here.")
        else:
            super().action_menu()
