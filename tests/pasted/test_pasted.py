"""What was pasted: which path it names, and the cause that a walk shows of it, or does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailpath.names import is_text
from mailpath.tickets.pasted import MOST, Pasted, find_cause, read_pasted

if TYPE_CHECKING:
    from conftest import Walks

POSTFIX = (
    "Nov 23 12:00:00 mail postfix/smtp[123]: 4XyZabc12: to=<u@{id}.example>,"
    " relay=mx1.{id}.example[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=4.7.5,"
    " status=deferred (Server certificate not verified)"
)
BOUNCE = """From: MAILER-DAEMON@a.example
To: me@a.example
Subject: Undelivered Mail Returned to Sender

<u@{id}.example>: Server certificate not verified
"""


def pasted(text: str) -> Pasted:
    found = read_pasted(text)
    assert found is not None
    return found


def test_a_line_names_its_path_and_its_posture() -> None:
    found = pasted(POSTFIX.format(id="dane-stale"))
    assert (found.sender, found.recipient, found.posture) == (None, "dane-stale.example", "postfix-dane")
    assert (found.line, found.host) == ("4.7.5 Server certificate not verified", "mx1.dane-stale.example")
    assert {"TLSA002", "STS014"} <= set(found.codes)


def test_a_bounce_and_headers_name_their_path() -> None:
    assert pasted(BOUNCE.format(id="dane-stale")).recipient == "dane-stale.example"
    headers = (
        "Return-Path: <x@a.example>\r\nReceived: from a by b\r\nTo: U <u@Bücher.example>, v@c.example\r\n"
    )
    found = pasted(headers)
    assert (found.sender, found.recipient, found.line) == ("a.example", "xn--bcher-kva.example", "")


@pytest.mark.parametrize(
    ("text", "recipient"),
    [
        ("4Ab: from=<x@a.example>, to=<u@b.example>, status=deferred (Connection timed out)", "b.example"),
        ("550 5.1.1 <u@b.example>: Recipient address rejected: User unknown", "b.example"),
        ("certificate of u@b.example, and of v@b.example., failed", "b.example"),
        ("message-id=<1@a.example> could not be sent", None),
        ("of u@a.example and v@b.example one is wrong", None),
        ("x" * 5000 + " u@b.example", None),
    ],
)
def test_the_only_address_is_the_recipients(text: str, recipient: str | None) -> None:
    found = read_pasted(text)
    assert (found and found.recipient) == recipient


@pytest.mark.parametrize(
    ("scenario", "text", "told", "posture"),
    [
        (
            "dane-stale",
            POSTFIX,
            "Your line: 4.7.5 Server certificate not verified. Cause found: TLSA002 at mx1.dane-stale.example"
            " (the certificate matches no TLSA record).",
            "postfix-dane",
        ),
        ("dane-stale", BOUNCE, "Cause found: TLSA002 at mx1.dane-stale.example", "postfix-dane"),
        # Postfix before 3.6 says "not trusted" of what no TLSA record accepts, too.
        (
            "dane-stale",
            POSTFIX.replace("not verified", "not trusted"),
            "Cause found: TLSA002 at mx1.dane-stale.example",
            "postfix-dane",
        ),
        ("cert-expired", POSTFIX, "Cause found: TLS009 at mx1.cert-expired.example", "postfix-verify"),
        # Only a sender that was told to verify minds it.
        (
            "dane-good",
            POSTFIX,
            "(a self-signed certificate), if the sender is postfix-verify.",
            "postfix-verify",
        ),
        ("full-protection", POSTFIX, "not verified. Nothing found now explains it.", None),
        (
            "full-protection",
            POSTFIX.replace("not verified", "is nice"),
            "Nothing found now explains it.",
            None,
        ),
        (
            "dane-stale",
            "<u@{id}.example>: 550 5.1.1 <u@{id}.example>: user unknown",
            "The receiving system has no such mailbox. Whose move: the sender's user.",
            None,
        ),
        ("dane-stale", "From: a@a.example\nTo: u@{id}.example\n", "Your message reports no failure.", None),
    ],
)
def test_a_cause_is_told_where_text_and_walk_meet(
    scenario: str, text: str, told: str, posture: str | None, walks: Walks
) -> None:
    cause = find_cause(pasted(text.format(id=scenario)), walks.of(scenario).walk)
    assert told in cause.told
    assert cause.posture == posture


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("b.example", False),
        ("User <u@b.example>", False),
        ("two words", True),
        ("a.example\nb.example", True),
        (POSTFIX.format(id="b"), True),
    ],
)
def test_what_is_more_than_a_name(typed: str, told: bool) -> None:
    assert is_text(typed) is told


@given(st.text(max_size=400) | st.binary(max_size=400))
def test_nothing_makes_it_fail(text: str | bytes) -> None:
    found = read_pasted(text)
    assert found is None or (found.recipient and found.line.isprintable() and len(found.line) <= MOST)


def test_what_a_stranger_wrote_is_shown_as_text() -> None:
    found = pasted(POSTFIX.format(id="b").replace("Server", "\x1b]52;c;x\x07Server" + "x" * 9000))
    assert found.line.isprintable()
    assert len(found.line) <= MOST


@pytest.mark.parametrize(
    ("failed", "postures", "code"),
    [
        ("DANE attempt failed; TLS connection to mx.b.example [192.0.2.1]: ", {"exim"}, "TLSA002"),
        ("", {"exim-verify"}, "TLS008"),
    ],
)
def test_a_library_speaks_in_the_log_of_the_server_that_wrote_it(failed, postures, code) -> None:
    found = pasted(
        "2026-11-28 10:12:33 1tGabc-0001aB-2C == u@b.example R=dnslookup T=remote_smtp defer (-37)"
        f" H=mx.b.example [192.0.2.1]: {failed}(SSL_connect): error:0A000086:SSL routines::certificate verify"
        " failed"
    )
    assert {found.posture} == postures
    assert code in found.codes


def test_a_long_line_leaves_room_for_its_cause(walks: Walks) -> None:
    walk = walks.of("dane-good").walk
    said = "552 5.2.2 mailbox full (in reply to RCPT TO command)"
    found = pasted(f"<u@dane-good.example>: host mx1.dane-good.example[192.0.2.1] said: {said}")
    assert find_cause(found, walk, room=60).told.startswith(f"Your line: {said}. The recipient's mailbox has")
    assert find_cause(found, walk, room=40).told.startswith(f"Your line: {said[:38]}... The recipient's")
    assert f"said: {said}." in find_cause(found, walk).told
    exim = pasted(
        "2026-11-28 10:12:33 1tGabc-0001aB-2C == u@dane-good.example R=dnslookup T=remote_smtp defer (-37)"
        " H=mx1.dane-good.example [192.0.2.1]: DANE attempt failed; TLS connection failed"
    )
    assert find_cause(exim, walk, room=60).told.startswith("Your line: DANE attempt failed; TLS connection")
