"""`mailpath check`: walk, or replay, judge by the postures asked for, report."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import click
import msgspec
from msgspec.structs import replace

from mailpath import config
from mailpath.commands import stdio
from mailpath.commands.asking import files_read, network_of, trusted_by
from mailpath.commands.envelope import envelope_for
from mailpath.commands.moments import Offset, seen_from
from mailpath.commands.narration import narrator, waits_told
from mailpath.commands.options import (
    LOG_FILE,
    TRUST_KEYS,
    domain_of,
    given_options,
    names_of,
)
from mailpath.commands.outputs import STDIO, examine, form_of, names_no_format, write_file
from mailpath.commands.rendering import write
from mailpath.dnssec import Zones
from mailpath.ending import ExitCode
from mailpath.errors import concerning
from mailpath.exchanges import Envelope
from mailpath.facts import Found, Path, Walk
from mailpath.judge import Posture
from mailpath.judge.message_options import Message, MessageOptions
from mailpath.judge.presets import posture as posture_named
from mailpath.network.capture import Capture, capture_of, dump, load
from mailpath.network.protocol import Network, NetworkContext
from mailpath.network.recording import Recording
from mailpath.online import live_network
from mailpath.report import provenance as origin
from mailpath.report.headline import headline
from mailpath.report.provenance import NOTHING, Given, Provenance, marks
from mailpath.report.result import DEFAULT_POSTURE, Result, build
from mailpath.visible import visible
from mailpath.walk import Event, StepFinished, walk

#: Seconds: monitoring systems kill a plug-in after a minute (NRPE, Icinga), and then nobody knows anything.
MONITOR_DEADLINE = 50.0


class Walked(msgspec.Struct, frozen=True):
    """A walk with what it stood on, and how long each step and the whole took in milliseconds."""

    walk: Walk
    ground: NetworkContext
    elapsed: dict[str, float]
    took: float
    capture: Capture
    given: Given = NOTHING
    replayed: bool = False

    @property
    def provenance(self) -> Provenance:
        return origin.read(self.walk, self.capture.ground, self.given, replayed=self.replayed)


class CheckOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The words of the command line, by the names of their options; `network`: where to ask."""

    recipient: str | None
    sender: str | None
    postures: tuple[str, ...]
    attacks: tuple[str, ...]
    at: int | Offset | None
    requiretls: bool
    tls_required_no: bool
    policy_age: int | None
    envelope: bool
    envelope_from: str | None
    rcpt: str | None
    redact: bool
    form: str | None
    full: bool
    reader: str | None
    output: str | None
    capture: str | None
    tlsrpt: str | None
    fail_on: tuple[str, ...]
    replay: str | None
    trust_capture: bool
    network: dict[str, Any]

    @property
    def written_as(self) -> str:
        """The report's format."""
        return form_of(self.form, self.output)

    def sending(self) -> MessageOptions:
        """What they say of the message.  Raises `click.UsageError`."""
        if self.requiretls and self.tls_required_no:
            raise click.UsageError("Use either --requiretls or --tls-required-no, not both.")
        message = Message.TLS_REQUIRED_NO if self.tls_required_no else Message.ORDINARY
        return MessageOptions(
            message=Message.REQUIRETLS if self.requiretls else message, policy_age=self.policy_age
        )


def options_of(words: dict[str, Any]) -> CheckOptions:
    """All that `cli.check` takes, of its first recipient."""
    words = {**words, "recipient": next(iter(words["recipients"]), None)}
    own = {*CheckOptions.__struct_fields__}
    network = {key: words[key] for key in words if key not in {*own, "recipients", "from_file"}}
    return CheckOptions(network=network, **{key: words[key] for key in words if key in own})


def run(options: CheckOptions) -> ExitCode:
    """Everything that `check` does; the exit code of the posture that decides.

    Raises `click.UsageError`, `MailpathError`.
    """
    from mailpath.commands import pasting

    asked_for = options.postures
    options, pasted = pasting.filled_in(options)
    sending = options.sending()
    if not options.envelope and (options.envelope_from is not None or options.rcpt is not None):
        raise click.UsageError("--envelope-from and --rcpt need --envelope.")
    if options.reader is not None and options.written_as != "ticket":
        raise click.UsageError("--reader needs --format ticket.")
    outputs = {"-o": options.output, "--capture": options.capture, "--tlsrpt": options.tlsrpt}
    log = click.get_current_context().meta.get(LOG_FILE)
    inputs = {"--replay": options.replay, **files_read(options.network)}
    examine({**outputs, "--log": log}, inputs, options.form)
    judge = judge_of(options, sending)
    _remark(options)
    walked = _replayed(options) if options.replay is not None else _asked(options)
    if options.redact:
        walked = redacted_walk(walked)
    if options.capture is not None:
        dump(walked.capture, options.capture)  # first: it is what cannot be had again
    result = judge(walked)
    refused = None
    if pasted is not None:
        from mailpath.tickets.pasted import find_cause

        cause = find_cause(pasted, walked.walk, known())
        told, refused = cause.told, cause.unexplained
        if cause.posture not in (None, pasted.posture) and not asked_for:
            result = judge_of(replace(options, postures=(cause.posture,)), sending)(walked)
        beside = options.written_as != "text" or options.output is not None or STDIO in outputs.values()
        click.echo(told if beside else f"{told}\n", err=beside)
    if options.output is not None or STDIO not in outputs.values():
        write(
            result,
            options.written_as,
            options.output,
            full=options.full,
            reader=options.reader,
            refused=refused,
        )
    elif sys.stderr.isatty():
        click.echo(headline(result), err=True)
    if options.tlsrpt is not None:
        _filed(result, options.tlsrpt)
    return result.status


def judge_of(
    options: CheckOptions, sending: MessageOptions, *, all_known: bool = True, named: bool = False
) -> Callable[[Walked], Result]:
    """What is asked of each walk, understood once.  Raises `click.UsageError`, `MailpathError`.

    `all_known`: where none is asked for, every posture judges.  `named`: what is told says of which domain.
    """
    judged = chosen(options.postures)
    attacks = attacks_named(options.attacks)
    conditions: tuple[str, ...] = ()
    if options.fail_on:
        from mailpath.commands import failing

        conditions = failing.understood(options.fail_on)
    deciding = [posture.name for posture in judged] or [DEFAULT_POSTURE]
    everyone = known()
    postures = judged or (tuple(everyone.values()) if all_known else (everyone[DEFAULT_POSTURE],))

    def judge(walked: Walked) -> Result:
        result = _judged(walked, postures, deciding, sending, on_trust=options.trust_capture)
        if attacks:
            from mailpath.commands import attacking

            result = attacking.tried(result, walked.capture, attacks)
        if conditions:
            result = failing.holding(result, conditions, deciding, walked.capture)
            of = f"{visible(result.walk.path.recipient)}: " if named else ""
            for each in result.held:
                stdio.tell(f"mailpath check: {of}--fail-on {each}")
        return result

    return judge


def _judged(
    walked: Walked,
    postures: Sequence[Posture],
    deciding: Sequence[str],
    sending: MessageOptions,
    *,
    on_trust: bool,
) -> Result:
    """The walk by `postures`; how long that took beside the steps."""
    began = time.perf_counter()
    result = build(
        walked.walk,
        postures,
        walked.elapsed,
        deciding=deciding,
        provenance=walked.provenance,
        on_trust=on_trust,
        made=walked.ground.made,
        took=walked.took,
        sending=sending,
        met=_met(walked) if sending.policy_age is not None else None,
    )
    result.elapsed["verdict"] = (time.perf_counter() - began) * 1000
    return result


def known() -> dict[str, Posture]:
    """Every posture there is, those of the config file too.  Raises `ConfigError`."""
    return config.postures(remark=stdio.tell)


def chosen(names: Sequence[str]) -> tuple[Posture, ...]:
    """The postures named, each once, in the order given; `all` names every one.  Raises `MailpathError`."""
    own = known() if names else {}
    found = (own.values() if name == "all" else (posture_named(name, own),) for name in names)
    return tuple({posture.name: posture for several in found for posture in several}.values())


def attacks_named(names: Sequence[str]) -> tuple[str, ...]:
    """The attacks named, each once, `all` as itself.  Raises `click.UsageError`, `UnknownAttack`."""
    if not names:
        return ()
    from mailpath.attacks.catalogue import canonical

    for name in names:
        parts = [part.strip() for part in name.split("+")]
        if len(parts) > 2 or len(parts) != len(set(parts)):
            raise click.UsageError(f"{name!r} is not an attack, nor two different attacks joined by +.")
    return tuple(dict.fromkeys(name if name == "all" else canonical(name) for name in names))


def _remark(options: CheckOptions) -> None:
    """What was asked for and comes otherwise, on standard error."""
    if options.form is None and options.output is not None and names_no_format(options.output):
        file = visible(options.output)
        stdio.tell(
            f"mailpath check: {file}: The suffix names no format, so the report is text; see --format."
        )


# --- the walk --------------------------------------------------------------------------------------


def _asked(options: CheckOptions) -> Walked:
    """Walked over sockets, in the lab if so."""
    if options.trust_capture:
        raise click.UsageError("--trust-capture needs --replay.")
    if options.recipient is None and options.network["lab"] is None:
        raise click.UsageError("Missing argument 'RECIPIENT'.")
    with network_of(options.network) as (settings, scenario):
        bounded = settings
        if scenario is None and settings.deadline is None and options.written_as == "nagios":
            bounded = settings.merged(deadline=MONITOR_DEADLINE)
        recipient = options.recipient or (scenario.domain if scenario is not None else "")
        sender = options.sender
        path = Path(recipient=domain_of(recipient), sender=domain_of(sender) if sender is not None else None)
        envelope = None
        if options.envelope:
            envelope = envelope_for(recipient, sender, options.rcpt, options.envelope_from)

        async def walked() -> Walked:
            kind = "live" if scenario is None else "lab"
            async with live_network(bounded, kind) as live, waits_told(live.waits):
                return await walk_on(path, live, options.at, envelope)

        given = origin.given_by(settings) if scenario is None else NOTHING
        return replace(asyncio.run(walked()), given=given)


def _replayed(options: CheckOptions) -> Walked:
    from mailpath.network.replay import Replay

    network, file = options.network, options.replay
    assert file is not None
    asks = given_options({key: value for key, value in network.items() if key not in TRUST_KEYS})
    also = {"--envelope": options.envelope, "--lab": network["lab"] is not None, names_of(asks): bool(asks)}
    for words in [words for words, given in also.items() if given]:
        raise click.UsageError(f"A replay asks nobody: {words} cannot be used with --replay.")
    here = trusted_by("check", network)
    if os.path.isdir(file):
        from mailpath.commands import surveying

        held = surveying.capture_in(file, options.recipient)
    else:
        held = load(file)
    wanted = ((options.recipient, held.path.recipient, "to"), (options.sender, held.path.sender, "from"))
    for typed, kept, what in wanted:
        if typed is not None and domain_of(typed) != kept:
            raise click.UsageError(f"{file} contains a path {what} {kept or 'any sender'}, not {typed}.")
    with concerning(file=file):
        walked = asyncio.run(walk_on(held.path, Replay(held), options.at))
    # As of another time less may be asked for: what was fetched in its own time is kept for attacks.
    return replace(walked, capture=held, given=origin.given_by(here), replayed=True)


async def walk_on(
    path: Path,
    network: Network,
    at: int | Offset | None,
    envelope: Envelope | None = None,
    *,
    narrated: bool = True,
    zones: Zones | None = None,
) -> Walked:
    """The walk of `path`, measured; `narrated`: each step is told as it ends.  `zones`: see `walk`."""
    recording = Recording(network, envelope)
    elapsed: dict[str, float] = {}
    narrate = narrator() if narrated else None

    def seen(event: Event) -> None:
        if isinstance(event, StepFinished):
            if narrate is not None and event.result.id not in elapsed:
                narrate(event)
            elapsed[event.result.id] = event.elapsed_ms

    began = time.perf_counter()
    found = await walk(path, recording, seen_from(network.ground.made, at), seen, zones)
    took = (time.perf_counter() - began) * 1000
    return Walked(found, network.ground, elapsed, took, capture_of(recording, path, found.roots))


def redacted_walk(walked: Walked) -> Walked:
    """The redacted recording, walked again: a report cannot tell what that does not hold."""
    from mailpath.network.redaction import redacted
    from mailpath.network.replay import Replay

    capture = redacted(walked.capture)
    again = asyncio.run(walk(capture.path, Replay(capture), walked.walk.at))
    return replace(walked, walk=again, capture=capture)


def _met(walked: Walked) -> Walk:
    """The walk on which the sender fetched its policy: as of the recording's own time (see `Rewalks.met`)."""
    if walked.walk.at <= walked.ground.made:
        return walked.walk
    from mailpath.whatif import Rewalks

    return asyncio.run(Rewalks(walked.capture, at=walked.walk.at).met())


# --- what comes of it ------------------------------------------------------------------------------


def _filed(result: Result, file: str) -> None:
    """The TLS report that the deciding posture's sender would have filed; packed where FILE ends in .gz."""
    import gzip

    from mailpath.tickets import tlsrpt

    walk = result.walk
    filer = walk.path.sender or walk.sender.ehlo or "localhost"
    report = tlsrpt.build(
        walk, result.chosen, contact=f"postmaster@{filer}", at=result.at, sending=result.sending
    )
    if tlsrpt.empty(report):
        click.echo("No TLS report is written: this delivery has no session to report.", err=True)
        return
    if not walk.sts.tlsrpt_rua:
        domain, lookup = visible(walk.path.recipient), walk.sts.tlsrpt
        known = lookup is not None and lookup.found in (Found.FOUND, Found.ABSENT) and not lookup.broken
        why = f"{domain} requests no TLS reports" if known else f"it is unknown where {domain} wants them"
        click.echo(f"{visible(filer)} would send no TLS report: {why}.", err=True)
    named = marks(result.provenance)
    if result.provenance.replayed:
        doubt = f"Not evidence: {result.doubt}. " if result.doubt else ""
        click.echo(f"{doubt}The TLS report cannot say this about its walk: {', '.join(named)}.", err=True)
    data = tlsrpt.encode(report)
    if file == STDIO:
        stdio.write(data)
        return
    write_file(file, gzip.compress(data, mtime=0) if file.endswith(".gz") else data)
