"""What is told of one certificate: its names, its signature, who signed it, whether it may sign others."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from test_match_der import FIELDS, OID_, SEQ, certificate, extensions, tlv

from mailpath.match.certificate import SHA1, SHA256, SHA384, describe, signature, signed_by
from mailpath.match.der import take_apart
from mailpath.match.names import MAX_NAMES, certificate_names

ALTERNATIVES, CONSTRAINTS = tlv(OID_, b"\x55\x1d\x11"), tlv(OID_, b"\x55\x1d\x13")
OTHER, PSS = b"\x2a\x03", b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"


def extended(of, content):
    return extensions(tlv(SEQ, of, tlv(0x04, content)))


def attribute(kind, text):
    return tlv(0x31, tlv(SEQ, tlv(OID_, b"\x55\x04" + bytes([kind])), tlv(0x0C, text)))


def named(*subject, alternatives=b""):
    """A certificate with these attributes, and this subjectAltName."""
    fields = (*FIELDS[:4], tlv(SEQ, *subject), FIELDS[5])
    return certificate(*([extended(ALTERNATIVES, alternatives)] if alternatives else []), fields=fields)


# --- names -----------------------------------------------------------------------------------------


def test_names_come_from_where_they_belong():
    addresses = tuple(IPv4Address("192.0.2.1").packed), tuple(IPv6Address("2001:db8::1").packed)
    sent = tlv(
        SEQ,
        tlv(0x82, b"a.bc"),
        *(tlv(0x87, bytes(address)) for address in addresses),
        tlv(0x87, b"five!"),
    )
    read = certificate_names(
        named(attribute(10, b"An organization"), attribute(3, b"A server"), alternatives=sent)
    )
    assert (read.dns, read.cns, read.refused) == (("a.bc",), (), ())
    assert read.addresses == ("192.0.2.1", "2001:db8::1")
    read = certificate_names(named(attribute(10, b"organization"), attribute(3, b"b.example")))
    assert (read.cns, read.has_dns_id) == (("b.example",), False)


def test_a_common_name_for_people_is_none_of_the_alternative_names(pki):
    made = pki.root.issue("Example Mail Server", sans=("mx1.b.example",))
    assert describe(made.der).sans == ("mx1.b.example",)
    assert describe(made.der).subject == "CN=Example Mail Server"
    forged = made.der.replace(b"mx1.b.example", b"mx1 b.example")
    assert describe(forged).sans == ("mx1 b.example",)  # shown, though it matches nothing


def test_names_that_cannot_be_read_say_which():
    bad, odd = tlv(SEQ, tlv(0x82, b"a")[:2]), tlv(SEQ, tlv(0x82, b"b.example"))
    for made, told in (
        (
            named(attribute(3, b"a"), alternatives=bad),
            "malformed subjectAltName: element longer than what holds it",
        ),
        (named(b"\x30\x00", alternatives=odd), "malformed subject: malformed distinguished name"),
        (named(b"\x30\x00", alternatives=bad), "malformed subjectAltName: element longer than what holds it"),
    ):
        assert certificate_names(made).error == told
    assert describe(named(b"\x30\x00")).subject == "unreadable name: malformed distinguished name"


def test_no_more_names_are_kept_than_anybody_needs():
    sent = tlv(SEQ, *(tlv(0x82, b"h%d.example" % number) for number in range(MAX_NAMES + 1)))
    assert len(certificate_names(named(alternatives=sent)).dns) == MAX_NAMES


# --- what it says of itself ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("constraints", "may_sign"),
    [
        (tlv(SEQ, tlv(0x01, b"\xff")), True),
        (tlv(SEQ, tlv(0x01, b"\x01")), True),
        (tlv(SEQ, tlv(0x01, b"\0")), False),
        (tlv(SEQ, tlv(0x01)), False),
        (tlv(SEQ, tlv(0x02, b"\x01")), False),
        (tlv(SEQ), False),
        (tlv(0x31, tlv(0x01, b"\xff")), False),
        (None, False),
    ],
)
def test_who_may_sign_certificates(constraints, may_sign):
    more = () if constraints is None else (extended(CONSTRAINTS, constraints),)
    assert describe(certificate(*more)).is_ca is may_sign


def pss(*fields):
    return tlv(SEQ, tlv(OID_, PSS), tlv(SEQ, *fields))


def hashed(identifier):
    return tlv(0xA0, tlv(SEQ, tlv(OID_, bytes.fromhex(identifier))))


@pytest.mark.parametrize(
    ("algorithm", "told"),
    [
        (tlv(SEQ, tlv(OID_, b"\x2b\x65\x70")), ("ED25519", 128)),
        (tlv(SEQ, tlv(OID_, b"\x2b\x65\x71")), ("ED448", 224)),
        (tlv(SEQ, tlv(OID_, OTHER)), ("1.2.3", None)),
        (pss(), ("rsassaPss with SHA1", SHA1.bits)),
        (pss(hashed("608648016503040201")), ("rsassaPss with SHA256", SHA256.bits)),
        (
            pss(tlv(0xA2, b"\x02\x01\x20"), hashed("608648016503040202")),
            ("rsassaPss with SHA384", SHA384.bits),
        ),
        (pss(hashed("2a03")), ("rsassaPss", None)),
        (pss(tlv(0xA0, tlv(SEQ))), ("rsassaPss", None)),
        (tlv(SEQ, tlv(OID_, PSS), tlv(0x05)), ("rsassaPss", None)),
    ],
)
def test_names_of_signatures(algorithm, told):
    assert signature(take_apart(certificate(algorithm=algorithm))) == told


# --- who signed it ---------------------------------------------------------------------------------


def spki(authority):
    key = authority.key.public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def test_a_forged_signature_is_nobodys(pki):
    """Of each kind of key: what it signed counts until one octet is another."""
    signers = [
        (pki.make("Ed25519", ed25519.Ed25519PrivateKey.generate(), ca=True), {}),
        (pki.make("Ed448", ed448.Ed448PrivateKey.generate(), ca=True), {}),
        (pki.make("EC", ec.generate_private_key(ec.SECP384R1()), ca=True), {}),
        (pki.rsa_ca, {}),
        (pki.rsa_ca, {"pss": True}),
    ]
    for signer, how in signers:
        leaf = signer.issue("x", sans=("mx1.b.example",), **how).der
        forged = leaf.replace(b"mx1.b.example", b"mx2.b.example")
        assert forged != leaf
        assert [signed_by(der, spki(signer)) for der in (leaf, forged)] == [True, False], (
            signer.certificate.subject
        )
    assert not signed_by(b"junk", spki(pki.root))
    of_ec_with_pss = certificate(algorithm=pss(hashed("608648016503040201")))
    assert not signed_by(of_ec_with_pss, spki(pki.root))
    assert not signed_by(certificate(), spki(pki.rsa_ca))  # of an algorithm that nobody knows


def test_self_signed_is_by_name_and_by_key(pki):
    again = pki.make("Root CA", ec.generate_private_key(ec.SECP256R1()), ca=True)
    by_another = again.issue("Root CA", ca=True)  # a root of the same name with another key
    own_key = again.issue("Another CA", again.key, ca=True)
    told = [describe(each.der).self_signed for each in (again, by_another, own_key)]
    assert told == [True, False, False]
