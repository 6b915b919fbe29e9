"""What goes wrong with a zone after it was signed: RRsets and signatures lost, bent or exchanged."""

from __future__ import annotations

from collections.abc import Callable

import dns.dnssec
import dns.name
import dns.rdata
import dns.rdataset
import dns.rdatatype
import dns.zone
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.RRSIG import RRSIG
from interop_delegations import UNKNOWN_ALGORITHM
from interop_model import Change, Zone

#: A zone that signs nothing of another one.
EXAMPLE = dns.name.from_text("example.")
#: A zone's name as nobody writes it.
ODD = dns.name.from_text("ODD.Example.")


def operate(zone: Zone, signed: dns.zone.Zone) -> bool:
    """Make the changes that `zone` asks for in `signed`; whether there were any."""
    for change in zone.changes:
        change(signed)
    return bool(zone.changes)


def _owner(zone: dns.zone.Zone, name: str) -> dns.name.Name:
    assert zone.origin is not None
    return dns.name.from_text(name, zone.origin) if name != "@" else zone.origin


def drop(name: str, rdtype: str) -> Change:
    """Remove one RRset with its signatures."""

    def change(zone: dns.zone.Zone) -> None:
        owner, kind = _owner(zone, name), RdataType.make(rdtype)
        assert zone.get_rdataset(owner, kind) is not None
        zone.delete_rdataset(owner, kind)
        zone.delete_rdataset(owner, RdataType.RRSIG, kind)

    return change


def drop_everywhere(rdtype: str) -> Change:
    """Remove every RRset of one type with its signatures: the proofs of what is not there."""

    def change(zone: dns.zone.Zone) -> None:
        kind = RdataType.make(rdtype)
        owners = [name for name, node in zone.items() if node.get_rdataset(zone.rdclass, kind) is not None]
        assert owners
        for owner in owners:
            zone.delete_rdataset(owner, kind)
            zone.delete_rdataset(owner, RdataType.RRSIG, kind)

    return change


def drop_signatures(name: str, rdtype: str) -> Change:
    """Remove the signatures of one RRset."""
    return _each_signature(lambda _: None, name, rdtype)


def drop_signatures_everywhere(rdtype: str) -> Change:
    """Remove every signature over RRsets of one type."""
    return _each_signature(lambda _: None, None, rdtype)


def bend_signatures(name: str, rdtype: str) -> Change:
    """Flip one bit in every signature over one RRset."""
    return _each_signature(_bent, name, rdtype)


def bend_everywhere(rdtype: str) -> Change:
    """Flip one bit in every signature over RRsets of one type."""
    return _each_signature(_bent, None, rdtype)


def bend_algorithm(number: int) -> Change:
    """Flip one bit in every signature of one algorithm, the zone's keys' included."""
    return _each_signature(
        lambda found: _bent(found) if int(found.algorithm) == number else found, None, None
    )


def drop_algorithm(number: int) -> Change:
    """Remove every signature of one algorithm, but leave its keys."""
    return _each_signature(lambda found: None if int(found.algorithm) == number else found, None, None)


def drop_signatures_by_sep(zone: dns.zone.Zone) -> None:
    """Remove the signatures that keys with the SEP bit made over the keys."""
    keys = zone.find_rdataset("@", "DNSKEY")
    tags = {dns.dnssec.key_id(key) for key in keys if key.flags & 1}
    _each_signature(lambda found: None if found.key_tag in tags else found, "@", "DNSKEY")(zone)


def raise_ttl(name: str, rdtype: str, ttl: int) -> Change:
    """A TTL above the one that was signed."""

    def change(zone: dns.zone.Zone) -> None:
        for kind, covers in ((rdtype, "NONE"), ("RRSIG", rdtype)):
            found = zone.find_rdataset(_owner(zone, name), kind, covers)
            found.ttl = ttl

    return change


def edit_signatures(name: str, rdtype: str, **fields: object) -> Change:
    """Exchange fields of the signatures of one RRset."""
    return _each_signature(lambda found: found.replace(**fields), name, rdtype)


def put(name: str, rdtype: str, *rdatas: str) -> Change:
    """Exchange the records of one RRset and leave its signatures."""

    def change(zone: dns.zone.Zone) -> None:
        owner, kind = _owner(zone, name), RdataType.make(rdtype)
        old = zone.get_rdataset(owner, kind)
        assert old is not None
        zone.replace_rdataset(
            owner, dns.rdataset.from_text_list(zone.rdclass, kind, old.ttl, list(rdatas), origin=zone.origin)
        )

    return change


def add_unsigned(name: str, rdtype: str, *rdatas: str) -> Change:
    """An RRset that was never signed, at an owner that may be new."""

    def change(zone: dns.zone.Zone) -> None:
        zone.replace_rdataset(
            _owner(zone, name),
            dns.rdataset.from_text_list(
                zone.rdclass, RdataType.make(rdtype), 3600, list(rdatas), origin=zone.origin
            ),
        )

    return change


def unknown_algorithm(zone: dns.zone.Zone) -> None:
    """Rename the zone's algorithm to one that nobody knows, in keys and signatures."""
    tags = {}
    keys = zone.find_rdataset("@", "DNSKEY")
    renamed = []
    for key in keys:
        other = key.replace(algorithm=UNKNOWN_ALGORITHM)
        tags[dns.dnssec.key_id(key)] = dns.dnssec.key_id(other)
        renamed.append(other)
    zone.replace_rdataset("@", dns.rdataset.from_rdata_list(keys.ttl, renamed))
    _each_signature(
        lambda found: found.replace(algorithm=UNKNOWN_ALGORITHM, key_tag=tags[found.key_tag]), None, None
    )(zone)


def _bent(found: RRSIG) -> RRSIG:
    changed = found.replace(signature=found.signature[:-1] + bytes([found.signature[-1] ^ 1]))
    assert isinstance(changed, RRSIG)
    return changed


def _each_signature(
    edit: Callable[[RRSIG], dns.rdata.Rdata | None], name: str | None, rdtype: str | None
) -> Change:
    """`edit` every signature of an owner (None: all) over a type (None: all); None from it removes one."""

    def change(zone: dns.zone.Zone) -> None:
        wanted = None if rdtype is None else RdataType.make(rdtype)
        owners = list(zone) if name is None else [_owner(zone, name)]
        touched = 0
        for owner in owners:
            for old in list(zone.find_node(owner)):
                if old.rdtype != RdataType.RRSIG or wanted not in (None, old.covers):
                    continue
                edited = [edit(found) for found in old if isinstance(found, RRSIG)]
                kept = [found for found in edited if found is not None]
                touched += list(map(str, kept)) != list(map(str, old))  # names are equal in any case
                zone.delete_rdataset(owner, RdataType.RRSIG, old.covers)
                if kept:
                    zone.replace_rdataset(owner, dns.rdataset.from_rdata_list(old.ttl, kept))
        assert touched, "the change changed nothing"

    return change
