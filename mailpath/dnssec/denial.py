"""The denial in one answer: verify its NSEC and NSEC3 records, then ask them what they prove.

RFC 4035 section 5.4: a record counts only if it verifies as data of the zone that would own the name.  An
answer that says "no" and proves nothing is bogus; it does not mean that the name is absent.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import dns.name
import dns.rdatatype
import msgspec
from dns.edns import EDECode
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.NSEC import NSEC
from dns.rdtypes.ANY.NSEC3 import NSEC3
from msgspec.structs import replace

from mailpath.dnssec import bounds, denial_nsec, denial_nsec3
from mailpath.dnssec.algorithms import PublicKey
from mailpath.dnssec.bounds import Budget, OverBudget
from mailpath.dnssec.denial_nsec import Nsec, Proof
from mailpath.dnssec.denial_nsec3 import Hashed, Nsec3
from mailpath.dnssec.messages import Reply, SignedSet, name_text
from mailpath.dnssec.signatures import Verified, Verifier, owner_labels
from mailpath.facts import SignatureFact


class Failure(msgspec.Struct, frozen=True):
    """The records prove nothing; `reason` is one plain sentence, `ede` its RFC 8914 code."""

    reason: str
    ede: int


class Evidence:
    """The NSEC and NSEC3 records in the authority section of one reply that verify as data of `zone`."""

    def __init__(
        self,
        reply: Reply,
        name: dns.name.Name,
        zone: dns.name.Name,
        keys: Sequence[PublicKey],
        *,
        verifier: Verifier,
        budget: Budget,
        encloser: dns.name.Name | None = None,
    ) -> None:
        """`name`: what the reply denies; `encloser`: its closest encloser, if a wildcard's RRSIG names it."""
        self.zone = zone
        self.facts: tuple[SignatureFact, ...] = ()
        self._budget = budget
        self._nsecs: list[Nsec] = []
        self._nsec3s: list[Nsec3] = []
        self._verified: dict[dns.name.Name, Verified] = {}
        self._broken: Verified | None = None
        for signed in _likely_first(reply.denials(), name, zone, encloser, verifier)[: bounds.DENIAL_RRSETS]:
            verified = verifier.verify(signed, zone, keys, budget)
            self.facts += verified.facts
            # A denial expanded from a wildcard speaks about the wrong place.
            if not verified.good or verified.labels < owner_labels(signed.owner):
                self._broken = self._broken or verified
                continue
            self._verified[signed.owner] = verified
            for rdata in list(signed.rrset)[: bounds.DENIAL_RRSETS]:
                if isinstance(rdata, NSEC) and rdata.next.is_subdomain(zone):
                    # A zone's NSEC chain never leaves the zone: any other record proves nothing.
                    self._nsecs.append(Nsec.read(signed.owner, rdata))
                elif isinstance(rdata, NSEC3):
                    nsec3 = Nsec3.read(signed.owner, rdata, zone)
                    if nsec3 is not None:
                        self._nsec3s.append(nsec3)

    def no_data(self, name: dns.name.Name, rdtype: RdataType) -> Proof | Failure:
        """Prove that `name` has no `rdtype`, for NOERROR (RFC 4035 section 5.4, RFC 5155 8.5 to 8.7)."""
        return self._prove(
            f"{name_text(name)} has no {dns.rdatatype.to_text(rdtype)}",
            lambda: denial_nsec.prove_no_data(name, rdtype, self.zone, self._nsecs),
            lambda hashed: denial_nsec3.prove_no_data(name, rdtype, hashed),
        )

    def no_name(self, name: dns.name.Name, rdtype: RdataType) -> Proof | Failure:
        """Prove that `name` does not exist, for NXDOMAIN (RFC 4035 section 5.4, RFC 5155 section 8.4).

        Nobody signs the RCODE, and some servers answer NXDOMAIN for an empty non-terminal.  So, like unbound,
        we accept an NSEC that proves only that the RRset is absent, and say so: `Proof.name_exists`.
        """
        return self._prove(
            f"{name_text(name)} does not exist",
            lambda: denial_nsec.prove_no_name_or_data(name, rdtype, self.zone, self._nsecs),
            lambda hashed: denial_nsec3.prove_no_name(name, hashed),
        )

    def no_closer(self, name: dns.name.Name, labels: int) -> Proof | Failure:
        """Prove that `name` may come from a wildcard of `labels` labels (RFC 4035 5.3.4, RFC 5155 8.8)."""
        return self._prove(
            f"no closer match than the wildcard exists for {name_text(name)}",
            lambda: denial_nsec.prove_no_closer(name, labels, self.zone, self._nsecs),
            lambda hashed: denial_nsec3.prove_no_closer(name, labels, hashed),
        )

    def no_ds(self, name: dns.name.Name) -> Proof | Failure:
        """Prove that the parent has no DS at `name`; `Proof.cut`: what that means (RFC 4035 section 5.2)."""
        return self._prove(
            f"{name_text(name)} has no DS record",
            lambda: denial_nsec.prove_no_ds(name, self.zone, self._nsecs),
            lambda hashed: denial_nsec3.prove_no_ds(name, hashed),
        )

    def _prove(
        self,
        claim: str,
        by_nsec: Callable[[], Proof | None],
        by_nsec3: Callable[[Hashed], Proof | None],
    ) -> Proof | Failure:
        proof = by_nsec()
        if proof is not None:
            return self._date(proof)
        many = denial_nsec3.too_many_iterations(self._nsec3s)
        if many is not None:
            limit = bounds.NSEC3_ITERATIONS
            note = f"{name_text(self.zone)} uses {many} NSEC3 iterations; more than {limit} count as insecure"
            names = tuple(record.owner for record in self._nsec3s)
            return self._date(Proof(names, note, EDECode.UNSUPPORTED_NSEC3_ITERATIONS_VALUE))
        try:
            for hashed in denial_nsec3.by_parameters(self.zone, self._nsec3s, self._budget):
                proof = by_nsec3(hashed)
                if proof is not None:
                    return self._date(proof)
        except OverBudget as error:
            return Failure(f"The proof that {claim} could not be checked: {error}", EDECode.DNSSEC_BOGUS)
        return self._explain_failure(claim)

    def _date(self, proof: Proof) -> Proof:
        """`proof` with the time at which it expires."""
        ends = (self._verified[name].expires for name in proof.names)
        return replace(proof, expires=min((end for end in ends if end is not None), default=None))

    def _explain_failure(self, claim: str) -> Failure:
        if self._broken is not None and self._broken.reason:
            return Failure(
                f"The proof that {claim} does not hold: {self._broken.reason}",
                self._broken.ede or EDECode.DNSSEC_BOGUS,
            )
        if self._nsecs or self._nsec3s:
            kind = "NSEC" if self._nsecs else "NSEC3"
            return Failure(
                f"The {kind} records of {name_text(self.zone)} do not prove that {claim}",
                EDECode.NSEC_MISSING,
            )
        return Failure(
            f"{name_text(self.zone)} is signed, but no proof came that {claim}", EDECode.NSEC_MISSING
        )


def _likely_first(
    denials: list[SignedSet],
    name: dns.name.Name,
    zone: dns.name.Name,
    encloser: dns.name.Name | None,
    verifier: Verifier,
) -> list[SignedSet]:
    """`denials`, beginning with those that `zone` signed and that match or cover the question.

    Sorts only if there are more than we look at: an honest answer about a chain of wildcard aliases may hold
    a dozen, a hostile one hundreds.  Verifies nothing.
    """
    if len(denials) <= bounds.DENIAL_RRSETS:
        return denials
    own = [signed for signed in denials if any(each.signer == zone for each in signed.signatures)]
    nsecs = [
        (Nsec.read(signed.owner, rdata), signed)
        for signed in own
        for rdata in signed.rrset
        if isinstance(rdata, NSEC)
    ]
    nsec3s = [
        (nsec3, signed)
        for signed in own
        for rdata in list(signed.rrset)[:1]
        if isinstance(rdata, NSEC3) and (nsec3 := Nsec3.read(signed.owner, rdata, zone)) is not None
    ]
    ranks = denial_nsec.ranks(name, zone, [nsec for nsec, _ in nsecs])
    order = {id(signed): rank for (_, signed), rank in zip(nsecs, ranks, strict=True)}
    try:
        ranks = denial_nsec3.ranks(name, zone, encloser, [each for each, _ in nsec3s], verifier.budget())
        order |= {id(signed): rank for (_, signed), rank in zip(nsec3s, ranks, strict=True)}
    except OverBudget:
        order |= {id(signed): len(name) for _, signed in nsec3s}
    return sorted(denials, key=lambda signed: order.get(id(signed), math.inf))
