"""The list of courses and lessons: which are done, which is under way, how long each takes."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content
from textual.widgets.option_list import Option

from mailpath.lessons import library
from mailpath.lessons.grammar import Lesson
from mailpath.tui.learning.course import CourseController
from mailpath.tui.learning.paint import plain
from mailpath.tui.screens.finding import FindScreen
from mailpath.tui.text import QUIET, Glyphs, Row
from mailpath.wording.phrases import count


def contents(course: CourseController, glyphs: Glyphs) -> FindScreen:
    """Ends with "lesson:ID" of the one chosen, or None."""
    lessons = course.lessons()
    follower = course.follower() or next((each for each in lessons if not course.is_done(each.id)), None)
    done = sum(course.is_done(each.id) for each in lessons)
    rows = list(_rows(course, lessons, glyphs))
    listed = {f"lesson:{each.id}": each for each in lessons}

    def tell(name: str) -> list[Row]:
        lesson = listed.get(name)
        if lesson is None:
            return []
        needs = [each for each in lesson.needs if not course.is_done(each)]
        return [
            Row("About", plain(lesson.about)),
            *(Row("Aim" if not number else "", plain(aim)) for number, aim in enumerate(lesson.aims)),
            *([Row("First", plain(", ".join(needs)), style="$warning")] if needs else []),
        ]

    return FindScreen(
        f"Lessons: {done} of {count(len(lessons), 'lesson')} done",
        rows,
        box="picker",
        find="Type to find a lesson; arrows move",
        enter="Enter begins it",
        begin=f"lesson:{follower.id}" if follower is not None else None,
        about=tell,
    )


def _rows(
    course: CourseController, lessons: tuple[Lesson, ...], glyphs: Glyphs
) -> Iterator[tuple[Option, str]]:
    """Under the heading of its first course each lesson once; of which others it is part, behind it."""
    width = max(len(plain(each.title)) for each in lessons)
    known = library.courses()
    heads = {name: known[name].title for name in known}
    for name in ("", *heads):
        mine = [each for each in lessons if (each.courses[0] if each.courses else "") == name]
        if not mine:
            continue
        title = heads.get(name, "Your own")
        yield Option(Content.assemble((title, "$primary bold"), (f"  {name}", QUIET)), disabled=True), ""
        for lesson in mine:
            yield _row(course, lesson, width, glyphs)


def _row(course: CourseController, lesson: Lesson, width: int, glyphs: Glyphs) -> tuple[Option, str]:
    progress = course.known.get(lesson.id)
    sign, style, at = glyphs.other, QUIET, ""
    if progress is not None and progress.done:
        sign, style = glyphs.passed, "$success"
    elif progress is not None and (progress.step or progress.given):
        sign, style, at = glyphs.chosen, "$accent", f"step {progress.step + 1} of {len(lesson.step)}"
    title = plain(lesson.title)
    prompt = Content.assemble(
        (f"  {sign} ", style), f"{title:<{width}}", (f"  {lesson.minutes:>2} min  {at}", QUIET)
    )
    words = f"{lesson.id} {title} {' '.join(lesson.courses)}"
    return Option(prompt, id=f"lesson:{lesson.id}"), words
