"""A wait that we gave up and the sender would not: unknown, with what may follow; never in a log's words."""

from __future__ import annotations

import itertools

import pytest
from judge_builders import (
    OFFERED,
    OK,
    READY,
    SELF,
    WEB,
    aborts,
    down,
    drops,
    ee,
    greets,
    mute,
    mx,
    path,
    plain,
    policy,
    refuses,
    reply,
    tls,
)
from msgspec.structs import replace

from mailpath.exchanges import Envelope, Failure, Stage, TlsSession
from mailpath.facts import Session
from mailpath.judge import Outcome, judge
from mailpath.judge.message_options import Message, verdict
from mailpath.judge.posture import Fallback, Patience
from mailpath.judge.presets import PRESETS

LIMIT = 30.0


def slow(stage, **said):
    """A server of which we gave up waiting after half a minute."""
    return lambda _sni: {
        **said,
        "failure": Failure.TIMEOUT,
        "failed_at": stage,
        "limit": LIMIT,
        "detail": "Waited 30 s for something.",
    }


HANDSHAKEN = {**READY, "tls": TlsSession(version="TLSv1.3", cipher="X", chain=WEB)}
slow_greeting = slow(Stage.GREETING)
slow_ehlo = slow(Stage.EHLO, greeting=reply("220 hello"))
slow_helo = slow(Stage.EHLO, greeting=reply("220 hello"), ehlo=reply("502 no"))
slow_starttls = slow(Stage.STARTTLS, **OFFERED)
slow_handshake = slow(Stage.HANDSHAKE, **READY)
slow_in_tls = slow(Stage.EHLO_TLS, **HANDSHAKEN)
slow_helo_in_tls = slow(Stage.EHLO_TLS, **HANDSHAKEN, ehlo_tls=reply("502 no"))
slow_noop = slow(Stage.ENVELOPE, **OFFERED, starttls=reply("454 no"))
SLOW = {
    "greeting": slow_greeting,
    "ehlo": slow_ehlo,
    "helo": slow_helo,
    "starttls": slow_starttls,
    "handshake": slow_handshake,
    "in tls": slow_in_tls,
    "helo in tls": slow_helo_in_tls,
    "noop": slow_noop,
}


def outcomes(found):
    return {outcome.value for outcome in (found.outcome, *found.possible)} - {"unknown"}


def judged(walk, name):
    return judge(walk, PRESETS[name])


@pytest.mark.parametrize(
    ("server", "posture", "possible"),
    [
        ("greeting", "postfix-may", "deferred encrypted plaintext"),
        ("greeting", "exim", "deferred encrypted plaintext"),
        ("greeting", "rfc", "deferred encrypted plaintext"),
        ("greeting", "postfix-none", "deferred plaintext"),
        ("greeting", "postfix-encrypt", "deferred encrypted"),
        ("greeting", "postfix-secure", "deferred authenticated"),
        ("ehlo", "postfix-may", "deferred encrypted plaintext"),
        ("ehlo", "postfix-encrypt", "deferred encrypted"),
        ("helo", "postfix-may", "deferred plaintext"),
        ("starttls", "postfix-may", "deferred encrypted"),
        ("starttls", "postfix-encrypt", "deferred encrypted"),
        ("handshake", "postfix-encrypt", "deferred encrypted"),
        ("handshake", "postfix-may", "encrypted plaintext"),  # by its fallback on the retry
        ("handshake", "exim", "encrypted plaintext"),  # at once
        ("handshake", "exim-noclear", "deferred encrypted"),
        ("in tls", "postfix-secure", "deferred authenticated"),
        ("in tls", "postfix-encrypt", "deferred encrypted"),
        ("in tls", "exim", "encrypted plaintext"),
        ("helo in tls", "postfix-encrypt", "deferred encrypted"),
        ("noop", "postfix-may", "deferred plaintext"),
    ],
)
def test_what_may_follow(server, posture, possible):
    found = judged(path(mx("mx1", SLOW[server])), posture)
    assert outcomes(found) == set(possible.split())
    assert (found.outcome is Outcome.UNKNOWN) == (len(outcomes(found)) > 1)


@pytest.mark.parametrize(
    ("server", "awaited", "option"),
    [
        ("greeting", "the greeting", "--greeting-timeout"),
        ("ehlo", "the reply to EHLO", "--reply-timeout"),
        ("helo", "the reply to HELO", "--reply-timeout"),
        ("starttls", "the reply to STARTTLS", "--reply-timeout"),
        ("handshake", "the TLS handshake", "--reply-timeout"),
        ("in tls", "the reply to EHLO inside TLS", "--reply-timeout"),
    ],
)
def test_the_reason_says_how_long_we_waited_for_what_and_what_waits_longer(server, awaited, option):
    found = judged(path(mx("mx1", SLOW[server])), "postfix-may")
    assert found.reason == (
        f"cannot be determined from here: we waited 30 s for {awaited} of mx1.b.example (192.0.2.1), but"
        f" postfix-may waits 300 s ({option} waits longer)"
    )
    assert (found.status_code, found.tls_word, found.host) == (None, None, "mx1.b.example")
    assert "timed out" not in " ".join([found.reason, *(each.reason for each in found.attempts)])


@pytest.mark.parametrize("server", SLOW)
def test_a_sender_as_impatient_as_we_are_is_judged_as_ever(server):
    walk = path(mx("mx1", SLOW[server]))
    sessions = tuple(replace(session, limit=None) for session in walk.starttls.sessions)
    without = replace(walk, starttls=replace(walk.starttls, sessions=sessions))
    hasty = Patience(**dict.fromkeys(Patience.__struct_fields__, 30))
    for name, posture in PRESETS.items():
        ever = judged(without, name)
        assert judged(replace(walk, patience="ours"), name) == ever
        assert judge(walk, replace(posture, patience=hasty)) == ever


@pytest.mark.parametrize(
    ("cut", "might"),
    [
        ("greeting", [plain, tls(WEB), tls(SELF), mute]),
        ("ehlo", [plain, tls(WEB), tls(SELF)]),
        ("starttls", [tls(WEB), tls(SELF), drops]),
        ("handshake", [tls(WEB), tls(SELF), aborts]),
        ("in tls", [tls(WEB)]),
        ("noop", [refuses("454 no")]),
    ],
)
@pytest.mark.parametrize("second", [None, plain, tls(WEB), down])
def test_whatever_turns_out_was_possible(cut, might, second):
    """Where the server answers after all, the outcome is one of those that were announced."""
    others = [] if second is None else [mx("mx2", second, at=20, tlsa=(ee(WEB),))]
    for signed, sts in itertools.product([False, True], [None, policy("mx1.b.example", "mx2.b.example")]):
        records = (ee(WEB),) if signed else ()
        cut_off, *answered = (
            path(mx("mx1", server, tlsa=records), *others, signed=signed, sts=sts)
            for server in (SLOW[cut], *might)
        )
        for name, posture in PRESETS.items():
            patient = replace(posture, patience=Patience())
            found = outcomes(judge(cut_off, patient))
            for walk in answered:
                assert outcomes(judge(walk, patient)) <= found, (name, signed, sts)


def test_where_it_makes_no_difference_the_verdict_stands_and_says_so():
    """HELO has no STARTTLS, so that nothing the server might say gets this mail through."""
    found = judged(path(mx("mx1", slow_helo)), "postfix-encrypt")
    assert (found.outcome, found.status_code) == (Outcome.DEFERRED, None)
    assert found.reason == (
        "whether or not it answers in time: we waited 30 s for the reply to HELO of mx1.b.example"
        " (192.0.2.1), but postfix-encrypt waits 300 s (--reply-timeout waits longer)"
    )


def test_a_second_host_that_decides_either_way():
    """Deferred at the first or encrypted there: the second encrypts too."""
    walk = path(mx("mx1", slow_starttls), mx("mx2", tls(SELF), at=20))
    found = judged(walk, "postfix-encrypt")
    assert found.outcome is Outcome.ENCRYPTED
    assert found.host == "mx2.b.example"
    assert found.attempts[0].outcome is Outcome.UNKNOWN
    assert "we waited 30 s" in found.attempts[0].reason


def test_a_second_host_that_does_worse_than_the_first_may():
    walk = path(mx("mx1", slow_starttls), mx("mx2", plain, at=20))
    found = judged(walk, "postfix-may")
    assert found.outcome is Outcome.UNKNOWN
    assert found.possible == (Outcome.ENCRYPTED, Outcome.PLAINTEXT)
    assert found.host == "mx1.b.example"


def test_a_host_that_is_slow_behind_one_that_takes_the_mail_changes_nothing():
    fast, beside = mx("mx1", tls(WEB)), mx("mx2", slow_greeting, at=20)
    for name in PRESETS:
        assert outcomes(judged(path(fast, beside), name)) == outcomes(judged(path(fast), name))


def test_beside_a_host_of_which_nothing_is_known_nothing_is_excluded():
    walk = path(mx("mx1", slow_greeting), mx("mx2", at=20))
    found = judged(walk, "postfix-encrypt")
    assert (found.outcome, found.possible) == (Outcome.UNKNOWN, ())


def test_what_ended_before_our_limit_is_known():
    walk = path(mx("mx1", mute))
    assert judged(walk, "postfix-may").outcome is Outcome.DEFERRED
    walk = path(mx("mx1", greets("554 no")))
    assert judged(walk, "exim").outcome is Outcome.BOUNCED


def test_some_senders_wait_no_longer_than_we_do():
    walk = path(mx("mx1", slow_greeting))
    assert judged(walk, "mox").outcome is Outcome.DEFERRED  # half a minute a line
    assert judged(walk, "kumomta").outcome is Outcome.UNKNOWN  # a minute


def test_fields_that_are_unknown_besides_are_named_beside_the_wait():
    found = judged(path(mx("mx1", slow_handshake)), "haraka")
    assert found.outcome is Outcome.UNKNOWN
    assert "we waited 30 s for the TLS handshake" in found.reason
    gmail = judged(path(mx("mx1", slow_handshake)), "gmail")
    assert "we waited" in gmail.reason
    assert "are silent about" in gmail.reason
    assert set(gmail.possible) == {Outcome.PLAINTEXT, Outcome.ENCRYPTED, Outcome.DEFERRED}


def test_fallback_on_retry_behind_a_slow_handshake():
    posture = replace(PRESETS["postfix-may"], fallback=Fallback.ON_RETRY)
    walk = path(mx("mx1", slow_handshake), mx("mx2", slow_greeting, at=20))
    found = judge(walk, posture)
    assert set(found.possible) == {Outcome.ENCRYPTED, Outcome.PLAINTEXT, Outcome.DEFERRED}


# --- the envelope ------------------------------------------------------------------------------------


def enveloped(stage_replies, server=None):
    walk = path(mx("mx1", server or tls(WEB)))
    base = next(each for each in walk.starttls.sessions if each.sni)
    cut = {"failure": Failure.TIMEOUT, "failed_at": Stage.ENVELOPE, "limit": LIMIT, "detail": ""}
    tried = replace(base, **cut | stage_replies)
    facts = replace(
        walk.starttls, envelope=Envelope(mail_from="a@a.example", rcpt_to="b@b.example"), enveloped=(tried,)
    )
    return replace(walk, starttls=facts)


@pytest.mark.parametrize(
    ("replies", "awaited"), [({}, "the reply to MAIL FROM"), ({"mail_from": OK}, "the reply to RCPT TO")]
)
def test_a_reply_to_the_envelope_that_we_did_not_wait_for(replies, awaited):
    found = judged(enveloped(replies), "postfix-may")
    assert set(found.possible) == {Outcome.ENCRYPTED, Outcome.DEFERRED, Outcome.BOUNCED}
    assert awaited in found.reason
    assert judged(replace(enveloped(replies), patience="ours"), "postfix-may").outcome is Outcome.DEFERRED


# --- the deadline of the walk --------------------------------------------------------------------------

BOUND = {"limit": 2.5, "bound": "the deadline passed (--deadline allows more)"}


@pytest.mark.parametrize("patience", ["sender", "ours"])
def test_a_wait_that_a_bound_on_the_walk_cut_short_is_nobodys(patience):
    cut = lambda sni: {**slow_ehlo(sni), **BOUND}  # noqa: E731
    found = judged(replace(path(mx("mx1", cut)), patience=patience), "postfix-may")
    assert set(found.possible) == {Outcome.ENCRYPTED, Outcome.PLAINTEXT, Outcome.DEFERRED}
    assert "we waited 2.5 s for the reply to EHLO of mx1.b.example" in found.reason
    assert "until the deadline passed (--deadline allows more)" in found.reason
    assert "waits 300 s" not in found.reason
    found = judged(replace(enveloped(BOUND), patience=patience), "postfix-may")
    assert set(found.possible) == {Outcome.ENCRYPTED, Outcome.DEFERRED, Outcome.BOUNCED}


def test_a_sender_that_would_have_given_up_before_the_deadline_has_given_up():
    hasty = replace(PRESETS["postfix-may"], patience=Patience(ehlo=2))
    cut = lambda sni: {**slow_ehlo(sni), **BOUND}  # noqa: E731
    assert judge(path(mx("mx1", cut)), hasty).outcome is Outcome.DEFERRED


# --- the policy --------------------------------------------------------------------------------------


def slow_policy(limit=5.0):
    return policy(
        "mx1.b.example", status=None, failure=Failure.TIMEOUT, limit=limit, detail="Waited.", body=b"-"
    )


@pytest.mark.parametrize(
    ("server", "name", "possible"),
    [
        (tls(WEB), "rfc", "authenticated encrypted deferred"),
        (tls(SELF), "rfc", "encrypted deferred"),
        (plain, "rfc", "plaintext deferred"),
        (tls(WEB), "postfix-sts", "encrypted"),  # its resolver waits four seconds
        (tls(WEB), "postfix-tlspol", "encrypted"),
        (tls(WEB), "postfix-may", "encrypted"),  # it asks for no policy
        (tls(WEB), "gmail", "encrypted"),  # one met for the first time protects the next mail
        (down, "rfc", "deferred"),
    ],
)
def test_a_policy_that_we_did_not_wait_for(server, name, possible):
    found = judged(path(mx("mx1", server), sts=slow_policy()), name)
    assert outcomes(found) == set(possible.split())


def test_the_reason_names_the_policy_and_the_option():
    found = judged(path(mx("mx1", tls(SELF)), sts=slow_policy()), "rfc")
    assert found.reason == (
        "cannot be determined from here: we waited 5 s for the MTA-STS policy at mta-sts.b.example, but rfc"
        " waits 60 s (--timeout waits longer)"
    )


def test_after_a_whole_minute_no_policy_is_no_policy():
    assert judged(path(mx("mx1", tls(SELF)), sts=slow_policy(60.0)), "rfc").outcome is Outcome.ENCRYPTED


def test_a_sender_that_waits_longer_than_any_option_has_us_wait():
    found = judged(path(mx("mx1", tls(SELF)), sts=slow_policy(60.0)), "stalwart")
    assert found.outcome is Outcome.UNKNOWN
    assert "stalwart waits 300 s (no option waits longer for one)" in found.reason


def test_a_fetch_that_the_server_failed_is_judged_as_ever():
    failed = policy("mx1.b.example", status=None, failure=Failure.RESET, detail="reset", body=b"-")
    assert judged(path(mx("mx1", tls(SELF)), sts=failed), "rfc").outcome is Outcome.ENCRYPTED


def test_dane_decides_whatever_the_policy_says():
    walk = path(mx("mx1", tls(WEB), tlsa=(ee(WEB),)), signed=True, sts=slow_policy())
    assert judged(walk, "rfc").outcome is Outcome.AUTHENTICATED


def test_the_senders_own_policy_holds_while_the_new_one_does_not_come():
    walk = path(mx("mx1", tls(SELF)), sts=slow_policy())
    cached = policy("mx1.b.example")
    held = judged(path(mx("mx1", tls(SELF)), sts=cached), "rfc")
    assert held.outcome is Outcome.DEFERRED
    from mailpath.facts import StsPolicy

    found = judge(walk, PRESETS["rfc"], StsPolicy(mode="enforce", mx=("mx1.b.example",), max_age=86400))
    assert set(found.possible) == {Outcome.DEFERRED, Outcome.ENCRYPTED}


# --- REQUIRETLS ----------------------------------------------------------------------------------------


def test_requiretls_at_a_host_that_we_did_not_wait_for():
    walk = path(mx("mx1", slow_ehlo, tlsa=(ee(WEB),)), signed=True)
    found = verdict(walk, PRESETS["rfc"], message=Message.REQUIRETLS)
    assert found.outcome is Outcome.UNKNOWN
    assert set(found.possible) == {Outcome.AUTHENTICATED, Outcome.DEFERRED, Outcome.BOUNCED}
    assert "we waited 30 s" in found.reason


def test_a_session_knows_no_limit_unless_told():
    assert Session(address="192.0.2.1", port=25, sni=None).limit is None


def test_nor_does_a_lookup_that_failed_behind_it_make_it_sure():
    first = mx("mx1", slow_ehlo, tlsa=(ee(WEB),))
    second = mx("mx2", tls(WEB), tlsa=(ee(WEB),), tlsa_fails="mx2.b.example", at=20)
    found = verdict(path(first, second, signed=True), PRESETS["rfc"], message=Message.REQUIRETLS)
    assert set(found.possible) == {Outcome.AUTHENTICATED, Outcome.DEFERRED, Outcome.BOUNCED}
