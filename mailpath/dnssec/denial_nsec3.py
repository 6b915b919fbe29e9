"""Denial of existence by NSEC3 (RFC 5155 section 8): the same proofs over hashed names.

NSEC lets anybody list a zone by following its chain; NSEC3 hashes the names to prevent that.  Nobody can tell
from a hash what lies above a name, so a proof has two steps (section 8.3): one record matches the closest
ancestor that exists (the closest encloser), another covers the name one label longer (the next closer name).

An opt-out span may hide unsigned delegations: what it "denies" is merely insecure (sections 6 and 9.2).  RFC
9276 section 3.2 lets a validator treat zones with many iterations as insecure; above 150 we do, as unbound
does.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache

import dns.name
import msgspec
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.NSEC3 import NSEC3

from mailpath.dnssec import bounds
from mailpath.dnssec.bounds import Budget
from mailpath.dnssec.denial_nsec import (
    Cut,
    Proof,
    ancestors,
    bitmap_types,
    denies,
    is_delegation,
    judge_ds_bitmap,
    wildcard_at,
)

_SHA1, _SHA1_OCTETS = 1, 20
_OPT_OUT = 0x01


class Nsec3(msgspec.Struct, frozen=True):
    """One NSEC3 record, its hashes and its bit map read."""

    owner: dns.name.Name
    hashed: bytes
    next: bytes
    types: frozenset[int]
    opt_out: bool
    iterations: int
    salt: bytes

    @classmethod
    def read(cls, owner: dns.name.Name, rdata: NSEC3, zone: dns.name.Name) -> Nsec3 | None:
        """The record, or None where RFC 5155 sections 8.1 and 8.2 tell a validator to ignore it: unknown hash
        algorithm or flags, or an owner that is not a hash directly below the zone."""
        if rdata.algorithm != _SHA1 or rdata.flags not in (0, _OPT_OUT) or owner.parent() != zone:
            return None
        label = owner.labels[0].upper()
        try:
            hashed = base64.b32hexdecode(label + b"=" * (-len(label) % 8))
        except (binascii.Error, ValueError):
            return None
        if len(hashed) != _SHA1_OCTETS or len(rdata.next) != _SHA1_OCTETS:
            return None
        return cls(
            owner=owner,
            hashed=hashed,
            next=rdata.next,
            types=bitmap_types(rdata.windows),
            opt_out=bool(rdata.flags & _OPT_OUT),
            iterations=rdata.iterations,
            salt=rdata.salt,
        )

    def covers(self, hashed: bytes) -> bool:
        """Whether `hashed` lies strictly between owner and next (RFC 5155 section 1.3); the last wraps."""
        if self.hashed < self.next:
            return self.hashed < hashed < self.next
        return hashed > self.hashed or hashed < self.next


def _prove(*records: Nsec3, cut: Cut | None = None, span: Nsec3 | None = None) -> Proof:
    """What `records` prove, of which `span` covers the name that is denied."""
    hides = span is not None and span.opt_out
    note = "an NSEC3 opt-out span may hide unsigned delegations" if hides else ""
    return Proof(tuple(record.owner for record in records), note, cut=cut)


class Enclosure(msgspec.Struct, frozen=True):
    """The closest encloser proof (RFC 5155 section 8.3)."""

    encloser: dns.name.Name
    at_encloser: Nsec3
    next_closer: Nsec3

    def prove(self, *more: Nsec3, cut: Cut | None = None) -> Proof:
        """The records of RFC 5155 section 8.3, and `more` that show what is or is not at the wildcard."""
        return _prove(self.at_encloser, self.next_closer, *more, cut=cut, span=self.next_closer)


class Hashed(msgspec.Struct):
    """The NSEC3 records of `zone` in one answer that share hash parameters (RFC 5155 section 8.2)."""

    zone: dns.name.Name
    records: Sequence[Nsec3]
    budget: Budget
    _hashes: dict[dns.name.Name, bytes] = {}

    def hash(self, name: dns.name.Name) -> bytes:
        """RFC 5155 section 5.  Raises `OverBudget`."""
        found = self._hashes.get(name)
        if found is None:
            first = self.records[0]
            self.budget.hashing(first.iterations)
            found = self._hashes[name] = hash_of(name.to_digestable(), first.salt, first.iterations)
        return found

    def matching(self, name: dns.name.Name) -> Nsec3 | None:
        """The record whose owner is the hash of `name` (RFC 5155 section 1.3)."""
        hashed = self.hash(name)
        return next((record for record in self.records if record.hashed == hashed), None)

    def covering(self, name: dns.name.Name) -> Nsec3 | None:
        """A record in whose span the hash of `name` lies (RFC 5155 section 1.3)."""
        hashed = self.hash(name)
        return next((record for record in self.records if record.covers(hashed)), None)

    def enclosure(self, name: dns.name.Name) -> Enclosure | None:
        """The closest encloser of `name` (RFC 5155 section 8.3); the parent's side of a zone cut is none, nor
        is a DNAME."""
        candidate, next_closer = name, name
        while candidate != self.zone:
            next_closer, candidate = candidate, candidate.parent()
            here = self.matching(candidate)
            if here is None:
                continue
            if is_delegation(here.types) or RdataType.DNAME in here.types:
                return None
            cover = self.covering(next_closer)
            return Enclosure(candidate, here, cover) if cover is not None else None
        return None


@lru_cache(maxsize=8192)
def hash_of(name: bytes, salt: bytes, iterations: int) -> bytes:
    """RFC 5155 section 5, of a `name` in canonical form.  Cached: a recording is walked many times."""
    found = hashlib.sha1(name + salt, usedforsecurity=False).digest()
    for _ in range(iterations):
        found = hashlib.sha1(found + salt, usedforsecurity=False).digest()
    return found


def by_parameters(zone: dns.name.Name, records: Iterable[Nsec3], budget: Budget) -> list[Hashed]:
    """`records` grouped by salt and iterations: a proof uses records of one group (RFC 5155 section 8.2)."""
    groups: dict[tuple[int, bytes], list[Nsec3]] = {}
    for record in records:
        groups.setdefault((record.iterations, record.salt), []).append(record)
    return [Hashed(zone, groups[key], budget) for key in sorted(groups)]


def too_many_iterations(records: Iterable[Nsec3]) -> int | None:
    """The iteration count above the bound of RFC 9276 section 3.2, or None."""
    most = max((record.iterations for record in records), default=0)
    return most if most > bounds.NSEC3_ITERATIONS else None


def ranks(
    name: dns.name.Name,
    zone: dns.name.Name,
    encloser: dns.name.Name | None,
    records: Sequence[Nsec3],
    budget: Budget,
) -> list[int]:
    """How near each record is to a question about `name`: the lower, the better (RFC 5155 section 8).

    `encloser`: the closest one, where that is known; else the lowest ancestor that some record matches.
    Records above the bound of RFC 9276 are not hashed for.  Raises `OverBudget`.
    """
    found: dict[int, int] = {}
    above = ancestors(name, zone)
    usable = [record for record in records if record.iterations <= bounds.NSEC3_ITERATIONS]
    for hashed in by_parameters(zone, usable, budget):
        closest = encloser or next((each for each in above if hashed.matching(each) is not None), zone)
        closer = dns.name.Name(name.labels[-(len(closest) + 1) :])
        asked = [hashed.hash(each) for each in (name, closer, closest, wildcard_at(closest))]
        for record in hashed.records:
            near = (i for i, each in enumerate(asked) if record.hashed == each or record.covers(each))
            found[id(record)] = next(near, len(asked))
    return [found.get(id(record), len(name)) for record in records]


def prove_no_data(name: dns.name.Name, rdtype: RdataType, hashed: Hashed) -> Proof | None:
    """Prove that `rdtype` is neither at `name` nor at the wildcard in its place, or that only an unsigned
    delegation can be there (RFC 5155 sections 8.5 to 8.7)."""
    here = hashed.matching(name)
    if here is not None:
        return _prove(here) if denies(here.types, rdtype, at_root=name == dns.name.root) else None
    enclosure = hashed.enclosure(name)
    if enclosure is None:
        return None
    wildcard = hashed.matching(wildcard_at(enclosure.encloser))
    if wildcard is not None:
        return enclosure.prove(wildcard) if denies(wildcard.types, rdtype) else None
    return enclosure.prove() if enclosure.next_closer.opt_out else None


def prove_no_name(name: dns.name.Name, hashed: Hashed) -> Proof | None:
    """Prove that neither `name` nor a wildcard in its place exists (RFC 5155 section 8.4)."""
    enclosure = hashed.enclosure(name) if hashed.matching(name) is None else None
    if enclosure is None:
        return None
    wildcard = hashed.covering(wildcard_at(enclosure.encloser))
    return enclosure.prove(wildcard) if wildcard is not None else None


def prove_no_closer(name: dns.name.Name, labels: int, hashed: Hashed) -> Proof | None:
    """Prove that the next closer name of a wildcard expansion does not exist (RFC 5155 section 8.8)."""
    cover = hashed.covering(dns.name.Name(name.labels[-(labels + 2) :]))
    return _prove(cover, span=cover) if cover is not None else None


def prove_no_ds(name: dns.name.Name, hashed: Hashed) -> Proof | None:
    """Prove that the parent has no DS at `name` (RFC 5155 sections 8.5, 8.6 and 8.9)."""
    here = hashed.matching(name)
    if here is not None:
        return judge_ds_bitmap(here.owner, here.types)
    enclosure = hashed.enclosure(name)
    if enclosure is None:
        return None
    return enclosure.prove(cut=Cut.INSECURE_DELEGATION if enclosure.next_closer.opt_out else Cut.NO_NAME)
