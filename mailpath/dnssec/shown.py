"""DS and DNSKEY records as facts, and in words: what is shown of a delegation and of a zone's keys."""

from __future__ import annotations

from collections.abc import Iterable

from mailpath.dnssec import algorithms
from mailpath.dnssec.algorithms import Delegation, PublicKey
from mailpath.facts import DsFact, KeyFact


def in_order(records: Iterable[Delegation]) -> list[Delegation]:
    """In canonical order (RFC 4034 section 6.3)."""
    return sorted(
        records, key=lambda ds: (int(ds.key_tag), int(ds.algorithm), int(ds.digest_type), ds.digest)
    )


def ds_fact(record: Delegation, *, matches: bool = False) -> DsFact:
    """One DS record (RFC 4034 section 5.1); `matches`: a key of the zone has this digest."""
    return DsFact(
        tag=int(record.key_tag),
        algorithm=int(record.algorithm),
        digest_type=int(record.digest_type),
        digest=record.digest.hex(),
        matches=matches,
        supported=int(record.algorithm) in algorithms.SUPPORTED
        and algorithms.digest_supported(int(record.digest_type)),
    )


def ds_facts(records: Iterable[Delegation]) -> tuple[DsFact, ...]:
    """Those of a zone whose keys are not known, in canonical order (RFC 4034 section 6.3)."""
    return tuple(ds_fact(record) for record in in_order(records))


def key_fact(key: PublicKey, trusted_by: str) -> KeyFact:
    """One DNSKEY record (RFC 4034 section 2.1); `trusted_by`: "DS", "anchor" or ""."""
    flags = int(key.dnskey.flags)
    role = "revoked" if flags & algorithms.REVOKE_FLAG else "KSK" if flags & algorithms.SEP_FLAG else "ZSK"
    return KeyFact(
        tag=key.tag,
        algorithm=key.algorithm,
        algorithm_name=algorithms.algorithm_name(key.algorithm),
        flags=flags,
        role=role,
        bits=key.bits,
        trusted_by=trusted_by,
    )
