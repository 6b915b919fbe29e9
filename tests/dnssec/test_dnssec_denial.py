"""Absence, wildcards and opt-out: RFC 4035 section 5.4, RFC 5155 section 8, each proof taken away."""

import dns.name
import dns.rcode
import dns.rdataset
import dns.rrset
import pytest
from dns.rdatatype import RdataType
from miniworld import AT, EXPIRATION, INCEPTION, TTL, World, name, without, zone

from mailpath.dnssec import Validator
from mailpath.dnssec.denial_nsec import Nsec, bitmap_types, denies
from mailpath.exchanges import Question
from mailpath.facts import Found, Security

TEXT = """
@ MX 10 mx1
mx1 A 192.0.2.1
*.w A 192.0.2.9
*.w TXT "any"
exact.w A 192.0.2.10
a.b.ent TXT "deep"
alias CNAME mx1
zz TXT "last"
"""
#: Questions whose answer is an absence, and what the proof has to show.
ABSENT = [
    ("mx1.b.example", "AAAA"),  # NODATA
    ("nope.b.example", "A"),  # NXDOMAIN
    ("x.mx1.b.example", "A"),  # NXDOMAIN below a name that exists
    ("zzz.b.example", "A"),  # NXDOMAIN behind the last name
    ("a.b.example", "A"),  # NXDOMAIN before the first name
    ("ent.b.example", "A"),  # empty non-terminal
    ("b.ent.b.example", "MX"),  # another, deeper
    ("foo.w.b.example", "MX"),  # wildcard NODATA
    ("x.exact.w.b.example", "A"),  # exact.w stops the wildcard
    ("b.example", "TXT"),  # NODATA at the apex
    ("mx1.b.example", "DS"),  # no zone cut
    ("nope.b.example", "DS"),
    ("u.b.example", "DS"),  # insecure delegation
]
DENIALS = ["nsec", "nsec3", "optout"]
#: With opt-out these cannot be proven: only unsigned delegations are hidden, but any name might be one.
UNPROVABLE = {
    ("nope.b.example", "A"),
    ("x.mx1.b.example", "A"),
    ("zzz.b.example", "A"),
    ("a.b.example", "A"),
    ("foo.w.b.example", "MX"),
    ("x.exact.w.b.example", "A"),
    ("nope.b.example", "DS"),
    ("u.b.example", "DS"),
}


def world(denial="nsec", **options):
    return World(
        zone("."),
        zone("example."),
        zone("b.example.", TEXT, denial=denial, **options),
        zone("u.b.example.", "mx1 A 192.0.2.3", denial=""),
    )


async def look(where, owner, rdtype, at=AT):
    return await Validator(where, at).lookup(owner, rdtype)


def proofs(message):
    return [r for r in message.authority if r.rdtype in (RdataType.NSEC, RdataType.NSEC3)]


@pytest.mark.parametrize("denial", DENIALS)
@pytest.mark.parametrize(("owner", "rdtype"), ABSENT)
async def test_absence_is_proven(owner, rdtype, denial):
    found = await look(world(denial), owner, rdtype)
    assert found.found is Found.ABSENT, found
    unprovable = denial == "optout" and (owner, rdtype) in UNPROVABLE
    assert found.security is (Security.INSECURE if unprovable else Security.SECURE), found.reason
    assert found.denial
    assert found.expires == EXPIRATION
    assert found.records == ()


@pytest.mark.parametrize("denial", ["nsec", "nsec3"])
@pytest.mark.parametrize(("owner", "rdtype"), ABSENT)
async def test_each_record_of_a_proof_is_needed(owner, rdtype, denial):
    """Take one NSEC or NSEC3 record away at a time: what is left proves nothing."""
    whole = world(denial)
    count = len(proofs(whole.answer(_question(owner, rdtype))))
    assert count
    for index in range(count):
        where = world(denial)

        def remove(message, index=index):
            gone = proofs(message)[index]
            message.authority[:] = [
                r
                for r in message.authority
                if r.name != gone.name or r.rdtype == RdataType.SOA or r.covers == RdataType.SOA
            ]

        where.edit(owner, rdtype)(remove)
        found = await look(where, owner, rdtype)
        assert found.security is Security.BOGUS, (index, found.reason)
        assert found.ede == 12


@pytest.mark.parametrize("denial", DENIALS)
@pytest.mark.parametrize(("owner", "rdtype"), ABSENT)
async def test_a_proof_with_a_broken_signature_proves_nothing(owner, rdtype, denial):
    where = world(denial)
    for record in proofs(where.answer(_question(owner, rdtype))):
        where.zones[name("b.example")].bent.add((record.name, record.rdtype))
    where.sign_anew()
    found = await look(where, owner, rdtype)
    assert (found.security, found.ede) == (Security.BOGUS, 6), found.reason
    assert "does not verify" in found.reason


@pytest.mark.parametrize("denial", DENIALS)
@pytest.mark.parametrize("how", ["bent", "unsigned"])
async def test_the_soa_beside_a_proof_must_hold_too(denial, how):
    """As every validating resolver has it: a denial with a broken SOA is answered with SERVFAIL."""
    where = world(denial, **{how: {(name("b.example"), RdataType.SOA)}})
    for owner, rdtype in (("mx1.b.example", "AAAA"), ("nope.b.example", "A"), ("mx1.b.example", "DS")):
        found = await look(where, owner, rdtype)
        assert (found.security, found.ede) == (Security.BOGUS, 6 if how == "bent" else 10), found.reason
        assert "b.example SOA" in found.reason
    assert (await look(where, "b.example", "MX")).security is Security.SECURE


@pytest.mark.parametrize("denial", DENIALS)
async def test_an_unsigned_denial_is_bogus(denial):
    where = world(denial)
    where.edit("mx1.b.example", "AAAA")(lambda message: without(message, RdataType.NSEC, RdataType.NSEC3))
    found = await look(where, "mx1.b.example", "AAAA")
    assert (found.found, found.security, found.ede) == (Found.ABSENT, Security.BOGUS, 12)


@pytest.mark.parametrize("denial", DENIALS)
async def test_a_denial_cannot_hide_what_exists(denial):
    """An attacker answers a question for existing data with the zone's own, well signed records."""
    where = world(denial)
    signed = where.zones[name("b.example")]
    every = [
        rrset
        for owner in list(signed.nodes)
        for rdtype in (RdataType.NSEC, RdataType.NSEC3)
        if rdtype in signed.nodes[owner]
        for rrset in signed.signed(owner, rdtype)
    ]
    for start in range(0, len(every), 8):

        def deny(message, start=start):
            message.answer.clear()
            message.set_rcode(dns.rcode.NXDOMAIN)
            message.authority[:] = every[start : start + 8]

        for owner, rdtype in (("mx1.b.example", "A"), ("b.example", "MX"), ("alias.b.example", "A")):
            where.edit(owner, rdtype)(deny)
            found = await look(where, owner, rdtype)
            assert found.security is Security.BOGUS, (start, owner, found.reason)


@pytest.mark.parametrize("denial", ["nsec", "nsec3"])
async def test_a_cname_is_not_denied_by_the_types_beside_it(denial):
    """NODATA for a name that has a CNAME is a lie (RFC 6840 section 4.3)."""
    where = world(denial)
    signed = where.zones[name("b.example")]

    def deny(message):
        message.answer.clear()
        message.authority[:] = signed.matching(name("alias.b.example"))

    where.edit("alias.b.example", "A")(deny)
    assert (await look(where, "alias.b.example", "A")).security is Security.BOGUS


async def test_a_bad_proof_is_not_excused_by_an_opt_out_span():
    """The name might be hidden there; but a secure zone signed this denial, and it does not add up."""
    where = world("optout")
    where.edit("nope.b.example", "A")(lambda message: message.authority.__delitem__(slice(4, None)))
    found = await look(where, "nope.b.example", "A")
    assert (found.security, found.ede) == (Security.BOGUS, 12), found.reason
    where.edit("nope.b.example", "A")(lambda message: message.authority.clear())
    assert (await look(where, "nope.b.example", "A")).security is Security.INSECURE


# --- parent and child side of a zone cut -----------------------------------------------------------


@pytest.mark.parametrize("denial", ["nsec", "nsec3"])
async def test_the_parents_record_at_a_cut_denies_nothing_but_ds(denial):
    """RFC 6840 section 4.1: the ancestor's NSEC must not deny the child's data, nor names below the cut."""
    where = World(zone("."), zone("example.", denial=denial), zone("b.example.", TEXT))
    parent = where.zones[name("example")]
    at_cut = parent.matching(name("b.example"))
    for owner, rdtype in (("b.example", "MX"), ("mx1.b.example", "A")):

        def deny(message):
            message.answer.clear()
            message.authority[:] = at_cut + parent.matching(name("example"))

        where.edit(owner, rdtype)(deny)
        found = await look(where, owner, rdtype)
        assert found.security is Security.BOGUS, found.reason


@pytest.mark.parametrize("denial", ["nsec", "nsec3"])
async def test_records_of_a_sister_zone_prove_nothing(denial):
    where = World(
        zone("."),
        zone("example."),
        zone("b.example.", TEXT, denial=denial),
        zone("c.example.", TEXT, denial=denial),
    )
    sister = where.zones[name("c.example")]

    def deny(message):
        message.answer.clear()
        message.authority[:] = sister.no_data(name("mx1.c.example"))

    where.edit("mx1.b.example", "A")(deny)
    found = await look(where, "mx1.b.example", "A")
    assert (found.security, found.ede) == (Security.BOGUS, 12)


async def test_below_a_dname_an_nsec_denies_nothing():
    nsec = Nsec(name("d.example"), name("z.example"), frozenset({int(RdataType.DNAME)}))
    assert not nsec.covers(name("x.d.example"), name("example"))
    assert nsec.covers(name("e.example"), name("example"))


# --- wildcards -------------------------------------------------------------------------------------


@pytest.mark.parametrize("denial", ["nsec", "nsec3"])
async def test_a_wildcard_answer_needs_its_proof(denial):
    for owner in ("foo.w.b.example", "deep.er.w.b.example"):
        found = await look(world(denial), owner, "A")
        assert found.security is Security.SECURE, found.reason
        assert found.wildcard == "*.w.b.example"
        assert found.denial
        assert found.records == ("192.0.2.9",)
        where = world(denial)
        where.edit(owner, "A")(lambda message: message.authority.clear())
        found = await look(where, owner, "A")
        assert (found.security, found.ede) == (Security.BOGUS, 12), found.reason


async def test_a_wildcard_answer_in_an_opt_out_span_is_insecure():
    found = await look(world("optout"), "foo.w.b.example", "A")
    assert (found.found, found.security) == (Found.FOUND, Security.INSECURE)
    assert "opt-out" in found.reason


@pytest.mark.parametrize("denial", ["nsec", "nsec3"])
async def test_a_wildcard_must_not_stand_in_for_a_name_that_exists(denial):
    where = world(denial)
    signed = where.zones[name("b.example")]

    def expand(message):
        message.answer[:] = signed.signed(name("*.w.b.example"), RdataType.A, name("exact.w.b.example"))
        message.authority[:] = signed.covering(name("foo.w.b.example"))

    where.edit("exact.w.b.example", "A")(expand)
    found = await look(where, "exact.w.b.example", "A")
    assert found.security is Security.BOGUS, found.reason


async def test_the_wildcard_itself_is_an_ordinary_name():
    found = await look(world(), "*.w.b.example", "A")
    assert (found.security, found.wildcard) == (Security.SECURE, None)


async def test_a_denial_that_was_itself_expanded_is_refused():
    where = world()
    signed = where.zones[name("b.example")]

    def deny(message):
        message.answer.clear()
        message.authority[:] = signed.signed(name("*.w.b.example"), RdataType.NSEC, name("mx1.w.b.example"))

    where.edit("mx1.w.b.example", "MX")(deny)
    assert (await look(where, "mx1.w.b.example", "MX")).security is Security.BOGUS


# --- NSEC3 parameters ------------------------------------------------------------------------------


@pytest.mark.parametrize(("iterations", "security"), [(0, "secure"), (150, "secure"), (151, "insecure")])
async def test_iterations_above_the_limit_are_insecure_with_a_note(iterations, security):
    where = world("nsec3", iterations=iterations, salt=b"\xaa\xbb")
    found = await look(where, "mx1.b.example", "AAAA")
    assert found.security.value == security, found.reason
    assert (found.ede == 27) is (security == "insecure")
    assert ("iterations" in found.reason) is (security == "insecure")
    assert (await look(where, "mx1.b.example", "A")).security is Security.SECURE


async def test_iterations_above_the_limit_still_need_a_signature():
    where = world("nsec3", iterations=200)
    for record in proofs(where.answer(_question("mx1.b.example", "AAAA"))):
        where.zones[name("b.example")].bent.add((record.name, record.rdtype))
    where.sign_anew()
    assert (await look(where, "mx1.b.example", "AAAA")).security is Security.BOGUS


async def test_unknown_nsec3_hash_or_flags_prove_nothing():
    for change in ({"algorithm": 2}, {"flags": 2}):
        where = world("nsec3")
        signed = where.zones[name("b.example")]
        for _, _, at in signed.ring:
            rdata = signed.nodes[at][RdataType.NSEC3][0].replace(**change)
            signed.nodes[at][RdataType.NSEC3] = dns.rdataset.from_rdata_list(TTL, [rdata])
        found = await look(where, "mx1.b.example", "AAAA")
        assert (found.security, found.ede) == (Security.BOGUS, 12), change


# --- times and codes -------------------------------------------------------------------------------


async def test_the_end_of_a_denial_counts():
    where = world()
    signed = where.zones[name("b.example")]
    signed.windows[(name("mx1.b.example"), RdataType.NSEC)] = (INCEPTION, AT + 60)
    assert (await look(where, "mx1.b.example", "AAAA")).expires == AT + 60
    found = await look(where, "mx1.b.example", "AAAA", at=AT + 61)
    assert (found.security, found.ede) == (Security.BOGUS, 7)


@pytest.mark.parametrize(
    ("denial", "owner", "rdtype", "rcode", "security"),
    [
        ("nsec", "nope.b.example", "A", dns.rcode.NOERROR, Security.BOGUS),
        ("nsec3", "nope.b.example", "A", dns.rcode.NOERROR, Security.BOGUS),
        ("nsec3", "mx1.b.example", "AAAA", dns.rcode.NXDOMAIN, Security.BOGUS),
        ("nsec3", "ent.b.example", "A", dns.rcode.NXDOMAIN, Security.BOGUS),
        ("nsec", "mx1.b.example", "AAAA", dns.rcode.NXDOMAIN, Security.SECURE),
        ("nsec", "ent.b.example", "A", dns.rcode.NXDOMAIN, Security.SECURE),
    ],
)
async def test_the_rcode_must_fit_the_proof_as_unbound_has_it(denial, owner, rdtype, rcode, security):
    where = world(denial)
    where.edit(owner, rdtype)(lambda message: message.set_rcode(rcode))
    found = await look(where, owner, rdtype)
    assert (found.found, found.security) == (Found.ABSENT, security), found.reason
    # Nobody signs an RCODE: a secure answer says what the records prove.
    if security is Security.SECURE:
        assert found.rcode == "NOERROR"


@pytest.mark.parametrize("denial", ["nsec", "nsec3"])
async def test_a_name_that_does_not_exist_is_said_not_to(denial):
    found = await look(world(denial), "nope.b.example", "A")
    assert (found.security, found.rcode) == (Security.SECURE, "NXDOMAIN")


def test_beside_a_cname_only_what_may_stand_there_can_be_denied():
    """RFC 4034 section 4, RFC 6840 section 4.3: the parent's CNAME says nothing of a DS that is not there."""
    alias = frozenset({RdataType.CNAME, RdataType.RRSIG, RdataType.NSEC})
    assert denies(alias, RdataType.DS)
    assert not denies(alias, RdataType.A)
    assert not denies(alias, RdataType.NSEC)


def test_bitmap_reads_every_window():
    assert bitmap_types([(0, b"\x40\x01"), (1, b"\x01")]) == frozenset({1, 15, 263})


def _question(owner, rdtype):
    return Question(name=owner, rdtype=rdtype)
