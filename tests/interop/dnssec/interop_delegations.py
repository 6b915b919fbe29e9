"""What a parent may say of its signed child: good, bad and mixed DS RRsets (RFC 4034 section 5)."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import dns.dnssec
import dns.name
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from interop_model import Delegation, Ds

_DIGESTS = {1: "sha1", 2: "sha256", 4: "sha384"}
UNKNOWN_ALGORITHM = 200
UNKNOWN_DIGEST = 200


def ds(zone: str, key: DNSKEY, digest_type: int = 2) -> Ds:
    """The DS of `key` (RFC 4034 section 5.1.4)."""
    owner = dns.name.from_text(zone).canonicalize().to_wire() or b""
    digest = hashlib.new(_DIGESTS[digest_type], owner + key.to_wire()).hexdigest()  # type: ignore[operator]
    return Ds(dns.dnssec.key_id(key), int(key.algorithm), digest_type, digest)


def _bent(record: Ds) -> Ds:
    return replace(record, digest=f"{int(record.digest[0], 16) ^ 1:x}{record.digest[1:]}")


def digests(*digest_types: int) -> Delegation:
    """One DS per key and digest type."""
    return lambda zone, keys: [ds(zone, key, number) for key in keys for number in digest_types]


GOOD = digests(2)


def only_algorithm(number: int) -> Delegation:
    """DS for the keys of one algorithm only."""
    return lambda zone, keys: [ds(zone, key) for key in keys if int(key.algorithm) == number]


def last_key(zone: str, keys: list[DNSKEY]) -> list[Ds]:
    """DS for the key with the highest tag only."""
    return [max(GOOD(zone, keys), key=lambda record: record.tag)]


def wrong_digest(zone: str, keys: list[DNSKEY]) -> list[Ds]:
    """The right tag, another digest."""
    return [_bent(ds(zone, key)) for key in keys]


def wrong_key(zone: str, keys: list[DNSKEY]) -> list[Ds]:
    """A DS for a key that the zone does not have."""
    return [replace(_bent(record), tag=record.tag ^ 1) for record in GOOD(zone, keys)]


def one_good(zone: str, keys: list[DNSKEY]) -> list[Ds]:
    """Two bad ones beside a good one: any good path suffices."""
    return wrong_digest(zone, keys) + wrong_key(zone, keys) + GOOD(zone, keys)


def sha1_good_sha256_bad(zone: str, keys: list[DNSKEY]) -> list[Ds]:
    """RFC 4509 section 3: SHA-1 does not count where SHA-256 is there."""
    return digests(1)(zone, keys) + wrong_digest(zone, keys)


def unknown_digest(zone: str, keys: list[DNSKEY]) -> list[Ds]:
    """Only digests of an unknown type: the zone counts as unsigned (RFC 6840 section 5.2)."""
    return [replace(record, digest_type=UNKNOWN_DIGEST) for record in GOOD(zone, keys)]


def unknown_digest_beside_good(zone: str, keys: list[DNSKEY]) -> list[Ds]:
    return unknown_digest(zone, keys) + GOOD(zone, keys)


def unknown_algorithm_beside_wrong(zone: str, keys: list[DNSKEY]) -> list[Ds]:
    """A DS of a known algorithm is there, so the zone must validate; it does not."""
    return [replace(record, algorithm=UNKNOWN_ALGORITHM) for record in GOOD(zone, keys)] + wrong_key(
        zone, keys
    )


def unknown_algorithm_beside_good(zone: str, keys: list[DNSKEY]) -> list[Ds]:
    return [replace(record, algorithm=UNKNOWN_ALGORITHM) for record in GOOD(zone, keys)] + GOOD(zone, keys)


def unknown_both(zone: str, keys: list[DNSKEY]) -> list[Ds]:
    """None of both kinds can be used."""
    return [replace(record, algorithm=UNKNOWN_ALGORITHM) for record in GOOD(zone, keys)] + unknown_digest(
        zone, keys
    )


def revoked(zone: str, keys: list[DNSKEY]) -> list[Ds]:
    """The DS of the revoked key alone, revoke bit and all."""
    return [ds(zone, key) for key in keys if key.flags & 0x80]


def before_revocation(zone: str, keys: list[DNSKEY]) -> list[Ds]:
    """The DS that the revoked key had before: another tag, another digest."""
    return [ds(zone, key.replace(flags=int(key.flags) & ~0x80)) for key in keys if key.flags & 0x80]  # type: ignore[arg-type]


def not_revoked(zone: str, keys: list[DNSKEY]) -> list[Ds]:
    return [ds(zone, key) for key in keys if not key.flags & 0x80]
