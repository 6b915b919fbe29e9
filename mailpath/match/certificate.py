"""One certificate for people: what a certificate viewer shows of it (RFC 5280 section 4.1).

All text is raw: whoever shows it sends it through `visible()`.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509 import load_der_x509_certificate

from mailpath.match import der as asn1
from mailpath.match.names import certificate_names

BASIC_CONSTRAINTS = "2.5.29.19"
EXTENDED_KEY_USAGE = "2.5.29.37"

#: Signature algorithm OID: name as openssl(1) prints it, and its digest's security in bits as OpenSSL 3
#: counts it (half the digest length; SHA-1 and MD5 less, for their known collisions).  RSASSA-PSS names
#: its digest in its parameters and is looked up there.
SIGNATURES: dict[str, tuple[str, int]] = {
    "1.2.840.113549.1.1.4": ("md5WithRSAEncryption", 39),
    "1.2.840.113549.1.1.5": ("sha1WithRSAEncryption", 63),
    "1.2.840.113549.1.1.11": ("sha256WithRSAEncryption", 128),
    "1.2.840.113549.1.1.12": ("sha384WithRSAEncryption", 192),
    "1.2.840.113549.1.1.13": ("sha512WithRSAEncryption", 256),
    "1.2.840.113549.1.1.14": ("sha224WithRSAEncryption", 112),
    "1.2.840.10045.4.1": ("ecdsa-with-SHA1", 63),
    "1.2.840.10045.4.3.1": ("ecdsa-with-SHA224", 112),
    "1.2.840.10045.4.3.2": ("ecdsa-with-SHA256", 128),
    "1.2.840.10045.4.3.3": ("ecdsa-with-SHA384", 192),
    "1.2.840.10045.4.3.4": ("ecdsa-with-SHA512", 256),
    "1.2.840.10040.4.3": ("dsaWithSHA1", 63),
    "2.16.840.1.101.3.4.3.1": ("dsa_with_SHA224", 112),
    "2.16.840.1.101.3.4.3.2": ("dsa_with_SHA256", 128),
    "1.3.101.112": ("ED25519", 128),
    "1.3.101.113": ("ED448", 224),
}
RSASSA_PSS = "1.2.840.113549.1.1.10"
_DIGESTS: dict[str, tuple[str, int]] = {
    "1.3.14.3.2.26": ("SHA1", 63),
    "2.16.840.1.101.3.4.2.4": ("SHA224", 112),
    "2.16.840.1.101.3.4.2.1": ("SHA256", 128),
    "2.16.840.1.101.3.4.2.2": ("SHA384", 192),
    "2.16.840.1.101.3.4.2.3": ("SHA512", 256),
}
_ATTRIBUTES = {
    "2.5.4.3": "CN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "emailAddress",
}


class CertificateFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What one certificate says.  `error` is set, and all else empty, when it is no certificate.

    `subject`, `issuer`: one line, most general attribute first, as openssl(1) prints it.  `sans`: DNS-IDs.
    Times in Unix seconds, None when unreadable.  `key_type`: "RSA", "EC prime256v1", "Ed25519", "" when
    the key cannot be read.  `sha256`, `spki_sha256`: lower-case hex.
    """

    subject: str = ""
    issuer: str = ""
    serial: int = 0
    sans: tuple[str, ...] = ()
    not_before: int | None = None
    not_after: int | None = None
    key_type: str = ""
    key_bits: int = 0
    signature_algorithm: str = ""
    sha256: str = ""
    spki_sha256: str = ""
    is_ca: bool = False
    self_signed: bool = False
    error: str = ""


@lru_cache(maxsize=1024)
def describe(der: bytes) -> CertificateFacts:
    """What the certificate `der` says.  Never raises."""
    try:
        parts = asn1.take_apart(der)
    except asn1.BadDer as error:
        return CertificateFacts(error=f"no certificate: {error}", sha256=sha256(der).hexdigest())
    names = certificate_names(der)
    key_type, key_bits, _ = public_key(parts.spki)
    return CertificateFacts(
        subject=_line(parts.subject),
        issuer=_line(parts.issuer),
        serial=parts.serial,
        sans=names.dns + tuple(raw.decode("utf-8", "replace") for raw in names.refused if names.has_dns_id),
        not_before=parts.not_before,
        not_after=parts.not_after,
        key_type=key_type,
        key_bits=key_bits,
        signature_algorithm=signature(parts)[0],
        sha256=sha256(der).hexdigest(),
        spki_sha256=sha256(parts.spki).hexdigest(),
        is_ca=_is_ca(parts),
        self_signed=parts.issuer == parts.subject and signed_by(der, parts.spki),
    )


def _line(name: bytes) -> str:
    try:
        shown = [
            f"{_ATTRIBUTES.get(kind, kind)}={asn1.text(tag, content)}"
            for kind, tag, content in asn1.attributes(name)
        ]
    except asn1.BadDer as error:
        return f"unreadable name: {error}"
    return ", ".join(shown)


def _is_ca(parts: asn1.Parts) -> bool:
    extension = parts.extensions.get(BASIC_CONSTRAINTS)
    if extension is None:
        return False
    try:
        fields = list(asn1.elements(asn1.only(extension, asn1.SEQUENCE).content))
    except asn1.BadDer:
        return False
    return bool(fields) and fields[0].tag == 0x01 and fields[0].content not in (b"", b"\0")


def extended_key_usage(parts: asn1.Parts) -> frozenset[str] | None:
    """OIDs of extendedKeyUsage (RFC 5280 section 4.2.1.12); None without it, empty when unreadable."""
    extension = parts.extensions.get(EXTENDED_KEY_USAGE)
    if extension is None:
        return None
    try:
        uses = asn1.elements(asn1.only(extension, asn1.SEQUENCE).content)
        return frozenset(asn1.oid(use.content) for use in uses if use.tag == asn1.OID)
    except asn1.BadDer:
        return frozenset()


def signature(parts: asn1.Parts) -> tuple[str, int | None]:
    """Name of the signature algorithm and its digest's security in bits; None where it is not known."""
    if parts.signature_oid != RSASSA_PSS:
        return SIGNATURES.get(parts.signature_oid, (parts.signature_oid, None))
    digest = "1.3.14.3.2.26"  # RFC 4055 section 3.1: SHA-1 unless the parameters say otherwise
    try:
        for field in asn1.elements(asn1.only(parts.signature_parameters, asn1.SEQUENCE).content):
            if field.tag == 0xA0:
                algorithm = next(asn1.elements(asn1.only(field.content, asn1.SEQUENCE).content))
                digest = asn1.oid(algorithm.content)
    except (asn1.BadDer, StopIteration):
        return "rsassaPss", None
    name, bits = _DIGESTS.get(digest, (digest, 0))
    return f"rsassaPss with {name}", bits or None


@lru_cache(maxsize=1024)
def public_key(spki: bytes) -> tuple[str, int, int | None]:
    """(type, size in bits, security in bits) of a SubjectPublicKeyInfo; ("", 0, None) when unreadable.

    Security of RSA and DSA by NIST SP 800-57 part 1, as OpenSSL's security levels count it.
    """
    try:
        key = load_der_public_key(spki)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return "", 0, None
    if isinstance(key, rsa.RSAPublicKey | dsa.DSAPublicKey):
        kind = "RSA" if isinstance(key, rsa.RSAPublicKey) else "DSA"
        steps = ((15360, 256), (7680, 192), (3072, 128), (2048, 112), (1024, 80))
        return kind, key.key_size, next((bits for size, bits in steps if key.key_size >= size), 0)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.name}", key.curve.key_size, key.curve.key_size // 2
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "Ed25519", 256, 128
    if isinstance(key, ed448.Ed448PublicKey):
        return "Ed448", 456, 224
    return type(key).__name__, 0, None


@lru_cache(maxsize=1024)
def signed_by(der: bytes, spki: bytes) -> bool:
    """Was the certificate `der` signed by the key `spki`?  No name is compared."""
    try:
        certificate = load_der_x509_certificate(der)
        key = load_der_public_key(spki)
        parameters = certificate.signature_algorithm_parameters
        sealed, signed = certificate.signature, certificate.tbs_certificate_bytes
        digest = certificate.signature_hash_algorithm
        if isinstance(key, rsa.RSAPublicKey) and digest is not None:
            if not isinstance(parameters, padding.PKCS1v15 | padding.PSS):
                return False
            key.verify(sealed, signed, parameters, digest)
        elif isinstance(key, ec.EllipticCurvePublicKey) and isinstance(parameters, ec.ECDSA):
            key.verify(sealed, signed, parameters)
        elif isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
            key.verify(sealed, signed)
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True
