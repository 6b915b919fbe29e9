"""Certification paths (RFC 5280 section 6): does this chain lead to a root that the sender trusts?

OpenSSL builds and checks the path, at the time given, with X509_STRICT off.  What its Python binding
cannot ask for is added here, as OpenSSL's own check_extensions and check_auth_level do it: the purpose of
every certificate, and the floor under keys and digests.  Intermediates come from the presented chain
alone: no sender of mail fetches a missing one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache

import msgspec
from OpenSSL import crypto

from mailpath.match import der as asn1
from mailpath.match import names
from mailpath.match.certificate import (
    CertificateFacts,
    describe,
    public_key,
    signature,
)
from mailpath.match.usage import (
    DIGITAL_SIGNATURE,
    KEY_AGREEMENT,
    KEY_ENCIPHERMENT,
    SERVER_AUTH,
    extended_key_usage,
    key_usage,
)

__all__ = [
    "CertificateFacts",
    "Floor",
    "PkixResult",
    "check_policy_host",
    "describe",
    "relevant_roots",
    "verify",
]

#: Longest presented chain that is looked at; OpenSSL itself gives up at 100 certificates.
MAX_CHAIN = 32

_SERVER_GATED = frozenset({SERVER_AUTH, "2.16.840.1.113730.4.1", "1.3.6.1.4.1.311.10.3.3"})
_TLS_SERVER = DIGITAL_SIGNATURE | KEY_ENCIPHERMENT | KEY_AGREEMENT


class Floor(StrEnum):
    """The verifier, and the least security of keys and signatures that it accepts.

    Postfix sets OpenSSL security level 0 where a certificate decides nothing (`may`, `encrypt`) and leaves
    level 1 in force where it does.  GnuTLS refuses SHA-1 always, whatever depends on it; as Exim calls it
    (gnutls_certificate_verify_peers2) it asks for no purpose, and any certificate on the trust list ends a
    path, self-signed or not.
    """

    NONE = "none"  # OpenSSL security level 0
    OPENSSL_1 = "openssl-1"  # 80 bits: RSA-1024 passes, SHA-1 (63 bits) does not
    OPENSSL_2 = "openssl-2"  # 112 bits: RSA-2048; the default of Debian's OpenSSL and of Python's ssl
    GNUTLS = "gnutls"  # profile LOW: RSA-1024 passes, SHA-1 and MD5 signatures do not

    @property
    def bits(self) -> int:
        """Security in bits that keys and digests need."""
        return {Floor.NONE: 0, Floor.OPENSSL_2: 112}.get(self, 80)


class Flaw(StrEnum):
    """What is wrong with a certificate, or its chain."""

    ABSENT = "certificate-absent"
    UNTRUSTED = "certificate-untrusted"
    EXPIRED = "certificate-expired"
    NOT_YET_VALID = "certificate-not-yet-valid"
    WEAK = "certificate-weak"
    NAME = "certificate-name-mismatch"
    TLSA = "tlsa-mismatch"  # no TLSA record accepts it


class PkixResult(msgspec.Struct, frozen=True, kw_only=True):
    """`path`: DER, leaf to anchor, empty unless `trusted`.  `error`: OpenSSL's words, "" when trusted;
    `depth`: of the certificate it is about (0 is the leaf).  `code`: OpenSSL's X509_V_ERR_* number.
    """

    trusted: bool
    error: str = ""
    depth: int | None = None
    path: tuple[bytes, ...] = ()
    code: int = 0

    @property
    def flaw(self) -> Flaw:
        """What is wrong with it, where it is not `trusted`."""
        return _FLAWS.get(self.code, Flaw.UNTRUSTED)


#: X509_V_ERR_* of the checks made here, in the words of X509_verify_cert_error_string(3) of OpenSSL 3.
_PURPOSE = (26, "unsuitable certificate purpose")
_EE_KEY = (66, "EE certificate key too weak")
_CA_KEY = (67, "CA certificate key too weak")
_DIGEST = (68, "CA signature digest algorithm too weak")
_NOT_YET = (9, "certificate is not yet valid")
_EXPIRED = (10, "certificate has expired")
_FLAWS = {
    _NOT_YET[0]: Flaw.NOT_YET_VALID,
    _EXPIRED[0]: Flaw.EXPIRED,
    **dict.fromkeys((_EE_KEY[0], _CA_KEY[0], _DIGEST[0]), Flaw.WEAK),
}
#: X509_V_FLAG_NO_CHECK_TIME, which the binding has no name for.
_NO_CHECK_TIME = 0x200000
_UNSPECIFIED = 1
#: Errors whose wording changed between OpenSSL releases: one walk, one wording, whatever is installed.
_WORDS = {
    _NOT_YET[0]: _NOT_YET[1],
    _EXPIRED[0]: _EXPIRED[1],
    18: "self-signed certificate",
    19: "self-signed certificate in certificate chain",
    20: "unable to get local issuer certificate",
    21: "unable to verify the first certificate",
}


def verify(
    chain: tuple[bytes, ...],
    roots: tuple[bytes, ...],
    at: int,
    *,
    floor: Floor = Floor.NONE,
    purpose: str | None = None,
    partial: bool = False,
    anchor_dates: bool = True,
) -> PkixResult:
    """Does `chain` (DER, leaf first, as presented) lead to one of `roots` at Unix time `at`?

    `purpose`: "server" (serverAuth, TLS key usage), "any", or None for what the verifier asks for.
    `partial`: any certificate of `roots` ends the path, self-signed or not (X509_V_FLAG_PARTIAL_CHAIN), as
    RFC 7671's trust anchors do.  `anchor_dates`: False where the dates of an anchor that is not self-issued
    do not count, as for OpenSSL's DANE (RFC 5280 section 6.1: an anchor is a name and a key).
    Never raises.  Results are remembered.
    """
    anchors = relevant_roots(chain, roots)
    if floor is Floor.GNUTLS:
        purpose, partial = purpose or "any", True
    return _verify(
        chain[:MAX_CHAIN],
        anchors,
        at,
        floor=floor,
        purpose=purpose or "server",
        partial=partial,
        anchor_dates=anchor_dates,
    )


@lru_cache(maxsize=4096)
def _verify(
    chain: tuple[bytes, ...],
    roots: tuple[bytes, ...],
    at: int,
    *,
    floor: Floor,
    purpose: str,
    partial: bool,
    anchor_dates: bool,
) -> PkixResult:
    if not chain:
        return PkixResult(trusted=False, error="no certificate was presented", code=_UNSPECIFIED)
    leaf = _load(chain[0])
    if leaf is None:
        return PkixResult(trusted=False, error="the certificate cannot be read", depth=0, code=_UNSPECIFIED)
    try:
        moment = datetime.fromtimestamp(at, UTC).replace(tzinfo=None)
    except (OverflowError, OSError, ValueError):
        return PkixResult(trusted=False, error="the time is out of range", code=_UNSPECIFIED)
    store = crypto.X509Store()
    store.set_time(moment)
    if partial:
        store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
    if not anchor_dates:
        store.set_flags(_NO_CHECK_TIME)
    for root in _loaded(roots):
        store.add_cert(root)
    context = crypto.X509StoreContext(store, leaf, list(_loaded(chain[1:])))
    try:
        verified = context.get_verified_chain()
    except crypto.X509StoreContextError as error:
        code, depth, words = error.errors
        return PkixResult(trusted=False, error=_WORDS.get(code, words), depth=depth, code=code)
    except crypto.Error:
        return PkixResult(trusted=False, error="the chain cannot be read", code=_UNSPECIFIED)
    path = tuple(crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate) for certificate in verified)
    dated = None if anchor_dates else _dates(path, at)
    return dated or _purpose(path, purpose) or _floor(path, floor) or PkixResult(trusted=True, path=path)


def _loaded(certificates: Iterable[bytes]) -> Iterable[crypto.X509]:
    return (loaded for loaded in map(_load, certificates) if loaded is not None)


@lru_cache(maxsize=1024)
def _load(der: bytes) -> crypto.X509 | None:
    try:
        return crypto.load_certificate(crypto.FILETYPE_ASN1, der)
    except (crypto.Error, ValueError):
        return None


def forget() -> None:
    """Drop what is remembered of chains: the last recording they came in is gone."""
    for remembered in (_verify, _load, relevant_roots):
        remembered.cache_clear()


def _refusal(reason: tuple[int, str], depth: int) -> PkixResult:
    return PkixResult(trusted=False, code=reason[0], error=reason[1], depth=depth)


def _dates(path: tuple[bytes, ...], at: int) -> PkixResult | None:
    """The dates of every certificate but an anchor that is not self-issued, the anchor's side first."""
    for depth, der in reversed(tuple(enumerate(path))):
        parts = asn1.parts(der)
        if parts is None or (depth == len(path) - 1 and parts.issuer != parts.subject):
            continue
        if parts.not_before is None or at < parts.not_before:
            return _refusal(_NOT_YET, depth)
        if parts.not_after is None or at > parts.not_after:
            return _refusal(_EXPIRED, depth)
    return None


def _purpose(path: tuple[bytes, ...], purpose: str) -> PkixResult | None:
    """OpenSSL's check_purpose_ssl_server on every certificate of the path; None when they all pass."""
    if purpose != "server":
        return None
    for depth, der in enumerate(path):
        parts = asn1.parts(der)
        if parts is None:
            continue
        uses = extended_key_usage(parts)
        if uses is not None and not uses & _SERVER_GATED:
            return _refusal(_PURPOSE, depth)
        usage = key_usage(parts)
        if depth == 0 and usage is not None and not usage & _TLS_SERVER:
            return _refusal(_PURPOSE, depth)
    return None


def _floor(path: tuple[bytes, ...], floor: Floor) -> PkixResult | None:
    """OpenSSL's check_auth_level: every key, and every signature but the anchor's own."""
    for depth, der in enumerate(path if floor.bits else ()):
        parts = asn1.parts(der)
        if parts is None:
            continue
        security = public_key(parts.spki)[2]
        if security is not None and security < floor.bits:
            return _refusal(_CA_KEY if depth else _EE_KEY, depth)
        digest = signature(parts)[1]
        if depth < len(path) - 1 and digest is not None and digest < floor.bits:
            return _refusal(_DIGEST, depth)
    return None


def key_below(der: bytes, floor: Floor) -> bool:
    """Is the leaf's own key below `floor`?  (Checked even where DANE-EE makes the rest of it moot.)"""
    parts = asn1.parts(der)
    security = public_key(parts.spki)[2] if parts is not None else None
    return security is not None and security < floor.bits


# --- roots -----------------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def _by_subject(roots: tuple[bytes, ...]) -> dict[bytes, tuple[bytes, ...]]:
    """Folded subject name to the roots that bear it; remembered for the few sets of roots in use."""
    index: dict[bytes, list[bytes]] = {}
    for root in roots:
        parts = asn1.parts(root)
        if parts is not None:
            index.setdefault(_folded(parts.subject), []).append(root)
    return {subject: tuple(bearers) for subject, bearers in index.items()}


@lru_cache(maxsize=4096)
def _folded(name: bytes) -> bytes:
    """A distinguished name in a form in which names that RFC 5280 section 7.1 calls equal are equal.

    String types are dropped, case and runs of spaces folded, as OpenSSL's canonical encoding does.
    """
    try:
        attributes = [
            f"{kind}={' '.join(asn1.text(tag, content).lower().split())}"
            for kind, tag, content in asn1.attributes(name)
        ]
    except asn1.BadDer:
        return name
    return "\0".join(attributes).encode("utf-8", "surrogatepass")


@lru_cache(maxsize=4096)
def relevant_roots(chain: tuple[bytes, ...], roots: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Those of `roots` that could anchor `chain`, by name alone and so at any time: sorted, each once.

    A root is one when it issued (by name) a certificate of the chain or a root that did, or when a
    certificate of the chain bears its name.
    """
    index = _by_subject(roots)
    wanted: list[bytes] = []
    for der in chain[:MAX_CHAIN]:
        parts = asn1.parts(der)
        if parts is not None:
            wanted += (_folded(parts.issuer), _folded(parts.subject))
    found: set[bytes] = set()
    seen: set[bytes] = set()
    while wanted:
        name = wanted.pop()
        if name in seen:
            continue
        seen.add(name)
        for root in index.get(name, ()):
            found.add(root)
            parts = asn1.parts(root)
            if parts is not None:
                wanted.append(_folded(parts.issuer))
    return tuple(sorted(found))


# --- the MTA-STS policy host -----------------------------------------------------------------------


def check_policy_host(
    chain: tuple[bytes, ...], host: str, roots: tuple[bytes, ...], at: int, *, allow_cn: bool = False
) -> str | None:
    """Why the certificate of an MTA-STS policy host is refused at `at`; None when it is good.

    RFC 8461 section 3.3: a path to a trusted root, unexpired, and `host` among its DNS-IDs.  `allow_cn`:
    take the common name where there is no DNS-ID (what the RFC forbids and Python's ssl does).
    The floor is that of today's HTTPS clients (112 bits).
    """
    result = verify(chain, roots, at, floor=Floor.OPENSSL_2)
    if not result.trusted:
        return result.error
    rules = names.POSTFIX if allow_cn else names.RFC_8461
    presented = names.certificate_names(chain[0])
    if names.any_match((host,), presented, rules) is not None:
        return None
    if not presented.has_dns_id and not allow_cn:
        return f"the certificate has no DNS-ID (subjectAltName), which is needed for {host}"
    return f"the certificate does not name {host}"
