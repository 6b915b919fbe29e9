"""Several signers of one answer, denials of other zones beside the right ones, and DS that do not come."""

from functools import cache

import dns.name
import dns.rdataset
import dns.rrset
import pytest
from dns.rdatatype import RdataType
from miniworld import AT, INCEPTION, TTL, World, name, without, zone

from mailpath.dnssec import Validator, bounds
from mailpath.exchanges import Failure
from mailpath.facts import Found, Security

TEXT = """
@ MX 10 mx1
mx1 A 192.0.2.1
www A 192.0.2.2
*.w A 192.0.2.9
""" + "\n".join(f"n{n:02d} A 192.0.2.50" for n in range(14))


def world(denial="nsec", **options):
    return World(
        zone("."),
        zone("example."),
        zone("b.example.", TEXT, denial=denial, **options),
        zone("c.example.", TEXT, denial=denial),
        zone("u.example.", TEXT, denial=""),
    )


#: For tests that change its messages only: the keys and signatures of each are made once.
lasting = cache(world)


async def look(where, owner, rdtype):
    return await Validator(where, AT).lookup(owner, rdtype)


def signed_also_by(where, owner, rdtype, *signers):
    """Beside the good signature, one by each of `signers`, made with the zone's own key."""
    apex = where.zones[name("b.example")]
    rrset = apex.signed(name(owner), rdtype)[0]
    good = apex.zsk[0].sign(rrset, apex.origin)
    others = [apex.zsk[0].sign(rrset, name(signer)) for signer in signers]
    apex._cache[(name(owner), rdtype)] = [*others, good]


@pytest.mark.parametrize("signers", [("www.b.example",), ("www.b.example", "example"), (".", "example")])
async def test_one_signer_for_whom_all_holds_is_enough(signers):
    """RFC 4035 sections 5.3.1 and 5.3.3."""
    where = world()
    signed_also_by(where, "www.b.example", RdataType.A, *signers)
    found = await look(where, "www.b.example", "A")
    assert found.security is Security.SECURE, found.reason


async def test_where_no_signer_is_good_the_zone_explains_it():
    where = world()
    signed_also_by(where, "www.b.example", RdataType.A, "www.b.example")
    apex = where.zones[name("b.example")]
    key = (name("www.b.example"), RdataType.A)
    apex._cache[key] = [each.replace(signature=bytes(64)) for each in apex._cache[key]]
    found = await look(where, "www.b.example", "A")
    assert (found.security, found.ede) == (Security.BOGUS, 6)
    assert "does not verify" in found.reason


async def test_a_signature_by_the_parent_does_not_stand_in_for_the_childs():
    where = world()
    apex, parent = where.zones[name("b.example")], where.zones[name("example")]
    rrset = apex.signed(name("www.b.example"), RdataType.A)[0]
    apex._cache[(name("www.b.example"), RdataType.A)] = [parent.zsk[0].sign(rrset, parent.origin)]
    assert (await look(where, "www.b.example", "A")).security is Security.BOGUS


async def test_signers_are_looked_at_up_to_a_bound():
    where = world()
    owner = ".".join("abcdefgh") + ".mx1.b.example"
    where.zones[name("b.example")].nodes[name(owner)] = {
        RdataType.A: dns.rdataset.from_text("IN", "A", TTL, "192.0.2.7")
    }
    deep = [owner.split(".", n)[n] for n in range(bounds.SIGNERS)]
    signed_also_by(where, owner, RdataType.A, *deep)
    assert (await look(where, owner, "A")).security is Security.BOGUS
    signed_also_by(where, owner, RdataType.A, *deep[1:])
    assert (await look(where, owner, "A")).security is Security.SECURE


@pytest.mark.parametrize("denial", ["nsec", "nsec3"])
async def test_a_denial_that_somebody_else_signed_too(denial):
    """The junk one claims a deeper zone than there is."""
    where = world(denial)

    @where.edit("x.www.b.example", "A")
    def junk(message):
        for rrset in list(message.authority):
            if rrset.covers in (RdataType.NSEC, RdataType.NSEC3):
                rrset.add(rrset[0].replace(signer=name("www.b.example")), TTL)

    found = await look(where, "x.www.b.example", "A")
    assert (found.found, found.security) == (Found.ABSENT, Security.SECURE), found.reason


# --- more denials than are looked at ---------------------------------------------------------------


def crowd(zone_of, but):
    """Every NSEC or NSEC3 RRset of the zone, with its signatures, but those in `but`."""
    kinds = (RdataType.NSEC, RdataType.NSEC3)
    present = {rrset.name for rrset in but}
    return [
        rrset
        for owner, node in sorted(zone_of.nodes.items())
        for kind in kinds
        if kind in node and owner not in present
        for rrset in zone_of.signed(owner, kind)
    ]


@pytest.mark.parametrize("denial", ["nsec", "nsec3", "optout"])
@pytest.mark.parametrize("others", ["b.example", "c.example"])
@pytest.mark.parametrize(
    ("owner", "rdtype"),
    [
        ("zz.b.example", "A"),
        ("www.b.example", "AAAA"),
        ("x.y.www.b.example", "TXT"),
        ("x.w.b.example", "A"),
        ("x.w.b.example", "TXT"),
        ("www.b.example", "DS"),
        ("_25._tcp.www.b.example", "TLSA"),
    ],
)
async def test_a_proof_is_found_among_many(owner, rdtype, others, denial):
    """RFC 4035 section 3.1.3 sets no bound: denials of a chain of wildcard aliases come in one message."""
    where = lasting(denial)
    where.edits.clear()
    alone = await look(where, owner, rdtype)
    for first in (True, False):

        @where.edit(owner, rdtype)
        def bury(message, first=first):
            more = crowd(where.zones[name(others)], message.authority)
            assert len([rrset for rrset in more if not rrset.covers]) > bounds.DENIAL_RRSETS
            message.authority[:] = more + message.authority if first else message.authority + more

        found = await look(where, owner, rdtype)
        assert (found.found, found.security) == (alone.found, alone.security), found.reason
        assert set(found.denial) == set(alone.denial)


async def test_at_the_bound_of_iterations_a_proof_is_found_among_many_too():
    where = world("nsec3", iterations=bounds.NSEC3_ITERATIONS)

    @where.edit("zz.b.example", "A")
    def bury(message):
        message.authority[:] = crowd(where.zones[name("b.example")], message.authority) + message.authority

    found = await look(where, "zz.b.example", "A")
    assert (found.found, found.security) == (Found.ABSENT, Security.SECURE), found.reason


async def test_hundreds_of_denials_cost_no_more():
    where = world("nsec3")
    apex = where.zones[name("b.example")]

    @where.edit("zz.b.example", "A")
    def flood(message):
        first = next(rrset for rrset in message.authority if rrset.rdtype == RdataType.NSEC3)
        for n in range(200):
            salted = first[0].replace(salt=n.to_bytes(2, "big"), iterations=150)
            owner = dns.name.Name((f"{n:032d}".encode(), *apex.origin.labels))
            message.authority.append(dns.rrset.from_rdata(owner, TTL, salted))
            rrsig = apex._sign(first.name, RdataType.NSEC3, apex.nodes[first.name][RdataType.NSEC3])[0]
            message.authority.append(dns.rrset.from_rdata(owner, TTL, rrsig))

    validator = Validator(where, AT)
    found = await validator.lookup("zz.b.example", "A")
    assert found.security in (Security.SECURE, Security.BOGUS)
    assert validator.verifications < 3 * bounds.VERIFICATIONS


# --- a DS that does not come -----------------------------------------------------------------------


async def test_what_a_zone_signed_needs_no_ds_of_its_own_name():
    where = world()
    where.dead[("www.b.example", "DS")] = "SERVFAIL"
    assert (await look(where, "www.b.example", "A")).security is Security.SECURE
    for spoil in ("bent", "windows"):
        where = world()
        where.dead[("www.b.example", "DS")] = "SERVFAIL"
        apex, key = where.zones[name("b.example")], (name("www.b.example"), RdataType.A)
        if spoil == "bent":
            apex.bent.add(key)
        else:
            apex.windows[key] = (INCEPTION - 10_000, AT - 5_000)
        where.sign_anew()
        found = await look(where, "www.b.example", "A")
        assert found.security is Security.BOGUS, found.reason
        assert "www.b.example A" in found.reason


@pytest.mark.parametrize("failure", ["SERVFAIL", Failure.TIMEOUT])
async def test_what_nobody_signed_needs_it(failure):
    where = world()
    where.dead[("www.b.example", "DS")] = failure

    @where.edit("www.b.example", "A")
    def unsigned(message):
        without(message, RdataType.RRSIG)
        message.answer[:] = [r for r in message.answer if r.rdtype != RdataType.RRSIG]

    found = await look(where, "www.b.example", "A")
    assert found.security is Security.INDETERMINATE, found.reason


@pytest.mark.parametrize("denial", ["nsec", "nsec3"])
async def test_a_broken_denial_needs_no_ds_either(denial):
    where = world(denial)
    where.dead[("zz.b.example", "DS")] = "SERVFAIL"
    assert (await look(where, "zz.b.example", "A")).security is Security.SECURE
    apex = where.zones[name("b.example")]
    kind = RdataType.NSEC if denial == "nsec" else RdataType.NSEC3
    apex.bent |= {(owner, kind) for owner, node in apex.nodes.items() if kind in node}
    where.sign_anew()
    assert (await look(where, "zz.b.example", "A")).security is Security.BOGUS


async def test_the_keys_of_the_signing_zone_are_needed():
    where = world()
    where.dead[("b.example", "DNSKEY")] = "SERVFAIL"
    found = await look(where, "www.b.example", "A")
    assert found.security is Security.INDETERMINATE
    assert found.expires is None
