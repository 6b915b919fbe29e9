"""The app with a course beside the path: `mailpath learn`, and one question after another for a class.

* `course`: where the learner is, and what a key does to that; it asks the bench, which walks.
* `asking`: what a step is about, and what it must not show yet.
* `session`: walks the world of a lesson: what the bench recorded in the lab is walked again on the screen.
* `screen`, `pane`, `paint`: the lesson beside the panels.
* `editing`: the scenario as text; `completing`: how an edit can go on.
* `contents`: the list of courses and lessons.  `classroom`, `board`: large, for a room; `keys`: of both.

Nothing here is loaded by the app without a course.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mailpath.tui import run_to_its_end
from mailpath.tui.preferences import Preferences

if TYPE_CHECKING:
    from textual.driver import Driver

    from mailpath.lessons.session import Session
    from mailpath.tui.app import BaseApp
    from mailpath.tui.learning.course import CourseController, Start

__all__ = ["run_class", "run_learn"]

#: Where there is no terminal.
_ON_PAPER = "mailpath lesson sheet COURSE"


def run_learn(
    start: Start,
    *,
    mouse: bool = True,
    ascii: bool = False,
    color: bool = True,
    preferences: Preferences | None = None,
    finish: Callable[[tuple[Session, ...]], None] | None = None,
) -> int:
    """The app with the course that `start` says.  `finish`: takes what was answered, when it is over.

    Returns the exit code, as `mailpath.tui.run_app` does.
    """
    preferences = preferences or Preferences()
    courses: list[CourseController] = []

    def make(color: bool, driver: type[Driver]) -> tuple[BaseApp, Callable[[], None]]:
        from mailpath.lessons.judging import Bench
        from mailpath.tui.learning.screen import LearnApp
        from mailpath.tui.learning.session import LessonSession

        session = LessonSession(Bench())
        app = LearnApp(session, start, ascii=ascii, color=color, preferences=preferences, driver_class=driver)
        courses.append(app.course)
        return app, session.close

    status = run_to_its_end(make, mouse, color, preferences, instead=_ON_PAPER)
    for each in courses:
        if finish is not None:
            finish(each.taken)
    return status


def run_class(start: Start, *, mouse: bool = True, ascii: bool = False, color: bool = True) -> int:
    """The lesson of `start` for a room: large, light, with a show of hands."""

    def make(color: bool, driver: type[Driver]) -> tuple[BaseApp, Callable[[], None]]:
        from mailpath.lessons.judging import Bench
        from mailpath.tui.learning.classroom import ClassApp

        assert start.lesson is not None
        app = ClassApp(start.lesson, Bench(), ascii=ascii, color=color, driver_class=driver)
        return app, lambda: None

    return run_to_its_end(make, mouse, color, Preferences(theme="mailpath-light"), instead=_ON_PAPER)
