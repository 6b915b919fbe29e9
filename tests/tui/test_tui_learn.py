"""Each lesson from start to end through the keys, the right way and a wrong one; tasks; what is kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path as Folder
from typing import Any

import pytest
from msgspec.structs import replace
from textual.widgets import TextArea
from tui_learn import answer, at, learn_app, press, screen_of
from tui_world import drawn, settle

from mailpath.lessons import library, memory
from mailpath.lessons.grammar import Do, Lesson, Predict, Reveal, Transfer, decode
from mailpath.lessons.session import Progress, Session
from mailpath.tui.learning.course import Start
from mailpath.tui.widgets.body import place_of

WIDE, COMPACT = (120, 40), (80, 24)
#: As the list has them.
LESSONS = sorted(library.lessons(), key=lambda each: list(library.courses()).index(each.courses[0]))


async def do(pilot: Any, step: Do, *, hints: bool) -> None:
    """Type the edits of the solution, after all hints or none."""
    if hints:
        await press(pilot, "h", "h", "h")
        assert at(pilot).hints[2].splitlines() == list(step.solution)
        await press(pilot, "enter")  # the goal is not reached: an edit is to be typed
        assert screen_of(pilot).focused is screen_of(pilot).pane.edit
        await press(pilot, "escape")
    for edit in step.solution:
        await press(pilot, "i")
        screen_of(pilot).pane.edit.value = edit
        await press(pilot, "enter", "escape")
    assert at(pilot).is_finished, drawn(pilot)
    assert len(at(pilot).moves) <= step.par


async def take_step(pilot: Any, lesson: Lesson, number: int, *, wrong: bool, first: bool = False) -> None:
    """One step, and on.  `first`: of all that are taken."""
    screen, step = screen_of(pilot), lesson.step[number]
    assert (at(pilot).lesson.id, at(pilot).number) == (lesson.id, number)
    covered = isinstance(step, Predict | Transfer)
    assert screen.has_class("-covered") is covered
    assert (screen.scene is None) is covered
    if first:
        await press(pilot, "n", "e", "right", "c", "ctrl+p")  # none of them leads on, or behind the cover
        assert (at(pilot).number, len(pilot.app.screen_stack), screen.scene) == (number, 1, None)
    if at(pilot).options:
        await answer(pilot, wrong=wrong)
    if isinstance(step, Do):
        await do(pilot, step, hints=wrong)
    assert screen.scene is not None
    assert screen.scene.lens == screen.course.lens(screen.scene), "the world of the lesson is what is seen"
    if isinstance(step, Reveal):
        if not screen.is_wide:
            await press(pilot, "l")
        panel = screen.steps.panel(step.panel)
        shown = panel._evidence if panel.evidence else panel._blocks
        assert panel.opened
        assert place_of(shown.drawn, step.line)
        if not screen.is_wide:
            await press(pilot, "l")
    await press(pilot, "enter")


async def take(
    taken: list[Lesson], size: tuple[int, int], wrong: Callable[[int], bool]
) -> tuple[Session, ...]:
    """One lesson after the other, as the list proposes them.  `wrong`: of a step, whether it is done so."""
    async with learn_app(Start(lesson=taken[0])).run_test(size=size) as pilot:
        await settle(pilot)
        for place, lesson in enumerate(taken):
            for number in range(len(lesson.step)):
                first = number == place == 0
                await take_step(pilot, lesson, number, wrong=wrong(number + place), first=first)
            assert f"Lessons: {place + 1} of 12 lessons done" in drawn(pilot)
            if lesson is not taken[-1]:
                await press(pilot, "enter")
        return screen_of(pilot).course.taken


@pytest.mark.parametrize(("first", "size"), [(0, WIDE), (6, COMPACT)], ids=["wide", "compact"])
async def test_every_lesson_from_start_to_end(first: int, size: tuple[int, int]) -> None:
    """Every other question is answered wrongly."""
    taken = LESSONS[first : first + 6]
    sessions = await take(taken, size, lambda number: number % 2 == 0)
    assert [each.lesson.id for each in sessions] == [each.id for each in taken]
    assert {name for name, kept in memory.recall().items() if kept.done} == {each.id for each in taken}
    chosen = [given.is_right for each in sessions for given in each.progress.given.values()]
    assert {True, False} == set(chosen)


@pytest.mark.exhaustive
@pytest.mark.parametrize("wrong", [False, True], ids=["right", "wrong"])
@pytest.mark.parametrize("size", [WIDE, COMPACT], ids=["wide", "compact"])
async def test_every_lesson_all_right_and_all_wrong(size: tuple[int, int], wrong: bool) -> None:
    sessions = await take(LESSONS, size, lambda _: wrong)
    assert {each.is_right for session in sessions for each in session.progress.given.values()} == {not wrong}


async def test_the_lesson_of_ones_own_in_the_manual() -> None:
    """It is learnt, from its file: `lesson check` is tried on it elsewhere."""
    page = (Folder(__file__).parents[2] / "docs" / "lessons.md").read_text("utf-8")
    [text] = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    lesson = decode(text.encode(), "two-hosts.toml")
    async with learn_app(Start(lesson=lesson)).run_test(size=COMPACT) as pilot:
        await settle(pilot)
        for number in range(len(lesson.step)):
            await take_step(pilot, lesson, number, wrong=True)
        assert "Lessons: 1 of 13 lessons done" in drawn(pilot)
        assert "✓ Which host gets the mail?" in drawn(pilot)


def begun(name: str, kind: type, **kept: Any) -> Lesson:
    """The lesson `name`, left at its first step of `kind`."""
    lesson = library.lesson_named(name)
    number = next(place for place, each in enumerate(lesson.step) if isinstance(each, kind))
    memory.keep(Progress(lesson=name, step=number, **kept))
    return lesson


def area_of(pilot: Any) -> TextArea:
    """Of the scenario as text."""
    return pilot.app.screen.query_one(TextArea)


async def test_a_task_is_edited_as_text_and_taken_back() -> None:
    begun("key-change", Do)
    async with learn_app(Start()).run_test(size=(120, 40)) as pilot:  # which goes on where it was left
        await settle(pilot)
        screen = screen_of(pilot)
        before = screen.scene
        await press(pilot, "u")
        assert "There is nothing to take back." in drawn(pilot)
        await press(pilot, "E")
        area = area_of(pilot)
        good = area.text
        area.text = good.replace("rr = [", "rr = [7, ", 1)
        await press(pilot, "ctrl+s")
        assert "✗ Line " in drawn(pilot)
        area.text = good.replace("current", "next") if '"current"' in good else f"{good}\nsender = 1"
        await press(pilot, "escape")
        assert at(pilot).moves == ()
        await press(pilot, "E")
        assert area_of(pilot).text != good, "what was typed is kept"
        await press(pilot, "ctrl+r")
        assert area_of(pilot).text == good
        area_of(pilot).text = good.replace("[[zone]]", "[[zone]]\nttl = 60", 1)
        await press(pilot, "ctrl+s")
        assert "is not to be changed here" in " ".join(drawn(pilot).split()) or "✗" in drawn(pilot)
        await press(pilot, "ctrl+r", "escape")
        # One edit, completed by Tab; the path shows the world that it makes.
        await press(pilot, "i")
        screen.pane.edit.value = "set server.mx1.cert.key n"
        await press(pilot, "end")
        await press(pilot, "tab", "enter", "escape")
        assert at(pilot).moves == ("set server.mx1.cert.key next",)
        assert screen.scene is not before
        assert "Not there yet." in drawn(pilot)
        await press(pilot, "i", "w")
        await press(pilot, "tab")
        assert screen.pane.edit.value == "wait "
        screen.pane.edit.value = "wait 2h"
        await press(pilot, "enter", "escape")
        assert "2 h from now" in drawn(pilot)
        await press(pilot, "u")
        assert len(at(pilot).moves) == 1
        await press(pilot, "U")
        assert at(pilot).moves == ()
    assert memory.recall()["key-change"].edits[at_task("key-change")] == ()


def at_task(name: str) -> int:
    return next(place for place, each in enumerate(library.lesson_named(name).step) if isinstance(each, Do))


async def test_what_is_chosen_beside_the_steps_is_an_edit() -> None:
    begun("who-is-there", Do)
    async with learn_app(Start()).run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        screen = screen_of(pilot)
        await press(pilot, "a")
        assert "reads" not in drawn(pilot), "the list does not say which one is to be found"
        screen.side.attacks.take("mitm-own-cert")
        await press(pilot, "enter")
        assert at(pilot).moves == ("attack mitm-own-cert",)
        assert at(pilot).is_finished, drawn(pilot)
        screen.pane.text.focus()
        await press(pilot, "t")
        last = screen.side.times.names[-1]
        screen.side.times.take(last)
        await press(pilot, "enter")
        assert at(pilot).moves == ("attack mitm-own-cert",)
        assert "clock is not to be changed here" in " ".join(drawn(pilot).replace("│", " ").split())
        assert screen.lenses.lens.at is None


async def test_before_a_lesson_and_after_it() -> None:
    """What is to be done where nothing is open, and the line that stays when the app has gone."""
    async with learn_app(Start(course="dane")).run_test(size=COMPACT) as pilot:
        await settle(pilot)
        await press(pilot, "escape")
        assert "No lesson is open. Enter lists them." in drawn(pilot)
        assert "Covered" not in drawn(pilot)
        assert screen_of(pilot).course.farewell == "0 of 5 lessons done."
        await press(pilot, "enter")
        await press(pilot, "enter")
        await press(pilot, "a", "enter")
        await press(pilot, "q")
    here = "A record that vouches for a key, step 1 of 7."
    assert pilot.app.return_value == f"{here} 0 of 5 lessons done. mailpath learn goes on from there."


async def test_somebody_elses_lesson_and_a_click() -> None:
    lesson = library.lesson_named("who-is-there")
    own = replace(lesson, id="mine", title="M\x1b[31m\u202eine", courses=())
    async with learn_app(Start(lesson=own), ascii=True).run_test(size=(60, 20)) as pilot:
        await settle(pilot)
        assert "\x1b" not in drawn(pilot)
        assert "\u202e" not in drawn(pilot)
        await press(pilot, "enter")
        assert "First choose one." in " ".join(drawn(pilot).split())
        await press(pilot, "down", "down", "up", "enter")
        given = at(pilot).given
        assert given is not None
        assert given.choice == own.step[0].options[0]  # type: ignore[union-attr]
        await press(pilot, "l")
        assert screen_of(pilot).has_class("-path")
        await press(pilot, "l", "L", *"mine")
        assert r"M\x1b[31m\u202eine" in drawn(pilot)
