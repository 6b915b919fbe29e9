"""The commands that open the app: on the live network, on a capture, on the lab."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from mailpath import config
from mailpath.commands.options import domain_of, given_network_options, settings_from, trusted_here
from mailpath.commands.preferring import preferences
from mailpath.tui import CaptureSource, LabSource, LiveSource, run_app

#: As `mailpath.report.result` has it, which is loaded later.
DEFAULT_POSTURE = "rfc"


def live(sender: str | None, recipient: str | None, look: dict[str, Any], network: dict[str, Any]) -> int:
    """The app on the network; it walks at once when a recipient is given.  Returns the exit code."""
    for typed in (sender, recipient):
        if typed is not None:
            domain_of(typed)  # a name that is none is told before a screen is drawn
    found = config.load()
    source, problems = _source(found, network)
    return run_app(
        source=source,
        sender=sender or found.defaults.get("sender"),
        recipient=recipient,
        start=recipient is not None,
        posture=found.defaults.get("posture", DEFAULT_POSTURE),
        preferences=preferences(found, problems),
        **look,
    )


def filled_in(
    sender: str | None, recipient: str, posture: str, look: dict[str, Any], network: dict[str, Any]
) -> int:
    """The app with a path that somebody else's text named: it walks when it is told to, not before."""
    found = config.load()
    source, problems = _source(found, network)
    return run_app(
        source=source,
        sender=sender,
        recipient=recipient,
        posture=posture,
        preferences=preferences(found, problems),
        **look,
    )


def capture(file: str, look: dict[str, Any], trust: dict[str, Any]) -> int:
    """The app on a capture, held against whom this user trusts; no network."""
    from mailpath.network.capture import CaptureError, load

    try:
        held = load(file)
    except CaptureError as error:
        raise click.UsageError(f"{file}: {error}") from None
    here, problems = trusted_here(trust)
    if file == "-":
        keyboard()
    return run_app(
        source=CaptureSource(held, here),
        sender=held.path.sender,
        recipient=held.path.recipient,
        start=True,
        **_preferred(problems),
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
    if scenario is None:
        return run_app(source=LabSource(), **_preferred(), **look)
    from mailpath.commands.labs import scenario_named
    from mailpath.lab import scenarios

    named = scenario_named(scenario)
    source = LabSource(named.id if named in scenarios() else named)
    return run_app(source=source, start=True, **_preferred(), **look)


def _source(found: config.Config, network: dict[str, Any]) -> tuple[LiveSource, tuple[str, ...]]:
    """The network of the command line over that of the config file, and what is wrong with the latter.

    Where neither says anything, nothing that could tell is loaded before the first frame."""
    if not found.network and not given_network_options(network):
        return LiveSource(), ()
    base, problems = found.settings()
    return LiveSource(settings_from(network, base)), problems


def _preferred(problems: tuple[str, ...] | None = None) -> dict[str, Any]:
    """The user's posture, theme and keys.  `problems`: with the config file's network table; None: nobody
    has looked at it yet."""
    found = config.load()
    if problems is None:
        problems = found.settings()[1] if found.network else ()
    return {
        "posture": found.defaults.get("posture", DEFAULT_POSTURE),
        "preferences": preferences(found, problems),
    }
