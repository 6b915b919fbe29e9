"""A lesson and a class at the sizes people have.  Look at the pictures when one changes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from goldens import assert_golden
from tui_learn import BENCH, learn_app, press, screen_of
from tui_world import drawn, settle

from mailpath.lessons import library
from mailpath.lessons.hands import hands_for
from mailpath.tui.learning.board import Board, paint_board
from mailpath.tui.learning.classroom import ClassApp, ClassScreen, at_step
from mailpath.tui.learning.course import Start
from mailpath.tui.learning.screen import LearnApp
from mailpath.tui.text import UNICODE


def lesson_app(**options: Any) -> LearnApp:
    return learn_app(Start(lesson=library.lesson_named("who-is-there")), **options)


def class_app(**options: Any) -> ClassApp:
    return ClassApp(library.lesson_named("who-is-there"), BENCH, **options)


@pytest.mark.snapshot
@pytest.mark.parametrize(
    ("size", "options"),
    [((120, 40), {}), ((80, 24), {"ascii": True, "color": False})],
    ids=["wide", "compact"],
)
def test_a_question(
    snap_compare: Any, size: tuple[int, int], options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def point(pilot: Any) -> None:
        await settle(pilot)
        await pilot.press("b")
        await settle(pilot)

    if options:
        monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(lesson_app(**options), terminal_size=size, run_before=point)


@pytest.mark.snapshot
def test_the_list(snap_compare: Any) -> None:
    assert snap_compare(learn_app(Start()), terminal_size=(80, 24), run_before=settle)


@pytest.mark.snapshot
@pytest.mark.parametrize(
    "keys",
    [["d", "1", "2", "b", "3", "v", "b", "1", "1"], ["d", "1", "2", "b", "3", "v", "b", "9", "space"]],
    ids=["votes", "right"],
)
def test_a_class(snap_compare: Any, keys: list[str]) -> None:
    async def show(pilot: Any) -> None:
        await settle(pilot)
        await pilot.press("space", *keys)
        await settle(pilot)

    assert snap_compare(class_app(), terminal_size=(60, 20), run_before=show)


def same_each_time(drawn: str) -> str:
    """Without what the lab makes anew: digests, key tags, times; and without the number of senders."""
    for made, instead in (
        (r"(?<![0-9A-Za-z])[0-9a-f]{8,}", lambda found: "0" * len(found[0])),
        (
            r"(\d{4}-\d\d-\d\d )?\d\d:\d\d UTC|key \d+ |of \d+ shown",
            lambda found: re.sub(r"\d", "0", found[0]),
        ),
        (r"(\d+ ms|\d\.\d s)([^─]*)─+", lambda found: f"0 ms{found[2]}─"),
    ):
        drawn = re.sub(made, instead, drawn)
    return "\n".join(line.rstrip() for line in drawn.splitlines()) + "\n"


@pytest.mark.parametrize("size", [(120, 40), (80, 24)], ids=["120x40", "80x24"])
async def test_what_a_learner_has_before_him(size: tuple[int, int]) -> None:
    """A wrong choice told so, the line that matters, a task, and what is still to be reached."""
    lesson = library.lesson_named("key-change")
    seen: dict[str, str] = {}
    async with learn_app(Start(lesson=lesson)).run_test(size=size) as pilot:
        await settle(pilot)
        await press(pilot, "b", "enter")
        seen["wrong"] = drawn(pilot)
        await press(pilot, "enter", "enter")
        narrow = not screen_of(pilot).is_wide
        await press(pilot, *["l"] * narrow)
        seen["reveal"] = drawn(pilot)
        await press(pilot, *["l"] * narrow, "enter")
        await press(pilot, "a", "enter")
        await press(pilot, "enter")
        seen["task"] = drawn(pilot)
        await press(pilot, "i")
        screen_of(pilot).pane.edit.value = "set server.mx1.cert.key next"
        await press(pilot, "enter", "escape")
        seen["not yet"] = drawn(pilot)
    told = "".join(f"# {what}\n{same_each_time(picture)}" for what, picture in seen.items())
    assert_golden(f"learn-{size[0]}x{size[1]}.txt", told)


def board_of(pilot: Any) -> Board:
    assert isinstance(pilot.app.screen, ClassScreen)
    return pilot.app.screen.board


async def test_a_lesson_before_a_class() -> None:
    """Each step of each kind, with hands, and no bench that is slower than the teacher."""
    lesson = library.lesson_named("key-change")
    async with ClassApp(lesson, BENCH, ascii=True).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "Afterwards you can" in drawn(pilot)
        await pilot.press("a", "9", "v", "space", "p", "n")
        assert not board_of(pilot).opening
        await pilot.press("a", "1", "7", "backspace", "v", "down", "2")
        board = board_of(pilot)
        assert board.hands.votes[0][0] == 1
        assert board.hands.votes[1][1] == 2
        for number in range(len(lesson.step)):
            await settle(pilot)
            assert board_of(pilot).session.number == number
            if board_of(pilot).hides:
                await pilot.press("space")
                await settle(pilot)
                assert board_of(pilot).revealed
            await pilot.press("space")
        await pilot.press(*"p" * (len(lesson.step) - 1))
        await settle(pilot)
        assert board_of(pilot).hands == board.hands, "hands are kept"
        assert "+ " in drawn(pilot), "and what was revealed"
        await pilot.press("p")
        assert board_of(pilot).opening
        await pilot.press("q")


def test_every_lesson_fits_on_a_small_projector() -> None:
    """Question, options, two votes and the answer at 60x20, less the key line and the margins."""
    for lesson in library.lessons():
        boards = [Board(session=at_step(lesson, 0), opening=True)]
        for number in range(len(lesson.step)):
            session = at_step(lesson, number)
            keys = [each.key for each in session.options]
            voted = hands_for(len(keys)).vote_again()
            voted = voted.count(len(keys) - 1, 30) if keys else voted
            boards.append(Board(session=session, hands=voted))
            boards += [
                Board(session=session, hands=voted, revealed=True, right=key) for key in keys or ["reached"]
            ]
        for board in boards:
            lines = paint_board(board, 57, UNICODE, 19)
            assert len(lines) <= 19, (lesson.id, board.session.number)
            assert max(map(len, lines)) <= 57, (lesson.id, board.session.number)
