"""The commands that read: what mailpath knows, and files that others sent.  Nothing asks the network,
but `bounce --walk`.
"""

from __future__ import annotations

from typing import Any

import click

from mailpath.commands.grammar import Command, DefaultGroup
from mailpath.commands.options import LOG, LOOK, NETWORK, TRUST, argument, as_json, completed, flag, value


@click.group("postures", cls=DefaultGroup, short_help="List the postures, or read one from a mail server.")
def postures_group() -> None:
    """List the postures: what senders enforce. With NAME, print its settings with values and sources."""


@postures_group.command(
    DefaultGroup.default,
    hidden=True,
    params=[
        argument("name", required=False, shell_complete=completed("postures")),
        as_json("JSON, with every field"),
        flag("--all", "every_field", help="Also show the habits of its server program."),
    ],
)
def postures(name: str | None, as_json: bool, every_field: bool) -> None:
    """The list, or one posture."""
    from mailpath.commands import lists

    lists.postures(name, as_json, every_field)


@postures_group.command(
    "import",
    short_help="Read the posture of a mail server from its configuration.",
    params=[
        argument("files", nargs=-1, required=True, metavar="FILE...", shell_complete=completed("files")),
        value("--name", of="NAME", help="Name the posture NAME. [the server's host name]"),
        value("--agent", of="AGENT", help="Take the server for AGENT, e.g. postfix-3.10. [its version]"),
        flag("--write", help="Add the postures to the config file."),
        as_json(),
    ],
)
def postures_import(**words: Any) -> int:
    """Read the posture of a mail server from its configuration in FILE... ("-": standard input), and print it
    as tables of the config file, with the line that each setting comes from.

    Postfix: main.cf or the output of `postconf -n`, master.cf or that of `postconf -M` and `-P`, and the
    sources of its policy and transport tables. Exim: a configuration file, a transport out of one, or the
    output of `exim -bP transports`. Sendmail: the .mc file and the access map. Nothing is executed, and no
    other file is read. Exit status: 0 imported, 3 imported, but something that a verdict may depend on could
    not be decided, 64 usage error.
    """
    from mailpath.commands import importing

    return importing.run(**words)


@postures_group.command(
    "learn",
    short_help="Learn the posture of a mail server from what it did in the lab.",
    params=[
        argument("seen", metavar="SEEN", shell_complete=completed("files")),
        value("--log", "mail_log", of="FILE", help="Also read the mail server's own log in FILE."),
        value("--name", of="NAME", help="Name the posture NAME. [learned]"),
        flag("--write", help="Add the posture to the config file."),
        as_json(),
    ],
)
def postures_learn(**words: Any) -> int:
    """Learn the posture of a mail server from what the lab's servers saw of one message to each scenario.
    SEEN is the file that `lab serve --seen` wrote.

    Prints it as a table of the config file, with the scenarios that decided each line, what was seen to
    contradict it, and as `unknown` what no scenario decides. With the server's own log (Postfix, Exim,
    Sendmail, OpenSMTPD) it also knows which mail waits and which bounces. Exit status: 0 learned, 3 something
    is contradicted or undecided, 64 usage error.
    """
    from mailpath.commands import importing

    return importing.learn(**words)


@click.command(cls=Command)
def paths() -> None:
    """Show where mailpath keeps its files.

    Prints the paths of the config file and of the files that ship with mailpath, and on standard error every
    mistake in the config file.

    The network table of the config file applies to every command that probes, unless --network or an option
    overrides it; its postures apply to every command that judges; the rest applies to the app.
    """
    from mailpath.commands import lists

    lists.paths()


@click.command(
    cls=Command, short_help="List the attacks, and what stops them.", params=[as_json("a JSON array")]
)
def attacks(as_json: bool) -> None:
    """List the attacks: what each attacker can do, and what stops it."""
    from mailpath.commands import lists

    lists.attacks(as_json)


@click.command(
    cls=Command,
    short_help="Explain a code, a sentence or a log line.",
    params=[
        argument("text", nargs=-1, metavar="[CODE-OR-LOG-LINE]", shell_complete=completed("codes")),
        as_json(),
    ],
)
def explain(text: tuple[str, ...], as_json: bool) -> int:
    """Explain a finding's code, a status code or a log line ("-": standard input).

    Says what causes it, and under which postures. Without an argument, lists every code. Exit status: 3 if
    nothing is known about it.
    """
    if not text:
        from mailpath.commands import lists

        lists.codes()
        return 0
    from mailpath.commands import tickets

    return tickets.explain(text, as_json)


@click.command(
    cls=Command,
    short_help="Explain a bounce or a piece of a log.",
    params=[
        argument("file", shell_complete=completed("files")),
        as_json(),
        flag("--walk", help="Walk the path that it names, in the app if there is a terminal."),
        *LOOK,
        *NETWORK,
        LOG,
    ],
)
def bounce(file: str, as_json: bool, walk: bool, **options: Any) -> int:
    """Explain the bounce or the piece of a log in FILE ("-": standard input).

    Exit status: 3 if nothing in it is known.
    """
    from mailpath.commands import tickets

    return tickets.bounce(file, as_json, options if walk else None)


@click.command(
    cls=Command,
    short_help="Explain a received TLS report.",
    params=[argument("file", shell_complete=completed("files")), as_json()],
)
def tlsrpt(file: str, as_json: bool) -> None:
    """Explain the received TLS report in FILE (JSON, gzip or the mail; "-": standard input)."""
    from mailpath.commands import tickets

    tickets.tlsrpt(file, as_json)


@click.command(
    cls=Command,
    short_help="Show what changed between two captures of one path.",
    params=[
        argument("old", shell_complete=completed("files")),
        argument("new", shell_complete=completed("files")),
        as_json(),
        value(
            "--posture",
            "postures",
            of="NAME",
            multiple=True,
            shell_complete=completed("postures"),
            help="Compare only the outcomes of this posture; repeatable. [all]",
        ),
        *TRUST,
    ],
)
def diff(**words: Any) -> int:
    """Show what changed between two captures of one path: records, certificates, policy, outcomes.

    Exit status: 0 nothing changed, 1 something changed, 64 usage error.
    """
    from mailpath.commands import diff as commands

    return commands.run(**words)


READING = (postures_group, paths, attacks, explain, bounce, tlsrpt, diff)
