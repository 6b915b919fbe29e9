"""The denial in one answer: verify its NSEC and NSEC3 records, then ask them what they prove.

RFC 4035 section 5.4: only records that verify as data of the zone that would own the name count, and
an answer that proves nothing is bogus, not absent.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import dns.name
import dns.rdatatype
from dns.edns import EDECode
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.NSEC import NSEC
from dns.rdtypes.ANY.NSEC3 import NSEC3

from mailpath.dnssec import bounds, denial_nsec, denial_nsec3
from mailpath.dnssec.algorithms import PublicKey
from mailpath.dnssec.bounds import Budget, OverBudget
from mailpath.dnssec.denial_nsec import Cut, Nsec
from mailpath.dnssec.denial_nsec3 import Hashed, Nsec3, Proof3
from mailpath.dnssec.messages import Reply, SignedSet, name_text
from mailpath.dnssec.signatures import Verified, Verifier, owner_labels
from mailpath.facts import SignatureFact

#: An extended DNS error later than dnspython's list (RFC 9276 section 6).
EDE_NSEC3_ITERATIONS = 27


@dataclass(frozen=True)
class Proof:
    """What was proven.  `secure` False: the proof itself says that the place may be unsigned (opt-out, too
    many iterations); `note` says which.  `owners` in presentation form; `expires` the earliest end of the
    signatures used, Unix time.  `name_exists`: asked whether the name exists, the records proved that only
    the RRset does not.
    """

    secure: bool
    owners: tuple[str, ...]
    expires: int | None
    note: str = ""
    ede: int | None = None
    cut: Cut | None = None
    name_exists: bool = False


@dataclass(frozen=True)
class Failure:
    """Nothing was proven; `reason` is one plain sentence, `ede` its RFC 8914 code."""

    reason: str
    ede: int


class Evidence:
    """The verified NSEC and NSEC3 records of `zone` in the authority section of one reply."""

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
        """`name`: what is denied; `encloser`: its closest encloser, where a wildcard's signature says it."""
        self.zone = zone
        self.facts: tuple[SignatureFact, ...] = ()
        self._budget = budget
        self._nsecs: list[Nsec] = []
        self._nsec3s: list[Nsec3] = []
        self._verified: dict[dns.name.Name, Verified] = {}
        self._spoilt: Verified | None = None
        for signed in _likely_first(reply.denials(), name, zone, encloser, verifier)[: bounds.DENIAL_RRSETS]:
            verified = verifier.verify(signed, zone, keys, budget)
            self.facts += verified.facts
            # A denial that was itself expanded from a wildcard would deny at the wrong place.
            if not verified.good or verified.labels < owner_labels(signed.owner):
                self._spoilt = self._spoilt or verified
                continue
            self._verified[signed.owner] = verified
            for rdata in list(signed.rrset)[: bounds.DENIAL_RRSETS]:
                if isinstance(rdata, NSEC) and rdata.next.is_subdomain(zone):
                    # The chain of a zone never leaves it: any other record proves nothing.
                    self._nsecs.append(Nsec.read(signed.owner, rdata))
                elif isinstance(rdata, NSEC3):
                    nsec3 = Nsec3.read(signed.owner, rdata, zone)
                    if nsec3 is not None:
                        self._nsec3s.append(nsec3)

    def no_data(self, name: dns.name.Name, rdtype: RdataType) -> Proof | Failure:
        """That `name` has no `rdtype`, the answer to NOERROR (RFC 4035 section 5.4, RFC 5155 8.5 to 8.7)."""
        return self._prove(
            f"{name_text(name)} has no {dns.rdatatype.to_text(rdtype)}",
            lambda: denial_nsec.prove_no_data(name, rdtype, self.zone, self._nsecs),
            lambda hashed: denial_nsec3.prove_no_data(name, rdtype, hashed),
        )

    def no_name(self, name: dns.name.Name, rdtype: RdataType) -> Proof | Failure:
        """That `name` does not exist, the answer to NXDOMAIN (RFC 4035 section 5.4, RFC 5155 section 8.4).

        The RCODE is unsigned and some servers say NXDOMAIN of an empty non-terminal: like unbound, an NSEC
        that proves that only the RRset is absent is taken for what it proves: `Proof.name_exists`.
        """
        exists = False

        def by_nsec() -> tuple[Nsec, ...] | None:
            nonlocal exists
            proof = denial_nsec.prove_no_name(name, self.zone, self._nsecs)
            if proof is None:
                proof = denial_nsec.prove_no_data(name, rdtype, self.zone, self._nsecs)
                exists = proof is not None
            return proof

        proof = self._prove(
            f"{name_text(name)} does not exist",
            by_nsec,
            lambda hashed: denial_nsec3.prove_no_name(name, hashed),
        )
        return proof if isinstance(proof, Failure) else replace(proof, name_exists=exists)

    def no_closer(self, name: dns.name.Name, labels: int) -> Proof | Failure:
        """That `name` rightly comes from a wildcard of `labels` labels (RFC 4035 5.3.4, RFC 5155 8.8)."""
        return self._prove(
            f"no closer match than the wildcard exists for {name_text(name)}",
            lambda: denial_nsec.prove_no_closer(name, labels, self.zone, self._nsecs),
            lambda hashed: denial_nsec3.prove_no_closer(name, labels, hashed),
        )

    def no_ds(self, name: dns.name.Name) -> Proof | Failure:
        """That the parent has no DS at `name`, and whether that is a zone cut: `Proof.cut` (RFC 4035 5.2)."""
        found: list[Cut] = []

        def by_nsec() -> tuple[Nsec, ...] | None:
            proof = denial_nsec.prove_no_ds(name, self.zone, self._nsecs)
            if proof is None:
                return None
            found.append(proof[0])
            return proof[1]

        def by_nsec3(hashed: Hashed) -> Proof3 | None:
            proof = denial_nsec3.prove_no_ds(name, hashed)
            if proof is None:
                return None
            found.append(proof[0])
            return proof[1]

        proof = self._prove(f"{name_text(name)} has no DS record", by_nsec, by_nsec3)
        if isinstance(proof, Failure):
            return proof
        cut = found[-1] if found else Cut.INSECURE_DELEGATION
        return Proof(proof.secure, proof.owners, proof.expires, proof.note, proof.ede, cut)

    def _prove(
        self,
        claim: str,
        by_nsec: Callable[[], tuple[Nsec, ...] | None],
        by_nsec3: Callable[[Hashed], Proof3 | None],
    ) -> Proof | Failure:
        used = by_nsec() if self._nsecs else None
        if used is not None:
            return self._proof(True, (nsec.owner for nsec in used))
        many = denial_nsec3.too_many_iterations(self._nsec3s)
        if many is not None:
            limit = bounds.NSEC3_ITERATIONS
            note = f"{name_text(self.zone)} uses {many} NSEC3 iterations; more than {limit} count as insecure"
            return self._proof(False, (r.owner for r in self._nsec3s), note, EDE_NSEC3_ITERATIONS)
        try:
            for hashed in denial_nsec3.by_parameters(self.zone, self._nsec3s, self._budget):
                proof = by_nsec3(hashed)
                if proof is not None:
                    note = "an NSEC3 opt-out span may hide unsigned delegations" if proof.opt_out else ""
                    return self._proof(not proof.opt_out, (r.owner for r in proof.used), note)
        except OverBudget as error:
            return Failure(f"The proof that {claim} could not be checked: {error}", EDECode.DNSSEC_BOGUS)
        return self._failure(claim)

    def _proof(
        self, secure: bool, owners: Iterable[dns.name.Name], note: str = "", ede: int | None = None
    ) -> Proof:
        names = list(dict.fromkeys(owners))
        ends = [self._verified[name].expires for name in names]
        expires = min((end for end in ends if end is not None), default=None)
        return Proof(secure, tuple(name_text(name) for name in names), expires, note, ede)

    def _failure(self, claim: str) -> Failure:
        if self._spoilt is not None and self._spoilt.reason:
            return Failure(
                f"The proof that {claim} does not hold: {self._spoilt.reason}",
                self._spoilt.ede or EDECode.DNSSEC_BOGUS,
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
    """`denials`, those before the others that `zone` signed and that match or cover what is asked.

    Only where there are more than are looked at: an honest answer about a chain of wildcard aliases may hold
    a dozen, a hostile one hundreds.  Nothing is verified here.
    """
    if len(denials) <= bounds.DENIAL_RRSETS:
        return denials
    own = [signed for signed in denials if any(each.signer == zone for each in signed.signatures)]
    nsecs = [
        (Nsec.read(signed.owner, rdata), signed)
        for signed in own
        for rdata in list(signed.rrset)[:1]
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
