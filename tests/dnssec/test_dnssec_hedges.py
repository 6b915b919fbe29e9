"""Conditions that only an attacker or a broken signer ever meets: each one alone, as it would be used."""

from typing import Any

import dns.rcode
import dns.rdataset
import dns.rrset
import pytest
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.NSEC import NSEC
from miniworld import AT, TTL, World, name, zone

from mailpath.dnssec import Validator
from mailpath.dnssec.algorithms import algorithm_name
from mailpath.facts import Found, Security

TEXT = """
* A 192.0.2.9
@ MX 10 mx1
mx1 A 192.0.2.1
x.ent A 192.0.2.2
d DNAME mx1
"""


def world(denial="nsec", **options):
    return World(zone("."), zone("example."), zone("b.example.", TEXT, denial=denial, **options))


async def look(where, owner, rdtype="A"):
    return await Validator(where, AT).lookup(owner, rdtype)


async def test_a_wildcard_above_the_closest_encloser_is_no_match():
    """RFC 4592 section 3.3.1: ent exists, so `*` is not what stands in for a name below it."""
    where = world()
    apex = where.zones[name("b.example")]

    def expand(message):
        message.set_rcode(dns.rcode.NOERROR)
        message.answer[:] = apex.signed(name("*.b.example"), RdataType.A, name("a.ent.b.example"))
        message.authority[:] = apex.covering(name("a.ent.b.example"))

    where.edit("a.ent.b.example", "A")(expand)
    found = await look(where, "a.ent.b.example")
    assert (found.security, found.ede) == (Security.BOGUS, 12), found.reason
    assert (await look(where, "a.nowhere.b.example")).security is Security.SECURE


async def test_a_ds_out_of_a_wildcard_delegates_nothing():
    """Signed by the parent, of an algorithm that nobody knows: believed, it would make the name insecure."""
    parent = zone("example.", "* DS 1 99 2 " + "00" * 32 + "\n* A 192.0.2.9\n")
    where = World(zone("."), parent)
    where.edit("x.example", "A")(
        lambda message: message.answer.__setitem__(slice(None), [r for r in message.answer if not r.covers])
    )
    found = await look(where, "x.example")
    assert found.security is Security.BOGUS, found.reason
    assert "expanded from a wildcard" in found.reason


@pytest.mark.parametrize("denial", ["nsec", "nsec3", "optout"])
@pytest.mark.parametrize("how", ["bent", "unsigned"])
async def test_the_soa_beside_the_denial_of_a_ds_spoils_no_delegation(denial, how):
    """RFC 4035 section 5.2 asks for the NSEC alone; so have it unbound and named, and only delv has not.  To
    the question for the DS itself it is another matter: unbound answers SERVFAIL."""
    spoilt: dict[str, Any] = {how: {(name("example"), RdataType.SOA)}}
    where = World(
        zone("."),
        zone("example.", denial=denial, **spoilt),
        zone("u.example.", "mx1 A 192.0.2.3", denial=""),
    )
    found = await look(where, "mx1.u.example")
    assert (found.found, found.security) == (Found.FOUND, Security.INSECURE), found.reason
    found = await look(where, "u.example", "DS")
    assert (found.security, found.ede) == (Security.BOGUS, 6 if how == "bent" else 10)
    assert "example SOA" in found.reason


async def test_an_nsec3_with_dname_encloses_nothing():
    """RFC 5155 section 8.3: below a DNAME names are redirected, not absent."""
    where = world("nsec3")
    apex = where.zones[name("b.example")]

    def deny(message):
        message.set_rcode(dns.rcode.NXDOMAIN)
        message.answer.clear()
        message.authority[:] = apex.signed(apex.origin, RdataType.SOA) + apex.matching(name("d.b.example"))
        for owner in ("x.d.b.example", "*.d.b.example"):
            message.authority += [r for r in apex.covering(name(owner)) if r not in message.authority]

    where.edit("x.d.b.example", "A")(deny)
    found = await look(where, "x.d.b.example")
    assert (found.security, found.ede) == (Security.BOGUS, 12), found.reason
    where = world("nsec3")
    found = await look(where, "x.mx1.b.example")
    assert (found.found, found.security) == (Found.ABSENT, Security.SECURE), found.reason


@pytest.mark.parametrize(
    ("owner", "rdtype"), [("zz.b.example", "A"), ("mx1.b.example", "AAAA"), ("z.b.example", "DS")]
)
async def test_an_nsec_that_leads_out_of_its_zone_proves_nothing(owner, rdtype):
    """The chain of a zone is a ring within it (RFC 4034 section 4.1.1); this one would cover all the rest."""
    where = World(zone("."), zone("example."), zone("b.example.", TEXT.replace("* A", "star A")))
    apex = where.zones[name("b.example")]
    at = name("mx1.b.example")
    true = apex.nodes[at][RdataType.NSEC][0]
    rdata = NSEC(true.rdclass, true.rdtype, name("zzzz.example"), true.windows)
    apex.nodes[at][RdataType.NSEC] = dns.rdataset.from_rdata_list(TTL, [rdata])

    def deny(message):
        message.set_rcode(dns.rcode.NXDOMAIN if rdtype == "A" else dns.rcode.NOERROR)
        message.answer.clear()
        message.authority[:] = apex.signed(apex.origin, RdataType.SOA) + apex.signed(at, RdataType.NSEC)
        message.authority += apex.signed(apex.origin, RdataType.NSEC)

    where.edit(owner, rdtype)(deny)
    found = await look(where, owner, rdtype)
    assert found.security is Security.BOGUS, found.reason


async def test_records_of_another_class_are_none():
    """A CH record beside the signed one has no signature; it is not what was asked for."""
    where = world()

    def beside(message):
        message.answer.append(dns.rrset.from_text(name("mx1.b.example"), TTL, "CH", "TXT", "no"))
        odd = dns.rrset.RRset(name("mx1.b.example"), dns.rdataclass.CH, RdataType.TXT)
        odd.add(dns.rdata.from_text("CH", "TXT", "no"), TTL)
        message.answer.append(odd)

    where.edit("mx1.b.example", "TXT")(beside)
    found = await look(where, "mx1.b.example", "TXT")
    assert (found.found, found.security) == (Found.ABSENT, Security.SECURE), found.reason


async def test_what_is_bogus_does_not_expire():
    """The alias holds until its signature ends, but that says nothing of an answer that is refused."""
    signed = zone("b.example.", "c CNAME mx1\nmx1 A 192.0.2.1\n", bent={(name("mx1.b.example"), RdataType.A)})
    found = await look(World(zone("."), zone("example."), signed), "c.b.example")
    assert (found.security, found.expires) == (Security.BOGUS, None)


@pytest.mark.parametrize(("denial", "kind"), [("nsec", "NSEC"), ("nsec3", "NSEC3")])
async def test_a_proof_that_falls_short_is_told_by_its_kind(denial, kind):
    where = world(denial)
    apex = where.zones[name("b.example")]

    def away(message):
        message.authority[:] = apex.matching(name("b.example"))

    where.edit("no.mx1.b.example", "A")(away)
    found = await look(where, "no.mx1.b.example")
    assert found.security is Security.BOGUS
    assert f"The {kind} records of b.example do not prove that" in found.reason


@pytest.mark.parametrize(
    ("number", "mnemonic"),
    [
        (6, "DSA-NSEC3-SHA1"),
        (7, "RSASHA1-NSEC3-SHA1"),
        (12, "ECC-GOST"),
        (8, "RSASHA256"),
        (99, "algorithm 99"),
    ],
)
def test_algorithms_have_the_names_of_the_registry(number, mnemonic):
    assert algorithm_name(number) == mnemonic
