"""Which handshake a certificate's keyUsage allows, and which suites a sender offers."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from judge_builders import key_usage as bits
from msgspec.structs import replace

from mailpath.exchanges import TlsProfile, TlsSession
from mailpath.match import der as asn1
from mailpath.match import usage

SIGNED, CARRIED = ("TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256"), ("TLSv1.2", "AES128-GCM-SHA256")
IN_13 = ("TLSv1.3", "AES128-GCM-SHA256")


@pytest.fixture
def leaf(pki):
    """Issues a leaf with these extensions."""
    return lambda *extensions: (
        pki.make("mx1.b.example", ec.generate_private_key(ec.SECP256R1()), extensions=extensions).der
    )


@pytest.mark.parametrize(
    ("named", "allowed"),
    [
        (("digital_signature",), (True, False, True)),
        (("key_encipherment",), (False, True, False)),
        (("key_agreement",), (False, True, False)),
        (("crl_sign",), (False, False, False)),
        (("digital_signature", "key_encipherment"), (True, True, True)),
    ],
)
def test_key_usage_and_key_exchange(leaf, named, allowed):
    der = leaf(bits(*named))
    assert tuple(usage.allows_handshake(der, *suite) for suite in (SIGNED, CARRIED, IN_13)) == allowed


def test_without_key_usage_every_handshake_is_allowed(leaf):
    for der in (leaf(), b"no certificate"):
        assert usage.allows_handshake(der, *SIGNED)
        assert usage.allows_handshake(der, *CARRIED)


@pytest.mark.parametrize(
    ("content", "read"),
    [(b"\x03\x02\x07\x80", 0x80), (b"\x03\x01\x00", 0), (b"\x04\x01\x80", 0)],
    ids=["one bit", "no bits", "no bit string"],
)
def test_key_usage_as_it_is_written(leaf, content, read):
    parts = asn1.take_apart(leaf())
    assert usage.key_usage(parts) is None
    assert usage.key_usage(replace(parts, extensions={usage.KEY_USAGE: content})) == read


def test_extended_key_usage_as_it_is_written(leaf):
    parts = asn1.take_apart(leaf())
    assert usage.extended_key_usage(parts) is None
    for content, read in (
        (b"\x30\x08\x06\x02\x2a\x03\x0d\x02\x2a\x04", frozenset({"1.2.3"})),
        (b"\x30\x00", frozenset()),
        (b"\x31\x04\x06\x02\x2a\x03", frozenset()),
    ):
        there = replace(parts, extensions={usage.EXTENDED_KEY_USAGE: content})
        assert usage.extended_key_usage(there) == read


@pytest.mark.parametrize(
    ("version", "suite", "gnutls", "go", "openssl_2"),
    [
        ("TLSv1.3", "TLS_AES_128_GCM_SHA256", True, True, True),
        ("TLSv1.3", "TLS_AES_128_CCM_SHA256", True, True, True),
        ("TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256", True, True, True),
        ("TLSv1.2", "ECDHE-RSA-AES128-SHA256", False, False, True),
        ("TLSv1.2", "AES256-GCM-SHA384", True, False, True),
        ("TLSv1.2", "DHE-RSA-AES256-GCM-SHA384", True, False, False),
    ],
)
def test_what_a_profile_offers(version, suite, gnutls, go, openssl_2):
    held = TlsSession(version=version, cipher=suite)
    senders = (TlsProfile.GNUTLS, TlsProfile.GO, TlsProfile.OPENSSL_2, TlsProfile.FULL)
    assert tuple(usage.offers(each, held) for each in senders) == (gnutls, go, openssl_2, True)


@pytest.mark.parametrize(
    ("suite", "go", "group"),
    [
        ("TLS_AES_128_GCM_SHA256", True, False),
        ("ECDHE-RSA-AES256-GCM-SHA384", True, False),
        ("ECDHE-ECDSA-CHACHA20-POLY1305", True, False),
        ("ECDHE-RSA-AES128-SHA", True, False),
        ("ECDHE-RSA-AES128-SHA256", False, False),
        ("AES256-GCM-SHA384", False, False),
        ("DHE-RSA-AES256-GCM-SHA384", False, True),
        ("ADH-AES256-GCM-SHA384", False, False),
    ],
)
def test_what_go_offers_and_where_the_server_chooses_the_group(suite, go, group):
    assert (usage.go_offers(suite), usage.finite_field(suite)) == (go, group)
