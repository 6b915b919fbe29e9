"""Certificates of the lab: each preset, and each field that a scenario can change."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mailpath.lab.ca import WRONG_NAME, Authority, association
from mailpath.lab.grammar import Certificate, Preset

NOW = 1_800_000_000
HOST = "mx1.b.example"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority(NOW)


def names(certificate: x509.Certificate) -> list[str]:
    extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return extension.value.get_values_for_type(x509.DNSName)


def subjects(issued) -> list[str]:
    return [each.subject.rfc4514_string().removeprefix("CN=") for each in issued.sent]


@pytest.mark.parametrize(
    ("preset", "sent"),
    [
        ("web", [HOST, "Mailpath Lab Issuing CA"]),
        ("web-noint", [HOST]),
        ("web-withroot", [HOST, "Mailpath Lab Issuing CA", "Mailpath Lab Root CA"]),
        ("web-wrongname", [WRONG_NAME, "Mailpath Lab Issuing CA"]),
        ("self", [HOST]),
        ("self-wrongname", [WRONG_NAME]),
        ("ta", [HOST, "b.example CA"]),
        ("ta-nochain", [HOST]),
        ("ta-wrongname", [WRONG_NAME, "b.example CA"]),
    ],
)
def test_chains_as_sent(authority: Authority, preset: Preset, sent: list[str]) -> None:
    issued = authority.issue(HOST, Certificate(preset=preset), "b.example")
    assert subjects(issued) == sent
    assert names(issued.leaf) == sent[:1]
    issued.leaf.verify_directly_issued_by(issued.issuer)


@pytest.mark.parametrize(
    ("preset", "valid"),
    [
        ("web", True),
        ("web-expired", False),
        ("web-notyet", False),
        ("self-expired", False),
        ("ta-expired", False),
    ],
)
def test_dates_are_relative_to_now(authority: Authority, preset: Preset, valid: bool) -> None:
    leaf = authority.issue(HOST, Certificate(preset=preset), "b.example").leaf
    now = dt.datetime.fromtimestamp(NOW, dt.UTC)
    assert (leaf.not_valid_before_utc <= now <= leaf.not_valid_after_utc) == valid


def test_fields(authority: Authority) -> None:
    spec = Certificate(names=("a.example", "*.b.example"), cn="other", eku=("client",))
    leaf = authority.issue(HOST, spec, "b.example").leaf
    assert names(leaf) == ["a.example", "*.b.example"]
    assert leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "other"
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    bare = authority.issue(HOST, Certificate(san=False, eku=()), "b.example").leaf
    for kind in (x509.SubjectAlternativeName, x509.ExtendedKeyUsage):
        with pytest.raises(x509.ExtensionNotFound):
            bare.extensions.get_extension_for_class(kind)
    nameless = authority.issue(HOST, Certificate(cn=""), "b.example").leaf
    assert not list(nameless.subject)
    assert nameless.extensions.get_extension_for_class(x509.SubjectAlternativeName).critical


def test_one_label_is_one_key(authority: Authority) -> None:
    web = authority.issue(HOST, Certificate(preset="web"), "b.example")
    own = authority.issue(HOST, Certificate(preset="self"), "b.example")
    old = authority.issue(HOST, Certificate(preset="web", key="old"), "b.example")
    assert web is authority.issue(HOST, Certificate(preset="web"), "b.example")
    assert association(web.leaf, 1, 1) == association(own.leaf, 1, 1)
    assert association(web.leaf, 1, 1) != association(old.leaf, 1, 1)
    assert association(web.leaf, 0, 1) != association(own.leaf, 0, 1)


def test_association_data(authority: Authority) -> None:
    leaf = authority.issue(HOST, Certificate(), "b.example").leaf
    der = leaf.public_bytes(Encoding.DER)
    assert association(leaf, 0, 0) == der
    assert association(leaf, 0, 1) == hashlib.sha256(der).digest()
    assert association(leaf, 0, 2) == hashlib.sha512(der).digest()


@pytest.mark.parametrize("preset", ["web", "ta", "self"])
def test_sha1_signatures_are_real(authority: Authority, preset: Preset) -> None:
    spec = Certificate(preset=preset, sha="sha1", algorithm="rsa-1024")
    issued = authority.issue(HOST, spec, "b.example")
    assert issued.leaf.signature_algorithm_oid == x509.SignatureAlgorithmOID.RSA_WITH_SHA1
    assert issued.leaf.public_key().key_size == 1024
    key = issued.issuer.public_key()
    recovered = key.recover_data_from_signature(issued.leaf.signature, padding.PKCS1v15(), hashes.SHA1())
    assert recovered == hashlib.sha1(issued.leaf.tbs_certificate_bytes).digest()
