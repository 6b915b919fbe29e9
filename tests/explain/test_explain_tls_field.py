"""The `tls=` of Postfix 3.11's delivery lines, and what other senders say of TLS and policies."""

from __future__ import annotations

import pytest

from mailpath.judge.presets import PRESETS
from mailpath.tickets.bounce import read_bounce
from mailpath.tickets.explain import explain, render_text
from mailpath.tickets.explain.tls_field import told

_LINE = (
    "Nov 28 23:05:38 mx postfix/smtp[79]: 01E12901F9D: to=<u@b.example>, relay=mx1.b.example[192.0.2.1]:25,"
    " delay=5.4, delays=0.08/0.01/3.5/1.9, {}dsn={}, status={}"
)
_NOT_VERIFIED = ("4.7.5", "deferred (Server certificate not verified)")
_REQUESTED = "bounced (Sender requested REQUIRETLS, but "


@pytest.mark.parametrize(
    ("field", "ended", "means"),
    [
        ("may", ("2.0.0", "sent (250 2.0.0 queued)"), "that is what the session was"),
        ("may:none", ("2.0.0", "sent (250 2.0.0 queued)"), "went in the clear"),
        ("dane:encrypt", ("2.0.0", "sent (250 2.0.0 queued)"), "no TLSA record turned out to be usable"),
        ("halfdane", ("2.0.0", "sent (250 2.0.0 queued)"), "although the MX records are unsigned"),
        ("verify/requiretls", ("2.0.0", "sent (250 2.0.0 queued)"), "asked for REQUIRETLS"),
        ("!dane", _NOT_VERIFIED, "the mail host did not satisfy that"),
        (
            "may?",
            ("4.4.1", "deferred (connect to mx1.b.example[192.0.2.1]:25: Connection refused)"),
            "the session ended before that was decided",
        ),
        ("unknown?", ("4.7.5", "deferred (TLSA lookup error for mx1.b.example:25)"), "could not be worked"),
        (
            "may?/!requiretls:nocertmatch",
            (
                "5.7.10",
                f"{_REQUESTED}my configured TLS security level 'may' disables certificate matching."
                " The last attempted server was mx1.b.example)",
            ),
            "no certificate is checked",
        ),
        (
            "verify/!requiretls:none",
            (
                "5.7.30",
                f"{_REQUESTED}no server was found that supports REQUIRETLS. The last attempted server was"
                " mx1.b.example[192.0.2.1])",
            ),
            "does not announce it",
        ),
        ("may?/requiretls?", ("4.7.5", "deferred (Cannot start TLS: handshake failure)"), "could be told"),
        ("may:none/requiretls:none", ("2.0.0", "sent (250 2.0.0 queued)"), "not enforced here"),
    ],
)
def test_the_field_of_a_delivery_line_is_read(field, ended, means):
    line = _LINE.format(f"tls={field}, ", *ended)
    found = explain(line)
    assert found.tls_field == field
    assert means in " ".join(found.means)
    assert f"TLS        tls={field}" in render_text(found)
    bounce = read_bounce(f"{line}\n".encode())
    assert bounce.tls_field == field
    assert set(told(field)) <= set(bounce.means)


def test_it_tells_on_whose_account_a_certificate_was_refused():
    dane, level, bare = (
        explain(_LINE.format(field, *_NOT_VERIFIED)) for field in ("tls=!dane, ", "tls=!verify, ", "")
    )
    assert {each.findings for each in dane.causes} < {each.findings for each in bare.causes}
    assert all("TLSA002" not in each.findings for each in level.causes)
    having = {name for name, preset in PRESETS.items() if preset.agent.tls_field_words.dane is not None}
    assert set(dane.postures) == {name for name in having if "dane" in name} | {"postfix-tlspol"}


@pytest.mark.parametrize("field", ["", "!", "may??", "dane/", "new", "may:none/other", "!!dane", "a" * 90])
def test_a_field_that_nobody_knows_is_left_alone(field):
    assert len(told(field)) <= 1
    found = explain(_LINE.format(f"tls={field}, ", "2.0.0", "sent (250 2.0.0 queued)"))
    assert found.recognised[:2] == ("a line of Postfix's log", "a delivery")


def test_what_it_reads_is_what_the_judge_writes():
    """Each word of the judge's has its meaning here."""
    levels = ("none", "may", "encrypt", "verify", "secure", "dane", "dane-only", "halfdane", "unknown")
    for level in levels:
        for field in (level, f"!{level}", f"{level}?"):
            assert told(field), field
    for feature in ("", "?", ":none", ":nocertmatch"):
        assert len(told(f"may/requiretls{feature}")) == 2
    for feature in (":none", ":nocertmatch", ":nostarttls"):
        assert len(told(f"may?/!requiretls{feature}")) == 2


_TLS, _DNS = ("tls", "recipient-admin"), ("dns", "recipient-admin")


@pytest.mark.parametrize(
    ("text", "finding", "family"),
    [
        ("Deferred: 454 4.7.0 DANE check failed.", "TLSA002", _TLS),
        ("Deferred: 454 4.7.0 DANE check failed temporarily.", "TLS003", _TLS),
        ("Deferred: 454 4.7.0 DANE: missing STARTTLS.", "TLSA012", _TLS),
        ("Deferred: 454 4.7.0 STS authentication failed", "STS014", _TLS),
        ("Deferred: 454 4.7.0 STS authentication failure ", "STS017", _TLS),
        ("Deferred: 454 4.7.0 STS other side does not support STARTTLS", "STS017", _TLS),
        (
            "Deferred: 450 4.7.0 u@b.example... STS mx1.b.example not found in MX list mail.b.example",
            "STS013",
            _TLS,
        ),
        ("Deferred: 454 4.7.0 CN a.example does not match mx1.b.example", "TLS010", _TLS),
        ("Deferred: 454 4.7.0 authentication failed", "TLS008", _TLS),
        ("Deferred: 454 4.7.0 encryption too weak 0 less than 112", "TLS002", _TLS),
        ("Deferred: 454 4.7.0 TLS handshake failed.", "TLS004", _TLS),
        ("Deferred: Name server: mx1.b.example.: host name lookup failure for TLSA RR", "TLSA005", _TLS),
        (
            "Host unknown (Name server: mx1.b.example.: no data known)",
            "MX007",
            ("no-such-domain", "sender-user"),
        ),
        ("Did not find a suitable MX for a connection", "STS013", _TLS),
        ("400 Peer's certificate not signed by a trusted authority", "TLS012", _TLS),
        ("400 Certificate owner mismatch: a.example", "TLS010", _TLS),
        (
            "Policy error: MTA-STS policy check failed for mx1.b.example[192.0.2.1] for b.example",
            "STS013",
            _TLS,
        ),
        (
            "Policy error: Failed to establish a TLS connection to the MX server as requested by policy",
            "STS017",
            _TLS,
        ),
        ("Upstream error: 454 4.7.0 no TLS now", "TLS003", _TLS),
        ("No TLS available but required by configuration.", "TLS002", _TLS),
        ("Network error on destination MXs", "TLS001", ("network", "recipient-admin")),
        (
            "remote delivery deferred: STARTTLS not available: 502 5.5.1 STARTTLS not supported",
            "TLS002",
            _TLS,
        ),
        ("remote delivery deferred: DNS lookup failure: host b.example not found", "MX005", _DNS),
        (
            "failed (temporary): mx1.b.example.: connection is PLAIN, but the MTA-STS policy"
            ' for "b.example" requires'
            " TLS with a valid certificate",
            "STS017",
            _TLS,
        ),
        (
            'failed (temporary): none of the mail servers for "b.example" are allowed by its MTA-STS policy',
            "STS013",
            _TLS,
        ),
        (
            "Sender requested REQUIRETLS, but TLS service was not offered by host mx1.b.example[192.0.2.1]",
            "TLS002",
            _TLS,
        ),
        (
            "Sender requested REQUIRETLS, but my configured TLS security level 'may'"
            " disables certificate matching. The"
            " last attempted server was mx1.b.example",
            "STS001",
            ("tls", "sender-admin"),
        ),
    ],
)
def test_what_other_senders_say_is_told_with_its_cause_and_side(text, finding, family):
    found = explain(text)
    assert finding in {code for cause in found.causes for code in cause.findings}, found
    assert (found.family, found.side) == family
