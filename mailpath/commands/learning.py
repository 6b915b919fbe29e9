"""The words of `mailpath lesson`: what it takes, light to load; `lessons` does the work."""

from __future__ import annotations

import click

from mailpath.commands.grammar import Command
from mailpath.commands.options import argument, as_json, completed


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
    """Write a small lesson to FILE, to change into your own. It is never written over another file."""
    from mailpath.commands import lessons

    lessons.new(file)


LESSON = click.Group(
    "lesson",
    commands=[list_lessons, check, new],
    short_help="List, check and print the lessons.",
    help="Lessons on mail security that ask before they show: list, check and print them.",
)
