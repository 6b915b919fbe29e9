"""Certification paths (RFC 5280 section 6): does this chain lead to a root that the sender trusts?

A server presents its own certificate and the intermediates above it.  The path is good if each certificate is
signed by the next, all are valid now, and the last one is signed by a root in the sender's trust store.
Intermediates come from the presented chain alone: no mail sender fetches a missing one.

OpenSSL builds and checks the path, at the time given, with X509_STRICT off.  Here we add what its Python
binding cannot ask for, as OpenSSL's own check_extensions and check_auth_level do it: the purpose of every
certificate, and the least strength of keys and digests.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from mailpath.match import der as asn1
from mailpath.match import names
from mailpath.match.certificate import public_key, signature
from mailpath.match.usage import (
    DIGITAL_SIGNATURE,
    KEY_AGREEMENT,
    KEY_ENCIPHERMENT,
    SERVER_AUTH,
    extended_key_usage,
    key_usage,
)
from mailpath.records import Word

if TYPE_CHECKING:
    from OpenSSL import crypto

#: Longest presented chain that we look at; OpenSSL itself gives up at 100 certificates.
MAX_CHAIN = 32

_SERVER_GATED = frozenset({SERVER_AUTH, "2.16.840.1.113730.4.1", "1.3.6.1.4.1.311.10.3.3"})
_TLS_SERVER = DIGITAL_SIGNATURE | KEY_ENCIPHERMENT | KEY_AGREEMENT


class Floor(Word):
    """The verifier, and the least security of keys and signatures that it accepts.

    Postfix sets OpenSSL's security level to 0 where a certificate decides nothing (`may`, `encrypt`), and
    leaves it at 1 where it does.  GnuTLS always refuses SHA-1.  As Exim calls it
    (gnutls_certificate_verify_peers2), GnuTLS checks no purpose, and any certificate on the trust list ends a
    path, self-signed or not.
    """

    NONE = "none", "OpenSSL security level 0"
    OPENSSL_1 = "openssl-1", "80 bits: RSA-1024 passes, SHA-1 (63 bits) does not"
    OPENSSL_2 = "openssl-2", "112 bits: RSA-2048; the default of Debian's OpenSSL and of Python's ssl"
    GNUTLS = "gnutls", "profile LOW: RSA-1024 passes, SHA-1 and MD5 signatures do not"

    @property
    def bits(self) -> int:
        """Security in bits that keys and digests need."""
        return {Floor.NONE: 0, Floor.OPENSSL_2: 112}.get(self, 80)


class Flaw(StrEnum):
    """What is wrong with a certificate, or its chain.  Each value is also that of an `Event` of the judge."""

    ABSENT = "certificate-absent"
    UNTRUSTED = "certificate-untrusted"
    EXPIRED = "certificate-expired"
    NOT_YET_VALID = "certificate-not-yet-valid"
    WEAK = "certificate-weak"
    NAME = "certificate-name-mismatch"
    TLSA = "tlsa-mismatch"  # no TLSA record accepts it


class PkixResult(msgspec.Struct, frozen=True, kw_only=True):
    """`path`: DER, leaf to anchor, empty unless `trusted`.  `error`: OpenSSL's words, "" if trusted;
    `depth`: of the certificate with the error (0 is the leaf).  `code`: OpenSSL's X509_V_ERR_* number.
    """

    trusted: bool
    error: str = ""
    depth: int | None = None
    path: tuple[bytes, ...] = ()
    code: int = 0

    @property
    def flaw(self) -> Flaw:
        """What is wrong with it, if it is not `trusted`."""
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
#: Errors whose wording changed between OpenSSL releases: we word them alike, whatever is installed.
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

    `purpose`: "server" (serverAuth, TLS key usage), "any", or None for the verifier's own.  `partial`: any
    certificate in `roots` ends the path, self-signed or not (X509_V_FLAG_PARTIAL_CHAIN), as RFC 7671's trust
    anchors do.  `anchor_dates`: False to ignore the dates of an anchor that is not self-issued, as OpenSSL's
    DANE does (RFC 5280 section 6.1: an anchor is a name and a key).  Never raises.  Remembers its results.
    """
    anchors = relevant_roots(chain, roots)
    if floor is Floor.GNUTLS:
        purpose, partial = purpose or "any", True
    purpose = purpose or "server"
    return _verify(
        chain[:MAX_CHAIN],
        anchors,
        at,
        floor=floor,
        purpose=purpose,
        partial=partial,
        anchor_dates=anchor_dates,
    )


@lru_cache(2 * asn1.REMEMBERED)
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
    found = _led(chain, roots, at, partial=partial, anchor_dates=anchor_dates)
    if not found.trusted:
        return found
    return (
        (None if anchor_dates else _check_dates(found.path, at))
        or (_check_purpose(found.path) if purpose == "server" else None)
        or _check_floor(found.path, floor)
        or found
    )


@lru_cache(asn1.REMEMBERED)
def _led(
    chain: tuple[bytes, ...], roots: tuple[bytes, ...], at: int, *, partial: bool, anchor_dates: bool
) -> PkixResult:
    """Where OpenSSL finds that the chain leads, whatever else is asked of it: that is what takes long."""
    if not chain:
        return PkixResult(trusted=False, error="no certificate was presented", code=_UNSPECIFIED)
    leaf = _load(chain[0])
    if leaf is None:
        return PkixResult(trusted=False, error="the certificate cannot be read", depth=0, code=_UNSPECIFIED)
    try:
        moment = datetime.fromtimestamp(at, UTC).replace(tzinfo=None)
    except (OverflowError, OSError, ValueError):
        return PkixResult(trusted=False, error="the time is out of range", code=_UNSPECIFIED)
    from OpenSSL import crypto

    store = crypto.X509Store()
    store.set_time(moment)
    if partial:
        store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
    if not anchor_dates:
        store.set_flags(_NO_CHECK_TIME)
    for root in filter(None, map(_load, roots)):
        store.add_cert(root)
    context = crypto.X509StoreContext(store, leaf, list(filter(None, map(_load, chain))))
    try:
        verified = context.get_verified_chain()
    except crypto.X509StoreContextError as error:
        code, depth, words = error.errors
        return PkixResult(trusted=False, error=_WORDS.get(code, words), depth=depth, code=code)
    except crypto.Error:
        return PkixResult(trusted=False, error="the chain cannot be read", code=_UNSPECIFIED)
    path = tuple(crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate) for certificate in verified)
    return PkixResult(trusted=True, path=path)


@lru_cache(asn1.REMEMBERED)
def _load(der: bytes) -> crypto.X509 | None:
    from OpenSSL import crypto

    try:
        return crypto.load_certificate(crypto.FILETYPE_ASN1, der)
    except (crypto.Error, ValueError):
        return None


def forget() -> None:
    """Forget all results about chains: nobody needs them once their recording is gone."""
    for remembered in (_verify, _led, _load, relevant_roots, check_policy_host):
        remembered.cache_clear()


def _refuse(reason: tuple[int, str], depth: int) -> PkixResult:
    return PkixResult(trusted=False, code=reason[0], error=reason[1], depth=depth)


def _check_dates(path: tuple[bytes, ...], at: int) -> PkixResult | None:
    """Check the dates of every certificate, the anchor's first; skip an anchor that is not self-issued."""
    for depth, der in reversed(tuple(enumerate(path))):
        parts = asn1.parts(der)
        if parts is None or (depth == len(path) - 1 and parts.issuer != parts.subject):
            continue
        if parts.not_before is None or at < parts.not_before:
            return _refuse(_NOT_YET, depth)
        if parts.not_after is None or at > parts.not_after:
            return _refuse(_EXPIRED, depth)
    return None


def _check_purpose(path: tuple[bytes, ...]) -> PkixResult | None:
    """OpenSSL's check_purpose_ssl_server on every certificate of the path; None if they all pass."""
    for depth, der in enumerate(path):
        parts = asn1.parts(der)
        if parts is None:
            continue
        uses = extended_key_usage(parts)
        if uses is not None and not uses & _SERVER_GATED:
            return _refuse(_PURPOSE, depth)
        usage = key_usage(parts)
        if depth == 0 and usage is not None and not usage & _TLS_SERVER:
            return _refuse(_PURPOSE, depth)
    return None


def _check_floor(path: tuple[bytes, ...], floor: Floor) -> PkixResult | None:
    """OpenSSL's check_auth_level: every key, and every signature but the anchor's own."""
    for depth, der in enumerate(path):
        if key_below(der, floor):
            return _refuse(_CA_KEY if depth else _EE_KEY, depth)
        if depth < len(path) - 1 and digest_below(der, floor):
            return _refuse(_DIGEST, depth)
    return None


def key_below(der: bytes, floor: Floor) -> bool:
    """Is the certificate's own key too weak for `floor`?  (Senders check the leaf's even under DANE-EE.)"""
    parts = asn1.parts(der)
    security = public_key(parts.spki)[2] if parts is not None else None
    return security is not None and security < floor.bits


def digest_below(der: bytes, floor: Floor) -> bool:
    """Is the digest in the issuer's signature on the certificate too weak for `floor`?"""
    parts = asn1.parts(der)
    security = signature(parts)[1] if parts is not None else None
    return security is not None and security < floor.bits


# --- roots -----------------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def _index(roots: tuple[bytes, ...]) -> dict[bytes, list[bytes]]:
    """Folded subject name -> the roots that bear it; cached for the few sets of roots in use."""
    index: dict[bytes, list[bytes]] = {}
    for root in roots:
        parts = asn1.parts(root)
        if parts is not None:
            index.setdefault(_fold(parts.subject), []).append(root)
    return index


@lru_cache(asn1.REMEMBERED)
def _fold(name: bytes) -> bytes:
    """A form of a distinguished name in which names that RFC 5280 section 7.1 calls equal are equal.

    Drops string types, folds case and runs of spaces, as OpenSSL's canonical encoding does.
    """
    try:
        attributes = [
            f"{kind}={' '.join(asn1.text(tag, content).lower().split())}"
            for kind, tag, content in asn1.attributes(name)
        ]
    except asn1.BadDer:
        return name
    return "\0".join(attributes).encode("utf-8", "surrogatepass")


@lru_cache(asn1.REMEMBERED)
def relevant_roots(chain: tuple[bytes, ...], roots: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The `roots` that could anchor `chain`, by name alone and so at any time: sorted, each once.

    A root could if by name it issued a certificate of the chain, or a root that did, or if a certificate of
    the chain bears its name.
    """
    index = _index(roots)
    wanted: list[bytes] = []
    for der in chain[:MAX_CHAIN]:
        parts = asn1.parts(der)
        if parts is not None:
            wanted += (_fold(parts.issuer), _fold(parts.subject))
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
                wanted.append(_fold(parts.issuer))
    return tuple(sorted(found))


# --- the MTA-STS policy host -----------------------------------------------------------------------


@lru_cache(maxsize=1024)
def check_policy_host(
    chain: tuple[bytes, ...], host: str, roots: tuple[bytes, ...], at: int, *, allow_cn: bool = False
) -> str | None:
    """Why a sender refuses the certificate of an MTA-STS policy host at `at`; None if it is good.

    RFC 8461 section 3.3: a path to a trusted root, unexpired, and `host` among its DNS-IDs.  `allow_cn`:
    accept the common name if there is no DNS-ID (which the RFC forbids and Python's ssl does).  The floor is
    that of today's HTTPS clients (112 bits).  Remembers its results.
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
