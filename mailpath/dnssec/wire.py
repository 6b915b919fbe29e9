"""A DNS message off the wire, record by record (RFC 1035 section 4.1, RFC 6891 section 6.1).

`dns.message.from_wire` gives up on the whole message if the data of one record is malformed for its type: a
TLSA record with a digest of the wrong length, for instance.  But we want to show and judge exactly such
records, and a signature covers the octets whatever they mean.  So we keep the record as unknown data (RFC
3597), unless it may hold compressed names; then we drop it and report that.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import dns.edns
import dns.exception
import dns.flags
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.OPT
import dns.rrset
import dns.wire
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType

#: Types whose data may hold compressed names (RFC 3597 section 4), or whose meaning the validator needs.
_NEVER_OPAQUE = frozenset(
    {
        RdataType.NS,
        RdataType.CNAME,
        RdataType.SOA,
        RdataType.PTR,
        RdataType.MX,
        RdataType.SRV,
        RdataType.DNAME,
        RdataType.NSEC,
        RdataType.NSEC3,
        RdataType.RRSIG,
        RdataType.DNSKEY,
        RdataType.OPT,
    }
)

#: Types of RFC 1035 section 3.3 that dnspython does not know and that consist of so many names.  The names
#: may be compressed, and are in lower case where they are signed (RFC 4034 section 6.2 item 3).
_ONLY_NAMES = {
    RdataType.MD: 1,
    RdataType.MF: 1,
    RdataType.MB: 1,
    RdataType.MG: 1,
    RdataType.MR: 1,
    RdataType.MINFO: 2,
}

#: Most octets of messages that we remember; a large path needs a sixth of that.
_MOST_REMEMBERED = 2 * 1024 * 1024


@dataclass(frozen=True)
class Asked:
    """The one entry of a question section."""

    name: dns.name.Name
    rdtype: RdataType
    rdclass: RdataClass


@dataclass(frozen=True, eq=False)
class WireMessage:
    """Header, question, and the RRsets of answer and authority section; RRSIGs by the type they cover.

    `unreadable`: types of the records that we dropped from the answer section.
    """

    flags: int
    rcode: dns.rcode.Rcode
    questions: tuple[Asked, ...]
    answer: tuple[dns.rrset.RRset, ...]
    authority: tuple[dns.rrset.RRset, ...]
    extended_errors: tuple[dns.edns.EDEOption, ...]
    unreadable: frozenset[RdataType] = frozenset()

    @property
    def is_response(self) -> bool:
        """The QR bit (RFC 1035 section 4.1.1)."""
        return bool(self.flags & dns.flags.QR)

    @property
    def truncated(self) -> bool:
        """The TC bit (RFC 1035 section 4.1.1)."""
        return bool(self.flags & dns.flags.TC)


#: `make` looks for a name and checks the range each time; a message has dozens of them.
_type_of = lru_cache(maxsize=1024)(RdataType.make)
_class_of = lru_cache(maxsize=16)(RdataClass.make)


def read_message(wire: bytes) -> WireMessage:
    """The message in `wire`.  Raises `dns.exception.DNSException` if it is none.

    Remembers it: a recording is walked many times, under attacks and as of other times.
    """
    content = wire[2:]  # without the id, which is another one each time it is asked
    found = _memory.known.get(content)
    if found is None:
        found = _parse(wire)
        _memory.keep(content, found)
    return found


def records(wire: bytes) -> int:
    """How many records the header of a message promises, besides its questions (RFC 1035 section 4.1.1)."""
    return sum(int.from_bytes(wire[place : place + 2], "big") for place in (6, 8, 10))


def _parse(wire: bytes) -> WireMessage:
    parser = dns.wire.Parser(wire)
    _, flags, *counts = parser.get_struct("!HHHHHH")
    questions = tuple(_read_question(parser) for _ in range(counts[0]))
    unreadable: set[RdataType] = set()
    answer = _read_records(parser, counts[1], dropped=unreadable)
    authority = _read_records(parser, counts[2])
    extended_rcode = 0
    errors: list[dns.edns.EDEOption] = []
    for rrset in _read_records(parser, counts[3], only=RdataType.OPT):
        extended_rcode = int(rrset.ttl) >> 24
        for rdata in rrset:
            if isinstance(rdata, dns.rdtypes.ANY.OPT.OPT):
                errors += [option for option in rdata.options if isinstance(option, dns.edns.EDEOption)]
    rcode = dns.rcode.Rcode.make((extended_rcode << 4) | (flags & 0xF))
    return WireMessage(flags, rcode, questions, answer, authority, tuple(errors), frozenset(unreadable))


class _Memory:
    """Messages read before."""

    def __init__(self) -> None:
        self.known: dict[bytes, WireMessage] = {}
        self._octets = 0

    def keep(self, wire: bytes, message: WireMessage) -> None:
        if self._octets + len(wire) > _MOST_REMEMBERED:
            self.forget()
        self.known[wire] = message
        self._octets += len(wire)

    def forget(self) -> None:
        self.known.clear()
        self._octets = 0


_memory = _Memory()


def forget() -> None:
    """Forget all messages."""
    _memory.forget()


def _read_question(parser: dns.wire.Parser) -> Asked:
    name = dns.name.from_wire_parser(parser)
    rdtype, rdclass = parser.get_struct("!HH")
    return Asked(name, _type_of(rdtype), _class_of(rdclass))


def _read_records(
    parser: dns.wire.Parser,
    count: int,
    *,
    only: RdataType | None = None,
    dropped: set[RdataType] | None = None,
) -> tuple[dns.rrset.RRset, ...]:
    """`count` records as RRsets (RFC 2181 section 5); if their TTLs differ, the lowest counts (section 5.2).

    Adds to `dropped` the types of records that it cannot read.
    """
    found: dict[tuple[dns.name.Name, RdataClass, RdataType, RdataType], dns.rrset.RRset] = {}
    for _ in range(count):
        name = dns.name.from_wire_parser(parser)
        type_number, class_number, ttl, length = parser.get_struct("!HHIH")
        rdtype, rdclass = _type_of(type_number), _class_of(class_number)
        with parser.restrict_to(length):
            octets = parser.wire[parser.current : parser.current + length]
            rdata = _read_rdata(parser, rdclass, rdtype, octets)
            parser.get_remaining()
        if rdata is None and dropped is not None:
            dropped.add(rdtype)
        if rdata is None or only not in (None, rdtype):
            continue
        # RFC 2181 section 8: a TTL with the top bit set counts as zero; OPT keeps flags there.
        shown = ttl if rdtype == RdataType.OPT or ttl < 1 << 31 else 0
        key = (name, rdclass, rdtype, rdata.covers())
        rrset = found.get(key)
        if rrset is None:
            rrset = found[key] = dns.rrset.RRset(name, rdclass, rdtype, rdata.covers())
            rrset.ttl = shown
        rrset.add(rdata, shown)
    return tuple(found.values())


def _read_rdata(
    parser: dns.wire.Parser, rdclass: RdataClass, rdtype: RdataType, octets: bytes
) -> dns.rdata.Rdata | None:
    """The record's data; unknown data if it is malformed; None if not even that would be right."""
    try:
        if rdtype in _ONLY_NAMES:
            return dns.rdata.GenericRdata(rdclass, rdtype, _read_names(parser, _ONLY_NAMES[rdtype]))
        return dns.rdata.from_wire_parser(rdclass, rdtype, parser)
    except (dns.exception.DNSException, ValueError):
        if rdtype in _NEVER_OPAQUE or rdtype in _ONLY_NAMES:
            return None
        return dns.rdata.GenericRdata(rdclass, rdtype, octets)


def _read_names(parser: dns.wire.Parser, count: int) -> bytes:
    """`count` names that fill the record, in canonical form.  Raises `dns.exception.DNSException`."""
    names = [dns.name.from_wire_parser(parser) for _ in range(count)]
    if parser.remaining():
        raise dns.exception.FormError
    return b"".join(name.to_digestable() for name in names)
