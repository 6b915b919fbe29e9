"""What the log of each server would say, and the attempts a verdict tells."""

from __future__ import annotations

import pytest
from judge_builders import (
    DOMAIN,
    EXPIRED,
    INSECURE,
    PKIX_EE,
    SELF,
    STALE,
    WEB,
    WEB2,
    aborts,
    black_hole,
    closes_in_tls,
    down,
    drops,
    failed,
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

from mailpath.exchanges import Failure
from mailpath.facts import Found, Lookup, MxKind, SenderFacts
from mailpath.judge import Mechanism, Outcome, judge
from mailpath.judge.events import UNSAID, Event
from mailpath.judge.presets import PRESETS
from mailpath.judge.sentences import TABLES, enhanced

PEER = "mx1.b.example[192.0.2.1]"
AT = "H=mx1.b.example [192.0.2.1]:25"
NAME_SERVICE = "Host or domain name not found. Name service error for name="

SENTENCES = [
    ("postfix-may", path(mx("mx1", down)), "4.4.1", f"connect to {PEER}:25: Connection refused"),
    ("postfix-may", path(mx("mx1", black_hole)), "4.4.1", f"connect to {PEER}:25: Connection timed out"),
    (
        "postfix-may",
        path(mx("mx1", address="none", v6=down)),
        "4.4.1",
        "connect to mx1.b.example[2001:db8::1]:25: Connection refused",
    ),
    (
        "postfix-may",
        path(mx("mx1", mute)),
        "4.4.2",
        f"conversation with {PEER} timed out while receiving the initial server greeting",
    ),
    (
        "postfix-may",
        path(mx("mx1", greets("451 4.3.2 later"))),
        "4.3.2",
        f"host {PEER} refused to talk to me: 451 4.3.2 later",
    ),
    (
        "postfix-encrypt",
        path(mx("mx1", plain)),
        "4.7.4",
        f"TLS is required, but was not offered by host {PEER}",
    ),
    (
        "postfix-encrypt",
        path(mx("mx1", refuses("454 4.7.0 no"))),
        "4.7.0",
        f"TLS is required, but host {PEER} refused to start TLS: 454 4.7.0 no",
    ),
    (
        "postfix-encrypt",
        path(mx("mx1", refuses("554 5.7.3 no"))),
        "5.7.3",
        f"TLS is required, but host {PEER} refused to start TLS: 554 5.7.3 no",
    ),
    ("postfix-encrypt", path(mx("mx1", aborts)), "4.7.5", "Cannot start TLS: handshake failure"),
    (
        "postfix-may",
        path(mx("mx1", drops)),
        "4.4.2",
        f"lost connection with {PEER} while receiving the STARTTLS response",
    ),
    (
        "postfix-encrypt",
        path(mx("mx1", closes_in_tls(WEB))),
        "4.4.2",
        f"lost connection with {PEER} while performing the EHLO handshake",
    ),
    ("postfix-verify", path(mx("mx1", tls(SELF))), "4.7.5", "Server certificate not verified"),
    ("postfix-dane-only", path(mx("mx1", tls(SELF))), "4.7.5", "non DNSSEC destination"),
    (
        "postfix-dane-only",
        path(mx("mx1", tls(SELF)), signed=True),
        "4.7.5",
        "no TLSA records found",
    ),
    (
        "postfix-dane-only",
        path(mx("mx1", tls(SELF), tlsa=(PKIX_EE,)), signed=True),
        "4.7.5",
        "TLSA records unusable",
    ),
    (
        "postfix-dane",
        path(mx("mx1", tls(SELF), tlsa_fails=True), signed=True),
        "4.7.5",
        "TLSA lookup error for mx1.b.example:25",
    ),
    (
        "postfix-may",
        path(kind=MxKind.FAILED, mx_lookup=failed(DOMAIN, "MX")),
        "4.4.3",
        f"{NAME_SERVICE}b.example type=MX: Host not found, try again",
    ),
    (
        "postfix-may",
        path(mx("mx1", address="none")),
        "5.4.4",
        f"{NAME_SERVICE}mx1.b.example type=AAAA: Host found but no data record of requested type",
    ),
    (
        "postfix-may",
        path(mx("mx1", address="fails")),
        "4.4.3",
        f"{NAME_SERVICE}mx1.b.example type=A: Host not found, try again",
    ),
    ("postfix-may", path(kind=MxKind.NULL), "5.1.0", "Domain b.example does not accept mail (nullMX)"),
    ("exim-opportunistic", path(mx("mx1", down)), "4.0.0", f"{AT}: Connection refused"),
    (
        "exim-opportunistic",
        path(mx("mx1", mute)),
        "4.0.0",
        f"{AT}: SMTP timeout after initial connection",
    ),
    (
        "exim-opportunistic",
        path(mx("mx1", greets("554 no"))),
        "5.0.0",
        f"{AT}: SMTP error from remote mail server after initial connection: 554 no",
    ),
    (
        "exim-require-tls",
        path(mx("mx1", plain)),
        "4.0.0",
        f"{AT}: a TLS session is required, but the server did not offer TLS support",
    ),
    (
        "exim-noclear",
        path(mx("mx1", refuses("454 4.7.0 no"))),
        "4.0.0",
        f"{AT}: SMTP error from remote mail server after STARTTLS: 454 4.7.0 no",
    ),
    (
        "exim-require-dane",
        path(mx("mx1", tls(SELF))),
        "5.0.0",
        "DANE error: mx1.b.example lookup not DNSSEC",
    ),
    ("exim-require-dane", path(mx("mx1", tls(SELF)), signed=True), "5.0.0", "DANE error: tlsa lookup FAIL"),
    (
        "exim",
        path(mx("mx1", address="missing")),
        "5.0.0",
        "all relevant MX records point to non-existent hosts",
    ),
    (
        "postfix-3.10-sts",
        path(mx("mx1", tls(WEB)), sts=policy("mx9.b.example")),
        "4.3.0",
        "server unavailable or unable to receive mail",
    ),
]


@pytest.mark.parametrize(("name", "walk", "code", "sentence"), SENTENCES)
def test_the_sentence_and_the_code(name, walk, code, sentence):
    verdict = judge(walk, PRESETS[name])
    assert (verdict.status_code, verdict.reason) == (code, sentence)
    assert verdict.outcome in (Outcome.DEFERRED, Outcome.BOUNCED)


def test_every_family_has_a_sentence_for_every_event():
    for table in TABLES.values():
        assert set(table) == set(Event) - set(UNSAID)


@pytest.mark.parametrize(
    ("line", "code"),
    [("554 5.7.1 no", "5.7.1"), ("554 no", "5.0.0"), ("421 4.7.0", "4.7.0"), ("450 5.x", "4.0.0")],
)
def test_the_enhanced_code_of_a_reply(line, code):
    assert enhanced(reply(line)) == code


def test_a_hostile_reply_is_shown_as_visible_text():
    verdict = judge(path(mx("mx1", greets("554 \x1b]52;c;x\x07"))), PRESETS["postfix-may"])
    assert "\x1b" not in verdict.reason
    assert "\x07" not in verdict.reason


def test_one_attempt_per_host_in_the_order_tried():
    walk = path(
        mx("mx1", address="missing"),
        mx("mx2", down, at=20, v6=down),
        mx("mx3", tls(EXPIRED), at=30),
        mx("mx4", tls(WEB2), at=40),
        mx("mx5", tls(WEB), at=50),
    )
    verdict = judge(walk, PRESETS["postfix-secure"])
    assert [(each.host.partition(".")[0], each.outcome.value) for each in verdict.attempts] == [
        ("mx1", "bounced"),
        ("mx2", "deferred"),
        ("mx3", "deferred"),
        ("mx4", "authenticated"),
    ]
    assert verdict.attempts[1].address == "192.0.2.2"
    assert verdict.attempts[2].why == "certificate has expired"
    assert (verdict.host, verdict.address, verdict.mechanism) == (
        "mx4.b.example",
        "192.0.2.4",
        Mechanism.PKIX,
    )


def test_the_last_failure_is_the_one_reported():
    verdict = judge(path(mx("mx1", tls(SELF)), mx("mx2", down, at=20)), PRESETS["postfix-verify"])
    assert verdict.status_code == "4.4.1"
    assert [each.status_code for each in verdict.attempts] == ["4.7.5", "4.4.1"]


def test_a_retry_is_told_after_the_first_attempt():
    verdict = judge(path(mx("mx1", aborts), mx("mx2", down, at=20)), PRESETS["postfix-may"])
    assert [(each.host, each.outcome) for each in verdict.attempts] == [
        ("mx1.b.example", Outcome.DEFERRED),
        ("mx2.b.example", Outcome.DEFERRED),
        ("mx1.b.example", Outcome.PLAINTEXT),
    ]
    assert verdict.after_retry


def test_replies_to_the_envelope_count_where_they_were_seen():
    def greylists(sni):
        return {**tls(WEB)(sni), "mail_from": reply("250 ok"), "rcpt_to": reply("451 4.7.1 later")}

    def no_user(sni):
        return {**tls(WEB)(sni), "mail_from": reply("250 ok"), "rcpt_to": reply("550 5.1.1 no")}

    good = mx("mx2", tls(WEB2), at=20)
    assert judge(path(mx("mx1", greylists), good), PRESETS["postfix-may"]).host == "mx2.b.example"
    bounced = judge(path(mx("mx1", no_user), good), PRESETS["postfix-may"])
    assert (bounced.outcome, bounced.status_code) == (Outcome.BOUNCED, "5.1.1")
    # Two sessions that got that far are all that Postfix holds in one attempt.
    three = path(mx("mx1", greylists), mx("mx2", greylists, at=20), mx("mx3", tls(WEB), at=30))
    assert judge(three, PRESETS["postfix-may"]).outcome is Outcome.DEFERRED


def test_what_cannot_be_told_from_here_is_unknown():
    def blocked(_sni):
        return {"failure": Failure.BLOCKED, "failed_at": "connect"}

    def special(_sni):
        return {"not_tried": "special-use address: private"}

    for server in (blocked, special):
        verdict = judge(path(mx("mx1", server)), PRESETS["postfix-dane"])
        assert verdict.outcome is Outcome.UNKNOWN
        assert verdict.reason.startswith("cannot be determined from here: ")
    sender = SenderFacts(port25=Found.BLOCKED, port25_reason="port 25 is blocked here")
    timed_out = judge(path(mx("mx1", black_hole), sender=sender), PRESETS["postfix-may"])
    assert timed_out.outcome is Outcome.UNKNOWN
    assert "port 25 is blocked here" in timed_out.reason
    untried = Lookup(name=DOMAIN, rdtype="MX", found=Found.NOT_TRIED, canonical=DOMAIN)
    nothing = judge(path(kind=MxKind.FAILED, mx_lookup=untried), PRESETS["rfc"])
    assert nothing.outcome is Outcome.UNKNOWN


def test_a_policy_state_is_told_where_a_policy_was_found():
    walk = path(mx("mx1", tls(WEB)), sts=policy("mx1.b.example"))
    assert judge(walk, PRESETS["rfc"]).policy_state == "first-contact"
    assert judge(walk, PRESETS["postfix-may"]).policy_state is None
    assert judge(path(mx("mx1", tls(WEB))), PRESETS["rfc"]).policy_state is None


@pytest.mark.parametrize(
    ("name", "walk", "mechanism"),
    [
        ("postfix-dane", path(mx("mx1", plain), signed=True), Mechanism.NONE),
        ("postfix-verify", path(mx("mx1", tls(WEB))), Mechanism.PKIX),
        ("postfix-sts", path(mx("mx1", tls(WEB)), sts=policy("mx1.b.example")), Mechanism.MTA_STS),
        ("postfix-dane", path(mx("mx1", tls(SELF), tlsa=(STALE,)), signed=True), Mechanism.NONE),
        ("postfix-dane", path(mx("mx1", tls(SELF), tlsa=(PKIX_EE,)), mx_security=INSECURE), Mechanism.NONE),
    ],
)
def test_the_mechanism(name, walk, mechanism):
    assert judge(walk, PRESETS[name]).mechanism is mechanism
