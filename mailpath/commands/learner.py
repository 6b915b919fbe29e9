"""`mailpath learn`: the app with a course beside it, or a lesson before a class."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

import mailpath.logs  # noqa: F401 - the app's loggers are silent until somebody listens
from mailpath import config
from mailpath.commands.app import preferences
from mailpath.commands.lessons import named
from mailpath.commands.options import look
from mailpath.commands.outputs import examine
from mailpath.lessons import answers, library
from mailpath.lessons.grammar import load
from mailpath.lessons.session import Session
from mailpath.tui.learning import run_class, run_learn
from mailpath.tui.learning.course import Start


def learn(what: str | None, options: dict[str, Any]) -> int:
    """The app on a course, a lesson, or one in a file.  Returns the exit code.  Raises `MailpathError`."""
    room, place = options.pop("room"), options.pop("answers")
    start = _start(what)
    if room and start.lesson is None:
        raise click.UsageError("--class shows one lesson: name it, or its file.")
    if room and place is not None:
        raise click.UsageError("--answers is for one learner, --class for a room.")
    file = what if start.lesson is not None else None
    examine({"-o": None, "--answers": place}, {"the command": file}, None)
    shown = look(options)
    if room:
        return run_class(start, **shown)

    def finish(sessions: tuple[Session, ...]) -> None:
        if place is not None:
            answers.write(place, [each for session in sessions for each in answers.of_session(session)])

    return run_learn(start, preferences=preferences(config.load()), finish=finish, **shown)


def _start(what: str | None) -> Start:
    if what is None:
        return Start()
    if what in library.courses():
        return Start(course=what)
    return Start(lesson=load(what) if Path(what).is_file() else named(what))
