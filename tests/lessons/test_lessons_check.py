"""`lesson check`: green over all that ships, and red for every way in which a lesson can be broken."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib import resources

import pytest

from mailpath.lessons import checking, library
from mailpath.lessons.grammar import LessonError, decode
from mailpath.lessons.judging import Bench

Problems = Callable[[str], list[str]]

MINE = resources.files("mailpath.lessons").joinpath("new.toml").read_text("utf-8")


@pytest.mark.parametrize("source", checking.built_in(), ids=lambda source: source.lesson.id)
def test_every_lesson_is_true_fair_and_finished(source: checking.Source, bench: Bench) -> None:
    found = asyncio.run(checking.check(source, library.lessons(), bench))
    assert [checking.told(source, each) for each in found] == []


def test_the_lesson_to_begin_with_is_sound(problems: Problems) -> None:
    assert problems(MINE) == []
    assert len(MINE.splitlines()) < 40


#: name -> (what stands in the lesson, what takes its place, what is said of it and of which line)
BROKEN = {
    "the title gives it away": (
        '"A certificate that has expired"',
        '"Still encrypted"',
        "mine.toml:3: It gives the answer 'encrypted' of step 1 away: Still encrypted",
    ),
    "the introduction gives it away": (
        "Nobody has looked at it for a while.",
        "Mail to it is encrypted all the same.",
        "mine.toml:5: It gives the answer",
    ),
    "the question gives it away": (
        "The certificate expired last week.",
        "Mail is encrypted, though the certificate has ended.",
        "mine.toml:14: It gives the answer",
    ),
    "a hint of the scenario gives it away": (
        "[scenario]  ",
        '[scenario]\nhint = "Look at postfix-may: encrypted."\n#',
        "mine.toml:9: It gives the answer",
    ),
    "the goal is met at the start": (
        '"posture postfix-verify"',
        '"posture postfix-verify", "set server.mx1.cert web"',
        "mine.toml:27: The goal is met before anything was done.",
    ),
    "the goal cannot be reached": (
        'goal = [{ outcome = "authenticated" }]',
        'goal = [{ outcome = "bounced" }]',
        "mine.toml:28: The solution does not reach the goal.",
    ),
    "the solution takes longer than par": (
        'solution = ["set server.mx1.cert web"]',
        'solution = ["set server.mx1.cert self", "set server.mx1.cert web"]',
        "mine.toml:29: The solution takes 2 edits, not 1.",
    ),
    "the solution has an edit too many": (
        'solution = ["set server.mx1.cert web"]',
        'solution = ["set server.mx1.cert self", "set server.mx1.cert web"]',
        "mine.toml:28: It can do without 'set server.mx1.cert self'.",
    ),
    "a wrong choice has no sentence": (
        'wrong.plaintext = "',
        'say.plaintext = "',
        "The wrong choice 'plaintext' has no sentence.",
    ),
    "the right choice is told off": (
        'wrong.plaintext = "',
        'wrong.encrypted = "',
        "'encrypted' is right, yet answered as if it were wrong.",
    ),
    "the answer is none of the options": (
        'options = ["authenticated", "encrypted",',
        'options = ["authenticated", "bounced",',
        "mine.toml:16: The answer 'encrypted' is none of the options.",
    ),
    "an option answers another question": (
        'options = ["authenticated",',
        'options = ["authenticated", "safe",',
        "'safe' is no answer to such a question.",
    ),
    "it needs itself": ("minutes = 3", 'minutes = 3\nneeds = ["my-lesson"]', "mine.toml:5: It needs itself"),
    "it needs what there is not": (
        "minutes = 3",
        'minutes = 3\nneeds = ["nothing"]',
        "mine.toml:5: It needs nothing, which is no lesson.",
    ),
    "it takes too long": ("minutes = 3", "minutes = 1", "mine.toml:4: It takes about 2 minutes, not 1."),
    "it promises too much": ("minutes = 3", "minutes = 40", "mine.toml:4: It takes only about 2 minutes"),
    "it clears nothing up": (
        'wrong.deferred = "M2: ',
        'wrong.deferred = "',
        "mine.toml:6: No wrong choice is answered by M2.",
    ),
    "it knows a misconception of its own": ('["M2"]', '["M2", "M77"]', "There is no misconception M77."),
    "there is no such posture": (
        'answer.posture = "postfix-may"',
        'answer.posture = "postfix-mai"',
        "There is no posture 'postfix-mai'. Did you mean 'postfix-may'?",
    ),
    "a walk would leave this machine": (
        'rr = ["@ MX 10 mx1"]',
        'rr = ["@ MX 10 mx1", "@ MX 5 far", "far A 8.8.8.8 ; \\"x"]',
        "8.8.8.8 is no address of the lab: a walk would leave this machine.",
    ),
}


WHICH = """
id = "which"
title = "What is wrong with the TLSA record?"
minutes = 1
about = "Mail waits."
scenario = "dane-stale"
[[step]]
kind = "predict"
ask = "Which panel is red?"
answer.of = "panel"
options = ["mx", "tlsa"]
right = "The record and the key differ."
wrong.mx = "The mail host is found."
"""


def test_the_name_of_a_panel_may_give_it_away(problems: Problems) -> None:
    assert problems(WHICH) == [
        "mine.toml:3: It gives the answer 'tlsa' of step 1 away: What is wrong with the TLSA record?",
        "mine.toml:6: It gives the answer 'tlsa' of step 1 away: A signed zone with a TLSA record, and a"
        " server that has got a new key since.",
    ]


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_lesson_is_told_with_its_line(name: str, problems: Problems) -> None:
    there, instead, expected = BROKEN[name]
    assert MINE.count(there) == 1, there
    found = problems(MINE.replace(there, instead))
    assert any(expected in line for line in found), found


#: What cannot even be read: what stands in the lesson, what takes its place, line, and words of the reason.
UNREADABLE = (
    ('kind = "do"', 'kind = "dont"', 23, "dont"),
    ("par = 1", 'par = "one"', 29, "Expected `int`"),
    ("minutes = 3", "minuts = 5", 4, "minuts"),
    ("web-expired", "web-rotten", 10, "web-rotten"),
    ('"set server.mx1.cert web"', '"sett server.mx1.cert web"', 28, "'sett' is no edit"),
    ('"set server.mx1.cert web"', '"set server.mx1.host web"', 28, "does not allow"),
    ('"deferred"]', '"deferred", "encrypted"]', 16, "names one twice"),
    ('outcome = "authenticated" }]', "}]", None, "must say what holds"),
)


@pytest.mark.parametrize("broken", UNREADABLE, ids=lambda each: each[1])
def test_a_lesson_is_read_strictly(broken: tuple[str, str, int | None, str]) -> None:
    there, instead, line, words = broken
    with pytest.raises(LessonError, match=words) as told:
        decode(MINE.replace(there, instead).encode(), "mine.toml")
    assert told.value.file == "mine.toml"
    assert told.value.line == line or line is None
