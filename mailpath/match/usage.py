"""What a certificate allows its key to do (RFC 5280 sections 4.2.1.3, 4.2.1.12), and cipher suites."""

from __future__ import annotations

import re

from mailpath.exchanges import TlsProfile, TlsSession
from mailpath.match import der as asn1

KEY_USAGE = "2.5.29.15"
EXTENDED_KEY_USAGE = "2.5.29.37"

SERVER_AUTH = "1.3.6.1.5.5.7.3.1"
ANY_PURPOSE = "2.5.29.37.0"

#: Suites whose name begins with the bulk cipher, because RSA carries the key.
_RSA_TRANSPORT = re.compile("AES|ARIA|CAMELLIA|DES|IDEA|NULL|RC4|SEED")

#: Suites that GnuTLS 3.7 leaves out of its priority NORMAL, by OpenSSL's names: rare ciphers, and CBC suites
#: with a MAC other than SHA-1; none of TLS 1.3, whose names have no hyphens.
_NOT_NORMAL = re.compile("ARIA|CAMELLIA|CCM8|SEED|IDEA|RC4|DES-|PSK|SRP|(?<!GCM)(?<!POLY1305)-SHA(256|384)$")

#: What Go's crypto/tls offers below TLS 1.3 (cipher_suites.go): ECDHE, with an AEAD or AES-CBC and SHA-1.
_GO = re.compile(
    r"ECDHE-(?:RSA|ECDSA)-(?:AES(?:128|256)-GCM-SHA(?:256|384)|CHACHA20-POLY1305|AES(?:128|256)-SHA)\Z"
)

#: Bits of the first octet of keyUsage.
DIGITAL_SIGNATURE, KEY_ENCIPHERMENT, KEY_AGREEMENT = 0x80, 0x20, 0x08


def gnutls_offers(cipher: str) -> bool:
    """Whether a sender with GnuTLS's defaults offers the suite of this OpenSSL name."""
    return _NOT_NORMAL.search(cipher) is None


def go_offers(cipher: str) -> bool:
    """Whether a sender with the defaults of Go's crypto/tls offers the suite of this OpenSSL name."""
    return cipher.startswith("TLS_") or _GO.match(cipher) is not None


def finite_field(cipher: str) -> bool:
    """Whether the server chooses the Diffie-Hellman group of the suite of this OpenSSL name."""
    return cipher.startswith(("DHE-", "EDH-"))


def offers(profile: TlsProfile, tls: TlsSession) -> bool:
    """Whether the suite and the group of `tls`, a session held with FULL, are among what `profile` offers."""
    if profile is TlsProfile.GNUTLS:
        return gnutls_offers(tls.cipher)
    if profile is TlsProfile.GO:
        return tls.version == "TLSv1.3" or go_offers(tls.cipher)
    return profile is not TlsProfile.OPENSSL_2 or not finite_field(tls.cipher)


def extended_key_usage(parts: asn1.Parts) -> frozenset[str] | None:
    """OIDs of extendedKeyUsage; None without it, empty when unreadable."""
    extension = parts.extensions.get(EXTENDED_KEY_USAGE)
    if extension is None:
        return None
    try:
        uses = asn1.elements(asn1.only(extension, asn1.SEQUENCE).content)
        return frozenset(asn1.oid(use.content) for use in uses if use.tag == asn1.OID)
    except asn1.BadDer:
        return frozenset()


def key_usage(parts: asn1.Parts) -> int | None:
    """The first octet of keyUsage; None without it, 0 when unreadable."""
    extension = parts.extensions.get(KEY_USAGE)
    if extension is None:
        return None
    try:
        bits = asn1.only(extension, asn1.BIT_STRING).content
    except asn1.BadDer:
        return 0
    return bits[1] if len(bits) > 1 else 0


def allows_handshake(der: bytes, version: str, cipher: str) -> bool:
    """Does keyUsage of the leaf `der` allow the key exchange of `cipher` (OpenSSL's name)?

    RFC 5246 section 7.4.2: digitalSignature where the server signs its share, as TLS 1.3 always does;
    keyEncipherment (GnuTLS takes keyAgreement as well) where RSA carries the secret.
    """
    parts = asn1.parts(der)
    usage = key_usage(parts) if parts is not None else None
    if not usage:
        return True
    signing = signed_exchange(version, cipher)
    return bool(usage & (DIGITAL_SIGNATURE if signing else KEY_ENCIPHERMENT | KEY_AGREEMENT))


def signed_exchange(version: str, cipher: str) -> bool:
    """Does the server sign its share of the key, or does RSA carry the secret (OpenSSL's name for it)?"""
    return version == "TLSv1.3" or not _RSA_TRANSPORT.match(cipher)
