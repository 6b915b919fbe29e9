"""Which of a zone's keys do its DS records or its trust anchor vouch for (RFC 4035 section 5.2)?"""

from __future__ import annotations

from collections.abc import Sequence

import dns.name
from dns.edns import EDECode

from mailpath.dnssec import algorithms
from mailpath.dnssec.algorithms import PublicKey
from mailpath.dnssec.anchors import Anchor, called


def is_vouched_for(zone: dns.name.Name, key: PublicKey, anchor: Anchor) -> bool:
    """Whether `anchor`, a trust anchor or the DS records of the parent, names `key` (RFC 4034 5.1.4)."""
    return key.dnskey in anchor.keys or any(key.is_named_by(ds, zone) for ds in anchor.ds)


def no_trusted_key(
    zone: dns.name.Name, keys: Sequence[PublicKey], anchor: Anchor, trusted_by: str
) -> tuple[str, int]:
    """Why we can trust none of the zone's `keys`, and the RFC 8914 code.

    A DS whose key is gone differs from a DS that has the tag and algorithm of a published key but the digest
    of another: a rollover leaves the first kind behind; the second was mistyped or made from the key of
    another zone.
    """
    name = called(zone)
    for key in keys:
        if is_vouched_for(zone, key, anchor):
            named = f"The key of {name} that its {trusted_by} names (key tag {key.tag})"
            if key.dnskey.flags & algorithms.REVOKE_FLAG:
                return f"{named} is revoked", EDECode.DNSKEY_MISSING
            return f"{named} is not a zone key", EDECode.NO_ZONE_KEY_BIT_SET
    what = "the trust anchor" if trusted_by == "anchor" else "its DS at the parent"
    named_keys = {(ds.key_tag, ds.algorithm) for ds in anchor.ds}
    named_keys |= {(algorithms.key_tag(key), int(key.algorithm)) for key in anchor.keys}
    # Only "near": a key tag is a sixteen-bit checksum, so two keys may share one.
    near = sorted({key.tag for key in keys if (key.tag, key.algorithm) in named_keys})
    if near:
        tags = ", ".join(map(str, near))
        who, whose = ("The trust anchor", f"the key of {name}")
        if trusted_by != "anchor":
            who, whose = f"The DS of {name} at the parent", "its key"
        reason = f"{who} names key tag {tags}, but with another digest than that of {whose}"
        return reason, EDECode.DNSKEY_MISSING
    tags = ", ".join(str(tag) for tag in sorted({tag for tag, _ in named_keys}))
    reason = f"No DNSKEY of {name} matches {what} (key tag {tags}): it publishes no such key"
    return reason, EDECode.DNSKEY_MISSING
