"""The key, or the certificate, that a mail host shows next: what TLSA records will say of it."""

from __future__ import annotations

from hashlib import sha256, sha512

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from mailpath.errors import MailpathError
from mailpath.match import dane
from mailpath.match.certificate import describe

#: Bytes of a PEM file: a key, or a chain of certificates.
MAX_PEM = 256 * 1024
_DIGESTS = {dane.SHA2_256: "SHA-256", dane.SHA2_512: "SHA-512"}
_RSA = "RSA"


class BadKey(MailpathError):
    """A PEM file that cannot be used; the message says why in one sentence."""


class NextKey(msgspec.Struct, frozen=True):
    """What is known of it.  `spki`: its public key (DER); `chain`: certificates (DER), leaf first.  All of it
    is empty where nobody has named a file.
    """

    spki: bytes = b""
    chain: tuple[bytes, ...] = ()

    @property
    def is_rsa(self) -> bool | None:
        """The kind of key; None where that is not known."""
        if self.chain:
            return describe(self.chain[0]).key_type == _RSA
        if not self.spki:
            return None
        from cryptography.hazmat.primitives.serialization import load_der_public_key

        return isinstance(load_der_public_key(self.spki), rsa.RSAPublicKey)

    def data(self, usage: int, selector: int, mtype: int, whose: str = "") -> str:
        """TLSA data in hexadecimal, or a placeholder that says what to put there.

        `whose`: " of mx1.b.example", where several hosts change.
        """
        known = self.known(usage, selector, mtype)
        if known:
            return known.hex()
        key = "key" if selector == dane.SPKI else "certificate"
        named = f"the next {key}" if usage == dane.DANE_EE else f"the next CA's {key}"
        digest = _DIGESTS.get(mtype)
        return f"<{digest} of {named}{whose}>" if digest else f"<{named}{whose}, DER, in hexadecimal>"

    def known(self, usage: int, selector: int, mtype: int) -> bytes:
        """TLSA data; empty where the files named do not show it."""
        if usage == dane.DANE_EE:
            if self.chain:
                return dane.computed((selector, mtype), self.chain[0])
            if self.spki and selector == dane.SPKI:
                return {
                    dane.FULL: self.spki,
                    dane.SHA2_256: sha256(self.spki).digest(),
                    dane.SHA2_512: sha512(self.spki).digest(),
                }.get(mtype, b"")
        if usage == dane.DANE_TA and len(self.chain) > 1:
            return dane.computed((selector, mtype), self.chain[1])
        return b""


def read_key(pem: bytes) -> NextKey:
    """The key in `pem`: public, or private, of which only the public half is kept.  Raises `BadKey`."""
    try:
        if b"PUBLIC KEY" in pem:
            public = load_pem_public_key(pem)
        elif b"BEGIN CERTIFICATE" in pem and b"PRIVATE KEY" not in pem:
            raise BadKey("holds a certificate, not a key: name it with --cert.")
        else:
            public = load_pem_private_key(pem, None).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        why = "it is encrypted" if isinstance(error, TypeError) else "it holds no key in PEM"
        raise BadKey(f"cannot be read: {why}.") from error
    return NextKey(spki=public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def read_certificate(pem: bytes) -> NextKey:
    """The certificates in `pem`, the host's own first.  Raises `BadKey`."""
    try:
        found = x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise BadKey("cannot be read: it holds no certificate in PEM.") from error
    chain = tuple(each.public_bytes(Encoding.DER) for each in found)
    facts = describe(chain[0])
    if facts.error:
        raise BadKey(f"cannot be used: {facts.error}.")
    spki = found[0].public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return NextKey(spki=spki, chain=chain)
