"""The scenario of a task as text: changed here, it is published, walked and judged."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import TextArea

from mailpath.errors import MailpathError
from mailpath.lab.scenario import MAX_BYTES
from mailpath.tui.learning import keys
from mailpath.tui.learning.completing import rest_of, words_of
from mailpath.tui.learning.course import CourseController
from mailpath.tui.screens.finding import Dialogue
from mailpath.tui.text import ASCII, UNICODE
from mailpath.tui.widgets.wrapped_text import Line
from mailpath.visible import visible


class _Area(TextArea):
    """Completes the words that the scenario has."""

    def __init__(self, text: str, words: tuple[str, ...]) -> None:
        super().__init__(text, soft_wrap=False, show_line_numbers=True)
        self._words = words
        self.cursor_blink = False

    def update_suggestion(self) -> None:
        row, column = self.cursor_location
        line = self.document.get_line(row)
        self.suggestion = rest_of(self._words, line[:column]) if not line[column:].strip(' "],}') else ""


class ScenarioText(Dialogue[None]):
    """What cannot be published is said below, and the cursor put where it is."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.TEXT]

    def __init__(self, course: CourseController) -> None:
        super().__init__()
        self._course = course
        at = course.at
        assert at is not None
        self._number, self._now = at.number, at.text
        draft = course.drafts.get(at.number)
        self._area = _Area(draft if draft is not None else at.text, words_of(at.world.scenario))
        self._may = ", ".join(getattr(at.step, "may", ()))

    def compose(self) -> ComposeResult:
        glyphs = ASCII if self.app.has_class("-ascii") else UNICODE
        self._failed, self._wrong = glyphs.failed, Line(glyphs.cut, id="wrong")
        with Vertical(id="text") as box:
            box.border_title = Content(f"Scenario: you may change {visible(self._may)}")
            box.border_subtitle = Content("Ctrl-S publishes, Right completes, Ctrl-R as it is now, Esc back")
            yield self._area
            yield self._wrong

    def on_mount(self) -> None:
        self._area.focus()

    def action_apply(self) -> None:
        """Publish it: the same as the edits that it takes."""
        text = self._area.text
        if len(text.encode("utf-8", "replace")) > MAX_BYTES:
            self._wrong.say(f"{self._failed} The scenario is too long.", "$error")
            return
        try:
            self._course.publish(text)
        except MailpathError as error:
            line = getattr(error, "line", None)
            where = f"Line {line}: " if line else ""
            if line:
                self._area.move_cursor((min(line, self._area.document.line_count) - 1, 0))
            self._wrong.say(f"{self._failed} {where}{visible(error.sentence)}", "$error")
        else:
            self.dismiss(None)

    def action_back(self) -> None:
        if self._area.text != self._now:
            self._course.drafts[self._number] = self._area.text
        self.dismiss(None)

    def action_begin_again(self) -> None:
        self._area.text = self._now
        self._wrong.say("")
