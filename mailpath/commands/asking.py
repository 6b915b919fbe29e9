"""Where a command asks, and whom this user trusts: the command line over the network or the config file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mailpath import config
from mailpath.commands.options import TRUST_KEYS, given_options, names_of
from mailpath.commands.stdio import tell
from mailpath.dnssec import read_anchors
from mailpath.errors import MailpathError, concerning
from mailpath.network.settings import Settings, SettingsError, anchor_text, load, roots
from mailpath.wording.phrases import did_you_mean

if TYPE_CHECKING:
    from mailpath.lab import Scenario

#: Of the network options, what the lab brings with it.
LAB_BRINGS = ("network_file", "resolver", "trust_anchor", "ca_file", "dial")


def settings_from(options: dict[str, Any], base: Settings | None = None) -> Settings:
    """The network file, else `base`, with the options in place of its keys.  Raises `SettingsError`."""
    given = given_options(options)
    file = given.pop("network_file", None)
    return (load(file) if file else base or Settings()).merged(**given)


def probing(options: dict[str, Any]) -> Settings:
    """What a command that probes goes by: the network file, else the config file's [network], and in place
    of their keys the options.  Raises `MailpathError`.
    """
    return settings_from(options, None if options.get("network_file") else config.network())


@contextmanager
def network_of(options: dict[str, Any]) -> Iterator[tuple[Settings, Scenario | None]]:
    """Where to ask: with `--lab` in the lab, which is up for as long as the block runs; and its scenario.

    Raises `MailpathError`.
    """
    if options.get("lab") is None:
        yield probing(options), None
        return
    given = names_of(given_options(options, LAB_BRINGS))
    if given:
        raise click.UsageError(f"The lab has its own network: {given} cannot be used with --lab.")
    from mailpath.lab import Lab
    from mailpath.lab.scenario import in_their_files

    scenario = scenario_named(options["lab"])
    with in_their_files({scenario.id: options["lab"]}):
        lab = Lab.start((scenario,))
    with lab:
        yield settings_from(options, lab.settings), scenario


def scenarios_named(words: Iterable[str]) -> dict[str, Scenario]:
    """What was typed -> the scenario.  Raises as `scenario_named` does, and where two have one id."""
    named: dict[str, Scenario] = {}
    for word in words:
        scenario = scenario_named(word)
        other = next((each for each, held in named.items() if held.id == scenario.id and each != word), None)
        if other is not None:
            raise click.UsageError(f"{other} and {word} have the same id, {scenario.id!r}.")
        named[word] = scenario
    return named


def scenario_named(text: str, commands: Iterable[str] = ()) -> Scenario:
    """The built-in scenario with the id `text`, else the one in the file.  `commands`: what else may stand
    there.  Raises `click.UsageError`, `ScenarioError`.
    """
    from mailpath.lab import load as load_scenario
    from mailpath.lab import scenarios

    for each in scenarios():
        if each.id == text:
            return each
    if not Path(text).is_file():
        near = did_you_mean(text, (*commands, *(each.id for each in scenarios())))
        there = near or " `mailpath lab list` lists the scenarios."
        raise click.UsageError(f"There is no scenario {text!r}, and no such file.{there}")
    return load_scenario(text)


def trusted_here(options: dict[str, Any]) -> tuple[Settings, tuple[str, ...]]:
    """Whom this user trusts, to hold a capture against: the network file, else the config file's [network],
    and in place of their keys the options; and what cannot be used of the config file.

    Raises `MailpathError` for what stands on the command line.
    """
    base = Settings()
    problems: tuple[str, ...] = ()
    if not options.get("network_file") and (found := config.load()).network:
        base, problems = found.settings()
        try:
            _refuse_unusable(base)
        except MailpathError as error:
            base, problems = Settings(), (*problems, str(error))
    settings = settings_from({key: options.get(key) for key in TRUST_KEYS}, base)
    _refuse_unusable(settings)
    return settings, problems


def trusted_by(command: str, options: dict[str, Any]) -> Settings:
    """`trusted_here`, with what cannot be used of the config file told on standard error."""
    settings, problems = trusted_here(options)
    for problem in problems:
        tell(f"mailpath {command}: {config.config_file().name}: {problem}")
    return settings


def _refuse_unusable(settings: Settings) -> None:
    with concerning(file=settings.trust_anchor or "", key="trust_anchor"):
        read_anchors(anchor_text(settings))
    roots(settings)


def files_read(options: dict[str, Any]) -> dict[str, str | None]:
    """What is read to know where to ask and whom to trust: who names it -> the file.

    A file that cannot be used is told of where it is used."""
    named = options.get("network_file")
    try:
        settings = load(named) if named else config.load().settings()[0]
    except SettingsError:
        settings = Settings()
    where = "the network file" if named else "the config file"
    return {
        "--network": named,
        "mailpath itself": str(config.config_file()),
        "--trust-anchor": options.get("trust_anchor"),
        "--ca-file": options.get("ca_file"),
        f"trust_anchor in {where}": settings.trust_anchor,
        f"ca_file in {where}": settings.ca_file,
    }
