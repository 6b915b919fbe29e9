"""The RFCs' own examples validate at their dates: RFC 4035 B, RFC 5155 B, RFC 9102 A.1.

The zones are those of the RFCs, octet for octet; only the root above them is ours, to hold the DS of
their keys, and the answers are put together as the appendices show them.
"""

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dns.dnssec
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataset
import dns.rrset
import dns.zone
import pytest
from dns.rdatatype import RdataType
from miniworld import TTL, name, zone

from mailpath.dnssec import Validator
from mailpath.exchanges import DnsExchange, Failure
from mailpath.facts import Found, Security
from mailpath.network.protocol import NetworkContext

HERE = Path(__file__).parent
APEX = name("example")
A4035 = 1083412800  # 2004-05-01 12:00 UTC
A5155 = 1334966399  # 2012-04-20 23:59:59 UTC
DAY = 86_400


@dataclass
class Example:
    """A resolver that knows the RFC's zone and the root above; `answers` are scripted, the rest SERVFAIL."""

    file: str
    at: int
    answers: dict = field(default_factory=dict)

    def __post_init__(self):
        text = (HERE / self.file).read_text()
        self.zone = dns.zone.from_text(text, APEX, relativize=False, check_origin=False)
        window = (self.at - 30 * DAY, self.at + 300 * DAY)
        self.root = zone(".")
        keys = self.zone.find_rdataset(APEX, "DNSKEY")
        ksk = next(key for key in keys if key.flags == 257)
        ds = dns.dnssec.make_ds(APEX, ksk, "SHA256")
        self.root.nodes[APEX] = {
            RdataType.NS: dns.rdataset.from_text("IN", "NS", TTL, "ns1.example."),
            RdataType.DS: dns.rdataset.from_rdata_list(TTL, [ds]),
        }
        self.root.windows = {
            (dns.name.root, RdataType.DNSKEY): window,
            (APEX, RdataType.DS): window,
        }
        self.root.build()
        self.answers.setdefault(("example", "DNSKEY"), ("NOERROR", ["@ DNSKEY"], []))
        anchor = dns.dnssec.make_ds(".", self.root.ksk[0].dnskey, "SHA256").to_text()
        self.ground = NetworkContext(
            kind="lab", resolver="rfc", trust_anchor=f". IN DS {anchor}", roots=(), made=self.at
        )

    def records(self, what, asked):
        """'OWNER TYPE' as in the zone file, with its RRSIG; a wildcard is shown under the name asked for."""
        label, rdtype = what.split()
        owner = APEX if label == "@" else name(f"{label}.example")
        shown = asked if label.startswith("*") and rdtype != "NSEC" else owner
        found = [dns.rrset.from_rdata_list(shown, 3600, list(self.zone.find_rdataset(owner, rdtype)))]
        signatures = self.zone.get_rdataset(owner, "RRSIG", rdtype)
        return found + ([dns.rrset.from_rdata_list(shown, 3600, list(signatures))] if signatures else [])

    async def ask(self, question):
        asked = name(question.name)
        response = dns.message.make_response(dns.message.make_query(asked, question.rdtype, want_dnssec=True))
        key = (question.name, question.rdtype)
        if key in ((".", "DNSKEY"), ("example", "DS")) and key not in self.answers:
            response.answer += self.root.signed(asked, RdataType[question.rdtype])
        elif key in self.answers:
            rcode, answer, authority = self.answers[key]
            response.set_rcode(dns.rcode.from_text(rcode))
            for section, wanted in ((response.answer, answer), (response.authority, authority)):
                for what in wanted:
                    section += self.records(what, asked) if isinstance(what, str) else [what]
        else:
            response.set_rcode(dns.rcode.SERVFAIL)
        return DnsExchange(question=question, response=response.to_wire(max_size=65_535), transport="tcp")

    async def fetch(self, request):
        raise AssertionError(Failure.NOT_RECORDED)

    async def converse(self, request):
        raise AssertionError(Failure.NOT_RECORDED)


def unsigned_mx(owner):
    return dns.rrset.from_text(f"{owner}.", 3600, "IN", "MX", f"50 {owner}.")


RFC4035 = [
    ("B.1", "x.w.example", "MX", "NOERROR", ["x.w MX"], [], "found", "secure"),
    ("B.1", "example", "NS", "NOERROR", ["@ NS"], [], "found", "secure"),
    ("B.1", "xx.example", "AAAA", "NOERROR", ["xx AAAA"], [], "found", "secure"),
    ("B.1", "ns1.example", "A", "NOERROR", ["ns1 A"], [], "found", "secure"),
    ("B.1", "ns2.example", "A", "NOERROR", ["ns2 A"], [], "found", "secure"),
    ("B.1", "xx.example", "A", "NOERROR", ["xx A"], [], "found", "secure"),
    ("B.2", "ml.example", "A", "NXDOMAIN", [], ["@ SOA", "b NSEC", "@ NSEC"], "absent", "secure"),
    ("B.3", "ns1.example", "MX", "NOERROR", [], ["@ SOA", "ns1 NSEC"], "absent", "secure"),
    ("B.4", "a.example", "DS", "NOERROR", ["a DS"], [], "found", "secure"),
    ("B.5", "b.example", "DS", "NOERROR", [], ["@ SOA", "b NSEC"], "absent", "secure"),
    ("B.6", "a.z.w.example", "MX", "NOERROR", ["*.w MX"], ["x.y.w NSEC"], "found", "secure"),
    ("B.7", "a.z.w.example", "AAAA", "NOERROR", [], ["@ SOA", "x.y.w NSEC", "*.w NSEC"], "absent", "secure"),
]
H = {
    "apex": "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom NSEC3",
    "ns1": "2t7b4g4vsa5smi47k61mv5bv1a22bojr NSEC3",
    "a": "35mthgpgcu1qg68fab165klnsnk3dpvl NSEC3",
    "x.w": "b4um86eghhds6nea196smvmlo4ors995 NSEC3",
    "y.w": "ji6neoaepv8b5o6k4ev33abha8ht9fgc NSEC3",
    "w": "k8udemvp1j2f7eg6jebps17vp3n8i58h NSEC3",
    "ns2": "q04jkcevqvmu85r014c7dkba38o0ji5r NSEC3",
    "*.w": "r53bq7cc2uvmubfu5ocmm6pers9tk9en NSEC3",
}
#: Every NSEC3 there has the Opt-Out flag: where the next closer name is covered, section 9.2 forbids AD.
RFC5155 = [
    (
        "B.1",
        "a.c.x.w.example",
        "A",
        "NXDOMAIN",
        [],
        ["@ SOA", H["apex"], H["x.w"], H["a"]],
        "absent",
        "insecure",
    ),
    ("B.2", "ns1.example", "MX", "NOERROR", [], ["@ SOA", H["ns1"]], "absent", "secure"),
    ("B.2.1", "y.w.example", "A", "NOERROR", [], ["@ SOA", H["y.w"]], "absent", "secure"),
    ("B.3", "c.example", "DS", "NOERROR", [], [H["a"], H["apex"]], "absent", "insecure"),
    ("B.4", "a.z.w.example", "MX", "NOERROR", ["*.w MX"], [H["ns2"]], "found", "insecure"),
    (
        "B.5",
        "a.z.w.example",
        "AAAA",
        "NOERROR",
        [],
        ["@ SOA", H["w"], H["ns2"], H["*.w"]],
        "absent",
        "insecure",
    ),
    ("A", "ai.example", "A", "NOERROR", ["ai A"], [], "found", "secure"),
    ("A", "ai.example", "AAAA", "NOERROR", ["ai AAAA"], [], "found", "secure"),
    ("A", "example", "NS", "NOERROR", ["@ NS"], [], "found", "secure"),
]
EXAMPLES = [("rfc4035.zone", A4035, *case) for case in RFC4035] + [
    ("rfc5155.zone", A5155, *case) for case in RFC5155
]


@pytest.mark.parametrize(
    ("file", "at", "section", "owner", "rdtype", "rcode", "answer", "authority", "found", "security"),
    EXAMPLES,
)
async def test_the_rfcs_examples(file, at, section, owner, rdtype, rcode, answer, authority, found, security):
    where = Example(file, at, {(owner, rdtype): (rcode, answer, authority)})
    got = await Validator(where, at).lookup(owner, rdtype)
    assert (got.found.value, got.security.value) == (found, security), (section, got.reason)
    if security == "insecure":
        assert "opt-out" in got.reason


@pytest.mark.parametrize(
    ("file", "at", "section", "owner", "rdtype", "rcode", "answer", "authority", "found", "security"),
    EXAMPLES,
)
async def test_the_rfcs_examples_expire(
    file, at, section, owner, rdtype, rcode, answer, authority, found, security
):
    end = {"rfc4035.zone": 1084127779, "rfc5155.zone": 1429574399}[file]
    where = Example(file, end, {(owner, rdtype): (rcode, answer, authority)})
    assert (await Validator(where, end).lookup(owner, rdtype)).security.value == security, section
    late = await Validator(where, end + 1).lookup(owner, rdtype)
    assert (late.security, late.ede) == (Security.BOGUS, 7)


@pytest.mark.parametrize(
    ("file", "at", "section", "owner", "rdtype", "rcode", "answer", "authority", "found", "security"),
    [case for case in EXAMPLES if case[7]],
)
async def test_each_record_of_the_rfcs_proofs_is_needed(
    file, at, section, owner, rdtype, rcode, answer, authority, found, security
):
    for index, what in enumerate(authority):
        if what == "@ SOA":
            continue
        less = authority[:index] + authority[index + 1 :]
        where = Example(file, at, {(owner, rdtype): (rcode, answer, less)})
        got = await Validator(where, at).lookup(owner, rdtype)
        # Opt-out leaves it open whether the name is there: less of a proof may stay "insecure", no more.
        allowed = {"bogus", "indeterminate", *({"insecure"} if security == "insecure" else ())}
        assert got.security.value in allowed, (section, what, got.reason)


@pytest.mark.parametrize(
    ("file", "at", "section", "child", "denial"),
    [
        ("rfc4035.zone", A4035, "B.5", "b.example", ["b NSEC"]),
        ("rfc5155.zone", A5155, "B.3", "c.example", [H["a"], H["apex"]]),
    ],
)
async def test_referrals_to_unsigned_zones(file, at, section, child, denial):
    answers = {
        (f"mc.{child}", "MX"): ("NOERROR", [unsigned_mx(f"mc.{child}")], []),
        (child, "DS"): ("NOERROR", [], denial),
    }
    got = await Validator(Example(file, at, answers), at).lookup(f"mc.{child}", "MX")
    assert (got.found, got.security) == (Found.FOUND, Security.INSECURE), (section, got.reason)


@pytest.mark.parametrize(
    ("file", "at", "section", "denial"),
    [("rfc4035.zone", A4035, "B.8", "@ NSEC"), ("rfc5155.zone", A5155, "B.6", H["apex"])],
)
async def test_a_denial_of_ds_by_the_child_itself_is_refused(file, at, section, denial):
    where = Example(file, at, {("example", "DS"): ("NOERROR", [], ["@ SOA", denial])})
    got = await Validator(where, at).lookup("example", "NS")
    assert got.security is not Security.INSECURE, section
    assert got.found is Found.FAILED
    where.answers[("example", "NS")] = ("NOERROR", ["@ NS"], [])
    got = await Validator(where, at).lookup("example", "NS")
    assert got.security is Security.BOGUS, (section, got.reason)


# --- RFC 9102 appendix A.1 -------------------------------------------------------------------------

A9102 = 1577836800  # 2020-01-01


class AuthenticationChain:
    """The records of an RFC 9102 chain as a resolver's answers, found by (owner, type)."""

    def __init__(self, text):
        octets = bytes.fromhex("".join(line for line in text.splitlines() if not line.startswith("#")))
        self.rrsets: dict[Any, Any] = {}
        at = 0
        while at < len(octets):
            owner, used = dns.name.from_wire(octets, at)
            at += used
            rdtype, rdclass, ttl, length = struct.unpack("!HHIH", octets[at : at + 10])
            at += 10
            rdata = dns.rdata.from_wire(rdclass, rdtype, octets, at, length)
            at += length
            covers = rdata.covers() if rdtype == RdataType.RRSIG else RdataType(rdtype)
            found = self.rrsets.setdefault((owner, covers), {})
            found.setdefault(rdtype, dns.rrset.RRset(owner, rdclass, rdtype, rdata.covers())).add(rdata, ttl)
        root = self.rrsets[(dns.name.root, RdataType.DNSKEY)][RdataType.DNSKEY]
        ksk = next(key for key in root if key.flags == 257)
        assert dns.dnssec.key_id(ksk) == 47005
        anchor = f". IN DNSKEY {ksk.to_text()}"
        self.ground = NetworkContext(kind="lab", resolver="rfc", trust_anchor=anchor, roots=(), made=A9102)

    async def ask(self, question):
        query = dns.message.make_query(name(question.name), question.rdtype, want_dnssec=True)
        response = dns.message.make_response(query)
        found = self.rrsets.get((name(question.name), RdataType[question.rdtype]))
        if found is None:
            response.set_rcode(dns.rcode.SERVFAIL)
        else:
            response.answer += list(found.values())
        return DnsExchange(question=question, response=response.to_wire(max_size=65_535), transport="tcp")

    async def fetch(self, request):
        raise AssertionError(Failure.NOT_RECORDED)

    async def converse(self, request):
        raise AssertionError(Failure.NOT_RECORDED)


async def test_the_chain_of_rfc_9102_validates_at_its_date():
    where = AuthenticationChain((HERE / "rfc9102.hex").read_text())
    validator = Validator(where, A9102)
    got = await validator.lookup("_443._tcp.www.example.com", "TLSA")
    assert got.security is Security.SECURE, got.reason
    assert got.records == ("3 1 1 8bd1da95272f7fa4ffb24137fc0ed03aae67e5c4d8b3c50734e1050a7920b922",)
    assert got.chain == (".", "com", "example.com")
    assert got.expires == 1606867200  # 2020-12-02, as every signature in it
    late = await Validator(where, got.expires + 1).lookup("_443._tcp.www.example.com", "TLSA")
    assert (late.security, late.ede) == (Security.BOGUS, 7)
