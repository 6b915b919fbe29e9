"""Names and RRsets off the wire are what dnspython makes of the same octets."""

from __future__ import annotations

import struct

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rrset
import dns.wire
from dns.rdatatype import RdataType
from hypothesis import given
from hypothesis import strategies as st

from mailpath.dnssec.wire import _read_name, name_of, read_message, records

PIECES = st.one_of(
    st.sampled_from([b"\0", b"\1a", b"\1A", b"\3www", b"\xc0\0", b"\xc0\2", b"\xc0\5", b"\x40", b"\x80"]),
    st.integers(0, 40).map(lambda at: bytes([0xC0, at])),
    st.just(b"\x3f" + b"x" * 63),
    st.binary(max_size=3),
)


def outcome(read: object, wire: bytes, at: int) -> object:
    parser = dns.wire.Parser(wire, at)
    try:
        name = read(parser)  # type: ignore[operator]
    except dns.exception.DNSException:
        return None
    return name, name.labels, parser.current


@given(st.lists(PIECES, max_size=14).map(b"".join), st.integers(0, 20))
def test_a_name_is_read_as_dnspython_reads_it(wire: bytes, at: int) -> None:
    at = min(at, len(wire))
    assert outcome(_read_name, wire, at) == outcome(dns.name.from_wire_parser, wire, at)


def test_records_are_held_once_and_the_lowest_ttl_counts() -> None:
    message = dns.message.make_query("b.example.", "MX")
    message.flags |= 0x8000
    for ttl, text in ((300, "10 mx1.b.example."), (60, "20 mx2.b.example."), (300, "10 MX1.b.example.")):
        message.answer.append(dns.rrset.from_text("b.example.", ttl, "IN", "MX", text))
    for serial in (1, 2):
        soa = f"ns.b.example. host.b.example. {serial} 1 1 1 1"
        message.authority.append(dns.rrset.from_text("B.example.", 60, "IN", "SOA", soa))
    read = read_message(message.to_wire())
    (mx,) = read.answer
    assert (mx.rdtype, mx.ttl, [rdata.to_text() for rdata in mx]) == (
        RdataType.MX,
        60,
        ["10 mx1.b.example.", "20 mx2.b.example."],
    )
    # Of a name with two SOA records the last counts.
    (soa_set,) = read.authority
    assert len(soa_set) == 1
    assert soa_set[0].to_text().split()[2] == "2"
    assert read.body.questions[0].name is read_message(message.to_wire()).answer[0].name


@given(st.lists(st.binary(min_size=1, max_size=5), max_size=4))
def test_the_canonical_form_of_a_name_is_dnspythons(labels: list[bytes]) -> None:
    """RFC 4034 section 6.2: in lower case, and itself where it is that already."""
    name, ours = dns.name.Name([*labels, b""]), name_of((*labels, b""))
    for _ in range(2):  # worked out, and remembered
        lower = ours.canonicalize()
        assert lower.labels == name.canonicalize().labels
        assert (lower is ours) == (lower.labels == ours.labels)


def test_the_header_of_a_message() -> None:
    """RFC 1035 section 4.1.1; the upper bits of the RCODE are in the OPT record (RFC 6891 section 6.1.3)."""
    query = dns.message.make_query("b.example.", "MX", use_edns=0)
    response = dns.message.make_response(query)
    response.set_rcode(dns.rcode.BADCOOKIE)
    response.flags |= dns.flags.TC
    read = [read_message(message.to_wire()) for message in (query, response)]
    assert [each.is_response for each in read] == [False, True]
    assert [each.truncated for each in read] == [False, True]
    assert [each.rcode for each in read] == [dns.rcode.NOERROR, dns.rcode.BADCOOKIE]


def test_how_many_records_a_header_promises() -> None:
    for counts in ((0, 0, 0), (1, 2, 3), (256, 512, 1024), (65535, 65535, 65535)):
        assert records(struct.pack("!HHHHHH", 7, 0x8180, 9, *counts)) == sum(counts)
