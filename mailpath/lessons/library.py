"""What ships: the lessons, the courses they make up, and the misconceptions they clear up."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

import msgspec

from mailpath.errors import MailpathError
from mailpath.lessons.grammar import Lesson, decode
from mailpath.wording.phrases import did_you_mean


class Misconception(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`belief`: as somebody says it who holds it.  `truth`: what the engine finds instead."""

    belief: str
    truth: str


class Course(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Some lessons in order; `Lesson.courses` says which.  `about`: for whom, in a sentence."""

    title: str
    about: str


class UnknownLesson(MailpathError):
    """No lesson, or course, has that name; the message says which is near."""


@cache
def files() -> tuple[Traversable, ...]:
    """The lesson files that ship, in the order in which a newcomer takes them."""
    folder = resources.files(__package__) / "courses"
    found = (each for each in folder.iterdir() if re.match(r"[0-9]{2}-.*\.toml\Z", each.name))
    return tuple(sorted(found, key=lambda each: each.name))


@cache
def lessons() -> tuple[Lesson, ...]:
    """Every lesson that ships."""
    return tuple(decode(each.read_bytes(), each.name) for each in files())


@cache
def courses() -> Mapping[str, Course]:
    """Every course by id."""
    return msgspec.convert(_shipped("courses.toml"), dict[str, Course])


@cache
def misconceptions() -> Mapping[str, Misconception]:
    """M1 to M20."""
    return msgspec.convert(_shipped("misconceptions.toml"), dict[str, Misconception])


def lesson_named(name: str) -> Lesson:
    """Raises `UnknownLesson`."""
    for each in lessons():
        if each.id == name:
            return each
    near = did_you_mean(name, (each.id for each in lessons()))
    raise UnknownLesson(f"There is no lesson {name!r}.{near or ' `mailpath lesson list` lists them.'}")


def in_course(name: str) -> tuple[Lesson, ...]:
    """The lessons of the course `name`, in order.  Raises `UnknownLesson`."""
    if name not in courses():
        there = did_you_mean(name, courses()) or f" The courses are {', '.join(courses())}."
        raise UnknownLesson(f"There is no course {name!r}.{there}")
    return tuple(each for each in lessons() if name in each.courses)


def played_in(lesson: Lesson) -> tuple[str, ...]:
    """The built-in scenarios that a lesson plays in, each once."""
    named = (lesson.scenario, *(step.scenario for step in lesson.step))
    return tuple(dict.fromkeys(each for each in named if isinstance(each, str) and each))


def _shipped(name: str) -> dict[str, object]:
    return tomllib.loads(resources.files(__package__).joinpath(name).read_text("utf-8"))
