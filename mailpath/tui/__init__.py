"""The app: one screen on which a mail's path is walked, read and judged again under another posture.

Nothing of the network stack is imported here, and of Textual only when it starts: the first frame is on the
screen before the former is loaded.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from mailpath import ending
from mailpath.ending import ExitCode
from mailpath.tui.preferences import Preferences
from mailpath.tui.source import CaptureSource, LabSource, LiveSource, Source

if TYPE_CHECKING:
    from textual.driver import Driver

    from mailpath.network.settings import Settings
    from mailpath.tickets.pasted import Pasted
    from mailpath.tui.app import BaseApp

__all__ = [
    "CaptureSource",
    "LabSource",
    "LiveSource",
    "Preferences",
    "Source",
    "has_terminal",
    "run_app",
    "run_survey",
    "run_to_its_end",
]

#: Seconds that a start may take; nothing depends on it but how soon memory is given back.
_START = 2.0


def run_app(
    *,
    source: Source,
    sender: str | None = None,
    recipient: str | None = None,
    start: bool = False,
    mouse: bool = True,
    ascii: bool = False,
    color: bool = True,
    posture: str = "rfc",
    preferences: Preferences | None = None,
    pasted: Pasted | None = None,
) -> int:
    """Run the app until it is quit and leave its verdict as one line in the scrollback.

    `start`: walk at once, without waiting for the Walk button.  `color`: False as `NO_COLOR` does it.
    `preferences`: theme, keys, postures of the user's own.  `pasted`: the text that named the path, which
    is held in sight.
    Returns the exit code: 0, or 64 where there is no terminal to draw on (one line on stderr says so).
    """
    preferences = preferences or Preferences()

    def make(color: bool, driver: type[Driver]) -> tuple[BaseApp, Callable[[], None]]:
        from mailpath.tui.app import MailpathApp
        from mailpath.tui.session import Session

        session = Session(source, own_postures=preferences.postures)
        app = MailpathApp(
            session,
            sender=sender or "",
            recipient=recipient or "",
            start=start,
            posture=posture,
            ascii=ascii,
            color=color,
            preferences=preferences,
            pasted=pasted,
            driver_class=driver,
        )
        return app, session.close

    return run_to_its_end(make, mouse, color, preferences, instead="mailpath check RECIPIENT")


def run_survey(
    folder: str,
    *,
    mouse: bool = True,
    ascii: bool = False,
    color: bool = True,
    posture: str = "rfc",
    preferences: Preferences | None = None,
    trusted: Settings | None = None,
) -> int:
    """The same on the survey that is kept in `folder`: a table of its domains, each of which opens as a path.

    `posture`: chosen first, if the survey has it; `trusted`: whom this user trusts, which the recordings are
    held against.
    """
    from shlex import quote

    preferences = preferences or Preferences()

    def make(color: bool, driver: type[Driver]) -> tuple[BaseApp, Callable[[], None]]:
        from mailpath.tui.surveyapp import SurveyApp

        app = SurveyApp(
            folder,
            posture=posture,
            ascii=ascii,
            color=color,
            preferences=preferences,
            trusted=trusted,
            driver_class=driver,
        )
        return app, lambda: None

    return run_to_its_end(
        make, mouse, color, preferences, instead=f"mailpath survey --resume --store {quote(folder)}"
    )


def run_to_its_end(
    make: Callable[[bool, type[Driver]], tuple[BaseApp, Callable[[], None]]],
    mouse: bool,
    color: bool,
    preferences: Preferences,
    *,
    instead: str,
) -> int:
    """`make`: takes whether there are colours, and the driver; returns the app, and what closes that on which
    it stands.  `instead`: the command for where there is no terminal."""
    if not has_terminal():
        sys.stderr.write(f"mailpath: the app needs a terminal; use `{instead}` instead.\n")
        return ExitCode.USAGE
    # The end of its terminal, or a signal, ends the app as its own key does: status 0.
    ending.watch(status=0)
    ending.tie(sys.stdin.fileno(), sys.stderr.fileno())
    color = settle_color(color)
    gc.disable()  # a start makes what stays, and no garbage to look for: 35 ms of the 205 to the first frame
    from mailpath.tui.terminal import Terminal

    app, close = make(color, Terminal)

    def remember() -> None:
        preferences.remember(app.chosen_theme, app.recent)

    forget = ending.at_end(remember)
    try:
        line = asyncio.run(_run(app, mouse))
    finally:
        forget()
        close()
    if line:
        sys.stdout.write(f"{line}\n")
    _save(remember)
    return app.return_code or 0


def _save(remember: Callable[[], None]) -> None:
    try:
        remember()
    except OSError as error:
        sys.stderr.write(f"mailpath: your choices could not be saved: {error.strerror or error}\n")


def has_terminal() -> bool:
    """Whether there is one to draw on: Textual reads from standard input and draws on standard error."""
    streams = all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))
    return streams and os.environ.get("TERM", "dumb") != "dumb"


async def _run(app: BaseApp, mouse: bool) -> str | None:
    app.fit_colors()
    asyncio.get_running_loop().call_later(_START, _collect_garbage)
    try:
        return await app.run_async(mouse=mouse)
    finally:
        gc.enable()


def settle_color(asked: bool) -> bool:
    """Whether there are to be colours; no-color.org: not where `NO_COLOR` is set and not empty.

    Textual takes them out wherever the variable is, so that it is set or gone from here on."""
    color = asked and not os.environ.get("NO_COLOR")
    if color:
        os.environ.pop("NO_COLOR", None)
    else:
        os.environ["NO_COLOR"] = "1"
    return color


def _collect_garbage() -> None:
    """From now on there is some; what was loaded stays, and need not be looked through for it."""
    gc.freeze()
    gc.enable()
