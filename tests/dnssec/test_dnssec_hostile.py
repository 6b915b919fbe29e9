"""Hostile zones and hostile bytes: bounded time, a reason, never a crash, never a secure lie."""

import asyncio
import time

import dns.message
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.rrset
import pytest
from dns.rdatatype import RdataType
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from miniworld import AT, TTL, Key, World, name, zone

from mailpath.dnssec import Validator, bounds
from mailpath.exchanges import DnsExchange, Question
from mailpath.facts import Found, Security

TEXT = "@ MX 10 mx1\nmx1 A 192.0.2.1\n*.w A 192.0.2.9\n"


def world(**options):
    return World(zone("."), zone("example."), zone("b.example.", TEXT, **options))


async def look(where, owner="b.example", rdtype="MX"):
    return await Validator(where, AT).lookup(owner, rdtype)


def colliding_keys(like: Key, count: int):
    """Keys that share tag and algorithm with `like`: swapped octets leave the checksum alone (KeyTrap)."""
    made = []
    for index in range(count):
        octets = bytearray(like.dnskey.key)
        place = 2 * (index % 15)
        octets[place], octets[place + 2] = octets[place + 2], octets[place]
        place = 2 * (index // 15 % 15) + 1
        octets[place], octets[place + 2] = octets[place + 2], octets[place]
        made.append(like.dnskey.replace(key=bytes(octets)))
    return [key for key in dict.fromkeys(made) if key != like.dnskey]


@pytest.mark.parametrize("rdtype", ["MX", "DNSKEY"])
async def test_a_keytrap_zone_ends_fast_with_a_reason(rdtype):
    where = world()
    signed = where.zones[name("b.example")]
    key = signed.zsk[0] if rdtype == "MX" else signed.ksk[0]
    apex = signed.nodes[name("b.example")]
    crowd = colliding_keys(key, 200)
    apex[RdataType.DNSKEY] = dns.rdataset.from_rdata_list(
        TTL, [signed.ksk[0].dnskey, *crowd, signed.zsk[0].dnskey]
    )
    target = RdataType[rdtype]
    rrset = signed.signed(name("b.example"), target)[0]
    honest = key.sign(rrset, signed.origin)
    bent = [honest.replace(signature=n.to_bytes(2, "big") + honest.signature[2:]) for n in range(400)]
    signed._cache[(name("b.example"), target)] = bent
    validator = Validator(where, AT)
    began = time.process_time()
    found = await validator.lookup("b.example", "MX")
    assert time.process_time() - began < 2
    assert (found.security, found.ede) == (Security.BOGUS, 6)
    assert validator.verifications <= 2 * bounds.VERIFICATIONS
    assert "b.example" in found.reason


async def test_a_few_colliding_tags_are_no_attack():
    where = world()
    signed = where.zones[name("b.example")]
    keys = [signed.ksk[0].dnskey, *colliding_keys(signed.zsk[0], 2), signed.zsk[0].dnskey]
    signed.nodes[name("b.example")][RdataType.DNSKEY] = dns.rdataset.from_rdata_list(TTL, keys)
    assert (await look(where)).security is Security.SECURE


async def test_junk_signatures_do_not_crowd_out_the_good_one():
    """Signatures that cannot hold (unknown tag, unknown algorithm, wrong signer) take nobody's place."""
    where = world()
    signed = where.zones[name("b.example")]
    rrset = signed.signed(name("b.example"), RdataType.MX)[0]
    good = signed.zsk[0].sign(rrset, signed.origin)
    junk = [good.replace(key_tag=(good.key_tag + n) % 65536) for n in range(1, 100)]
    junk += [good.replace(algorithm=200, signature=bytes([n])) for n in range(100)]
    signed._cache[(name("b.example"), RdataType.MX)] = [*junk, good]
    assert (await look(where)).security is Security.SECURE


async def test_an_nsec3_heavy_zone_ends_fast():
    where = world(denial="nsec3", iterations=150, salt=b"\x01" * 255)
    owner = ".".join(["a"] * 110) + ".b.example"
    began = time.process_time()
    found = await look(where, owner, "A")
    assert time.process_time() - began < 2
    assert found.found is Found.ABSENT
    assert found.security in (Security.SECURE, Security.BOGUS)


async def test_a_chain_is_followed_down_to_a_limit_only():
    owner = ".".join(["a"] * 60)
    where = World(zone("."), zone("example."), zone("b.example.", f'{owner} TXT "deep"\n'))
    found = await look(where, f"{owner}.b.example", "TXT")
    assert found.security is Security.SECURE, found.reason
    assert len(where.asked) < 60
    where.zones[name("b.example")].unsigned.add((name(f"{owner}.b.example"), RdataType.TXT))
    where.sign_anew()
    found = await look(where, f"{owner}.b.example", "TXT")
    assert (found.security, found.ede) == (Security.INDETERMINATE, 5)
    assert "too many labels" in found.reason


async def test_hashing_stops_at_the_budget(monkeypatch):
    where = world(denial="nsec3", iterations=100)
    monkeypatch.setattr(bounds, "HASH_ROUNDS", 300)
    found = await look(where, ".".join(["a"] * 20) + ".b.example", "A")
    assert (found.security, found.ede) == (Security.BOGUS, 6)
    assert "rounds of NSEC3 hashing" in found.reason


async def test_hundreds_of_denial_records_are_not_all_looked_at():
    where = world()
    signed = where.zones[name("b.example")]

    def flood(message):
        for n in range(200):
            owner = name(f"n{n}.b.example")
            rdata = dns.rrset.from_text(owner, TTL, "IN", "NSEC", f"n{n + 1}.b.example. A RRSIG NSEC")
            message.authority += [
                rdata,
                dns.rrset.from_rdata(owner, TTL, signed.zsk[0].sign(rdata, signed.origin)),
            ]

    where.edit("nope.b.example", "A")(flood)
    validator = Validator(where, AT)
    found = await validator.lookup("nope.b.example", "A")
    assert found.found is Found.ABSENT
    assert validator.verifications < 30


async def test_a_budget_spent_by_one_zone_is_not_missed_by_another():
    where = world()
    signed = where.zones[name("b.example")]
    rrset = signed.signed(name("b.example"), RdataType.MX)[0]
    honest = signed.zsk[0].sign(rrset, signed.origin)
    signed._cache[(name("b.example"), RdataType.MX)] = [
        honest.replace(signature=bytes([n]) + honest.signature[1:]) for n in range(60)
    ]
    validator = Validator(where, AT)
    await validator.lookup("b.example", "MX")
    assert (await validator.lookup("mx1.b.example", "A")).security is Security.SECURE


# --- bytes -----------------------------------------------------------------------------------------


_WIRES: dict = {}


def honest_wire(where, question):
    key = (id(where), question)
    if key not in _WIRES:
        _WIRES[key] = (where, where.answer(question).to_wire())
    return _WIRES[key][1]


class Bent:
    """A world whose answer to one question has been changed on the way."""

    def __init__(self, inner, question, response):
        self.inner, self.question, self.response = inner, question, response
        self.ground = inner.ground

    async def ask(self, question):
        if question == self.question:
            return DnsExchange(question=question, response=self.response, transport="udp")
        return DnsExchange(question=question, response=honest_wire(self.inner, question), transport="udp")

    async def fetch(self, request):
        raise AssertionError("no HTTPS here")

    async def converse(self, request):
        raise AssertionError("no SMTP here")


QUESTIONS = [
    ("b.example", "MX", ("b.example", "MX")),
    ("foo.w.b.example", "A", ("foo.w.b.example", "A")),
    ("mx1.b.example", "AAAA", ("mx1.b.example", "AAAA")),
    ("b.example", "MX", ("b.example", "DS")),
    ("b.example", "MX", ("b.example", "DNSKEY")),
    ("b.example", "MX", (".", "DNSKEY")),
]
WORLDS = {denial: world(denial=denial) for denial in ("nsec", "nsec3")}


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(st.sampled_from(sorted(WORLDS)), st.sampled_from(QUESTIONS), st.integers(0), st.integers(1, 255))
def test_no_changed_byte_makes_a_secure_lie(denial, question, place, change):
    owner, rdtype, bent = question
    where = WORLDS[denial]
    asked = Question(name=bent[0], rdtype=bent[1])
    wire = bytearray(honest_wire(where, asked))
    truth = asyncio.run(Validator(Bent(where, asked, bytes(wire)), AT).lookup(owner, rdtype))
    assert truth.security is Security.SECURE
    wire[place % len(wire)] ^= change
    found = asyncio.run(Validator(Bent(where, asked, bytes(wire)), AT).lookup(owner, rdtype))
    if found.security is Security.SECURE and found.found is not Found.FAILED:
        assert (found.found, found.canonical, found.rdata) == (truth.found, truth.canonical, truth.rdata)


@settings(deadline=None, max_examples=100, derandomize=True)
@given(st.binary(max_size=300))
def test_no_bytes_crash_the_reader(junk):
    where = WORLDS["nsec"]
    asked = Question(name="b.example", rdtype="MX")
    head = where.answer(asked).to_wire()[:27]
    for response in (junk, head + junk):
        found = asyncio.run(Validator(Bent(where, asked, response), AT).lookup("b.example", "MX"))
        assert found.security is not Security.SECURE or found.rdata == (
            b"\x00\x0a\x03mx1\x01b\x07example\x00",
        )


async def test_an_answer_to_another_question_is_no_answer():
    where = world()
    other = where.answer(Question(name="mx1.b.example", rdtype="A")).to_wire()
    found = await look(Bent(where, Question(name="b.example", rdtype="MX"), other))
    assert found.found is Found.FAILED
    assert "belongs to another question" in found.reason


async def test_a_truncated_or_oversized_answer_is_no_answer():
    where = world()
    asked = Question(name="b.example", rdtype="MX")
    message = where.answer(asked)
    message.flags |= dns.flags.TC
    assert "TC" in (await look(Bent(where, asked, message.to_wire()))).reason
    assert "larger" in (await look(Bent(where, asked, b"\0" * 70_000))).reason


async def test_malformed_rdata_is_shown_and_judged_not_thrown_away():
    """A TLSA digest of the wrong length: signed, secure, and useless, which others will tell."""
    octets = [b"\x03\x01", bytes.fromhex("030101abcdef0123456789")]
    signed = zone("b.example.")
    rdatas = [dns.rdata.GenericRdata(dns.rdataclass.IN, RdataType.TLSA, one) for one in octets]
    signed.nodes[name("_25._tcp.mx1.b.example")] = {RdataType.TLSA: dns.rdataset.from_rdata_list(TTL, rdatas)}
    where = World(zone("."), zone("example."), signed)
    found = await look(where, "_25._tcp.mx1.b.example", "TLSA")
    assert (found.found, found.security) == (Found.FOUND, Security.SECURE), found.reason
    assert found.rdata == tuple(octets)
    assert found.records == ("\\# 2 0301", "3 1 1 abcdef0123456789")


async def test_case_changes_nothing():
    where = world()

    def shout(message):
        message.answer[:] = [
            dns.rrset.from_rdata_list(
                dns.name.Name([label.upper() for label in r.name.labels]), r.ttl, list(r)
            )
            for r in message.answer
        ]

    where.edit("b.example", "MX")(shout)
    found = await look(where)
    assert (found.security, found.canonical) == (Security.SECURE, "b.example")


async def test_the_ttl_is_never_above_the_signed_one():
    where = world()

    def stretch(message):
        for rrset in message.answer:
            rrset.ttl = 86_400

    where.edit("b.example", "MX")(stretch)
    assert (await look(where)).ttl == TTL
