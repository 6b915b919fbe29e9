"""What is handed out: a course on paper, with its questions, or with the solutions and notes for the
instructor; and a test of the bank.  Answers are worked out in the lab as the page is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailpath.facts.steps import TITLES
from mailpath.lessons import judging, library
from mailpath.lessons.grammar import Do, Explain, Lesson, Predict, Reveal, See, Transfer, wrong_of
from mailpath.lessons.judging import Bench
from mailpath.lessons.pages import Block, letter, many, text
from mailpath.lessons.path import WORDS_PER_MINUTE, solved, world_at
from mailpath.lessons.quiz import Asked
from mailpath.lessons.session import Progress, begin, said_to
from mailpath.wording.phrases import count

_STEPS = {
    "predict": "Predict",
    "see": "See",
    "explain": "Explain",
    "do": "Do",
    "reveal": "Look",
    "transfer": "And here?",
}
#: Seconds to tick one answer, beside the reading.
TICKING = 10
#: Lines to write on.
_LINES = ("________________________________________",) * 3


async def sheet(
    bench: Bench, title: str, about: str, lessons: Sequence[Lesson], *, solutions: bool
) -> list[Block]:
    """The page of a course.  Raises `MailpathError` where a lesson has no answer."""
    minutes = sum(each.minutes for each in lessons)
    blocks = [text("title", f"{title}: solutions" if solutions else title)]
    blocks += [text("text", about)] if about else []
    blocks.append(text("text", f"{count(len(lessons), 'lesson')}, about {minutes} minutes."))
    for lesson in lessons:
        blocks += await _lesson(bench, lesson, solutions=solutions)
    return blocks


async def _lesson(bench: Bench, lesson: Lesson, *, solutions: bool) -> list[Block]:
    blocks = [
        text("heading", f"{lesson.title} ({lesson.minutes} minutes)"),
        text("text", lesson.about),
    ]
    if lesson.aims:
        blocks += [text("text", "Afterwards you can:"), many("list", lesson.aims)]
    if solutions:
        blocks += _notes(lesson)
    for number, step in enumerate(lesson.step):
        blocks.append(text("step", f"{number + 1}. {_STEPS[str(step.__struct_config__.tag)]}"))
        blocks += _asked(lesson, number)
        if solutions:
            blocks += await _solution(bench, lesson, number)
    if lesson.rfc:
        blocks.append(text("text", f"To read: {'; '.join(lesson.rfc)}."))
    return blocks


def _notes(lesson: Lesson) -> Iterator[Block]:
    """For the instructor."""
    notes = lesson.notes
    for label, words in (("The point", notes.point), ("The usual wrong answer", notes.usual)):
        if words:
            yield text("note", f"{label}: {words}")
    if notes.show:
        yield text("code", notes.show)
    for each in lesson.misconceptions:
        known = library.misconceptions().get(each)
        if known is not None:
            yield text("note", f'{each}, "{known.belief}" {known.truth}')


def _asked(lesson: Lesson, number: int) -> Iterator[Block]:
    """What the learner reads."""
    step = lesson.step[number]
    match step:
        case Predict() | Transfer() | Explain():
            yield text("text", step.ask)
            session = begin(lesson, Progress(lesson=lesson.id, step=number))
            yield many("options", (each.text for each in session.options))
        case See() | Reveal():
            where = f'Panel {TITLES[step.panel]}, line "{step.line}": ' if isinstance(step, Reveal) else ""
            yield text("text", f"{where}{step.says}")
        case Do():
            yield text("text", step.task)
            yield text("text", f"You can change: {', '.join(step.may)}. It takes {count(step.par, 'edit')}.")
            yield many("list", _LINES[: step.par])


async def _solution(bench: Bench, lesson: Lesson, number: int) -> list[Block]:
    """What the instructor reads beside it."""
    step = lesson.step[number]
    if isinstance(step, Do):
        return [*(text("code", each) for each in step.solution), text("note", step.done)]
    if not isinstance(step, Predict | Transfer | Explain):
        return []
    world = world_at(lesson, number, solved(lesson))
    if isinstance(step, Explain):
        right = str((await judging.true_sentence(bench, world, step))[0])
    else:
        right = await judging.answer(bench, world, step.answer)
    options = begin(lesson, Progress(lesson=lesson.id, step=number)).options
    blocks: list[Block] = []
    for place, option in enumerate(options):
        said = said_to(step, option.key, right)
        shown = _shows(step, option.key)
        if option.key == right:
            blocks.insert(0, text("note", f"{letter(place)} is right. {said}".strip()))
        else:
            blocks.append(text("note", f"{letter(place)}{shown}: {said}"))
    return blocks


def _shows(step: Predict | Transfer | Explain, key: str) -> str:
    """Which misconception a wrong choice shows: " (M7)"."""
    wrong = step.sentence[int(key)].wrong if isinstance(step, Explain) else step.wrong.get(key, "")
    found = wrong_of(wrong).misconception
    return f" ({found})" if found else ""


def test_minutes(asked: Sequence[Asked]) -> int:
    """How long somebody takes for a test."""
    words = sum(
        len(text.split())
        for each in asked
        for text in (each.item.ask, *(each.item.text(option) for option in each.item.options))
    )
    return max(1, round((words * 60 / WORDS_PER_MINUTE + TICKING * len(asked)) / 60))


def quiz_page(which: str, asked: Sequence[Asked], *, solutions: bool) -> list[Block]:
    """The page of a test.  `which`: "a" or "b"."""
    blocks = [
        text("title", f"Mail security, form {which.upper()}{': solutions' if solutions else ''}"),
        text(
            "text",
            "What becomes of the mail? Choose one answer each, or none where you do not know."
            f" {count(len(asked), 'question')}, about {count(test_minutes(asked), 'minute')}.",
        ),
    ]
    for number, each in enumerate(asked, 1):
        options = each.item.options
        blocks += [text("step", f"Question {number}"), text("text", each.item.ask)]
        blocks.append(many("options", (each.item.text(option) for option in options)))
        if solutions:
            believed = f"{letter(options.index(each.item.believed))} shows {each.misconception}."
            truth = library.misconceptions()[each.misconception].truth
            blocks.append(text("note", f"{letter(options.index(each.right))} is right; {believed} {truth}"))
    return blocks
