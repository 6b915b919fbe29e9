"""The lab as a place to ask: `--lab ID`, or a scenario file of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mailpath.commands.options import given_network_options, settings_from
from mailpath.lab import Lab, ScenarioError, load, scenarios

if TYPE_CHECKING:
    from mailpath.lab import Scenario
    from mailpath.network.settings import Settings

#: What the lab brings with it.
_ITS_OWN = ("network_file", "resolver", "trust_anchor", "ca_file", "dial")


def scenario_named(text: str) -> Scenario:
    """The built-in scenario with the id `text`, else the one in the file.  Raises `click.UsageError`."""
    for each in scenarios():
        if each.id == text:
            return each
    if not Path(text).is_file():
        raise click.UsageError(
            f"There is no scenario {text!r}, and no such file. `mailpath lab list` shows the scenarios."
        )
    try:
        return load(text)
    except ScenarioError as error:  # it names the file
        raise click.UsageError(str(error)) from None


@contextmanager
def lab_of(text: str, network: dict[str, Any]) -> Iterator[tuple[Scenario, Settings]]:
    """The lab with the scenario that `text` names, up, and the settings that lead there; the options in
    `network` outweigh those.  Raises `click.UsageError`.
    """
    given = given_network_options({key: value for key, value in network.items() if key in _ITS_OWN})
    if given:
        raise click.UsageError(
            f"The lab is a network of its own: {', '.join(given)} cannot be used with --lab."
        )
    scenario = scenario_named(text)
    try:
        lab = Lab.start((scenario,))
    except ScenarioError as error:
        raise click.UsageError(str(error)) from None
    with lab:
        yield scenario, settings_from(network, lab.settings)
