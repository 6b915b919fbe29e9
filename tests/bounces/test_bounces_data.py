"""Bounces and log lines in the wording of each server: what must be found in each, as data beside it."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from mailpath.findings import CATALOGUE
from mailpath.judge.presets import PRESETS
from mailpath.tickets.bounce import read_bounce, to_dict
from mailpath.tickets.bounce.render import render_text, walk_words
from mailpath.tickets.explain import explain
from mailpath.tickets.explain import render_text as explained_text

HERE = Path(__file__).parent
NOTICES = sorted((HERE / "notices").glob("*.eml"))
LINES = sorted((HERE / "lines").glob("*.log"))


def test_there_are_enough():
    assert len(NOTICES) >= 20
    assert len(LINES) >= 20


@pytest.mark.parametrize("path", [*NOTICES, *LINES], ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_what_a_bounce_tells(path):
    expected = json.loads(path.with_suffix(".json").read_text())
    bounce = read_bounce(path.read_bytes())
    told = to_dict(bounce)
    for field in ("sender", "recipient", "host", "status_code", "sentence"):
        assert told[field] == expected[field], field
    found = {code for cause in bounce.causes for code in cause.findings}
    assert found >= set(expected["findings"])
    assert found <= set(CATALOGUE)
    assert set(bounce.postures) <= set(PRESETS)
    assert set(bounce.postures) >= set(expected["postures"])
    assert not set(bounce.postures).intersection(expected.get("not_postures", ()))
    if not expected["postures"]:
        assert not bounce.postures
    if "causes" in expected:
        assert any(expected["causes"] in cause.text for cause in bounce.causes)
    if expected["findings"]:
        assert bounce.causes


@pytest.mark.parametrize("path", NOTICES, ids=lambda path: path.stem)
def test_line_ends_do_not_matter(path):
    data = path.read_bytes()
    assert read_bounce(data.replace(b"\n", b"\r\n")) == read_bounce(data)


_FULL = "552 5.2.2 mailbox full"
_STALE = "Server certificate not verified"


def _notice(*recipients, kind="message/delivery-status", returned="text/rfc822-headers", status=True):
    words = "\n\n".join(f"<{to}>: {said}" for to, _, said in recipients)
    blocks = "\n".join(
        f"Final-Recipient: {'utf-8' if 'global' in kind else 'rfc822'}; {to}\nAction: failed\n"
        f"Status: {code}\nDiagnostic-Code: smtp; {said}\n"
        for to, code, said in recipients
    )
    parts = [f"Content-Type: text/plain; charset=utf-8\n\n{words}\n"]
    if status:
        parts.append(f"Content-Type: {kind}\n\nReporting-MTA: dns; mail.a.example\n\n{blocks}")
        parts.append(f"Content-Type: {returned}\n\nFrom: añn@a.example\nTo: {recipients[0][0]}\n")
    head = "From: MAILER-DAEMON@a.example\nContent-Type: multipart/report; boundary=x\n\n"
    return (head + "".join(f"--x\n{part}\n" for part in parts) + "--x--\n").encode()


_LOGGED = "".join(
    f"Nov 23 12:00:0{at} m postfix/smtp[4]: 4F2A91C0D{at}: to=<{to}>, relay=mx.b.example[192.0.2.1]:25,"
    f" delay=1, delays=0/0/1/0, dsn={code}, status=bounced ({said})\n"
    for at, (to, code, said) in enumerate(
        [
            ("carl@b.example", "5.2.2", _FULL),
            ("bob@c.example", "4.7.5", _STALE),
            ("dora@b.example", "5.2.2", _FULL),
        ]
    )
)


@pytest.mark.parametrize(
    "data",
    [
        _notice(
            ("carl@b.example", "5.2.2", _FULL),
            ("bob@c.example", "4.7.5", _STALE),
            ("dora@b.example", "5.2.2", _FULL),
        ),
        _notice(
            ("carl@b.example", "5.2.2", _FULL),
            ("bob@c.example", "4.7.5", f"4.7.5 {_STALE}"),
            ("dora@b.example", "5.2.2", _FULL),
            status=False,
        ),
        _LOGGED.encode(),
    ],
    ids=["notice", "in words", "log"],
)
def test_of_several_failures_the_one_of_tls_is_told_and_the_rest_named(data):
    bounce = read_bounce(data)
    assert bounce.recipient == "bob@c.example"
    assert _STALE in (bounce.sentence or "")
    assert bounce.status_code == "4.7.5"
    assert "postfix-dane" in bounce.postures
    others = to_dict(bounce)["others"]
    assert {other["recipient"] for other in others} == {"carl@b.example", "dora@b.example"}
    assert {(other["status_code"], other["sentence"]) for other in others} == {("5.2.2", _FULL)}
    assert "2 more failed" in render_text(bounce)
    assert "carl@b.example 5.2.2" in render_text(bounce)


def test_so_does_explain():
    found = explain(_LOGGED)
    assert (found.recipient, found.sentence) == ("bob@c.example", _STALE)
    assert [other.recipient for other in found.others] == ["dora@b.example", "carl@b.example"]
    assert "2 more failed" in explained_text(found)


_UTF8 = ("bob@bücher.example", "5.2.2", _FULL)
_ESCAPED = ("b\\x{F6}b@b\\x{FC}cher.example", "5.2.2", _FULL)


def _encoded(data):
    """The last two parts in base64, as RFC 6533 allows and RFC 3464 does not."""
    head, text, *parts = data.decode().split("--x\n")
    made = []
    for part in parts:
        kind, _, body = part.removesuffix("--x--\n").partition("\n\n")
        made.append(f"{kind}\nContent-Transfer-Encoding: base64\n\n{b64encode(body.encode()).decode()}\n")
    return ("--x\n".join([head, text, *made]) + "--x--\n").encode()


_GLOBAL = {"kind": "message/global-delivery-status", "returned": "message/global-headers"}


@pytest.mark.parametrize(
    ("data", "recipient"),
    [
        (_notice(_UTF8, **_GLOBAL), _UTF8[0]),
        (_notice(_UTF8, kind="message/global-delivery-status", returned="message/global"), _UTF8[0]),
        (_notice(_UTF8), _UTF8[0]),
        (_notice(_UTF8, status=False), _UTF8[0]),
        (_notice(_ESCAPED, kind="message/global-delivery-status"), "böb@bücher.example"),
        (
            _encoded(_notice(_UTF8, **_GLOBAL)),
            _UTF8[0],
        ),
    ],
    ids=["headers", "mail", "in an old part", "in words", "escaped", "base64"],
)
def test_internationalised_notices(data, recipient):
    """RFC 6533."""
    bounce = read_bounce(data)
    assert (bounce.recipient, bounce.sentence) == (recipient, _FULL)
    assert bounce.sender == ("añn@a.example" if b"delivery-status" in data else None)
    assert walk_words(bounce)[1] == "xn--bcher-kva.example"


def test_bytes_of_a_declared_charset_are_read_in_it():
    data = _notice(_UTF8, status=False).replace(b"utf-8", b"iso-8859-1")
    assert read_bounce(data.decode().encode("latin-1")).recipient == _UTF8[0]


def test_an_internationalised_notice_of_several_recipients():
    stale = ("carl@c.example", "4.7.5", _STALE)
    bounce = read_bounce(_notice(_UTF8, stale, kind="message/global-delivery-status"))
    assert (bounce.recipient, bounce.others[0].recipient) == ("carl@c.example", _UTF8[0])


@pytest.mark.parametrize(
    "text",
    [
        "5.7.30",
        "REQUIRETLS",
        "TLS026",
        "REQUIRETLS is required, but this host does not offer it",
        "REQUIRETLS is required, but was not offered by host mx1.b.example[192.0.2.1]",
    ],
)
def test_what_requiretls_misses_is_named_and_walked(text):
    """It is no failure of TLS as such, though "TLS is required" is part of the sentence."""
    line = f"postfix/smtp[1]: 4A: to=<r@b.example>, relay=x[::1]:25, dsn=5.7.30, status=bounced ({text})"
    bounce = read_bounce(f"Nov 23 10:00:00 mx {line}\n".encode())
    found: Any
    for found in (explain(text), *([bounce] if text != "TLS026" else [])):
        assert "REQUIRETLS" in " ".join(found.means)
        assert "STARTTLS" not in " ".join(found.means)
        if text != "TLS026":
            assert {code for cause in found.causes for code in cause.findings} == {"TLS026"}
    assert render_text(bounce).endswith("mailpath check b.example --requiretls\n")
