"""A denial without any proof: asked again, then our resolver's fault or the zone's, never an absence."""

import collections
from typing import Any

import dns.message
import dns.rcode
import dns.rrset
import msgspec
import pytest
from dns.rdatatype import RdataType
from miniworld import AT, World, name, without, zone

from mailpath.dnssec import Validator
from mailpath.dnssec.proofs import PROBE
from mailpath.exchanges import DnsExchange, Failure
from mailpath.facts import Found, Security

TEXT = """
@ MX 10 mx1
mx1 A 192.0.2.1
*.w A 192.0.2.9
alias CNAME mx1
"""
#: Nothing there: no such name, no such type, two labels below a name that exists, no DS.
ABSENT = [
    ("nope.b.example", "A"),
    ("mx1.b.example", "AAAA"),
    ("_25._tcp.mx1.b.example", "TLSA"),
    ("a.b.b.example", "A"),
    ("mx1.b.example", "DS"),
    ("alias.b.example", "AAAA"),
]
PROOFS = (RdataType.NSEC, RdataType.NSEC3)


class Resolver:
    """A world behind a resolver with habits: `change` may bend each answer, or give an exchange instead."""

    def __init__(self, world, change):
        self.world = world
        self.change = change
        self.asked = []

    @property
    def ground(self):
        return self.world.ground

    async def ask(self, question):
        self.asked.append(question)
        exchange = await self.world.ask(question)
        message = dns.message.from_wire(exchange.response)
        instead = self.change(question, message)
        if isinstance(instead, DnsExchange):
            return instead
        return msgspec.structs.replace(exchange, response=message.to_wire(max_size=65_535))

    @property
    def again(self):
        return [(question.name, question.rdtype) for question in self.asked if question.again]


def world(denial="nsec"):
    return World(
        zone("."),
        zone("example."),
        zone("b.example.", TEXT, denial=denial),
        zone("u.example.", "mx1 A 192.0.2.3", denial=""),
    )


def forgetful(question, message):
    """BIND with strict QNAME minimisation: no authority section in what it hears for the first time."""
    if not question.again and message.rcode() == dns.rcode.NXDOMAIN:
        message.authority.clear()


def strips(question, message):
    without(message, *PROOFS)


def strips_once(question, message):
    if not question.again:
        without(message, *PROOFS)


def mute_below(owner):
    """The zone, or an attacker, sends no proof of anything at or below `owner`; the resolver is fine."""

    def change(question, message):
        if name(question.name).is_subdomain(name(owner)):
            without(message, *PROOFS)

    return change


def mute_about_one(question, message):
    if (question.name, question.rdtype) == ("nope.b.example", "A"):
        without(message, *PROOFS)


def failing(question, reason):
    return DnsExchange(question=question, failure=reason, detail="as the test wants it")


async def look(where, owner, rdtype):
    validator = Validator(where, AT)
    return await validator.lookup(owner, rdtype), validator


@pytest.mark.parametrize("denial", ["nsec", "nsec3"])
@pytest.mark.parametrize("habit", [forgetful, strips_once])
@pytest.mark.parametrize(("owner", "rdtype"), ABSENT)
async def test_what_was_denied_without_a_proof_is_asked_again(owner, rdtype, habit, denial):
    resolver = Resolver(world(denial), habit)
    found, validator = await look(resolver, owner, rdtype)
    assert (found.found, found.security) == (Found.ABSENT, Security.SECURE), found.reason
    assert validator.resolver_note == ""
    assert len(set(resolver.again)) == len(resolver.again)
    assert not any(question.name == PROBE for question in resolver.asked)


class Strict:
    """BIND 9.18 with `qname-minimization strict`: of a name so many labels below one that exists it has no
    proof before it was asked as often, less one, without CD."""

    def __init__(self):
        self.validated: collections.Counter[Any] = collections.Counter()

    def __call__(self, question, message):
        if message.rcode() != dns.rcode.NXDOMAIN:
            return
        missing = len(name(question.name)) - len(name("b.example"))
        if self.validated[question.name] < missing - 1:
            message.authority.clear()
        if not question.checking_disabled:
            self.validated[question.name] += 1


@pytest.mark.parametrize("denial", ["nsec", "nsec3"])
@pytest.mark.parametrize("labels", [1, 2, 3, 4, 5])
async def test_strict_minimisation_is_outlasted_however_deep_the_name(labels, denial):
    owner = ".".join([*"vwxyz"[-labels:], "b.example"])
    resolver = Resolver(world(denial), Strict())
    found, _ = await look(resolver, owner, "TLSA")
    assert (found.found, found.security) == (Found.ABSENT, Security.SECURE), found.reason
    without_cd = [q for q in resolver.asked if q.name == owner and not q.checking_disabled]
    assert len(without_cd) <= labels


@pytest.mark.parametrize("denial", ["nsec", "nsec3"])
@pytest.mark.parametrize(("owner", "rdtype"), ABSENT)
async def test_a_resolver_that_strips_proofs_is_named(owner, rdtype, denial):
    found, validator = await look(Resolver(world(denial), strips), owner, rdtype)
    assert (found.found, found.security, found.ede) == (Found.ABSENT, Security.INDETERMINATE, 12)
    assert found.reason.startswith("Your resolver sent no proof that ")
    assert PROBE in found.reason
    assert found.proofless
    assert found.broken
    assert validator.resolver_note.startswith("Your resolver does not pass DNSSEC data")


@pytest.mark.parametrize("denial", ["nsec", "nsec3"])
@pytest.mark.parametrize(("owner", "rdtype"), ABSENT)
async def test_where_other_proofs_come_it_stays_bogus(owner, rdtype, denial):
    found, validator = await look(Resolver(world(denial), mute_below("b.example")), owner, rdtype)
    assert (found.security, found.ede) == (Security.BOGUS, 12), found.reason
    assert not found.proofless
    assert validator.resolver_note == ""


@pytest.mark.parametrize("failure", [Failure.TIMEOUT, Failure.NOT_TRIED, "SERVFAIL", "forged"])
async def test_a_probe_that_tells_nothing_leaves_it_open(failure):
    def change(question, message):
        if question.name == PROBE and isinstance(failure, Failure):
            return failing(question, failure)
        if question.name == PROBE and failure == "SERVFAIL":
            message.set_rcode(dns.rcode.SERVFAIL)
        elif question.name == PROBE:
            bent = [r for r in message.authority if r.covers == RdataType.NSEC]
            for rrset in bent:
                message.authority.remove(rrset)
                made = [rrsig.replace(signature=bytes(64)) for rrsig in rrset]
                message.authority.append(dns.rrset.from_rdata_list(rrset.name, 300, made))
        return mute_about_one(question, message)

    found, validator = await look(Resolver(world(), change), "nope.b.example", "A")
    assert (found.found, found.security, found.ede) == (Found.ABSENT, Security.INDETERMINATE, 12)
    assert found.reason == "Your resolver sent no proof that nope.b.example has no A"
    assert validator.resolver_note == ""


async def test_a_capture_that_holds_neither_is_judged_as_before():
    """From before this was asked, or under an attack that was simulated after it was made."""

    def change(question, message):
        if question.again or question.name == PROBE:
            return failing(question, Failure.NOT_RECORDED)
        return mute_about_one(question, message)

    found, _ = await look(Resolver(world(), change), "nope.b.example", "A")
    assert (found.security, found.ede) == (Security.BOGUS, 12), found.reason
    assert found.reason.startswith("No signed proof came that")


async def test_a_resolver_without_tcp_is_probed_all_the_same():
    def change(question, message):
        if question.again:
            return failing(question, Failure.REFUSED)
        return strips(question, message)

    found, _ = await look(Resolver(world(), change), "nope.b.example", "A")
    assert found.security is Security.INDETERMINATE


async def test_nothing_is_asked_twice_where_nothing_is_missing():
    for owner, rdtype in [*ABSENT, ("u.example", "MX"), ("nope.u.example", "A"), ("x.w.b.example", "A")]:
        resolver = Resolver(world(), lambda question, message: None)
        await look(resolver, owner, rdtype)
        assert not resolver.again
        assert not any(question.name == PROBE for question in resolver.asked)


async def test_an_unsigned_zone_owes_no_proof():
    resolver = Resolver(world(), mute_below("nope.u.example"))
    found, _ = await look(resolver, "nope.u.example", "A")
    assert found.security is Security.INSECURE
    assert not resolver.again


async def test_the_second_answer_may_hold_the_records():
    """Somebody forged the first one, as can be done over UDP (RFC 5452)."""

    def change(question, message):
        if (question.name, question.rdtype, question.again) == ("mx1.b.example", "A", False):
            message.answer.clear()

    found, _ = await look(Resolver(world(), change), "mx1.b.example", "A")
    assert (found.found, found.security) == (Found.FOUND, Security.SECURE)
    assert found.records == ("192.0.2.1",)


async def test_below_an_unsigned_delegation_whose_proof_is_missing():
    def once(question, message):
        if question.rdtype == "DS" and question.name == "u.example":
            strips_once(question, message)

    found, _ = await look(Resolver(world(), once), "mx1.u.example", "A")
    assert found.security is Security.INSECURE, found.reason
    found, _ = await look(Resolver(world(), strips), "mx1.u.example", "A")
    assert (found.found, found.security) == (Found.FOUND, Security.INDETERMINATE)
    assert "no proof that u.example has no DS" in found.reason


@pytest.mark.parametrize(
    ("habit", "security"),
    [
        (strips_once, Security.SECURE),
        (strips, Security.INDETERMINATE),
        (mute_below("b.example"), Security.BOGUS),
    ],
)
async def test_a_wildcard_whose_proof_is_missing(habit, security):
    found, _ = await look(Resolver(world(), habit), "x.w.b.example", "A")
    assert (found.found, found.security) == (Found.FOUND, security), found.reason
    assert not found.proofless, "the records are there"


async def test_signed_answers_need_no_proof_of_absence():
    for owner, rdtype in [("b.example", "MX"), ("mx1.b.example", "A"), ("alias.b.example", "A")]:
        found, _ = await look(Resolver(world(), strips), owner, rdtype)
        assert found.security is Security.SECURE, found.reason


async def test_a_resolver_that_knows_no_edns_is_told():
    def change(question, message):
        message.set_rcode(dns.rcode.FORMERR)

    found, _ = await look(Resolver(world(), change), "b.example", "MX")
    assert found.found is Found.FAILED
    assert "FORMERR" in found.reason
    assert "does not pass DNSSEC data" in found.reason
    assert "--resolver" in found.reason
