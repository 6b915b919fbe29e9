"""Denial of existence by NSEC (RFC 4035 section 5.4, RFC 6840 sections 4.1 to 4.4).

A signature can only vouch for data that exist.  To prove that something does not exist, a zone therefore
signs its gaps: the NSEC record at each name lists the types at that name and the next name in canonical order
(RFC 4034 section 6.1).  It denies every other type at its owner, and every name between the two.  To deny a
name, a zone must also deny the wildcard that could have answered in its place.

Two traps: an NSEC from above a zone cut (NS without SOA) says nothing about what lies at or below the cut,
except for DS; an NSEC with DNAME says nothing about the names below its owner.  All functions take NSEC
records that were already verified as data of `zone`.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

import dns.name
import msgspec
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.NSEC import NSEC
from msgspec.structs import replace

from mailpath.dnssec.messages import name_text


class Cut(Enum):
    """What the absence of a DS RRset at a name means (RFC 4035 section 5.2)."""

    INSECURE_DELEGATION = "insecure delegation"
    NO_CUT = "no zone cut"
    NO_NAME = "no such name"


class Proof(msgspec.Struct, frozen=True):
    """NSEC or NSEC3 records that prove an absence; `names`: their owners.

    `note`: why the proof itself allows unsigned data there (opt-out, too many iterations); "" if it does not.
    `cut`: asked about a DS, what its absence means.  `name_exists`: asked about a name, the records prove
    that only the RRset is absent.  `expires`: when the first signature used expires, Unix time.
    """

    names: tuple[dns.name.Name, ...]
    note: str = ""
    ede: int | None = None
    cut: Cut | None = None
    name_exists: bool = False
    expires: int | None = None

    @property
    def secure(self) -> bool:
        """Whether what is absent is absent for sure (RFC 5155 section 9.2, RFC 9276 section 3.2)."""
        return not self.note

    @property
    def owners(self) -> tuple[str, ...]:
        """`names` in presentation form (RFC 1035 section 5.1), each once."""
        return tuple(map(name_text, dict.fromkeys(self.names)))


def bitmap_types(windows: Sequence[tuple[int, bytes]]) -> frozenset[int]:
    """The types in a type bit map (RFC 4034 section 4.1.2)."""
    return frozenset(
        window * 256 + octet * 8 + bit
        for window, octets in windows
        for octet, value in enumerate(octets)
        for bit in range(8)
        if value & (0x80 >> bit)
    )


def denies(types: frozenset[int], rdtype: RdataType, *, at_root: bool = False) -> bool:
    """Whether a record with these types at a name denies `rdtype` there (RFC 6840 sections 4.1 and 4.3).

    The parent's record at a zone cut denies DS alone; the child's denies everything but DS.
    """
    if rdtype in types or (RdataType.CNAME in types and rdtype not in _BESIDE_CNAME):
        return False
    if rdtype == RdataType.DS and not at_root:
        return RdataType.SOA not in types
    return not is_delegation(types)


_BESIDE_CNAME = (RdataType.DS, RdataType.NSEC, RdataType.RRSIG)


def is_delegation(types: frozenset[int]) -> bool:
    """NS without SOA: the parent's side of a zone cut (RFC 6840 section 4.1)."""
    return RdataType.NS in types and RdataType.SOA not in types


class Nsec(msgspec.Struct, frozen=True):
    """One NSEC record, its bit map read."""

    owner: dns.name.Name
    next: dns.name.Name
    types: frozenset[int]

    @classmethod
    def read(cls, owner: dns.name.Name, rdata: NSEC) -> Nsec:
        """RFC 4034 section 4.1."""
        return cls(owner=owner, next=rdata.next, types=bitmap_types(rdata.windows))

    def covers(self, name: dns.name.Name, zone: dns.name.Name) -> bool:
        """Whether `name` lies strictly between owner and next name (RFC 4034 section 4.1.1, RFC 6840 4.1).

        The last NSEC of a zone names the apex as its next.
        """
        if not name.is_subdomain(zone) or not self.owner < name:
            return False
        if self.next != zone and not name < self.next:
            return False
        hides = is_delegation(self.types) or RdataType.DNAME in self.types
        return not (hides and name.is_subdomain(self.owner))

    def closest_encloser(self, name: dns.name.Name) -> dns.name.Name:
        """The longest ancestor of `name` that this covering NSEC shows to exist (RFC 4592 section 3.3.1)."""
        shared = max(name.fullcompare(self.owner)[2], name.fullcompare(self.next)[2])
        return dns.name.Name(name.labels[-shared:])


def matching(name: dns.name.Name, nsecs: Sequence[Nsec]) -> Nsec | None:
    """The NSEC at `name` (RFC 4035 section 5.4)."""
    return next((nsec for nsec in nsecs if nsec.owner == name), None)


def covering(name: dns.name.Name, zone: dns.name.Name, nsecs: Sequence[Nsec]) -> Nsec | None:
    """An NSEC that shows that no records are at `name` (RFC 4035 section 5.4)."""
    return next((nsec for nsec in nsecs if nsec.covers(name, zone)), None)


def wildcard_at(encloser: dns.name.Name) -> dns.name.Name:
    """The wildcard that would have been expanded (RFC 4592 section 3.3.1)."""
    return dns.name.Name((b"*", *encloser.labels))


def ranks(name: dns.name.Name, zone: dns.name.Name, nsecs: Sequence[Nsec]) -> list[int]:
    """How near each record is to a question about `name` (RFC 4035 section 5.4).

    0 where it matches or covers the name itself; then the wildcards that might answer in its place, closest
    first.
    """
    asked = [name, *(wildcard_at(above) for above in ancestors(name, zone))]
    return [
        next((i for i, each in enumerate(asked) if nsec.owner == each or nsec.covers(each, zone)), len(asked))
        for nsec in nsecs
    ]


def ancestors(name: dns.name.Name, zone: dns.name.Name) -> list[dns.name.Name]:
    """The names above `name`, down from it to the apex of its `zone` (RFC 4592 section 2.2)."""
    return [dns.name.Name(name.labels[-depth:]) for depth in range(len(name) - 1, len(zone) - 1, -1)]


def prove_no_data(
    name: dns.name.Name, rdtype: RdataType, zone: dns.name.Name, nsecs: Sequence[Nsec]
) -> Proof | None:
    """Prove that `name` has no `rdtype`: at the name, at an empty non-terminal, or at a wildcard.

    RFC 4035 section 5.4, RFC 4592 section 2.2.2.  None when the records prove no such thing.
    """
    here = matching(name, nsecs)
    if here is not None:
        return Proof((here.owner,)) if denies(here.types, rdtype, at_root=name == dns.name.root) else None
    cover = covering(name, zone, nsecs)
    if cover is None:
        return None
    if cover.next.is_subdomain(name):
        return Proof((cover.owner,))
    wildcard = matching(wildcard_at(cover.closest_encloser(name)), nsecs)
    if wildcard is not None and denies(wildcard.types, rdtype):
        return Proof((cover.owner, wildcard.owner))
    return None


def prove_no_name(name: dns.name.Name, zone: dns.name.Name, nsecs: Sequence[Nsec]) -> Proof | None:
    """Prove that neither `name` nor a wildcard in its place exists (RFC 4035 section 5.4)."""
    cover = covering(name, zone, nsecs)
    if cover is None or cover.next.is_subdomain(name):
        return None
    wildcard = covering(wildcard_at(cover.closest_encloser(name)), zone, nsecs)
    return Proof((cover.owner, wildcard.owner)) if wildcard is not None else None


def prove_no_name_or_data(
    name: dns.name.Name, rdtype: RdataType, zone: dns.name.Name, nsecs: Sequence[Nsec]
) -> Proof | None:
    """Prove that `name` does not exist, or at least that it has no `rdtype` (RFC 4035 section 5.4)."""
    no_name = prove_no_name(name, zone, nsecs)
    no_data = prove_no_data(name, rdtype, zone, nsecs) if no_name is None else None
    return replace(no_data, name_exists=True) if no_data is not None else no_name


def prove_no_closer(
    name: dns.name.Name, labels: int, zone: dns.name.Name, nsecs: Sequence[Nsec]
) -> Proof | None:
    """Prove that `name`, expanded from the wildcard below its last `labels` labels, has no closer match.

    RFC 4035 section 5.3.4.
    """
    cover = covering(name, zone, nsecs)
    if cover is None or cover.next.is_subdomain(name) or len(cover.closest_encloser(name)) - 1 != labels:
        return None
    return Proof((cover.owner,))


def prove_no_ds(name: dns.name.Name, zone: dns.name.Name, nsecs: Sequence[Nsec]) -> Proof | None:
    """Prove that the parent `zone` has no DS at `name` (RFC 4035 section 5.2, RFC 6840 section 4.4).

    An insecure delegation must show NS; a record with SOA is the child's own and proves nothing here.
    """
    here = matching(name, nsecs)
    if here is None:
        cover = covering(name, zone, nsecs)
        if cover is None:
            return None
        return Proof((cover.owner,), cut=Cut.NO_CUT if cover.next.is_subdomain(name) else Cut.NO_NAME)
    return judge_ds_bitmap(here.owner, here.types)


def judge_ds_bitmap(owner: dns.name.Name, types: frozenset[int]) -> Proof | None:
    """What a record that matches the name says about its DS by its bit map (RFC 6840 section 4.4)."""
    if RdataType.DS in types or RdataType.SOA in types:
        return None
    return Proof((owner,), cut=Cut.INSECURE_DELEGATION if RdataType.NS in types else Cut.NO_CUT)
