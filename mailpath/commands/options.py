"""Options that several commands share, and how words on the command line become values.

Light: nothing here loads the network stack or the app (`mailpath --help` must not wait for them).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mailpath import ending
from mailpath.wording.times import LAST

if TYPE_CHECKING:
    from mailpath.network.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])

#: RFC 3339 section 5.6, with the blank that its note allows in place of the T.
_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})", re.ASCII)
#: RFC 3339's full-date alone: the day's first second in UTC.
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
#: A year, or a date or time that lost its dashes (20261123), is not taken for seconds.
_BARE_DATE = re.compile(r"(?:19|20)\d\d(?:\d\d|\d{4}|\d{8})?", re.ASCII)


def moment(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """RFC 3339 ("2026-11-23T12:00:00Z"; a date alone: 00:00Z) or Unix seconds, as Unix seconds."""
    if value is None:
        return None
    text = value.strip()
    try:
        seconds = _unix(text) if text.isascii() and text.isdigit() else _rfc3339(text)
    except (ValueError, OverflowError):
        sentence = f"{text!r} is neither RFC 3339 (2026-11-23T12:00:00Z, or a date alone) nor Unix seconds."
        raise click.BadParameter(sentence, ctx, param) from None
    if not 0 <= seconds <= LAST:
        raise click.BadParameter(f"{text!r} is not between the years 1970 and 9999.", ctx, param)
    return seconds


def _unix(text: str) -> int:
    if _BARE_DATE.fullmatch(text):
        raise ValueError
    return int(text)


def _rfc3339(text: str) -> int:
    if _DAY.fullmatch(text):
        text += "T00:00:00Z"
    if not _RFC3339.fullmatch(text):
        raise ValueError
    return int(datetime.fromisoformat(text.upper()).timestamp())


_AGE = re.compile(r"(?P<amount>[0-9]{1,10})(?P<unit>[smhdw]?)", re.ASCII)
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def age(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """ "3600", "90m", "12h", "3d", "2w" as seconds."""
    if value is None:
        return None
    found = _AGE.fullmatch(value.strip())
    if found is None:
        sentence = f"{value!r} is no age: seconds, or an amount with s, m, h, d or w, as in 3d."
        raise click.BadParameter(sentence, ctx, param)
    return int(found["amount"]) * _SECONDS[found["unit"]]


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


def _with(options: Sequence[Callable[[Command], Command]], command: Command) -> Command:
    """`command` with `options`, in their order in its help."""
    for option in reversed(options):
        command = option(command)
    return command


_LOOK = (
    click.option("--no-mouse", is_flag=True, help="Leave the mouse to the terminal."),
    click.option("--ascii", "plain", is_flag=True, help="No signs beyond ASCII."),
    click.option("--no-color", is_flag=True, help="No colours (NO_COLOR does it too)."),
)


def look_options(command: Command) -> Command:
    """How the app looks."""
    return _with(_LOOK, command)


def look(no_mouse: bool, plain: bool, no_color: bool) -> dict[str, bool]:
    """Of the app, which is nothing without its terminal: from here on it ends with that."""
    ending.tie(0, 2)
    return {"mouse": not no_mouse, "ascii": plain, "color": not no_color}


_NETWORK = (
    click.option(
        "--network",
        "network_file",
        metavar="FILE",
        help="Network file (TOML) that holds the options below. [the config file's network table]",
    ),
    click.option(
        "--resolver",
        metavar="ADDRESS",
        help="Recursive resolver: ip, ip:port, tls://ip#name or https://host/path. [the system's]",
    ),
    click.option(
        "--trust-anchor",
        metavar="FILE",
        help="DNSSEC trust anchors, DS or DNSKEY of any names; the closest one decides. [IANA's root keys]",
    ),
    click.option("--ca-file", metavar="FILE", help="Trusted CA certificates, PEM. [the system's]"),
    click.option("--smtp-port", type=int, metavar="PORT", help="Port of the mail servers. [25]"),
    click.option("--https-port", type=int, metavar="PORT", help="Port of the policy host. [443]"),
    click.option(
        "--timeout",
        type=float,
        metavar="SECONDS",
        help="Longest wait for a connection, a DNS try or a policy. [5]",
    ),
    click.option(
        "--reply-timeout",
        type=float,
        metavar="SECONDS",
        help="Longest wait for a line once a session is accepted. [30; --timeout if only that is given]",
    ),
    click.option(
        "--greeting-timeout", type=float, metavar="SECONDS", help="Longest wait for a greeting. [30]"
    ),
    click.option(
        "--deadline",
        type=float,
        metavar="SECONDS",
        help="Longest time for a walk. [120; 50 for check --format nagios]",
    ),
    click.option(
        "--patience",
        type=click.Choice(["sender", "ours"]),
        help="Whose time limits count: the sending server's, or ours. [sender]",
    ),
    click.option("--ehlo", metavar="NAME", help="Name to give in EHLO. [this host's]"),
    click.option(
        "--allow-private/--no-allow-private",
        default=None,
        help="Connect to special-use addresses too.",
    ),
    click.option(
        "--insecure-zone",
        "insecure_zones",
        metavar="NAME",
        multiple=True,
        help="Treat NAME and all below it as unsigned (negative trust anchor, RFC 7646); repeatable.",
    ),
    click.option(
        "--dial",
        metavar="A=B",
        multiple=True,
        callback=_dial,
        help="Published address A really lives at B; repeatable.",
    ),
)


#: Of `_NETWORK`, what a replay is compared with: whom this user trusts.
TRUST_KEYS = ("network_file", "trust_anchor", "ca_file", "insecure_zones")

_ENVELOPE = (
    click.option("--envelope", is_flag=True, help="Try MAIL FROM and RCPT TO too, then RSET; never DATA."),
    click.option(
        "--envelope-from",
        metavar="ADDRESS",
        help="Sender in the envelope test. [SENDER's address, else the null one]",
    ),
    click.option(
        "--rcpt",
        metavar="ADDRESS",
        help="Recipient in the envelope test. [RECIPIENT's address or postmaster]",
    ),
)


def envelope_options(command: Command) -> Command:
    """Adds the envelope test to a command."""
    return _with(_ENVELOPE, command)


_TRUST = (
    click.option(
        "--network",
        "network_file",
        metavar="FILE",
        help="Network file (TOML) that says whom you trust. [the config file's]",
    ),
    click.option(
        "--trust-anchor",
        metavar="FILE",
        help="DNSSEC trust anchors to compare a capture's with.",
    ),
    click.option(
        "--ca-file",
        metavar="FILE",
        help="CA certificates, PEM, to compare a capture's with.",
    ),
)


def trust_options(command: Command) -> Command:
    """Adds whom this user trusts to a command that reads captures."""
    return _with(_TRUST, command)


def lab_option(command: Command) -> Command:
    """Adds the lab as the place to ask, in `lab` beside the `NETWORK_KEYS`."""
    return click.option(
        "--lab",
        metavar="ID|FILE",
        help="Ask in the built-in mini-internet: a scenario of `mailpath lab list`, or a file of your own.",
    )(command)


def network_options(command: Command) -> Command:
    """Adds where to ask (`NETWORK_KEYS`) to a command."""
    return _with(_NETWORK, command)


#: Keys of `network_options` in a command's parameters.
NETWORK_KEYS = (
    "network_file",
    "resolver",
    "trust_anchor",
    "ca_file",
    "smtp_port",
    "https_port",
    "timeout",
    "reply_timeout",
    "greeting_timeout",
    "deadline",
    "ehlo",
    "patience",
    "allow_private",
    "insecure_zones",
    "dial",
)


def given_network_options(options: dict[str, Any]) -> list[str]:
    """The network options that stand on the command line, as they are written there."""
    names = {"network_file": "--network", "insecure_zones": "--insecure-zone"}
    return [
        names.get(key, f"--{key.replace('_', '-')}")
        for key in NETWORK_KEYS
        if options.get(key) not in (None, {}, ())
    ]


def settings_from(options: dict[str, Any], base: Settings | None = None) -> Settings:
    """The network file, else `base`, with the options in place of its keys.  Raises `click.UsageError`."""
    from mailpath.network.settings import Settings, SettingsError, load

    given = {key: options.get(key) for key in NETWORK_KEYS if key not in ("network_file", "dial")}
    given["insecure_zones"] = given["insecure_zones"] or None
    dial = options.get("dial") or None
    try:
        start = load(options["network_file"]) if options.get("network_file") else base or Settings()
        return start.merged(**given, dial=dial)
    except SettingsError as error:
        raise click.UsageError(str(error)) from None


def probing(options: dict[str, Any]) -> Settings:
    """What a command that probes goes by: the network file, else the config file's [network], and in place
    of their keys the options.  Raises `click.UsageError`.
    """
    from mailpath.config import ConfigError, network

    if options.get("network_file"):
        return settings_from(options)
    try:
        return settings_from(options, network())
    except ConfigError as error:
        raise click.UsageError(str(error)) from None


def trusted_here(options: dict[str, Any]) -> tuple[Settings, tuple[str, ...]]:
    """Whom this user trusts, to hold a capture against: the network file, else the config file's [network],
    and in place of their keys the options; and what cannot be used of the config file.

    Raises `click.UsageError` for what stands on the command line.
    """
    from mailpath import config
    from mailpath.dnssec import BadAnchor
    from mailpath.dnssec.anchors import read_anchors
    from mailpath.network.settings import Settings, SettingsError, anchor_text, roots

    def usable(settings: Settings) -> None:
        try:
            read_anchors(anchor_text(settings)), roots(settings)
        except BadAnchor as error:
            raise SettingsError(str(error), file=settings.trust_anchor or "", key="trust_anchor") from None

    asked = {key: options.get(key) for key in TRUST_KEYS}
    base = Settings()
    problems: tuple[str, ...] = ()
    if not options.get("network_file"):
        found = config.load()
        base, problems = found.settings() if found.network else (base, ())
        try:
            usable(base)
        except SettingsError as error:
            base, problems = Settings(), (*problems, str(error))
    settings = settings_from(asked, base)
    try:
        usable(settings)
    except SettingsError as error:
        raise click.UsageError(str(error)) from None
    return settings, problems


def files_read(options: dict[str, Any]) -> dict[str, str | None]:
    """What is read to know where to ask and whom to trust: who names it -> the file.

    A file that cannot be used is told of where it is used."""
    from mailpath import config
    from mailpath.network.settings import Settings, SettingsError, load

    named = options.get("network_file")
    found = {"--network": named, "mailpath itself": str(config.config_file())}
    found |= {"--trust-anchor": options.get("trust_anchor"), "--ca-file": options.get("ca_file")}
    try:
        settings = load(named) if named else config.load().settings()[0]
    except SettingsError:
        settings = Settings()
    where = "the network file" if named else "the config file"
    return {**found, **{f"{key} in {where}": getattr(settings, key) for key in ("trust_anchor", "ca_file")}}


def unusable_anchor(settings: Settings, error: Exception) -> click.UsageError:
    """The sentence of `error`, a `BadAnchor`, with the file and the key that named it."""
    from mailpath.network.settings import SettingsError

    return click.UsageError(
        str(SettingsError(str(error), file=settings.trust_anchor or "", key="trust_anchor"))
    )


def domain_of(text: str) -> str:
    """What was typed as A-labels.  Raises `click.UsageError` with one sentence."""
    from mailpath.names import BadName, to_domain

    try:
        return to_domain(text)
    except BadName as error:
        raise click.UsageError(f"{text!r}: {error}") from None
