"""Names and RRsets off the wire are what dnspython makes of the same octets."""

from __future__ import annotations

import dns.exception
import dns.message
import dns.name
import dns.rrset
import dns.wire
from dns.rdatatype import RdataType
from hypothesis import given
from hypothesis import strategies as st

from mailpath.dnssec.wire import _read_name, read_message

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
