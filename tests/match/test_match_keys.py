"""How strong a public key is: NIST SP 800-57 part 1, as OpenSSL counts it."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mailpath.match.certificate import public_key, signed_by


def rsa_key(bits):
    return rsa.RSAPublicNumbers(65537, 1 << (bits - 1) | 1).public_key()


def dsa_key(bits):
    parameters = dsa.DSAParameterNumbers(1 << (bits - 1) | 1, 1 << 255 | 1, 2)
    return dsa.DSAPublicNumbers(4, parameters).public_key()


def ec_key(curve):
    return ec.generate_private_key(curve).public_key()


@pytest.mark.parametrize(
    ("key", "told"),
    [
        (rsa_key(1023), ("RSA", 1023, 0)),
        (rsa_key(1024), ("RSA", 1024, 80)),
        (rsa_key(2047), ("RSA", 2047, 80)),
        (rsa_key(2048), ("RSA", 2048, 112)),
        (rsa_key(3071), ("RSA", 3071, 112)),
        (rsa_key(3072), ("RSA", 3072, 128)),
        (rsa_key(7679), ("RSA", 7679, 128)),
        (rsa_key(7680), ("RSA", 7680, 192)),
        (rsa_key(15359), ("RSA", 15359, 192)),
        (rsa_key(15360), ("RSA", 15360, 256)),
        (dsa_key(2048), ("DSA", 2048, 112)),
        (ec_key(ec.SECP256R1()), ("EC secp256r1", 256, 128)),
        (ec_key(ec.SECP384R1()), ("EC secp384r1", 384, 192)),
        (ed25519.Ed25519PrivateKey.generate().public_key(), ("Ed25519", 256, 128)),
        (ed448.Ed448PrivateKey.generate().public_key(), ("Ed448", 456, 224)),
        (x25519.X25519PrivateKey.generate().public_key(), ("X25519PublicKey", 0, None)),
    ],
    ids=lambda each: "-".join(map(str, each)) if isinstance(each, tuple) else "",
)
def test_public_key(key, told):
    assert public_key(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)) == told


def test_what_is_no_key_has_no_strength():
    assert public_key(b"no key") == ("", 0, None)


def test_a_key_that_signs_nothing_has_signed_no_certificate(pki):
    for key in (x25519.X25519PrivateKey.generate().public_key(), dsa_key(2048)):
        spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        assert not signed_by(pki.leaf.der, spki)
