"""Records as they are, odd ones too: DS of any digest, names in obsolete types, malformed data."""

from typing import cast

import dns.dnssec
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rrset
import pytest
from dns.rdatatype import RdataType
from miniworld import AT, TTL, Key, World, name, zone
from test_dnssec_proofs import Resolver

from mailpath.dnssec import Validator
from mailpath.facts import Found, Security
from mailpath.network.protocol import Network

KSK = Key("ksk ds", flags=257, algorithm=13)
TEXT = "@ MX 10 mx1\nmx1 A 192.0.2.1\n"


def ds(digest_type, digest, *, tag=None, algorithm=13):
    octets = (KSK.tag if tag is None else tag).to_bytes(2, "big") + bytes([algorithm, digest_type]) + digest
    return dns.rdata.GenericRdata(dns.rdataclass.IN, RdataType.DS, octets)


def good(digest):
    return dns.dnssec.make_ds(name("b.example"), KSK.dnskey, digest, policy=dns.dnssec.allow_all_policy)


async def look(records, owner="b.example", rdtype="MX"):
    where = World(zone("."), zone("example."), zone("b.example.", TEXT, ksk=[KSK], ds=list(records)))
    validator = Validator(where, AT)
    return await validator.lookup(owner, rdtype), validator.zones()


@pytest.mark.parametrize(
    ("digest", "odd"),
    [
        *(
            (digest, odd)
            for digest in ("SHA1", "SHA256", "SHA384")
            for odd in (ds(0, bytes(32)), ds(0, b""), ds(3, bytes(7)), ds(200, b"x"))
        ),
        *(("SHA256", ds(kind, bytes(size))) for kind, size in [(1, 0), (1, 32), (2, 0), (2, 33), (4, 20)]),
        ("SHA384", ds(2, bytes(20))),
    ],
)
async def test_one_matching_ds_is_enough_whatever_lies_beside_it(odd, digest):
    """RFC 4035 sections 5.2 and 5.3.2: what is signed are the octets."""
    found, zones = await look([good(digest), odd])
    assert found.security is Security.SECURE, found.reason
    shown = next(each for each in zones if each.name == "b.example")
    assert {each.digest_type for each in shown.ds} == {int(good(digest).digest_type), odd.data[3]}
    assert [each.matches for each in shown.ds].count(True) == 1


async def test_sha1_beside_a_stronger_digest_of_the_wrong_length_does_not_count():
    found, _ = await look([good("SHA1"), ds(2, bytes(31))])
    assert found.security is Security.BOGUS


@pytest.mark.parametrize(
    "odd", [ds(0, bytes(32)), ds(0, b""), ds(9, bytes(5)), ds(2, bytes(32), algorithm=99)]
)
async def test_a_zone_with_no_ds_that_can_be_used_is_insecure(odd):
    found, zones = await look([odd])
    assert found.security is Security.INSECURE, found.reason
    assert "that this validator does not support" in found.reason
    assert [each.digest_type for each in zones[-1].ds] == [odd.data[3]]


@pytest.mark.parametrize("odd", [ds(2, bytes(31)), ds(1, b""), ds(4, bytes(49))])
async def test_a_known_digest_of_the_wrong_length_matches_nothing(odd):
    found, _ = await look([odd])
    assert found.security is Security.BOGUS
    assert "another digest" in found.reason


async def test_a_ds_without_all_its_fields_vouches_for_nothing():
    found, _ = await look([dns.rdata.GenericRdata(dns.rdataclass.IN, RdataType.DS, b"\0\1\15")])
    assert found.security is Security.BOGUS
    assert "long enough" in found.reason
    found, _ = await look([good("SHA256"), dns.rdata.GenericRdata(dns.rdataclass.IN, RdataType.DS, b"")])
    assert found.security is Security.SECURE, found.reason


async def test_a_wrong_digest_and_a_key_that_is_gone_are_told_apart():
    found, _ = await look([ds(2, bytes(32))])
    assert "names key tag" in found.reason
    found, _ = await look([ds(2, bytes(32), tag=(KSK.tag + 1) % 65536)])
    assert "No DNSKEY of b.example matches" in found.reason


async def test_an_odd_ds_is_shown_field_by_field():
    found, _ = await look([good("SHA256"), ds(0, b"\1\2")], rdtype="DS")
    assert found.security is Security.SECURE
    assert f"{KSK.tag} 13 0 0102" in found.records


# --- names in types that nobody uses ---------------------------------------------------------------


def names_rdata(rdtype, *names):
    octets = b"".join(name(each).to_wire() or b"" for each in names)
    return dns.rdata.GenericRdata(dns.rdataclass.IN, rdtype, octets)


def canonical(rdata):
    return dns.rdata.GenericRdata(dns.rdataclass.IN, rdata.rdtype, rdata.data.lower())


@pytest.mark.parametrize(
    ("rdtype", "names"),
    [("MB", 1), ("MG", 1), ("MR", 1), ("MD", 1), ("MF", 1), ("MINFO", 2)],
)
async def test_names_in_obsolete_types_are_signed_in_lower_case(rdtype, names):
    """RFC 4034 section 6.2 item 3.  In a message they may be compressed (RFC 3597 section 4)."""
    kind = RdataType[rdtype]
    spelled = names_rdata(kind, *["Host.B.Example", "Other.b.EXAMPLE"][:names])
    where = World(zone("."), zone("example."), zone("b.example.", TEXT))
    signed = where.zones[name("b.example")]
    signed.nodes[name("b.example")][kind] = dns.rdataset.from_rdata_list(TTL, [canonical(spelled)])

    def change(question, message):
        for rrset in message.answer:
            if rrset.rdtype == kind:
                message.answer[message.answer.index(rrset)] = dns.rrset.from_rdata(rrset.name, TTL, spelled)

    found = await Validator(cast(Network, Resolver(where, change)), AT).lookup("b.example", rdtype)
    assert (found.found, found.security) == (Found.FOUND, Security.SECURE), found.reason


def compressed_minfo(wire: bytes) -> bytes:
    """`wire`, a message with one uncompressed MINFO, with pointers to the question in its place."""
    full = names_rdata(RdataType.MINFO, "b.example", "b.example").data
    at = wire.index(len(full).to_bytes(2, "big") + full)
    return wire[:at] + b"\0\4\xc0\x0c\xc0\x0c" + wire[at + 2 + len(full) :]


async def test_compressed_names_in_them_are_written_out():
    where = World(zone("."), zone("example."), zone("b.example.", TEXT))
    signed = where.zones[name("b.example")]
    rdata = names_rdata(RdataType.MINFO, "b.example", "b.example")
    signed.nodes[name("b.example")][RdataType.MINFO] = dns.rdataset.from_rdata_list(TTL, [rdata])
    ask = where.ask

    async def squeezed(question):
        exchange = await ask(question)
        if question.rdtype != "MINFO":
            return exchange
        return type(exchange)(question=question, response=compressed_minfo(exchange.response or b""))

    vars(where)["ask"] = squeezed
    found = await Validator(where, AT).lookup("b.example", "MINFO")
    assert found.security is Security.SECURE, found.reason


# --- malformed -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rdtype", "octets"), [("MX", b"\0\5"), ("SRV", b"\0\5\0\5"), ("MB", b""), ("NS", b"")]
)
async def test_a_malformed_record_is_not_an_absent_one(rdtype, octets):
    where = World(zone("."), zone("example."), zone("b.example.", TEXT))
    rdata = dns.rdata.GenericRdata(dns.rdataclass.IN, RdataType[rdtype], octets)
    signed = where.zones[name("b.example")]
    signed.nodes[name("b.example")][RdataType[rdtype]] = dns.rdataset.from_rdata_list(TTL, [rdata])
    found = await Validator(where, AT).lookup("b.example", rdtype)
    assert (found.found, found.security) == (Found.FAILED, Security.INDETERMINATE)
    assert f"malformed record ({rdtype})" in found.reason
