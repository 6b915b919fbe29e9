"""Is this RRset, or this absence, what its zone says?  RFC 4035 sections 5.3 and 5.4.

The signer's name in an RRSIG says which zone claims the data; the chain of trust says whether that zone
exists and what its keys are.  If the claim does not hold, or there is none, the zone that really owns the
name decides: data may lack a signature only if that zone is proven insecure.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence

import dns.name
import dns.rdatatype
import msgspec
from dns.edns import EDECode
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.RRSIG import RRSIG

from mailpath.dnssec import bounds
from mailpath.dnssec.anchors import Points
from mailpath.dnssec.bounds import Budget, Exhausted
from mailpath.dnssec.chain import Chain, Zone, earliest
from mailpath.dnssec.denial import Evidence, Failure
from mailpath.dnssec.denial_nsec import wildcard_at
from mailpath.dnssec.messages import Reply, SignedSet, name_text
from mailpath.dnssec.proofs import asked_again
from mailpath.dnssec.questions import Questions
from mailpath.dnssec.signatures import Verified, Verifier, owner_labels
from mailpath.facts import Security, SignatureFact

_NO_NAME = "NXDOMAIN"
_PROVEN = (Security.SECURE, Security.INSECURE)
_WEAKEST_FIRST = (Security.BOGUS, Security.INDETERMINATE, Security.INSECURE, Security.SECURE)


class Judgement(msgspec.Struct, frozen=True):
    """The status of one RRset or one absence, and what it rests on.  `expires`: Unix time, None for never.

    `name_exists`: the RCODE says that the name does not exist, but signed records say that it does.
    `unproven`: bogus only because the answer held no proof at all.
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


#: RFC 6761 section 6.3: neither data nor their absence can be signed, and nobody is to blame for it.
_LOCALHOST = Judgement(Security.INSECURE, "localhost is a name of the machine itself (RFC 6761 section 6.3)")


def weakest(judgements: Iterable[Judgement]) -> Judgement:
    """The judgement that decides for a chain of aliases: AD vouches for all of them (RFC 4035 3.2.3)."""
    return min(judgements, key=lambda judgement: _WEAKEST_FIRST.index(judgement.security))


class Judge:
    """Judges the parts of replies with one chain of trust and one verifier."""

    def __init__(self, questions: Questions, chain: Chain, verifier: Verifier) -> None:
        self._questions = questions
        self._chain = chain
        self._verifier = verifier

    async def rrset(self, reply: Reply, signed: SignedSet) -> Judgement:
        """The status of a positive answer (RFC 4035 section 5.3), wildcard proof included (5.3.4)."""
        if _is_localhost(signed.owner):
            return _LOCALHOST
        try:
            return await self._judge_rrset(reply, signed)
        except Exhausted as error:
            return await self._give_up(signed.owner, signed.rdtype, error)

    async def _judge_rrset(self, reply: Reply, signed: SignedSet) -> Judgement:
        owner = signed.owner
        budget = self._verifier.budget()
        signers = _find_signers(self._chain.points, signed.signatures, owner, signed.rdtype)
        if signers:
            return await self._judge_each(
                signers, lambda signer: self._judge_signed(reply, signed, signer, budget)
            )
        reason = f"{signed} came without a signature"
        if signed.signatures:
            claimed = name_text(signed.signatures[0].signer)
            reason = f"{signed} is signed by a zone that cannot own it ({claimed})"
        bare = not signed.signatures
        missing = EDECode.RRSIGS_MISSING
        return await self._judge_by_owner(owner, signed.rdtype, reason, missing, claimed=False, bare=bare)

    async def _judge_each(
        self, signers: Sequence[dns.name.Name], judge: Callable[[dns.name.Name], Awaitable[Judgement]]
    ) -> Judgement:
        """One signer whose signatures hold is enough (RFC 4035 sections 5.3.1 and 5.3.3).

        Otherwise the deepest signer decides; among bogus ones, a signer that is a zone explains best.
        """
        judged: list[Judgement] = []
        for signer in signers:
            judged.append(await judge(signer))
            if judged[-1].security is Security.SECURE:
                return judged[-1]
        alike = [each for each in judged if each.security is judged[0].security]
        return next((each for each in alike if each.signatures), judged[0])

    async def _judge_signed(
        self, reply: Reply, signed: SignedSet, signer: dns.name.Name, budget: Budget
    ) -> Judgement:
        """Judge `signed` by the signatures of `signer`."""
        owner = signed.owner
        zone = await self._chain.standing(signer)
        if not zone.secure:
            return _inherit(zone)
        if zone.name != signer:
            reason = f"{signed} is signed by {name_text(signer)}, which is not a zone"
            return await self._judge_by_owner(owner, signed.rdtype, reason, EDECode.RRSIGS_MISSING)
        verified = self._verifier.verify(signed, zone.name, zone.keys, budget)
        if not verified.good:
            judged = await self._judge_by_owner(owner, signed.rdtype, verified.reason, verified.ede)
            if judged.security is Security.BOGUS:
                judged = Judgement(Security.BOGUS, verified.reason, verified.ede, zone)
            return msgspec.structs.replace(judged, signatures=verified.facts)
        owning = await self._find_owner(owner, signed.rdtype)
        if owning.name != signer and owning.security in _PROVEN and owning.apex:
            # RFC 4035 section 5.3.1: not even the parent may sign what it has delegated.  If broken denials
            # hide the cuts in between, the signature stands by itself.
            reason = f"{signed} is signed by {name_text(signer)}, but belongs to {name_text(owning.name)}"
            return await self._judge_by_owner(owner, signed.rdtype, reason, EDECode.RRSIGS_MISSING)
        if verified.labels == owner_labels(owner):
            return _accept(signed, zone, verified)
        encloser = dns.name.Name(owner.labels[-(verified.labels + 1) :])
        if not reply.proves:
            reply = await asked_again(self._questions, reply)
        evidence = Evidence(
            reply, owner, zone.name, zone.keys, verifier=self._verifier, budget=budget, encloser=encloser
        )
        proof = evidence.no_closer(owner, verified.labels)
        facts = verified.facts + evidence.facts
        if isinstance(proof, Failure):
            judged = await self._judge_unproven_wildcard(signed, zone, proof, facts)
            if reply.proves or judged.security is not Security.BOGUS:
                return judged
            return await self.without_proof(judged, f"{name_text(owner)} exists only by a wildcard")
        good = _accept(signed, zone, verified)
        return msgspec.structs.replace(
            good,
            security=Security.SECURE if proof.secure else Security.INSECURE,
            reason=good.reason if proof.secure else f"{signed}: {proof.note}",
            ede=proof.ede,
            signatures=facts,
            expires=earliest(good.expires, proof.expires),
            wildcard=name_text(wildcard_at(encloser)),
            denial=proof.owners,
        )

    async def _judge_unproven_wildcard(
        self, signed: SignedSet, zone: Zone, failure: Failure, facts: tuple[SignatureFact, ...]
    ) -> Judgement:
        """Bogus: expanded from a wildcard without proof that it may be (RFC 4035 section 5.3.4).

        But BIND's resolvers drop NSEC3 records with iterations above the limit (RFC 9276 section 3.2).  If
        the zone has such records, the proof that no cut lies above the name shows it.
        """
        owning = await self._find_owner(signed.owner, signed.rdtype)
        if owning.security is Security.INSECURE and owning.ede == EDECode.UNSUPPORTED_NSEC3_ITERATIONS_VALUE:
            return msgspec.structs.replace(_inherit(owning), signatures=facts)
        return Judgement(Security.BOGUS, failure.reason, failure.ede, zone, facts)

    async def absence(self, reply: Reply, name: dns.name.Name, rdtype: RdataType) -> Judgement:
        """The status of "no such RRset" or "no such name" (RFC 4035 section 5.4, RFC 5155 section 8)."""
        if _is_localhost(name):
            return _LOCALHOST
        try:
            return await self._judge_absence(reply, name, rdtype)
        except Exhausted as error:
            return await self._give_up(name, rdtype, error)

    async def _give_up(self, name: dns.name.Name, rdtype: RdataType, error: Exhausted) -> Judgement:
        """Neither good nor bad: the walk has no budget left to find out."""
        zone = await self._find_owner(name, rdtype)
        return _inherit(zone.given_up_for(str(error)) if zone.secure else zone)

    async def _judge_absence(self, reply: Reply, name: dns.name.Name, rdtype: RdataType) -> Judgement:
        made = (each for signed in reply.denials() for each in signed.signatures)
        signers = _find_signers(self._chain.points, made, name, rdtype)
        if signers:
            budget = self._verifier.budget()
            return await self._judge_each(
                signers, lambda signer: self._judge_denial(reply, name, rdtype, signer, budget)
            )
        reason = f"No signed proof came that {_say_no_rrset(name, rdtype)}"
        judged = await self._judge_by_owner(name, rdtype, reason, EDECode.NSEC_MISSING, claimed=False)
        unsettled = judged.security in (Security.BOGUS, Security.INDETERMINATE)
        unproven = unsettled and judged.ede == EDECode.NSEC_MISSING and not reply.proves
        return msgspec.structs.replace(judged, unproven=unproven)

    async def without_proof(self, judged: Judgement, claim: str) -> Judgement:
        """`judged`, bogus because no proof came that `claim`, unless the resolver may be to blame."""
        if judged.security is not Security.BOGUS or judged.zone is None or not judged.zone.chain:
            return judged
        try:
            security, why = await self._chain.unproven(judged.zone.chain[0], claim)
        except Exhausted as error:
            return _inherit(judged.zone.given_up_for(str(error)))
        return msgspec.structs.replace(judged, security=security, reason=why or judged.reason)

    async def _judge_denial(
        self, reply: Reply, name: dns.name.Name, rdtype: RdataType, signer: dns.name.Name, budget: Budget
    ) -> Judgement:
        """Judge an absence by the proof that `signer` signed."""
        what = _say_no_rrset(name, rdtype)
        zone = await self._chain.standing(signer)
        if not zone.secure:
            return _inherit(zone)
        if zone.name != signer:
            reason = f"The proof that {what} is signed by {name_text(signer)}, which is not a zone"
            return await self._judge_by_owner(name, rdtype, reason, EDECode.NSEC_MISSING)
        evidence = Evidence(reply, name, zone.name, zone.keys, verifier=self._verifier, budget=budget)
        absent = evidence.no_name if reply.rcode == _NO_NAME else evidence.no_data
        proof = absent(name, rdtype)
        if isinstance(proof, Failure):
            judged = await self._judge_by_owner(name, rdtype, proof.reason, proof.ede)
            return msgspec.structs.replace(judged, signatures=evidence.facts)
        for soa in reply.soas():
            # The SOA is not part of the proof, but resolvers require every RRset of an answer to verify.
            judged = await self.rrset(reply, soa)
            if judged.security is Security.BOGUS:
                return msgspec.structs.replace(judged, signatures=evidence.facts + judged.signatures)
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
        """The status when the question itself failed: insecure if an ancestor is (RFC 4035 section 4.3)."""
        zone = await self._find_owner(name, rdtype)
        if zone.security is Security.INSECURE:
            return _inherit(zone)
        return Judgement(Security.INDETERMINATE, zone=zone)

    async def _judge_by_owner(
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

        If a secure zone signed the data badly (`claimed`), it is no excuse that the name does not exist but
        might hide in an opt-out span.  `bare`: no signature came at all.
        """
        zone = await self._find_owner(name, rdtype)
        # Nor is it an excuse that we could not fetch the DS of the name itself: data that a secure zone
        # signed need none.
        excused = not (claimed and (zone.hidden or zone.security is Security.INDETERMINATE))
        if not zone.secure and excused:
            return _inherit(zone)
        if bare:
            reason += f", although {name_text(zone.name)} is signed"
        return Judgement(Security.BOGUS, reason, ede, zone)

    async def _find_owner(self, name: dns.name.Name, rdtype: RdataType) -> Zone:
        """The zone that owns the RRset: a DS belongs to the parent of a zone cut (RFC 4034 section 5)."""
        if rdtype == RdataType.DS and name != dns.name.root:
            name = name.parent()
        return await self._chain.standing(name)


def _is_localhost(name: dns.name.Name) -> bool:
    """Resolvers answer for localhost themselves, though the root says that there is no such name."""
    return name.is_absolute() and len(name.labels) > 1 and name.labels[-2].lower() == b"localhost"


def _say_no_rrset(name: dns.name.Name, rdtype: RdataType) -> str:
    return f"{name_text(name)} has no {dns.rdatatype.to_text(rdtype)}"


def _find_signers(
    points: Points, signatures: Iterable[RRSIG], name: dns.name.Name, rdtype: RdataType
) -> list[dns.name.Name]:
    """The zones that claim `name` and may own it, the deepest first, up to the limit."""
    above = rdtype == RdataType.DS and name != dns.name.root
    # A set first: eight signatures over each of a hundred RRsets may all name the same signer.
    signers = [
        signer
        for signer in {signature.signer for signature in signatures}
        if name.is_subdomain(signer)
        and not (above and signer == name)
        and points.may_sign(signer, name, rdtype)
    ]
    return sorted(signers, key=lambda signer: -len(signer.labels))[: bounds.SIGNERS]


def _inherit(zone: Zone) -> Judgement:
    return Judgement(zone.security, zone.reason, zone.ede, zone, expires=zone.expires)


def _accept(signed: SignedSet, zone: Zone, verified: Verified) -> Judgement:
    by = f"{name_text(zone.name)} (key tag {verified.tag})"
    return Judgement(
        security=Security.SECURE,
        reason=f"{signed} is signed by {by}, whose chain of trust is intact",
        zone=zone,
        signatures=verified.facts,
        expires=earliest(zone.expires, verified.expires),
        original_ttl=verified.original_ttl,
    )
