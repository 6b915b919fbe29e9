"""Options that several commands share, and how words on the command line become values.

Light: nothing here loads the network stack or the app (`mailpath --help` must not wait for them).
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Collection, Iterator
from copy import copy
from typing import Any

import click
from click.core import ParameterSource

from mailpath import __version__, ending
from mailpath.commands.choices import OneOf
from mailpath.commands.moments import age, moment
from mailpath.commands.stdio import plain
from mailpath.errors import concerning


def _dial(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> dict[str, str]:
    """ "192.0.2.10:25=127.0.0.1:40125": published endpoints and where they really live."""
    table: dict[str, str] = {}
    for pair in value:
        here, equals, there = pair.partition("=")
        if not equals or not here.strip() or not there.strip():
            sentence = f"{pair!r} is not PUBLISHED=REAL, as in 192.0.2.10:25=127.0.0.1:40125."
            raise click.BadParameter(sentence, ctx, param)
        table[here.strip()] = there.strip()
    return table


def _log(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    """From here on, and until the command ends, everything is logged."""
    if value is None or ctx.resilient_parsing:  # a shell that completes logs nothing
        return
    from mailpath import logs

    try:
        ctx.call_on_close(logs.write_to(value))
    except logs.LogError as error:
        raise click.UsageError(str(error), ctx) from None
    ctx.meta[LOG_FILE] = value
    python = ".".join(map(str, sys.version_info[:3]))
    logs.logger.info("mailpath %s, Python %s: %s", __version__, python, shlex.join(sys.argv[1:]))


def version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    """Print which mailpath this is, with `--verbose` also what it runs on, and leave."""
    if not value or ctx.resilient_parsing:
        return
    click.echo(f"mailpath {__version__}")
    # Options that are eager came before, wherever they stand.
    if ctx.get_parameter_source("verbose") is ParameterSource.COMMANDLINE:
        from mailpath.commands.lists import runs_on

        for name, what in runs_on():
            click.echo(f"{name} {what}")
    ctx.exit()


def domain_of(text: str) -> str:
    """What was typed as A-labels.  Raises `BadName`."""
    from mailpath.names import to_domain

    with concerning(key=repr(text)):
        return to_domain(text)


def flag(*names: str, help: str, **how: Any) -> click.Option:
    """An option without a value."""
    return click.Option(names, is_flag=True, help=help, **how)


def value(*names: str, of: str, help: str, **how: Any) -> click.Option:
    """An option with a value, called `of` in the help."""
    if of == "FILE":
        how.setdefault("shell_complete", completed("files"))
    return click.Option(names, metavar=of, help=help, **how)


#: Where click looks for what a shell asks.
COMPLETING = "_MAILPATH_COMPLETE"


def completed(by: str) -> Callable[..., Any]:
    """What a shell completes here: the function `by` of `completing`, which is loaded when it is asked."""

    def complete(*asked: Any) -> Any:
        from mailpath.commands import completing

        return getattr(completing, by)(*asked)

    return complete


def argument(name: str, **how: Any) -> click.Argument:
    """What stands on the command line without a name."""
    return click.Argument([name], **how)


def as_json(what: str = "one JSON object") -> click.Option:
    """Data in place of text."""
    return flag("--json", "as_json", help=f"Print {what}.")


def as_of(help: str) -> click.Option:
    """Another time than now."""
    return value(
        "--at",
        of="TIME",
        callback=moment,
        help=f"{help}: RFC 3339, a date, Unix seconds, or +7d, -2h. [when the walk was made]",
    )


#: How the app looks.
LOOK = (
    flag("--no-mouse", help="Leave the mouse to the terminal."),
    flag("--ascii", "plain", help="Draw with ASCII characters only."),
    flag("--no-color", help="Use no colors (like NO_COLOR in the environment)."),
)


def look(options: dict[str, Any]) -> dict[str, bool]:
    """What `LOOK` says, taken out of `options`, of the app: which from here on ends with its terminal."""
    ending.tie(0, 2)
    mouse, color = not options.pop("no_mouse"), not options.pop("no_color")
    return {"mouse": mouse, "ascii": options.pop("plain") or plain(sys.stderr), "color": color}


#: Where the file of `LOG` is in a context's `meta`.
LOG_FILE = "mailpath.log"
LOG = value(
    "--log",
    of="FILE",
    envvar="MAILPATH_LOG",
    expose_value=False,
    callback=_log,
    help="Log each exchange and each error to FILE, without redaction. [$MAILPATH_LOG]",
)

#: Where to ask: the keys of a network file.
NETWORK = (
    value(
        "--network",
        "network_file",
        of="FILE",
        help="Network file (TOML) with the options below. [the config file's network table]",
    ),
    value(
        "--resolver",
        of="ADDRESS",
        help="Recursive resolver to use: ip, ip:port, tls://ip#name or https://host/path. [the system's]",
    ),
    value(
        "--trust-anchor",
        of="FILE",
        help="DNSSEC trust anchors, DS or DNSKEY records of any zones; the closest one applies. [IANA's root"
        " keys]",
    ),
    value("--ca-file", of="FILE", help="Trusted CA certificates (PEM). [the system's]"),
    value("--smtp-port", of="PORT", type=int, help="SMTP port of the mail servers. [25]"),
    value("--https-port", of="PORT", type=int, help="HTTPS port of the policy host. [443]"),
    value(
        "--timeout",
        of="SECONDS",
        type=float,
        help="Longest wait for a connection, a DNS answer or a policy. [5]",
    ),
    value(
        "--reply-timeout",
        of="SECONDS",
        type=float,
        help="Longest wait for a line in an accepted session. [30; --timeout if only that is given]",
    ),
    value("--greeting-timeout", of="SECONDS", type=float, help="Longest wait for an SMTP greeting. [30]"),
    value(
        "--deadline",
        of="SECONDS",
        type=float,
        help="Longest time for the whole walk. [120; 50 for check --format nagios]",
    ),
    click.Option(
        ["--patience"],
        type=OneOf(["sender", "ours"]),
        help="Whose time limits decide: the sending server's, or ours. [sender]",
    ),
    value("--ehlo", of="NAME", help="Host name to use in EHLO. [this host's]"),
    click.Option(
        ["--allow-private/--no-allow-private"], default=None, help="Connect to special-use addresses too."
    ),
    value(
        "--insecure-zone",
        "insecure_zones",
        of="NAME",
        multiple=True,
        help="Treat NAME and everything below it as unsigned (negative trust anchor, RFC 7646); repeatable.",
    ),
    value(
        "--dial",
        of="A=B",
        multiple=True,
        callback=_dial,
        help="Connect to B instead of the published address A; repeatable.",
    ),
)
#: Keys of `NETWORK` in a command's parameters.
NETWORK_KEYS = tuple(str(each.name) for each in NETWORK)

#: Of `NETWORK`, what a replay is compared with: whom this user trusts.
TRUST_KEYS = ("network_file", "trust_anchor", "ca_file", "insecure_zones")

#: Of `NETWORK`, what makes a difference where DNS alone is asked.
DNS_KEYS = ("network_file", "resolver", "trust_anchor", "ca_file", "timeout", "deadline", "insecure_zones")


def network_for(keys: Collection[str]) -> Iterator[click.Option]:
    """`NETWORK` for a command to which only `keys` mean something: the others are taken, and not shown."""
    for each in NETWORK:
        shown = copy(each)
        shown.hidden = each.name not in keys
        yield shown


def given_options(options: dict[str, Any], keys: Collection[str] = NETWORK_KEYS) -> dict[str, Any]:
    """Those of the network options `keys` that stand on the command line."""
    return {key: options[key] for key in keys if options.get(key) not in (None, {}, ())}


def names_of(keys: Collection[str]) -> str:
    """The network options `keys` as they are written on the command line."""
    return ", ".join(each.opts[0] for each in NETWORK if each.name in keys)


#: Whom this user trusts, of a command that reads captures.
TRUST = (
    value(
        "--network",
        "network_file",
        of="FILE",
        help="Network file (TOML) with your trust anchors and CAs. [the config file's network table]",
    ),
    value("--trust-anchor", of="FILE", help="DNSSEC trust anchors to compare with those of the capture."),
    value("--ca-file", of="FILE", help="CA certificates (PEM) to compare with those of the capture."),
)

LAB = value(
    "--lab",
    of="ID|FILE",
    shell_complete=completed("scenarios"),
    help="Use the built-in mini-internet instead: a scenario of `mailpath lab list`, or your own file.",
)

#: What `check` asks of the walk and of its report.
CHECK = (
    value("--from", "sender", of="SENDER", help="Domain or address of the sender."),
    value(
        "--posture",
        "postures",
        of="NAME",
        multiple=True,
        shell_complete=completed("postures"),
        help="What the sender enforces: a name, or all; repeatable, the worst verdict decides. [rfc decides]",
    ),
    value(
        "--attack",
        "attacks",
        of="NAME",
        multiple=True,
        shell_complete=completed("attacks"),
        help="Put an attacker on the path: a name, a+b, or all; repeatable. [none]",
    ),
    as_of("Judge as of TIME"),
    flag("--requiretls", help="Judge a message sent with REQUIRETLS (RFC 8689)."),
    flag("--tls-required-no", help="Judge a message with TLS-Required: No in its header (RFC 8689)."),
    value(
        "--policy-age",
        of="AGE",
        callback=age,
        help="Age of the sender's cached MTA-STS policy: seconds, or 12h, 3d, 2w. [none: first contact]",
    ),
    flag("--envelope", help="Also send MAIL FROM and RCPT TO, then RSET; never DATA."),
    value(
        "--envelope-from",
        of="ADDRESS",
        help="Sender for the envelope test. [SENDER's address, else the null sender]",
    ),
    value(
        "--rcpt", of="ADDRESS", help="Recipient for the envelope test. [RECIPIENT's address, else postmaster]"
    ),
    flag(
        "--redact",
        help="Keep this machine's names and addresses, and all local parts, out of the report and the"
        " capture.",
    ),
    click.Option(
        ["--format", "form"],
        type=OneOf(["text", "json", "markdown", "html", "nagios", "ticket"]),
        help="Format of the report. [by FILE's suffix, else text]",
    ),
    click.Option(["--reader"], type=OneOf(["postmaster", "user"]), help="Whom a ticket is for. [postmaster]"),
    flag("--full", help="The whole text report, not only what fits on one screen."),
    value("-o", "--output", of="FILE", help="Write the report to FILE."),
    value("--capture", of="FILE", help='Save every exchange to FILE ("-": standard output).'),
    value(
        "--tlsrpt", of="FILE", help="Write the TLS report (RFC 8460) that the deciding posture would file."
    ),
    value(
        "--fail-on",
        of="WHAT",
        multiple=True,
        shell_complete=completed("conditions"),
        help="Exit with 2 also if it holds: attacker-reads, finding:CODE or worse-than:OUTCOME; repeatable.",
    ),
    value("--replay", of="FILE", help='Replay a capture without any network ("-": standard input).'),
    flag("--trust-capture", help="Take a capture's verdict as evidence in any case."),
)

#: What `plan` can be asked for.
GOALS = ("dane", "mta-sts", "key-change", "new-mx", "leave-dane", "leave-mta-sts", "repair")
#: What it asks beside the goal.
PLAN = (
    value(
        "--host",
        "hosts",
        of="HOST",
        multiple=True,
        help="MX host that changes, and is yours; repeatable. [every MX host below RECIPIENT]",
    ),
    value(
        "--key",
        of="PEM",
        help="The next key, public or private. [records carry a placeholder]",
        shell_complete=completed("files"),
    ),
    value(
        "--cert", of="PEM", help="The next certificate, with its chain.", shell_complete=completed("files")
    ),
    value("--to", of="HOST", help="The new MX host, of new-mx."),
    flag("--why", help="Also show the proof, and what would lose mail."),
    click.Option(
        ["--format", "form"],
        type=OneOf(["text", "json", "markdown", "html"]),
        help="Format of the plan; markdown and html have checkboxes. [by FILE's suffix, else text]",
    ),
    value("-o", "--output", of="FILE", help="Write the plan to FILE."),
    value("--replay", of="FILE", help='Plan from a capture, without any network ("-": standard input).'),
)

#: Of `dnssec`: what every name server should serve.
SERVED = (
    value("--has", of="DATA", multiple=True, help="Every name server serves this record; repeatable."),
    value("--lacks", of="DATA", multiple=True, help="No name server serves this record; repeatable."),
)
