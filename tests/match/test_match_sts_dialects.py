"""How measured senders read MTA-STS otherwise than RFC 8461, one oddity a row."""

from __future__ import annotations

import pytest

from mailpath.match.sts import mx_matches, parse_policy
from mailpath.match.sts_dialects import (
    CHASQUID,
    COURIER,
    MAILAUTH,
    MOX,
    MTA_STS_RESOLVER,
    RFC,
    SENDMAIL,
    TLSPOL,
)
from mailpath.match.sts_record import parse_txt

READERS = {
    "rfc": RFC,
    "resolver": MTA_STS_RESOLVER,
    "sendmail": SENDMAIL,
    "mox": MOX,
    "chasquid": CHASQUID,
    "mailauth": MAILAUTH,
    "courier": COURIER,
    "tlspol": TLSPOL,
}
GOOD = b"version: STSv1\nmode: enforce\nmx: mx1.b.example\nmax_age: 86400\n"
RESOLVERS = {"resolver", "sendmail"}


def readers(accepts):
    return {name for name, parsing in READERS.items() if accepts(parsing)}


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ((b"v=STSv1; id=1;",), set(READERS)),
        ((b"v=STSv1; id=2026-01-01;",), {*RESOLVERS, "chasquid", "mailauth", "courier"}),
        ((b"v=STSv1 ; id=1;",), {*RESOLVERS, "mox", "tlspol", "mailauth"}),
        ((b"v=stsv1; id=1",), {"mailauth"}),
        ((b"v=STSv1;",), {"chasquid"}),
        ((b"v=STSv1; id=1;", b"v=STSv1; id=2;"), {"chasquid"}),
        ((b"v=STSv11; id=1",), set()),
        ((b" v=STSv1; id=1",), {"mailauth"}),
        ((b"v=STSv1; ID =1",), {"chasquid", "mailauth"}),
        ((b"v=STSv1; v=stsv1; id=1",), {"rfc", "mox", "tlspol", "mailauth", "courier"}),
        ((b"v=stsv1; id=9", b"v=STSv1; id=1"), set(READERS) - {"mailauth"}),
        ((b"v=STSv11; id=9", b"v=STSv1; id=1"), {"rfc", "mox", "tlspol", "chasquid", "courier"}),
        ((b"v=STSv2; id=1;",), set()),
    ],
)
def test_who_finds_a_record(texts, expected):
    assert readers(lambda parsing: parse_txt(texts, parsing).id is not None) == expected


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (GOOD, b"text/plain", set(READERS)),
        (GOOD, b"text/html", {"mox", "mailauth", "courier"}),
        (GOOD, None, {"mox", "mailauth", "courier"}),
        (GOOD.replace(b"\n", b"\n\n", 1), b"text/plain", {*RESOLVERS, "chasquid", "mailauth"}),
        (GOOD.replace(b"version:", b"version :"), b"text/plain", {"chasquid", "mailauth"}),
        (GOOD.replace(b"enforce", b"Enforce"), b"text/plain", {"mailauth"}),
        (GOOD.replace(b"mode", b"Mode"), b"text/plain", {"mailauth"}),
        (b"\xef\xbb\xbf" + GOOD, b"text/plain", {"mailauth"}),
        (GOOD.replace(b"86400", b"0"), b"text/plain", set(READERS) - {"chasquid", "tlspol"}),
        (GOOD.replace(b"86400", b"1"), b"text/plain", set(READERS)),
        (GOOD + b"mx: mx1.b.example.\n", b"text/plain", {*RESOLVERS, "chasquid", "mailauth", "tlspol"}),
        (GOOD + b"mx: mx_1.b.example\n", b"text/plain", {*RESOLVERS, "chasquid", "mailauth"}),
        (GOOD.replace(b"86400", b"99999999"), b"text/plain", {"rfc", "mox", "courier", "tlspol"}),
        (GOOD.replace(b"max_age: 86400\n", b""), b"text/plain", {"courier"}),
        (GOOD.replace(b"mx: mx1.b.example\n", b""), b"text/plain", {"courier"}),
        (GOOD + b"#" * 70000, b"text/plain", {"chasquid", "mailauth"}),
        (GOOD + b"max_age: soon\n", b"text/plain", {"rfc", "mox", "courier", "tlspol"}),
    ],
)
def test_who_applies_a_policy(body, content_type, expected):
    def applies(parsing):
        policy = parse_policy(body, content_type, parsing).policy
        return policy is not None and policy.mode == "enforce"

    assert readers(applies) == expected


def test_without_a_max_age_courier_keeps_a_policy_for_no_time():
    policy = parse_policy(GOOD.replace(b"max_age: 86400", b"x: y"), b"text/plain", COURIER).policy
    assert policy is not None
    assert policy.max_age == 0


def test_how_deep_a_star_reaches():
    deep = readers(lambda parsing: mx_matches("*.b.example", "a.mx1.b.example", parsing))
    assert deep == {"resolver", "mailauth", "courier"}
    assert readers(lambda parsing: mx_matches("*.b.example", "mx1.b.example", parsing)) == set(READERS)
