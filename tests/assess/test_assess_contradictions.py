"""What a panel's line, the findings and the verdict once said of one walk, each something else."""

from __future__ import annotations

import pytest
from judge_builders import (
    SELF,
    WEB,
    closes_in_tls,
    ee,
    helo_in_tls,
    helo_only,
    mx,
    path,
    reply,
    says_hello,
    tls,
)

from mailpath.ending import ExitCode
from mailpath.facts import Status, Walk
from mailpath.findings import Severity, find
from mailpath.judge import Outcome, judge
from mailpath.judge.presets import PRESETS
from mailpath.report.exit_codes import exit_code
from mailpath.report.panels import details
from mailpath.steps.registry import result

RFC, MAY = PRESETS["rfc"], PRESETS["postfix-may"]


def line(walk: Walk) -> tuple[Status, str]:
    told = result("starttls", walk)
    return told.status, told.word


def codes(walk: Walk, severity: Severity = Severity.ERROR) -> set[str]:
    return {each.code for each in find(walk) if each.severity is severity}


def shown(walk: Walk) -> str:
    return " ".join(each.text for each in details(walk, "starttls"))


@pytest.mark.parametrize(
    "server",
    [tls(WEB, reply_in_tls=reply("220 hello")), helo_in_tls(WEB)],
    ids=["220 to EHLO", "HELO instead"],
)
def test_any_2yz_inside_tls_opens_the_session(server: object) -> None:
    walk = path(mx("mx1", server))
    assert line(walk) == (Status.PASS, "TLS 1.3")
    assert "TLS018" not in codes(walk)
    assert "breaks" not in shown(walk)
    for posture in (RFC, MAY):
        verdict = judge(walk, posture)
        assert verdict.outcome is Outcome.ENCRYPTED
        assert exit_code(walk, posture, verdict) is ExitCode.OK


@pytest.mark.parametrize(
    ("server", "word", "code"),
    [
        (says_hello("251 hello"), "NOT OFFERED", "TLS002"),
        (says_hello("354 what"), "NO EHLO", "TLS017"),
        (helo_only, "NO EHLO", "TLS017"),
    ],
    ids=["251", "354, then HELO", "502, then HELO"],
)
def test_an_open_session_without_starttls_is_in_the_clear(server: object, word: str, code: str) -> None:
    walk = path(mx("mx1", server))
    assert line(walk) == (Status.WEAK, word)
    assert code in codes(walk) | codes(walk, Severity.WARNING)
    assert not codes(walk) & {"TLS016", "TLS018", "TLS019"}
    assert "HELO gets no further" not in shown(walk)
    assert judge(walk, RFC).outcome is Outcome.PLAINTEXT


def test_what_is_no_reply_is_no_success() -> None:
    """1yz and 3yz to EHLO and to HELO: the session is no use to anybody."""
    walk = path(mx("mx1", lambda _sni: {**helo_only(None), "ehlo": reply("354 a"), "helo": reply("354 b")}))
    assert line(walk) == (Status.FAIL, "EHLO 354")
    assert "TLS017" in codes(walk)
    assert judge(walk, RFC).outcome is Outcome.BOUNCED


def test_a_failed_look_up_stops_the_search_for_tlsa() -> None:
    """At the CNAME's target it fails, at the alias there is a set that matches: senders use neither."""
    host = mx(
        "mx1",
        tls(SELF),
        alias="real.b.example",
        tlsa=(ee(SELF),),
        tlsa_at="mx1.b.example",
        tlsa_fails="real.b.example",
    )
    walk = path(host, signed=True)
    assert result("tlsa", walk).word == "LOOKUP FAILS"
    assert line(walk) == (Status.ERROR, "UNKNOWN")
    assert "DANE matches" not in result("starttls", walk).summary + shown(walk)
    assert "TLSA005" in codes(walk)
    assert judge(walk, RFC).outcome is Outcome.DEFERRED


def test_under_dane_an_old_version_is_no_weak_spot_but_no_delivery() -> None:
    walk = path(mx("mx1", tls(SELF, version="TLSv1"), tlsa=(ee(SELF),)), signed=True)
    assert line(walk) == (Status.FAIL, "TLS 1.0")
    assert judge(walk, RFC).outcome is Outcome.DEFERRED


def test_a_session_without_a_reply_inside_tls_is_lost() -> None:
    walk = path(mx("mx1", closes_in_tls(WEB)))
    assert line(walk) == (Status.FAIL, "TLS BREAKS")
    assert "TLS018" in codes(walk)
    verdict = judge(walk, RFC)
    assert (verdict.outcome, verdict.after_retry) == (Outcome.PLAINTEXT, True)
