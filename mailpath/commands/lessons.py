"""`mailpath lesson`: list, check and write lessons."""

from __future__ import annotations

import asyncio
from importlib import resources
from pathlib import Path

import click

from mailpath.commands.stdio import print_json, tell
from mailpath.errors import reason_of
from mailpath.files import FileError, create_file
from mailpath.lessons import checking, library
from mailpath.lessons.grammar import Lesson, LessonError
from mailpath.lessons.judging import Bench
from mailpath.visible import visible
from mailpath.wording.phrases import count

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
