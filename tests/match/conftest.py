"""Certificates made once per session: EC keys, so that they cost nothing; RSA only where SHA-1 needs it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

#: The moment of every test: 2026-06-01.
AT = 1780272000
DAY = 86400
SHA256_RSA = bytes.fromhex("2a864886f70d01010b")
SHA1_RSA = bytes.fromhex("2a864886f70d010105")


class Authority:
    """A certificate with its key, and what it issues."""

    def __init__(self, certificate, key):
        self.certificate, self.key = certificate, key
        self.der = certificate.public_bytes(Encoding.DER)

    def issue(self, cn="leaf.example", key=None, **options):
        return make(cn, key or ec.generate_private_key(ec.SECP256R1()), self, **options)


def make(
    cn,
    key,
    issuer=None,
    *,
    sans=(),
    ca=False,
    days=(-30, 365),
    eku=None,
    extensions=(),
    pss=False,
    digest=None,
):
    """One certificate; `days` around AT.  `cn`: one common name or a tuple of them, () for none."""
    now = datetime.fromtimestamp(AT, UTC)
    cns = (cn,) if isinstance(cn, str) else cn
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each) for each in cns])
    parent_key = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(parent_key.public_key()), critical=False
        )
    )
    if sans:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name) for name in sans]), critical=False
        )
    if eku:
        builder = builder.add_extension(x509.ExtendedKeyUsage([eku]), critical=False)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    if not isinstance(parent_key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey):
        digest = digest or hashes.SHA256()
    pss_padding = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH) if pss else None
    return Authority(builder.sign(parent_key, digest, rsa_padding=pss_padding), key)


def _der(tag, content):
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def sha1_signed(authority, issuer):
    """`authority`'s certificate signed again by the RSA key of `issuer`, with SHA-1 (no library will)."""
    tbs = authority.certificate.tbs_certificate_bytes.replace(SHA256_RSA, SHA1_RSA)
    signature = issuer.key.sign(tbs, padding.PKCS1v15(), hashes.SHA1())
    algorithm = _der(0x30, _der(0x06, SHA1_RSA) + b"\x05\x00")
    return _der(0x30, tbs + algorithm + _der(0x03, b"\0" + signature))


class Pki:
    """root -> intermediate -> leaf; a second root; leaves of every sort; `make` for one more."""

    make = staticmethod(make)

    def __init__(self):
        def ec_key():
            return ec.generate_private_key(ec.SECP256R1())

        self.root = make("Root CA", ec_key(), ca=True, days=(-400, 3650))
        self.intermediate = self.root.issue("Issuing CA", ca=True, days=(-300, 1800))
        self.leaf = self.intermediate.issue("mx1.b.example", sans=("mx1.b.example",))
        self.chain = (self.leaf.der, self.intermediate.der)
        self.roots = (self.root.der,)
        self.other_root = make("Other Root", ec_key(), ca=True, days=(-400, 3650))
        self.self_signed = make("mx1.b.example", ec_key(), sans=("mx1.b.example",))
        self.self_signed_ca = make("mx1.b.example", ec_key(), sans=("mx1.b.example",), ca=True)
        self.expired = self.intermediate.issue("mx1.b.example", sans=("mx1.b.example",), days=(-90, -10))
        self.not_yet = self.intermediate.issue("mx1.b.example", sans=("mx1.b.example",), days=(10, 90))
        self.client_only = self.intermediate.issue(
            "mx1.b.example", sans=("mx1.b.example",), eku=ExtendedKeyUsageOID.CLIENT_AUTH
        )
        self.server_only = self.intermediate.issue(
            "mx1.b.example", sans=("mx1.b.example",), eku=ExtendedKeyUsageOID.SERVER_AUTH
        )
        self.cn_only = self.intermediate.issue("mx1.b.example")
        self.rsa_ca = make("RSA CA", rsa.generate_private_key(65537, 2048), ca=True)
        self.sha1 = sha1_signed(self.rsa_ca.issue("mx1.b.example", sans=("mx1.b.example",)), self.rsa_ca)
        self.sha1_root = sha1_signed(self.rsa_ca, self.rsa_ca)
        self.under_sha1 = self.rsa_ca.issue("mx1.b.example", sans=("mx1.b.example",))
        self.rsa_1024 = self.root.issue(
            "mx1.b.example", key=rsa.generate_private_key(65537, 1024), sans=("mx1.b.example",)
        )


@pytest.fixture(scope="session")
def pki():
    return Pki()
