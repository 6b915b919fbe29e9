"""The command line: parse, call, print.  What a command needs is loaded when it runs.

The first word decides: a command's name, or else the app is meant (`mailpath b.example`).  A domain that
is named like a command is written with its dot (`mailpath check.`) or behind `--`.  A command returns its
exit status, None for 0.
"""

from __future__ import annotations

import sys
from typing import Any

import click

from mailpath import __version__
from mailpath.commands import stdio
from mailpath.commands.grammar import DefaultGroup
from mailpath.commands.options import (
    CHECK,
    DNS_KEYS,
    LAB,
    LOG,
    LOOK,
    NETWORK,
    TRUST,
    argument,
    as_json,
    as_of,
    flag,
    network_for,
    value,
)

#: sysexits.h EX_USAGE.  `report/exit_codes.py` has the others; it is not loaded before a command runs.
EX_USAGE = 64
EX_UNKNOWN = 3
EX_INTERRUPTED = 130
EX_PIPE = 141


_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(cls=DefaultGroup, context_settings=_CONTEXT)
@click.version_option(__version__, message="mailpath %(version)s")
def cli() -> None:
    """Traceroute for mail security: walk the path a mail takes, see what protects each hop, and what
    would change if the sender enforced more.

    Domains, mail addresses or "Name <address>". Without a command the app opens.
    """


@cli.command(
    DefaultGroup.default,
    hidden=True,
    params=[argument("domains", nargs=-1, metavar="[[SENDER] RECIPIENT]"), *LOOK, *NETWORK, LOG],
)
def app(domains: tuple[str, ...], **options: Any) -> int:
    """The app."""
    if len(domains) > 2:
        raise click.UsageError("One or two domains: the recipient, or the sender and the recipient.")
    from mailpath.commands import app as commands

    recipient = domains[-1] if domains else None
    return commands.live(domains[0] if len(domains) == 2 else None, recipient, options)


@cli.command(params=[argument("recipient", required=False), *CHECK, LAB, *NETWORK, LOG])
def check(**words: Any) -> int:
    """Walk the path to RECIPIENT and report.

    Exit status: 0 delivered as both sides ask for, 1 delivered below that, 2 deferred or bounced,
    3 unknown, or a replay that is not evidence (see --trust-capture), 64 wrong usage.
    """
    from mailpath.commands import check as commands

    return commands.run(commands.options_of(words))


@cli.command("open", params=[argument("capture"), *LOOK, *TRUST, LOG])
def open_capture(capture: str, **options: Any) -> int:
    """The app on CAPTURE ("-": standard input); no network."""
    from mailpath.commands import app as commands

    return commands.capture(capture, options)


@cli.group("lab", cls=DefaultGroup, short_help="The app on the built-in mini-internet.")
def lab_group() -> None:
    """The app on the built-in mini-internet: SCENARIO, or a FILE.toml of your own."""


@lab_group.command(
    DefaultGroup.default,
    hidden=True,
    params=[argument("scenario", required=False, metavar="[SCENARIO | FILE.toml]"), *LOOK, LOG],
)
def lab(scenario: str | None, **options: Any) -> int:
    """The app on the lab."""
    from mailpath.commands import app as commands

    return commands.lab(scenario, options)


@lab_group.command("list", params=[as_json("a JSON array")])
def lab_list(as_json: bool) -> None:
    """Id, domain, expected outcomes and title of every scenario, tab-separated."""
    from mailpath.commands import lists

    lists.scenarios(as_json)


@lab_group.command("serve")
def lab_serve() -> None:
    """Keep the lab up for other tools; prints the network file's path. Ends on Ctrl-C."""
    from mailpath.lab.serve import serve

    serve()


@cli.command(
    params=[
        argument("name"),
        argument("rdtype", required=False, default="A", metavar="[TYPE]"),
        as_json(),
        as_of("Validate as of then"),
        LAB,
        *network_for(DNS_KEYS),
        LOG,
    ]
)
def dnssec(**words: Any) -> int:
    """Validate NAME from its anchor down, and draw the chain of trust.

    Exit status: 0 secure, 1 insecure, 2 bogus, 3 indeterminate, 64 wrong usage.
    """
    from mailpath.commands import dnssec as commands

    return commands.run(**words)


@cli.command(
    short_help="List what senders enforce, as mailpath knows them.",
    params=[
        argument("name", required=False),
        as_json("JSON, with every field"),
        flag("--all", "every_field", help="Show the habits of its server program, too."),
    ],
)
def postures(name: str | None, as_json: bool, every_field: bool) -> None:
    """List what senders enforce; of the posture NAME each setting, its value and its source."""
    from mailpath.commands import lists

    lists.postures(name, as_json, every_field)


@cli.command()
def paths() -> None:
    """Where mailpath's own files are: the config file, and what ships with it.

    Every mistake in the config file is told on standard error.

    The config file's network table holds for every command that probes, unless --network or an option
    says otherwise; its postures for every command that judges; the rest for the app.
    """
    from mailpath.commands import lists

    lists.paths()


@cli.command(
    short_help="List the attackers there are, and what stops them.", params=[as_json("a JSON array")]
)
def attacks(as_json: bool) -> None:
    """List the attackers there are: what each can do, and what stops it."""
    from mailpath.commands import lists

    lists.attacks(as_json)


@cli.command(
    short_help="What a code, a sentence or a line of a log means.",
    params=[argument("text", nargs=-1, metavar="[CODE-OR-LOG-LINE]"), as_json()],
)
def explain(text: tuple[str, ...], as_json: bool) -> int:
    """What a finding's code, a status code or a line of a log means ("-": standard input).

    Which causes lead to it, under which postures. Without one: every code there is.
    Exit status: 3 where nothing of it is known.
    """
    if not text:
        from mailpath.commands import lists

        lists.codes()
        return 0
    from mailpath.commands import tickets

    return tickets.explain(text, as_json)


@cli.command(
    short_help="What a bounce tells, and what it means.",
    params=[
        argument("file"),
        as_json(),
        flag("--walk", help="Open the app with its sender and recipient filled in."),
        *LOOK,
        *NETWORK,
        LOG,
    ],
)
def bounce(file: str, as_json: bool, walk: bool, **options: Any) -> int:
    """What a bounce or a piece of a log in FILE ("-": standard input) tells, and what it means.

    Exit status: 3 where nothing in it is known.
    """
    from mailpath.commands import tickets

    return tickets.bounce(file, as_json, options if walk else None)


@cli.command(short_help="What a received TLS report says.", params=[argument("file"), as_json()])
def tlsrpt(file: str, as_json: bool) -> None:
    """What a received TLS report in FILE (JSON, gzip or its mail; "-": standard input) says, in words."""
    from mailpath.commands import tickets

    tickets.tlsrpt(file, as_json)


@cli.command(
    short_help="What changed between two captures of one path.",
    params=[
        argument("old"),
        argument("new"),
        as_json(),
        value(
            "--posture", "postures", of="NAME", multiple=True, help="Compare only these; repeatable. [all]"
        ),
        *TRUST,
    ],
)
def diff(**words: Any) -> int:
    """What changed between two captures of one path: records, certificates, policy, outcomes.

    Exit status: 0 nothing, 1 something, 64 wrong usage.
    """
    from mailpath.commands import diff as commands

    return commands.run(**words)


def main() -> None:
    """The console script; leaves by `SystemExit` with one of the documented exit codes."""
    stdio.complete()
    try:
        status = cli.main(prog_name="mailpath", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        ctx = getattr(error, "ctx", None)
        where = ctx.command_path if ctx is not None else "mailpath"
        # The group's default command has a name that nobody types.
        stdio.tell(f"{where.removesuffix(f' {DefaultGroup.default}')}: {error.format_message()}")
        sys.exit(EX_USAGE)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(EX_INTERRUPTED)
    except (BrokenPipeError, stdio.ReaderGone):
        stdio.let_go()
        sys.exit(EX_PIPE)
    except Exception as error:  # noqa: BLE001 - a monitoring system must not take a bug of ours for a verdict
        code = stdio.told(error) if isinstance(error, OSError) else None
        sys.exit(_bug() if code is None else code)
    sys.exit(int(status or 0))


def _bug() -> int:
    import traceback

    stdio.tell(
        f"{traceback.format_exc()}mailpath: this is a bug of mailpath; please report it with the lines above."
    )
    return EX_UNKNOWN
