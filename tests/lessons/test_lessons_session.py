"""A learner's way: each lesson from start to end, the right way and a wrong one; and what is remembered."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailpath.lessons import library, memory
from mailpath.lessons.edits import EditError
from mailpath.lessons.grammar import Condition, Do, Lesson, Predict
from mailpath.lessons.judging import Bench
from mailpath.lessons.session import Progress, Refused, Session, begin, judged, right_of
from mailpath.lessons.words import told_unmet


async def taken(bench: Bench, session: Session, *, wrong: bool) -> Session:
    """The lesson from here to its end; `wrong`: by the worst choice each time, and with every hint."""
    for _ in session.lesson.step:
        if session.options:
            right = await right_of(bench, session)
            keys = [each.key for each in session.options]
            key = next(each for each in keys if each != right) if wrong else right
            session = session.choose(key, right, seconds=2.4)
            assert session.given is not None
            assert session.given.is_right is not wrong
            assert session.feedback or not isinstance(session.step, Predict)
        step = session.step
        if isinstance(step, Do):
            session = (await judged(bench, session)).hint().hint().hint() if wrong else session
            assert session.number not in session.progress.reached
            for edit in step.solution:
                session = session.edit(edit)
            session = await judged(bench, session)
            assert len(session.moves) <= step.par
        session = session.go_on()
    return session


@pytest.mark.parametrize("lesson", library.lessons(), ids=lambda lesson: lesson.id)
def test_from_start_to_end_the_right_way_and_a_wrong_one(lesson: Lesson, bench: Bench) -> None:
    for wrong in (False, True):
        session = asyncio.run(taken(bench, begin(lesson), wrong=wrong))
        assert session.progress.done
        assert {each.is_right for each in session.progress.given.values()} == {not wrong}
    shown = {each.misconception for each in session.progress.given.values()} - {""}
    assert shown <= set(lesson.misconceptions)


def test_a_prediction_is_locked_and_covers_the_panels() -> None:
    session = begin(library.lesson_named("who-is-there"))
    assert session.is_covered
    with pytest.raises(Refused, match="First make a choice"):
        session.go_on()
    with pytest.raises(Refused, match="none of the options"):
        session.choose("bounced", "encrypted, read")
    assert session.choose("deferred", "encrypted, read").feedback.startswith("A browser would stop here.")
    chosen = session.choose("authenticated", "encrypted, read", seconds=12.4)
    assert not chosen.is_covered
    assert chosen.given is not None
    assert (chosen.given.misconception, chosen.given.seconds) == ("M1", 12)
    assert chosen.feedback.startswith("It was encrypted, to whoever answered.")
    with pytest.raises(Refused, match="stays as it is"):
        chosen.choose("encrypted, read", "encrypted, read")
    with pytest.raises(Refused, match="nothing to edit"):
        chosen.edit("attack steer")
    assert session.given is None, "a session is a value"


def test_a_task_is_edited_undone_and_hinted(bench: Bench) -> None:
    lesson = library.lesson_named("key-change")
    number = next(place for place, each in enumerate(lesson.step) if isinstance(each, Do))
    session = begin(lesson, Progress(lesson=lesson.id, step=number))
    with pytest.raises(Refused, match=r"zone.sec is not to be changed here. You can change zone.rr"):
        session.edit("set zone.sec unsigned")
    with pytest.raises(EditError, match="No line of"):
        session.edit("drop zone.rr CNAME")
    with pytest.raises(Refused, match="changes nothing"):
        session.edit("set server.mx1.cert.key current")
    with pytest.raises(Refused, match="First reach the goal"):
        session.go_on()
    with pytest.raises(Refused, match="nothing to take back"):
        session.undo()
    naive = session.edit("set server.mx1.cert.key next").edit("wait 2h")
    assert naive.undo().moves == ("set server.mx1.cert.key next",)
    assert naive.reset().moves == ()
    assert naive.reset().world == session.world
    told = asyncio.run(judged(bench, naive))
    assert told.progress.reached == frozenset()
    assert told.missing == "The mail must be authenticated."
    told = asyncio.run(judged(bench, naive.edit("add zone.rr _25._tcp.mx1 {tlsa 3 1 1 mx1}")))
    assert told.missing.startswith("At some moment on the way, the record in a sender's cache does not fit")
    assert told.undo().missing == "", "it is told of what was judged"
    hinted = session.hint().hint().hint().hint()
    assert len(hinted.hints) == 3
    assert hinted.hints[2].splitlines() == list(lesson.step[number].solution)  # type: ignore[union-attr]


def test_a_condition_says_what_is_still_to_be_reached() -> None:
    goals = [
        each
        for lesson in library.lessons()
        for step in lesson.step
        if isinstance(step, Do)
        for each in step.goal
    ]
    told = {told_unmet(each) for each in goals}
    assert "The record of the old key is still there." in told
    assert "With postfix-dane, under mitm-misissued, the attacker must not read it." in told
    assert "Without an attack, the mail must be authenticated." in told
    assert "The mail must be authenticated, and it must go to mx2." in told
    assert told_unmet(Condition(never="deferred")) == "The mail must never be deferred on the way."
    assert told_unmet(Condition(finding=("STS001",))) == "Something is still missing."
    assert told_unmet(Condition(reads=True, world=("set zone.sec signed",))).startswith(
        "After `set zone.sec "
    )


def test_the_true_explanation_is_not_always_the_first() -> None:
    places = [
        [each.key for each in begin(lesson, Progress(lesson=lesson.id, step=number)).options].index("0")
        for lesson in library.lessons()
        for number, step in enumerate(lesson.step)
        if step.__struct_config__.tag == "explain"
    ]
    assert set(places) == {0, 1, 2}


def test_progress_is_kept_and_taken_up_again(tmp_path: Path) -> None:
    place = tmp_path / "state" / "lessons.json"
    assert memory.recall(place) == {}
    lesson = library.lesson_named("time")
    session = begin(lesson).choose("policy", "signatures").go_on()
    memory.keep(session.progress, place)
    memory.keep(Progress(lesson="other", done=True), place)
    assert begin(lesson, memory.recall(place)["time"]) == session
    assert memory.recall(place)["other"].done
    # A lesson that has changed since, or another one, begins anew.
    assert begin(library.lesson_named("tlsa"), session.progress).number == 0
    assert begin(lesson, Progress(lesson="time", step=99)).number == 0
    assert begin(lesson, Progress(lesson="time", step=2, edits={2: ("drop zone.rr none",)})).number == 0


@given(st.binary(max_size=200))
def test_whatever_is_in_the_file_is_progress_or_a_sentence(raw: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "open", lambda *_: __import__("io").BytesIO(raw))
        try:
            memory.recall(Path("lessons.json"))
        except memory.MemoryProblem as error:
            told = str(error)
        else:
            told = "."
    assert told.endswith(".")
