"""The commands that open the app: on the live network, on a capture, on the lab."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import mailpath.logs  # noqa: F401 - the app's loggers are silent until somebody listens
from mailpath import config
from mailpath.commands.options import domain_of, given_options, look
from mailpath.tui import CaptureSource, LabSource, LiveSource, Preferences, Source, run_app, run_survey

if TYPE_CHECKING:
    from mailpath.tickets.pasted import Pasted
    from mailpath.tui.preferences import OwnPostures

#: As `mailpath.report.result` has it, which is loaded later.
DEFAULT_POSTURE = "rfc"


def live(
    sender: str | None,
    recipient: str | None,
    options: dict[str, Any],
    *,
    pasted: Pasted | None = None,
) -> int:
    """The app on the network; it walks at once when a recipient is given.  `pasted`: the text that named
    the path.  Returns the exit code.
    """
    for typed in (sender, recipient):
        if typed is not None:
            domain_of(typed)  # a name that is none is told before a screen is drawn
    found = config.load()
    source, problems = _source(found, options)
    if sender is None and pasted is None:
        sender = found.defaults.get("sender")
    walk = recipient is not None
    return _open(found, source, sender, recipient, options, start=walk, problems=problems, pasted=pasted)


def text(found: Pasted, options: dict[str, Any], *, stdin: bool) -> int:
    """The app on the path that a text names; `stdin`: it came from there."""
    if stdin:
        keyboard()
    return live(found.sender, found.recipient, options, pasted=found)


def capture(file: str, options: dict[str, Any]) -> int:
    """The app on a capture, held against whom this user trusts; no network."""
    from mailpath.commands.asking import trusted_here
    from mailpath.network.capture import load

    if os.path.isdir(file):
        return survey(file, options)
    held = load(file)
    here, problems = trusted_here(options)
    if file == "-":
        keyboard()
    found, source = config.load(), CaptureSource(held, here)
    return _open(found, source, held.path.sender, held.path.recipient, options, start=True, problems=problems)


def survey(folder: str, options: dict[str, Any]) -> int:
    """The app on a survey's store; no network.  Raises `StoreError`."""
    from mailpath.commands.asking import trusted_here
    from mailpath.survey.store import Store

    Store(folder).close()  # what is none is told before a screen is drawn
    here, problems = trusted_here(options)
    found = config.load()
    return run_survey(
        folder,
        posture=found.defaults.get("posture", ""),
        preferences=preferences(found, problems),
        trusted=here,
        **look(options),
    )


def keyboard() -> None:
    """Standard input was the capture: keys come from the terminal itself, where there is one."""
    try:
        terminal = os.open("/dev/tty", os.O_RDWR)
    except OSError:
        return  # no terminal at all: the app says so itself
    os.dup2(terminal, sys.stdin.fileno())
    os.close(terminal)


def lab(scenario: str | None, options: dict[str, Any]) -> int:
    """The app on the built-in mini-internet, or on a scenario file of one's own."""
    found = config.load()
    problems = found.settings()[1] if found.network else ()
    spoil = options.pop("spoil")
    source = LabSource(spoil=spoil)
    if scenario is not None:
        from mailpath.commands.asking import scenario_named
        from mailpath.lab import scenarios

        named = scenario_named(scenario, ("list", "serve", "from"))
        built_in = any(scenario == each.id for each in scenarios())
        source = LabSource(named.id, spoil=spoil) if built_in else LabSource(named, scenario, spoil=spoil)
    return _open(found, source, None, None, options, start=scenario is not None, problems=problems)


def _open(
    found: config.Config,
    source: Source,
    sender: str | None,
    recipient: str | None,
    options: dict[str, Any],
    *,
    start: bool,
    problems: tuple[str, ...],
    pasted: Pasted | None = None,
) -> int:
    return run_app(
        source=source,
        sender=sender,
        recipient=recipient,
        start=start,
        posture=(pasted and pasted.posture) or found.defaults.get("posture", DEFAULT_POSTURE),
        preferences=preferences(found, problems),
        pasted=pasted,
        **look(options),
    )


def _source(found: config.Config, options: dict[str, Any]) -> tuple[LiveSource, tuple[str, ...]]:
    """The network of the command line over that of the config file, and what is wrong with the latter.

    Where neither says anything, nothing that could tell is loaded before the first frame."""
    if not found.network and not given_options(options):
        return LiveSource(), ()
    from mailpath.commands.asking import settings_from

    base, problems = found.settings()
    return LiveSource(settings_from(options, base)), problems


def preferences(found: config.Config, problems: tuple[str, ...] = ()) -> Preferences:
    """What the user's files say to the app.  `problems`: further sentences, beside those of `found`."""
    remembered = config.load_state()

    def postures() -> OwnPostures:
        own, wrong = found.own_postures()
        return own, tuple(f"{found.file.name}: {problem}" for problem in (*wrong, *found.old_keys()))

    def remember(theme: str, recent: tuple[str, ...]) -> None:
        state = config.State(theme or remembered.theme, recent)
        if state != remembered:
            config.save_state(state)

    return Preferences(
        theme=found.defaults.get("theme") or remembered.theme,
        keymap=found.keymap,
        recent=remembered.recent,
        problems=tuple(f"{found.file.name}: {problem}" for problem in (*found.problems, *problems)),
        postures=postures,
        remember=remember,
    )
