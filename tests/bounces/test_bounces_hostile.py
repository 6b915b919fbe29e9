"""Whatever somebody calls a bounce: no bytes make the reader fail, and none reach the screen raw."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailpath.tickets.bounce import MAX_INPUT, Bounce, read_bounce, to_dict

HERE = Path(__file__).parent
SAMPLES = [path.read_bytes() for path in sorted(HERE.glob("*/*.[el][mo][lg]"))]


def _strings(value):
    if isinstance(value, dict | list | tuple):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each)
    elif isinstance(value, str):
        yield value


def _printable(bounce):
    return all(value.isprintable() for value in _strings(to_dict(bounce)))


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=2000))
def test_any_bytes(data):
    assert _printable(read_bounce(data))


@st.composite
def _damaged(draw):
    data = bytearray(draw(st.sampled_from(SAMPLES)))
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, len(data) - 1))
        what = draw(st.sampled_from(["set", "cut", "double", "insert"]))
        if what == "set":
            data[at] = draw(st.integers(0, 255))
        elif what == "cut":
            del data[at : at + draw(st.integers(1, 200))]
        elif what == "double":
            data[at:at] = data[at : at + 300]
        else:
            data[at:at] = draw(st.binary(min_size=1, max_size=20))
        if not data:
            break
    return bytes(data)


@settings(deadline=None, max_examples=150)
@given(_damaged())
def test_damaged_bounces(data):
    assert _printable(read_bounce(data))


HOSTILE = {
    "nested": b"Content-Type: multipart/mixed; boundary=a\n\n"
    + b"--a\nContent-Type: multipart/mixed; boundary=a\n\n" * 9000,
    "mails in mails": b"Content-Type: message/rfc822\n\n" * 20000,
    "parts": b"Content-Type: multipart/report; boundary=a\n\n" + b"--a\n\nx\n" * 90000,
    "header": b"Subject: " + b"=?utf-8?B?" * 90000,
    "angles": b"From: a@a.example\n\n" + b"<" * 900000,
    "styles": b"From: a@a.example\nContent-Type: text/html\n\n" + b"<style>" * 130000,
    "addresses": b"To: " + b"a@a.example, " * 70000 + b"\n\n",
    "brackets": b"To: " + b"(" * 500000 + b"\n\n",
    "log": b"postfix/smtp[1]: 4F2A91C0D7: to=<" * 30000,
    "exim": b"1vNabc-000abc-XY == a@a.example R=x T=y defer (" * 20000,
    "lines": b"1vNabc-000abc-XY == a@a.example R=x T=y defer (-1): x\n" * 18000,
    "names": b"From: a@a.example\n\nhost " + b"a." * 400000 + b"[",
    "newlines": b"From: a@a.example\n\n<a@a.example>: x" + b"\n" * 900000,
    "spaces": b"From: a@a.example\n\n<a@a.example>: x\n" + b" " * 900000,
    "html": b"From: a@a.example\nContent-Type: text/html\n\n" + b"<a" * 450000,
    "charset": b'Content-Type: text/plain; charset="\x00\xff"\nContent-Transfer-Encoding: base64\nTo: a\n\n'
    + b"=" * 1000,
    "charset of 8 bits": b'Content-Type: text/plain; charset="\x00a"\nTo: a\n\n\xe9',
    "digits": b"5." * 500000,
    "labels": b"From: mailer-daemon@a.example\n\n" + b"To: a@a.example\n" * 60000 + b"Reason" * 9000,
    "dashes": b"From: mailer-daemon@a.example\n\n" + b"-- a@a.example\n" * 60000,
    "failed addresses": b"From: mailer-daemon@a.example\n\n" + b"Failed address: a@a.example\nx\n" * 29000,
    "addresses in words": b"From: mailer-daemon@a.example\n\n" + b"a@a.example " * 80000,
    "long words": b"From: mailer-daemon@a.example\n\n" + b"mailbox " * 120000,
    "lone addresses": b"\n".join([b"a@a.example"] * 59000),
    "boundaries": b"Content-Type: multipart/report\nTo: a\n\n"
    + b"--a\nContent-Type: multipart/report\n\n" * 20000,
    "events": b"[" + b'{"event":"bounce","email":"a@a.example","reason":"x"},' * 19000 + b"1]",
    "deep events": b'{"Message":' * 90000,
    "deliveries": b"Nov 1 1:1:1 m postfix/smtp[1]: 4F2A91C0D7: to=<a@a.example>, relay=x[1.1.1.1]:25, "
    b"dsn=5.1.1, status=bounced (550 x)\n" * 8500,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bounces_end_soon(name):
    begun = time.process_time()
    assert _printable(read_bounce(HOSTILE[name]))
    assert time.process_time() - begun < 5


def test_no_more_is_read_than_the_limit():
    assert read_bounce(b"x\n" * MAX_INPUT + b"550 5.1.1 no such user") == read_bounce(
        b"x\n" * (MAX_INPUT // 2)
    )


def test_nothing_is_told_of_nothing():
    assert read_bounce(b"") == Bounce()


def test_terminal_sequences_are_made_visible():
    data = b"550 5.1.1 <bob@b.example>: \x1b]52;c;aGk=\x07 no such user"
    bounce = read_bounce(data)
    assert bounce.sentence is not None
    assert "\\x1b" in bounce.sentence
    assert "\x1b" not in bounce.sentence
