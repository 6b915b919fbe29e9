"""How long an old value stays with senders once it is changed, as the answers of a capture showed it.

* A record: its TTL (RFC 1035 section 3.2.1), as it was published before the change.  What an answer from a
  cache shows may be less; for a zone that is not signed a plan says so.
* No record: the negative TTL, the lesser of the SOA's own TTL and its minimum (RFC 2308 section 5).
* A DS record: its TTL, of the parent zone; a missing one: the parent's negative TTL.
* A failure, where answers were bogus or no name server answered: five minutes (RFC 9520 section 3.2).
* Answers of a zone that is signed: their TTLs; without signatures they are bogus to whoever sees a DS record.
* A policy: max_age from the last moment at which it could be fetched (RFC 8461 section 3.2).
* A mail host: not at all; every session asks it anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import dns.exception
import dns.rdatatype
import msgspec
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.RRSIG import RRSIG
from dns.rdtypes.ANY.SOA import SOA

from mailpath.dnssec.messages import name_text
from mailpath.dnssec.wire import RRset, read_message
from mailpath.lab.grammar import Sts, Zone
from mailpath.match.sts import parse_policy
from mailpath.names import is_within
from mailpath.network.capture import Capture
from mailpath.plan.world import Part, World

#: Seconds that are taken for granted where no answer showed any: what most zones have, and a day above them.
UNSEEN, UNSEEN_DS = 3600, 86400
#: Seconds for which a resolver may keep a failure.
FAILURE = 300
#: What a zone says of itself that nobody has signed, or of which a validator makes no use.
INSECURE = ("unsigned", "nods")


class ZoneTimes(msgspec.Struct, frozen=True):
    """Of one zone's SOA, in seconds.  `refresh`: a secondary that misses a NOTIFY is behind for so long."""

    negative: int
    refresh: int


class Times(msgspec.Struct, frozen=True):
    """`zones`: zone -> its SOA's times; `ds`: zone -> TTL of its DS records; `signed`: owner and type of an
    RRset -> Unix time until which signatures of it hold.
    """

    zones: dict[str, ZoneTimes]
    ds: dict[str, int]
    signed: dict[tuple[str, str], int] = {}

    def of(self, zone: str) -> ZoneTimes | None:
        """Of `zone`; None where no answer showed them."""
        return self.zones.get(zone)

    def negative(self, zone: str) -> int:
        """Seconds for which "no such record" of this zone may be kept."""
        found = self.of(zone)
        return UNSEEN if found is None else found.negative

    def settles(self, part: Part, old: Any, new: Any, world: World) -> int:
        """Seconds for which a sender may go on with `old` once it is `new`.  Held policies are apart."""
        match part.kind:
            case "rrset":
                ttls = [each.ttl for each in old or ()]
                return max(ttls) if ttls else self.negative(world.zone_of(part.name))
            case "zone":
                return self._zone(part.name, old, new, world)
            case "fault":
                return FAILURE if old else 0
        return 0

    def _zone(self, zone: str, old: Zone | None, new: Zone | None, world: World) -> int:
        if old is None or new is None:
            return 0
        if mends(old, new):
            return FAILURE
        if old.sec not in INSECURE:
            return self.ds.get(zone, UNSEEN_DS)
        unsigned = max(longest_ttl(world, zone), self.negative(zone)) if old.sec == "unsigned" else 0
        if new.sec in INSECURE:
            return unsigned
        return max(unsigned, self.negative(self.above(zone)))

    def above(self, zone: str) -> str:
        """The zone that has the DS records of `zone`; "" where no answer showed it."""
        found = [each for each in self.zones if each != zone and is_within(zone, each)]
        return max(found, key=len, default="")


def mends(old: Zone, new: Zone | None) -> bool:
    """Whether nothing of the zone was of use before, so that no cache holds it, and its DS record stays."""
    if new is None:
        return False
    fails = old.ns != "real" or old.sec == "expired" or bool(old.tamper) or old.days != new.days
    return fails and old.sec != "badds" and (old.sec in INSECURE) is (new.sec in INSECURE)


def longest_ttl(world: World, zone: str) -> int:
    """Seconds for which some answer of `zone` may be kept, as far as the world has them."""
    ttls: list[int] = [
        each.ttl
        for part, held in world.parts.items()
        if part.kind in ("rrset", "server") and world.zone_of(part.name) == zone
        for each in held or ()
    ]
    return max(ttls, default=UNSEEN)


def times_of(capture: Capture) -> Times:
    """What the answers of `capture` say.

    A cache counts TTLs down.  What a zone has is in its signatures (RFC 4034 section 3.1.4); the negative TTL
    of one that is not signed is at most the SOA's minimum.
    """
    zones: dict[str, ZoneTimes] = {}
    ds: dict[str, int] = {}
    signed: dict[tuple[str, str], int] = {}
    for exchange in capture.dns:
        if exchange.response is None:
            continue
        try:
            message = read_message(exchange.response)
        except dns.exception.DNSException:
            continue
        for section in (message.answer, message.authority):
            ttls = _original_ttls(section, signed)
            for rrset in section:
                owner = name_text(rrset.name)
                ttl = ttls.get((owner, rrset.rdtype))
                if rrset.rdtype == RdataType.DS:
                    ds[owner] = max(ds.get(owner, 0), rrset.ttl if ttl is None else ttl)
                for soa in (each for each in rrset if isinstance(each, SOA)):
                    negative = soa.minimum if ttl is None else min(ttl, soa.minimum)
                    known = zones.get(owner)
                    zones[owner] = ZoneTimes(max(negative, known.negative if known else 0), soa.refresh)
    return Times(zones, ds, signed)


def _original_ttls(
    section: Iterable[RRset], signed: dict[tuple[str, str], int]
) -> dict[tuple[str, RdataType], int]:
    """Owner and type -> the TTL that the zone has.  `signed` learns until when the signatures hold."""
    found: dict[tuple[str, RdataType], int] = {}
    for rrset in section:
        owner = name_text(rrset.name)
        for rrsig in (each for each in rrset if isinstance(each, RRSIG)):
            found[owner, rrsig.type_covered] = rrsig.original_ttl
            key = owner, RdataType.to_text(rrsig.type_covered)
            signed[key] = max(signed.get(key, 0), rrsig.expiration)
    return found


def max_age(policy: Sts | None) -> int:
    """Seconds for which a sender keeps this policy; 0 where it is none."""
    if policy is None:
        return 0
    if policy.body is None:
        return policy.max_age
    found = parse_policy(policy.body.encode(), b"text/plain").policy
    return found.max_age if found is not None else 0
