"""Starts the app on a terminal and cleans up behind it."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from typing import TYPE_CHECKING

from mailpath.tui.preferences import Preferences
from mailpath.tui.source import Source

if TYPE_CHECKING:
    from textual.app import App

EX_USAGE = 64


def launch(
    *,
    source: Source,
    sender: str | None,
    recipient: str | None,
    start: bool,
    mouse: bool,
    ascii: bool,
    color: bool,
    posture: str,
    preferences: Preferences,
) -> int:
    """What `mailpath.tui.run_app` says."""
    # Textual reads from standard input and draws on standard error.
    terminal = all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))
    if not terminal or os.environ.get("TERM", "dumb") == "dumb":
        sys.stderr.write("mailpath: the app needs a terminal; `mailpath check RECIPIENT` does without one.\n")
        return EX_USAGE
    color = settle_color(color)
    gc.disable()  # a start makes what stays, and no garbage to look for; until `_loaded`
    from mailpath.tui.app import MailpathApp
    from mailpath.tui.session import Session

    session = Session(source, own_postures=preferences.postures, loaded=_loaded)
    app = MailpathApp(
        session,
        sender=sender or "",
        recipient=recipient or "",
        start=start,
        posture=posture,
        ascii=ascii,
        color=color,
        preferences=preferences,
    )
    try:
        line = asyncio.run(_until_ended(app, mouse))
    finally:
        gc.enable()
        session.close()
    if line:
        sys.stdout.write(f"{line}\n")
    try:
        preferences.remember(app.theme if color else preferences.theme, app.recent)
    except OSError as error:
        sys.stderr.write(f"mailpath: what was chosen is not remembered: {error.strerror or error}\n")
    return app.return_code or 0


def settle_color(asked: bool) -> bool:
    """Whether there are to be colours; no-color.org: not where `NO_COLOR` is set and not empty.

    Textual takes them out wherever the variable is, so that it is set or gone from here on."""
    color = asked and not os.environ.get("NO_COLOR")
    if color:
        os.environ.pop("NO_COLOR", None)
    else:
        os.environ["NO_COLOR"] = "1"
    return color


def _loaded() -> None:
    """From now on there is garbage; what was loaded stays, and need not be looked through for it."""
    gc.freeze()
    gc.enable()


async def _until_ended(app: App[str], mouse: bool) -> str | None:
    """Run the app.  A hang-up or a termination ends it as its own key would: the terminal gets its
    screen back, and the lab leaves no file behind."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, app.exit)
    return await app.run_async(mouse=mouse)
