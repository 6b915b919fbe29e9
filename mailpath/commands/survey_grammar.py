"""The words of `mailpath survey`.  Light: what the command needs is loaded when it runs."""

from __future__ import annotations

from typing import Any

import click

from mailpath.commands.choices import Engine, Number, OneOf
from mailpath.commands.grammar import DefaultGroup
from mailpath.commands.options import LAB, LOG, NETWORK, argument, as_json, completed, flag, value

#: As `mailpath.survey.lists` and `mailpath.survey.out` have them; a test holds that.
LOG_FORMATS = ("postfix", "exim", "exchange", "exchange-tracking", "postqueue", "csv", "list")
FORMATS = ("text", "json", "csv", "html", "policy-map", "openmetrics", "parquet")

_POSTURES = completed("postures")
_SURVEY = (
    value(
        "--today",
        of="POSTURE",
        shell_complete=_POSTURES,
        help="What your server enforces today. [as a log shows it, else postfix-may]",
    ),
    value(
        "--posture",
        "postures",
        of="NAME",
        multiple=True,
        shell_complete=_POSTURES,
        help="What it might enforce: a name, or all; repeatable. [postfix-dane, postfix-sts,"
        " postfix-dane-sts, postfix-encrypt]",
    ),
    value("--from", "sender", of="SENDER", help="Domain or address of the sender."),
    value(
        "--store",
        of="DIR",
        shell_complete=completed("files"),
        help="Folder that keeps the survey. [a new one; `mailpath paths` says where]",
    ),
    flag("--resume", help="Go on with the survey in DIR, or the newest; asks nobody again."),
    click.Option(
        ["--engine"],
        type=Engine(),
        default="local",
        metavar="local|processes:N|ray",
        help="Walk in this process, in N more, or on a Ray cluster. [local]",
    ),
    value("--cluster", of="ADDRESS", help="Head of the Ray cluster, host:port. [RAY_ADDRESS]"),
    click.Option(["--jobs"], type=Number(1, 256), metavar="N", help="Walks at once. [16]"),
    click.Option(
        ["--per-host"],
        type=Number(1, 10),
        metavar="N",
        help="Connections open at once per address of a mail server. [1]",
    ),
    click.Option(
        ["--rate"],
        type=Number(0, whole=False),
        metavar="N",
        help="New connections per second and operator of mail servers; 0: no limit. [2; 0 with --dial,"
        " --allow-private or --lab]",
    ),
    click.Option(
        ["--keep"],
        type=OneOf(["all", "breaks", "none"]),
        help="Walks that the store keeps for good. [all; beyond 20,000 domains what breaks, and a sample]",
    ),
    click.Option(["--log-format"], type=OneOf(LOG_FORMATS), help="Kind of LIST. [recognized]"),
    click.Option(["--limit"], type=Number(1), metavar="N", help="Only the N domains with the most mails."),
    click.Option(
        ["--max-unknown"],
        type=Number(0, 1, whole=False),
        default=0.05,
        metavar="SHARE",
        help="Share of the domains above which unknown ones fail the survey. [0.05]",
    ),
    click.Option(["--format", "form"], type=OneOf(FORMATS), help="Format. [by FILE's suffix, else text]"),
    value(
        "-o",
        "--output",
        "outputs",
        of="FILE",
        multiple=True,
        help="Write the results to FILE; repeatable, each in the format of its suffix.",
    ),
)


@click.group(
    "survey",
    cls=DefaultGroup,
    short_help="Survey the domains you write to: what would break?",
)
def survey() -> None:
    """Walk the paths to all domains in LIST, and say what another posture would change for your mail.

    LIST is a log of Postfix or Exim, a message trace of Exchange, the output of `postqueue -j`, a CSV file,
    or has a domain, an address or `count<TAB>domain` per line ("-": standard input); gzipped or not. Only
    domains are kept. A list named like a command is given as ./diff.

    By default, at most one session is open with each address at a time. What is found is kept at once: Ctrl-C
    or a crash loses nothing, see --resume. `mailpath open DIR` shows all domains on the screen, `mailpath
    check DOMAIN --replay DIR` replays a walk.

    Exit status: 1 a posture newly defers or bounces mail, else 3 more is unknown than --max-unknown allows,
    else 0; 64 usage error.
    """


@survey.command(
    DefaultGroup.default,
    hidden=True,
    params=[
        argument("lists", nargs=-1, metavar="LIST...", shell_complete=completed("files")),
        *_SURVEY,
        LAB,
        *NETWORK,
        LOG,
    ],
)
def survey_lists(**words: Any) -> int:
    """The survey itself."""
    from mailpath.commands import surveying

    return surveying.run(surveying.options_of(words))


@survey.command(
    "diff",
    params=[
        argument("old", shell_complete=completed("files")),
        argument("new", shell_complete=completed("files")),
        as_json(),
    ],
)
def survey_diff(old: str, new: str, as_json: bool) -> int:
    """Show what changed between the surveys in the folders OLD and NEW.

    Exit status: 0 nothing changed, 1 something changed, 64 usage error.
    """
    from mailpath.commands import surveying

    return surveying.diff(old, new, as_json)


@survey.command("delete", params=[argument("store", shell_complete=completed("files"))])
def survey_delete(store: str) -> None:
    """Remove the survey in the folder STORE, and everything that it kept."""
    from mailpath.commands import surveying

    surveying.delete(store)
