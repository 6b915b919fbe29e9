"""A DNS message off the wire, record by record (RFC 1035 section 4.1, RFC 6891 section 6.1).

`dns.message.from_wire` gives up on the whole message if the data of one record is malformed for its type: a
TLSA record with a digest of the wrong length, for instance.  But we want to show and judge exactly such
records, and a signature covers the octets whatever they mean.  So we keep the record as unknown data (RFC
3597), unless it may hold compressed names; then we drop it and report that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
import dns.wire
import msgspec
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

#: Most octets of messages that we remember; a large path needs two thirds of that, and what was read of them
#: is ten times as much.
_MOST_REMEMBERED = 512 * 1024

#: Where the flags of a message are (RFC 1035 section 4.1.1).
_FLAGS = slice(2, 4)

#: Octets of a name and pointers in it (RFC 1035 sections 2.3.4 and 4.1.4).
_LONGEST_NAME, _MOST_POINTERS = 255, 128


class Asked(msgspec.Struct, frozen=True):
    """The one entry of a question section."""

    name: dns.name.Name
    rdtype: RdataType
    rdclass: RdataClass


class RRset(msgspec.Struct, frozen=True, eq=False):
    """Records of one name, class and type, each once (RFC 2181 section 5); RRSIGs by the type they cover.

    The one of dnspython is a set: it puts every record into wire form twice, which takes as long as reading.
    """

    name: dns.name.Name
    rdclass: RdataClass
    rdtype: RdataType
    covers: RdataType
    ttl: int
    rdatas: tuple[dns.rdata.Rdata, ...]

    def __iter__(self) -> Iterator[dns.rdata.Rdata]:
        return iter(self.rdatas)

    def __len__(self) -> int:
        return len(self.rdatas)

    def __getitem__(self, at: int) -> dns.rdata.Rdata:
        return self.rdatas[at]


class Body(msgspec.Struct, frozen=True, eq=False, weakref=True):
    """All of a message but its id and its flags: question, and the RRsets of answer and authority section.

    `unreadable`: types of the records that we dropped from the answer section; `extended`: the upper bits of
    the RCODE (RFC 6891 section 6.1.3).
    """

    questions: tuple[Asked, ...]
    answer: tuple[RRset, ...]
    authority: tuple[RRset, ...]
    extended_errors: tuple[dns.edns.EDEOption, ...]
    unreadable: frozenset[RdataType]
    extended: int


class WireMessage(msgspec.Struct, frozen=True, eq=False):
    """A message; the same body is one object, whatever the flags."""

    flags: int
    body: Body

    @property
    def rcode(self) -> dns.rcode.Rcode:
        """The RCODE, with its upper bits."""
        return _rcode_of(self.body.extended << 4 | self.flags & 0xF)

    @property
    def answer(self) -> tuple[RRset, ...]:
        """RRsets of the answer section; RRSIGs by the type they cover."""
        return self.body.answer

    @property
    def authority(self) -> tuple[RRset, ...]:
        """RRsets of the authority section."""
        return self.body.authority

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
_rcode_of = lru_cache(maxsize=64)(dns.rcode.Rcode.make)


class _Name(dns.name.Name):
    """A name that works out its hash, and its canonical form, once: a walk looks names up by the thousand."""

    __slots__ = ("_hash", "_lower")
    _hash: int
    #: None where that is the name itself.
    _lower: dns.name.Name | None

    def __hash__(self) -> int:
        try:
            return self._hash
        except AttributeError:
            object.__setattr__(self, "_hash", super().__hash__())
            return self._hash

    def parent(self) -> dns.name.Name:
        """Without the first label."""
        return name_of(super().parent().labels)

    def canonicalize(self) -> dns.name.Name:
        """In lower case (RFC 4034 section 6.2)."""
        try:
            return self._lower or self
        except AttributeError:
            lower = tuple(label.lower() for label in self.labels)
            object.__setattr__(self, "_lower", None if lower == self.labels else name_of(lower))
            return self._lower or self


#: Equal names are one object here: dictionaries compare names that are not octet by octet.
name_of = lru_cache(maxsize=8192)(_Name)


def read_message(wire: bytes) -> WireMessage:
    """The message in `wire`.  Raises `dns.exception.DNSException` if it is none.

    Remembers it: a recording is walked many times, under attacks and as of other times.
    """
    # Without the id, which is another one each time it is asked, and the flags: what the resolver says for
    # itself is as a rule what it says with CD set.
    content = wire[_FLAGS.stop :]
    found = _memory.known.get(content)
    if found is None:
        found = _parse(wire)
        _memory.keep(content, found)
    return WireMessage(int.from_bytes(wire[_FLAGS], "big"), found)


def records(wire: bytes) -> int:
    """How many records the header of a message promises, besides its questions (RFC 1035 section 4.1.1)."""
    return sum(int.from_bytes(wire[place : place + 2], "big") for place in (6, 8, 10))


def _parse(wire: bytes) -> Body:
    parser = dns.wire.Parser(wire)
    _, _, *counts = parser.get_struct("!HHHHHH")
    questions = tuple(_read_question(parser) for _ in range(counts[0]))
    unreadable: set[RdataType] = set()
    answer = _read_records(parser, counts[1], dropped=unreadable)
    authority = _read_records(parser, counts[2])
    extended = 0
    errors: list[dns.edns.EDEOption] = []
    for rrset in _read_records(parser, counts[3], only=RdataType.OPT):
        extended = rrset.ttl >> 24
        for rdata in rrset:
            if isinstance(rdata, dns.rdtypes.ANY.OPT.OPT):
                errors += [option for option in rdata.options if isinstance(option, dns.edns.EDEOption)]
    return Body(questions, answer, authority, tuple(errors), frozenset(unreadable), extended)


class _Memory:
    """Messages read before."""

    def __init__(self) -> None:
        self.known: dict[bytes, Body] = {}
        self._octets = 0

    def keep(self, wire: bytes, message: Body) -> None:
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
    name = _read_name(parser)
    rdtype, rdclass = parser.get_struct("!HH")
    return Asked(name, _type_of(rdtype), _class_of(rdclass))


@lru_cache(maxsize=8192)
def name_from(text: str) -> dns.name.Name:
    """The name in presentation form.  Raises `dns.exception.DNSException`."""
    return name_of(dns.name.from_text(text).labels)


def _read_name(parser: dns.wire.Parser) -> dns.name.Name:
    """A name (RFC 1035 section 4.1.4), as `dns.name.from_wire_parser` reads it.

    Raises `dns.exception.DNSException`.
    """
    wire, at, end = parser.wire, parser.current, parser.end
    start, furthest, pointers, octets = at, at, 0, 0
    labels: list[bytes] = []
    while True:
        if at >= end:
            raise dns.exception.FormError
        length, at = wire[at], at + 1
        if length >= 0xC0:
            if at >= end:
                raise dns.exception.FormError
            target = (length & 0x3F) << 8 | wire[at]
            furthest = max(furthest, at + 1)
            pointers += 1
            if target >= start or pointers > _MOST_POINTERS:
                raise dns.name.BadPointer
            # What a pointer leads to lies before the name, all of it.
            at, start, end = target, target, start
            continue
        if length >= 0x40:
            raise dns.name.BadLabelType
        octets += length + 1
        if octets > _LONGEST_NAME:
            raise dns.name.NameTooLong
        if at + length > end:
            raise dns.exception.FormError
        labels.append(wire[at : at + length])
        at += length
        furthest = max(furthest, at)
        if not length:
            break
    parser.current = parser.furthest = furthest
    return name_of(tuple(labels))


def _read_records(
    parser: dns.wire.Parser,
    count: int,
    *,
    only: RdataType | None = None,
    dropped: set[RdataType] | None = None,
) -> tuple[RRset, ...]:
    """`count` records as RRsets (RFC 2181 section 5); if their TTLs differ, the lowest counts (section 5.2).

    Adds to `dropped` the types of records that it cannot read.
    """
    found: dict[tuple[dns.name.Name, RdataClass, RdataType, RdataType], list[dns.rdata.Rdata]] = {}
    ttls: dict[tuple[dns.name.Name, RdataClass, RdataType, RdataType], int] = {}
    for _ in range(count):
        name = _read_name(parser)
        type_number, class_number, ttl, length = parser.get_struct("!HHIH")
        rdtype, rdclass = _type_of(type_number), _class_of(class_number)
        if only not in (None, rdtype):
            parser.get_bytes(length)
            continue
        with parser.restrict_to(length):
            octets = parser.wire[parser.current : parser.current + length]
            rdata = _read_rdata(parser, rdclass, rdtype, octets)
            parser.get_remaining()
        if rdata is None:
            if dropped is not None:
                dropped.add(rdtype)
            continue
        # RFC 2181 section 8: a TTL with the top bit set counts as zero; OPT keeps flags there.
        shown = ttl if rdtype == RdataType.OPT or ttl < 1 << 31 else 0
        key = (name, rdclass, rdtype, rdata.covers())
        found.setdefault(key, []).append(rdata)
        ttls[key] = min(shown, ttls.get(key, shown))
    return tuple(RRset(*key, ttls[key], _distinct(key[2], rdatas)) for key, rdatas in found.items())


def _distinct(rdtype: RdataType, rdatas: Sequence[dns.rdata.Rdata]) -> tuple[dns.rdata.Rdata, ...]:
    """Each of `rdatas` once; of a type of which a name has one at most, the last."""
    if len(rdatas) == 1 or dns.rdatatype.is_singleton(rdtype):
        return (rdatas[-1],)
    return tuple(dict.fromkeys(rdatas))


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
