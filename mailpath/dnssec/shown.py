"""DS and DNSKEY records as facts, and in words: what is shown of a delegation and of a zone's keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import dns.name

from mailpath.dnssec import algorithms
from mailpath.dnssec.algorithms import Delegation, PublicKey
from mailpath.dnssec.anchors import Anchors
from mailpath.dnssec.messages import name_text
from mailpath.dnssec.signatures import EDE_DNSKEY_MISSING
from mailpath.facts import DsFact, KeyFact

#: RFC 8914: no DNSKEY has the Zone bit.
EDE_NO_ZONE_KEY = 11


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


def why_untrusted(
    zone: dns.name.Name,
    keys: Sequence[PublicKey],
    matched: Sequence[PublicKey],
    anchors: Anchors,
    trusted_by: str,
) -> tuple[str, int]:
    """Why none of the `keys` of `zone` can be trusted, and the RFC 8914 code.

    `matched`: those that the anchor or a DS names all the same; `trusted_by`: "DS" or "anchor".
    """
    name = name_text(zone)
    if matched:
        key = matched[0]
        if key.dnskey.flags & algorithms.REVOKE_FLAG:
            return (
                f"The key of {name} that its {trusted_by} names (key tag {key.tag}) is revoked",
                EDE_DNSKEY_MISSING,
            )
        return (
            f"The key of {name} that its {trusted_by} names (key tag {key.tag}) is no zone key",
            EDE_NO_ZONE_KEY,
        )
    tags = sorted({int(ds.key_tag) for ds in anchors.ds} | {algorithms.key_tag(key) for key in anchors.keys})
    what = "the trust anchor" if trusted_by == "anchor" else "its DS at the parent"
    for key in keys:
        if any(key.has_tag_of(ds) for ds in anchors.ds):
            reason = f"{what[:1].upper()}{what[1:]} names a key (key tag {key.tag}) with another digest"
            return f"{reason} than that key of {name} has", EDE_DNSKEY_MISSING
    named = ", ".join(str(tag) for tag in tags)
    return f"No DNSKEY of {name} matches {what} (key tag {named})", EDE_DNSKEY_MISSING
