"""What a shell completes: the names of postures, attacks, scenarios, codes, recent recipients, files.

Somebody waits between two keys: names are read from the tables that hold them, and neither the app nor
anything that asks the network is loaded.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import TYPE_CHECKING

import click
from click import shell_completion
from click.shell_completion import BashComplete, CompletionItem, ZshComplete

from mailpath.commands.options import COMPLETING
from mailpath.wording.phrases import did_you_mean, join_and

SHELLS = ("bash", "zsh", "fish")
_TYPES = ("A", "AAAA", "CNAME", "DNSKEY", "DS", "MX", "NS", "SOA", "TLSA", "TXT")

if TYPE_CHECKING:
    Items = list[CompletionItem[str]]  # which is no generic class before click 8.2


def script(cli: click.Command, shell: str) -> str:
    """What the shell has to read, once for each session.  Raises `click.UsageError`."""
    kind = shell_completion.get_completion_class(shell)
    if kind is None:
        there = did_you_mean(shell, SHELLS) or f" The shells are {join_and(SHELLS)}."
        raise click.UsageError(f"There is no completion for {shell!r}.{there}")
    return kind(cli, {}, "mailpath", COMPLETING).source()


class Bash(BashComplete):
    """Bash ends a word at each colon, and takes what follows the last one."""

    _before = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        args, incomplete = super().get_completion_args()
        if incomplete == ":":
            args, incomplete = [*args, ":"], ""
        if len(args) > 1 and args[-1] == ":":
            *args, word, _ = args
            self._before, incomplete = f"{word}:", f"{word}:{incomplete}"
        return args, incomplete

    def format_completion(self, item: CompletionItem[str]) -> str:
        return f"{item.type},{item.value.removeprefix(self._before)}"


class Zsh(ZshComplete):
    """Zsh reads the file of a package when Tab is first pressed, and from then on has it as a function."""

    source_template = ZshComplete.source_template.replace(
        "== loadautofunc ]]", '== loadautofunc || "${funcstack[1]}" == _%(prog_name)s ]]'
    )


shell_completion.add_completion_class(Bash)
shell_completion.add_completion_class(Zsh)


def courses(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Courses of lessons."""
    text = resources.files("mailpath.lessons").joinpath("courses.toml").read_text("utf-8")
    return [CompletionItem(name) for name in tomllib.loads(text) if name.startswith(incomplete)]


def lessons(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Courses, lessons, or a file."""
    found = resources.files("mailpath.lessons").joinpath("courses").iterdir()
    names = (re.fullmatch(r"[0-9]+-(.+)\.toml", each.name) for each in found)
    ids = sorted(name[1] for name in names if name is not None)
    return [
        *files(ctx, param, incomplete),
        *courses(ctx, param, incomplete),
        *_items(dict.fromkeys(ids, ""), incomplete),
    ]


def shells(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """What there is a script for."""
    return _items(dict.fromkeys(SHELLS, ""), incomplete)


def files(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Names of files, which the shell knows best."""
    return [CompletionItem(incomplete, type="file")]


def postures(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """The presets, those of the config file, for an option `all`; or the short names of Postfix's."""
    from mailpath import config

    presets = tomllib.loads(resources.files("mailpath").joinpath("judge", "presets.toml").read_text("utf-8"))
    named = {name: str(table.get("title", "")) for name, table in presets["posture"].items()}
    named |= {name: "Of the config file" for name in config.load().postures if name.isprintable()}
    named |= {"all": "Every posture"} if isinstance(param, click.Option) else {}
    bare = {name.removeprefix("postfix-"): title for name, title in named.items()}
    return _items(named, incomplete) or _items(bare, incomplete)


def attacks(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """The attacks, `all`, and after a plus the second of two."""
    from mailpath.attacks.catalogue import ATTACKS

    named = {attack.name: attack.title for attack in ATTACKS.values()}
    first, plus, _ = incomplete.rpartition("+")
    if plus:
        return _items(
            {f"{first}+{name}": title for name, title in named.items() if name != first}, incomplete
        )
    return _items(named | {"all": "Every attack"}, incomplete)


def scenarios(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """The scenarios of the lab, or a file."""
    found = resources.files("mailpath").joinpath("lab", "scenarios").iterdir()
    names = (re.fullmatch(r"[0-9]+-(.+)\.toml", each.name) for each in found)
    ids = sorted(name[1] for name in names if name is not None)
    # A shell takes the names of files only where nothing else fits; the kind comes first.
    return [*files(ctx, param, incomplete), *_items(dict.fromkeys(ids, ""), incomplete)]


def codes(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """The codes of findings, and the rules."""
    from mailpath.judge.rules import RULES, rule_id

    return _items(_findings() | {rule_id(rule): "A rule of senders" for rule in RULES}, incomplete)


def conditions(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """What `--fail-on` takes."""
    from mailpath.commands.failing import ATTACKER_READS, FINDING, OUTCOMES, WORSE_THAN

    named = {ATTACKER_READS: "An attacker reads the mail"}
    named |= {f"{WORSE_THAN}{outcome}": "The outcome is worse" for outcome in OUTCOMES}
    return _items(named | {f"{FINDING}{code}": title for code, title in _findings().items()}, incomplete)


def rdtypes(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """The types of records that are met on a path; any other may be typed."""
    return _items(dict.fromkeys(_TYPES, ""), incomplete.upper())


def recipients(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Those that the app remembers."""
    from mailpath import config

    return _items(dict.fromkeys(config.load_state().recent, ""), incomplete)


def _items(named: Mapping[str, str], incomplete: str) -> Items:
    return [CompletionItem(name, help=about) for name, about in named.items() if name.startswith(incomplete)]


def _findings() -> dict[str, str]:
    from mailpath.findings.catalogue import CATALOGUE

    return {code: entry.title for code, entry in CATALOGUE.items()}
