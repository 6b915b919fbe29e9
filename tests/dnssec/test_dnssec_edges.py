"""Keys, budgets and aliases at the very edge of what is allowed."""

from __future__ import annotations

from types import SimpleNamespace

import dns.name
import dns.rrset
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519
from dns.dnssec import make_dnskey
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from miniworld import AT, World, zone

from mailpath.dnssec import Effort, Validator
from mailpath.dnssec.algorithms import DsRecord, PublicKey, ds_digest
from mailpath.dnssec.answers import find_alias
from mailpath.dnssec.bounds import (
    HASH_ROUNDS,
    RSA_EXPONENT,
    RSA_MODULUS,
    VERIFICATIONS,
    Budget,
    OverBudget,
    Whole,
)
from mailpath.dnssec.chain import _alias_above
from mailpath.facts import Found, Security

ZONE = dns.name.from_text("b.example.")


def rsa_key(exponent: bytes, modulus: bytes, *, long_form: bool = False) -> DNSKEY:
    """As on the wire (RFC 3110 section 2): the exponent's length in one octet, or in three."""
    length = b"\0" + len(exponent).to_bytes(2, "big") if long_form else bytes([len(exponent)])
    return DNSKEY("IN", RdataType.DNSKEY, 257, 3, 8, length + exponent + modulus)


def number(bits: int) -> bytes:
    """An odd number of so many bits."""
    return ((1 << bits - 1) + 1).to_bytes((bits + 7) // 8, "big")


F4 = b"\1\0\1"


@pytest.mark.parametrize(
    ("algorithm", "private", "bits"),
    [
        (15, ed25519.Ed25519PrivateKey.generate(), 256),
        (16, ed448.Ed448PrivateKey.generate(), 456),
        (13, ec.generate_private_key(ec.SECP256R1()), 256),
        (14, ec.generate_private_key(ec.SECP384R1()), 384),
    ],
    ids=["15", "16", "13", "14"],
)
def test_the_size_of_a_key_is_the_one_that_people_quote(algorithm, private, bits):
    key = make_dnskey(private.public_key(), algorithm)
    assert PublicKey(key).bits == bits
    cut = DNSKEY("IN", RdataType.DNSKEY, key.flags, key.protocol, algorithm, key.key[:-1])
    assert PublicKey(cut).bits == 0
    assert not PublicKey(cut).verify(b"x" * 64, b"data")
    unknown = DNSKEY("IN", RdataType.DNSKEY, key.flags, key.protocol, 100, key.key)
    assert PublicKey(unknown).bits == 0


@pytest.mark.parametrize("long_form", [False, True], ids=["one octet", "three"])
def test_an_rsa_key_is_read_whichever_way_its_exponent_is_measured(long_form):
    key = PublicKey(rsa_key(F4, number(1024), long_form=long_form))
    assert (key.bits, key.costly) == (1024, "")
    obsolete = DNSKEY(
        "IN", RdataType.DNSKEY, 257, 3, 1, key.dnskey.key
    )  # RSA/MD5: must not be used (RFC 8624)
    assert PublicKey(obsolete).bits == 0
    assert PublicKey(rsa_key(F4, number(RSA_MODULUS), long_form=long_form)).costly == ""
    assert "modulus has" in PublicKey(rsa_key(F4, number(RSA_MODULUS + 1), long_form=long_form)).costly
    assert PublicKey(rsa_key(number(RSA_EXPONENT), number(1024), long_form=long_form)).costly == ""
    large = PublicKey(rsa_key(number(RSA_EXPONENT + 1), number(1024), long_form=long_form))
    assert large.costly.startswith(f"its RSA exponent has {RSA_EXPONENT + 1} bits")


def test_an_exponent_longer_than_one_octet_can_tell_is_read_to_its_end():
    assert "exponent has 2400 bits" in PublicKey(rsa_key(number(2400), number(1024), long_form=True)).costly


def test_a_key_that_costs_too_much_verifies_nothing():
    private = ed25519.Ed25519PrivateKey.generate()
    key = PublicKey(make_dnskey(private.public_key(), 15))
    assert key.verify(private.sign(b"data"), b"data")
    key.costly = "it is said to"
    assert not key.verify(private.sign(b"data"), b"data")


def test_a_ds_names_a_key_by_its_tag_its_algorithm_and_its_digest():
    key = PublicKey(rsa_key(F4, number(1024)))
    digest = ds_digest(ZONE, 2, key.dnskey)
    assert key.is_named_by(DsRecord(key.tag, 8, 2, digest), ZONE)
    assert not key.is_named_by(DsRecord(key.tag ^ 1, 8, 2, digest), ZONE)
    assert not key.is_named_by(DsRecord(key.tag, 10, 2, digest), ZONE)
    assert not key.is_named_by(DsRecord(key.tag, 8, 4, digest), ZONE)
    assert not key.is_named_by(DsRecord(key.tag, 8, 99, b""), ZONE)  # of a type that has no digest


def test_a_budget_lasts_to_its_last_piece_of_work():
    budget = Budget(Whole(Effort.FULL))
    for _ in range(VERIFICATIONS):
        budget.verification()
    with pytest.raises(OverBudget, match=f"after {VERIFICATIONS} signature checks"):
        budget.verification()
    budget = Budget(Whole(Effort.FULL))
    budget.hashing(HASH_ROUNDS - 2)  # and the first round, which is none of the iterations
    budget.hashing(0)
    with pytest.raises(OverBudget, match="NSEC3 hashing"):
        budget.hashing(0)


def said(*records: str) -> SimpleNamespace:
    """A reply whose answer section holds unsigned `records`, one per RRset."""
    answer = {}
    for each in records:
        owner, rdtype, data = each.split(" ", 2)
        rrset = dns.rrset.from_text(dns.name.from_text(owner), 300, "IN", rdtype, data)
        answer[rrset.name, rrset.rdtype] = SimpleNamespace(rrset=rrset, signatures=())
    return SimpleNamespace(answer=answer, at=lambda name, rdtype: answer.get((name, rdtype)))


def test_a_dname_renames_what_is_below_it_and_nothing_else():
    below = dns.name.from_text("x.a.example.")
    moved = find_alias(said("a.example. DNAME b.example."), below)  # type: ignore[arg-type]
    assert moved is not None
    assert moved.target == dns.name.from_text("x.b.example.")
    for other in ("c.example.", "x.a.example.", "y.x.a.example."):
        reply = said(f"{other} DNAME b.example.", f"{below} A 192.0.2.1")
        assert find_alias(reply, below) is None  # type: ignore[arg-type]
        assert _alias_above(reply, below) is None  # type: ignore[arg-type]
    assert _alias_above(said("a.example. DNAME b.example."), below) is not None  # type: ignore[arg-type]
    assert _alias_above(said("a.example. NS b.example."), below) is None  # type: ignore[arg-type]


async def test_a_name_is_asked_for_however_it_ends():
    world = World(zone("."), zone("example."), zone("b.example.", "@ MX 10 mx\nmx A 192.0.2.1\n"))
    validator = Validator(world, AT)
    with_dot, without = await validator.lookup("b.example.", "MX"), await validator.lookup("B.EXAMPLE", "mx")
    assert with_dot is without  # one lookup
    root = await validator.lookup(".", "DNSKEY")
    assert (root.found, root.security) == (Found.FOUND, Security.SECURE)
    above = await validator.lookup(".", "DS")  # nobody is above it
    assert (above.found, above.security) == (Found.ABSENT, Security.SECURE)
    assert (await validator.lookup("b.example\\.", "A")).found is Found.ABSENT  # the dot is in the label
    await validator.settle()
