"""DNS messages between us and the recursive resolver: the query, and whether an answer is one to it.

RD, DO and CD are set (RFC 4035 section 3.2.2: all data, no filtering by the resolver), EDNS with a
buffer of 1232 octets; where the resolver's own verdict is asked for, AD is set instead of CD
(RFC 6840 section 5.7).
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterator
from functools import lru_cache

import dns.exception
import dns.flags
import dns.name
import dns.rdataclass
import dns.rdatatype

from mailpath.exchanges import Question

UDP_PAYLOAD = 1232
_HEADER = 12
_QR = 0x80
_OPCODE = 0x78
_TC = 0x02
_RCODE = 0x0F
_QUERY_HEADER = struct.Struct("!HHHHHH")
_TYPE_AND_CLASS = struct.Struct("!HH")
#: RFC 6891 section 6.1.2: the root, type OPT, our buffer, extended RCODE and version 0, DO, no options.
_OPT = struct.pack("!BHHBBHH", 0, dns.rdatatype.OPT, UDP_PAYLOAD, 0, 0, dns.flags.DO, 0)


class BadQuestion(ValueError):
    """The name or the type cannot be asked for."""


def query(question: Question, message_id: int) -> bytes:
    """The query in wire form.  Raises `BadQuestion`.

    Packed here: a walk asks hundreds of them, and a `dns.message.Message` for each costs thirty times that.
    """
    flags = dns.flags.RD | (dns.flags.CD if question.checking_disabled else dns.flags.AD)
    try:
        name = _name_on_the_wire(question.name)
        rdtype = dns.rdatatype.from_text(question.rdtype)
    except (dns.exception.DNSException, ValueError) as error:
        raise BadQuestion("This name or type cannot be looked up in DNS.") from error
    header = _QUERY_HEADER.pack(message_id, flags, 1, 0, 0, 1)
    return b"".join((header, name, _TYPE_AND_CLASS.pack(rdtype, dns.rdataclass.IN), _OPT))


@lru_cache(maxsize=4096)
def _name_on_the_wire(text: str) -> bytes:
    wire = dns.name.from_text(text).to_wire()
    assert wire is not None  # no file was given
    return wire


def answers(query: bytes, response: bytes) -> bool:
    """`response` is one to `query`: same id, a response, same question (RFC 5452 section 9).

    An error response without a question section counts (RFC 1035 servers send it with FORMERR).
    """
    if len(response) < _HEADER or response[:2] != query[:2]:
        return False
    if not response[2] & _QR or response[2] & _OPCODE:
        return False
    asked = _question_section(query)
    count = int.from_bytes(response[4:6], "big")
    if count == 0:
        return response[3] & _RCODE != 0
    return count == 1 and response[_HEADER : _HEADER + len(asked)].lower() == asked.lower()


def rcode(response: bytes) -> int:
    """The header's RCODE (RFC 1035 section 4.1.1) of a well-formed message; 0 is NOERROR."""
    return response[3] & 0x0F


def truncated(response: bytes) -> bool:
    return bool(response[2] & _TC)


def well_formed(response: bytes) -> bool:
    """Whether the message holds as many records as its header says, and ends where they end.

    What is inside a record is not looked at: a TLSA record with a digest of the wrong length is a fact
    about the zone, not a fault of the resolver.
    """
    end = _HEADER
    for _, _, end in records(response):
        if end > len(response):
            return False
    return end == len(response)


def records(message: bytes) -> Iterator[tuple[int | None, int, int]]:
    """The type of each record, where its data begins and where it ends, beyond the end of the message for one
    that is cut off, the last; of a question the type is None, and there is no data.
    """
    counts = [int.from_bytes(message[at : at + 2], "big") for at in range(4, _HEADER, 2)]
    at = _HEADER
    for section, count in enumerate(counts):
        for _ in range(count):
            at = _behind_name(message, at)
            if section == 0:
                rdtype, data = None, at + 4  # type, class
                at = data
            else:
                rdtype, data = int.from_bytes(message[at : at + 2], "big"), at + 10  # class, TTL, length
                at = data + int.from_bytes(message[data - 2 : data], "big")
            yield rdtype, data, at
            if at > len(message):
                return


@lru_cache(maxsize=256)
def ttl(response: bytes, none: float) -> float:
    """Seconds for which a well-formed message may be kept: the least TTL of its records (RFC 1035 section
    3.2.1; a denial's SOA has that of RFC 2308 section 5); `none` where it has no record.
    """
    ttls = (
        int.from_bytes(response[data - 6 : data - 2], "big")
        for rdtype, data, _ in records(response)
        if rdtype not in (None, dns.rdatatype.OPT)
    )
    # RFC 2181 section 8: with the top bit set it counts as zero.
    return min((seconds if seconds < 1 << 31 else 0 for seconds in ttls), default=none)


def _behind_name(message: bytes, at: int) -> int:
    """The index behind the name at `at`; beyond the end of the message when there is none."""
    while at < len(message):
        length = message[at]
        if length >= 0xC0:  # a pointer ends the name (RFC 1035 section 4.1.4)
            return at + 2
        if length > 63:
            break
        at += 1 + length
        if length == 0:
            return at
    return len(message) + 1


def _question_section(query: bytes) -> bytes:
    """Of a query of ours: one uncompressed name, type and class."""
    end = _HEADER
    while query[end]:
        end += 1 + query[end]
    return query[_HEADER : end + 5]


class NotDns(Exception):
    """The other end does not speak DNS."""


def framed(message: bytes) -> bytes:
    """`message` as it goes over a stream (RFC 1035 section 4.2.2)."""
    return len(message).to_bytes(2, "big") + message


async def read_message(reader: asyncio.StreamReader) -> bytes:
    """The next message of a stream, at most 65535 octets.  Raises `EOFError` (incomplete) or `OSError`."""
    return await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
