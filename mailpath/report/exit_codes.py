"""What the process says to a monitoring system (Nagios plug-in guidelines: 0, 1, 2, 3).

    0  delivered at or above both the posture's floor and what the recipient publishes
    1  delivered below either; plaintext on a later retry counts
    2  deferred or bounced
    3  unknown, or a replay that is not evidence (`report.provenance`)
    64 the command line was wrong (sysexits.h EX_USAGE)

What the recipient publishes: an enforced MTA-STS policy, or usable TLSA records in signed zones for a host
that was tried, ask for an authenticated session; STARTTLS at such a host, or TLSA records that cannot be
used, for an encrypted one.  A host that failed before another took the mail counts.  The floor of a
posture is what it is meant to give: one that requires certificates an authenticated session, any other
that does TLS an encrypted one.
"""

from __future__ import annotations

from collections.abc import Iterable

from mailpath.assess.sessions import hosts_logged, sessions_of
from mailpath.assess.tlsa import dane_applies, dane_set
from mailpath.ending import ExitCode
from mailpath.facts import MxHost, Walk
from mailpath.judge import Outcome, Posture, Verdict
from mailpath.judge.posture import DaneUse, Level

#: The worst of several postures decides, in this order.
WORST_FIRST = (ExitCode.UNDELIVERED, ExitCode.BELOW, ExitCode.UNKNOWN, ExitCode.OK)

_PLAIN, _ENCRYPTED, _AUTHENTICATED = range(3)
_LEVEL = {
    Outcome.PLAINTEXT: _PLAIN,
    Outcome.ENCRYPTED: _ENCRYPTED,
    Outcome.AUTHENTICATED: _AUTHENTICATED,
}


def exit_code(walk: Walk, posture: Posture, verdict: Verdict) -> ExitCode:
    """The exit code of one posture's verdict."""
    if verdict.outcome is Outcome.UNKNOWN:
        return ExitCode.UNKNOWN
    if verdict.outcome in (Outcome.DEFERRED, Outcome.BOUNCED):
        return ExitCode.UNDELIVERED
    if verdict.after_retry and verdict.outcome is Outcome.PLAINTEXT:
        return ExitCode.BELOW
    wanted = max(_floor(posture), _published(walk, verdict))
    return ExitCode.OK if _LEVEL[verdict.outcome] >= wanted else ExitCode.BELOW


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """The one that decides; OK where there is none."""
    return min(codes, key=WORST_FIRST.index, default=ExitCode.OK)


def _floor(posture: Posture) -> int:
    if posture.level in (Level.VERIFY, Level.SECURE) or posture.dane is DaneUse.MANDATORY:
        return _AUTHENTICATED
    return _PLAIN if posture.level is Level.NONE else _ENCRYPTED


def _published(walk: Walk, verdict: Verdict) -> int:
    policy = walk.sts.policy
    if policy is not None and policy.mode == "enforce":
        return _AUTHENTICATED
    tried = {verdict.host, *(attempt.host for attempt in verdict.attempts)}
    return max((_host(walk, host) for host in hosts_logged(walk, tried)), default=_PLAIN)


def _host(walk: Walk, host: MxHost) -> int:
    if dane_applies(walk, host):
        return _AUTHENTICATED
    offers = any(session.offers_starttls for session in sessions_of(walk, host))
    return _ENCRYPTED if offers or dane_set(walk, host) is not None else _PLAIN
