"""The lab as a place to ask: `--lab ID`, or a scenario file of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mailpath.commands.asking import settings_from
from mailpath.commands.options import given_options, names_of
from mailpath.lab import Lab, load, scenarios

if TYPE_CHECKING:
    from mailpath.lab import Scenario
    from mailpath.network.settings import Settings

#: What the lab brings with it.
_ITS_OWN = ("network_file", "resolver", "trust_anchor", "ca_file", "dial")


def scenario_named(text: str) -> Scenario:
    """The built-in scenario with the id `text`, else the one in the file.  Raises `MailpathError`."""
    for each in scenarios():
        if each.id == text:
            return each
    if not Path(text).is_file():
        raise click.UsageError(
            f"There is no scenario {text!r}, and no such file. `mailpath lab list` shows the scenarios."
        )
    return load(text)


@contextmanager
def lab_of(text: str, network: dict[str, Any]) -> Iterator[tuple[Scenario, Settings]]:
    """The lab with the scenario that `text` names, up, and the settings that lead there; the options in
    `network` outweigh those.  Raises `MailpathError`.
    """
    given = names_of(given_options(network, _ITS_OWN))
    if given:
        raise click.UsageError(f"The lab is a network of its own: {given} cannot be used with --lab.")
    scenario = scenario_named(text)
    with Lab.start((scenario,)) as lab:
        yield scenario, settings_from(network, lab.settings)
