"""Which algorithms and digests count, and the public keys behind DNSKEY records.

RFC 9904 keeps the lists of what a validator must, may and must not know; RFC 9905 retires SHA-1 for
signing.  We validate what unbound validates: RSA with SHA-1 (5, 7), SHA-256 (8) and SHA-512 (10),
ECDSA P-256 and P-384 (13, 14), Ed25519 (15) and Ed448 (16); DS digests SHA-1 (1), SHA-256 (2) and
SHA-384 (4).  All else is "unknown", and RFC 4035 section 5.2 says what follows from that.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Protocol

import dns.dnssec
import dns.name
import dns.rdata
from cryptography.exceptions import InvalidSignature
from cryptography.exceptions import UnsupportedAlgorithm as NotInThisLibrary
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from dns.dnssecalgs import get_algorithm_cls_from_dnskey
from dns.dnssecalgs.cryptography import CryptographyPublicKey
from dns.dnssectypes import Algorithm
from dns.exception import DNSException
from dns.rdtypes.ANY.DNSKEY import DNSKEY

from mailpath.dnssec.bounds import RSA_EXPONENT, RSA_MODULUS

SUPPORTED = frozenset({5, 7, 8, 10, 13, 14, 15, 16})
_RSA = frozenset({5, 7, 8, 10})

_DIGESTS = {1: "sha1", 2: "sha256", 4: "sha384"}
SHA1_DIGEST = 1

ZONE_FLAG = 0x0100
REVOKE_FLAG = 0x0080
SEP_FLAG = 0x0001

_NAMES = {
    1: "RSAMD5",
    3: "DSA",
    5: "RSASHA1",
    6: "DSA-NSEC3-SHA1",
    7: "RSASHA1-NSEC3-SHA1",
    8: "RSASHA256",
    10: "RSASHA512",
    12: "ECC-GOST",
    13: "ECDSAP256SHA256",
    14: "ECDSAP384SHA384",
    15: "ED25519",
    16: "ED448",
    253: "PRIVATEDNS",
    254: "PRIVATEOID",
}


class Delegation(Protocol):
    """What a DS record says (RFC 4034 section 5.1), whether dnspython reads it or we do."""

    @property
    def key_tag(self) -> int: ...
    @property
    def algorithm(self) -> int: ...
    @property
    def digest_type(self) -> int: ...
    @property
    def digest(self) -> bytes: ...


@dataclass(frozen=True, order=True)
class DsRecord:
    """A DS record of whatever digest type and length: one that is of no use spoils none beside it."""

    key_tag: int
    algorithm: int
    digest_type: int
    digest: bytes


def read_ds(rdata: dns.rdata.Rdata) -> DsRecord | None:
    """The DS in `rdata` (RFC 4034 section 5.1); None when it is too short to have all its fields."""
    wire = rdata.to_digestable()
    if len(wire) < 4:
        return None
    return DsRecord(int.from_bytes(wire[:2], "big"), wire[2], wire[3], wire[4:])


def algorithm_name(number: int) -> str:
    """The mnemonic of the IANA registry (RFC 4034 appendix A.1), or "algorithm N"."""
    return _NAMES.get(number) or f"algorithm {number}"


def digest_supported(number: int) -> bool:
    """Whether a DS digest type counts (RFC 9904)."""
    return number in _DIGESTS


def key_tag(key: DNSKEY) -> int:
    """RFC 4034 appendix B."""
    return dns.dnssec.key_id(key)


def usable(key: DNSKEY) -> bool:
    """May sign zone data: Zone flag, protocol 3 (RFC 4034 section 2.1), not revoked (RFC 5011 2.1)."""
    return bool(key.flags & ZONE_FLAG) and not key.flags & REVOKE_FLAG and key.protocol == 3


def ds_digest(owner: dns.name.Name, digest_type: int, key: DNSKEY) -> bytes:
    """The digest of `key` at `owner` (RFC 4034 section 5.1.4); b"" for a type that does not count."""
    digest = _DIGESTS.get(digest_type)
    if digest is None:
        return b""
    wire = (owner.canonicalize().to_wire() or b"") + (key.to_wire() or b"")
    return hashlib.new(digest, wire, usedforsecurity=False).digest()


def ds_matches(owner: dns.name.Name, ds: Delegation, key: DNSKEY) -> bool:
    """Whether `ds` is the digest of `key` at `owner` (RFC 4034 section 5.1.4).  Does not look at flags."""
    return PublicKey(key).is_named_by(ds, owner)


class PublicKey:
    """A DNSKEY, its public key loaded once; `bits` is the size people quote, 0 when it cannot be loaded.

    `costly`: why no signature of an RSA key is verified, as a sentence about it; "" where it may be.
    """

    def __init__(self, key: DNSKEY) -> None:
        self.dnskey = key
        self.tag = key_tag(key)
        self.algorithm = int(key.algorithm)
        self.usable = usable(key)
        self._public = _load(key)
        self.bits = _bits(self._public, self.algorithm)
        self.costly = _costly(key)
        self._digests: dict[tuple[dns.name.Name, int], bytes] = {}

    def has_tag_of(self, ds: Delegation) -> bool:
        """Whether key tag and algorithm of `ds` are those of the key (RFC 4034 sections 5.1.1 and 5.1.2)."""
        return int(ds.key_tag) == self.tag and int(ds.algorithm) == self.algorithm

    def is_named_by(self, ds: Delegation, owner: dns.name.Name) -> bool:
        """As `ds_matches`; hundreds of keys and as many DS records take one digest of each key."""
        if not self.has_tag_of(ds):
            return False
        kind = (owner, int(ds.digest_type))
        if kind not in self._digests:
            self._digests[kind] = ds_digest(owner, kind[1], self.dnskey)
        return bool(ds.digest) and self._digests[kind] == ds.digest

    def verify(self, signature: bytes, data: bytes) -> bool:
        """RFC 4035 section 5.3.3: whether `signature` over `data` was made with this key."""
        if self._public is None or self.costly:
            return False
        try:
            self._public.verify(signature, data)
        except (InvalidSignature, ValueError, NotInThisLibrary):
            return False
        return True


def _load(key: DNSKEY) -> CryptographyPublicKey | None:
    """The public key, or None: unknown algorithm, malformed material, a point off the curve."""
    if int(key.algorithm) not in SUPPORTED:
        return None
    try:
        public_cls = get_algorithm_cls_from_dnskey(key).public_cls
        loaded = public_cls.from_dnskey(key)
    except (ValueError, DNSException, NotInThisLibrary):
        return None
    return loaded if isinstance(loaded, CryptographyPublicKey) else None


def _bits(public: CryptographyPublicKey | None, algorithm: int) -> int:
    key = public.key if public is not None else None
    if isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        return key.key_size
    if key is None:
        return 0
    return {int(Algorithm.ED25519): 256, int(Algorithm.ED448): 456}.get(algorithm, 0)


def _costly(key: DNSKEY) -> str:
    """Why an RSA key is left alone, which would take too much time; BIND does likewise."""
    if int(key.algorithm) not in _RSA:
        return ""
    for what, number, most in zip(
        ("exponent", "modulus"), _rsa(key.key), (RSA_EXPONENT, RSA_MODULUS), strict=True
    ):
        bits = int.from_bytes(number, "big").bit_length()
        if bits > most:
            return f"its RSA {what} has {bits} bits, but this validator accepts at most {most}"
    return ""


def _rsa(octets: bytes) -> tuple[bytes, bytes]:
    """Exponent and modulus of an RSA key, whatever is wrong with them (RFC 3110 section 2)."""
    head, length = (1, octets[0]) if octets[:1] > b"\0" else (3, int.from_bytes(octets[1:3], "big"))
    return octets[head : head + length], octets[head + length :]
