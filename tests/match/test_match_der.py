"""Certificates by hand, byte by byte: what the reader takes for one, and where it stops."""

from __future__ import annotations

import pytest

from mailpath.match import der
from mailpath.match.der import BadDer, elements, oid, only, take_apart


def tlv(tag, *contents, length=None):
    """One element; `length`: the length octets, where they are to be other than DER has them."""
    content = b"".join(contents)
    if length is None:
        size = len(content)
        octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
        length = bytes([size]) if size < 0x80 else bytes([0x80 | len(octets)]) + octets
    return bytes([tag]) + length + content


SEQ, OID_, BITS, OCTETS = 0x30, 0x06, 0x03, 0x04
SERIAL, EMPTY = tlv(0x02, b"\x07"), tlv(SEQ)
TIME = tlv(0x17, b"260101000000Z")
VALID = tlv(SEQ, TIME, tlv(0x18, b"20500101000000Z"))
RSA = tlv(SEQ, tlv(OID_, b"\x2a\x03"), tlv(0x05))
KEY_USAGE = tlv(OID_, b"\x55\x1d\x0f")


def certificate(*rest, fields=(SERIAL, EMPTY, EMPTY, VALID, EMPTY, EMPTY), algorithm=RSA, more=()):
    return tlv(SEQ, tlv(SEQ, *fields, *rest), algorithm, tlv(BITS, b"\0sig"), *more)


def extensions(*each):
    return tlv(0xA3, tlv(SEQ, *each))


def test_a_certificate_of_version_1_has_no_extensions():
    parts = take_apart(certificate())
    assert (parts.serial, parts.not_before, parts.not_after) == (7, 1767225600, 2524608000)
    assert (parts.signature_oid, parts.signature_parameters) == ("1.2.3", tlv(0x05))
    assert (parts.signature, parts.extensions) == (b"sig", {})
    assert take_apart(certificate(algorithm=tlv(SEQ, tlv(OID_, b"\x2a\x03")))).signature_parameters == b""


def test_the_first_of_two_extensions_counts():
    first, critical, second = (
        tlv(SEQ, KEY_USAGE, tlv(OCTETS, b"1")),
        tlv(SEQ, tlv(OID_, b"\x55\x1d\x13"), tlv(0x01, b"\xff"), tlv(OCTETS, b"2")),
        tlv(SEQ, KEY_USAGE, tlv(OCTETS, b"3")),
    )
    unique_id = tlv(0x81, b"x")
    parts = take_apart(certificate(unique_id, extensions(first, critical, second)))
    assert parts.extensions == {"2.5.29.15": b"1", "2.5.29.19": b"2"}


@pytest.mark.parametrize(
    "made",
    [
        certificate(extensions(EMPTY)),
        certificate(extensions(tlv(SEQ, KEY_USAGE))),
        certificate(extensions(tlv(SEQ, tlv(OCTETS), tlv(OCTETS)))),
        certificate(extensions(tlv(SEQ, KEY_USAGE, KEY_USAGE))),
        certificate(fields=(SERIAL, EMPTY, EMPTY, VALID, EMPTY)),
        certificate(fields=(EMPTY, EMPTY, EMPTY, VALID, EMPTY, EMPTY)),
        certificate(fields=(SERIAL, EMPTY, EMPTY, tlv(SEQ, TIME), EMPTY, EMPTY)),
        certificate(fields=()),
        certificate(algorithm=EMPTY),
        certificate(algorithm=tlv(SEQ, tlv(0x05))),
        certificate(more=(EMPTY,)),
        tlv(SEQ, tlv(0x31), RSA, tlv(BITS, b"\0")),
        tlv(SEQ, EMPTY, tlv(0x31), tlv(BITS, b"\0")),
        certificate() + b"\0",
        tlv(SEQ, bytes(der.MAX_CERTIFICATE)),
    ],
)
def test_what_is_no_certificate(made):
    with pytest.raises(BadDer):
        take_apart(made)


@pytest.mark.parametrize(
    ("data", "contents"),
    [
        (b"", []),
        (tlv(4, b"x"), [b"x"]),
        (tlv(4, b"x", length=b"\x84\0\0\0\x01"), [b"x"]),
        (tlv(4, bytes(0x80)), [bytes(0x80)]),
        (tlv(4) * der.MAX_ELEMENTS, [b""] * der.MAX_ELEMENTS),
    ],
)
def test_elements_are_read(data, contents):
    assert [each.content for each in elements(data)] == contents


@pytest.mark.parametrize(
    "data",
    [
        b"\x04",
        b"\x1f\x01x",
        b"\x04\x80x",
        b"\x04\x85\0\0\0\0\x01x",
        b"\x04\x84\0\0\0",
        b"\x04\x02x",
        tlv(4) * (der.MAX_ELEMENTS + 1),
    ],
)
def test_elements_that_are_none(data):
    with pytest.raises(BadDer):
        list(elements(data))


def test_only_one_and_of_that_tag():
    assert only(tlv(4, b"x"), 4).content == b"x"
    for data in (tlv(5), tlv(4) + b"\0"):
        with pytest.raises(BadDer):
            only(data, 4)


@pytest.mark.parametrize(
    ("content", "dotted"),
    [(b"\x00", "0.0"), (b"\x27", "0.39"), (b"\x28", "1.0"), (b"\x50", "2.0"), (b"\x88\x37\x03", "2.999.3")],
)
def test_object_identifiers(content, dotted):
    assert oid(content) == dotted


def test_an_object_identifier_that_does_not_end_is_none():
    with pytest.raises(BadDer):
        oid(b"\x88")


@pytest.mark.parametrize(
    ("tag", "codec"), [(0x0C, "utf-8"), (0x13, "utf-8"), (0x1E, "utf-16-be"), (0x1C, "utf-32-be")]
)
def test_directory_strings(tag, codec):
    assert der.text(tag, "Zürich".encode(codec)) == "Zürich"
