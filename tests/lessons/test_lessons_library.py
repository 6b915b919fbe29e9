"""What ships: twelve lessons, five courses, twenty misconceptions, and the commands that list them."""

from __future__ import annotations

import json
import re

from click.testing import CliRunner

from mailpath.cli import cli
from mailpath.lab.scenario import scenarios
from mailpath.lessons import library
from mailpath.lessons.grammar import wrong_of, wrong_texts
from mailpath.lessons.leaks import speaks_of


def test_twelve_lessons_answer_twenty_misconceptions() -> None:
    lessons = library.lessons()
    assert len(lessons) == len({each.id for each in lessons}) == 12
    assert list(library.misconceptions()) == [f"M{number}" for number in range(1, 21)]
    answered = {
        wrong_of(text).misconception
        for lesson in lessons
        for step in lesson.step
        for text in wrong_texts(step)
    }
    assert answered - {""} == set(library.misconceptions())


def test_every_lesson_is_part_of_a_course_and_after_what_it_needs() -> None:
    seen: set[str] = set()
    for lesson in library.lessons():
        assert lesson.courses
        assert set(lesson.courses) <= set(library.courses())
        assert set(lesson.needs) <= seen
        assert all((lesson.aims, lesson.rfc, lesson.notes.point, lesson.notes.usual, lesson.notes.show))
        seen.add(lesson.id)
    for course in library.courses():
        assert len(library.in_course(course)) >= 3
    in_class = library.in_course("opportunistic-tls")
    assert [each.id for each in in_class] == ["who-is-there", "certificates", "tlsa", "key-change"]
    assert sum(each.minutes for each in in_class) <= 45


def test_a_scenario_can_be_told_without_its_outcome() -> None:
    for scenario in scenarios():
        assert not re.search(r"[.!?] ", scenario.about), "one sentence"
        assert scenario.about.endswith(".")
        assert len(scenario.about) <= 110
        for outcome in ("authenticated", "encrypted", "plaintext", "deferred", "bounced", "read"):
            assert not speaks_of(scenario.about, outcome), scenario.id


def test_the_list() -> None:
    run = CliRunner().invoke(cli, ["lesson", "list", "--json"])
    told = json.loads(run.output)
    assert run.exit_code == 0
    assert [each["id"] for each in told] == [each.id for each in library.lessons()]
    assert set(told[0]) >= {"id", "title", "course", "minutes", "needs", "misconceptions", "steps"}
    assert told[0]["steps"][0] == "predict"
    lines = CliRunner().invoke(cli, ["lesson", "list"]).output.splitlines()
    assert lines[0].split("\t") == [
        "who-is-there",
        "9 min",
        "opportunistic-tls,attacker",
        "Who is at the other end?",
    ]
