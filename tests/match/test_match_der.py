"""Certificates by hand, byte by byte: what the reader takes for one, and where it stops."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mailpath.match import der
from mailpath.match.der import BadDer, attributes, elements, oid, only, take_apart


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
FIELDS = (SERIAL, EMPTY, EMPTY, VALID, EMPTY, EMPTY)
KEY_USAGE = tlv(OID_, b"\x55\x1d\x0f")


def certificate(*rest, fields=FIELDS, algorithm=RSA, more=(), tag=SEQ):
    return tlv(SEQ, tlv(tag, *fields, *rest), algorithm, tlv(BITS, b"\0sig"), *more)


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
        certificate(extensions(tlv(SEQ, tlv(OCTETS, b"\x2a\x03"), tlv(OCTETS)))),
        certificate(extensions(tlv(SEQ, KEY_USAGE, KEY_USAGE))),
        certificate(fields=(SERIAL, EMPTY, EMPTY, VALID, EMPTY)),
        certificate(fields=(EMPTY, EMPTY, EMPTY, VALID, EMPTY, EMPTY)),
        certificate(fields=(SERIAL, EMPTY, EMPTY, tlv(SEQ, TIME), EMPTY, EMPTY)),
        certificate(fields=()),
        certificate(algorithm=EMPTY),
        certificate(algorithm=tlv(SEQ, tlv(0x0D, b"\x2a\x03"))),
        certificate(more=(EMPTY,)),
        certificate(tag=0x31),
        certificate(algorithm=b"\x31" + RSA[1:]),
        certificate() + b"\0",
    ],
)
def test_what_is_no_certificate(made):
    with pytest.raises(BadDer):
        take_apart(made)


def test_limits_of_a_certificate():
    spare = der.MAX_CERTIFICATE - len(certificate(tlv(0x81, bytes(0x20000)))) + 0x20000
    most = certificate(tlv(0x81, bytes(spare)))
    assert len(most) == der.MAX_CERTIFICATE
    assert take_apart(most).serial == 7
    with pytest.raises(BadDer, match="too large"):
        take_apart(certificate(tlv(0x81, bytes(der.MAX_CERTIFICATE))))
    for serial, number in (
        (b"\xff", -1),
        (b"\x01" + bytes(63), 256**63),
        (b"\x01" + bytes(64), 256**63),  # of a longer one the beginning
    ):
        assert take_apart(certificate(fields=(tlv(0x02, serial), *FIELDS[1:]))).serial == number


@pytest.mark.parametrize(
    ("tag", "content", "year"),
    [
        (0x17, b"491231235959Z", 2049),
        (0x17, b"501231235959Z", 1950),
        (0x18, b"20501231235959Z", 2050),
        (0x17, b"20501231235959Z", None),
        (0x18, b"501231235959Z", None),
        (0x0C, b"20501231235959Z", None),
        (0x18, b"20501231235959z", None),
        (0x18, b"20501231235959ZZ", None),
        (0x18, b"20501231235959", None),
        (0x18, b"2050123123595\xb2Z", None),
        (0x18, b"20501331235959Z", None),
        (0x18, b"", None),
    ],
)
def test_times(tag, content, year):
    """RFC 5280 section 4.1.2.5: UTCTime ends with 2049."""
    moment = year and int(datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())
    validity = tlv(SEQ, TIME, tlv(tag, content))
    parts = take_apart(certificate(fields=(*FIELDS[:3], validity, *FIELDS[4:])))
    assert (parts.not_before, parts.not_after) == (1767225600, moment)


NAME, VALUE = tlv(OID_, b"\x55\x04\x03"), tlv(0x0C, b"x")


def test_attributes_of_a_name():
    two = tlv(0x31, tlv(SEQ, NAME, VALUE), tlv(SEQ, NAME, tlv(0x13, b"y")))
    assert list(attributes(tlv(SEQ, two))) == [("2.5.4.3", 0x0C, b"x"), ("2.5.4.3", 0x13, b"y")]


@pytest.mark.parametrize(
    "relative",
    [
        tlv(SEQ, tlv(SEQ, NAME, VALUE)),
        tlv(0x31, tlv(SEQ, NAME)),
        tlv(0x31, tlv(SEQ, NAME, VALUE, VALUE)),
        tlv(0x31, tlv(SEQ, tlv(0x0D, b"\x55\x04\x03"), VALUE)),
    ],
)
def test_what_is_no_attribute(relative):
    with pytest.raises(BadDer, match="malformed"):
        list(attributes(tlv(SEQ, relative)))


@pytest.mark.parametrize(
    ("data", "contents"),
    [
        (b"", []),
        (tlv(4, b"x"), [b"x"]),
        (tlv(4, b"x", length=b"\x84\0\0\0\x01"), [b"x"]),
        (b"\x04\x81\0", [b""]),
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
        b"\x04\x80\0\0",
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


def test_of_a_long_object_identifier_the_beginning_is_read():
    assert oid(bytes(63) + b"\x01") == ".".join(("0", "0", *["0"] * 62, "1"))
    assert oid(bytes(64) + b"\x01") == ".".join("0" * 65)


def test_an_object_identifier_that_does_not_end_is_none():
    with pytest.raises(BadDer):
        oid(b"\x88")


@pytest.mark.parametrize(
    ("tag", "codec"), [(0x0C, "utf-8"), (0x13, "utf-8"), (0x1E, "utf-16-be"), (0x1C, "utf-32-be")]
)
def test_directory_strings(tag, codec):
    assert der.text(tag, "Zürich".encode(codec)) == "Zürich"
