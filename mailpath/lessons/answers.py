"""Answers of a class: one file for each learner, without a name, written on request; and the page on all.

A file has one JSON object a line.  It comes from somebody else's machine: it is read strictly and within
bounds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Annotated, Literal

import msgspec

from mailpath.errors import MailpathError, reason_of
from mailpath.files import replace_file
from mailpath.lessons import library
from mailpath.lessons.pages import Block, many, text
from mailpath.lessons.quiz import Asked
from mailpath.lessons.session import Session
from mailpath.visible import visible
from mailpath.wording.phrases import count

#: Of a class: files, octets of each, lines of each.
MAX_FILES, MAX_BYTES, MAX_LINES = 1000, 1024 * 1024, 5000
#: Wrong choices told of one question.
_MOST_CHOSEN = 3

Short = Annotated[str, msgspec.Meta(max_length=200)]


class AnswersError(MailpathError):
    """A file with answers, or a folder of them, that cannot be used; says why in one sentence."""


class Answer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line.  `question`: "who-is-there/1", the lesson and the number of the step; or "M7", of the bank.

    `moment`: "before" and "after" a class, in a test; "" in a lesson.  `misconception`: the one that the
    choice shows.
    """

    question: Short
    moment: Literal["before", "after", ""] = ""
    choice: Short
    right: Short
    misconception: Short = ""
    seconds: Annotated[int, msgspec.Meta(ge=0, le=86400)] = 0

    @property
    def is_right(self) -> bool:
        return self.choice == self.right


def of_session(session: Session) -> tuple[Answer, ...]:
    """All that was answered in a lesson, in order."""
    return tuple(
        Answer(
            question=f"{session.lesson.id}/{number + 1}",
            choice=given.choice,
            right=given.right,
            misconception=given.misconception,
            seconds=given.seconds,
        )
        for number, given in sorted(session.progress.given.items())
    )


def of_quiz(which: str, asked: Asked, choice: str, seconds: float = 0) -> Answer:
    """One answer of a test.  `which`: form "a" is given before the class, "b" after it."""
    shown = asked.misconception if choice == asked.item.believed else ""
    return Answer(
        question=asked.misconception,
        moment="before" if which == "a" else "after",
        choice=choice,
        right=asked.right,
        misconception=shown,
        seconds=min(round(seconds), 86400),
    )


def write(place: str | Path, answers: Iterable[Answer]) -> None:
    """Write them to a file, whole or not at all.  Raises `AnswersError`."""
    data = b"".join(msgspec.json.encode(each) + b"\n" for each in answers)
    try:
        replace_file(place, data)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise AnswersError(f"It cannot be written: {reason_of(error)}.", file=str(place)) from error


def read_folder(folder: str | Path) -> tuple[tuple[Answer, ...], ...]:
    """The answers of each learner: the files of `folder` that end in .jsonl.  Raises `AnswersError`."""
    try:
        files = sorted(each for each in Path(folder).iterdir() if each.name.endswith(".jsonl"))
    except (OSError, ValueError) as error:
        raise AnswersError(f"It cannot be read: {reason_of(error)}.", file=str(folder)) from error
    if not files:
        raise AnswersError("There is no file of answers (*.jsonl) in it.", file=str(folder))
    if len(files) > MAX_FILES:
        raise AnswersError(f"There are more than {MAX_FILES} files in it.", file=str(folder))
    return tuple(_read(each) for each in files)


def _read(file: Path) -> tuple[Answer, ...]:
    try:
        with file.open("rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise AnswersError(f"It cannot be read: {reason_of(error)}.", file=str(file)) from error
    lines = raw.splitlines()
    if len(raw) > MAX_BYTES or len(lines) > MAX_LINES:
        most = f"{MAX_BYTES} bytes, or {MAX_LINES} lines"
        raise AnswersError(f"It is larger than {most}.", file=str(file))
    found = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                found.append(msgspec.json.decode(line, type=Answer))
            except (msgspec.DecodeError, RecursionError) as error:
                raise AnswersError(f"It holds no answer: {error}.", file=str(file), line=number) from error
    return tuple(found)


# --- the page ----------------------------------------------------------------------------------------


def page(files: Sequence[Sequence[Answer]]) -> list[Block]:
    """What the class answered: before and after, and question by question.  `files`: the answers in each;
    who was in a test before and after the class has left two."""
    every = [each for answers in files for each in answers]
    blocks = [
        text("title", "Answers of a class"),
        text("text", f"{count(len(files), 'file')}, {count(len(every), 'answer')}."),
    ]
    tested = [each for each in every if each.moment]
    if tested:
        blocks += [text("heading", "Before and after"), *_tests(tested)]
    asked = [each for each in every if not each.moment]
    if asked:
        rows = ["Question\tAnswers\tRight\tChosen instead\tSeconds"]
        blocks += [text("heading", "In the lessons"), many("table", (*rows, *_questions(asked)))]
    return blocks


def _tests(tested: Sequence[Answer]) -> Iterator[Block]:
    rows = ["Idea\tBefore\tAfter\tStill believed\tChosen instead, after\tSeconds, before and after"]
    for question in dict.fromkeys(each.question for each in tested):
        own = [each for each in tested if each.question == question]
        after = [each for each in own if each.moment == "after"]
        still = sum(bool(each.misconception) for each in after)
        known = library.misconceptions().get(question)
        idea = f"{question}: {known.belief}" if known is not None else question
        before = [each for each in own if each.moment == "before"]
        waited = ", ".join(_seconds(each) for each in (before, after) if each)
        believed = f"{still} of {len(after)}" if after else ""
        rows.append("\t".join((idea, _share(before), _share(after), believed, _instead(after), waited)))
    yield many("table", rows)
    before_all, after_all = (
        _part([each for each in tested if each.moment == when]) for when in ("before", "after")
    )
    if before_all is not None and after_all is not None:
        gain = f", a gain of {(after_all - before_all) / (1 - before_all):.2f}" if before_all < 1 else ""
        yield text(
            "text",
            f"All ideas together: {before_all:.0%} right before, {after_all:.0%} after{gain}. The gain is how"
            " much of what was missing has been won; 1 is all of it.",
        )


def _questions(asked: Sequence[Answer]) -> Iterator[str]:
    for question in sorted({each.question for each in asked}, key=_place):
        own = [each for each in asked if each.question == question]
        yield "\t".join((question, str(len(own)), _share(own), _instead(own), _seconds(own)))


def _instead(answers: Sequence[Answer]) -> str:
    """The wrong choices, the most frequent first."""
    wrong = Counter(_wrong(each) for each in answers if not each.is_right).most_common(_MOST_CHOSEN)
    return ", ".join(f"{choice}: {number}" for choice, number in wrong)


def _seconds(answers: Sequence[Answer]) -> str:
    """Half of them took no longer."""
    return f"{median(each.seconds for each in answers):.0f}"


def _wrong(answer: Answer) -> str:
    """A wrong choice, with the misconception that it shows."""
    shown = f" ({answer.misconception})" if answer.misconception else ""
    return visible(f"{answer.choice or 'no answer'}{shown}".replace("\t", " "))


def _place(question: str) -> tuple[int, str, int]:
    """Lessons in their order, and steps in theirs."""
    lesson, _, step = question.partition("/")
    order = [each.id for each in library.lessons()]
    at = order.index(lesson) if lesson in order else len(order)
    return at, lesson, int(step) if step.isascii() and step.isdigit() and len(step) < 5 else 0


def _part(answers: Sequence[Answer]) -> float | None:
    return sum(each.is_right for each in answers) / len(answers) if answers else None


def _share(answers: Sequence[Answer]) -> str:
    part = _part(answers)
    return "" if part is None else f"{part:.0%}"
