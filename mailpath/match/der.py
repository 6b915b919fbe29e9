"""The few fields of an X.509 certificate that matching needs, straight from its DER (RFC 5280 section 4.1).

Why not use a library?  A strict parser refuses a whole certificate for one odd extension, while the mail
servers whose behavior we predict go on and compare its other names.  DANE compares the bytes of
SubjectPublicKeyInfo as the server sent them, not as a library would encode them again.  And we want to see a
name with a NUL in it, not catch an exception.  Chains and signatures are left to OpenSSL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache

import msgspec

#: Certificates that are remembered: a walk looks at one some dozen times, and a thousand mail hosts are those
#: that many walks share.  More would be those of hosts that nobody comes back to.
REMEMBERED = 1024
#: Longest certificate that we look at, in bytes; the largest real ones have some hundred names.
MAX_CERTIFICATE = 256 * 1024
#: Most elements of one SEQUENCE that we read.
MAX_ELEMENTS = 4096

INTEGER, BIT_STRING, OCTET_STRING, OID = 0x02, 0x03, 0x04, 0x06
SEQUENCE, SET = 0x30, 0x31
UTC_TIME, GENERALIZED_TIME = 0x17, 0x18
BMP_STRING, UNIVERSAL_STRING = 0x1E, 0x1C

_TIME = re.compile(r"[0-9]{14}Z")


class BadDer(ValueError):
    """The bytes are not DER of the expected shape; the message says what is wrong."""


class Element(msgspec.Struct, frozen=True):
    """One DER element: `tag`, `content`, and `raw`, the whole encoding with its header."""

    tag: int
    content: bytes
    raw: bytes


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of a certificate.  `issuer`, `subject`, `spki`: DER with header; times in Unix seconds.

    `extensions`: dotted OID -> the DER inside its OCTET STRING; of a repeated one, the first.
    """

    tbs: bytes
    serial: int
    issuer: bytes
    subject: bytes
    spki: bytes
    not_before: int | None
    not_after: int | None
    signature_oid: str
    signature_parameters: bytes
    signature: bytes
    extensions: dict[str, bytes]


def elements(data: bytes) -> Iterator[Element]:
    """The DER elements in `data`, at most `MAX_ELEMENTS`.  Raises `BadDer`."""
    position = 0
    for _ in range(MAX_ELEMENTS):
        if position >= len(data):
            return
        element = _read_element(data, position)
        yield element
        position += len(element.raw)
    if position < len(data):
        raise BadDer("too many elements")


def _read_element(data: bytes, start: int) -> Element:
    if start + 2 > len(data):
        raise BadDer("truncated element")
    tag, length = data[start], data[start + 1]
    if tag & 0x1F == 0x1F:
        raise BadDer("multi-byte tag")
    body = start + 2
    if length & 0x80:
        octets = length & 0x7F
        if not 1 <= octets <= 4:
            raise BadDer("length that is indefinite or oversized")
        length = int.from_bytes(data[body : body + octets], "big")
        body += octets
    if body + length > len(data):
        raise BadDer("element longer than what holds it")
    return Element(tag, data[body : body + length], data[start : body + length])


def only(data: bytes, tag: int) -> Element:
    """The single element of `data`, which must have `tag`.  Raises `BadDer` (trailing bytes too)."""
    element = _read_element(data, 0)
    if element.tag != tag:
        raise BadDer(f"tag {element.tag:#x} where {tag:#x} belongs")
    if len(element.raw) != len(data):
        raise BadDer("bytes after the end")
    return element


def oid(content: bytes) -> str:
    """Dotted form of an OBJECT IDENTIFIER's content."""
    arcs: list[int] = []
    value = 0
    for octet in content[:64]:
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(value)
            value = 0
    if not arcs:
        raise BadDer("empty object identifier")
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


@lru_cache(REMEMBERED)
def parts(der: bytes) -> Parts | None:
    """The parts of the certificate `der`, or None if it is no X.509 certificate.  Never raises."""
    try:
        return take_apart(der)
    except BadDer:
        return None


def take_apart(der: bytes) -> Parts:
    """The parts of the certificate `der`.  Raises `BadDer`."""
    if len(der) > MAX_CERTIFICATE:
        raise BadDer("too large for a certificate")
    certificate = list(elements(only(der, SEQUENCE).content))
    if len(certificate) != 3 or certificate[0].tag != SEQUENCE or certificate[1].tag != SEQUENCE:
        raise BadDer("not the three parts of a certificate")
    tbs, algorithm, signature = certificate
    fields = list(elements(tbs.content))
    if fields and fields[0].tag == 0xA0:
        del fields[0]
    if [field.tag for field in fields[:6]] != [INTEGER, *[SEQUENCE] * 5]:
        raise BadDer("not the fields of a certificate")
    serial, _, issuer, validity, subject, spki = fields[:6]
    times = [_read_time(element) for element in elements(validity.content)]
    if len(times) != 2:
        raise BadDer("validity is not two times")
    identifier = list(elements(algorithm.content))
    if not identifier or identifier[0].tag != OID:
        raise BadDer("no signature algorithm")
    return Parts(
        tbs=tbs.raw,
        serial=int.from_bytes(serial.content[:64], "big", signed=True),
        issuer=issuer.raw,
        subject=subject.raw,
        spki=spki.raw,
        not_before=times[0],
        not_after=times[1],
        signature_oid=oid(identifier[0].content),
        signature_parameters=identifier[1].raw if len(identifier) > 1 else b"",
        signature=signature.content[1:],
        extensions=_read_extensions(fields),
    )


def _read_extensions(fields: list[Element]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for field in fields:
        if field.tag != 0xA3:
            continue
        for extension in elements(only(field.content, SEQUENCE).content):
            inner = list(elements(extension.content))
            if not inner or inner[0].tag != OID or inner[-1].tag != OCTET_STRING:
                raise BadDer("malformed extension")
            found.setdefault(oid(inner[0].content), inner[-1].content)
    return found


def _read_time(element: Element) -> int | None:
    """Unix seconds of a UTCTime or GeneralizedTime (RFC 5280 section 4.1.2.5); None when unreadable."""
    text = element.content.decode("ascii", "replace")
    if element.tag == UTC_TIME:
        text = ("20" if text < "50" else "19") + text
    elif element.tag != GENERALIZED_TIME:
        return None
    if not _TIME.fullmatch(text):
        return None
    try:
        return int(datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None


def attributes(name: bytes) -> Iterator[tuple[str, int, bytes]]:
    """(OID, string tag, content) of each attribute of a distinguished name, in order.  Raises `BadDer`."""
    for relative in elements(only(name, SEQUENCE).content):
        if relative.tag != SET:
            raise BadDer("malformed distinguished name")
        for attribute in elements(relative.content):
            pair = list(elements(attribute.content))
            if len(pair) != 2 or pair[0].tag != OID:
                raise BadDer("malformed attribute")
            yield oid(pair[0].content), pair[1].tag, pair[1].content


def text(tag: int, content: bytes) -> str:
    """A directory string as text; bytes that are invalid in its encoding become U+FFFD."""
    if tag == BMP_STRING:
        return content.decode("utf-16-be", "replace")
    if tag == UNIVERSAL_STRING:
        return content.decode("utf-32-be", "replace")
    return content.decode("utf-8", "replace")
