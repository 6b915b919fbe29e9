"""Why an answer is bogus, and who can mend that (RFC 4035 section 5)."""

from __future__ import annotations

from mailpath.facts import Lookup, Security, SignatureFact, Walk
from mailpath.visible import visible

#: Nobody mends the root, and it hardly ever needs it.
_ROOT = (
    "Check the trust anchor, this machine's clock and the resolver: the root has no parent to vouch for it."
)
#: A walk can be judged as of any time.
_TO_COME = "As of a time to come nothing is to be done yet: a signer that runs renews its signatures before."


def bad_signatures(walk: Walk, lookup: Lookup) -> list[SignatureFact]:
    """Those that do not hold: the answer's, and those over the keys of a bogus zone above it."""
    zones = {zone.name: zone for zone in walk.dnssec.zones}
    signatures = list(lookup.signatures)
    for name in lookup.chain:
        if name in zones and zones[name].status is Security.BOGUS:
            signatures += zones[name].signatures
    return [signature for signature in signatures if signature.verdict != "good"]


def ran_out(walk: Walk, lookup: Lookup) -> SignatureFact | None:
    """The last signature to run out, where nothing else is wrong."""
    bad = bad_signatures(walk, lookup)
    if not bad or any(signature.expiration >= walk.at for signature in bad):
        return None
    return max(bad, key=lambda signature: signature.expiration)


def remedy(walk: Walk, lookup: Lookup) -> str:
    """What mends the answer, and in which zone."""
    late = ran_out(walk, lookup) is not None
    broken = {zone.name for zone in walk.dnssec.zones if zone.status is Security.BOGUS}
    zone = next((name for name in lookup.chain if name in broken), lookup.zone or lookup.canonical)
    if zone == ".":
        return f"{_ROOT} {_TO_COME}" if late else _ROOT
    again = f"Sign the zone {visible(zone)} again"
    if late:
        return f"{again}, reload it on all name servers, and find out why the signer stopped. {_TO_COME}"
    return f"{again}, and check that the DS at its parent belongs to a key that it has."
