"""The lesson beside the path: its text, and below it the line for an edit."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input

from mailpath.lessons.grammar import Do
from mailpath.tui.learning import keys
from mailpath.tui.learning.completing import EditSuggester, continuations
from mailpath.tui.learning.paint import Shown, paint
from mailpath.tui.text import PRINTABLE, QUIET, Glyphs
from mailpath.tui.widgets.wrapped_text import WrappedText

if TYPE_CHECKING:
    from mailpath.lessons.session import Session
    from mailpath.tui.learning.course import CourseController


class LessonText(VerticalScroll, can_focus=True):
    """Scrolls; its keys choose, lock and go on."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.PANE]

    def __init__(self, course: CourseController, glyphs: Glyphs) -> None:
        super().__init__(id="lesson-text")
        self._course = course
        self._glyphs = glyphs
        self.words = WrappedText()

    def compose(self) -> ComposeResult:
        yield self.words

    def show(self, shown: Shown | None) -> None:
        if shown is None:
            self.words.show(lambda width: [Content.styled("No lesson is open. Enter lists them.", QUIET)])
        else:
            self.words.show(lambda width: paint(shown, width, self._glyphs))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Letters are for options as long as there is something to choose; then they are the screen's."""
        if action == "option":
            place = parameters[0]
            return isinstance(place, int) and place < self._course.open_options
        if action == "hint":
            return self._course.in_task
        return True

    def action_option(self, place: int) -> None:
        self._course.point(place)

    def action_enter(self) -> None:
        self._course.enter()

    def action_move(self, direction: int) -> None:
        if self._course.open_options:
            self._course.point_on(direction)
        else:
            self.scroll_relative(y=direction, animate=False)

    def action_hint(self) -> None:
        self._course.hint()

    def on_click(self, event: events.Click) -> None:
        place = event.style.meta.get("option")
        if isinstance(place, int) and place < self._course.open_options:
            event.stop()
            self._course.click(place)


class EditInput(Input):
    """One edit, as a lesson file has them."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.TYPED]

    def __init__(self, at: Callable[[], Session | None]) -> None:
        super().__init__(
            restrict=PRINTABLE,
            max_length=500,
            compact=True,
            id="edit",
            suggester=EditSuggester(at),
        )
        self.cursor_blink = False

    def action_complete(self) -> None:
        """Take the completion shown; where there is none, Tab goes on as everywhere."""
        if self.cursor_at_end and self._suggestion and self._suggestion != self.value:
            self.action_cursor_right()
        else:
            self.screen.focus_next()

    def action_leave(self) -> None:
        self.screen.query_one(LessonText).focus()


class LessonPane(Vertical):
    """`text` and `edit`; the latter only in a task."""

    def __init__(self, course: CourseController, glyphs: Glyphs) -> None:
        super().__init__(id="pane")
        self.text = LessonText(course, glyphs)
        self.edit = EditInput(lambda: course.at)
        self._course = course

    def compose(self) -> ComposeResult:
        yield self.text
        yield self.edit

    def show(self, shown: Shown | None) -> None:
        self.set_class(self._course.in_task, "-task")
        at = self._course.at
        if at is not None and isinstance(at.step, Do):
            verbs = dict.fromkeys(each.split(" ")[0] for each in continuations(at, ""))
            self.edit.placeholder = f"An edit: {', '.join(verbs)} ..."
        self.text.show(shown)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip():
            self._course.edit(event.value)
