"""One answer of the resolver: what it says, what is wrong with it, and which signatures stand beside what."""

from __future__ import annotations

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rrset
import pytest
from dns.rdatatype import RdataType
from test_dnssec_signatures import rrsig

from mailpath.dnssec import bounds
from mailpath.dnssec.messages import Reply, read_reply
from mailpath.exchanges import DnsExchange, Failure, Question

NAME = dns.name.from_text("b.example.")
ASKED = Question(name="b.example", rdtype="A")


def message(*answer: str, rcode: dns.rcode.Rcode = dns.rcode.NOERROR) -> dns.message.Message:
    made = dns.message.make_response(dns.message.make_query(NAME, "A", want_dnssec=True))
    made.set_rcode(rcode)
    for each in answer:
        made.answer.append(dns.rrset.from_text(NAME, 300, *each.split(" ", 2)))
    return made


def read(response: dns.message.Message | bytes | None, **more: object) -> Reply:
    wire = response.to_wire() if isinstance(response, dns.message.Message) else response
    return read_reply(NAME, RdataType.A, DnsExchange(question=ASKED, response=wire, **more))  # type: ignore[arg-type]


def test_an_answer_without_trouble() -> None:
    reply = read(message("IN A 192.0.2.1"))
    assert (reply.trouble, reply.failure, reply.rcode) == ("", None, "NOERROR")
    assert reply.at(NAME, RdataType.A) is not None


def test_what_is_no_answer_to_this_question() -> None:
    query = dns.message.make_query(NAME, "A")
    other = dns.message.make_response(dns.message.make_query(NAME, "MX"))
    nothing = message()
    nothing.question.clear()
    for each in (query, other, nothing):
        assert read(each).trouble == "the resolver's answer belongs to another question"
        assert read(each).failure is Failure.PROTOCOL
    failed = message(rcode=dns.rcode.SERVFAIL)
    failed.question.clear()  # as some leave it out where they report an error
    assert read(failed).trouble == "the resolver answered SERVFAIL"


def test_octets_that_are_no_message() -> None:
    assert "is not a DNS message" in read(b"\xff" * bounds.MESSAGE).trouble
    assert read(b"\xff" * (bounds.MESSAGE + 1)).trouble.endswith("is larger than a DNS message can be")


def test_what_failed_has_no_answer_whatever_came() -> None:
    reply = read(message("IN A 192.0.2.1"), failure=Failure.TIMEOUT, detail="x" * 300)
    assert (reply.failure, reply.at(NAME, RdataType.A)) == (Failure.TIMEOUT, None)
    assert reply.trouble.startswith("no answer came from the resolver (timeout: xxx")
    assert len(reply.detail) == 200
    assert read(None).failure is Failure.PROTOCOL


@pytest.mark.parametrize(("section", "negative"), [("SOA", True), ("NSEC", True), ("NS", False), ("", False)])
def test_what_denies(section: str, negative: bool) -> None:
    made = message()
    data = {"SOA": "ns. host. 1 1 1 1 1", "NSEC": "c.example. A", "NS": "ns.example."}
    if section:
        made.authority.append(dns.rrset.from_text(NAME, 300, "IN", section, data[section]))
    assert read(made).is_negative is negative


def test_signatures_stand_beside_what_they_cover_in_their_class() -> None:
    own, strange = rrsig(), rrsig()
    made = message("IN A 192.0.2.1")
    for rdclass, signature in ((dns.rdataclass.IN, own), (dns.rdataclass.CH, strange)):
        rrset = dns.rrset.RRset(NAME, rdclass, RdataType.RRSIG, RdataType.A)
        rrset.add(dns.rdata.from_text(rdclass, RdataType.RRSIG, signature.to_text()))
        made.answer.append(rrset)
    found = read(made).at(NAME, RdataType.A)
    assert found is not None
    assert [each.signature for each in found.signatures] == [own.signature]
