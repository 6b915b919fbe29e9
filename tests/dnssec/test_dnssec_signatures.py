"""Which signature counts, and why one does not, of signatures and keys that are stand-ins (RFC 4035, 5.3)."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import dns.name
import dns.rdata
import dns.rrset
import pytest
from dns.edns import EDECode
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.RRSIG import RRSIG

from mailpath.dnssec import bounds, signatures
from mailpath.dnssec.algorithms import key_tag
from mailpath.dnssec.bounds import Effort, Exhausted, Whole
from mailpath.dnssec.messages import SignedSet
from mailpath.dnssec.signatures import Verified, Verifier, _find_flaw, _Ring, unix_time

AT = 1780272000
ZONE = dns.name.from_text("b.example.")
NUMBERS = itertools.count(1)


@pytest.mark.parametrize(
    ("field", "at", "moment"),
    [
        (1, 0, 1),
        (0, 1, 0),
        (1 << 30, 0, 1 << 30),
        ((1 << 31) - 1, 0, (1 << 31) - 1),
        (1 << 31, 0, -(1 << 31)),
        (0, (1 << 32) - 1, 1 << 32),
        ((1 << 32) - 1, 1 << 32, (1 << 32) - 1),
        (5, 3 << 32, (3 << 32) + 5),
    ],
)
def test_times_of_32_bits_are_the_nearest(field, at, moment):
    """RFC 4034 section 3.1.5."""
    assert unix_time(field, at) == moment


def rrsig(*, covers="A", algorithm=13, labels=3, days=(-1, 1), tag=7, signer="b.example.") -> RRSIG:
    start, end = AT + days[0] * 86400, AT + days[1] * 86400
    octets = f"{next(NUMBERS):08}"  # base64, of no two the same
    text = f"{covers} {algorithm} {labels} 300 {end} {start} {tag} {signer} {octets}"
    made = dns.rdata.from_text("IN", "RRSIG", text)
    assert isinstance(made, RRSIG)
    return made


def key(*, tag=7, algorithm=13, usable=True, costly="", holds: bool | list[RRSIG] = True) -> Any:
    """`holds`: of every signature, or of these alone."""
    number = next(NUMBERS)
    made = SimpleNamespace(tag=tag, algorithm=algorithm, usable=usable, costly=costly, tried=0)

    def verify(octets: bytes, _data: bytes) -> bool:
        made.tried += 1
        return holds if isinstance(holds, bool) else any(each.signature == octets for each in holds)

    made.verify = verify
    made.dnskey = SimpleNamespace(to_wire=lambda: str(number).encode())
    return made


def signed(*rrsigs: RRSIG, owner: str = "mx.b.example.", rdtype: str = "A") -> SignedSet:
    data = {"A": "192.0.2.1", "DNSKEY": "257 3 13 AwEAAQ=="}[rdtype]
    rrset: Any = dns.rrset.from_text(owner, 300, "IN", rdtype, data)
    return SignedSet(rrset=rrset, signatures=rrsigs)


def checked(rrsigs: list[RRSIG], *keys: Any, effort: Effort = Effort.FULL) -> Verified:
    verifier = Verifier(AT, Whole(effort))
    return verifier.verify(signed(*rrsigs), ZONE, keys, verifier.budget())


# --- what cannot hold ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "keys", "ede", "words"),
    [
        ({}, [key()], None, ""),
        ({"signer": "example."}, [key()], EDECode.RRSIGS_MISSING, "was made by example, not by b.example"),
        ({"covers": "MX"}, [key()], EDECode.RRSIGS_MISSING, "covers another type"),
        ({"labels": 4}, [key()], EDECode.DNSSEC_BOGUS, "claims more labels than its owner has"),
        ({"labels": 2}, [key()], None, ""),
        ({"labels": 1}, [key()], EDECode.DNSSEC_BOGUS, "claims a wildcard above its own zone"),
        ({"algorithm": 3}, [key()], EDECode.RRSIGS_MISSING, "uses DSA, which is not supported"),
        ({}, [], EDECode.DNSKEY_MISSING, "was made with a key that b.example does not publish"),
        (
            {},
            [key(algorithm=8)],
            EDECode.DNSKEY_MISSING,
            "was made with a key that is revoked or may not sign",
        ),
        (
            {},
            [key(usable=False)],
            EDECode.DNSKEY_MISSING,
            "was made with a key that is revoked or may not sign",
        ),
        ({}, [key(costly="it is long")], EDECode.DNSSEC_BOGUS, "a key that is not accepted: it is long"),
        (
            {},
            [key(usable=False, costly="it is long")],
            EDECode.DNSKEY_MISSING,
            "was made with a key that is revoked or may not sign",
        ),
        ({"days": (-2, -1)}, [key()], EDECode.SIGNATURE_EXPIRED, "expired on"),
        ({"days": (-2, 0)}, [key()], None, ""),
        ({"days": (0, 1)}, [key()], None, ""),
        ({"days": (1, 2)}, [key()], EDECode.SIGNATURE_NOT_YET_VALID, "is not valid before"),
    ],
)
def test_what_cannot_hold_whatever_its_octets(changes, keys, ede, words):
    signature = rrsig(**changes)
    rrset = signed(signature)
    flaw = _find_flaw(rrset, signature, ZONE, _Ring(keys, rrset), AT)
    if ede is None:
        assert flaw is None
    else:
        assert flaw is not None
        assert flaw[0] == ede
        assert words in flaw[1]


def test_a_key_that_is_published_and_that_nothing_vouches_for():
    """Of the DNSKEY RRset itself alone: the ring holds the keys that a DS names."""
    keys = signed(owner="b.example.", rdtype="DNSKEY")
    own = key_tag(keys.rrset[0])  # type: ignore[arg-type]
    for rrset, tag, words in (
        (keys, own, "that neither a DS record nor a trust anchor names"),
        (keys, own + 1, "that b.example does not publish"),
        (signed(), own, "that b.example does not publish"),
    ):
        covers = "DNSKEY" if rrset.rdtype == RdataType.DNSKEY else "A"
        flaw = _find_flaw(rrset, rrsig(covers=covers, labels=2, tag=tag), ZONE, _Ring([], rrset), AT)
        assert flaw is not None
        assert words in flaw[1]


# --- what holds ------------------------------------------------------------------------------------


def test_without_a_signature_nothing_holds():
    found = checked([], key())
    assert (found.good, found.ede) == (False, EDECode.RRSIGS_MISSING)
    assert found.reason.endswith(" is not signed, although b.example is")


def test_of_several_that_hold_the_one_that_lasts_longest_counts():
    short, long = rrsig(days=(-1, 1)), rrsig(days=(-1, 5), labels=2)
    for order in ([short, long], [long, short]):
        found = checked(order, key())
        assert (found.good, found.expires, found.labels, found.tag) == (True, AT + 5 * 86400, 2, 7)
        assert found.original_ttl == 300


def test_what_cannot_hold_takes_no_place_from_what_can():
    good = rrsig()
    bad = [rrsig(days=(-1, 9), tag=8) for _ in range(bounds.SIGNATURES_PER_RRSET + 1)]
    assert checked([*bad, good], key()).good


def test_each_key_that_fits_is_tried_and_one_that_failed_says_nothing_of_the_next():
    first, second = key(holds=False), key()
    signature = rrsig()
    assert checked([signature], first, second).good
    assert (first.tried, second.tried) == (1, 1)
    assert checked([signature], first, second).good
    assert (first.tried, second.tried) == (1, 1)  # remembered, of both
    signatures.forget()
    assert checked([signature], first, second).good
    assert (first.tried, second.tried) == (2, 2)


def test_a_sparing_walk_tries_one_signature_with_one_key():
    signature = rrsig()
    assert checked([signature], key(), effort=Effort.SPARING).good
    assert checked([rrsig(), rrsig()], key(), effort=Effort.SPARING).good
    with pytest.raises(Exhausted, match="Not every signature"):
        checked([signature], key(holds=False), key(), effort=Effort.SPARING)
    other = rrsig(days=(-1, 5))
    with pytest.raises(Exhausted, match="Not every signature"):
        checked([signature, other], key(holds=[signature]), effort=Effort.SPARING)
    assert checked([signature, other], key(holds=[signature])).good
    found = checked([signature, other], key(holds=False))
    assert (found.good, len(found.facts), found.ede) == (False, 2, EDECode.DNSSEC_BOGUS)


def test_each_check_is_paid_for():
    verifier = Verifier(AT, Whole(Effort.FULL))
    budget = verifier.budget()
    for _ in range(bounds.VERIFICATIONS):
        assert not verifier.verify(signed(rrsig()), ZONE, [key(holds=False)], budget).good
    spent = verifier.verify(signed(rrsig()), ZONE, [key()], budget)
    assert (spent.good, spent.ede) == (False, EDECode.DNSSEC_BOGUS)
    assert f"after {bounds.VERIFICATIONS} signature checks" in spent.reason


def test_what_is_remembered_has_a_bound(monkeypatch):
    signatures.forget()
    monkeypatch.setattr(signatures, "_MOST_REMEMBERED", 2)
    kept = []
    for _ in range(4):
        assert checked([rrsig()], key()).good
        kept.append(len(signatures._remembered))
    assert kept == [1, 2, 1, 2]
