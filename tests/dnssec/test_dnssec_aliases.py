"""CNAME and DNAME across zones: each hop judged by itself, the weakest deciding."""

import dns.name
import dns.rcode
import dns.rrset
import pytest
from dns.rdatatype import RdataType
from miniworld import AT, INCEPTION, TTL, World, name, without, zone

from mailpath.dnssec import Validator
from mailpath.dnssec.answers import substitute
from mailpath.exchanges import Failure
from mailpath.facts import Found, Security

HERE = """
local CNAME mx1
away CNAME mx1.u.example.
across CNAME mx1.c.example.
nowhere CNAME nope.c.example.
nodata CNAME mx1.c.example.
loop CNAME pool
to-wild CNAME x.w.c.example.
to-wild-alias CNAME x.v.c.example.
pool CNAME loop
*.wild CNAME mx1
mx1 A 192.0.2.1
old DNAME new
far DNAME c.example.
lost DNAME u.example.
x.new A 192.0.2.7
_25._tcp.mx1 CNAME _dane
_dane TLSA 3 1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
""" + "\n".join(f"hop{n} CNAME hop{n + 1}" for n in range(40))
THERE = "mx1 A 192.0.2.2\nback CNAME mx1.b.example.\n*.w A 192.0.2.2\n*.v CNAME mx1\n"


def world(**options):
    return World(
        zone("."),
        zone("example."),
        zone("b.example.", HERE, **options),
        zone("c.example.", THERE, denial="nsec3"),
        zone("u.example.", THERE, denial=""),
    )


async def look(where, owner, rdtype="A", at=AT):
    return await Validator(where, at).lookup(owner, rdtype)


@pytest.mark.parametrize(
    ("owner", "target", "security", "final", "records"),
    [
        ("local.b.example", "mx1.b.example", "secure", "secure", ("192.0.2.1",)),
        ("across.b.example", "mx1.c.example", "secure", "secure", ("192.0.2.2",)),
        ("away.b.example", "mx1.u.example", "insecure", "insecure", ("192.0.2.2",)),
        ("back.c.example", "mx1.b.example", "secure", "secure", ("192.0.2.1",)),
        ("back.u.example", "mx1.b.example", "insecure", "secure", ("192.0.2.1",)),
        ("foo.wild.b.example", "mx1.b.example", "secure", "secure", ("192.0.2.1",)),
        ("x.old.b.example", "x.new.b.example", "secure", "secure", ("192.0.2.7",)),
        ("mx1.far.b.example", "mx1.c.example", "secure", "secure", ("192.0.2.2",)),
        ("mx1.lost.b.example", "mx1.u.example", "insecure", "insecure", ("192.0.2.2",)),
    ],
)
async def test_the_weakest_link_decides(owner, target, security, final, records):
    found = await look(world(), owner)
    assert (found.security.value, found.final_security.value) == (security, final), found.reason
    assert (found.name, found.canonical, found.records) == (owner, target, records)
    assert [(link.owner, link.target) for link in found.links] == [(owner, target)]
    first = Security.INSECURE if owner.endswith("u.example") else Security.SECURE
    assert [link.security for link in found.links] == [first]
    assert all(link.reason for link in found.links)


async def test_a_dname_hop_says_so():
    found = await look(world(), "x.old.b.example")
    assert [link.rdtype for link in found.links] == ["DNAME"]


async def test_tlsa_behind_a_cname():
    found = await look(world(), "_25._tcp.mx1.b.example", "TLSA")
    assert (found.canonical, found.security) == ("_dane.b.example", Security.SECURE)


@pytest.mark.parametrize(("owner", "rdtype"), [("nowhere.b.example", "A"), ("nodata.b.example", "TXT")])
async def test_absence_at_the_end_of_an_alias(owner, rdtype):
    found = await look(world(), owner, rdtype)
    assert (found.found, found.security) == (Found.ABSENT, Security.SECURE), found.reason
    assert found.links[0].security is Security.SECURE
    assert found.zone == "c.example"


async def test_asking_for_the_cname_itself_follows_nothing():
    found = await look(world(), "local.b.example", "CNAME")
    assert (found.canonical, found.links, found.security) == ("local.b.example", (), Security.SECURE)


@pytest.mark.parametrize("what", [("local.b.example.", RdataType.CNAME), ("mx1.b.example.", RdataType.A)])
async def test_one_bogus_hop_makes_all_bogus(what):
    found = await look(world(bent={(name(what[0]), what[1])}), "local.b.example")
    assert (found.security, found.ede) == (Security.BOGUS, 6)
    hop = found.links[0].security
    assert (hop, found.final_security) == (
        (Security.BOGUS, Security.SECURE) if what[1] == RdataType.CNAME else (Security.SECURE, Security.BOGUS)
    )


async def test_a_forged_unsigned_cname_is_bogus_however_good_its_target():
    where = world()

    def forge(message):
        good = where.zones[name("c.example")].signed(name("mx1.c.example"), RdataType.A)
        forged = dns.rrset.from_text(name("mx1.b.example"), TTL, "IN", "CNAME", "mx1.c.example.")
        message.answer[:] = [forged, *good]

    where.edit("mx1.b.example", "A")(forge)
    found = await look(where, "mx1.b.example")
    assert (found.security, found.final_security) == (Security.BOGUS, Security.SECURE)


async def test_a_wildcard_cname_needs_its_proof():
    where = world()
    where.edit("foo.wild.b.example", "A")(lambda message: without(message, RdataType.NSEC))
    found = await look(where, "foo.wild.b.example")
    assert (found.security, found.ede) == (Security.BOGUS, 12)


async def test_a_synthesized_cname_is_worked_out_again_from_its_dname():
    where = world()

    def bend(message):
        message.answer[:] = [
            dns.rrset.from_text(r.name, TTL, "IN", "CNAME", "mx1.c.example.")
            if r.rdtype == RdataType.CNAME
            else r
            for r in message.answer
        ]

    where.edit("x.old.b.example", "A")(bend)
    found = await look(where, "x.old.b.example")
    assert (found.canonical, found.records, found.security) == (
        "x.new.b.example",
        ("192.0.2.7",),
        Security.SECURE,
    )
    where.zones[name("b.example")].bent.add((name("old.b.example"), RdataType.DNAME))
    where.sign_anew()
    assert (await look(where, "x.old.b.example")).security is Security.BOGUS


async def test_a_missing_synthesized_cname_does_not_matter():
    where = world()
    where.edit("x.old.b.example", "A")(lambda message: without(message, RdataType.CNAME))
    assert (await look(where, "x.old.b.example")).security is Security.SECURE


async def test_a_resolver_that_does_not_chase_is_asked_again():
    where = world()

    def first_hop_only(message):
        message.answer[:] = [r for r in message.answer if r.name == name("across.b.example")]

    where.edit("across.b.example", "A")(first_hop_only)
    found = await look(where, "across.b.example")
    assert (found.found, found.security, found.records) == (Found.FOUND, Security.SECURE, ("192.0.2.2",))
    where.edit("nowhere.b.example", "A")(
        lambda message: (
            message.answer.__setitem__(slice(2, None), []),
            message.authority.clear(),
            message.set_rcode(0),
        )
    )
    found = await look(where, "nowhere.b.example")
    assert (found.found, found.rcode, found.security) == (Found.ABSENT, "NXDOMAIN", Security.SECURE)


@pytest.mark.parametrize("owner", ["to-wild.b.example", "to-wild-alias.b.example"])
async def test_a_hop_without_its_proof_is_asked_for_by_itself(owner):
    """A resolver may leave out what proves the second hop; asked directly it gives it."""
    where = world()
    where.edit(owner, "A")(lambda message: without(message, RdataType.NSEC, RdataType.NSEC3))
    found = await look(where, owner)
    assert (found.security, found.records) == (Security.SECURE, ("192.0.2.2",)), found.reason
    direct = found.links[0].target
    where.edit(direct, "A")(lambda message: without(message, RdataType.NSEC, RdataType.NSEC3))
    found = await look(where, owner)
    assert (found.security, found.ede) == (Security.BOGUS, 12)
    where.dead[(direct, "A")] = Failure.NOT_RECORDED  # an attack on a recording: what is known stands
    found = await look(where, owner)
    assert (found.found, found.security, found.ede) == (Found.FOUND, Security.BOGUS, 12)


async def test_a_target_that_cannot_be_asked_fails():
    where = world()

    def first_hop_only(message):
        message.answer[:] = [r for r in message.answer if r.name == name("across.b.example")]

    where.edit("across.b.example", "A")(first_hop_only)
    where.dead[("mx1.c.example", "A")] = "SERVFAIL"
    found = await look(where, "across.b.example")
    assert found.found is Found.FAILED
    assert "mx1.c.example A: the resolver answered SERVFAIL" in found.reason
    assert found.links[0].security is Security.SECURE


@pytest.mark.parametrize("owner", ["loop.b.example", "hop0.b.example"])
async def test_circles_and_endless_chains_end(owner):
    where = world()
    found = await look(where, owner)
    assert found.found is Found.FAILED
    assert "form a loop or never end" in found.reason
    assert len(where.asked) < 80


async def test_every_hop_counts_for_the_end():
    found = await look(
        world(windows={(name("across.b.example"), RdataType.CNAME): (INCEPTION, AT + 9)}), "across.b.example"
    )
    assert found.expires == AT + 9


async def test_an_overlong_dname_target_is_not_followed():
    where = world()
    long = ".".join(["a" * 60] * 3)
    assert substitute(name(f"{long}.x"), name("x"), name("y")) == name(f"{long}.y")
    assert substitute(name(f"{long}.x"), name("x"), name(f"{'b' * 60}.{'c' * 60}.y")) is None
    where.dead[(f"{long}.big.b.example", "A")] = "YXDOMAIN"
    found = await look(where, f"{long}.big.b.example")
    assert found.found is Found.FAILED
    assert "YXDOMAIN" in found.reason


async def test_the_cname_below_a_dname_is_as_good_as_the_dname():
    """RFC 6672 section 5.3.1; whatever the resolver synthesized, and if it did not."""

    def forge(message):
        message.answer[:] = [
            dns.rrset.from_text(r.name, TTL, "IN", "CNAME", "evil.example.")
            if r.rdtype == RdataType.CNAME
            else r
            for r in message.answer
        ]

    changes = [lambda message: None, forge, lambda message: without(message, RdataType.CNAME)]
    for change in changes:
        where = world()
        where.edit("x.old.b.example", "CNAME")(change)
        found = await look(where, "x.old.b.example", "CNAME")
        assert (found.found, found.security) == (Found.FOUND, Security.SECURE), found.reason
        assert (found.canonical, found.records, found.links) == ("x.old.b.example", ("x.new.b.example.",), ())
    where = world(bent={(name("old.b.example"), RdataType.DNAME)})
    assert (await look(where, "x.old.b.example", "CNAME")).security is Security.BOGUS
    where = world()
    where.edit("x.old.b.example", "CNAME")(lambda message: without(message, RdataType.DNAME))
    assert (await look(where, "x.old.b.example", "CNAME")).security is Security.BOGUS


async def test_a_dname_out_of_a_wildcard_redirects_nothing():
    """RFC 6672 section 3.3 and RFC 4592 section 4.4 leave open what it means; unbound refuses it."""
    where = World(zone("."), zone("example."), zone("b.example.", "*.wild DNAME new\nx.new A 192.0.2.7"))
    apex = where.zones[name("b.example")]

    def redirect(message):
        message.set_rcode(dns.rcode.NOERROR)
        message.answer[:] = apex.signed(name("*.wild.b.example"), RdataType.DNAME, name("y.wild.b.example"))
        message.answer += apex.signed(name("x.new.b.example"), RdataType.A)

    for rdtype in ("A", "CNAME"):
        where.edit("x.y.wild.b.example", rdtype)(redirect)
        found = await look(where, "x.y.wild.b.example", rdtype)
        assert (found.security, found.ede) == (Security.BOGUS, 6)
        assert "expanded from the wildcard *.wild.b.example" in found.reason
    found = await look(where, "y.wild.b.example", "DNAME")
    assert found.security is Security.SECURE, "asked for itself it is an RRset like any other"
