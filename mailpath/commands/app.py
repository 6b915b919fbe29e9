"""The commands that open the app: on the live network, on a capture, on the lab."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from mailpath.commands.options import domain_of, settings_from
from mailpath.tui import CaptureSource, LabSource, LiveSource, run_app


def live(sender: str | None, recipient: str | None, look: dict[str, Any], network: dict[str, Any]) -> int:
    """The app on the network; it walks at once when a recipient is given.  Returns the exit code."""
    for typed in (sender, recipient):
        if typed is not None:
            domain_of(typed)  # a name that is none is told before a screen is drawn
    source = LiveSource(settings_from(network))
    return run_app(source=source, sender=sender, recipient=recipient, start=recipient is not None, **look)


def filled_in(
    sender: str | None, recipient: str, posture: str, look: dict[str, Any], network: dict[str, Any]
) -> int:
    """The app with a path that somebody else's text named: it walks when it is told to, not before."""
    source = LiveSource(settings_from(network))
    return run_app(source=source, sender=sender, recipient=recipient, posture=posture, **look)


def capture(file: str, look: dict[str, Any]) -> int:
    """The app on a capture; no network."""
    from mailpath.network.capture import CaptureError, load

    try:
        held = load(file)
    except CaptureError as error:
        raise click.UsageError(f"{file}: {error}") from None
    if file == "-":
        keyboard()
    return run_app(
        source=CaptureSource(held),
        sender=held.path.sender,
        recipient=held.path.recipient,
        start=True,
        **look,
    )


def keyboard() -> None:
    """Standard input was the capture: keys come from the terminal itself, where there is one."""
    try:
        terminal = os.open("/dev/tty", os.O_RDWR)
    except OSError:
        return  # no terminal at all: the app says so itself
    os.dup2(terminal, sys.stdin.fileno())
    os.close(terminal)


def lab(scenario: str | None, look: dict[str, Any]) -> int:
    """The app on the built-in mini-internet, or on a scenario file of one's own."""
    from mailpath.lab import ScenarioError, load, scenarios

    if scenario is None:
        return run_app(source=LabSource(), **look)
    if scenario in {each.id for each in scenarios()}:
        return run_app(source=LabSource(scenario), start=True, **look)
    if not Path(scenario).is_file():
        raise click.UsageError(
            f"There is no scenario {scenario!r}, and no such file. `mailpath lab list` shows the scenarios."
        )
    try:
        own = load(scenario)
    except (ScenarioError, OSError) as error:
        raise click.UsageError(f"{scenario}: {error}") from None
    return run_app(source=LabSource(own), start=True, **look)
