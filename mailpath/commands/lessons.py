"""`mailpath lesson`: list, check and write lessons."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from importlib import resources
from pathlib import Path

import click

from mailpath.commands.outputs import examine, put
from mailpath.commands.stdio import print_json, tell
from mailpath.errors import reason_of
from mailpath.files import FileError, create_file
from mailpath.lessons import answers, checking, library, pages, sheets
from mailpath.lessons import quiz as tests
from mailpath.lessons.grammar import Lesson, LessonError, load
from mailpath.lessons.judging import Bench
from mailpath.visible import visible
from mailpath.wording.phrases import count, did_you_mean

#: As diff(1) has them.
SOUND, BROKEN = 0, 1


def listed(as_json: bool) -> None:
    """Every lesson that ships."""
    found = library.lessons()
    if as_json:
        print_json([_to_dict(each) for each in found])
        return
    for each in found:
        click.echo("\t".join((each.id, f"{each.minutes} min", ",".join(each.courses), each.title)))


def _to_dict(lesson: Lesson) -> dict[str, object]:
    return {
        "id": lesson.id,
        "title": lesson.title,
        "course": lesson.courses[0] if lesson.courses else "",
        "courses": list(lesson.courses),
        "minutes": lesson.minutes,
        "needs": list(lesson.needs),
        "misconceptions": list(lesson.misconceptions),
        "steps": [each.__struct_config__.tag for each in lesson.step],
    }


def check(files: tuple[str, ...]) -> int:
    """0 where all of them are sound, 1 where one is not."""
    problems: list[str] = []
    sources = []
    for file in files:
        try:
            sources.append(checking.read(Path(file), file))
        except LessonError as error:
            where = error.file if error.line is None else f"{error.file}:{error.line}"
            what = f"{error.key}: {error.sentence}" if error.key else error.sentence
            problems.append(f"{where}: {what}")
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            raise FileError(f"It cannot be read: {reason_of(error)}.", file=file) from None
    checked = tuple(sources) if files else checking.built_in()
    problems += asyncio.run(_problems(checked))
    for each in problems:
        click.echo(visible(each, limit=2000))
    if not problems:
        tell(f"mailpath lesson check: {count(len(checked), 'lesson')}, no mistakes.")
    return BROKEN if problems else SOUND


async def _problems(sources: tuple[checking.Source, ...]) -> list[str]:
    """Of all of them, in lines."""
    bench = Bench()
    own = {each.lesson.id for each in sources}
    others = [*(each.lesson for each in sources), *(each for each in library.lessons() if each.id not in own)]
    return [
        checking.told(source, problem)
        for source in sources
        for problem in await checking.check(source, others, bench)
    ]


def new(file: str) -> None:
    """Write the lesson to begin with.  Raises `FileError`."""
    text = resources.files("mailpath.lessons").joinpath("new.toml").read_bytes()
    try:
        create_file(file, text)
    except (OSError, ValueError) as error:
        raise FileError(f"The lesson cannot be written: {reason_of(error)}.", file=file) from error
    tell(f"Change it, then try `mailpath lesson check {file}`.")


# --- on paper ----------------------------------------------------------------------------------------


def sheet(course: str, solutions: bool, output: str | None) -> None:
    """The page of a course, of one lesson, or of one in a file.  Raises `MailpathError`."""
    examine({"-o": output}, {"the command": course if Path(course).is_file() else None}, None)
    known = library.courses().get(course)
    if known is not None:
        title, about, chosen = known.title, known.about, library.in_course(course)
    else:
        lesson = load(course) if Path(course).is_file() else named(course)
        title, about, chosen = lesson.title, "", (lesson,)
    page = asyncio.run(sheets.sheet(Bench(), title, about, chosen, solutions=solutions))
    _put(output, title, page)


def named(word: str) -> Lesson:
    """The lesson `word`; what is no course, no lesson and no file is told as all three."""
    try:
        return library.lesson_named(word)
    except library.UnknownLesson:
        near = did_you_mean(word, (*library.courses(), *(each.id for each in library.lessons())))
        there = near or f" The courses are {', '.join(library.courses())}."
        raise library.UnknownLesson(
            f"There is no course or lesson {word!r}, and no such file.{there}"
        ) from None


def quiz(
    *, form: tests.Form, course: str | None, answers: str | None, solutions: bool, output: str | None
) -> None:
    """Print a test or give it.  Raises `MailpathError`."""
    if answers is not None and (solutions or output is not None):
        raise click.UsageError("--answers asks here: --solutions and -o are for a test on paper.")
    examine({"-o": output, "--answers": answers}, {}, None)
    asked = asyncio.run(tests.form(Bench(), form, tests.asked_in(course)))
    if answers is None:
        _put(output, f"Mail security, form {form}", sheets.quiz_page(form, asked, solutions=solutions))
        return
    _give(form, asked, answers)


def _give(form: str, asked: tuple[tests.Asked, ...], place: str) -> None:
    """Ask at the terminal, one by one, and write the answers down at the end."""
    click.echo('What becomes of the mail? Type a letter; an empty line for "I do not know".', err=True)
    given = []
    for number, each in enumerate(asked, 1):
        options = each.item.options
        click.echo(f"\n{number} of {len(asked)}. {each.item.ask}", err=True)
        for letter, option in zip("ABCDE", options, strict=False):
            click.echo(f"  {letter}. {each.item.text(option)}", err=True)
        began = time.monotonic()
        choice = _letter(len(options))
        chosen = "" if choice is None else options[choice]
        given.append(answers.of_quiz(form, each, chosen, time.monotonic() - began))
    answers.write(place, given)
    right = sum(each.is_right for each in given)
    click.echo(f"\n{right} of {len(given)} right. The answers are in {visible(place)}.", err=True)


def _letter(most: int) -> int | None:
    """The place of the option typed; None for an empty line."""
    while True:
        typed = click.prompt("Answer", default="", show_default=False, err=True).strip().upper()
        if not typed:
            return None
        place = "ABCDE"[:most].find(typed)
        if place >= 0 and len(typed) == 1:
            return place
        click.echo(f"A letter from A to {'ABCDE'[most - 1]}.", err=True)


def report(folder: str, output: str | None) -> None:
    """The page on the answers of a class.  Raises `MailpathError`."""
    examine({"-o": output}, {}, None)
    _put(output, "Answers of a class", answers.page(answers.read_folder(folder)))


def _put(output: str | None, title: str, blocks: Iterable[pages.Block]) -> None:
    """Where it belongs, in the form that the file's name asks for."""
    html = output is not None and output.lower().endswith((".html", ".htm"))
    page = pages.to_html(title, blocks) if html else pages.to_markdown(blocks)
    put(page, "html" if html else "markdown", output, "page")
