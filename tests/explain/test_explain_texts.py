"""`explain`: every code, every sentence of the judge, the wordings of others, and whatever else is typed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailpath.findings import CATALOGUE
from mailpath.judge.events import NOT_VERIFIED, UNSAID, Event
from mailpath.judge.habits import Family
from mailpath.judge.presets import PRESETS
from mailpath.judge.rules import catalogue
from mailpath.judge.sentences import TABLES, Scene, say
from mailpath.tickets.bounce import read_bounce
from mailpath.tickets.explain import Kind, explain, patterns, render_text, to_dict, wordings
from mailpath.tickets.explain.codes import code_in, details
from mailpath.tickets.explain.means import EVENTS, NAMED
from mailpath.tickets.explain.tlsrpt_types import RESULT_TYPES
from mailpath.tickets.reach import CASES
from scripts import reaches

SCENE = Scene(
    domain="b.example",
    host="mx.b.example",
    address="192.0.2.10",
    reply="454 4.7.0 not now",
    why="Connection refused",
    rrtype="AAAA",
    last="no",
    word="Untrusted",
    version="TLSv1.3",
    cipher="TLS_AES_256_GCM_SHA384",
    bits=256,
)
#: Every sentence but those that only say what another one says.
TOLD = [(family, event) for family in Family for event in EVENTS if TABLES[family][event].text != "{last}"]


def test_every_code_of_the_catalogue():
    for code in CATALOGUE:
        found = explain(code.lower())
        assert found.kind is Kind.FINDING
        assert CATALOGUE[code].meaning in found.means
        assert found.fix == CATALOGUE[code].fix
        assert found.source == CATALOGUE[code].rfc
        assert all(code in cause.findings for cause in found.causes)


def test_every_sentence_of_the_judge_is_recognised():
    for family, event in TOLD:
        matches = patterns.recognise(say(family, event, SCENE))
        assert (family, event) in {(match.family, match.event) for match in matches}


def test_every_event_has_words_and_a_case():
    for event in set(Event) - set(UNSAID):
        assert event in EVENTS
        assert any(event in case.events for case in CASES.values())


def test_every_case_shows_what_it_is_there_for():
    for case in CASES.values():
        shown = {each.event for each in case.reaches}
        assert shown == set(case.events) or (shown and shown <= set(NOT_VERIFIED) == set(case.events))
        assert set(case.findings) <= set(CATALOGUE)


@pytest.mark.parametrize("name", sorted(RESULT_TYPES))
def test_result_types_of_tls_reports(name):
    found = explain(name)
    assert found.kind is Kind.REPORT
    assert found.causes
    assert found.postures
    assert set(RESULT_TYPES[name].findings) <= set(CATALOGUE)
    assert set(RESULT_TYPES[name].cases) <= set(CASES)


def test_every_registered_code_has_its_own_sentence():
    """As many as the IANA registry has of each subject: RFC 3463 and all that came later."""
    registered = {1: 10, 2: 4, 3: 6, 4: 7, 5: 6, 6: 10, 7: 30}
    assert {f"{subject}.{at}" for subject, most in registered.items() for at in range(1, most + 1)} <= set(
        details()
    )
    assert "SPF and DKIM" in explain("550 5.7.26 refused").means[0]


def test_status_codes():
    for detail in details():
        found = explain(f"5.{detail}")
        assert found.kind is Kind.STATUS
        assert found.status_code == f"5.{detail}"
        assert found.means


POSTURES = {
    # text -> some that produce it, some that do not
    "4.7.5 Server certificate not verified": (
        {"postfix-dane", "postfix-dane-only", "postfix-verify", "postfix-secure", "postfix-sts"},
        {"postfix-none", "postfix-may", "postfix-encrypt", "exim", "rfc"},
    ),
    "non DNSSEC destination": ({"postfix-dane-only"}, {"postfix-dane", "postfix-dane-policy"}),
    "TLSA records unusable": ({"postfix-dane-only"}, {"postfix-dane"}),
    "TLS is required, but was not offered by host mx.b.example[192.0.2.1]": (
        {"postfix-encrypt", "postfix-dane", "postfix-sts"},
        {"postfix-may", "exim-require-tls"},
    ),
    "a TLS session is required, but the server did not offer TLS support": (
        {"exim-require-tls", "exim-verify", "exim"},
        {"exim-opportunistic", "postfix-encrypt"},
    ),
    "4.7.4": ({"postfix-encrypt", "rfc", "maddy"}, {"postfix-may", "exim-require-tls"}),
    "DANE error: tlsa lookup DEFER": ({"exim", "exim-require-dane"}, {"exim-verify"}),
    "STS013": ({"rfc", "postfix-tlspol"}, {"postfix-sts", "postfix-dane"}),
    "450 4.7.323 tlsa-invalid: The domain failed DANE validation": ({"exchange-online"}, {"postfix-dane"}),
    "Untrusted TLS connection established to mx.b.example[192.0.2.1]:25: TLSv1.3 with cipher X (1/1 bits)": (
        {"postfix-may", "postfix-encrypt"},
        {"postfix-none", "postfix-verify", "exim"},
    ),
    "Verified TLS connection established to mx.b.example[192.0.2.1]:25: TLSv1.3 with cipher X (1/1 bits)": (
        {"postfix-dane", "postfix-verify"},
        {"postfix-none", "postfix-may", "postfix-encrypt"},
    ),
    "Trusted TLS connection established to mx.b.example[192.0.2.1]:25: TLSv1.3 with cipher X (1/1 bits)": (
        {"postfix-may", "postfix-encrypt", "postfix-dane"},
        {"postfix-none", "postfix-verify", "postfix-dane-only"},
    ),
    "Anonymous TLS connection established to mx.b.example[192.0.2.1]:25: TLSv1.3 with cipher X (1/1 bits)": (
        {"postfix-may", "postfix-encrypt"},
        {"postfix-none", "postfix-verify", "postfix-dane-only"},
    ),
    'H=mx.b.example DS [192.0.2.1]:25 X=TLS1.3:X:256 CV=dane DN="CN=mx.b.example" C="250 queued"': (
        {"exim", "exim-require-dane"},
        {"exim-none", "exim-opportunistic", "exim-verify"},
    ),
    'H=mx.b.example [192.0.2.1]:25 C="250 queued"': ({"exim", "exim-none"}, {"exim-require-tls"}),
    "H=mx.b.example [192.0.2.1]:25: TLS session: error on first read": ({"exim-verify"}, {"exim-none"}),
    **{
        f"Host or domain name not found. Name service error for name=b.example type={rrtype}: {why}": (
            {"postfix-none", "postfix-dane"},
            {"exim", "rfc"},
        )
        for rrtype in ("A", "AAAA", "MX")
        for why in (
            "Host not found",
            "Host not found, try again",
            "Host found but no data record of requested type",
            "Malformed or unexpected name server reply",
        )
    },
}


@pytest.mark.parametrize("text", POSTURES)
def test_postures_that_produce_it(text):
    some, none = POSTURES[text]
    postures = set(explain(text).postures)
    assert postures >= some
    assert not postures & none


def test_a_whole_line_tells_the_delivery():
    line = (
        "Nov 23 12:00:00 mail postfix/smtp[42]: 4F2A91C0D7: to=<bob@b.example>,"
        " relay=mx.b.example[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=4.7.5,"
        " status=deferred (Server certificate not verified)"
    )
    found = explain(line)
    assert (found.recipient, found.host, found.address) == ("bob@b.example", "mx.b.example", "192.0.2.1")
    assert (found.status_code, found.sentence) == ("4.7.5", "Server certificate not verified")
    assert found.postures == explain("Server certificate not verified").postures


@pytest.mark.parametrize(
    ("text", "family", "side"),
    [
        ("5.7.26", "authentication", "sender-admin"),
        ("550 5.7.1 Message rejected due to SPF policy", "authentication", "sender-admin"),
        ("mailbox full", "mailbox-full", "recipient-user"),
        ("550 5.1.8 Access denied, bad outbound sender AS(42003)", "spam", "sender-admin"),
        (
            "LED=450 4.4.317 Cannot connect to remote server [Message=451 5.7.3 STARTTLS is required to send"
            " mail] [LastAttemptedServerName=mx1.b.example]",
            "tls",
            "recipient-admin",
        ),
        (
            "Nov 28 10:12:33 mx postfix/smtpd[44]: NOQUEUE: reject: RCPT from unknown[192.0.2.77]: 450 4.7.25"
            " Client host rejected: cannot find your hostname, [192.0.2.77]; from=<x@c.example>",
            "reverse-dns",
            "sender-admin",
        ),
        ("550 #5.1.0 Address rejected.", "no-such-user", "sender-user"),
        ("554 IP=192.0.2.1 - A problem occurred. (Ask your postmaster)", "reputation", "sender-admin"),
        (
            "Nov 28 10:12:33 mx postfix/smtp[2]: 4Rk3xyz: to=<u@b.example>, relay=mx.b.example[192.0.2.10]:25"
            ", dsn=4.7.1, status=deferred (host mx.b.example[192.0.2.10] said: 451 4.7.1 Greylisted, return)",
            "greylisting",
            "nobody",
        ),
        ("Trusted TLS connection established to mx.b.example[192.0.2.10]:25: TLSv1.3", None, None),
        ("2.0.0", None, None),
        ("what is DANE", None, None),
    ],
)
def test_a_refusal_has_its_family(text, family, side):
    found = explain(text)
    assert (found.family, found.side) == (family, side)
    shown = render_text(found)
    assert ("Whose move" in shown) is (family is not None)
    assert shown.count(found.means[0][:30] if found.means else "Family") == 1  # no cause says it again


@pytest.mark.parametrize(
    "text", ["", "hello", "TLSA999", "192.0.2.1", "version 3.7.11", "550 tea and cake", "1.2.3.4"]
)
def test_what_is_not_known_is_said_to_be_unknown(text):
    found = explain(text)
    assert found.kind is Kind.UNKNOWN
    assert not found.recognised
    assert not found.postures
    assert "is known" in found.means[0]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("550 5.1.1 no", "5.1.1"),
        ("dsn=4.7.5, status", "4.7.5"),
        ("#5.1.10 at the end.", "5.1.10"),
        ("192.4.7.5", None),
        ("4.7.5.1", None),
        ("Exim 4.96.2", None),
        ("9.1.1", None),
    ],
)
def test_codes_and_what_looks_like_them(text, code):
    assert code_in(text) == code


def test_wordings_speak_of_known_things():
    for wording in wordings.wordings():
        assert set(wording.findings) <= set(CATALOGUE)
        assert set(wording.events) <= set(NAMED)


def test_foreign_text_is_made_visible():
    found = explain("connect to \x1b]52;c;x\x07mx.b.example[192.0.2.1]:25: Connection refused\u202e")
    assert "\x1b" not in render_text(found)
    assert "\u202e" not in render_text(found)


@settings(deadline=None, max_examples=150)
@given(st.text(max_size=400) | st.sampled_from(sorted(POSTURES)).flatmap(lambda text: st.just(text * 30)))
def test_any_text_has_an_explanation(text):
    found = explain(text)
    assert set(found.postures) <= set(PRESETS)
    assert to_dict(found)["kind"] in {kind.value for kind in Kind}
    assert all(len(line) <= 80 for line in render_text(found).splitlines() if line.isascii())


LOGGED = json.loads((Path(__file__).parent / "logged.json").read_text())


def test_who_was_seen_to_log_it_is_among_the_postures():
    """What Postfix 3.7.11 and Exim 4.96 logged for mail to broken domains, by the postures they had."""
    for sentence in LOGGED:
        found = explain(sentence)
        assert found.recognised
        assert found.causes
        refused = any(words in sentence for words in ("MAIL FROM", "RCPT TO"))
        assert refused or set(found.postures) >= set(LOGGED[sentence])


_CONNECT = "450 4.4.317 Cannot connect to remote server"


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        (f"{_CONNECT} [Message=451 5.7.3 STARTTLS is required to send mail]", "TLS002"),
        (f"{_CONNECT} [Message=451 5.7.3 STARTTLS is required to send mail", "TLS002"),
        (f"5{_CONNECT[1:]} [Message=UntrustedRoot]", "TLS008"),
        ("550 5.4.317 Message expired, cannot connect to remote server(451 4.7.5 SubjectMismatch)", "TLS010"),
        ("450 4.7.320 Certificate validation failed [Message=SubjectMismatch]", "TLS010"),
        ("{MSG=450 4.7.323 tlsa-invalid: The domain failed DANE validation};{FQDN=mx.b.example}", "TLSA002"),
        (f"{_CONNECT} [Message=SocketTimedout]", "TLS001"),
        ("450 4.7.320 Certificate validation failed", "TLS012"),
    ],
)
def test_what_exchange_online_says_in_brackets_counts_more_than_its_code(text, finding):
    found = explain(text)
    assert finding in {code for cause in found.causes for code in cause.findings}
    assert ("TLS001" in {code for cause in found.causes for code in cause.findings}) is (finding == "TLS001")
    assert "could not connect" not in " ".join(found.means) or finding == "TLS001"


BLAMED = {
    # cause -> a sentence, postures that look at what it is about, postures that do not
    "The certificate matches no TLSA record": (
        "Server certificate not verified",
        {"postfix-dane", "postfix-dane-only"},
        {"postfix-verify", "postfix-secure", "postfix-sts"},
    ),
    "The MTA-STS policy requires a trusted": (
        "4.7.5",
        {"postfix-sts", "rfc"},
        {"postfix-verify", "postfix-dane", "exim-verify"},
    ),
    "The mail host has TLSA records but does not": (
        "TLS002",
        {"postfix-dane", "exim"},
        {"postfix-encrypt", "postfix-secure", "exim-verify"},
    ),
}


@pytest.mark.parametrize("cause", BLAMED)
def test_a_cause_names_only_postures_that_look_at_it(cause):
    text, some, none = BLAMED[cause]
    named = next(set(each.postures) for each in explain(text).causes if each.text.startswith(cause))
    assert named >= some
    assert not named & none


def test_the_class_of_the_code_decides_whether_the_mail_waits():
    for event in EVENTS:
        said = say(Family.POSTFIX, event, SCENE)
        for code, other in (("5.4.4", r"waits|keeps|tries again"), ("4.4.4", r"returned|gives up")):
            for text in (f"{code} {said}", f"550 {code} {said}"):
                assert not re.search(other, " ".join(explain(text).means)), explain(text).means
    assert "waits" in " ".join(explain("TLSA lookup error for mx.b.example:25").means)


def test_a_loop_is_known():
    found = explain("5.4.6 mail for b.example loops back to myself")
    assert "sending server itself" in found.means[0]
    assert {"postfix-may", "postfix-dane"} <= set(found.postures)


@pytest.mark.parametrize(
    ("text", "means", "postures"),
    [
        ("550 5.7.1 TLS required", "accepts mail only over TLS", {"postfix-none", "exim-none"}),
        ("554 5.7.0 STARTTLS is required to send mail", "accepts mail only over TLS", {"postfix-may"}),
        ("4.7.5 Server certificate not trusted", "nothing vouches for", {"postfix-secure", "postfix-dane"}),
        (
            "1vNx2k-0000000Abc-1aBc H=mx.b.example [192.0.2.1] TLS error on connection "
            "(certificate verification failed): certificate invalid",
            "certificate does not verify",
            {"exim-verify"},
        ),
        (
            "sm-mta[9]: STARTTLS=client, relay=mx.b.example., version=TLSv1.3, verify=FAIL",
            "is not verified",
            set(),
        ),
    ],
)
def test_what_servers_say_beside_the_delivery(text, means, postures):
    found = explain(text)
    assert means in " ".join(found.means)
    assert set(found.postures) >= postures
    assert bool(found.postures) is bool(postures)


def test_the_table_of_reaches_is_what_the_judge_says():
    assert reaches.FILE.read_bytes() == reaches.table(), "run python scripts/reaches.py"


def test_every_event_of_a_report_is_explained():
    for event in Event:
        found = explain(event.value)
        if event.value not in RESULT_TYPES:
            assert (found.kind, found.subject) == (Kind.EVENT, event.value)
        assert found.means


def test_every_rule_of_a_report_is_explained():
    for name in catalogue():
        found = explain(name)
        assert (found.kind, found.subject) == (Kind.RULE, name)
        assert explain(name.replace("-", "_")) == found
        assert set(found.postures) == {each for names in catalogue()[name].others.values() for each in names}
        assert not [word for word in ("PF", "EX") if word in " ".join(found.means).split()]


def test_a_rule_tells_what_its_words_say():
    found = explain("dane-missing")
    assert "(the next address or host is tried; the mail waits if there is none)" in found.means[1]
    assert (
        found.causes[0].text
        == 'dane_missing = "bounce" (the mail bounces at once, although other hosts remain).'
    )


@pytest.mark.parametrize(
    "text",
    [
        "403 4.7.0 TLS handshake failed.",
        "SSL_connect error to mx.b.example[192.0.2.10]:25: -1",
        "TLS session: (gnutls_handshake): A TLS fatal alert has been received.",
        'mta disconnected reason="TLS handshake failed" messages=0',
    ],
)
def test_no_meaning_says_twice_that_the_handshake_failed(text):
    assert " ".join(explain(text).means).count("TLS handshake") == 1


def test_a_connection_lost_in_the_middle_is_not_one_that_never_began():
    said = "lost connection with mx.b.example[192.0.2.10] while sending end of data"
    assert "before it started" not in " ".join(explain(said).means)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (
            'remote: {"rcpt":"u@b.example","reason":"TLS it not available or unauthenticated but required"}',
            "STS014",
        ),
        (
            'mox: err="x509: certificate has expired" mx=mx.b.example recipient=u@b.example',
            "TLS009",
        ),
        ("queue: failed to deliver message to u@b.example: 550 5.7.23 SPF validation failed", None),
    ],
)
def test_the_recipient_of_a_line_is_found(line, code):
    told = read_bounce(line.encode())
    assert told.recipient == "u@b.example"
    assert code is None or code in {code for cause in told.causes for code in cause.findings}
