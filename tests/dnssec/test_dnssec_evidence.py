"""What NSEC and NSEC3 records prove, as tables of records that no server sent; and what evidence is kept."""

from __future__ import annotations

import base64
import hashlib
from types import SimpleNamespace
from typing import Any

import dns.name
import dns.rrset
import pytest
from dns.edns import EDECode
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.NSEC3 import NSEC3
from msgspec.structs import replace

from mailpath.dnssec import bounds, denial_nsec, denial_nsec3
from mailpath.dnssec.bounds import Budget, Effort, Whole
from mailpath.dnssec.denial import Evidence, Failure, _likely_first
from mailpath.dnssec.denial_nsec import Cut, Nsec, Proof, ancestors, denies
from mailpath.dnssec.denial_nsec3 import Nsec3, by_parameters, hash_of, too_many_iterations
from mailpath.dnssec.signatures import Verified

ZONE = dns.name.from_text("b.example.")
A, DS, NS, SOA, CNAME, DNAME, MX = (
    RdataType[each] for each in ("A", "DS", "NS", "SOA", "CNAME", "DNAME", "MX")
)


def at(text: str) -> dns.name.Name:
    """A name of the zone: "" is its apex, what ends in a dot is as it stands."""
    return dns.name.from_text(text, ZONE if not text.endswith(".") else None) if text else ZONE


def owners(proof: Proof | None) -> list[str] | None:
    """Of the records that prove it, as `at` reads them."""
    if proof is None:
        return None
    return [each.relativize(ZONE).to_text().replace("@", "") for each in proof.names]


def nsec(owner: str, then: str, *types: RdataType) -> Nsec:
    return Nsec(owner=at(owner), next=at(then), types=frozenset(map(int, types)))


# --- NSEC ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "covered", "others"),
    [
        (nsec("c", "f", A), ["d", "x.c", "e.e"], ["c", "f", "g", "b", "d.example."]),
        (nsec("w", "", A), ["x", "z.z"], ["w", "a", "", "d.example."]),  # the last: behind it comes the apex
        (nsec("c", "f", NS), ["d"], ["x.c"]),  # below a cut somebody else speaks
        (nsec("c", "f", DNAME), ["d"], ["x.c"]),  # below a DNAME all is elsewhere
        (nsec("", "f", NS, SOA), ["a", "x.a"], ["f"]),  # the apex is no cut
    ],
)
def test_names_between_owner_and_next(record, covered, others):
    """RFC 4034 section 4.1.1, RFC 6840 section 4.1."""
    assert [name for name in covered + others if record.covers(at(name), ZONE)] == covered


@pytest.mark.parametrize(
    ("types", "denied", "at_root"),
    [
        ({A}, {DS, MX, SOA}, {DS, MX, SOA}),
        ({NS}, {DS}, set()),  # the parent's side of a cut speaks of DS alone
        ({NS, SOA}, {A, MX}, {A, MX, DS}),  # the child's of all but that
        ({CNAME}, {DS}, {DS}),
        ({NS, DS}, set(), set()),
    ],
)
def test_what_a_bitmap_denies(types, denied, at_root):
    """RFC 6840 sections 4.1 and 4.3."""
    kinds, asked = frozenset(map(int, types)), (A, DS, MX, SOA)
    assert {each for each in asked if denies(kinds, each)} == denied
    assert {each for each in asked if denies(kinds, each, at_root=True)} == at_root


def test_the_names_above_a_name():
    assert ancestors(at("x.y.z"), ZONE) == [at("y.z"), at("z"), ZONE]
    assert ancestors(at("x"), ZONE) == [ZONE]
    assert ancestors(ZONE, ZONE) == []


@pytest.mark.parametrize(
    ("name", "records", "proven_by", "cut"),
    [
        ("s", [nsec("s", "t", NS)], ["s"], Cut.INSECURE_DELEGATION),
        ("s", [nsec("s", "t", A)], ["s"], Cut.NO_CUT),
        ("s", [nsec("s", "t", NS, DS)], None, None),
        ("s", [nsec("s", "t", NS, SOA)], None, None),  # the child's own record
        ("s", [nsec("a", "t", A)], ["a"], Cut.NO_NAME),
        ("s", [nsec("a", "x.s", A)], ["a"], Cut.NO_CUT),  # an empty non-terminal
        ("s", [nsec("a", "b", A)], None, None),
    ],
)
def test_there_is_no_ds(name, records, proven_by, cut):
    """RFC 4035 section 5.2, RFC 6840 section 4.4."""
    proof = denial_nsec.prove_no_ds(at(name), ZONE, records)
    assert (owners(proof), proof and proof.cut) == (proven_by, cut)


APEX = nsec("", "c", NS, SOA, MX)  # which covers the wildcard of the zone


@pytest.mark.parametrize(
    ("name", "records", "no_data", "no_name", "no_closer"),
    [
        ("d", [nsec("d", "f", MX)], ["d"], None, None),
        ("d", [nsec("d", "f", A)], None, None, None),
        ("d", [nsec("c", "x.d", MX)], ["c"], None, None),  # an empty non-terminal
        ("d", [nsec("c", "f", MX)], None, None, ["c"]),  # the wildcard may be there
        ("d", [nsec("c", "f", MX), APEX], None, ["c", ""], ["c"]),
        ("d", [nsec("c", "f", MX), nsec("*", "c", MX)], ["c", "*"], None, ["c"]),
        ("d", [nsec("c", "f", MX), nsec("*", "c", A)], None, None, ["c"]),
        ("x.c", [nsec("c", "f", MX), APEX], None, ["c", "c"], None),  # *.c would answer, not *
        ("x.y.d", [nsec("c", "z.d", MX), nsec("*.d", "z.d", MX)], ["c", "*.d"], ["c", "c"], None),
        ("d", [APEX], None, None, None),
    ],
)
def test_there_is_no_such_name_or_no_a(name, records, no_data, no_name, no_closer):
    """RFC 4035 section 5.4; `no_closer`: than the wildcard of the zone (section 5.3.4)."""
    found = (
        denial_nsec.prove_no_data(at(name), A, ZONE, records),
        denial_nsec.prove_no_name(at(name), ZONE, records),
        denial_nsec.prove_no_closer(at(name), len(ZONE) - 1, ZONE, records),
    )
    assert [*map(owners, found)] == [no_data, no_name, no_closer]


# --- NSEC3 -----------------------------------------------------------------------------------------


def span(start: int, end: int, *types: RdataType, iterations: int = 0, salt: bytes = b"") -> Nsec3:
    return Nsec3(
        owner=at(f"h{start}"),
        hashed=bytes([start]) * 20,
        next=bytes([end]) * 20,
        types=frozenset(map(int, types)),
        opt_out=False,
        iterations=iterations,
        salt=salt,
    )


@pytest.mark.parametrize(
    ("record", "covered"),
    [(span(2, 5), [3, 4]), (span(5, 2), [0, 1, 6, 7]), (span(2, 2), [0, 1, 3, 4, 5, 6, 7])],
    ids=["inner", "last", "only"],
)
def test_hashes_between_owner_and_next(record, covered):
    """RFC 5155 section 1.3: the last wraps, and the only one covers all but itself."""
    assert [each for each in range(8) if record.covers(bytes([each]) * 20)] == covered


def test_a_hash_is_as_rfc_5155_has_it():
    """Its appendix A: salt aabbccdd, 12 iterations."""
    name = dns.name.from_text("example.").to_digestable()
    hashed = hash_of(name, bytes.fromhex("aabbccdd"), 12)
    assert base64.b32hexencode(hashed) == b"0P9MHAVEQVM6T7VBL5LOP2U3T2RP3TOM"
    plain = hashlib.sha1(name + b"s").digest()
    assert hash_of(name, b"s", 0) == plain
    assert hash_of(name, b"s", 1) == hashlib.sha1(plain + b"s").digest()


def test_records_of_one_salt_and_one_count_prove_together():
    records = [span(1, 2, iterations=3), span(2, 3), span(3, 4, salt=b"s"), span(4, 1)]
    groups = by_parameters(ZONE, records, SimpleNamespace())  # type: ignore[arg-type]
    assert [[each.hashed[0] for each in group.records] for group in groups] == [[2, 4], [3], [1]]


def test_iterations_that_nobody_hashes():
    limit = bounds.NSEC3_ITERATIONS
    assert too_many_iterations([]) is None
    assert too_many_iterations([span(1, 2, iterations=limit)]) is None
    assert too_many_iterations([span(1, 2), span(2, 1, iterations=limit + 1)]) == limit + 1


def hashed_at(name: str, *types: RdataType, opt_out: bool = False, iterations: int = 0) -> Nsec3:
    """The record at the hash of `name`, which covers every other hash."""
    value = hash_of(at(name).to_digestable(), b"", iterations)
    record = span(0, 0, *types, iterations=iterations)
    return replace(record, owner=at(name), hashed=value, next=value, opt_out=opt_out)


@pytest.mark.parametrize(
    ("records", "no_data", "no_name", "no_ds"),
    [
        ([hashed_at("", NS, SOA)], None, ["", "", ""], Cut.NO_NAME),  # the wildcard is denied as well
        ([hashed_at("", NS, SOA, opt_out=True)], ["", ""], ["", "", ""], Cut.INSECURE_DELEGATION),
        ([hashed_at("", NS)], None, None, None),  # the parent's side of a cut
        ([hashed_at("", SOA, DNAME)], None, None, None),
        ([hashed_at("", SOA), hashed_at("*", MX)], ["", "", "*"], ["", "", ""], Cut.NO_NAME),
        ([hashed_at("", SOA), hashed_at("*", A)], None, ["", "", ""], Cut.NO_NAME),
        ([hashed_at("d", MX), hashed_at("", SOA)], ["d"], None, Cut.NO_CUT),
        ([hashed_at("d", A), hashed_at("", SOA)], None, None, Cut.NO_CUT),
        ([hashed_at("d", A, DS), hashed_at("", SOA)], None, None, None),
        ([hashed_at("e", A)], None, None, None),  # without an encloser
    ],
)
def test_what_hashed_names_prove(records, no_data, no_name, no_ds):
    """RFC 5155 sections 8.4 to 8.9, of the name d and its A records."""
    group = denial_nsec3.Hashed(ZONE, records, Budget(Whole(Effort.FULL)))
    proofs = denial_nsec3.prove_no_data(at("d"), A, group), denial_nsec3.prove_no_name(at("d"), group)
    ds = denial_nsec3.prove_no_ds(at("d"), group)
    assert ([*map(owners, proofs)], ds and ds.cut) == ([no_data, no_name], no_ds)


def test_how_near_a_record_is_to_the_question():
    far = hashed_at("e", iterations=bounds.NSEC3_ITERATIONS + 1)
    at_name, at_apex = (
        replace(hashed_at(name), next=hashed_at(name).hashed[:-1] + b"\xff") for name in ("x.y", "")
    )
    records, budget = [far, at_apex, at_name], Budget(Whole(Effort.FULL))
    assert denial_nsec3.ranks(at("x.y"), ZONE, None, records, budget) == [5, 2, 0]
    assert denial_nsec3.ranks(at("x.y"), ZONE, at("y"), records, budget) == [5, 4, 0]


@pytest.mark.parametrize(
    ("owner", "algorithm", "flags", "length", "read"),
    [
        ("v" * 32, 1, 0, 20, True),
        ("V" * 32, 1, 1, 20, True),
        ("v" * 32, 2, 0, 20, False),
        ("v" * 32, 1, 2, 20, False),
        ("v" * 32, 1, 0, 19, False),
        ("v" * 31, 1, 0, 20, False),
        ("w" * 32, 1, 0, 20, False),
        ("v" * 24, 1, 0, 15, False),
        (f"{'v' * 32}.sub", 1, 0, 20, False),
    ],
)
def test_records_that_a_validator_ignores(owner, algorithm, flags, length, read):
    """RFC 5155 sections 8.1 and 8.2."""
    rdata = NSEC3(1, RdataType.NSEC3, algorithm, flags, 0, b"", bytes(length), ())
    found = Nsec3.read(at(owner), rdata, ZONE)
    assert (found is not None) is read
    if found is not None:
        assert (found.hashed, found.opt_out) == (b"\xff" * 20, bool(flags))


# --- evidence --------------------------------------------------------------------------------------


def denial(owner: str, text: str = "t.b.example. A", signer: dns.name.Name = ZONE) -> Any:
    rrset = dns.rrset.from_text(at(owner), 300, "IN", "NSEC", text)
    return SimpleNamespace(owner=at(owner), rrset=rrset, signatures=[SimpleNamespace(signer=signer)])


def evidence(*denials: tuple[Any, Verified]) -> Evidence:
    """Of a reply that holds these RRsets; what comes of their signatures is given."""
    verdicts = {id(signed): verified for signed, verified in denials}
    verifier = SimpleNamespace(verify=lambda signed, *_: verdicts[id(signed)])
    reply = SimpleNamespace(denials=lambda: [signed for signed, _ in denials])
    return Evidence(reply, at("d"), ZONE, (), verifier=verifier, budget=None)  # type: ignore[arg-type]


def good(expires: int = 9, labels: int = 3) -> Verified:
    return Verified(good=True, facts=(), labels=labels, expires=expires)


def bad(reason: str, ede: int | None = None) -> Verified:
    return Verified(good=False, facts=(), reason=reason, ede=ede)


def test_a_broken_record_beside_a_good_one_changes_nothing():
    found = evidence((denial("a"), bad("It is bad")), (denial("c"), good(7)), (denial("z"), good(3)))
    assert found.no_ds(at("d")) == Proof((at("c"),), cut=Cut.NO_NAME, expires=7)


def test_the_first_broken_record_is_told_where_nothing_is_proven():
    found = evidence((denial("a"), bad("One is bad", 7)), (denial("c"), bad("Another is")))
    assert found.no_ds(at("d")) == Failure(
        "The proof that d.b.example has no DS record does not hold: One is bad", 7
    )
    found = evidence((denial("a"), bad("It is bad")))
    assert found.no_ds(at("d")) == Failure(
        "The proof that d.b.example has no DS record does not hold: It is bad", EDECode.DNSSEC_BOGUS
    )


def test_a_denial_out_of_a_wildcard_is_none():
    """It was expanded, so that it speaks about another place than its own (RFC 4035 section 5.3.4)."""
    found = evidence((denial("c"), good(labels=2)))
    assert found.no_ds(at("d")) == Failure(
        "b.example is signed, but no proof came that d.b.example has no DS record", EDECode.NSEC_MISSING
    )
    wild = evidence((denial("*.c"), good(labels=3)))  # not expanded: this is where it stands
    assert isinstance(wild.no_ds(at("d")), Proof)


def test_a_chain_that_leaves_the_zone_proves_nothing():
    found = evidence((denial("c", "z.example. A"), good()))
    assert isinstance(found.no_ds(at("d")), Failure)
    beside = evidence((denial("z", "b.example. A"), good()))
    assert beside.no_ds(at("d")) == Failure(
        "The NSEC records of b.example do not prove that d.b.example has no DS record", EDECode.NSEC_MISSING
    )


def test_of_more_records_than_we_look_at_those_come_first_that_speak_of_the_name():
    others = [denial(f"t{number}", f"t{number}x.b.example. A") for number in range(bounds.DENIAL_RRSETS)]
    stranger = denial("c", "e.b.example. A", signer=at("example."))
    mine = denial("c", "e.b.example. A")
    verifier: Any = SimpleNamespace(budget=lambda: None)
    few = [*others[1:], mine]
    assert _likely_first(few, at("d"), ZONE, None, verifier) is few  # as they came
    many = [stranger, *others, mine]
    assert _likely_first(many, at("d"), ZONE, None, verifier)[0] is mine
