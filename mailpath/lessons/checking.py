"""`mailpath lesson check`: whether a lesson is true, fair and finished.  The engine holds it against the lab.

* Its answers are found by walks, are the same an hour later, and stand among the options; every other option
  has a sentence of its own, and the right one has none.
* Of the explanations exactly one holds.
* A task is not done when it begins; its solution does it, in par, and no edit of it can be left out.
* Nothing that is read before a prediction gives its answer away (`leaks`).
* It asks before it shows.  A panel holds the line that it is opened at.
* It needs no lesson that needs it, and takes no longer than it says.
* No walk leaves this machine (`confined`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from mailpath.errors import MailpathError
from mailpath.facts import Walk
from mailpath.judge import Outcome
from mailpath.lab.places import line_of
from mailpath.lessons import judging, library
from mailpath.lessons.edits import Edit, parse
from mailpath.lessons.grammar import (
    ASKED,
    Do,
    Explain,
    Lesson,
    Predict,
    Reveal,
    Transfer,
    decode,
    wrong_of,
    wrong_texts,
)
from mailpath.lessons.judging import Bench
from mailpath.lessons.leaks import leaks
from mailpath.lessons.path import minutes_of, solved, world_at
from mailpath.lessons.worlds import World, apply
from mailpath.report.panels import evidence, explained

#: Seconds after which an answer must still be the same: a class does not begin on the minute.
LATER = 3600
#: A lesson that takes less than this part of its minutes promises too much.
AT_LEAST = 0.4


class Problem(msgspec.Struct, frozen=True):
    """What is wrong, in one sentence.  `key`: "step[2].wrong", or ""."""

    key: str
    what: str


class Source(NamedTuple):
    """A lesson and the text that it was read from."""

    name: str
    text: str
    lesson: Lesson


def read(path: Path | Traversable, name: str) -> Source:
    """The lesson in a file.  Raises `LessonError`, OSError."""
    raw = path.read_bytes()
    return Source(name, raw.decode("utf-8", "replace"), decode(raw, name))


def built_in() -> tuple[Source, ...]:
    """All that ship."""
    return tuple(read(file, file.name) for file in library.files())


def told(source: Source, problem: Problem) -> str:
    """ "FILE:LINE: what", or "FILE: what" where no line is to blame."""
    line = line_of(source.text, problem.key) if problem.key else None
    return f"{source.name}{'' if line is None else f':{line}'}: {problem.what}"


async def check(
    source: Source, others: Sequence[Lesson] = (), bench: Bench | None = None
) -> tuple[Problem, ...]:
    """All that is wrong with a lesson.  `others`: those that it may need.  Raises OSError."""
    bench = bench or Bench()
    lesson = source.lesson
    found = [*_about(lesson), *_needs(lesson, others)]
    try:
        worlds = [world_at(lesson, number, solved(lesson)) for number in range(len(lesson.step))]
    except MailpathError as error:
        return (*found, Problem("scenario", f"A world cannot be made: {error.sentence}"))
    for number in range(len(lesson.step)):
        try:
            found += await _check_step(lesson, number, worlds, bench)
        except MailpathError as error:
            found.append(Problem(f"step[{number}]", error.sentence))
    return tuple(dict.fromkeys(found))


# --- the lesson as a whole ---------------------------------------------------------------------------


def _about(lesson: Lesson) -> Iterator[Problem]:
    if not isinstance(lesson.step[0], Predict):
        yield Problem("step[0]", "The first step must be a prediction: a lesson asks before it shows.")
    minutes = minutes_of(lesson)
    if minutes > lesson.minutes:
        yield Problem("minutes", f"It takes about {minutes} minutes, not {lesson.minutes}.")
    if minutes < lesson.minutes * AT_LEAST:
        yield Problem("minutes", f"It takes only about {minutes} minutes, not {lesson.minutes}.")
    spoken = {
        wrong.misconception
        for step in lesson.step
        for text in wrong_texts(step)
        if (wrong := wrong_of(text)).misconception
    }
    known = library.misconceptions()
    for each in (*lesson.misconceptions, *sorted(spoken)):
        if each not in known:
            yield Problem("misconceptions", f"There is no misconception {each}.")
    for each in lesson.misconceptions:
        if each in known and each not in spoken:
            yield Problem("misconceptions", f"No wrong choice is answered by {each}.")
    for each in sorted(spoken - set(lesson.misconceptions)):
        yield Problem("misconceptions", f"{each} is answered, but not named here.")


def _needs(lesson: Lesson, others: Sequence[Lesson]) -> Iterator[Problem]:
    needs = {each.id: each.needs for each in others} | {lesson.id: lesson.needs}
    for each in lesson.needs:
        if each not in needs:
            yield Problem("needs", f"It needs {each}, which is no lesson.")
    reached: set[str] = set()
    waiting = list(lesson.needs)
    while waiting:
        each = waiting.pop()
        if each not in reached:
            reached.add(each)
            waiting += needs.get(each, ())
    if lesson.id in reached:
        yield Problem("needs", "It needs itself, by way of the lessons that it needs.")


# --- step by step ------------------------------------------------------------------------------------


async def _check_step(lesson: Lesson, number: int, worlds: list[World], bench: Bench) -> list[Problem]:
    step, world, place = lesson.step[number], worlds[number], f"step[{number}]"
    found = await bench.walk(world)
    problems: list[Problem] = []
    asked = any(isinstance(each, ASKED) for each in lesson.step[:number])
    if isinstance(step, Reveal | Do) and not asked:
        problems.append(Problem(place, "It shows before anything was asked."))
    if isinstance(step, Predict | Transfer):
        problems += await _check_question(lesson, number, worlds, bench)
    elif isinstance(step, Explain):
        problems += await _check_explanations(step, place, world, bench)
    elif isinstance(step, Do):
        problems += await _check_task(step, place, world, bench)
    elif isinstance(step, Reveal) and not any(step.line in line for line in panel(found, step.panel)):
        shown = step.panel, step.line
        problems.append(Problem(f"{place}.line", "The panel {} has no line with {!r}.".format(*shown)))
    return problems


def panel(found: Walk, step_id: str) -> tuple[str, ...]:
    """What the panel of a step says, line by line; the app opens it there."""
    told: list[str] = []
    for each in explained(found, step_id):
        told += (each.found, each.got, *each.policy, each.means, each.source)
        for row in each.remedy:
            told += (row.text, *row.lines)
    return (*evidence(found, step_id), *told)


async def _check_question(lesson: Lesson, number: int, worlds: list[World], bench: Bench) -> list[Problem]:
    step, world, place = lesson.step[number], worlds[number], f"step[{number}]"
    assert isinstance(step, Predict | Transfer)
    right = await judging.answer(bench, world, step.answer)
    later = await judging.answer(bench, replace(world, clock=world.clock + LATER), step.answer)
    problems = []
    if right != later:
        problems.append(Problem(f"{place}.answer", f"The answer is {right!r}, an hour later {later!r}."))
    if right == Outcome.UNKNOWN:
        problems.append(Problem(f"{place}.answer", "The answer cannot be told."))
    if right not in step.options:
        problems.append(Problem(f"{place}.options", f"The answer {right!r} is none of the options."))
    if right in step.wrong:
        problems.append(Problem(f"{place}.wrong", f"{right!r} is right, yet answered as if it were wrong."))
    for each in step.options:
        if each not in judging.VOCABULARY.get(step.answer.of, (each,)) and each not in step.say:
            problems.append(Problem(f"{place}.options", f"{each!r} is no answer to such a question."))
        if each != right and each not in step.wrong:
            problems.append(Problem(f"{place}.wrong", f"The wrong choice {each!r} has no sentence."))
    for key, sentence in leaks(lesson, number, worlds, right):
        problems.append(Problem(key, f"It gives the answer {right!r} of step {number + 1} away: {sentence}"))
    return problems


async def _check_explanations(step: Explain, place: str, world: World, bench: Bench) -> list[Problem]:
    true = await judging.true_sentence(bench, world, step)
    problems = []
    if len(true) != 1:
        many = f"{len(true)} explanations hold" if true else "No explanation holds"
        problems.append(Problem(f"{place}.sentence", f"{many}; it must be one."))
    for number, each in enumerate(step.sentence):
        key = f"{place}.sentence[{number}]"
        if number in true and each.wrong:
            problems.append(Problem(key, "It holds, and is answered as if it did not."))
        if number not in true and not each.wrong:
            problems.append(Problem(key, "It does not hold, and has no sentence of its own."))
    return problems


async def _check_task(step: Do, place: str, world: World, bench: Bench) -> list[Problem]:
    solution = tuple(parse(text) for text in step.solution)
    if await _reaches(bench, world, (), step):
        return [Problem(f"{place}.goal", "The goal is met before anything was done.")]
    if not await _reaches(bench, world, solution, step):
        return [Problem(f"{place}.solution", "The solution does not reach the goal.")]
    problems = []
    if len(solution) > step.par:
        problems.append(Problem(f"{place}.par", f"The solution takes {len(solution)} edits, not {step.par}."))
    for number, edit in enumerate(solution):
        rest = (*solution[:number], *solution[number + 1 :])
        if rest and await _reaches(bench, world, rest, step):
            problems.append(Problem(f"{place}.solution", f"It can do without {edit.text!r}."))
    return problems


async def _reaches(bench: Bench, world: World, edits: tuple[Edit, ...], step: Do) -> bool:
    """Whether `edits` can be made here, and get to the goal."""
    try:
        for edit in edits:
            world = apply(world, edit)
        return await judging.reached(bench, world, step)
    except MailpathError:
        return False
