"""The command line: parse, call, print.  What a command needs is loaded when it runs.

The first word decides: a command's name, or else the app is meant (`mailpath b.example`).  A domain that
is named like a command is written with its dot (`mailpath check.`) or behind `--`.  A command returns its
exit status, None for 0.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import Any

import click

from mailpath.commands import stdio
from mailpath.commands.choices import OneOf
from mailpath.commands.grammar import DefaultGroup
from mailpath.commands.learning import LESSON, learn
from mailpath.commands.options import (
    CHECK,
    COMPLETING,
    DNS_KEYS,
    GOALS,
    LAB,
    LOG,
    LOOK,
    NETWORK,
    PLAN,
    SERVED,
    TRUST,
    argument,
    as_json,
    as_of,
    completed,
    flag,
    network_for,
    value,
    version,
)
from mailpath.commands.reading import READING
from mailpath.commands.survey_grammar import survey
from mailpath.ending import ExitCode

#: New objects between two looks for garbage: modules are none, and a walk leaves little.
_OBJECTS = 100_000
_SCENARIOS = argument("scenarios", nargs=-1, metavar="[ID|FILE]...", shell_complete=completed("scenarios"))
_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(cls=DefaultGroup, context_settings=_CONTEXT)
@click.option(
    "--verbose",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    help="With --version: of all that it runs on.",
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    callback=version,
    help="Show the version and exit.",
)
def cli() -> None:
    """Traceroute for mail security: walk the path of a message, see what protects each hop, and what would
    change if the sender enforced more.

    Takes domains, mail addresses or "Name <address>". Without a command, opens the app. Instead of the
    recipient, a log line, a bounce or the headers of a message ("-": standard input) name the path.
    """


@cli.command(
    DefaultGroup.default,
    hidden=True,
    params=[
        argument("domains", nargs=-1, metavar="[[SENDER] RECIPIENT]", shell_complete=completed("recipients")),
        *LOOK,
        *NETWORK,
        LOG,
    ],
)
def app(domains: tuple[str, ...], **options: Any) -> int:
    """The app."""
    if len(domains) > 2:
        raise click.UsageError("Give one domain (the recipient) or two (the sender and the recipient).")
    from mailpath.commands import app as commands

    recipient = domains[-1] if domains else None
    if len(domains) == 1 and (domains[0] == "-" or len(domains[0].split()) > 1):
        from mailpath.commands import pasting

        if pasting.is_pasted(recipient):
            found = pasting.pasted_in(domains[0])
            return commands.text(found, options, stdin=domains[0] == pasting.STDIN)
    return commands.live(domains[0] if len(domains) == 2 else None, recipient, options)


@cli.command(
    params=[
        argument("recipients", nargs=-1, metavar="[RECIPIENT]...", shell_complete=completed("recipients")),
        value(
            "--from-file",
            of="LIST",
            help='Check every recipient in LIST, one per line ("-": standard input).',
        ),
        *CHECK,
        LAB,
        *NETWORK,
        LOG,
    ]
)
def check(**words: Any) -> int:
    """Walk the path to RECIPIENT and print a report. For several recipients, print one line each, or one JSON
    object each with --format json; the worst exit status counts, in the order 2, 1, 3, 0.

    Exit status: 0 delivered with the protection both sides ask for, 1 delivered with less, 2 deferred or
    bounced, 3 unknown, or a replay that is not evidence (see --trust-capture), 64 usage error.
    """
    from mailpath.commands import check as commands

    options = commands.options_of(words)
    recipients, file = words["recipients"], words["from_file"]
    if len(recipients) > 1 or file is not None:
        from mailpath.commands import check_many

        return check_many.run(recipients, file, options)
    return commands.run(options)


@cli.command(
    "open",
    short_help="Open the app on a capture, or on a survey.",
    params=[argument("capture", shell_complete=completed("files")), *LOOK, *TRUST, LOG],
)
def open_capture(capture: str, **options: Any) -> int:
    """Open the app on CAPTURE ("-": standard input), or on the survey that the folder CAPTURE holds. Uses no
    network.
    """
    from mailpath.commands import app as commands

    return commands.capture(capture, options)


@cli.group("lab", cls=DefaultGroup, short_help="Open the app on the built-in mini-internet.")
def lab_group() -> None:
    """Open the app on the built-in mini-internet: on SCENARIO, or on your own FILE.toml."""


@lab_group.command(
    DefaultGroup.default,
    hidden=True,
    params=[
        argument(
            "scenario",
            required=False,
            metavar="[SCENARIO | FILE.toml]",
            shell_complete=completed("scenarios"),
        ),
        flag("--spoil", help="Say beforehand how each scenario ends."),
        *LOOK,
        LOG,
    ],
)
def lab(scenario: str | None, **options: Any) -> int:
    """The app on the lab."""
    from mailpath.commands import app as commands

    return commands.lab(scenario, options)


@lab_group.command("list", params=[_SCENARIOS, as_json("a JSON array")])
def lab_list(scenarios: tuple[str, ...], as_json: bool) -> None:
    """List the scenarios, or those given. Prints ID, domain, expected outcomes, title, separated by tabs."""
    from mailpath.commands import lists

    lists.scenarios(as_json, scenarios)


@lab_group.command(
    "serve",
    params=[
        _SCENARIOS,
        value("--seen", of="FILE", help="Append what its servers see to FILE, for `postures learn`."),
        flag("--for-mta", "for_mta", help="Say what a mail server needs to deliver into the lab."),
    ],
)
def lab_serve(scenarios: tuple[str, ...], seen: str | None, for_mta: bool) -> None:
    """Run the lab, or one with the scenarios given, until Ctrl-C. Prints the path of its network file.

    With --for-mta, also prints the recipe for a network namespace; inside it the lab has its published
    addresses and port 25, and any mail server can deliver into it.
    """
    from mailpath.commands.asking import scenarios_named
    from mailpath.lab.scenario import in_their_files
    from mailpath.lab.serve import serve

    named = scenarios_named(scenarios)
    with in_their_files({each.id: word for word, each in named.items()}):
        serve(tuple(named.values()) or None, seen=seen, for_mta=for_mta)


@lab_group.command(
    "from",
    short_help="Make a scenario of a captured path.",
    params=[
        argument("capture", shell_complete=completed("files")),
        value("-o", "--output", of="FILE", help="Write the scenario to FILE. [standard output]"),
    ],
)
def lab_from(capture: str, output: str | None) -> int:
    """Make a scenario of the path in CAPTURE ("-": standard input), with its zones, servers, certificates and
    policy.

    The lab signs with keys of its own, so no private key is needed. The scenario is then built and walked;
    what cannot be carried over is told in the file and on standard error. Exit status: 0 the lab behaves as
    the capture did, 1 a verdict or a finding differs.
    """
    from mailpath.commands import rehearsing

    return rehearsing.run(capture=capture, output=output)


@cli.command(
    params=[
        argument("name"),
        argument(
            "rdtype",
            required=False,
            default="A",
            metavar="[TYPE]",
            shell_complete=completed("rdtypes"),
        ),
        as_json(),
        *SERVED,
        as_of("Validate as of TIME"),
        LAB,
        *network_for(DNS_KEYS),
        LOG,
    ]
)
def dnssec(has: tuple[str, ...], lacks: tuple[str, ...], **words: Any) -> int:
    """Validate NAME and draw its chain of trust. With --has or --lacks, ask every name server of its zone
    instead whether it serves a change.

    Exit status: 0 secure, 1 insecure, 2 bogus, 3 indeterminate, 64 usage error. With --has or --lacks: 0
    every server serves it so, 1 one does not, 3 one does not answer.
    """
    if has or lacks:
        from mailpath.commands import everywhere

        words.pop("at")
        return everywhere.run(words.pop("name"), words.pop("rdtype"), has, lacks, **words)
    from mailpath.commands import dnssec as commands

    return commands.run(**words)


@cli.command(
    "plan",
    short_help="Plan a change, and prove that it loses no mail.",
    params=[
        click.Argument(["goal"], type=OneOf(GOALS), metavar="GOAL"),
        argument("recipient", required=False, shell_complete=completed("recipients")),
        *PLAN,
        LAB,
        *NETWORK,
        LOG,
    ],
)
def plan(**words: Any) -> int:
    """Plan the way to GOAL for RECIPIENT: dane, mta-sts, key-change, new-mx, leave-dane, leave-mta-sts or
    repair (mail is refused now).

    Each state that senders can meet on the way, with every record and policy that a cache may still hold, is
    built in the lab, walked and judged under every posture. A plan is printed only if in none of them does
    mail fare worse than at the start and at the goal. Exit status: 0 a plan, or nothing to do, 2 blocked, 3
    unknown, 64 usage error.
    """
    from mailpath.commands import planning

    return planning.run(**words)


for each in (survey, *READING, learn, LESSON):
    cli.add_command(each)


@cli.command(
    "completion",
    short_help="Print the completion script of a shell.",
    params=[argument("shell", metavar="bash|zsh|fish", shell_complete=completed("shells"))],
)
def completion(shell: str) -> None:
    """Print the completion script of SHELL. It completes commands, options and the names they take.

    \b
    bash  mailpath completion bash > ~/.local/share/bash-completion/completions/mailpath
    zsh   mailpath completion zsh > "${fpath[1]}/_mailpath"
    fish  mailpath completion fish > ~/.config/fish/completions/mailpath.fish
    """
    from mailpath.commands import completing

    click.echo(completing.script(cli, shell), nl=False)


def main() -> None:
    """The console script; leaves by `SystemExit` with one of the documented exit codes."""
    gc.set_threshold(_OBJECTS)
    stdio.complete()
    try:
        if os.environ.get(COMPLETING):
            from mailpath.commands import completing  # noqa: F401 - our own way with bash

        status = cli.main(prog_name="mailpath", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        ctx = getattr(error, "ctx", None)
        where = ctx.command_path if ctx is not None else "mailpath"
        # The group's default command has a name that nobody types.
        stdio.tell(f"{where.removesuffix(f' {DefaultGroup.default}')}: {error.format_message()}")
        sys.exit(ExitCode.USAGE)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(ExitCode.INTERRUPTED)
    except (BrokenPipeError, stdio.ReaderGone):
        stdio.let_go()
        sys.exit(ExitCode.PIPE)
    except Exception as error:  # noqa: BLE001 - a monitoring system must not take a bug of ours for a verdict
        code = stdio.told(error) if isinstance(error, OSError) else None
        sys.exit(_bug() if code is None else code)
    sys.exit(int(status or 0))


def _bug() -> int:
    import traceback

    stdio.tell(
        f"{traceback.format_exc()}mailpath: this is a bug in mailpath; please report it with the lines above."
    )
    return ExitCode.UNKNOWN
