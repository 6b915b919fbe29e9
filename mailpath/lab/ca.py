"""The lab's certificate authorities: one public CA (root and intermediate), and a private one per domain.

Certificates follow RFC 5280.  Keys are P-256 because those take microseconds; dates are relative to the lab's
`now`.  The file that senders trust contains only the public root.

Libraries no longer make SHA-1 signatures.  So we change the digest in a finished certificate and sign it
again (RFC 3279 section 2.2.1), which needs an RSA issuer.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mailpath.lab.grammar import Certificate, Days

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

#: A name under which no lab host receives mail: what the -wrongname presets certify.
WRONG_NAME = "mail.somewhere-else.example"

#: sha256WithRSAEncryption and sha1WithRSAEncryption as DER: of equal length, so lengths around them hold.
_SHA256_RSA = bytes.fromhex("06092a864886f70d01010b")
_SHA1_RSA = bytes.fromhex("06092a864886f70d010105")

_DAY = dt.timedelta(days=1)
_CURVES = {"ecdsa-p256": ec.SECP256R1(), "ecdsa-p384": ec.SECP384R1(), "ecdsa-p521": ec.SECP521R1()}
_PURPOSES = {"server": ExtendedKeyUsageOID.SERVER_AUTH, "client": ExtendedKeyUsageOID.CLIENT_AUTH}


@dataclass(frozen=True)
class Issued:
    """A certificate with its key.  `path`: from the leaf to the root; `sent`: what the server presents.
    `second`: the one with a key of another kind beside it.
    """

    key: Key
    path: tuple[x509.Certificate, ...]
    sent: tuple[x509.Certificate, ...]
    second: Issued | None = None

    @property
    def leaf(self) -> x509.Certificate:
        """The server's own."""
        return self.path[0]

    @property
    def issuer(self) -> x509.Certificate:
        """Who signed it: itself where it is self-signed."""
        return self.path[min(1, len(self.path) - 1)]

    def pem(self) -> bytes:
        """Key and presented chain, as `SSLContext.load_cert_chain` reads them."""
        key = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return key + b"".join(each.public_bytes(serialization.Encoding.PEM) for each in self.sent)


@dataclass(frozen=True)
class _Issuer:
    certificate: x509.Certificate
    key: Key


class Authority:
    """Issues every certificate of one lab.  `now`: the Unix time to which all dates are relative."""

    def __init__(self, now: int) -> None:
        self._now = dt.datetime.fromtimestamp(now, dt.UTC)
        self._keys: dict[tuple[str, str, str], Key] = {}
        self._authorities: dict[str, _Issuer] = {}
        self._issued: dict[tuple[str, str, Certificate], Issued] = {}
        self._root = self._make_ca("Mailpath Lab Root CA", None)

    @property
    def root_pem(self) -> bytes:
        """The public root: the whole of the sender's ca_file."""
        return self._root.certificate.public_bytes(serialization.Encoding.PEM)

    def issue(self, host: str, spec: Certificate, owner: str) -> Issued:
        """The certificate `spec` for `host`; equal arguments return the same certificate.

        `spec.names` are absolute names here.  `owner`: the domain to which a private anchor belongs.
        """
        cached = self._issued.get((host, owner, spec))
        if cached is None:
            cached = self._issued[host, owner, spec] = self._issue(host, spec, owner)
        return cached

    def _issue(self, host: str, spec: Certificate, owner: str) -> Issued:
        variation = spec.preset.partition("-")[2]
        key = self._key(host, spec.key, spec.algorithm)
        names = spec.names if spec.names is not None else (WRONG_NAME if variation == "wrongname" else host,)
        common = (names[0] if names else "") if spec.cn is None else spec.cn
        # RFC 5280 appendix A.1, ub-common-name: 64 characters.
        subject = x509.Name(
            [x509.NameAttribute(NameOID.COMMON_NAME, common)] if 0 < len(common) <= 64 else []
        )
        start, end = self._dates(variation) if spec.days is None else self._days(spec.days)
        builder = _builder(subject, key, start, end)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        if spec.eku:
            usages = [_PURPOSES[purpose] for purpose in spec.eku]
            builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        if spec.san and names:
            alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
            builder = builder.add_extension(alternatives, critical=not common)
        if spec.family == "self":
            leaf = builder.issuer_name(subject).sign(key, hashes.SHA256())
            if spec.sha == "sha1":
                leaf = _with_sha1(leaf, key)
            return Issued(key, (leaf,), (leaf,))
        issuers = self._issuers(spec, owner)
        issuer = issuers[0]
        leaf = _sign(builder, issuer)
        if spec.sha == "sha1":
            leaf = _with_sha1(leaf, issuer.key)
        path = (leaf, *(each.certificate for each in issuers))
        return Issued(key, path, tuple(path[place] for place in spec.presented))

    def _days(self, days: Days) -> tuple[dt.datetime, dt.datetime]:
        start, end = (self._now + day * _DAY for day in days)
        return start, end

    def _dates(self, variation: str) -> tuple[dt.datetime, dt.datetime]:
        if variation == "expired":
            return self._now - 90 * _DAY, self._now - 3 * _DAY
        if variation == "notyet":
            return self._now + 3 * _DAY, self._now + 93 * _DAY
        return self._now - 30 * _DAY, self._now + 60 * _DAY

    def _key(self, host: str, label: str, algorithm: str) -> Key:
        key = self._keys.get((host, label, algorithm))
        if key is None:
            key = _make_key(algorithm)
            self._keys[host, label, algorithm] = key
        return key

    def _issuers(self, spec: Certificate, owner: str) -> list[_Issuer]:
        """From who signs the leaf, with an RSA key for SHA-1, to the public root or the anchor of `owner`."""
        public = spec.family == "web"
        above: _Issuer | None = self._root if public else None
        issuers = [self._root] if public else []
        title = "Mailpath Lab Issuing CA" if public else f"{owner} CA"[:50]
        for place in range(spec.top - len(issuers), 0, -1):
            last = place == 1
            name = title if last else f"{title} {place}"
            algorithm = "ecdsa-p256"
            if last and spec.sha == "sha1":
                name, algorithm = f"{name} RSA", "rsa-2048"
            name = f"{name} {spec.ca}" if spec.ca else name
            key = f"{name} under {len(issuers)}"
            if key not in self._authorities:
                self._authorities[key] = self._make_ca(name, above, algorithm)
            above = self._authorities[key]
            issuers.insert(0, above)
        return issuers

    def _make_ca(self, title: str, issuer: _Issuer | None, algorithm: str = "ecdsa-p256") -> _Issuer:
        key = _make_key(algorithm)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, title)])
        builder = _builder(subject, key, self._now - 3650 * _DAY, self._now + 3650 * _DAY)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        builder = builder.add_extension(usage, critical=True)
        if issuer is None:
            return _Issuer(builder.issuer_name(subject).sign(key, hashes.SHA256()), key)
        return _Issuer(_sign(builder, issuer), key)


def _make_key(algorithm: str) -> Key:
    if algorithm.startswith("rsa-"):
        return rsa.generate_private_key(public_exponent=65537, key_size=int(algorithm.removeprefix("rsa-")))
    return ec.generate_private_key(_CURVES[algorithm])


def _with_sha1(certificate: x509.Certificate, issuer: Key) -> x509.Certificate:
    """`certificate`, which `issuer` signed with SHA-256, with a SHA-1 signature instead."""
    if not isinstance(issuer, rsa.RSAPrivateKey):
        raise TypeError("SHA-1 signatures are made with RSA keys only")
    to_be_signed = certificate.tbs_certificate_bytes.replace(_SHA256_RSA, _SHA1_RSA)
    signature = issuer.sign(to_be_signed, padding.PKCS1v15(), hashes.SHA1())
    der = certificate.public_bytes(serialization.Encoding.DER)
    der = der.replace(certificate.tbs_certificate_bytes, to_be_signed)
    der = der.replace(_SHA256_RSA, _SHA1_RSA).replace(certificate.signature, signature)
    return x509.load_der_x509_certificate(der)


def _builder(subject: x509.Name, key: Key, start: dt.datetime, end: dt.datetime) -> x509.CertificateBuilder:
    public = key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _sign(builder: x509.CertificateBuilder, issuer: _Issuer) -> x509.Certificate:
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
    return (
        builder.issuer_name(issuer.certificate.subject)
        .add_extension(identifier, critical=False)
        .sign(issuer.key, hashes.SHA256())
    )


def association(certificate: x509.Certificate, selector: int, matching: int, *, pem: bool = False) -> bytes:
    """TLSA certificate association data (RFC 6698 section 2.1); `pem`: of the PEM text, by mistake.

    Treats an unknown selector as the certificate and an unknown matching type as SHA-256, for records that
    are unusable on purpose.
    """
    encoding = serialization.Encoding.PEM if pem else serialization.Encoding.DER
    if selector == 1:
        key = certificate.public_key()
        data = key.public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
    else:
        data = certificate.public_bytes(encoding)
    if matching == 0:
        return data
    return hashlib.sha512(data).digest() if matching == 2 else hashlib.sha256(data).digest()
