"""Which algorithms and digests count, and the public keys behind DNSKEY records.

RFC 9904 lists what a validator must, may and must not know; RFC 9905 retires SHA-1 for signing.  We
validate what unbound validates: RSA with SHA-1 (5, 7), SHA-256 (8) and SHA-512 (10), ECDSA P-256 and
P-384 (13, 14), Ed25519 (15) and Ed448 (16); DS digests SHA-1 (1), SHA-256 (2) and SHA-384 (4).
Everything else is unknown, and RFC 4035 section 5.2 says what follows: a zone whose every DS is unknown
counts as unsigned.
"""

from __future__ import annotations

import hashlib

import dns.name
import dns.rdata
import msgspec
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

#: Mnemonics of the IANA registry where dnspython spells them without their hyphens.
_NAMES = {6: "DSA-NSEC3-SHA1", 7: "RSASHA1-NSEC3-SHA1", 12: "ECC-GOST"}


class DsRecord(msgspec.Struct, frozen=True, order=True):
    """A DS record (RFC 4034 section 5.1) of any digest type and length, in canonical order (section 6.3).

    dnspython refuses a digest of the wrong length; here one unusable record does not spoil the others.
    """

    key_tag: int
    algorithm: int
    digest_type: int
    digest: bytes

    @property
    def known(self) -> bool:
        """Whether both its algorithm and its digest type count (RFC 4035 section 5.2, RFC 9904)."""
        return self.algorithm in SUPPORTED and self.digest_type in _DIGESTS


def read_ds(rdata: dns.rdata.Rdata) -> DsRecord | None:
    """The DS in `rdata` (RFC 4034 section 5.1); None when it is too short to have all its fields."""
    wire = rdata.to_digestable()
    if len(wire) < 4:
        return None
    return DsRecord(int.from_bytes(wire[:2], "big"), wire[2], wire[3], wire[4:])


def algorithm_name(number: int) -> str:
    """The mnemonic of the IANA registry (RFC 4034 appendix A.1), or "algorithm N"."""
    if number in _NAMES:
        return _NAMES[number]
    return Algorithm(number).name if number in set(Algorithm) else f"algorithm {number}"


def key_tag(key: DNSKEY) -> int:
    """RFC 4034 appendix B."""
    return key.key_id()


def ds_digest(owner: dns.name.Name, digest_type: int, key: DNSKEY) -> bytes:
    """The digest of `key` at `owner` (RFC 4034 section 5.1.4); b"" for a type that does not count."""
    digest = _DIGESTS.get(digest_type)
    if digest is None:
        return b""
    wire = (owner.canonicalize().to_wire() or b"") + (key.to_wire() or b"")
    return hashlib.new(digest, wire, usedforsecurity=False).digest()


class PublicKey:
    """A DNSKEY whose public key is loaded once; `bits` is the size people quote, 0 when it cannot be loaded.

    `usable`: whether it may sign zone data: Zone flag set, protocol 3 (RFC 4034 section 2.1), not revoked
    (RFC 5011 section 2.1).  `costly`: why we verify no signature of this RSA key, as a sentence about it; ""
    where we do.
    """

    def __init__(self, key: DNSKEY) -> None:
        self.dnskey = key
        self.tag = key_tag(key)
        self.algorithm = int(key.algorithm)
        self.usable = key.flags & (ZONE_FLAG | REVOKE_FLAG) == ZONE_FLAG and key.protocol == 3
        self._public = _load(key)
        self.bits = _count_bits(self._public, self.algorithm)
        self.costly = _explain_cost(key)
        self._digests: dict[tuple[dns.name.Name, int], bytes] = {}

    def is_named_by(self, ds: DsRecord, owner: dns.name.Name) -> bool:
        """Whether `ds` is the digest of this key at `owner` (RFC 4034 section 5.1.4).  Ignores the flags.

        Each digest is computed once, though hundreds of DS records may ask for it.
        """
        if (ds.key_tag, ds.algorithm) != (self.tag, self.algorithm):
            return False
        kind = (owner, ds.digest_type)
        if kind not in self._digests:
            self._digests[kind] = ds_digest(owner, ds.digest_type, self.dnskey)
        return bool(ds.digest) and self._digests[kind] == ds.digest

    def verify(self, signature: bytes, data: bytes) -> bool:
        """Whether this key made `signature` over `data` (RFC 4035 section 5.3.3)."""
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


def _count_bits(public: CryptographyPublicKey | None, algorithm: int) -> int:
    key = public.key if public is not None else None
    if isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        return key.key_size
    if key is None:
        return 0
    return {int(Algorithm.ED25519): 256, int(Algorithm.ED448): 456}.get(algorithm, 0)


def _explain_cost(key: DNSKEY) -> str:
    """Why we leave an RSA key alone that would take too much time, as BIND does; "" for all others."""
    if int(key.algorithm) not in _RSA:
        return ""
    for what, number, most in zip(
        ("exponent", "modulus"), _split_rsa(key.key), (RSA_EXPONENT, RSA_MODULUS), strict=True
    ):
        bits = int.from_bytes(number, "big").bit_length()
        if bits > most:
            return f"its RSA {what} has {bits} bits, but this validator accepts at most {most}"
    return ""


def _split_rsa(octets: bytes) -> tuple[bytes, bytes]:
    """Exponent and modulus of an RSA key, whatever is wrong with them (RFC 3110 section 2)."""
    head, length = (1, octets[0]) if octets[:1] > b"\0" else (3, int.from_bytes(octets[1:3], "big"))
    return octets[head : head + length], octets[head + length :]
