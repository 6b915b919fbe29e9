"""The words of `mailpath lesson`: what it takes, light to load; `lessons` does the work."""

from __future__ import annotations

from typing import Any

import click

from mailpath.commands.choices import OneOf
from mailpath.commands.grammar import Command
from mailpath.commands.options import LOG, LOOK, argument, as_json, completed, flag, value


@click.command(
    "list",
    cls=Command,
    short_help="List the lessons.",
    params=[as_json("a JSON array")],
)
def list_lessons(as_json: bool) -> None:
    """List the lessons. Prints ID, minutes, courses, title, separated by tabs."""
    from mailpath.commands import lessons

    lessons.listed(as_json)


@click.command(
    cls=Command,
    short_help="Check that lessons are true and can be finished.",
    params=[argument("files", nargs=-1, metavar="[FILE]...", shell_complete=completed("files"))],
)
def check(files: tuple[str, ...]) -> int:
    """Check the lessons in FILE, or those that are built in: each answer is worked out by a walk in the lab,
    each task is done as its solution says, and nothing gives an answer away.

    Prints one line for each mistake, FILE:LINE: what. Exit status: 0 none, 1 some.
    """
    from mailpath.commands import lessons

    return lessons.check(files)


@click.command(
    cls=Command,
    short_help="Begin a lesson of your own.",
    params=[argument("file", metavar="FILE", shell_complete=completed("files"))],
)
def new(file: str) -> None:
    """Write a small lesson to FILE, to change into your own. Never overwrites a file."""
    from mailpath.commands import lessons

    lessons.new(file)


_OUTPUT = value("-o", "--output", of="FILE", help="Write to FILE, .html or .md. [standard output, Markdown]")
_SOLUTIONS = flag("--solutions", help="Add the answers, and notes for the instructor.")


@click.command(
    cls=Command,
    short_help="Print a course on paper.",
    params=[
        argument("course", metavar="COURSE|ID|FILE", shell_complete=completed("courses")),
        _SOLUTIONS,
        _OUTPUT,
    ],
)
def sheet(course: str, solutions: bool, output: str | None) -> None:
    """Make a page for print of COURSE, one lesson or the lesson in FILE. The answers are worked out in the
    lab.
    """
    from mailpath.commands import lessons

    lessons.sheet(course, solutions, output)


@click.command(
    cls=Command,
    short_help="Give a test before a class, or after it.",
    params=[
        click.Option(
            ["--form"], type=OneOf(["a", "b"]), required=True, help="Form a before the class, b after it."
        ),
        value(
            "--course",
            of="COURSE",
            shell_complete=completed("courses"),
            help="Only what COURSE is about. [all]",
        ),
        value(
            "--answers", of="FILE", help="Ask here, and write the answers to FILE (JSONL), without a name."
        ),
        _SOLUTIONS,
        _OUTPUT,
    ],
)
def quiz(**words: Any) -> None:
    """Print a test, or give it at the terminal. The two forms ask for the same ideas in other settings."""
    from mailpath.commands import lessons

    lessons.quiz(**words)


@click.command(
    cls=Command,
    short_help="Show what a class answered.",
    params=[argument("folder", metavar="DIR", shell_complete=completed("files")), _OUTPUT],
)
def report(folder: str, output: str | None) -> None:
    """Show what a class answered: the files of answers (*.jsonl) in DIR, question by question, and before and
    after the class.
    """
    from mailpath.commands import lessons

    lessons.report(folder, output)


LESSON = click.Group(
    "lesson",
    commands=[list_lessons, check, new, sheet, quiz, report],
    short_help="List, check and print the lessons.",
    help="Lessons on mail security that ask before they show: list, check and print them.",
)


@click.command(
    cls=Command,
    short_help="Take lessons that ask before they show.",
    params=[
        argument("what", required=False, metavar="[COURSE|ID|FILE]", shell_complete=completed("lessons")),
        flag("--class", "room", help="Show one lesson to a class: large, with a show of hands."),
        value("--answers", of="FILE", help="Write what was answered to FILE (JSONL), without a name."),
        *LOOK,
        LOG,
    ],
)
def learn(**words: Any) -> int:
    """Open the app with a course beside it. COURSE lists its lessons, ID begins one, FILE one of your own;
    without any of them it goes on where you left off. All of it happens in the lab, on this machine.

    What will the sender do? A lesson asks before it shows, walks, asks why, and has you change records,
    certificates and policies until the goal is reached.
    """
    from mailpath.commands import learner

    return learner.learn(words.pop("what"), words)
