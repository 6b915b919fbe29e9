"""A server that hangs up when it hears of the sender or the recipient takes no mail."""

from __future__ import annotations

import pytest
from judge_builders import READY, WRONG, mx, path, plain
from msgspec.structs import replace
from test_judge_patience import HANDSHAKEN, LIMIT, enveloped, slow, slow_starttls

from mailpath.exchanges import Failure, Stage, TlsSession
from mailpath.judge import Outcome, judge
from mailpath.judge.presets import PRESETS, posture
from scripts.explain_cases.walks import ENCRYPTED, HELLO, OFFERED, ended, reply, walk

OK = reply(250, "2.1.0 ok")


@pytest.mark.parametrize(
    ("said", "stage", "outcome", "words"),
    [
        ({}, Stage.ENVELOPE, Outcome.DEFERRED, "while sending MAIL FROM"),
        ({"mail_from": OK}, Stage.ENVELOPE, Outcome.DEFERRED, "while sending RCPT TO"),
        ({"mail_from": OK, "rcpt_to": OK}, Stage.ENVELOPE, Outcome.ENCRYPTED, "connection"),  # at RSET
        ({}, Stage.CONNECT, Outcome.ENCRYPTED, "connection"),  # a second session was not let in
    ],
)
def test_over_tls(said, stage, outcome, words):
    tried = walk(ENCRYPTED, enveloped=ended(stage, {**ENCRYPTED, **said}))
    verdict = judge(tried, posture("postfix-may"))
    assert verdict.outcome is outcome
    assert words in verdict.reason
    assert verdict.status_code == ("4.4.2" if outcome is Outcome.DEFERRED else None)


@pytest.mark.parametrize("name", PRESETS)
def test_in_the_clear_it_is_deferred_whatever_the_posture(name):
    tried = walk(HELLO, enveloped=ended(Stage.ENVELOPE, HELLO))
    assert judge(tried, PRESETS[name]).outcome not in (Outcome.PLAINTEXT, Outcome.ENCRYPTED)


def test_what_happened_over_tls_says_nothing_about_a_session_in_the_clear():
    tried = walk(ENCRYPTED, enveloped=ended(Stage.ENVELOPE, ENCRYPTED))
    assert judge(tried, posture("postfix-none")).outcome is Outcome.PLAINTEXT


def test_a_refused_starttls_that_ends_the_session_never_came_to_mail_from():
    refused = {**OFFERED, "starttls": reply(454, "4.7.0 no TLS")}
    tried = walk(refused, enveloped=ended(Stage.ENVELOPE, refused))
    assert judge(tried, posture("postfix-none")).outcome is Outcome.PLAINTEXT


def test_a_wait_within_a_wait_leaves_open_what_either_does():
    """We gave up on the EHLO inside TLS, and in another session on MAIL FROM."""
    walked = enveloped({})
    (tried,) = walked.starttls.enveloped
    cut = {"failure": Failure.TIMEOUT, "failed_at": Stage.EHLO_TLS, "limit": LIMIT, "ehlo_tls": None}
    sessions = tuple(replace(each, **cut) for each in walked.starttls.sessions)
    both = replace(walked, starttls=replace(walked.starttls, sessions=sessions))
    assert tried.tls is not None
    verdict = judge(both, posture("postfix-encrypt"))
    assert set(verdict.possible) == {Outcome.ENCRYPTED, Outcome.DEFERRED, Outcome.BOUNCED}


def test_where_a_wait_changes_nothing_it_is_not_told():
    """Without STARTTLS it is all the same that nobody waited for the reply to it."""
    slow = judge(path(mx("mx1", slow_starttls)), posture("postfix-none"))
    ever = judge(path(mx("mx1", plain)), posture("postfix-none"))
    assert (slow.outcome, slow.event, slow.reason) == (ever.outcome, ever.event, ever.reason)


def test_what_was_seen_before_we_gave_up_counts():
    """The certificate that was shown, and clear text behind the reply to STARTTLS."""
    shown = {**HANDSHAKEN, "tls": TlsSession(version="TLSv1.3", cipher="X", chain=WRONG)}
    walk = path(mx("mx1", slow(Stage.EHLO_TLS, **shown)))
    assert judge(walk, posture("postfix-secure")).outcome is Outcome.DEFERRED
    walk = path(mx("mx1", slow(Stage.HANDSHAKE, **READY, injected=b"250 stranger\r\n")))
    for name in ("postfix-encrypt", "exim-noclear", "postfix-may", "exim"):
        sender = posture(name)
        verdict = judge(walk, sender)
        encrypts = Outcome.ENCRYPTED in (verdict.outcome, *verdict.possible)
        assert encrypts is not sender.agent.injection_fails, name
