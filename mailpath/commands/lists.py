"""The commands that only say what there is: scenarios, postures, codes."""

from __future__ import annotations

import json

import click


def scenarios(as_json: bool) -> None:
    """Every scenario of the lab: id, domain, expected outcomes, title; tab-separated."""
    from mailpath.lab import scenarios as built_in

    found = [
        {
            "id": scenario.id,
            "domain": scenario.domain,
            "sender": scenario.sender,
            "expect": scenario.expect,
            "title": scenario.title,
        }
        for scenario in built_in()
    ]
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for each in found:
        expect = each["expect"]
        assert isinstance(expect, dict)
        outcomes = ",".join(f"{posture}={outcome}" for posture, outcome in expect.items())
        click.echo("\t".join((str(each["id"]), str(each["domain"]), outcomes, str(each["title"]))))


def serve() -> None:
    """The lab for other tools, until a signal comes.  Raises `click.UsageError`, OSError."""
    from mailpath.lab import ScenarioError
    from mailpath.lab.serve import serve as keep_up

    try:
        keep_up()
    except ScenarioError as error:
        raise click.UsageError(str(error)) from None


def postures() -> None:
    """Every posture and what it is."""
    from mailpath.config import ConfigError
    from mailpath.config import postures as known
    from mailpath.visible import visible

    try:
        found = known()
    except ConfigError as error:
        raise click.UsageError(str(error)) from None
    width = max(len(name) for name in found)
    for name, posture in found.items():
        click.echo(f"{name:{width}}  {visible(posture.title)}")


def paths() -> None:
    """What is where, tab-separated: name, path."""
    from importlib import resources

    from mailpath.config import config_file, state_file

    package = resources.files("mailpath")
    click.echo(f"config\t{config_file()}")
    click.echo(f"state\t{state_file()}")
    click.echo(f"scenarios\t{package.joinpath('lab', 'scenarios')}")
    click.echo(f"schema\t{package.joinpath('report', 'schema.json')}")


def attacks(as_json: bool) -> None:
    """Every attack: what it does, what it takes, what stops it."""
    from mailpath.report.layout import hanging
    from mailpath.whatif.catalogue import ATTACKS

    if as_json:
        found = [
            {
                "name": attack.name,
                "title": attack.title,
                "does": attack.does,
                "needs": [need.value for need in attack.needs],
                "stopped_by": attack.stopped_by,
            }
            for attack in ATTACKS.values()
        ]
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for attack in ATTACKS.values():
        click.echo(f"{attack.name}: {attack.title}")
        rows = (
            ("Does", attack.does),
            ("Takes", "; ".join(need.value for need in attack.needs)),
            ("Stopped by", attack.stopped_by),
        )
        for label, text in rows:
            for line in hanging(label, text, indent=2, column=14):
                click.echo(line)
    click.echo("`mailpath check RECIPIENT --attack NAME`: a name, a+b for two at once, or all.")


def codes() -> None:
    """Every code of the catalogue with its severity and title."""
    from mailpath.findings.catalogue import CATALOGUE

    for entry in CATALOGUE.values():
        click.echo(f"{entry.code:8} {entry.severity.value:8} {entry.title}")
