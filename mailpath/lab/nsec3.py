"""Hashed denial of existence (RFC 5155), as an authoritative server proves it.

The parameters are those of RFC 9276 section 3.1: SHA-1, no extra iterations, no salt.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping

import dns.dnssec
import dns.name
import dns.rdata
import dns.rrset
from dns.rdatatype import RdataType

_SHA1 = 1


class Chain:
    """The NSEC3 chain of one zone.

    `owners`: every name with a record in the chain (empty non-terminals too, RFC 5155 section 7.1), and the
    types in its bitmap.
    """

    def __init__(
        self,
        zone: dns.name.Name,
        owners: Mapping[dns.name.Name, Iterable[RdataType]],
        *,
        opt_out: bool,
        ttl: int,
    ) -> None:
        self.opt_out = opt_out
        by_hash = sorted((digest(name), name) for name in owners)
        self._hashes = [each for each, _ in by_hash]
        self._records: list[dns.rrset.RRset] = []
        for index, (hashed, name) in enumerate(by_hash):
            following = self._hashes[(index + 1) % len(by_hash)]
            types = " ".join(rdtype.name for rdtype in owners[name])
            rdata = dns.rdata.from_text("IN", "NSEC3", f"1 {int(opt_out)} 0 - {following} {types}")
            owner = dns.name.Name([hashed.lower().encode(), *zone.labels])
            self._records.append(dns.rrset.from_rdata(owner, ttl, rdata))

    def matching(self, name: dns.name.Name) -> dns.rrset.RRset | None:
        """The record whose owner is the hash of `name`; None if `name` is not in the chain."""
        hashed = digest(name)
        index = bisect_right(self._hashes, hashed) - 1
        return self._records[index] if index >= 0 and self._hashes[index] == hashed else None

    def covering(self, name: dns.name.Name) -> dns.rrset.RRset:
        """The record whose span includes the hash of `name`, which is not in the chain."""
        # Index -1, the last record, spans the end of the circle.
        return self._records[bisect_right(self._hashes, digest(name)) - 1]

    def closest_encloser_proof(self, name: dns.name.Name) -> list[dns.rrset.RRset]:
        """Closest provable encloser and the cover of the next closer name (RFC 5155 section 7.2.1)."""
        next_closer, encloser = name, name
        match = self.matching(encloser)
        while match is None:
            next_closer, encloser = encloser, encloser.parent()
            match = self.matching(encloser)
        return [match, self.covering(next_closer)]


def digest(name: dns.name.Name) -> str:
    """The hash of `name` in base32hex, upper case (RFC 5155 section 5)."""
    return dns.dnssec.nsec3_hash(name.canonicalize(), None, 0, _SHA1)
