"""DS and DNSKEY records as facts: what we show of a delegation and of a zone's keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import dns.name

from mailpath.dnssec import algorithms
from mailpath.dnssec.algorithms import DsRecord, PublicKey
from mailpath.facts import DsFact, KeyFact


def ds_facts(
    records: Iterable[DsRecord], zone: dns.name.Name, keys: Sequence[PublicKey] = ()
) -> tuple[DsFact, ...]:
    """The DS records of `zone`, which has `keys`, in canonical order (RFC 4034 sections 5.1 and 6.3)."""
    return tuple(
        DsFact(
            tag=ds.key_tag,
            algorithm=ds.algorithm,
            digest_type=ds.digest_type,
            digest=ds.digest.hex(),
            matches=any(key.is_named_by(ds, zone) for key in keys),
            supported=ds.known,
        )
        for ds in sorted(records)
    )


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
