"""The scenario as text: what is shown, and what is made of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailpath.errors import MailpathError
from mailpath.lab.scenario import ScenarioError, scenarios
from mailpath.lessons import library
from mailpath.lessons.editor import edits_of, text_of
from mailpath.lessons.edits import EditError
from mailpath.lessons.grammar import Do
from mailpath.lessons.hands import hands_for
from mailpath.lessons.session import Progress, Refused, Session, begin
from mailpath.lessons.worlds import scenario_named, world_of
from mailpath.tui.learning.completing import continuations

EVERY = scenarios()


def task(lesson_id: str) -> Session:
    """A lesson at its first task."""
    lesson = library.lesson_named(lesson_id)
    number = next(place for place, each in enumerate(lesson.step) if isinstance(each, Do))
    return begin(lesson, Progress(lesson=lesson_id, step=number))


@pytest.mark.parametrize("scenario", EVERY, ids=lambda each: each.id)
def test_the_text_says_what_is_there_and_not_what_comes_of_it(scenario: object) -> None:
    one = scenario_named(getattr(scenario, "id", ""))
    text = text_of(one)
    assert edits_of(one, text) == ()
    for key in ("teaches", "hint", "title", "expect", "attack"):
        assert f"{key} =" not in text
        assert f"[{key}" not in text


@given(st.integers(0, len(EVERY) - 1), st.integers(0, len(EVERY) - 1))
def test_one_scenario_becomes_another_by_edits(one: int, other: int) -> None:
    """Whatever is changed in the text, the edits get there, or say what they cannot do."""
    before, wanted = EVERY[one], EVERY[other]
    text = text_of(wanted).replace(wanted.domain, before.domain).replace(wanted.id, before.id)
    try:
        after = world_of(before, edits_of(before, text)).scenario
    except MailpathError as error:
        assert error.sentence  # noqa: PT017 - which of the two it is hangs on the pair
        return
    assert [each.sec for each in after.zone] == [each.sec for each in wanted.zone]
    assert [each.host for each in after.server] == [each.host for each in wanted.server]


def test_a_changed_text_is_moves() -> None:
    session = task("policy")
    text = session.text.replace('mx = ["mail"]', 'mx = ["mx1"]').replace('cert = "self"', 'cert = "web"')
    written = session.write(text)
    assert len(written.moves) == 2
    assert set(written.moves) == {'set server.mx1.cert "web"', 'set sts.mx ["mx1"]'}
    assert written.world.scenario.sts is not None
    assert written.world.scenario.sts.mx == ("mx1",)
    with pytest.raises(Refused, match=r"sts.mode is not to be changed"):
        session.write(text + '\nmode = "testing"\n')
    with pytest.raises(Refused, match="changes nothing"):
        session.write(session.text)
    with pytest.raises(ScenarioError) as told:
        session.write(text.replace('host = "mx1"', 'hots = "mx1"'))
    assert told.value.line == text.splitlines().index('host = "mx1"') + 1
    with pytest.raises(EditError, match="`domain` cannot be changed"):
        session.write(text.replace("sts-mx-not-listed.example", "other.example"))


def test_a_new_key_and_its_record_in_one_go() -> None:
    session = task("key-change")
    current, following = "_25._tcp.mx1 {tlsa 3 1 1 mx1/current}", "_25._tcp.mx1 {tlsa 3 1 1 mx1/next}"
    text = session.text.replace(f'"{current}"', f'"{current}", "{following}"')
    text = text.replace('cert = { preset = "self" }', 'cert = { preset = "self", key = "next" }')
    text = text.replace('cert = "self"', 'cert = { preset = "self", key = "next" }')
    assert session.write(text).moves == (
        f"add zone.rr {following}",
        'set server.mx1.cert.key "next"',
    )


def test_a_completion_writes_an_edit_and_not_the_answer() -> None:
    def first(typed: str, *edits: str, lesson: str = "key-change") -> str:
        session = task(lesson)
        for each in edits:
            session = session.edit(each)
        return next(continuations(session, typed), "")

    assert first("a") == "add zone.rr "
    assert first("add zone.rr ") == "add zone.rr _25._tcp.mx1 {tlsa "
    assert first("add zone.rr _25._tcp.mx1 {tlsa 3 1 1 ") == "add zone.rr _25._tcp.mx1 {tlsa 3 1 1 mx1}"
    assert first("add zone.rr _25._tcp.mx1 {tlsa 3 1 1 mx1/n").endswith("mx1/next}")
    assert first("drop zone.rr @") == "drop zone.rr @ MX 10 mx1"
    assert first("set server.mx1.cert.key n").endswith("next")
    assert first("w") == "wait "
    assert first("s", lesson="no-signature") == "set zone.sec "
    for lesson in library.lessons():
        for number, step in enumerate(lesson.step):
            if isinstance(step, Do):
                session = begin(lesson, Progress(lesson=lesson.id, step=number))
                typed = ""
                for _ in range(3):  # Tab, from nothing
                    typed = next(continuations(session, typed), typed)
                    assert typed not in step.solution, lesson.id


def test_a_show_of_hands() -> None:
    hands = hands_for(3).count(0, 6).count(1, 2).count(1, -4)
    again = hands.vote_again().count(1, 9).count(2, 3)
    assert again.votes == ((6, 0, 0), (0, 9, 3))
    assert (again.share(0, second=False), again.share(1, second=True)) == (1.0, 0.75)
    assert hands.share(0, second=True) is None
