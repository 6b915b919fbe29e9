"""The command line: parse, call, print.  What a command needs is loaded when it runs.

The first word decides: a command's name, or else the app is meant (`mailpath b.example`).  A domain that
is named like a command is written with its dot (`mailpath check.`) or behind `--`.
"""

from __future__ import annotations

import sys
from typing import Any

import click

from mailpath import __version__
from mailpath.commands import stdio
from mailpath.commands.grammar import DefaultGroup
from mailpath.commands.options import (
    age,
    envelope_options,
    lab_option,
    look,
    look_options,
    moment,
    network_options,
    trust_options,
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


@cli.command(DefaultGroup.default, hidden=True)
@click.argument("domains", nargs=-1, metavar="[[SENDER] RECIPIENT]")
@look_options
@network_options
@click.pass_context
def app(
    ctx: click.Context,
    /,
    domains: tuple[str, ...],
    no_mouse: bool,
    plain: bool,
    no_color: bool,
    **network: Any,
) -> None:
    """The app."""
    if len(domains) > 2:
        raise click.UsageError("One or two domains: the recipient, or the sender and the recipient.")
    from mailpath.commands import app as commands

    recipient = domains[-1] if domains else None
    sender = domains[0] if len(domains) == 2 else None
    ctx.exit(commands.live(sender, recipient, look(no_mouse, plain, no_color), network))


@cli.command()
@click.argument("recipient", required=False)
@click.option("--from", "sender", metavar="SENDER", help="Who writes: a domain or an address.")
@click.option(
    "--posture",
    "postures",
    multiple=True,
    metavar="NAME",
    help="What the sender enforces; repeatable, the worst decides. [all, rfc decides]",
)
@click.option(
    "--attack",
    "attacks",
    multiple=True,
    metavar="NAME",
    help="Put an attacker on the path: a name, a+b, or all; repeatable. [none]",
)
@click.option(
    "--at", metavar="TIME", callback=moment, help="Judge as of this time: RFC 3339, a date or Unix seconds."
)
@click.option("--requiretls", is_flag=True, help="Judge a message sent with REQUIRETLS (RFC 8689).")
@click.option(
    "--tls-required-no", is_flag=True, help="Judge a message with the header TLS-Required: No (RFC 8689)."
)
@click.option(
    "--policy-age",
    metavar="AGE",
    callback=age,
    help="How long ago the sender fetched the MTA-STS policy: seconds, or 12h, 3d, 2w. [first contact]",
)
@envelope_options
@click.option(
    "--redact",
    is_flag=True,
    help="Leave this machine's names and addresses, and local parts, out of report and capture.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown", "html", "nagios"]),
    help="Form of the report. [by FILE's ending, else text]",
)
@click.option("-o", "--output", metavar="FILE", help="Write the report to FILE.")
@click.option("--capture", metavar="FILE", help='Keep every exchange in FILE ("-": standard output).')
@click.option(
    "--tlsrpt", metavar="FILE", help="Write the TLS report (RFC 8460) that the deciding posture would file."
)
@click.option("--replay", metavar="FILE", help='Walk a capture again, with no network ("-": standard input).')
@click.option("--trust-capture", is_flag=True, help="Let a capture's verdict count, whatever its roots.")
@lab_option
@network_options
@click.pass_context
def check(
    ctx: click.Context,
    /,
    *,
    recipient: str | None,
    sender: str | None,
    postures: tuple[str, ...],
    attacks: tuple[str, ...],
    requiretls: bool,
    tls_required_no: bool,
    policy_age: int | None,
    envelope: bool,
    envelope_from: str | None,
    rcpt: str | None,
    redact: bool,
    at: int | None,
    form: str | None,
    output: str | None,
    capture: str | None,
    tlsrpt: str | None,
    replay: str | None,
    trust_capture: bool,
    **network: Any,
) -> None:
    """Walk the path to RECIPIENT and report.

    Exit status: 0 delivered as both sides ask for, 1 delivered below that, 2 deferred or bounced,
    3 unknown, or a replay that is not evidence (see --trust-capture), 64 wrong usage.
    """
    from mailpath.commands import check as commands
    from mailpath.commands.envelope import asked

    sending = commands.sending_of(
        requiretls=requiretls, tls_required_no=tls_required_no, policy_age=policy_age
    )
    code = commands.run(
        recipient=recipient,
        sender=sender,
        posture_names=postures,
        attacks=attacks,
        sending=sending,
        envelope=asked(envelope, envelope_from, rcpt),
        redact=redact,
        at=at,
        form=form,
        output=output,
        capture=capture,
        tlsrpt=tlsrpt,
        replay=replay,
        trust_capture=trust_capture,
        network=network,
    )
    ctx.exit(int(code))


@cli.command("open")
@click.argument("capture")
@look_options
@trust_options
@click.pass_context
def open_capture(
    ctx: click.Context, /, capture: str, no_mouse: bool, plain: bool, no_color: bool, **trust: Any
) -> None:
    """The app on CAPTURE ("-": standard input); no network."""
    from mailpath.commands import app as commands

    ctx.exit(commands.capture(capture, look(no_mouse, plain, no_color), trust))


@cli.group("lab", cls=DefaultGroup, short_help="The app on the built-in mini-internet.")
def lab_group() -> None:
    """The app on the built-in mini-internet: SCENARIO, or a FILE.toml of your own."""


@lab_group.command(DefaultGroup.default, hidden=True)
@click.argument("scenario", required=False, metavar="[SCENARIO | FILE.toml]")
@look_options
@click.pass_context
def lab(ctx: click.Context, scenario: str | None, no_mouse: bool, plain: bool, no_color: bool) -> None:
    """The app on the lab."""
    from mailpath.commands import app as commands

    ctx.exit(commands.lab(scenario, look(no_mouse, plain, no_color)))


@lab_group.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def lab_list(as_json: bool) -> None:
    """Id, domain, expected outcomes and title of every scenario, tab-separated."""
    from mailpath.commands import lists

    lists.scenarios(as_json)


@lab_group.command("serve")
def lab_serve() -> None:
    """Keep the lab up for other tools; prints the network file's path. Ends on Ctrl-C."""
    from mailpath.commands import lists

    lists.serve()


@cli.command()
@click.argument("name")
@click.argument("rdtype", required=False, default="A", metavar="[TYPE]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--at",
    metavar="TIME",
    callback=moment,
    help="Validate as of then: RFC 3339, a date or Unix seconds.",
)
@lab_option
@network_options
@click.pass_context
def dnssec(
    ctx: click.Context, /, name: str, rdtype: str, as_json: bool, at: int | None, **network: Any
) -> None:
    """Validate NAME from its anchor down, and draw the chain of trust.

    Exit status: 0 secure, 1 insecure, 2 bogus, 3 indeterminate, 64 wrong usage.
    """
    from mailpath.commands import dnssec as commands

    ctx.exit(commands.run(name, rdtype, as_json=as_json, at=at, network=network))


@cli.command(short_help="List what senders enforce, as mailpath knows them.")
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every field.")
@click.option("--all", "every_field", is_flag=True, help="Show the habits of its server program, too.")
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


@cli.command(short_help="List the attackers there are, and what stops them.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def attacks(as_json: bool) -> None:
    """List the attackers there are: what each can do, and what stops it."""
    from mailpath.commands import lists

    lists.attacks(as_json)


@cli.command(short_help="What a code, a sentence or a line of a log means.")
@click.argument("text", nargs=-1, metavar="[CODE-OR-LOG-LINE]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def explain(ctx: click.Context, text: tuple[str, ...], as_json: bool) -> None:
    """What a finding's code, a status code or a line of a log means ("-": standard input).

    Which causes lead to it, under which postures. Without one: every code there is.
    Exit status: 3 where nothing of it is known.
    """
    if not text:
        from mailpath.commands import lists

        lists.codes()
        return
    from mailpath.commands import tickets

    ctx.exit(tickets.explain(text, as_json=as_json))


@cli.command(short_help="What a bounce tells, and what it means.")
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--walk", is_flag=True, help="Open the app with its sender and recipient filled in.")
@look_options
@network_options
@click.pass_context
def bounce(
    ctx: click.Context,
    /,
    *,
    file: str,
    as_json: bool,
    walk: bool,
    no_mouse: bool,
    plain: bool,
    no_color: bool,
    **network: Any,
) -> None:
    """What a bounce or a piece of a log in FILE ("-": standard input) tells, and what it means.

    Exit status: 3 where nothing in it is known.
    """
    from mailpath.commands import tickets

    shown = look(no_mouse, plain, no_color) if walk else {}
    ctx.exit(tickets.bounce(file, as_json=as_json, walk=walk, look=shown, network=network))


@cli.command(short_help="What a received TLS report says.")
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def tlsrpt(ctx: click.Context, file: str, as_json: bool) -> None:
    """What a received TLS report in FILE (JSON, gzip or its mail; "-": standard input) says, in words."""
    from mailpath.commands import tickets

    ctx.exit(tickets.tlsrpt(file, as_json=as_json))


@cli.command(short_help="What changed between two captures of one path.")
@click.argument("old")
@click.argument("new")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--posture", "postures", multiple=True, metavar="NAME", help="Compare only these; repeatable. [all]"
)
@trust_options
@click.pass_context
def diff(
    ctx: click.Context, /, old: str, new: str, as_json: bool, postures: tuple[str, ...], **trust: Any
) -> None:
    """What changed between two captures of one path: records, certificates, policy, outcomes.

    Exit status: 0 nothing, 1 something, 64 wrong usage.
    """
    from mailpath.commands import diff as commands

    ctx.exit(commands.run(old, new, postures=postures, as_json=as_json, trust=trust))


def main() -> None:
    """The console script; leaves by `SystemExit` with one of the documented exit codes."""
    stdio.complete()
    try:
        status = cli.main(prog_name="mailpath", standalone_mode=False)
        sys.stdout.flush()
    except click.UsageError as error:
        # The group's default command has a name that nobody types.
        where = error.ctx.command_path if error.ctx is not None else "mailpath"
        stdio.tell(f"{where.removesuffix(f' {DefaultGroup.default}')}: {error.format_message()}")
        sys.exit(EX_USAGE)
    except click.ClickException as error:
        stdio.tell(f"mailpath: {error.format_message()}")
        sys.exit(EX_USAGE)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(EX_INTERRUPTED)
    except (BrokenPipeError, stdio.ReaderGone):
        stdio.let_go()
        sys.exit(EX_PIPE)
    except Exception as error:  # noqa: BLE001 - a monitoring system must not take a bug of ours for a verdict
        code = stdio.told(error) if isinstance(error, OSError) else None
        sys.exit(_bug() if code is None else code)
    sys.exit(status if isinstance(status, int) else 0)


def _bug() -> int:
    import traceback

    stdio.tell(
        f"{traceback.format_exc()}mailpath: this is a bug of mailpath; please report it with the lines above."
    )
    return EX_UNKNOWN
