"""The simulated attacker: its names, its address, its mail server, and the certificates it can get.

Nothing here opens a socket or is ever trusted outside a re-walk.  Names live under `attacker.invalid`
(RFC 6761 section 6.4: nobody can register it), the address is one for documentation (RFC 5737).
Certificates are real X.509 on P-256 (RFC 5280), made for the occasion with keys and signatures that follow
from their names alone (RFC 6979), so that the same attack gives the same octets each time.

Authorities that everybody trusts are not ours to sign with: where an attack needs one, a simulated root
stands for it, says so in its name, and is added to the trusted roots of the attacked walk only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mailpath.exchanges import Chunk, SmtpExchange, SmtpRequest, TlsSession
from mailpath.network.protocol import SIMULATED_ZONE
from mailpath.wording.times import DAY, calendar

ZONE = SIMULATED_ZONE
HOST = f"mail.{ZONE}"
ADDRESS = "203.0.113.66"

ROOT_NAME = "mailpath SIMULATED trusted root (what-if attack)"

#: The order of the group of P-256 (SEC 2 section 2.4.2): private keys are below it.
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
#: RFC 5280 appendix A.1, ub-common-name.
_LONGEST_COMMON_NAME = 64


class AttackerCertificate(StrEnum):
    """What certificate the attacker's server shows."""

    SELF_SIGNED = "self-signed"  # the MX host's name, vouched for by nobody
    OWN = "own"  # the attacker's own name, by a trusted authority
    MISISSUED = "misissued"  # the MX host's name, by a trusted authority that should not have


@lru_cache(maxsize=2)
def _key(label: str) -> ec.EllipticCurvePrivateKey:
    """A key that follows from its label: a secret to nobody, and used for nothing but a simulation."""
    number = int.from_bytes(hashlib.sha512(f"mailpath simulation: {label}".encode()).digest())
    return ec.derive_private_key(number % (_ORDER - 1) + 1, ec.SECP256R1())


@lru_cache(maxsize=1)
def key_digest() -> str:
    """SHA-256 over the SubjectPublicKeyInfo of every certificate that the attacker's server shows, in hex."""
    public = _key("attacker").public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(public).hexdigest()


@lru_cache(maxsize=64)
def root(at: int) -> bytes:
    """The simulated trusted root as of `at`: DER."""
    builder = _builder(ROOT_NAME, _key("trusted root").public_key(), at, years=10)
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(usage, critical=True).issuer_name(_subject(ROOT_NAME))
    return _signed(builder, _key("trusted root"))


@lru_cache(maxsize=256)
def chain(certificate: AttackerCertificate, names: tuple[str, ...], at: int) -> tuple[bytes, ...]:
    """What the server presents as of `at`: DER, leaf first.  `names`: A-labels of the hosts it poses as."""
    certified = (HOST,) if certificate is AttackerCertificate.OWN or not names else names
    issuer, issuer_name = _key("trusted root"), ROOT_NAME
    if certificate is AttackerCertificate.SELF_SIGNED:
        issuer, issuer_name = _key("attacker"), certified[0]
    builder = _builder(certified[0], _key("attacker").public_key(), at, years=1)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in certified])
    builder = builder.add_extension(alternatives, critical=len(certified[0]) > _LONGEST_COMMON_NAME)
    return (_signed(builder.issuer_name(_subject(issuer_name)), issuer),)


def _subject(common: str) -> x509.Name:
    if len(common) > _LONGEST_COMMON_NAME:
        return x509.Name([])
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(common: str, key: ec.EllipticCurvePublicKey, at: int, *, years: int) -> x509.CertificateBuilder:
    """A certificate in the middle of its life at `at`."""
    half = years * 365 * DAY // 2
    serial = hashlib.sha256(f"{common} {at} {years}".encode()).digest()[:16]
    return (
        x509.CertificateBuilder()
        .subject_name(_subject(common))
        .public_key(key)
        .serial_number(int.from_bytes(serial) + 1)
        .not_valid_before(calendar(max(at - half, 0)))
        .not_valid_after(calendar(max(at, 0) + half))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _signed(builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey) -> bytes:
    """The certificate in DER, signed without a random number (RFC 6979)."""
    return builder.sign(key, hashes.SHA256(), ecdsa_deterministic=True).public_bytes(Encoding.DER)


# --- the mail server -------------------------------------------------------------------------------


def session(request: SmtpRequest, presented: tuple[bytes, ...], name: str, ehlo: str) -> SmtpExchange:
    """A session with the attacker's server: it offers everything and takes everything.

    `name`: what it calls itself.  `ehlo`: what we call ourselves.
    """
    hello = b"EHLO " + ehlo.encode("ascii", "replace")
    own = name.encode("ascii", "replace")
    clear = [
        (b"", b"220 " + own + b" ESMTP"),
        (hello, b"250-" + own + b"\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 STARTTLS"),
        (b"STARTTLS", b"220 2.0.0 Ready to start TLS"),
    ]
    secret = [(hello, b"250-" + own + b"\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 REQUIRETLS")]
    if request.envelope is not None:
        secret += [
            (f"MAIL FROM:<{request.envelope.mail_from}>".encode(), b"250 2.1.0 Ok"),
            (f"RCPT TO:<{request.envelope.rcpt_to}>".encode(), b"250 2.1.5 Ok"),
            (b"RSET", b"250 2.0.0 Ok"),
        ]
    secret.append((b"QUIT", b"221 2.0.0 Bye"))
    return SmtpExchange(
        request=request,
        transcript=(*_chunks(clear, tls=False), *_chunks(secret, tls=True)),
        tls=TlsSession(version="TLSv1.3", cipher="TLS_AES_256_GCM_SHA384", bits=256, chain=presented),
    )


def _chunks(dialogue: Iterable[tuple[bytes, bytes]], *, tls: bool) -> Iterable[Chunk]:
    for command, reply in dialogue:
        if command:
            yield Chunk(sent=True, data=command + b"\r\n", tls=tls)
        yield Chunk(sent=False, data=reply + b"\r\n", tls=tls)
