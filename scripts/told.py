"""The commands as data, for man pages and for the reference: usage, text, options, subcommands."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import click

from mailpath.cli import cli


@dataclass(frozen=True)
class Told:
    """One command.

    `words`: what is typed ("mailpath lab list").  `usage`: one line for each form, without `words`.
    `paragraphs`: plain text; those that begin with a line break keep their lines.  `options`: names as in
    `--help`, and what they mean.  `commands`: the word and a sentence.
    """

    words: str
    usage: tuple[str, ...]
    summary: str
    paragraphs: tuple[str, ...]
    options: tuple[tuple[str, str], ...]
    commands: tuple[tuple[str, str], ...]


def tell_all() -> Iterator[Told]:
    """Every command that is shown, `mailpath` itself first, each before its subcommands."""
    yield from _tell(click.Context(cli, info_name="mailpath", **cli.context_settings))


def _tell(context: click.Context) -> Iterator[Told]:
    command = context.command
    words = context.command_path
    below = []
    if isinstance(command, click.Group):
        named = [(name, command.get_command(context, name)) for name in command.list_commands(context)]
        below = [(name, each) for name, each in named if each is not None and not each.hidden]
    yield Told(
        words,
        tuple(_usage(command, context)),
        command.get_short_help_str(200),
        tuple(_paragraphs(command.help or "")),
        tuple(_options(command, context)),
        tuple((name, each.get_short_help_str(200)) for name, each in below),
    )
    for name, each in below:
        yield from _tell(click.Context(each, info_name=name, parent=context))


def _usage(command: click.Command, context: click.Context) -> Iterator[str]:
    """As `--help` has it: one line for each form."""
    formatter = click.HelpFormatter(width=1000)
    command.format_usage(context, formatter)
    for line in formatter.getvalue().splitlines():
        words = line.removeprefix("Usage:").split()
        if words:
            yield " ".join(words).removeprefix(context.command_path).strip()


class _Listed(click.HelpFormatter):
    """Keeps what `--help` would list, by section."""

    def __init__(self) -> None:
        super().__init__()
        self.sections: dict[str, list[tuple[str, str]]] = {}
        self._title = ""

    def write_heading(self, heading: str) -> None:
        self._title = heading

    def write_dl(self, rows: Sequence[tuple[str, str]], *args: object) -> None:
        self.sections.setdefault(self._title, []).extend(rows)


def _options(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    """As `--help` has them: a group may have those of its default command."""
    listed = _Listed()
    command.format_options(context, listed)
    for name, text in listed.sections.get("Options", []):
        yield name, " ".join(text.split())


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        kept = paragraph.startswith("\b\n")
        yield "\n" + paragraph[2:] if kept else " ".join(paragraph.split())
