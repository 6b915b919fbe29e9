"""One certificate for people: what a certificate viewer shows of it (RFC 5280 section 4.1).

All text is raw: the code that shows it must pass it through `visible()`.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from mailpath.match import der as asn1
from mailpath.match.names import certificate_names

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.hashes import HashAlgorithm

BASIC_CONSTRAINTS = "2.5.29.19"


class Digest(NamedTuple):
    """A digest.  `bits`: its security as OpenSSL 3 counts it, half its length, or less if it is broken."""

    name: str
    bits: int

    @property
    def algorithm(self) -> HashAlgorithm:
        """As the library knows it, which calls it the same."""
        from cryptography.hazmat.primitives import hashes

        found: HashAlgorithm = getattr(hashes, self.name)()
        return found


MD5 = Digest("MD5", 39)
SHA1 = Digest("SHA1", 63)
SHA224 = Digest("SHA224", 112)
SHA256 = Digest("SHA256", 128)
SHA384 = Digest("SHA384", 192)
SHA512 = Digest("SHA512", 256)

#: Signature algorithm OID: its name as openssl(1) prints it, and its digest.  RSASSA-PSS names its digest in
#: its parameters; Ed25519 and Ed448 have none of their own.
SIGNATURES: dict[str, tuple[str, Digest]] = {
    "1.2.840.113549.1.1.4": ("md5WithRSAEncryption", MD5),
    "1.2.840.113549.1.1.5": ("sha1WithRSAEncryption", SHA1),
    "1.2.840.113549.1.1.14": ("sha224WithRSAEncryption", SHA224),
    "1.2.840.113549.1.1.11": ("sha256WithRSAEncryption", SHA256),
    "1.2.840.113549.1.1.12": ("sha384WithRSAEncryption", SHA384),
    "1.2.840.113549.1.1.13": ("sha512WithRSAEncryption", SHA512),
    "1.2.840.10045.4.1": ("ecdsa-with-SHA1", SHA1),
    "1.2.840.10045.4.3.1": ("ecdsa-with-SHA224", SHA224),
    "1.2.840.10045.4.3.2": ("ecdsa-with-SHA256", SHA256),
    "1.2.840.10045.4.3.3": ("ecdsa-with-SHA384", SHA384),
    "1.2.840.10045.4.3.4": ("ecdsa-with-SHA512", SHA512),
    "1.2.840.10040.4.3": ("dsaWithSHA1", SHA1),
    "2.16.840.1.101.3.4.3.1": ("dsa_with_SHA224", SHA224),
    "2.16.840.1.101.3.4.3.2": ("dsa_with_SHA256", SHA256),
}
RSASSA_PSS = "1.2.840.113549.1.1.10"
_EDWARDS = {"1.3.101.112": ("ED25519", 128), "1.3.101.113": ("ED448", 224)}
_DIGESTS = {
    "1.3.14.3.2.26": SHA1,
    "2.16.840.1.101.3.4.2.4": SHA224,
    "2.16.840.1.101.3.4.2.1": SHA256,
    "2.16.840.1.101.3.4.2.2": SHA384,
    "2.16.840.1.101.3.4.2.3": SHA512,
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
    """What one certificate says.  If it is no certificate, `error` is set and all else is empty.

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


@lru_cache(asn1.REMEMBERED)
def describe(der: bytes) -> CertificateFacts:
    """What the certificate `der` says.  Never raises."""
    try:
        parts = asn1.take_apart(der)
    except asn1.BadDer as error:
        return CertificateFacts(error=f"no certificate: {error}", sha256=sha256(der).hexdigest())
    names = certificate_names(der)
    key_type, key_bits, _ = public_key(parts.spki)
    return CertificateFacts(
        subject=_format_name(parts.subject),
        issuer=_format_name(parts.issuer),
        serial=parts.serial,
        sans=names.dns + tuple(raw.decode("utf-8", "replace") for raw in names.refused),
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


def _format_name(name: bytes) -> str:
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


def signature(parts: asn1.Parts) -> tuple[str, int | None]:
    """Name of the signature algorithm and its security in bits; None if unknown."""
    if parts.signature_oid in _EDWARDS:
        return _EDWARDS[parts.signature_oid]
    digest = _find_digest(parts)
    if parts.signature_oid == RSASSA_PSS:
        return (f"rsassaPss with {digest.name}", digest.bits) if digest else ("rsassaPss", None)
    name, known = SIGNATURES.get(parts.signature_oid, (parts.signature_oid, None))
    return name, known.bits if known else None


def _find_digest(parts: asn1.Parts) -> Digest | None:
    """The digest that the issuer signed; None if the algorithm has none or is unknown."""
    if parts.signature_oid != RSASSA_PSS:
        known = SIGNATURES.get(parts.signature_oid)
        return known[1] if known else None
    try:
        for field in asn1.elements(asn1.only(parts.signature_parameters, asn1.SEQUENCE).content):
            if field.tag == 0xA0:
                algorithm = next(asn1.elements(asn1.only(field.content, asn1.SEQUENCE).content))
                return _DIGESTS.get(asn1.oid(algorithm.content))
    except (asn1.BadDer, StopIteration):
        return None
    return SHA1  # RFC 4055 section 3.1: the default


@lru_cache(asn1.REMEMBERED)
def public_key(spki: bytes) -> tuple[str, int, int | None]:
    """(type, size in bits, security in bits) of a SubjectPublicKeyInfo; ("", 0, None) when unreadable.

    Security of RSA and DSA by NIST SP 800-57 part 1, as OpenSSL's security levels count it.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
    from cryptography.hazmat.primitives.serialization import load_der_public_key

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


@lru_cache(asn1.REMEMBERED)
def signed_by(der: bytes, spki: bytes) -> bool:
    """Did the key `spki` sign the certificate `der`?  Compares no names.  Never raises."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    parts = asn1.parts(der)
    if parts is None:
        return False
    digest = _find_digest(parts)
    try:
        key = load_der_public_key(spki)
        if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
            key.verify(parts.signature, parts.tbs)
        elif digest is None:
            return False
        elif isinstance(key, rsa.RSAPublicKey) and parts.signature_oid == RSASSA_PSS:
            pss = padding.PSS(padding.MGF1(digest.algorithm), padding.PSS.AUTO)
            key.verify(parts.signature, parts.tbs, pss, digest.algorithm)
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(parts.signature, parts.tbs, padding.PKCS1v15(), digest.algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(parts.signature, parts.tbs, ec.ECDSA(digest.algorithm))
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True
