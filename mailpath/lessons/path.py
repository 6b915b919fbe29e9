"""The way through a lesson: in which world each step stands, and how long it all takes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from mailpath.lessons.edits import Edit, parse
from mailpath.lessons.grammar import Do, Explain, Lesson, Predict, Reveal, See, Step, Transfer
from mailpath.lessons.worlds import World, apply, world_of

#: Words that are read in a minute, by somebody who is to understand them.
WORDS_PER_MINUTE = 170
#: Seconds beside the reading: to choose, to watch a walk, to look at a panel; to edit, and for each edit.
CHOOSING, WATCHING, LOOKING, EDITING, EACH_EDIT = 35, 30, 20, 30, 25

#: Number of a `do` step -> the edits made there.
Moved = Mapping[int, Sequence[Edit]]


def world_at(lesson: Lesson, number: int, moved: Moved) -> World:
    """The world in which step `number` (from 0) begins, after the edits `moved` of the steps before it.

    Raises `MailpathError`.
    """
    start = number
    while start and lesson.step[start].goes_on:
        start -= 1
    first = lesson.step[start]
    world = world_of(first.scenario or lesson.scenario, first.world or ())
    for step in range(start, number):
        for edit in moved.get(step, ()):
            world = apply(world, edit)
    return world


def solved(lesson: Lesson) -> Moved:
    """The edits of somebody who takes each solution."""
    return {
        number: tuple(parse(text) for text in step.solution)
        for number, step in enumerate(lesson.step)
        if isinstance(step, Do)
    }


def shown_texts(step: Step) -> Iterator[str]:
    """What everybody reads of a step who makes no mistake; hints are for those who ask."""
    match step:
        case Predict() | Transfer():
            yield step.ask
            yield from step.say.values()
            yield step.right
        case Explain():
            yield step.ask
            yield from (each.says for each in step.sentence)
            yield step.right
        case See() | Reveal():
            yield step.says
        case Do():
            yield step.task
            yield step.done


def seconds_of(step: Step) -> float:
    """How long somebody takes for a step."""
    words = sum(len(text.split()) for text in shown_texts(step))
    match step:
        case See():
            beside = WATCHING
        case Reveal():
            beside = LOOKING
        case Do():
            beside = EDITING + EACH_EDIT * step.par
        case _:
            beside = CHOOSING
    return words * 60 / WORDS_PER_MINUTE + beside


def minutes_of(lesson: Lesson) -> int:
    """How long somebody takes for a lesson, in minutes."""
    words = len(lesson.about.split()) * 60 / WORDS_PER_MINUTE
    return math.ceil((words + sum(seconds_of(step) for step in lesson.step)) / 60)
