"""The chain of trust, link by link: each bullet of RFC 4035 section 5.2, positive and negative."""

import dns.dnssec
import dns.name
import dns.rdata
import dns.rdataclass
import pytest
from dns.rdatatype import RdataType
from miniworld import AT, EXPIRATION, INCEPTION, Key, World, name, without, zone

from mailpath.dnssec import Validator
from mailpath.exchanges import Failure
from mailpath.facts import Found, Security

TEXT = """
@ MX 10 mx1
mx1 A 192.0.2.1
_25._tcp.mx1 TLSA 3 1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
"""
DAY = 86_400


def world(**options):
    return World(zone("."), zone("example."), zone("b.example.", TEXT, **options))


async def look(where, owner="b.example", rdtype="MX", at=AT):
    return await Validator(where, at).lookup(owner, rdtype)


def is_(found, security, ede=None):
    assert (found.security, found.ede) == (security, ede), found.reason
    assert found.reason
    return found


def status_of(validator, owner):
    return next(fact for fact in validator.zones() if fact.name == owner)


# --- positive --------------------------------------------------------------------------------------


async def test_secure_answer_names_its_zone_key_and_window():
    where = world()
    validator = Validator(where, AT)
    found = await validator.lookup("b.example", "MX")
    is_(found, Security.SECURE)
    assert found.found is Found.FOUND
    assert found.records == ("10 mx1.b.example.",)
    assert found.rdata == (b"\x00\x0a\x03mx1\x01b\x07example\x00",)
    assert (found.zone, found.chain) == ("b.example", (".", "example", "b.example"))
    assert found.expires == EXPIRATION
    assert [(s.tag, s.verdict) for s in found.signatures] == [
        (where.zones[name("b.example")].zsk[0].tag, "good")
    ]
    zones = validator.zones()
    assert [fact.name for fact in zones] == [".", "example", "b.example"]
    assert [fact.status for fact in zones] == [Security.SECURE] * 3
    assert [[key.trusted_by for key in fact.keys if key.role == "KSK"] for fact in zones] == [
        ["anchor"],
        ["DS"],
        ["DS"],
    ]
    assert all(ds.matches for fact in zones for ds in fact.ds)


@pytest.mark.parametrize("algorithm", [5, 7, 8, 10, 13, 14, 15, 16])
async def test_every_supported_algorithm_validates_and_detects_a_bent_signature(algorithm):
    keys = {
        "ksk": [Key("k", algorithm=algorithm, flags=257)],
        "zsk": [Key("z", algorithm=algorithm)],
    }
    is_(await look(world(**keys)), Security.SECURE)
    found = is_(await look(world(**keys, bent={(name("b.example"), RdataType.MX)})), Security.BOGUS, 6)
    assert "b.example MX (key tag" in found.reason
    assert found.records == ("10 mx1.b.example.",)  # a bogus answer keeps what it said


@pytest.mark.parametrize("digest", ["SHA1", "SHA256", "SHA384"])
async def test_every_supported_digest(digest):
    is_(await look(world(digest=digest)), Security.SECURE)


async def test_any_one_good_key_and_ds_suffices():
    old, new = Key("old", flags=257), Key("new", algorithm=13, flags=257)
    zsks = [Key("z old"), Key("z new", algorithm=13)]
    where = world(ksk=[old, new], zsk=zsks)
    is_(await look(where), Security.SECURE)
    # Half a rollover: one DS has no key any more, one of two signatures is of an algorithm without a DS.
    ds = [dns.dnssec.make_ds("b.example.", key.dnskey, "SHA256") for key in (Key("gone", flags=257), new)]
    where = world(ksk=[new], zsk=zsks, ds=ds)
    found = is_(await look(where), Security.SECURE)
    assert found.zone == "b.example"


async def test_the_longest_of_several_good_signatures_sets_the_end():
    keys = [Key("z 1"), Key("z 2")]
    where = world(zsk=keys)
    signed = where.zones[name("b.example")]
    rrset = signed.signed(name("b.example"), RdataType.MX)[0]
    signed._cache[(name("b.example"), RdataType.MX)] = [
        keys[0].sign(rrset, signed.origin, INCEPTION, AT + DAY),
        keys[1].sign(rrset, signed.origin, INCEPTION, AT + 3 * DAY),
    ]
    found = is_(await look(where), Security.SECURE)
    assert found.expires == AT + 3 * DAY


async def test_dnskey_anchor_works_like_a_ds_anchor():
    where = world()
    where.anchor = f". 172800 IN DNSKEY {where.zones[dns.name.root].ksk[0].dnskey.to_text()}"
    is_(await look(where), Security.SECURE)


# --- windows and the clock -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "window", "ede", "word"),
    [
        (("b.example.", "MX"), (INCEPTION, AT - DAY), 7, "expired on"),
        (("b.example.", "MX"), (AT + DAY, EXPIRATION), 8, "is not valid before"),
        (("b.example.", "DNSKEY"), (INCEPTION, AT - DAY), 7, "expired on"),
    ],
)
async def test_closed_windows_are_bogus_and_say_when(what, window, ede, word):
    where = world(windows={(name(what[0]), RdataType[what[1]]): window})
    found = is_(await look(where), Security.BOGUS, ede)
    assert word in found.reason
    assert f"{what[0][:-1]} {what[1]}" in found.reason


async def test_an_expired_ds_is_bogus():
    where = world()
    where.zones[name("example")].windows[(name("b.example"), RdataType.DS)] = (INCEPTION, AT - DAY)
    found = is_(await look(where), Security.BOGUS, 7)
    assert "b.example DS" in found.reason


async def test_the_end_of_an_answer_is_exact():
    where = world(windows={(name("b.example"), RdataType.MX): (INCEPTION, AT + 100)})
    found = await look(where)
    assert found.expires == AT + 100
    assert (await look(where, at=found.expires)).security is Security.SECURE
    is_(await look(where, at=found.expires + 1), Security.BOGUS, 7)


async def test_every_link_counts_for_the_end():
    where = world(windows={(name("b.example"), RdataType.DNSKEY): (INCEPTION, AT + 50)})
    assert (await look(where)).expires == AT + 50
    where.zones[name("example")].windows[(name("b.example"), RdataType.DS)] = (INCEPTION, AT + 40)
    where.sign_anew()
    assert (await look(where)).expires == AT + 40
    where.zones[dns.name.root].windows[(dns.name.root, RdataType.DNSKEY)] = (INCEPTION, AT + 30)
    where.sign_anew()
    validator = Validator(where, AT)
    assert (await validator.lookup("b.example", "MX")).expires == AT + 30
    assert status_of(validator, "b.example").expires == AT + 40


# --- DS --------------------------------------------------------------------------------------------


def ds(text):
    return dns.rdata.from_text(dns.rdataclass.IN, RdataType.DS, text)


async def test_a_wrong_ds_is_bogus_and_names_the_tag():
    found = is_(await look(world(ds=[ds(f"12345 15 2 {'00' * 32}")])), Security.BOGUS, 9)
    assert "No DNSKEY of b.example matches its DS at the parent (key tag 12345)" in found.reason


async def test_right_tag_with_wrong_digest_is_bogus():
    key = Key("k", flags=257)
    where = world(ksk=[key], ds=[ds(f"{key.tag} 15 2 {'00' * 32}")])
    is_(await look(where), Security.BOGUS, 9)


@pytest.mark.parametrize(("text", "ede"), [(f"1 99 2 {'00' * 32}", 1), (f"1 15 3 {'00' * 32}", 2)])
async def test_nothing_but_unknown_ds_is_insecure(text, ede):
    validator = Validator(world(ds=[ds(text)]), AT)
    found = is_(await validator.lookup("b.example", "MX"), Security.INSECURE, ede)
    assert found.found is Found.FOUND
    assert [d.supported for d in status_of(validator, "b.example").ds] == [False]


async def test_an_unknown_ds_beside_a_known_one_changes_nothing():
    key = Key("k", flags=257)
    good = dns.dnssec.make_ds("b.example.", key.dnskey, "SHA256")
    is_(await look(world(ksk=[key], ds=[ds(f"1 99 2 {'00' * 32}"), good])), Security.SECURE)
    is_(
        await look(world(ksk=[key], ds=[ds(f"1 99 2 {'00' * 32}"), ds(f"1 15 2 {'00' * 32}")])),
        Security.BOGUS,
        9,
    )


async def test_an_unknown_ds_that_the_parent_did_not_sign_is_bogus():
    where = world(ds=[ds(f"1 99 2 {'00' * 32}")])
    where.zones[name("example")].bent.add((name("b.example"), RdataType.DS))
    is_(await look(where), Security.BOGUS, 6)
    where = world(ds=[ds(f"1 99 2 {'00' * 32}")])
    where.zones[name("example")].unsigned.add((name("b.example"), RdataType.DS))
    is_(await look(where), Security.BOGUS, 10)


async def test_sha1_is_ignored_beside_a_stronger_digest():
    key = Key("k", flags=257)
    policy = dns.dnssec.allow_all_policy
    weak = dns.dnssec.make_ds("b.example.", key.dnskey, "SHA1", policy=policy)
    is_(await look(world(ksk=[key], ds=[weak])), Security.SECURE)
    is_(await look(world(ksk=[key], ds=[weak, ds(f"{key.tag} 15 2 {'00' * 32}")])), Security.BOGUS, 9)


# --- DNSKEY ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "ede", "word"),
    [
        (Key("k", flags=257 | 128), 9, "revoked"),
        (Key("k", flags=1), 11, "not a zone key"),
        (Key("k", flags=257, protocol=2), 11, "not a zone key"),
    ],
)
async def test_a_ds_for_a_key_that_may_not_sign_is_bogus(key, ede, word):
    found = is_(await look(world(ksk=[key])), Security.BOGUS, ede)
    assert word in found.reason


@pytest.mark.parametrize("flags", [256 | 128, 0])
async def test_a_revoked_or_non_zone_zsk_signs_nothing(flags):
    found = is_(await look(world(zsk=[Key("z", flags=flags)])), Security.BOGUS, 9)
    assert "b.example MX" in found.reason
    assert "revoked or may not sign" in found.reason


async def test_a_revoked_key_is_shown_as_such():
    validator = Validator(world(zsk=[Key("z"), Key("old", flags=256 | 128)]), AT)
    is_(await validator.lookup("b.example", "MX"), Security.SECURE)
    roles = sorted(key.role for key in status_of(validator, "b.example").keys)
    assert roles == ["KSK", "ZSK", "revoked"]


async def test_a_key_that_is_not_published_signs_nothing():
    ksk, zsk = Key("k", flags=257), Key("z")
    found = is_(await look(world(ksk=[ksk], zsk=[zsk], published=[ksk])), Security.BOGUS, 9)
    assert f"key tag {zsk.tag}" in found.reason


async def test_dnskey_rrset_signed_by_another_key_than_the_ds_names():
    where = world(signers={(name("b.example"), RdataType.DNSKEY): [Key("zsk b.example.")]})
    found = is_(await look(where), Security.BOGUS, 9)
    assert "not signed by the key its DS names" in found.reason


async def test_dnskey_rrset_bent_or_unsigned_or_absent():
    is_(await look(world(bent={(name("b.example"), RdataType.DNSKEY)})), Security.BOGUS, 6)
    is_(await look(world(unsigned={(name("b.example"), RdataType.DNSKEY)})), Security.BOGUS, 10)
    where = world()
    where.edit("b.example", "DNSKEY")(lambda message: without(message, RdataType.DNSKEY))
    is_(await look(where), Security.BOGUS, 9)


async def test_keys_of_another_zone_do_not_count():
    """A signature by the parent, or by a stranger, over the child's data."""
    for signer in ("example.", "evil.example."):
        where = world()
        child = where.zones[name("b.example")]
        rrset = child.signed(name("b.example"), RdataType.MX)[0]
        key = where.zones[name("example.")].zsk[0]
        child._cache[(name("b.example"), RdataType.MX)] = [key.sign(rrset, name(signer))]
        found = await look(where)
        assert found.security is Security.BOGUS, found.reason


# --- insecure --------------------------------------------------------------------------------------


@pytest.mark.parametrize("denial", ["nsec", "nsec3", "optout"])
async def test_an_insecure_delegation_is_insecure_with_its_proof(denial):
    where = World(zone("."), zone("example.", denial=denial), zone("u.example.", TEXT, denial=""))
    validator = Validator(where, AT)
    for owner, rdtype in (("u.example", "MX"), ("mx1.u.example", "A"), ("nope.u.example", "A")):
        found = is_(await validator.lookup(owner, rdtype), Security.INSECURE)
        assert "u.example has no DS" in found.reason
        assert found.zone == "u.example"
        assert found.expires == EXPIRATION
    assert status_of(validator, "u.example").status is Security.INSECURE


async def test_an_island_of_trust_is_insecure():
    where = World(
        zone("."),
        zone("example."),
        zone("u.example.", denial=""),
        zone("i.u.example.", "@ MX 0 mx1\n", ds=[]),
    )
    found = is_(await look(where, "i.u.example"), Security.INSECURE)
    assert found.zone == "u.example"
    where = World(zone("."), zone("example."), zone("i.example.", "@ MX 0 mx1\n", ds=[]))
    is_(await look(where, "i.example"), Security.INSECURE)


async def test_a_stray_signature_does_not_make_an_insecure_zone_bogus():
    where = World(zone("."), zone("example."), zone("u.example.", TEXT, denial=""))
    key = where.zones[name("example.")].zsk[0]

    def sign_wrongly(message):
        message.answer.append(type(message.answer[0])(name("u.example"), 1, RdataType.RRSIG, RdataType.MX))
        message.answer[-1].add(key.sign(message.answer[0], name("example.")), 300)

    where.edit("u.example", "MX")(sign_wrongly)
    is_(await look(where, "u.example"), Security.INSECURE)


async def test_simulated_zones_are_insecure_without_a_question():
    where = World(
        zone("."), zone("attacker.invalid.", "mx A 192.0.2.66", denial=""), simulated=("attacker.invalid",)
    )
    found = is_(await look(where, "mx.attacker.invalid", "A"), Security.INSECURE)
    assert "simulated" in found.reason
    assert {(q.name, q.rdtype) for q in where.asked} == {("mx.attacker.invalid", "A")}


async def test_nothing_above_or_beside_a_simulated_zone_is_exempt():
    where = World(zone("."), zone("invalid.", "mx A 192.0.2.66"), simulated=("attacker.invalid",))
    is_(await look(where, "mx.invalid", "A"), Security.SECURE)
    where.zones[name("invalid")].unsigned.add((name("mx.invalid"), RdataType.A))
    where.sign_anew()
    is_(await look(where, "mx.invalid", "A"), Security.BOGUS, 10)


# --- missing proofs are bogus ----------------------------------------------------------------------


@pytest.mark.parametrize("denial", ["nsec", "nsec3", "optout"])
async def test_a_missing_ds_without_proof_is_bogus(denial):
    where = World(zone("."), zone("example.", denial=denial), zone("b.example.", TEXT))

    def hide(message):
        message.answer.clear()
        message.authority[:] = where.zones[name("example")].signed(name("example"), RdataType.SOA)

    where.edit("b.example", "DS")(hide)
    found = is_(await look(where), Security.BOGUS, 12)
    assert "b.example has no DS" in found.reason


async def test_the_child_cannot_deny_its_own_ds():
    where = world()
    child = where.zones[name("b.example")]
    del child.nodes[name("b.example")][RdataType.NSEC]
    child.build()

    def from_below(message):
        message.answer.clear()
        message.authority[:] = child.signed(name("b.example"), RdataType.SOA)
        message.authority += child.signed(name("b.example"), RdataType.NSEC)

    where.edit("b.example", "DS")(from_below)
    found = is_(await look(where), Security.BOGUS, 10)
    assert "was made by b.example, not by example" in found.reason


async def test_unsigned_data_in_a_signed_zone_are_bogus():
    found = is_(await look(world(unsigned={(name("b.example"), RdataType.MX)})), Security.BOGUS, 10)
    assert found.reason == "b.example MX came without a signature, although b.example is signed"


async def test_a_forged_answer_below_a_signed_zone_is_bogus():
    """No zone cut can be invented: the denial of DS at the deeper name shows that there is none."""
    where = world()
    where.zones[name("b.example")].unsigned.add((name("mx1.b.example"), RdataType.A))
    is_(await look(where, "mx1.b.example", "A"), Security.BOGUS, 10)


# --- indeterminate and failed ----------------------------------------------------------------------


async def test_a_resolver_that_strips_signatures_is_named():
    where = world()
    where.strips = True
    found = is_(await look(where), Security.INDETERMINATE, 10)
    assert found.found is Found.FOUND
    assert found.reason.startswith("Your resolver does not pass DNSSEC data")
    assert "--resolver" in found.reason


async def test_a_wrong_anchor_is_bogus_at_the_root():
    where = world()
    where.anchor = f". IN DS 1 8 2 {'00' * 32}"
    found = is_(await look(where), Security.BOGUS, 9)
    assert "trust anchor" in found.reason


@pytest.mark.parametrize("how", [Failure.TIMEOUT, "SERVFAIL", "REFUSED"])
@pytest.mark.parametrize("what", [(".", "DNSKEY"), ("b.example", "DS"), ("b.example", "DNSKEY")])
async def test_dnssec_data_that_cannot_be_fetched_are_indeterminate(what, how):
    where = world()
    where.dead[what] = how
    # Of the root there is nothing at all: RFC 8914's codes for the way to the resolver, and for its own.
    ede = 5 if what[0] != "." else 23 if how is Failure.TIMEOUT else 22
    found = is_(await look(where), Security.INDETERMINATE, ede)
    assert "could not be fetched" in found.reason  # nothing was stripped: nothing came
    assert found.found is Found.FOUND
    assert found.expires is None


@pytest.mark.parametrize(
    "how", [Failure.TIMEOUT, Failure.REFUSED, Failure.NOT_RECORDED, "SERVFAIL", "NOTIMP"]
)
async def test_a_failed_question_is_failed_and_never_absent(how):
    where = world()
    where.dead[("_25._tcp.mx1.b.example", "TLSA")] = how
    found = await look(where, "_25._tcp.mx1.b.example", "TLSA")
    assert (found.found, found.security) == (Found.FAILED, Security.INDETERMINATE)
    assert found.broken
    assert found.failure == (how if isinstance(how, Failure) else None)
    assert (how.value if isinstance(how, Failure) else how) in found.reason


async def test_a_failed_question_below_an_insecure_delegation_is_known_insecure():
    where = World(zone("."), zone("example."), zone("u.example.", TEXT, denial=""))
    where.dead[("u.example", "MX")] = "SERVFAIL"
    found = await look(where, "u.example")
    assert (found.found, found.security) == (Found.FAILED, Security.INSECURE)


async def test_a_signed_delegation_to_a_dead_server_below_an_mx_host():
    """`_tcp.mx1` delegated, signed, to a server that refuses: TLSA fails, and that is no absence."""
    where = World(zone("."), zone("example."), zone("b.example.", TEXT), zone("_tcp.mx1.b.example."))
    for owner, rdtype in (("_25._tcp.mx1.b.example", "TLSA"), ("_tcp.mx1.b.example", "DNSKEY")):
        where.dead[(owner, rdtype)] = "SERVFAIL"
    validator = Validator(where, AT)
    found = await validator.lookup("_25._tcp.mx1.b.example", "TLSA")
    assert (found.found, found.security) == (Found.FAILED, Security.INDETERMINATE)
    assert (await validator.lookup("mx1.b.example", "A")).security is Security.SECURE


# --- types, and the resolver ----------------------------------------------------------------------


async def test_unknown_types_validate_too():
    where = World(zone("."), zone("example.", "@ TYPE65534 \\# 3 010203\n"))
    found = is_(await look(where, "example", "TYPE65534"), Security.SECURE)
    assert found.rdata == (b"\x01\x02\x03",)


async def test_the_resolvers_own_claim_is_asked_for_once_without_cd():
    where = world()
    validator = Validator(where, AT)
    for domain in ("b.example", "b.example."):
        found = await validator.claimed(domain, "MX")
        assert (found.resolver_ad, found.resolver_rcode) == (False, "NOERROR")
    assert [q.checking_disabled for q in where.asked].count(False) == 1
    where.dead[("mx1.b.example", "A")] = Failure.TIMEOUT
    found = await validator.claimed("mx1.b.example", "A")
    assert (found.resolver_ad, found.resolver_rcode) == (None, None)
