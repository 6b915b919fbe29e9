"""The app with a lesson beside it; all tests share one bench, on which each world is walked once."""

from __future__ import annotations

from typing import Any

from tui_world import settle

from mailpath.lessons.judging import Bench
from mailpath.lessons.session import Session, right_of
from mailpath.tui.learning.course import Start
from mailpath.tui.learning.screen import LearnApp, LearnScreen
from mailpath.tui.learning.session import LessonSession

BENCH = Bench()


def learn_app(start: Start, **options: Any) -> LearnApp:
    return LearnApp(LessonSession(BENCH), start, **options)


def screen_of(pilot: Any) -> LearnScreen:
    """Under whatever dialogue is open."""
    screen = pilot.app.screen_stack[0]
    assert isinstance(screen, LearnScreen)
    return screen


def at(pilot: Any) -> Session:
    """Where the learner is."""
    session = screen_of(pilot).course.at
    assert session is not None
    return session


async def press(pilot: Any, *keys: str) -> None:
    await pilot.press(*keys)
    await settle(pilot)


async def answer(pilot: Any, *, wrong: bool) -> None:
    """Choose by letter, and lock."""
    session = at(pilot)
    right = await LessonSession(BENCH).ask(lambda bench: right_of(bench, session))
    keys = [each.key for each in session.options]
    key = next(each for each in keys if each != right) if wrong else right
    await press(pilot, "abcde"[keys.index(key)], "enter")
    given = at(pilot).given
    assert given is not None
    assert given.is_right is not wrong
    told = "\n".join(line.plain for line in screen_of(pilot).pane.text.words.drawn)
    assert ("Not so." if wrong else "Right.") in told
