"""`mailpath check`: walk, or replay, judge by the postures asked for, report."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import click

from mailpath.commands import stdio
from mailpath.commands.envelope import Asked, made
from mailpath.commands.narration import narrator, waits_told
from mailpath.commands.options import (
    TRUST_KEYS,
    domain_of,
    files_read,
    given_network_options,
    probing,
    trusted_here,
    unusable_anchor,
)
from mailpath.commands.outputs import STDIO, Outputs, examine
from mailpath.commands.rendering import form_of, names_no_format, write, write_file
from mailpath.config import ConfigError, config_file, postures
from mailpath.dnssec import BadAnchor
from mailpath.exchanges import Envelope
from mailpath.facts import Found, Path, Walk
from mailpath.judge import Posture
from mailpath.judge.presets import PRESETS, UnknownPosture
from mailpath.judge.presets import posture as posture_named
from mailpath.judge.sending import Message, Sending
from mailpath.network.capture import Capture, CaptureError, capture_of, dump, load
from mailpath.network.protocol import Ground, Network
from mailpath.network.recording import Recording
from mailpath.network.settings import Settings, SettingsError
from mailpath.report import provenance as origin
from mailpath.report.exit_codes import ExitCode
from mailpath.report.headline import headline
from mailpath.report.provenance import NOTHING, Given, Provenance, marks
from mailpath.report.result import DEFAULT_POSTURE, Result, build
from mailpath.visible import visible
from mailpath.walk import Event, StepFinished, live_network, walk

#: Seconds: monitoring systems kill a plug-in after a minute (NRPE, Icinga), and then nobody knows anything.
MONITOR_DEADLINE = 50.0


@dataclass(frozen=True)
class Walked:
    """A walk with what it stood on, and how long each step and the whole took in milliseconds."""

    walk: Walk
    ground: Ground
    elapsed: dict[str, float]
    took: float
    capture: Capture
    given: Given = NOTHING
    replayed: bool = False

    @property
    def provenance(self) -> Provenance:
        return origin.read(self.walk, self.capture.ground, self.given, replayed=self.replayed)


def run(
    *,
    recipient: str | None,
    sender: str | None,
    posture_names: Sequence[str],
    attacks: Sequence[str],
    sending: Sending,
    envelope: Asked | None,
    redact: bool,
    at: int | None,
    form: str | None,
    output: str | None,
    capture: str | None,
    tlsrpt: str | None,
    replay: str | None,
    trust_capture: bool,
    network: dict[str, Any],
) -> ExitCode:
    """Everything that `check` does; the exit code of the posture that decides.  Raises `click.UsageError`."""
    outputs = Outputs(form=form, report=output, capture=capture, tlsrpt=tlsrpt)
    examine(outputs, {"--replay": replay, **files_read(network)})
    judged = chosen(posture_names)
    wanted = attacks_named(attacks)
    _remark(outputs, wanted)
    if replay is not None:
        if envelope is not None:
            raise click.UsageError("A replay asks nobody: --envelope cannot be used with --replay.")
        if network.get("lab") is not None:
            raise click.UsageError("A replay asks nobody: --lab cannot be used with --replay.")
        walked = _replayed(replay, recipient, sender, at, network)
    elif trust_capture:
        raise click.UsageError("--trust-capture is about a capture: it needs --replay.")
    else:
        monitored = form_of(outputs.form, outputs.report) == "nagios"
        deadline = MONITOR_DEADLINE if monitored else None
        walked = _asked(recipient, sender, at, network, envelope=envelope, deadline=deadline)
    if redact:
        walked = _redacted(walked)
    if capture is not None:
        _kept(walked.capture, capture)  # first: it is what cannot be had again
    result = _judged(walked, judged, sending, on_trust=trust_capture)
    if wanted:
        from mailpath.commands import attacking

        result = attacking.tried(result, walked.capture, wanted)
    _written(result, outputs)
    if tlsrpt is not None:
        _filed(result, tlsrpt)
    return result.code


def _judged(walked: Walked, judged: tuple[Posture, ...], sending: Sending, *, on_trust: bool) -> Result:
    """The walk by the postures named, else by all; how long that took beside the steps."""
    began = time.perf_counter()
    result = build(
        walked.walk,
        judged or tuple(known().values()),
        walked.elapsed,
        deciding=[posture.name for posture in judged] or [DEFAULT_POSTURE],
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
    """Every posture there is, those of the config file too.  Raises `click.UsageError`."""
    try:
        return postures(remark=partial(click.echo, err=True))
    except ConfigError as error:
        raise click.UsageError(str(error)) from None


def chosen(names: Sequence[str]) -> tuple[Posture, ...]:
    """The postures named, each once, in the order given.  Raises `click.UsageError`."""
    found: dict[str, Posture] = {}
    own = known() if names else {}
    for name in names:
        try:
            posture = own[name] if name in own else posture_named(name)
        except UnknownPosture as error:
            more = "".join(f", {each}" for each in own if each not in PRESETS)
            raise click.UsageError(f"{str(error).removesuffix('.')}{more}.") from None
        found[posture.name] = posture
    return tuple(found.values())


def attacks_named(names: Sequence[str]) -> tuple[str, ...]:
    """The attacks named, each once, `all` as itself."""
    if not names:
        return ()
    from mailpath.attacks.catalogue import UnknownAttack, canonical

    for name in names:
        parts = [part.strip() for part in name.split("+")]
        if len(parts) > 2 or len(parts) != len(set(parts)):
            raise click.UsageError(f"{name!r}: an attack, or two different ones joined by +.")
    try:
        return tuple(dict.fromkeys(name if name == "all" else canonical(name) for name in names))
    except UnknownAttack as error:
        raise click.UsageError(str(error)) from None


def _remark(outputs: Outputs, attacks: Sequence[str]) -> None:
    """What was asked for and comes otherwise, on standard error."""
    if attacks and form_of(outputs.form, outputs.report) == "nagios":
        stdio.tell("mailpath check: --format nagios tells the outcome alone: --attack adds nothing to it.")
    if outputs.form is None and outputs.report is not None and names_no_format(outputs.report):
        file = visible(outputs.report)
        stdio.tell(f"mailpath check: {file}: The ending names no format: text is written; see --format.")


# --- the walk --------------------------------------------------------------------------------------


def _asked(
    recipient: str | None,
    sender: str | None,
    at: int | None,
    network: dict[str, Any],
    *,
    envelope: Asked | None,
    deadline: float | None,
) -> Walked:
    """Walked over sockets, in the lab if so.  `deadline`: where neither option nor file sets one."""
    if network.get("lab") is not None:
        from mailpath.commands.labs import lab_of

        with lab_of(network["lab"], network) as (scenario, settings):
            to = recipient if recipient is not None else scenario.domain
            return _live(to, sender, at, settings, envelope, kind="lab")
    if recipient is None:
        raise click.UsageError("Missing argument 'RECIPIENT'.")
    settings = probing(network)
    if settings.deadline is None:
        settings = settings.merged(deadline=deadline)
    return _live(recipient, sender, at, settings, envelope)


def _live(
    recipient: str,
    sender: str | None,
    at: int | None,
    settings: Settings,
    envelope: Asked | None,
    *,
    kind: str = "live",
) -> Walked:
    path = Path(recipient=domain_of(recipient), sender=domain_of(sender) if sender is not None else None)
    tried = made(envelope, sender, recipient) if envelope is not None else None

    async def walked() -> Walked:
        async with live_network(settings, kind) as live, waits_told(live.waits):
            return await _walk(path, live, at, tried)

    try:
        given = origin.given_by(settings) if kind == "live" else NOTHING
        return replace(asyncio.run(walked()), given=given)
    except SettingsError as error:
        raise click.UsageError(str(error)) from None
    except BadAnchor as error:
        raise unusable_anchor(settings, error) from None


def _replayed(
    file: str, recipient: str | None, sender: str | None, at: int | None, network: dict[str, Any]
) -> Walked:
    from mailpath.network.replay import Replay

    asks = given_network_options({key: value for key, value in network.items() if key not in TRUST_KEYS})
    if asks:
        raise click.UsageError(f"A replay asks nobody: {', '.join(asks)} cannot be used with --replay.")
    here, problems = trusted_here(network)
    for problem in problems:
        stdio.tell(f"mailpath check: {config_file().name}: {problem}")
    try:
        held = load(file)
    except CaptureError as error:
        raise click.UsageError(f"{file}: {error}") from None
    for typed, kept, what in ((recipient, held.path.recipient, "to"), (sender, held.path.sender, "from")):
        if typed is not None and domain_of(typed) != kept:
            raise click.UsageError(f"{file} holds a path {what} {kept or 'any sender'}, not {typed}.")
    try:
        walked = asyncio.run(_walk(held.path, Replay(held), at))
    except BadAnchor as error:
        raise click.UsageError(f"{file}: {error}") from None
    # As of another time less may be asked for: what was fetched in its own time is kept for attacks.
    return replace(walked, capture=held, given=origin.given_by(here), replayed=True)


async def _walk(path: Path, network: Network, at: int | None, envelope: Envelope | None = None) -> Walked:
    recording = Recording(network, envelope)
    elapsed: dict[str, float] = {}
    narrate = narrator()

    def seen(event: Event) -> None:
        if isinstance(event, StepFinished):
            if narrate is not None and event.result.id not in elapsed:
                narrate(event)
            elapsed[event.result.id] = event.elapsed_ms

    began = time.perf_counter()
    found = await walk(path, recording, network.ground.made if at is None else at, seen)
    took = (time.perf_counter() - began) * 1000
    return Walked(found, network.ground, elapsed, took, capture_of(recording, path, found.roots))


def _redacted(walked: Walked) -> Walked:
    """The redacted recording, walked again: a report cannot tell what that does not hold."""
    from mailpath.network.redaction import redacted
    from mailpath.network.replay import Replay

    capture = redacted(walked.capture)
    again = asyncio.run(walk(capture.path, Replay(capture), walked.walk.at))
    return replace(walked, walk=again, capture=capture)


def sending_of(*, requiretls: bool, tls_required_no: bool, policy_age: int | None) -> Sending:
    """What the options say of the message.  Raises `click.UsageError`."""
    if requiretls and tls_required_no:
        raise click.UsageError("A message asks for one of --requiretls and --tls-required-no, not for both.")
    message = Message.TLS_REQUIRED_NO if tls_required_no else Message.ORDINARY
    return Sending(message=Message.REQUIRETLS if requiretls else message, policy_age=policy_age)


def _met(walked: Walked) -> Walk:
    """The walk on which the sender fetched its policy: as of the recording's own time (see `Rewalks.met`)."""
    if walked.walk.at <= walked.ground.made:
        return walked.walk
    from mailpath.whatif import Rewalks

    return asyncio.run(Rewalks(walked.capture, at=walked.walk.at).met())


# --- what comes of it ------------------------------------------------------------------------------


def _kept(capture: Capture, file: str) -> None:
    try:
        dump(capture, file)
    except CaptureError as error:
        raise click.UsageError(f"{file}: {error}") from None


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
        click.echo("No TLS report is written: no session of this delivery belongs in one.", err=True)
        return
    if not walk.sts.tlsrpt_rua:
        domain, lookup = visible(walk.path.recipient), walk.sts.tlsrpt
        known = lookup is not None and lookup.found in (Found.FOUND, Found.ABSENT) and not lookup.broken
        why = f"{domain} asks for no TLS reports" if known else f"where {domain} takes them is not known"
        click.echo(f"{visible(filer)} would file none: {why}.", err=True)
    named = marks(result.provenance)
    if result.provenance.replayed:
        doubt = f"Not evidence: {result.doubt}. " if result.doubt else ""
        click.echo(f"{doubt}The TLS report does not say of its walk: {', '.join(named)}.", err=True)
    data = tlsrpt.encode(report)
    if file == STDIO:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    write_file(file, gzip.compress(data, mtime=0) if file.endswith(".gz") else data)


def _written(result: Result, outputs: Outputs) -> None:
    """The report to its file, or to standard output unless something else went there."""
    if outputs.silent and outputs.report is None:
        if sys.stderr.isatty():
            click.echo(headline(result), err=True)
        return
    write(result, form_of(outputs.form, outputs.report), outputs.report)
