"""Why an answer is bogus, and who can mend that (RFC 4035 section 5)."""

from __future__ import annotations

from collections.abc import Sequence

from mailpath.facts import Lookup, Security, SignatureFact, ZoneFact
from mailpath.visible import visible

#: Nobody mends the root, and it hardly ever needs it.
_ROOT = (
    "Check the trust anchor, this machine's clock and the resolver: the root zone has no parent that could"
    " vouch for it."
)
#: Of a walk that is judged as of a time to come.
_TO_COME = " (As of that time; today this is no fault: a working signer renews signatures in time.)"
#: RFC 8914: DNSKEY Missing.
_NO_KEY = 9


def bad_signatures(lookup: Lookup, zones: Sequence[ZoneFact]) -> list[SignatureFact]:
    """Those that do not hold: the answer's, and those over the keys of a bogus zone above it."""
    signatures = list(lookup.signatures)
    for zone in zones:
        if zone.name in lookup.chain and zone.status is Security.BOGUS:
            signatures += zone.signatures
    return [signature for signature in signatures if signature.verdict != "good"]


def ran_out(lookup: Lookup, zones: Sequence[ZoneFact], at: int) -> SignatureFact | None:
    """The last signature to run out, where nothing else is wrong."""
    bad = bad_signatures(lookup, zones)
    if not bad or any(signature.expiration >= at for signature in bad):
        return None
    return max(bad, key=lambda signature: signature.expiration)


def remedy(lookup: Lookup, zones: Sequence[ZoneFact], at: int, *, ahead: bool) -> str:
    """What mends the answer, and in which zone.  `zones`: its validator's, as of `at` (Unix time); `ahead`:
    that is a time to come.
    """
    late = ran_out(lookup, zones, at) is not None
    to_come = _TO_COME if late and ahead else ""
    broken = {zone.name: zone for zone in zones if zone.status is Security.BOGUS}
    name = next((name for name in lookup.chain if name in broken), lookup.zone or lookup.canonical)
    if name == ".":
        return f"{_ROOT}{to_come}"
    shown = visible(name)
    if late:
        how = "reload it on all name servers, and find out why the signer stopped"
        return f"Sign the zone {shown} again, {how}.{to_come}"
    if name in broken and broken[name].anchor:
        return (
            f"Check the trust anchor of {shown}, this machine's clock and the resolver: the parent's DS"
            " records do not count here."
        )
    if name in broken and broken[name].ds:
        return _other_ds(shown, broken[name])
    return _sign_again(shown)


def _other_ds(shown: str, zone: ZoneFact) -> str:
    """The parent's DS and the zone's keys do not belong together, or the fault lies elsewhere."""
    tags = ", ".join(sorted({str(ds.tag) for ds in zone.ds}, key=int))
    own = [key for key in zone.keys if key.role != "revoked"]
    own = [key for key in own if key.role == "KSK"] or own
    if not zone.keys and zone.ede == _NO_KEY:
        return f"Publish the keys of {shown} again, or have its parent remove the DS record (key tag {tags})."
    if not own or any(ds.matches for ds in zone.ds):
        return _sign_again(shown)
    published = ", ".join(sorted({str(key.tag) for key in own}, key=int))
    if tags == published:
        return (
            f"Have the parent of {shown} replace its DS record: it has the tag of the zone's key ({tags}),"
            " but another digest."
        )
    return (
        f"Have the parent of {shown} replace its DS record (key tag {tags}) with one for a key that the zone"
        f" publishes (key tag {published}); until then publish the old key and sign with it, if you still"
        " have it."
    )


def _sign_again(shown: str) -> str:
    return f"Sign the zone {shown} again, and check that the DS record at its parent matches one of its keys."
