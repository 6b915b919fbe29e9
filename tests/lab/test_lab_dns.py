"""The lab's resolver over real sockets: what it answers, what it proves, what it says of bogus data."""

from __future__ import annotations

import base64
import time

import dns.dnssec
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
from dns.rdatatype import RdataType

from mailpath.lab import Lab


def rrsets(message: dns.message.Message, rdtype: str) -> list[dns.rrset.RRset]:
    everything = [*message.answer, *message.authority]
    return [rrset for rrset in everything if rrset.rdtype == RdataType.from_text(rdtype)]


def verified(ask, message: dns.message.Message) -> int:
    """Verifies each signature with the signer's DNSKEY; how many RRsets were signed."""
    count = 0
    for section in (message.answer, message.authority):
        for signatures in (rrset for rrset in section if rrset.rdtype == RdataType.RRSIG):
            covered = next(
                each for each in section if each.name == signatures.name and each.rdtype == signatures.covers
            )
            signer = signatures[0].signer
            keys = next(iter(rrsets(ask(signer.to_text(), "DNSKEY", cd=True), "DNSKEY")))
            dns.dnssec.validate(covered, signatures, {signer: keys})
            count += 1
    return count


def test_the_chain_of_trust_begins_at_the_anchor(internet: Lab, ask) -> None:
    key = rrsets(ask(".", "DNSKEY"), "DNSKEY")[0]
    assert f". IN DS {dns.dnssec.make_ds('.', key[0], 'SHA256')}\n" == internet.trust_anchor
    assert verified(ask, ask(".", "DNSKEY")) == 1


@pytest.mark.parametrize("child", ["example", "dane-good.example", "safe.zoo-optout.example"])
def test_ds_lives_at_the_parent(ask, child: str) -> None:
    answer = ask(child, "DS")
    key = rrsets(ask(child, "DNSKEY"), "DNSKEY")[0]
    assert rrsets(answer, "DS")[0][0] == dns.dnssec.make_ds(f"{child}.", key[0], "SHA256")
    parent = dns.name.from_text(child).parent()
    assert rrsets(answer, "RRSIG")[0][0].signer == parent


@pytest.mark.parametrize(
    ("name", "rdtype", "rcode", "secure"),
    [
        ("zoo.example", "MX", "NOERROR", True),
        ("zoo.example", "TXT", "NOERROR", True),
        ("alias.zoo.example", "A", "NOERROR", True),
        ("out.zoo.example", "A", "NOERROR", False),
        ("hashed.zoo.example", "A", "NOERROR", True),
        ("any.wild.zoo.example", "A", "NOERROR", True),
        ("any.wild.zoo.example", "TXT", "NOERROR", True),
        ("empty.wild.zoo.example", "A", "NOERROR", True),
        ("other.empty.wild.zoo.example", "A", "NXDOMAIN", True),
        ("nothing.zoo.example", "A", "NXDOMAIN", True),
        ("www.dn.zoo.example", "A", "NOERROR", True),
        ("nothing.zoo-nsec3.example", "A", "NXDOMAIN", True),
        ("b.c.zoo-nsec3.example", "A", "NOERROR", True),
        ("any.wild.zoo-nsec3.example", "A", "NOERROR", True),
        ("any.wild.zoo-nsec3.example", "MX", "NOERROR", True),
        ("www.zoo-optout.example", "A", "NOERROR", True),
        ("nothing.zoo-optout.example", "A", "NXDOMAIN", False),
        ("www.sub.zoo-optout.example", "A", "NOERROR", False),
        ("sub.zoo-optout.example", "DS", "NOERROR", False),
        ("www.safe.zoo-optout.example", "A", "NOERROR", True),
        ("www.zoo-plain.example", "A", "NOERROR", False),
        ("nothing.zoo-plain.example", "A", "NXDOMAIN", False),
        ("zoo-plain.example", "DS", "NOERROR", True),
        ("www.under.zoo-plain.example", "A", "NOERROR", False),
        ("www.zoo-island.example", "A", "NOERROR", False),
        ("ok.zoo-tamper.example", "A", "NOERROR", True),
        ("host.invalid", "A", "NXDOMAIN", True),
    ],
)
def test_answers_and_the_ad_bit(ask, name: str, rdtype: str, rcode: str, secure: bool) -> None:
    answer = ask(name, rdtype)
    assert dns.rcode.to_text(answer.rcode()) == rcode
    assert bool(answer.flags & dns.flags.AD) == secure
    assert not ask(name, rdtype, cd=True).flags & dns.flags.AD
    signed = verified(ask, answer)
    assert signed > 0 or not secure
    if rcode == "NXDOMAIN" or not answer.answer:
        assert rrsets(answer, "SOA")


@pytest.mark.parametrize("zone", ["zoo-tamper", "zoo-expired", "zoo-badds"])
def test_bogus_is_servfail_unless_checking_is_disabled(ask, zone: str) -> None:
    refused = ask(f"www.{zone}.example", "A")
    assert refused.rcode() == dns.rcode.SERVFAIL
    assert [option.code for option in refused.options] == [6]  # RFC 8914 section 4.7, DNSSEC Bogus
    given = ask(f"www.{zone}.example", "A", cd=True)
    assert given.rcode() == dns.rcode.NOERROR
    assert rrsets(given, "A")


def test_what_is_wrong_with_bogus_zones(ask) -> None:
    tampered = ask("www.zoo-tamper.example", "A", cd=True)
    with pytest.raises(dns.dnssec.ValidationFailure):
        verified(ask, tampered)
    expired = rrsets(ask("www.zoo-expired.example", "A", cd=True), "RRSIG")[0][0]
    assert expired.expiration < time.time()
    ds = rrsets(ask("zoo-badds.example", "DS"), "DS")[0][0]
    key = rrsets(ask("zoo-badds.example", "DNSKEY", cd=True), "DNSKEY")[0][0]
    assert ds != dns.dnssec.make_ds("zoo-badds.example.", key, "SHA256")
    assert ds.key_tag == dns.dnssec.key_id(key)


def test_nsec_proves_that_a_name_is_not_there(ask) -> None:
    name = dns.name.from_text("nothing.zoo.example.")
    wildcard = dns.name.from_text("*.zoo.example.")
    proofs = rrsets(ask(name.to_text(), "A"), "NSEC")
    apex = dns.name.from_text("zoo.example.")
    for denied in (name, wildcard):
        assert any(each.name < denied and (denied < each[0].next or each[0].next == apex) for each in proofs)


def test_nsec3_proves_that_a_name_is_not_there(ask) -> None:
    zone = dns.name.from_text("zoo-nsec3.example.")
    proofs = rrsets(ask("x.nothing.zoo-nsec3.example", "A"), "NSEC3")
    owners = [each.name.labels[0].decode().upper() for each in proofs]
    nexts = [base64.b32hexencode(each[0].next).decode() for each in proofs]
    spans = list(zip(owners, nexts, strict=True))

    def covered(name: str) -> bool:
        digest = dns.dnssec.nsec3_hash(f"{name}zoo-nsec3.example.", None, 0, 1)
        return any(a < digest < b or (b <= a and (digest > a or digest < b)) for a, b in spans)

    assert dns.dnssec.nsec3_hash(zone, None, 0, 1) in {a for a, _ in spans}
    assert covered("nothing.")
    assert covered("*.")
    assert all(each[0].iterations == 0 and each[0].salt == b"" and each[0].flags == 0 for each in proofs)


def test_opt_out_leaves_unsigned_delegations_out(ask) -> None:
    proofs = rrsets(ask("sub.zoo-optout.example", "DS"), "NSEC3")
    hashed = dns.dnssec.nsec3_hash("sub.zoo-optout.example.", None, 0, 1).lower()
    assert proofs
    assert all(each[0].flags & 1 for each in proofs)
    assert hashed not in {each.name.labels[0].decode() for each in proofs}


def test_a_requester_without_do_is_spared_the_proofs(ask) -> None:
    answer = ask("nothing.zoo.example", "A", do=False)
    assert [rrset.rdtype.name for rrset in answer.authority] == ["SOA"]
    assert not rrsets(ask("zoo.example", "MX", do=False), "RRSIG")


def test_truncation_and_tcp(internet: Lab, ask) -> None:
    small = ask("big.zoo.example", "TXT")
    assert small.flags & dns.flags.TC
    assert not small.answer
    whole = ask("big.zoo.example", "TXT", tcp=True)
    assert len(rrsets(whole, "TXT")[0]) == 12
    without_edns = dns.message.make_query("zoo.example", "DNSKEY", use_edns=-1)
    answer = dns.query.udp(without_edns, ask.host, 5, ask.port)
    assert len(answer.to_wire()) <= 512


def test_several_queries_on_one_tcp_connection(ask) -> None:
    import socket

    with socket.create_connection((ask.host, ask.port), 5) as connection:
        for name in ("zoo.example", "dane-good.example"):
            dns.query.send_tcp(connection, dns.message.make_query(name, "MX"))
            answer, _ = dns.query.receive_tcp(connection)
            assert rrsets(answer, "MX")


def test_a_dname_stands_for_a_cname(ask) -> None:
    whole = ask("www.dn.zoo.example", "A")
    types = [rrset.rdtype.name for rrset in whole.answer if rrset.rdtype != RdataType.RRSIG]
    assert types == ["DNAME", "CNAME", "A"]
    only = ask("www.dn.zoo.example", "CNAME")
    assert rrsets(only, "CNAME")[0][0].target == dns.name.from_text("www.zoo-nsec3.example.")
    assert not only.authority


def test_aliases_in_a_circle_are_an_error(ask) -> None:
    assert ask("loop.zoo.example", "A").rcode() == dns.rcode.SERVFAIL


def test_name_servers_that_refuse_or_are_dead(ask) -> None:
    refused = ask("zoo-refused.example", "A", cd=True)
    assert refused.rcode() == dns.rcode.SERVFAIL
    assert [option.code for option in refused.options] == [22]  # RFC 8914 section 4.23
    query = dns.message.make_query("zoo-dead.example", "A")
    with pytest.raises(dns.exception.Timeout):
        dns.query.udp(query, ask.host, 0.2, ask.port)


def test_what_is_no_question_of_ours(ask) -> None:
    assert dns.query.udp(dns.message.make_query("zoo.example", "A", "CH"), ask.host, 5, ask.port).rcode() == 5
    axfr = dns.message.make_query("zoo.example", "AXFR")
    assert dns.query.tcp(axfr, ask.host, 5, ask.port).rcode() == dns.rcode.REFUSED
    notify = dns.message.make_query("zoo.example", "A")
    notify.set_opcode(dns.opcode.NOTIFY)
    assert dns.query.udp(notify, ask.host, 5, ask.port).rcode() == dns.rcode.NOTIMP


def test_junk_is_ignored_and_the_server_lives(ask) -> None:
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as junk:
        for data in (b"", b"\0", b"\xff" * 600):  # too short, too short, a response
            junk.sendto(data, (ask.host, ask.port))
        junk.settimeout(5)
        junk.sendto(b"\xab\xcd\x01\x00" + b"\0\x01" * 4 + b"\xff" * 9, (ask.host, ask.port))
        assert junk.recv(512)[:4] == b"\xab\xcd\x81\x01"  # same ID; response, RD; FORMERR
    assert ask("zoo.example", "MX").rcode() == dns.rcode.NOERROR


def test_the_stale_record_is_not_the_certificate_in_use(internet: Lab) -> None:
    stale = internet.records("_25._tcp.mx1.dane-stale.example", "TLSA")
    rollover = internet.records("_25._tcp.mx1.dane-rollover.example", "TLSA")
    assert len(stale) == 1
    assert len(rollover) == 2
    assert all(record.startswith("3 1 1 ") for record in (*stale, *rollover))
