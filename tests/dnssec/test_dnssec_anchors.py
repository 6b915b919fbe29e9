"""Trust anchors at any name, several and nested, and negative ones (RFC 4035 section 5, RFC 7646)."""

import asyncio

import dns.rdata
import dns.rrset
import pytest
from dns.rdatatype import RdataType
from hypothesis import given, settings
from hypothesis import strategies as st
from miniworld import AT, Key, World, name, without, zone

from mailpath.dnssec import Validator
from mailpath.exchanges import Failure
from mailpath.facts import Found, MxFacts, MxKind, Security, TlsaFacts
from mailpath.network.anchors import ROOT_ANCHORS
from mailpath.report.dnssec import render_text
from mailpath.steps.dnssec import gather

HOSTS = '@ MX 10 mx1\nmx1 A 192.0.2.1\n*.w A 192.0.2.9\nsub TXT "of the parent"\n'
CORP, INNER = "corp.example.", "lab.corp.example."


def world(anchor=".", negative=(), **corp):
    """The root, example, corp.example (an island where it has no DS), a zone in it, and a private `corp`."""
    where = World(
        zone("."),
        zone("example.", HOSTS),
        zone(CORP, HOSTS, **corp),
        zone(INNER, HOSTS),
        zone("corp.", HOSTS, ds=[]),
    )
    where.anchor = anchor if "IN" in anchor else where.ds(*anchor.split())
    where.insecure = tuple(negative)
    return where


async def look(where, owner, rdtype="MX"):
    return await Validator(where, AT).lookup(owner, rdtype)


def is_(found, security):
    assert found.security is security, found.reason
    assert found.reason
    return found


# --- where the chain begins ------------------------------------------------------------------------


@pytest.mark.parametrize("parent", ["unsigned", "signed without a DS"])
async def test_an_island_of_security_below_an_unsigned_parent(parent):
    where = World(
        zone("."),
        zone("example.", HOSTS, denial="" if parent == "unsigned" else "nsec"),
        zone(CORP, HOSTS, ds=[]),
        zone(INNER, HOSTS),
    )
    is_(await look(where, "corp.example"), Security.INSECURE)
    where.anchor += "\n" + where.ds(CORP)
    found = is_(await look(where, "corp.example"), Security.SECURE)
    assert found.chain == ("corp.example",)
    assert is_(await look(where, "lab.corp.example"), Security.SECURE).chain == (
        "corp.example",
        "lab.corp.example",
    )
    absent = is_(await look(where, "no.lab.corp.example", "A"), Security.SECURE)
    assert (absent.found, absent.rcode) == (Found.ABSENT, "NXDOMAIN")
    beside = is_(await look(where, "example"), Security.INSECURE if parent == "unsigned" else Security.SECURE)
    assert beside.chain[0] == "."
    # Its DS, or that there is none, is its parent's to say.
    denied = is_(await look(where, "corp.example", "DS"), beside.security)
    assert denied.found is Found.ABSENT


async def test_a_private_top_level_domain_beside_ianas_root():
    """The public root denies `corp`, and nobody here has the key of the root that answers."""
    where = world()
    where.anchor = ROOT_ANCHORS + where.dnskey("corp.")
    assert is_(await look(where, "corp"), Security.SECURE).chain == ("corp",)
    is_(await look(where, "nope.corp", "A"), Security.SECURE)
    public = is_(await look(where, "example"), Security.BOGUS)
    assert "trust anchor (key tag 20326, 38696)" in public.reason


async def test_what_is_asked_goes_no_further_up_than_the_anchor():
    where = world(CORP)
    is_(await look(where, "mx1.lab.corp.example", "A"), Security.SECURE)
    assert {question.name for question in where.asked} == {
        "mx1.lab.corp.example",
        "lab.corp.example",
        "corp.example",
    }


async def test_an_island_is_asked_for_in_one_go_whatever_is_known_above_it():
    fresh, later = world(CORP), world(CORP)
    await look(fresh, "mx1.lab.corp.example", "A")
    validator = Validator(later, AT)
    await validator.lookup("example", "MX")
    before = later.rounds
    await validator.lookup("mx1.lab.corp.example", "A")
    assert later.rounds - before == fresh.rounds
    # The DS at an anchor's own name hangs on what is above it.
    nested, rooted = world(f". {CORP}"), world()
    for where in (nested, rooted):
        is_(await look(where, "corp.example", "DS"), Security.SECURE)
    assert nested.rounds == rooted.rounds


async def test_of_two_nested_anchors_the_closest_decides():
    where = world(f". {CORP}")
    validator = Validator(where, AT)
    assert is_(await validator.lookup("corp.example", "MX"), Security.SECURE).chain == ("corp.example",)
    assert is_(await validator.lookup("example", "MX"), Security.SECURE).chain == (".", "example")
    marks = {fact.name: fact.anchor for fact in validator.zones()}
    assert marks == {".": "positive", "example": "", "corp.example": "positive"}
    # Not even the whole chain from the root makes a wrong anchor good: closest encloser, RFC 6840 C.1.
    where.anchor = where.ds(".") + f"{CORP} IN DS 4711 13 2 {'00' * 32}\n"
    wrong = is_(await look(where, "corp.example"), Security.BOGUS)
    assert "No DNSKEY of corp.example matches the trust anchor (key tag 4711)" in wrong.reason
    is_(await look(where, "lab.corp.example"), Security.BOGUS)
    is_(await look(where, "example"), Security.SECURE)
    # And a broken parent takes nothing along.
    where.anchor = where.ds(".", CORP)
    where.zones[name("example.")].bent.add((name("example."), RdataType.DNSKEY))
    where.sign_anew()
    is_(await look(where, "example"), Security.BOGUS)
    is_(await look(where, "corp.example"), Security.SECURE)


@pytest.mark.parametrize("mixed", [False, True])
async def test_ds_and_dnskey_mixed(mixed):
    where = world()
    old = f"{CORP} IN DS 4711 13 2 {'00' * 32}\n"
    where.anchor = where.dnskey(".") + "; a comment\n" + where.ds(INNER) + where.dnskey(CORP) + old * mixed
    for owner in ("example", "corp.example", "lab.corp.example"):
        assert is_(await look(where, owner), Security.SECURE).chain[-1] == owner


async def test_a_name_under_no_anchor_is_insecure_and_says_so():
    where = world(CORP)
    validator = Validator(where, AT)
    for owner in ("example", "www.example", "nope"):
        found = is_(await validator.lookup(owner, "MX"), Security.INSECURE)
        assert found.reason == f"No trust anchor covers {owner}"
        assert found.chain == (".",)
    (bare,) = [fact for fact in validator.zones() if fact.name == "."]
    assert (bare.status, bare.anchor) == (Security.INSECURE, "")
    assert "no trust anchor covers" not in (await validator.lookup("corp.example", "MX")).reason.lower()


async def test_an_alias_from_one_island_to_another():
    where = World(
        zone("."),
        zone("a.", "www CNAME www.b.\nout CNAME www.c.\n", ds=[]),
        zone("b.", "www A 192.0.2.1\n", ds=[]),
        zone("c.", "www A 192.0.2.2\n", ds=[]),
    )
    where.anchor = where.ds("a.", "b.")
    is_(await look(where, "www.a", "A"), Security.SECURE)
    out = is_(await look(where, "out.a", "A"), Security.INSECURE)
    assert [link.security for link in out.links] == [Security.SECURE]
    assert out.reason == "No trust anchor covers www.c"


# --- nobody above an anchor can speak for what is below it -----------------------------------------


@pytest.mark.parametrize("anchored", [CORP, f". {CORP}"])
@pytest.mark.parametrize("signer", [".", "example."])
async def test_a_signature_from_above_the_anchor_does_not_count(signer, anchored):
    """Or whoever forges could claim a parent that is not signed, and take the island along."""
    where = world(anchored)

    @where.edit("corp.example", "MX")
    def forged(message):
        made = dns.rrset.from_text("corp.example.", 300, "IN", "MX", "0 evil.invalid.")
        rrsig = where.zones[name(signer)].zsk[0].sign(made, name(signer))
        message.answer[:] = [made, dns.rrset.from_rdata("corp.example.", 300, rrsig)]

    found = is_(await look(where, "corp.example"), Security.BOGUS)
    assert "came without a signature" in found.reason or "cannot own it" in found.reason


@pytest.mark.parametrize("anchored", [CORP, f". {CORP}"])
async def test_neither_does_a_denial_from_above(anchored):
    where = world(anchored)

    @where.edit("_25._tcp.corp.example", "TLSA")
    def denied(message):
        parent = where.zones[name("example.")]
        message.answer.clear()
        message.authority[:] = parent.signed(parent.origin, RdataType.SOA) + parent.deny(
            name("zz.example."), wildcard="none"
        )

    is_(await look(where, "_25._tcp.corp.example", "TLSA"), Security.BOGUS)


async def test_an_unsigned_answer_below_an_anchor_is_bogus():
    where = world(CORP, unsigned={(name(CORP), RdataType.MX)})
    assert "came without a signature, although corp.example is signed" in (
        is_(await look(where, "corp.example"), Security.BOGUS).reason
    )


# --- an anchor whose keys do not come --------------------------------------------------------------


async def test_an_anchor_at_a_name_without_keys_is_bogus():
    where = world(CORP)
    where.anchor = where.ds(CORP).replace("corp.example", "sub.example")
    found = is_(await look(where, "sub.example", "TXT"), Security.BOGUS)
    assert found.reason == "sub.example has a trust anchor here, but publishes no DNSKEY"


@pytest.mark.parametrize("what", [RdataType.DNSKEY, RdataType.RRSIG])
async def test_a_resolver_that_strips_is_told_from_a_zone_that_signs_no_more(what):
    where = world(CORP)
    alone = world(CORP)  # behind a resolver that knows no root
    alone.dead[(".", "DNSKEY")] = "SERVFAIL"
    alone.edit("corp.example", "DNSKEY")(lambda message: without_all(message, what))
    is_(await look(alone, "corp.example"), Security.BOGUS)
    for owner in ("corp.example", "."):
        where.edit(owner, "DNSKEY")(lambda message: without_all(message, what))
    validator = Validator(where, AT)
    found = is_(await validator.lookup("corp.example", "MX"), Security.INDETERMINATE)
    assert found.reason.startswith("Your resolver does not pass DNSSEC data (it ")
    assert "of corp.example" in found.reason or "corp.example's keys" in found.reason
    facts = gather(failed(found), TlsaFacts(), validator.zones())
    assert (facts.resolver_passes, facts.resolver_note) == (False, found.reason)
    del where.edits[(".", "DNSKEY")]
    validator = Validator(where, AT)
    is_(await validator.lookup("corp.example", "MX"), Security.BOGUS)
    assert gather(failed(found), TlsaFacts(), validator.zones()).resolver_passes


def failed(lookup):
    return MxFacts(kind=MxKind.FAILED, lookup=lookup)


def without_all(message, what):
    if what == RdataType.DNSKEY:
        without(message, RdataType.DNSKEY)
    else:
        message.answer[:] = [rrset for rrset in message.answer if rrset.rdtype != RdataType.RRSIG]


async def test_keys_of_an_anchor_that_cannot_be_fetched():
    where = world(CORP)
    where.dead[("corp.example", "DNSKEY")] = Failure.TIMEOUT
    found = is_(await look(where, "corp.example"), Security.INDETERMINATE)
    assert found.reason.startswith("The DNSKEY RRset of corp.example could not be fetched: ")


async def test_a_ds_whose_key_is_gone_and_one_with_another_digest():
    where = world()
    (key,) = where.zones[name(CORP)].ksk
    other = "{} names key tag {}, but with another digest than that of {}"
    gone = "No DNSKEY of corp.example matches {} (key tag {}): it publishes no such key"
    for tag, algorithm, told in ((key.tag, 15, other), (key.tag ^ 1, 15, gone), (key.tag, 13, gone)):
        record = f"{tag} {algorithm} 2 {'00' * 32}"
        where.anchor = f"{CORP} IN DS {record}\n"
        found = is_(await look(where, "corp.example"), Security.BOGUS)
        assert found.reason.lower() == told.format("the trust anchor", tag, "the key of corp.example").lower()
        below = world(ds=[dns.rdata.from_text("IN", "DS", record)])
        found = is_(await look(below, "corp.example"), Security.BOGUS)
        who = "the DS of corp.example at the parent" if told is other else "its DS at the parent"
        assert found.reason.lower() == told.format(who, tag, "its key").lower()
    # An anchor that is a DNSKEY has no digest; its like is another key of the same tag.
    another = Key("another", flags=257)
    where.anchor = f"{CORP} IN DNSKEY {another.dnskey.to_text()}\n"
    found = is_(await look(where, "corp.example"), Security.BOGUS)
    assert found.reason == gone.format("the trust anchor", another.tag)


@pytest.mark.parametrize("anchored", [True, False])
async def test_a_key_that_nothing_vouches_for_is_not_called_unpublished(anchored):
    """It stands in the very RRset that it signed, and on the line above."""
    record = f"1 13 2 {'00' * 32}"
    where = world() if anchored else world(ds=[dns.rdata.from_text("IN", "DS", record)])
    if anchored:
        where.anchor = f"{CORP} IN DS {record}\n"
    validator = Validator(where, AT)
    is_(await validator.lookup("corp.example", "MX"), Security.BOGUS)
    (zone_fact,) = [fact for fact in validator.zones() if fact.name == "corp.example"]
    shown = {fact.tag for fact in zone_fact.keys}
    (made,) = [fact for fact in zone_fact.signatures if fact.rdtype == "DNSKEY"]
    assert made.tag in shown
    assert made.verdict.endswith("was made with a key that neither a DS record nor a trust anchor names")


# --- negative trust anchors ------------------------------------------------------------------------

DECLARED = "is declared insecure here (negative trust anchor)"


@pytest.mark.parametrize(
    ("anchor", "negative", "insecure", "secure"),
    [
        (".", ["corp.example"], ["corp.example", "mx1.corp.example", "lab.corp.example"], ["example"]),
        # A positive anchor below a negative one.
        (f". {INNER}", ["corp.example"], ["corp.example", "x.corp.example"], ["example", "lab.corp.example"]),
        # A negative one below an anchor that is no root's.
        (CORP, ["lab.corp.example"], ["lab.corp.example", "mx1.lab.corp.example"], ["corp.example"]),
        # At one name the negative one wins (RFC 7646 section 2).
        (f". {CORP}", ["corp.example"], ["corp.example", "lab.corp.example"], ["example"]),
        # Of everything, but for an island.
        (f". {CORP}", ["."], ["example", "corp"], ["corp.example", "lab.corp.example"]),
        # Twice over.
        (".", ["corp.example", "lab.corp.example"], ["corp.example", "lab.corp.example"], ["example"]),
    ],
)
async def test_negative_anchors(anchor, negative, insecure, secure):
    where = world(anchor, negative)
    validator = Validator(where, AT)
    for owner in insecure:
        found = is_(await validator.lookup(owner, "MX"), Security.INSECURE)
        shown = max((n for n in negative if n == "." or owner.endswith(n)), key=len)
        assert found.reason == f"{shown if shown != '.' else 'the root'} {DECLARED}"
        assert found.chain == (shown,)
        assert found.found is (Found.ABSENT if owner.startswith(("mx1.", "x.")) else Found.FOUND)
    for owner in secure:
        is_(await validator.lookup(owner, "MX"), Security.SECURE)
    marks = {fact.name: fact.anchor for fact in validator.zones()}
    assert [name for name in marks if marks[name] == "negative"] == sorted(negative)
    text = render_text(found, validator.zones(), AT)
    assert f"negative trust anchor {'root (.)' if shown == '.' else shown}  ! INSECURE" in text
    await validator.settle()


async def test_a_negative_anchor_is_for_a_broken_zone():
    bent = {(name(CORP), RdataType.DNSKEY), (name("example."), RdataType.DS)}
    where = world(bent=bent)
    is_(await look(where, "corp.example"), Security.BOGUS)
    where.insecure = ("corp.example",)
    for owner, rdtype in (("corp.example", "MX"), ("a.w.corp.example", "A"), ("no.corp.example", "A")):
        is_(await look(where, owner, rdtype), Security.INSECURE)
    # Its parent's word on it is its parent's.
    is_(await look(where, "corp.example", "DS"), Security.SECURE)


@pytest.mark.parametrize("fault", ["bent", "good", "none"])
async def test_a_negative_anchor_within_a_zone(fault):
    """At a name that is no zone's: what its zone signs, well or badly, counts as unsigned from there on."""
    options = (
        {}
        if fault == "good"
        else {f"{fault.replace('none', 'unsigned')}": {(name("mx1.corp.example."), RdataType.A)}}
    )
    where = world(negative=["mx1.corp.example"], **options)
    is_(await look(where, "mx1.corp.example", "A"), Security.INSECURE)
    is_(await look(where, "mx1.corp.example", "AAAA"), Security.INSECURE)
    is_(await look(where, "corp.example"), Security.SECURE)
    # A broken parent is no excuse for what the user asked for either.
    where.zones[name(CORP)].bent.add((name(CORP), RdataType.DNSKEY))
    where.sign_anew()
    is_(await look(where, "corp.example"), Security.BOGUS)
    is_(await look(where, "mx1.corp.example", "A"), Security.INSECURE)


async def test_a_name_in_other_letters():
    where = world(negative=["CORP.Example"])
    assert DECLARED in is_(await look(where, "corp.EXAMPLE"), Security.INSECURE).reason
    where = world(CORP)
    where.anchor = where.anchor.replace("corp.example", "CORP.Example")
    is_(await look(where, "corp.example"), Security.SECURE)


async def test_an_attackers_zone_stays_one():
    where = world(negative=["corp.example"])
    where.simulated = ("corp.example",)
    validator = Validator(where, AT)
    found = is_(await validator.lookup("corp.example", "MX"), Security.INSECURE)
    assert "(simulated)" in found.reason
    assert [fact.anchor for fact in validator.zones()] == [""]


# --- the drawing -----------------------------------------------------------------------------------


async def test_the_drawing_begins_at_the_anchor():
    where = world(f". {CORP}")
    validator = Validator(where, AT)
    found = await validator.lookup("lab.corp.example", "MX")
    lines = render_text(found, validator.zones(), AT).splitlines()
    heads = [line.split("  ")[0] for line in lines if line.endswith("✓ SECURE")]
    assert heads == ["trust anchor corp.example, your own", "lab.corp.example", "lab.corp.example MX"]
    assert any(line.startswith("│   anchor ") for line in lines)
    assert not any("root (.)" in line for line in lines)


# --- whatever stands where -------------------------------------------------------------------------

TREE = (".", "example.", CORP, INNER)


@given(st.lists(st.sampled_from(["", "good", "wrong", "negative", "both"]), min_size=4, max_size=4))
@settings(max_examples=15, deadline=None)
def test_the_closest_point_decides(stands):
    """The rule of anchors and negative anchors, said once more and without a chain."""
    where = world(" ")
    points = dict(zip(TREE, stands, strict=True))
    good = [origin for origin, stand in points.items() if stand in ("good", "both")]
    wrong = [f"{origin} IN DS 4711 13 2 {'00' * 32}\n" for origin in TREE if points[origin] == "wrong"]
    where.anchor = where.ds(*good, "corp.") + "".join(wrong)  # one that has nothing to do with it
    where.insecure = tuple(
        origin.removesuffix(".") or "." for origin in TREE if points[origin] in ("negative", "both")
    )

    async def asked():
        validator = Validator(where, AT)
        for depth, origin in enumerate(TREE):
            decides = next((points[each] for each in reversed(TREE[: depth + 1]) if points[each]), "")
            wanted = {"good": Security.SECURE, "wrong": Security.BOGUS}.get(decides, Security.INSECURE)
            is_(await validator.lookup(origin, "SOA"), wanted)
            is_(await validator.lookup(f"nope.{origin.removeprefix('.')}", "A"), wanted)
        await validator.settle()

    asyncio.run(asked())
