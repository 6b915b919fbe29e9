"""Exit codes: the posture's floor, what the recipient publishes, and which posture decides."""

from __future__ import annotations

import handmade as made
import pytest
from msgspec.structs import replace

from mailpath.ending import ExitCode
from mailpath.facts import Security, StarttlsFacts, TlsaFacts, Walk
from mailpath.judge import Attempt, Event, Outcome, Verdict
from mailpath.judge.presets import posture
from mailpath.report.exit_codes import exit_code, worst
from mailpath.report.result import build

PLAIN = made.walk(tlsa=TlsaFacts(), starttls=StarttlsFacts(sessions=(made.session(),)))
TLS = made.walk(tlsa=TlsaFacts())
DANE = made.walk()
UNUSABLE = made.walk(tlsa=TlsaFacts(hosts=(made.tlsa(made.record(1, 1, 1, bytes(32))),)))
HALF = made.walk(mx=made.mx(lookup=replace(made.mx().lookup, security=Security.INSECURE)))
ENFORCED = made.walk(tlsa=TlsaFacts(), sts=made.policy())
TESTING = made.walk(tlsa=TlsaFacts(), sts=made.policy(mode="testing"))


def verdict(outcome: Outcome, **changes: object) -> Verdict:
    base = Verdict(
        posture="p",
        outcome=outcome,
        reason="because",
        event=Event.SENT_TLS,
        host=made.HOST,
        address=made.ADDRESS,
    )
    return replace(base, **changes)


@pytest.mark.parametrize(
    ("walk", "name", "outcome", "code"),
    [
        (DANE, "rfc", Outcome.AUTHENTICATED, 0),
        (DANE, "may", Outcome.ENCRYPTED, 1),
        (DANE, "none", Outcome.PLAINTEXT, 1),
        (HALF, "dane", Outcome.ENCRYPTED, 0),
        (UNUSABLE, "dane", Outcome.ENCRYPTED, 0),
        (ENFORCED, "rfc", Outcome.AUTHENTICATED, 0),
        (ENFORCED, "may", Outcome.ENCRYPTED, 1),
        (TESTING, "rfc", Outcome.ENCRYPTED, 0),
        (TLS, "may", Outcome.ENCRYPTED, 0),
        (TLS, "none", Outcome.PLAINTEXT, 1),
        (TLS, "secure", Outcome.AUTHENTICATED, 0),
        (PLAIN, "none", Outcome.PLAINTEXT, 0),
        (PLAIN, "may", Outcome.PLAINTEXT, 1),
        (PLAIN, "rfc", Outcome.DEFERRED, 2),
        (PLAIN, "rfc", Outcome.BOUNCED, 2),
        (PLAIN, "rfc", Outcome.UNKNOWN, 3),
    ],
)
def test_exit_code(walk: Walk, name: str, outcome: Outcome, code: int) -> None:
    assert exit_code(walk, posture(name), verdict(outcome)) == code


def test_plaintext_on_a_retry_counts() -> None:
    assert exit_code(PLAIN, posture("none"), verdict(Outcome.PLAINTEXT, after_retry=True)) is ExitCode.BELOW


def test_a_host_that_failed_before_another_took_the_mail_counts() -> None:
    tried = Attempt(
        host=made.HOST,
        address=made.ADDRESS,
        outcome=Outcome.DEFERRED,
        reason="not verified",
        event=Event.TLSA_MISMATCH,
    )
    second = made.mx_host("mx2.b.example", "192.0.2.11", preference=20)
    walk = replace(DANE, mx=made.mx(made.mx_host(), second))
    fallen = verdict(Outcome.ENCRYPTED, host="mx2.b.example", address="192.0.2.11")
    assert exit_code(walk, posture("dane"), fallen) is ExitCode.OK
    assert exit_code(walk, posture("dane"), replace(fallen, attempts=(tried,))) is ExitCode.BELOW


def test_the_worst_decides() -> None:
    assert (
        worst([ExitCode.OK, ExitCode.UNKNOWN, ExitCode.BELOW, ExitCode.UNDELIVERED]) is ExitCode.UNDELIVERED
    )
    assert worst([ExitCode.OK, ExitCode.UNKNOWN, ExitCode.BELOW]) is ExitCode.BELOW
    assert worst([ExitCode.OK, ExitCode.UNKNOWN]) is ExitCode.UNKNOWN
    assert worst([]) is ExitCode.OK


def test_which_posture_decides() -> None:
    names = ("rfc", "postfix-none", "postfix-may", "postfix-secure", "postfix-verify")
    judged = [posture(name) for name in names]
    assert build(PLAIN, judged, {}).posture == "rfc"
    assert build(PLAIN, judged, {}, deciding=names).posture == "postfix-secure"
    assert build(PLAIN, judged, {}, deciding=["postfix-none", "postfix-may"]).posture == "postfix-may"
    # The default posture is not there: all of them count.
    assert build(PLAIN, judged[1:3], {}).posture == "postfix-may"
