"""The report as one line for a monitoring system (Monitoring Plugins guidelines, "Plugin Output").

STATE - what happens to the mail (when, from where, through which resolver, version) | performance data

The state word goes with the exit code.  Performance data are 'label'=value[unit];[warn];[crit];[min];[max];
what is not known is left out.  A bar would end the text, so a stranger's becomes a slash.
"""

from __future__ import annotations

from collections.abc import Iterator

from mailpath.assess.faults import bounds_reached
from mailpath.ending import ExitCode
from mailpath.findings import Severity
from mailpath.judge import Event
from mailpath.report.attacks import attack_rows, attack_sentences
from mailpath.report.contents import asked, not_tried
from mailpath.report.headline import headline
from mailpath.report.result import Result
from mailpath.visible import visible
from mailpath.whatif.clock import timeline
from mailpath.wording.times import to_the_second

STATES = {
    ExitCode.OK: "OK",
    ExitCode.BELOW: "WARNING",
    ExitCode.UNDELIVERED: "CRITICAL",
    ExitCode.UNKNOWN: "UNKNOWN",
}


def render(result: Result) -> str:
    """One line with its newline."""
    cut = "".join(f"; walk cut short: {visible(bound)}" for bound in _bounds_untold(result))
    also = "".join(f"; {remark}" for remark in _remarks(result))
    text = f"{headline(result)}{cut}{also} ({_circumstances(result)})".replace("|", "/")
    return f"MAILPATH {STATES[result.status]} - {text} | {' '.join(_performance(result))}\n"


def _bounds_untold(result: Result) -> Iterator[str]:
    """The bounds that cut the walk short, but for that on which the verdict hangs: the headline tells it."""
    verdict, sessions = result.verdict, result.walk.starttls.sessions
    told = [verdict.why]
    if verdict.event in (Event.NOT_TRIED, Event.NOT_AWAITED):
        told += [each.bound or each.not_tried for each in sessions if each.address == verdict.address]
    return (bound for bound in bounds_reached(result.walk) if bound not in told)


def _remarks(result: Result) -> Iterator[str]:
    """What `--fail-on` found, what the message asks for, and what the attacks that were tried make of it."""
    yield from (f"fails on {condition}" for condition in result.held)
    yield from (f"{label.lower()} {text}" for label, text in asked(result))
    own = f"{result.posture}: "
    yield from (sentence.rstrip(".") for sentence in attack_sentences(result) if sentence.startswith(own))


def _circumstances(result: Result) -> str:
    walk = result.walk
    claimed = "the capture says " if result.provenance.replayed else ""
    ehlo = visible(walk.sender.ehlo) or "this machine"
    judged = f", judged as of {to_the_second(result.at)}" if result.at != result.made else ""
    return (
        f"{claimed}{to_the_second(result.made)}{judged}, from {ehlo}, resolver {visible(walk.resolver)}, "
        f"mailpath {result.mailpath}"
    )


def _performance(result: Result) -> Iterator[str]:
    """How long it took, what there is, what was found, what was not tried, and what ends when.

    Seconds until something ends fall below zero once it has ended.
    """
    if result.took is not None:
        yield f"time={result.took / 1000:.3f}s;;;0"
    walk = result.walk
    found = [each.severity for each in result.findings]
    yield f"hosts={len(walk.mx.hosts)};;;0"
    yield f"errors={found.count(Severity.ERROR)};;;0"
    yield f"warnings={found.count(Severity.WARNING)};;;0"
    yield f"not_tried={len(not_tried(result))};;;0"
    if result.posture in result.attacks:
        yield f"attacks_read={[row.read for row in attack_rows(result)].count('yes')};;;0"
    ends: dict[str, int] = {}
    for each in timeline(walk, result.made):
        ends.setdefault(each.what, each.at)
    for label, what in (("certificate_ends", "certificate"), ("signatures_end", "signatures")):
        if what in ends and not result.withheld(result.posture):
            yield f"{label}={ends[what] - result.at}s"
