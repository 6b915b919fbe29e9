"""The chain of trust, from the closest trust anchor down through every zone cut (RFC 4035 section 5).

`Chain.standing(name)` answers the question on which everything else rests: which zone owns `name`, and what
do we know about that zone?  It starts at the closest of `anchors.Points` and walks down label by label: at
each label the parent's signed DS, or its signed denial of one, says whether a zone begins there.

A zone is *secure* when a trust anchor, or a DS that its secure parent signed, matches a key that signs the
zone's DNSKEY RRset.  It is *insecure* only for a proven reason: its parent proves that there is no DS, or
none that we can use, or no anchor covers the zone, or somebody declared it insecure.  It is *bogus* when a
proof is missing or wrong, and *indeterminate* when an answer could not be fetched.
"""

from __future__ import annotations

from collections.abc import Sequence

import dns.name
import msgspec
from dns.edns import EDECode
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.DNSKEY import DNSKEY

from mailpath.dnssec import algorithms, bounds, proofs, shown
from mailpath.dnssec.algorithms import DsRecord, PublicKey
from mailpath.dnssec.anchors import Anchor, Points, called
from mailpath.dnssec.bounds import Exhausted
from mailpath.dnssec.denial import Evidence, Failure
from mailpath.dnssec.denial_nsec import Cut
from mailpath.dnssec.matching import is_vouched_for, no_trusted_key
from mailpath.dnssec.messages import Reply, SignedSet, name_text
from mailpath.dnssec.proofs import Proofs
from mailpath.dnssec.questions import Once, Questions
from mailpath.dnssec.signatures import Verified, Verifier
from mailpath.dnssec.zones import Ledger, Unit, current
from mailpath.exchanges import Failure as Unanswered
from mailpath.facts import DsFact, KeyFact, Security, SignatureFact, ZoneFact

STRIPPED = (
    "Your resolver does not pass DNSSEC data ({}), so nothing can be validated through it; use another one"
    " with --resolver"
)
_STRIPS = "it strips signatures, even that of"


class Zone(msgspec.Struct, frozen=True):
    """What is known about one zone; `name` is where the knowledge ends when it is not secure.

    `keys`: its DNSKEY RRset.  `expires`: the Unix time at which the first proof on the way to it expires.
    `chain`: names of the zones on the way, beginning with the trust anchor's.  `apex`: whether `name` is
    proven to be a zone of its own, rather than a name under which unsigned zones may hide (opt-out).
    `barren`: the name we asked about does not exist, so nothing below it does (RFC 8020).  `hidden`: insecure
    only because a name that the resolver denies might be an unsigned delegation in an opt-out span.
    `given_up`: indeterminate because the walk has used up its allowance.
    """

    name: dns.name.Name
    security: Security
    reason: str = ""
    ede: int | None = None
    keys: tuple[PublicKey, ...] = ()
    chain: tuple[str, ...] = ()
    expires: int | None = None
    apex: bool = True
    hidden: bool = False
    barren: bool = False
    given_up: bool = False

    @property
    def secure(self) -> bool:
        """RFC 4035 section 4.3."""
        return self.security is Security.SECURE

    def given_up_for(self, reason: str) -> Zone:
        """This zone once `Exhausted` was raised: nothing is known (RFC 4035 section 4.3)."""
        return msgspec.structs.replace(_indeterminate(self, reason), given_up=True)


def earliest(*moments: int | None) -> int | None:
    """The first of several Unix times (RFC 4034 section 3.1.5); None means never."""
    return min((moment for moment in moments if moment is not None), default=None)


class Chain:
    """Zones and what vouches for them, each worked out once; `points`: where chains begin.

    `note`: a sentence for the reader once the resolver proves to leave out proofs of absence; "" before.
    """

    def __init__(
        self, questions: Questions, points: Points, verifier: Verifier, ledger: Ledger | None = None
    ) -> None:
        self._questions = questions
        self.points = points
        self._verifier = verifier
        self._facts: dict[dns.name.Name, ZoneFact] = {}
        self._standing: Once[dns.name.Name, Zone] = Once(self._establish, "standing", ledger)
        self._proofs: Once[dns.name.Name, Proofs] = Once(self._probe, "proofs", ledger)
        self.note = ""

    async def standing(self, name: dns.name.Name) -> Zone:
        """The zone that owns `name`, or the deepest one we can learn of (RFC 4035 sections 4.3 and 5)."""
        return await self._standing.get(name.canonicalize())

    def adopt(self, unit: Unit) -> None:
        """What another walk has found out about zones."""
        self._facts.update(unit.facts)
        self.note = self.note or unit.note

    def forget(self) -> None:
        """Let go of all that was found."""
        self._standing.tasks.clear()
        self._proofs.tasks.clear()
        self._facts.clear()

    def facts(self) -> tuple[ZoneFact, ...]:
        """Every zone met so far, in canonical order (RFC 4034 section 6.1): parents first."""
        return tuple(self._facts[name] for name in sorted(self._facts))

    def insecure(self, name: dns.name.Name) -> bool:
        """Whether we already know that `name` is insecure (RFC 4035 section 5.2).

        It is when no anchor covers it, or when a name at or above it was declared or proven insecure and no
        anchor is closer.
        """
        top = self.points.closest(name)
        if top is None or self.points.declared_insecure(top):
            return True
        insecure = (zone for zone, fact in self._facts.items() if fact.status is Security.INSECURE)
        return any(name.is_subdomain(zone) for zone in insecure if zone.is_subdomain(top))

    def expect(self, name: dns.name.Name, rdtype: RdataType) -> None:
        """Ask now what validating (`name`, `rdtype`) will need, from its anchor down (RFC 4035 section 5)."""
        top = self.points.above(name, rdtype)
        if top is not None and not self.insecure(name):
            self._questions.expect(name, rdtype, top)

    async def unproven(self, top: str, claim: str) -> tuple[Security, str]:
        """The security of a denial without any proof, in a zone whose chain begins at `top`, and why.

        Bogus if the resolver passes such proofs on: then it received none, and the blame lies with the zone
        or with somebody between the zone and the resolver.  Otherwise the resolver may be to blame, and
        nothing is known (RFC 4035 section 4.3).
        """
        passes = await self._proofs.get(dns.name.from_text(top))
        if passes is Proofs.PASSED:
            return Security.BOGUS, ""
        more = ""
        if passes is Proofs.STRIPPED:
            more = f", nor one about the made-up name {proofs.PROBE}"
        return Security.INDETERMINATE, f"Your resolver sent no proof that {claim}{more}"

    async def _probe(self, top: dns.name.Name) -> Proofs:
        zone = await self.standing(top)
        if not zone.secure or zone.name != top:
            return Proofs.UNKNOWN
        found = await proofs.probe(self._questions, self._verifier, top, zone.keys)
        if found is Proofs.STRIPPED:
            self.note = STRIPPED.format(f"it omits the proof that {proofs.PROBE} does not exist")
            if (unit := current()) is not None:
                unit.note = self.note
        return found

    async def _establish(self, name: dns.name.Name) -> Zone:
        try:
            return await self._descend(name)
        except Exhausted as error:
            top = self.points.closest(name)
            above = () if top in (None, name) else (await self.standing(name.parent())).chain
            return self._record(Zone(name, Security.SECURE, chain=above).given_up_for(str(error)))

    async def _descend(self, name: dns.name.Name) -> Zone:
        declared = self.points.declared_insecure(name)
        if declared:
            return self._record(Zone(name, Security.INSECURE, declared))
        anchor = self.points.anchor(name)
        if anchor is not None:
            return await self._begin(name, anchor)
        if name == dns.name.root:
            return self._record(Zone(name, Security.INSECURE, f"No trust anchor covers {called(name)}"))
        parent = await self.standing(name.parent())
        if self.points.closest(name) is None:
            return msgspec.structs.replace(parent, reason=f"No trust anchor covers {name_text(name)}")
        if not parent.secure or parent.barren:
            return parent
        if len(name) > bounds.CHAIN:
            reason = f"{name_text(name)} has too many labels: the chain of trust is not followed that far"
            deep = Zone(name, Security.SECURE, chain=parent.chain)
            return _indeterminate(deep, reason)
        reply = await self._questions.ask(name, RdataType.DS)
        denied = reply.at(name, RdataType.DS) is None and _alias_above(reply, name) is None
        if not reply.trouble and denied and not reply.proves:
            reply = await proofs.asked_again(self._questions, reply)
        return await self._below(name, parent, reply)

    async def _begin(self, name: dns.name.Name, anchor: Anchor) -> Zone:
        """The zone where the chain begins: match its keys with the anchor (RFC 4035 section 5)."""
        zone, what = Zone(name, Security.SECURE), called(name)
        reply = await self._questions.ask(name, RdataType.DNSKEY)
        if reply.trouble:
            # The resolver stripped nothing: no answer came.
            reason = f"The DNSKEY RRset of {what} could not be fetched: {reply.trouble}"
            ede = EDECode.NETWORK_ERROR if reply.failure is not None else EDECode.NO_REACHABLE_AUTHORITY
            return self._record(_indeterminate(zone, reason, ede), failure=reply.failure)
        signed = reply.at(name, RdataType.DNSKEY)
        if signed is not None and signed.signatures:
            return self._match_keys(zone, signed, anchor)
        ede = EDECode.DNSKEY_MISSING if signed is None else EDECode.RRSIGS_MISSING
        if name != dns.name.root and await self._root_is_signed():
            how = "publishes no DNSKEY" if signed is None else "its DNSKEY RRset came without a signature"
            return self._record(_fail(zone, f"{what} has a trust anchor here, but {how}", ede))
        how = f"it has no DNSKEY of {what}" if signed is None else f"{_STRIPS} {what}'s keys"
        return self._record(_indeterminate(zone, STRIPPED.format(how), ede))

    async def _root_is_signed(self) -> bool:
        """Whether the resolver hands out the root's keys with their signatures, or cannot say."""
        reply = await self._questions.ask(dns.name.root, RdataType.DNSKEY)
        signed = reply.at(dns.name.root, RdataType.DNSKEY)
        return bool(reply.trouble) or (signed is not None and bool(signed.signatures))

    async def _below(self, name: dns.name.Name, parent: Zone, reply: Reply) -> Zone:
        """What lies at `name`, given its `parent` zone and the answer about its DS (RFC 4035 section 5.2)."""
        child = Zone(name, Security.SECURE, chain=parent.chain, expires=parent.expires)
        if reply.trouble:
            reason = f"The DS RRset of {name_text(name)} could not be fetched: {reply.trouble}"
            return self._record(_indeterminate(child, reason), failure=reply.failure)
        budget = self._verifier.budget()
        ds = reply.at(name, RdataType.DS)
        if ds is not None:
            verified = self._verifier.verify(ds, parent.name, parent.keys, budget)
            if not verified.good or verified.labels < len(name) - 1:
                reason = verified.reason or f"The DS RRset of {name_text(name)} was expanded from a wildcard"
                ede = verified.ede or EDECode.DNSSEC_BOGUS
                return self._record(_fail(child, reason, ede), signatures=verified.facts)
            return await self._follow_ds(child, ds, verified)
        alias = _alias_above(reply, name)
        if alias is not None:
            verified = self._verifier.verify(alias, parent.name, parent.keys, budget)
            if verified.good:
                return msgspec.structs.replace(parent, expires=earliest(parent.expires, verified.expires))
        evidence = Evidence(reply, name, parent.name, parent.keys, verifier=self._verifier, budget=budget)
        proof = evidence.no_ds(name)
        if isinstance(proof, Failure):
            failed = _fail(child, proof.reason, proof.ede)
            if not reply.proves:
                security, why = await self.unproven(parent.chain[0], f"{name_text(name)} has no DS record")
                failed = msgspec.structs.replace(failed, security=security, reason=why or proof.reason)
            return self._record(failed, signatures=evidence.facts)
        # The SOA beside the proof is not part of it (RFC 4035 section 5.2): a broken SOA makes "no DS" a
        # bogus answer, but leaves the delegation standing.
        expires = earliest(parent.expires, proof.expires)
        if proof.cut is not Cut.INSECURE_DELEGATION and proof.secure:
            return msgspec.structs.replace(parent, expires=expires, barren=proof.cut is Cut.NO_NAME)
        kind = "NSEC3" if any(each.rdtype == RdataType.NSEC3 for each in reply.denials()) else "NSEC"
        how = proof.note or f"{kind} at {', '.join(proof.owners)}"
        reason = f"{name_text(parent.name)} proves that {name_text(name)} has no DS record ({how})"
        unsigned = msgspec.structs.replace(
            child,
            security=Security.INSECURE,
            reason=reason,
            ede=proof.ede,
            expires=expires,
            apex=proof.secure,
            hidden=not proof.secure and reply.rcode == "NXDOMAIN",
        )
        return self._record(unsigned, proof.expires, signatures=evidence.facts)

    async def _follow_ds(self, child: Zone, ds: SignedSet, verified: Verified) -> Zone:
        """`child` has a DS RRset that its parent signed: fetch the child's keys and match them."""
        records = list(filter(None, map(algorithms.read_ds, list(ds.rrset)[: bounds.KEYS])))
        facts, signatures = shown.ds_facts(records, child.name), verified.facts
        child = msgspec.structs.replace(child, expires=earliest(child.expires, verified.expires))
        if not records:
            reason = f"No DS record of {name_text(child.name)} is long enough to name a key"
            return self._record(_fail(child, reason, EDECode.DNSSEC_BOGUS), signatures=signatures)
        usable = [record for record in records if record.known]
        if not usable:
            known = any(record.algorithm in algorithms.SUPPORTED for record in records)
            what = "digest types" if known else "algorithms"
            reason = (
                f"Every DS record of {name_text(child.name)} uses {what} that this validator does not support"
            )
            unsigned = msgspec.structs.replace(
                child,
                security=Security.INSECURE,
                reason=reason,
                ede=EDECode.UNSUPPORTED_DS_DIGEST_TYPE if known else EDECode.UNSUPPORTED_DNSKEY_ALGORITHM,
            )
            return self._record(unsigned, verified.expires, ds=facts, signatures=signatures)
        # RFC 4509 section 3: ignore SHA-1 beside a stronger digest, or it would be the weakest link.
        strong = [record for record in usable if record.digest_type != algorithms.SHA1_DIGEST]
        reply = await self._questions.ask(child.name, RdataType.DNSKEY)
        if reply.trouble:
            reason = f"The DNSKEY RRset of {name_text(child.name)} could not be fetched: {reply.trouble}"
            failed = _indeterminate(child, reason)
            return self._record(failed, ds=facts, signatures=signatures, failure=reply.failure)
        signed = reply.at(child.name, RdataType.DNSKEY)
        if signed is None:
            reason = f"{name_text(child.name)} has a DS record at its parent, but publishes no DNSKEY"
            failed = _fail(child, reason, EDECode.DNSKEY_MISSING)
            return self._record(failed, ds=facts, signatures=signatures)
        anchor = Anchor(ds=tuple(strong or usable))
        return self._match_keys(child, signed, anchor, records=records, vouched=verified)

    def _match_keys(
        self,
        zone: Zone,
        signed: SignedSet,
        anchor: Anchor,
        *,
        records: Sequence[DsRecord] = (),
        vouched: Verified | None = None,
    ) -> Zone:
        """Match the DNSKEY RRset with what vouches for it, and verify it (RFC 4035 section 5.2).

        `records`: the DS RRset to show; `vouched`: the check of its signatures.  A trust anchor has neither.
        """
        trusted_by = "DS" if vouched else "anchor"
        rdatas = [rdata for rdata in signed.rrset if isinstance(rdata, DNSKEY)]
        rdatas.sort(key=lambda rdata: rdata.to_digestable())
        keys = [PublicKey(rdata) for rdata in rdatas[: bounds.KEYS]]
        matched = [key for key in keys if is_vouched_for(zone.name, key, anchor)]
        trusted = [key for key in matched if key.usable]
        verified = self._verifier.verify(signed, zone.name, trusted, self._verifier.budget())
        ds_facts = shown.ds_facts(records or anchor.ds, zone.name, keys)
        key_facts = tuple(shown.key_fact(key, trusted_by if key in trusted else "") for key in keys)
        signatures = (vouched.facts if vouched else ()) + verified.facts
        expires = earliest(vouched.expires if vouched else None, verified.expires)
        if not trusted:
            reason, ede = no_trusted_key(zone.name, keys, anchor, trusted_by)
            outcome = _fail(zone, reason, ede)
        elif not verified.good:
            reason = verified.reason
            if verified.ede == EDECode.DNSKEY_MISSING:
                tags = ", ".join(str(key.tag) for key in trusted)
                by = f"the key its {trusted_by} names (key tag {tags})"
                reason = f"The DNSKEY RRset of {name_text(zone.name)} is not signed by {by}"
            outcome = _fail(zone, reason, verified.ede)
        else:
            ends = earliest(zone.expires, verified.expires)
            outcome = msgspec.structs.replace(zone, keys=tuple(keys), expires=ends)
        return self._record(outcome, expires, ds=ds_facts, keys=key_facts, signatures=signatures)

    def _record(
        self,
        zone: Zone,
        expires: int | None = None,
        *,
        ds: tuple[DsFact, ...] = (),
        keys: tuple[KeyFact, ...] = (),
        signatures: tuple[SignatureFact, ...] = (),
        failure: Unanswered | None = None,
    ) -> Zone:
        """Keep the fact about `zone`, and append the zone to its own chain."""
        settled = zone.security in (Security.SECURE, Security.INSECURE)
        self._facts[zone.name] = fact = ZoneFact(
            name=name_text(zone.name),
            status=zone.security,
            reason=zone.reason,
            ede=zone.ede,
            ds=ds,
            keys=keys,
            signatures=signatures,
            expires=expires if settled else None,
            failure=failure,
            anchor=self.points.kind(zone.name),
        )
        if (unit := current()) is not None:
            unit.facts[zone.name] = fact
        return msgspec.structs.replace(
            zone,
            chain=(*zone.chain, name_text(zone.name)),
            expires=zone.expires if settled else None,
        )


def _fail(zone: Zone, reason: str, ede: int | None) -> Zone:
    return msgspec.structs.replace(zone, security=Security.BOGUS, reason=reason, ede=ede, keys=())


def _indeterminate(zone: Zone, reason: str, ede: int = EDECode.DNSSEC_INDETERMINATE) -> Zone:
    return msgspec.structs.replace(zone, security=Security.INDETERMINATE, reason=reason, ede=ede, keys=())


def _alias_above(reply: Reply, name: dns.name.Name) -> SignedSet | None:
    """A signed CNAME at `name`, or a DNAME above it, in the answer about its DS: then it is no zone cut."""
    alias = reply.at(name, RdataType.CNAME)
    if alias is not None and alias.signatures:
        return alias
    for (owner, rdtype), found in sorted(reply.answer.items()):
        if rdtype == RdataType.DNAME and name != owner and name.is_subdomain(owner):
            return found
    return None
