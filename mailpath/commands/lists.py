"""The commands that only say what there is: scenarios, postures, codes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from mailpath.commands.stdio import print_json
from mailpath.wording.phrases import did_you_mean

if TYPE_CHECKING:
    from mailpath.config import Config


def scenarios(as_json: bool, words: tuple[str, ...] = ()) -> None:
    """Every scenario of the lab, or those of `words` (ids, files): id, domain, expected outcomes, title;
    tab-separated.  Raises `click.UsageError`, `ScenarioError`.
    """
    from mailpath.commands.asking import scenarios_named
    from mailpath.lab import scenarios as built_in

    listed = tuple(scenarios_named(words).values()) or built_in()
    if as_json:
        keys = ("id", "domain", "sender", "expect", "title")
        print_json([{key: getattr(each, key) for key in keys} for each in listed])
        return
    for each in listed:
        outcomes = ",".join(f"{posture}={outcome}" for posture, outcome in each.expect.items())
        click.echo("\t".join((each.id, each.domain, outcomes, each.title)))


def postures(name: str | None, as_json: bool, every_field: bool = False) -> None:
    """Every posture and what it is; of the one called `name` its fields.  Raises `MailpathError`.

    `every_field`: the habits of the server program, too.
    """
    from mailpath.commands.check import known
    from mailpath.judge.presets import posture as posture_named
    from mailpath.report.postures import explained, render_text, to_dict
    from mailpath.visible import visible

    if name is not None:
        posture = posture_named(name, known())
        if as_json:
            print_json(explained(posture))
        else:
            click.echo(render_text(posture, every_field=every_field), nl=False)
        return
    found = known()
    if as_json:
        print_json([to_dict(each) for each in found.values()])
        return
    width = max(len(each) for each in found)
    for each in found.values():
        only = " (documented, not measured)" if each.documented_only else ""
        click.echo(f"{each.name:{width}}  {visible(each.title)}{only}")


def paths() -> None:
    """What is where, tab-separated: name, path; on standard error all that is wrong with the config file."""
    from importlib import resources

    from mailpath.config import config_file, load, state_file, surveys_folder
    from mailpath.visible import visible

    package = resources.files("mailpath")
    click.echo(f"config\t{config_file()}")
    click.echo(f"state\t{state_file()}")
    click.echo(f"scenarios\t{package.joinpath('lab', 'scenarios')}")
    click.echo(f"schema\t{package.joinpath('report', 'schema.json')}")
    click.echo(f"survey-schema\t{package.joinpath('survey', 'out', 'schema.json')}")
    click.echo(f"surveys\t{surveys_folder()}")
    found = load()
    for problem in _wrong(found):
        click.echo(f"{visible(str(found.file))}: {problem}", err=True)


def _wrong(found: Config) -> Iterator[str]:
    """Every mistake in the config file: those that the app tells, too; and its old keys."""
    own, mistakes = found.own_postures()
    yield from (*found.problems, *found.settings()[1], *mistakes, *found.old_keys())
    posture, theme = found.defaults.get("posture"), found.defaults.get("theme")
    if posture is not None:
        from mailpath.judge.presets import PRESETS

        if posture not in (there := {**PRESETS, **own}):
            near = did_you_mean(posture, there)
            yield found.told(f'There is no posture "{posture}".{near}', "default", "posture")
    if theme is not None or found.keymap:
        from mailpath.tui.screens.help import BINDINGS
        from mailpath.tui.theme import THEMES

        if theme is not None and theme not in THEMES:
            yield found.told(f'There is no theme "{theme}".{did_you_mean(theme, THEMES)}', "default", "theme")
        for name in sorted(set(found.keymap) - BINDINGS):
            yield found.told(f"There is no such key binding.{did_you_mean(name, BINDINGS)}", "keymap", name)


def attacks(as_json: bool) -> None:
    """Every attack: what it does, what it takes, what stops it."""
    from mailpath.attacks.catalogue import ATTACKS
    from mailpath.wording.layout import hanging

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
        print_json(found)
        return
    for attack in ATTACKS.values():
        click.echo(f"{attack.name}: {attack.title}")
        rows = (
            ("Does", attack.does),
            ("Attacker", "; ".join(need.value for need in attack.needs)),
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


def runs_on() -> Iterator[tuple[str, str]]:
    """(name, version) of Python, of the OpenSSLs in it, and of the libraries: what a bug report needs."""
    import platform
    import re
    import ssl
    from importlib import metadata

    from cryptography.hazmat.backends.openssl import backend

    yield "Python", f"{platform.python_version()} ({platform.platform()})"
    yield "OpenSSL", ssl.OPENSSL_VERSION.removeprefix("OpenSSL ")
    yield "OpenSSL of cryptography", backend.openssl_version_text().removeprefix("OpenSSL ")
    for needed in metadata.requires("mailpath") or ():
        name = re.match(r"[A-Za-z0-9._-]+", needed)
        if name is not None and "extra ==" not in needed:
            yield name[0], metadata.version(name[0])
