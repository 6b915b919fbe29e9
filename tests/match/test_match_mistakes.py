"""What a record that matches nothing was made of, of every kind that can be computed again."""

from __future__ import annotations

import hashlib
from base64 import b64encode

import handmade as made
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from mailpath.facts import TlsaRecord
from mailpath.match import dane
from mailpath.match.mistakes import Kind, Other, explain_mismatch

CHAIN = (made.GOOD.der, made.INTERMEDIATE.der)
SPKI = dane.computed((1, 0), made.GOOD.der)
DIGEST = dane.computed((1, 1), made.GOOD.der)
POINT = made.GOOD.certificate.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
SPKI_PEM = made.GOOD.certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
STRANGER = made.certificate("Stranger", ca=True)
PEM = made.GOOD.certificate.public_bytes(Encoding.PEM)
OTHERS = (
    Other(Kind.ADDRESS, "the certificate at 192.0.2.9", (made.SELF_SIGNED.der,)),
    Other(Kind.UNSENT, "the root Handmade Root", (made.ROOT.der,)),
    Other(Kind.HOST, "mx2", (b"\x30\x00", STRANGER.der)),
)


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


@pytest.mark.parametrize(
    ("shape", "data", "kind", "shape_right"),
    [
        ((3, 1, 1), sha256(b""), Kind.NOTHING, None),
        ((3, 1, 2), hashlib.sha512(b"\n").digest(), Kind.NOTHING, None),
        ((2, 0, 1), sha256(made.GOOD.der), Kind.USAGE, (3, 0, 1)),
        ((3, 0, 1), sha256(made.INTERMEDIATE.der), Kind.USAGE, (2, 0, 1)),
        ((0, 1, 1), made.spki(made.INTERMEDIATE), Kind.USAGE, (2, 1, 1)),
        ((3, 0, 0), SPKI, Kind.SELECTOR, (3, 1, 0)),
        ((3, 1, 0), made.GOOD.der, Kind.SELECTOR, (3, 0, 0)),
        ((3, 1, 0), DIGEST, Kind.MATCHING, (3, 1, 1)),
        ((3, 1, 1), SPKI, Kind.MATCHING, (3, 1, 0)),
        ((3, 1, 1), hashlib.sha1(SPKI).digest(), Kind.DIGEST, None),
        ((3, 1, 1), hashlib.sha384(SPKI).digest(), Kind.DIGEST, None),
        ((3, 0, 1), sha256(PEM), Kind.TEXT, None),
        ((3, 0, 1), sha256(PEM.rstrip()), Kind.TEXT, None),
        ((3, 0, 1), sha256(PEM.replace(b"\n", b"\r\n")), Kind.TEXT, None),
        ((3, 1, 1), sha256(b64encode(SPKI)), Kind.TEXT, None),
        ((3, 1, 1), sha256(SPKI.hex().encode() + b"\n"), Kind.TEXT, None),
        ((3, 0, 0), PEM, Kind.TEXT, None),
        ((3, 1, 1), sha256(POINT), Kind.KEY_BITS, None),
        ((3, 1, 1), hashlib.sha1(POINT).digest(), Kind.KEY_BITS, None),  # the subject key identifier
        ((3, 1, 1), DIGEST.hex().encode(), Kind.ENCODED, None),
        ((3, 1, 1), DIGEST.hex().upper().encode() + b"\n", Kind.ENCODED, None),
        ((3, 1, 1), b64encode(DIGEST), Kind.ENCODED, None),
        ((3, 1, 1), sha256(DIGEST.hex().encode() + b"\n"), Kind.ENCODED, None),
        ((3, 1, 1), DIGEST[:31], Kind.CUT, None),
        ((3, 1, 1), DIGEST[1:], Kind.CUT, None),
        ((3, 1, 1), DIGEST[:8], Kind.CUT, None),
        ((3, 1, 1), sha256(SPKI_PEM), Kind.TEXT, None),
        ((3, 1, 1), made.spki(made.SELF_SIGNED), Kind.ADDRESS, None),
        ((2, 1, 1), made.spki(made.ROOT), Kind.UNSENT, None),
        ((3, 1, 1), made.spki(made.ROOT), Kind.USAGE, None),
        ((2, 1, 1), made.spki(STRANGER), Kind.UNSENT, None),
        ((3, 1, 1), made.spki(STRANGER), Kind.USAGE, None),
    ],
)
def test_what_it_was_made_of(
    shape: tuple[int, int, int], data: bytes, kind: Kind, shape_right: tuple[int, int, int] | None
) -> None:
    usage, selector, mtype = shape
    record = TlsaRecord(usage=usage, selector=selector, mtype=mtype, data=data)
    found = explain_mismatch(record, CHAIN, OTHERS)
    assert found is not None
    assert (found.kind, found.shape) == (kind, shape_right)


@pytest.mark.parametrize(
    ("data", "holds"),
    [
        (sha256(made.GOOD.der), "the SHA-256 digest of the server's certificate"),
        (sha256(made.INTERMEDIATE.der), "the SHA-256 digest of certificate 1 of the chain"),
        (made.INTERMEDIATE.der, "certificate 1 of the chain in full"),
        (sha256(made.SELF_SIGNED.der), "the SHA-256 digest of the certificate at 192.0.2.9"),
        (made.SELF_SIGNED.der, "the certificate at 192.0.2.9 in full"),
        (made.spki(STRANGER), "the SHA-256 digest of the key of certificate 1 of the chain of mx2"),
    ],
)
def test_how_it_is_told(data: bytes, holds: str) -> None:
    found = explain_mismatch(TlsaRecord(usage=3, selector=0, mtype=2, data=data), CHAIN, OTHERS)
    assert found is not None
    assert found.holds == holds


def test_a_certificate_too_long_to_hash_in_all_these_ways_is_left_out() -> None:
    for length, left_out in ((16 * 1024, False), (16 * 1024 + 1, True)):
        record = TlsaRecord(usage=3, selector=1, mtype=1, data=sha256(bytes(length)))
        assert (explain_mismatch(record, (bytes(length),)) is None) is left_out


@pytest.mark.parametrize(
    "spki",
    [
        b"\x30\x02\x05\x00",
        b"\x30\x06\x05\x00\x04\x02\x00x",
        b"\x30\x08\x05\x00\x03\x02\x00x\x05\x00",
        b"\x05\x00",
    ],
)
def test_what_is_no_key_has_no_bits(spki: bytes) -> None:
    """In place of a certificate: the bits of its key would be read from the same form."""
    for data in (sha256(b"x"), hashlib.sha1(b"").digest()):
        record = TlsaRecord(usage=3, selector=1, mtype=1, data=data)
        assert explain_mismatch(record, (spki,)) is None


@pytest.mark.parametrize("data", [bytes(32), DIGEST[:7], b"e3b0"])
def test_what_nobody_can_tell(data: bytes) -> None:
    record = TlsaRecord(usage=3, selector=1, mtype=1, data=data)
    assert explain_mismatch(record, CHAIN, OTHERS) is None


def test_what_matches_is_no_mistake() -> None:
    record = TlsaRecord(usage=3, selector=1, mtype=1, data=DIGEST)
    assert explain_mismatch(record, CHAIN, OTHERS) is None


@given(
    record=st.builds(
        TlsaRecord,
        usage=st.integers(0, 255),
        selector=st.integers(0, 255),
        mtype=st.integers(0, 255),
        data=st.one_of(st.binary(max_size=80), st.just(b"\x30\x80"), st.just(sha256(b"\x30\x03"))),
    ),
    chain=st.lists(st.binary(max_size=20), max_size=3).map(tuple),
)
def test_never_raises(record: TlsaRecord, chain: tuple[bytes, ...]) -> None:
    explain_mismatch(record, chain, (Other(Kind.HOST, "x", chain),))
