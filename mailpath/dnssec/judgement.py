"""Is this RRset, or this absence, what its zone says?  RFC 4035 sections 5.3 and 5.4.

The signer's name in an RRSIG says which zone claims the data; the chain of trust says whether that zone
exists and what its keys are.  Where the claim does not hold, or there is none, the zone that really owns
the name decides: only if that one is proven insecure may the data go without a signature.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

import dns.name
import dns.rdatatype
from dns.edns import EDECode
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.RRSIG import RRSIG

from mailpath.dnssec import bounds
from mailpath.dnssec.anchors import Points
from mailpath.dnssec.bounds import Budget, Exhausted
from mailpath.dnssec.chain import Chain, Zone, earliest
from mailpath.dnssec.denial import EDE_NSEC3_ITERATIONS, Evidence, Failure
from mailpath.dnssec.messages import Reply, SignedSet, name_text
from mailpath.dnssec.proofs import asked_again
from mailpath.dnssec.questions import Questions
from mailpath.dnssec.signatures import Verified, Verifier, owner_labels
from mailpath.facts import Security, SignatureFact

_NO_NAME = "NXDOMAIN"
_PROVEN = (Security.SECURE, Security.INSECURE)
_WEAKEST_FIRST = (Security.BOGUS, Security.INDETERMINATE, Security.INSECURE, Security.SECURE)


@dataclass(frozen=True)
class Judgement:
    """The status of one RRset or one absence, and on what it rests.  `expires`: Unix time, None for never.

    `name_exists`: the RCODE said that the name does not exist, and signed records say otherwise.
    `unproven`: bogus only for want of a proof of which the answer had nothing.
    """

    security: Security
    reason: str = ""
    ede: int | None = None
    zone: Zone | None = None
    signatures: tuple[SignatureFact, ...] = ()
    expires: int | None = None
    wildcard: str | None = None
    denial: tuple[str, ...] = ()
    original_ttl: int | None = None
    name_exists: bool = False
    unproven: bool = False


def weakest(judgements: Iterable[Judgement]) -> Judgement:
    """The one that decides for a chain of aliases: AD asks for all of them (RFC 4035 section 3.2.3)."""
    return min(judgements, key=lambda judgement: _WEAKEST_FIRST.index(judgement.security))


class Judge:
    """Judges the parts of replies with one chain of trust and one verifier."""

    def __init__(self, questions: Questions, chain: Chain, verifier: Verifier) -> None:
        self._questions = questions
        self._chain = chain
        self._verifier = verifier

    async def rrset(self, reply: Reply, signed: SignedSet) -> Judgement:
        """The status of a positive answer (RFC 4035 section 5.3), wildcard proof included (5.3.4)."""
        try:
            return await self._rrset(reply, signed)
        except Exhausted as error:
            return await self._given_up(signed.owner, signed.rdtype, error)

    async def _rrset(self, reply: Reply, signed: SignedSet) -> Judgement:
        owner = signed.owner
        budget = self._verifier.budget()
        signers = _signers(self._chain.points, signed.signatures, owner, signed.rdtype)
        if signers:
            return await self._one_of(signers, lambda signer: self._signed_by(reply, signed, signer, budget))
        reason = f"{signed} came without a signature"
        if signed.signatures:
            claimed = name_text(signed.signatures[0].signer)
            reason = f"{signed} is signed by a zone that cannot own it ({claimed})"
        bare = not signed.signatures
        missing = EDECode.RRSIGS_MISSING
        return await self._by_owner(owner, signed.rdtype, reason, missing, claimed=False, bare=bare)

    async def _one_of(
        self, signers: Sequence[dns.name.Name], judge: Callable[[dns.name.Name], Awaitable[Judgement]]
    ) -> Judgement:
        """One signer for whom all holds is enough (RFC 4035 sections 5.3.1 and 5.3.3).

        Where none is, the deepest decides; of bogus ones that which is a zone explains best.
        """
        judged: list[Judgement] = []
        for signer in signers:
            judged.append(await judge(signer))
            if judged[-1].security is Security.SECURE:
                return judged[-1]
        alike = [each for each in judged if each.security is judged[0].security]
        return next((each for each in alike if each.signatures), judged[0])

    async def _signed_by(
        self, reply: Reply, signed: SignedSet, signer: dns.name.Name, budget: Budget
    ) -> Judgement:
        """What the signatures that `signer` made are worth."""
        owner = signed.owner
        zone = await self._chain.standing(signer)
        if not zone.secure:
            return _inherited(zone)
        if zone.name != signer:
            reason = f"{signed} is signed by {name_text(signer)}, which is not a zone"
            return await self._by_owner(owner, signed.rdtype, reason, EDECode.RRSIGS_MISSING)
        verified = self._verifier.verify(signed, zone.name, zone.keys, budget)
        if not verified.good:
            judged = await self._by_owner(owner, signed.rdtype, verified.reason, verified.ede)
            if judged.security is Security.BOGUS:
                judged = Judgement(Security.BOGUS, verified.reason, verified.ede, zone)
            return dataclasses.replace(judged, signatures=verified.facts)
        owning = await self._owning(owner, signed.rdtype)
        if owning.name != signer and owning.security in _PROVEN and owning.apex:
            # RFC 4035 section 5.3.1: not even the parent may sign what it has delegated.  Where the cuts in
            # between cannot be told (a zone with broken denials), the signature stands for itself.
            by = f"{name_text(signer)}, but belongs to {name_text(owning.name)}"
            return await self._by_owner(
                owner, signed.rdtype, f"{signed} is signed by {by}", EDECode.RRSIGS_MISSING
            )
        if verified.labels == owner_labels(owner):
            return _good(signed, zone, verified)
        encloser = dns.name.Name(owner.labels[-(verified.labels + 1) :])
        if not reply.proves:
            reply = await asked_again(self._questions, reply)
        evidence = Evidence(
            reply, owner, zone.name, zone.keys, verifier=self._verifier, budget=budget, encloser=encloser
        )
        proof = evidence.no_closer(owner, verified.labels)
        facts = verified.facts + evidence.facts
        if isinstance(proof, Failure):
            judged = await self._unproven_wildcard(signed, zone, proof, facts)
            if reply.proves or judged.security is not Security.BOGUS:
                return judged
            return await self.without_proof(judged, f"{name_text(owner)} exists only by a wildcard")
        good = _good(signed, zone, verified)
        wildcard = dns.name.Name((b"*", *owner.labels[-(verified.labels + 1) :]))
        return dataclasses.replace(
            good,
            security=Security.SECURE if proof.secure else Security.INSECURE,
            reason=good.reason if proof.secure else f"{signed}: {proof.note}",
            ede=proof.ede,
            signatures=facts,
            expires=earliest(good.expires, proof.expires),
            wildcard=name_text(wildcard),
            denial=proof.owners,
        )

    async def _unproven_wildcard(
        self, signed: SignedSet, zone: Zone, failure: Failure, facts: tuple[SignatureFact, ...]
    ) -> Judgement:
        """Expanded from a wildcard, and no proof that it may be (RFC 4035 section 5.3.4): bogus.

        But BIND's resolvers do not pass on NSEC3 records with iterations above the bound (RFC 9276 3.2).
        Whether the zone has such records, the proof that no cut lies above the name has shown.
        """
        owning = await self._owning(signed.owner, signed.rdtype)
        if owning.security is Security.INSECURE and owning.ede == EDE_NSEC3_ITERATIONS:
            return dataclasses.replace(_inherited(owning), signatures=facts)
        return Judgement(Security.BOGUS, failure.reason, failure.ede, zone, facts)

    async def absence(self, reply: Reply, name: dns.name.Name, rdtype: RdataType) -> Judgement:
        """The status of "no such RRset" or "no such name" (RFC 4035 section 5.4, RFC 5155 section 8)."""
        try:
            return await self._absence(reply, name, rdtype)
        except Exhausted as error:
            return await self._given_up(name, rdtype, error)

    async def _given_up(self, name: dns.name.Name, rdtype: RdataType, error: Exhausted) -> Judgement:
        """Neither good nor bad: the walk may not work it out."""
        zone = await self._owning(name, rdtype)
        return _inherited(zone.given_up_for(str(error)) if zone.secure else zone)

    async def _absence(self, reply: Reply, name: dns.name.Name, rdtype: RdataType) -> Judgement:
        made = (each for signed in reply.denials() for each in signed.signatures)
        signers = _signers(self._chain.points, made, name, rdtype)
        if signers:
            budget = self._verifier.budget()
            return await self._one_of(
                signers, lambda signer: self._denied_by(reply, name, rdtype, signer, budget)
            )
        reason = f"No signed proof came that {_no_rrset(name, rdtype)}"
        judged = await self._by_owner(name, rdtype, reason, EDECode.NSEC_MISSING, claimed=False)
        unsettled = judged.security in (Security.BOGUS, Security.INDETERMINATE)
        unproven = unsettled and judged.ede == EDECode.NSEC_MISSING and not reply.proves
        return dataclasses.replace(judged, unproven=unproven)

    async def without_proof(self, judged: Judgement, claim: str) -> Judgement:
        """`judged`, bogus as no proof came that `claim`: perhaps for that the resolver is to blame."""
        if judged.security is not Security.BOGUS or judged.zone is None or not judged.zone.chain:
            return judged
        try:
            security, why = await self._chain.unproven(judged.zone.chain[0], claim)
        except Exhausted as error:
            return _inherited(judged.zone.given_up_for(str(error)))
        return dataclasses.replace(judged, security=security, reason=why or judged.reason)

    async def _denied_by(
        self, reply: Reply, name: dns.name.Name, rdtype: RdataType, signer: dns.name.Name, budget: Budget
    ) -> Judgement:
        """What the proof of absence that `signer` signed is worth."""
        what = _no_rrset(name, rdtype)
        zone = await self._chain.standing(signer)
        if not zone.secure:
            return _inherited(zone)
        if zone.name != signer:
            reason = f"The proof that {what} is signed by {name_text(signer)}, which is not a zone"
            return await self._by_owner(name, rdtype, reason, EDECode.NSEC_MISSING)
        evidence = Evidence(reply, name, zone.name, zone.keys, verifier=self._verifier, budget=budget)
        absent = evidence.no_name if reply.rcode == _NO_NAME else evidence.no_data
        proof = absent(name, rdtype)
        if isinstance(proof, Failure):
            judged = await self._by_owner(name, rdtype, proof.reason, proof.ede)
            return dataclasses.replace(judged, signatures=evidence.facts)
        for soa in reply.soas():
            # Not part of the proof; but resolvers want every RRset of an answer to hold.
            judged = await self.rrset(reply, soa)
            if judged.security is Security.BOGUS:
                return dataclasses.replace(judged, signatures=evidence.facts + judged.signatures)
        if reply.rcode == _NO_NAME and not proof.name_exists:
            what = f"{name_text(name)} does not exist"
        reason = f"{name_text(zone.name)} proves that {what}"
        return Judgement(
            security=Security.SECURE if proof.secure else Security.INSECURE,
            reason=reason if proof.secure else f"It cannot be proven that {what}: {proof.note}",
            ede=proof.ede,
            zone=zone,
            signatures=evidence.facts,
            expires=earliest(zone.expires, proof.expires),
            denial=proof.owners,
            name_exists=proof.name_exists,
        )

    async def unanswered(self, name: dns.name.Name, rdtype: RdataType) -> Judgement:
        """What is known when the question itself failed: insecure if an ancestor is (RFC 4035 4.3)."""
        zone = await self._owning(name, rdtype)
        if zone.security is Security.INSECURE:
            return _inherited(zone)
        return Judgement(Security.INDETERMINATE, zone=zone)

    async def _by_owner(
        self,
        name: dns.name.Name,
        rdtype: RdataType,
        reason: str,
        ede: int | None,
        *,
        claimed: bool = True,
        bare: bool = False,
    ) -> Judgement:
        """Data that do not validate: bogus, unless the zone that owns them is not secure to begin with.

        What a secure zone has signed (`claimed`), and badly, is not excused by a name that is not there but
        might be hidden in an opt-out span.  `bare`: no signature came at all.
        """
        zone = await self._owning(name, rdtype)
        # That the DS of the name itself could not be had is no excuse either: data that a secure zone signed
        # need none.
        excused = not (claimed and (zone.hidden or zone.security is Security.INDETERMINATE))
        if not zone.secure and excused:
            return _inherited(zone)
        if bare:
            reason += f", although {name_text(zone.name)} is signed"
        return Judgement(Security.BOGUS, reason, ede, zone)

    async def _owning(self, name: dns.name.Name, rdtype: RdataType) -> Zone:
        """DS lives on the parent's side of a zone cut (RFC 4034 section 5)."""
        if rdtype == RdataType.DS and name != dns.name.root:
            name = name.parent()
        return await self._chain.standing(name)


def _no_rrset(name: dns.name.Name, rdtype: RdataType) -> str:
    return f"{name_text(name)} has no {dns.rdatatype.to_text(rdtype)}"


def _signers(
    points: Points, signatures: Iterable[RRSIG], name: dns.name.Name, rdtype: RdataType
) -> list[dns.name.Name]:
    """The zones that claim `name` and may own it, the deepest first, as many as are looked at."""
    above = rdtype == RdataType.DS and name != dns.name.root
    # One by one only once: of eight signatures over each of a hundred RRsets all may name the same signer.
    signers = [
        signer
        for signer in {signature.signer for signature in signatures}
        if name.is_subdomain(signer)
        and not (above and signer == name)
        and points.may_sign(signer, name, rdtype)
    ]
    return sorted(signers, key=lambda signer: -len(signer.labels))[: bounds.SIGNERS]


def _inherited(zone: Zone) -> Judgement:
    return Judgement(zone.security, zone.reason, zone.ede, zone, expires=zone.expires)


def _good(signed: SignedSet, zone: Zone, verified: Verified) -> Judgement:
    by = f"{name_text(zone.name)} (key tag {verified.tag})"
    return Judgement(
        security=Security.SECURE,
        reason=f"{signed} is signed by {by}, whose chain of trust is intact",
        zone=zone,
        signatures=verified.facts,
        expires=earliest(zone.expires, verified.expires),
        original_ttl=verified.original_ttl,
    )
