"""The chain of trust, from the closest trust anchor down through every zone cut (RFC 4035 section 5).

`Chain.standing(name)` answers the question on which all else rests: which zone owns `name`, and what
is known about that zone?  It goes down label by label, as the parent's DS and its denial tell, and begins
where `anchors.Points` say.  A zone is *secure* when a DS that its secure parent signed, or a trust anchor,
matches a key that signs its DNSKEY RRset; it is *insecure* only when the parent proves that there is no DS,
or none that we can use, when no anchor covers it, or when it was declared insecure; when a proof is missing
or wrong it is *bogus*; when nothing could be fetched it is *indeterminate*.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import dns.name
from dns.edns import EDECode
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.DNSKEY import DNSKEY

from mailpath.dnssec import algorithms, bounds, proofs, shown
from mailpath.dnssec.algorithms import Delegation, PublicKey
from mailpath.dnssec.anchors import Anchor, Points, called
from mailpath.dnssec.bounds import Exhausted
from mailpath.dnssec.denial import Evidence, Failure
from mailpath.dnssec.denial_nsec import Cut
from mailpath.dnssec.matching import is_vouched_for, no_trusted_key
from mailpath.dnssec.messages import Reply, SignedSet, name_text
from mailpath.dnssec.proofs import Proofs
from mailpath.dnssec.questions import Once, Questions
from mailpath.dnssec.signatures import (
    Verified,
    Verifier,
)
from mailpath.exchanges import Failure as Unanswered
from mailpath.facts import DsFact, KeyFact, Security, SignatureFact, ZoneFact

STRIPPED = (
    "Your resolver does not pass DNSSEC data ({}), so nothing can be validated through it; use another one"
    " with --resolver"
)
_STRIPS = "it strips signatures, even that of"


@dataclass(frozen=True)
class Zone:
    """What is known about one zone; `name` is where the knowledge ends when it is not secure.

    `keys`: its DNSKEY RRset.  `expires`: first moment at which some proof on the way to it stops
    holding.  `chain`: names of the zones on the way, that of the trust anchor first.  `apex`: whether `name`
    is proven to be a zone of its own, and not merely a name under which unsigned zones may hide (opt-out).
    `barren`: the name that was asked about does not exist, so that nothing below it does (RFC 8020).
    `hidden`: insecure only because a name that the resolver denies might be an unsigned delegation in an
    opt-out span.
    `given_up`: indeterminate because the walk may do no more for its signatures.
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
        """What is left to say where `Exhausted` was raised (RFC 4035 section 4.3)."""
        failed = _failed(self, reason, EDECode.DNSSEC_INDETERMINATE, indeterminate=True)
        return dataclasses.replace(failed, given_up=True)


def earliest(*moments: int | None) -> int | None:
    """The first of several Unix times (RFC 4034 section 3.1.5), None standing for never."""
    return min((moment for moment in moments if moment is not None), default=None)


class Chain:
    """Zones and how they are vouched for, each established once; `points`: where that begins.

    `note`: the sentence that says so, once the resolver was seen to leave proofs of absence out; "" before.
    """

    def __init__(self, questions: Questions, points: Points, verifier: Verifier) -> None:
        self._questions = questions
        self.points = points
        self._verifier = verifier
        self._facts: dict[dns.name.Name, ZoneFact] = {}
        self._standing: Once[dns.name.Name, Zone] = Once(self._find)
        self._proofs: Once[dns.name.Name, Proofs] = Once(self._probe)
        self.note = ""

    async def standing(self, name: dns.name.Name) -> Zone:
        """The zone that owns `name`, as far down as can be known (RFC 4035 sections 4.3 and 5)."""
        return await self._standing.get(name.canonicalize())

    def facts(self) -> tuple[ZoneFact, ...]:
        """Every zone that was come across, in canonical order (RFC 4034 section 6.1): parents first."""
        return tuple(self._facts[name] for name in sorted(self._facts))

    def insecure(self, name: dns.name.Name) -> bool:
        """Whether `name` is known by now to be insecure: under no anchor, or at or below what was declared or
        proven insecure (RFC 4035 section 5.2) with no anchor closer.
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
        """Of a denial without any proof, in a zone whose chain begins at `top`: its security, and why.

        Bogus where the resolver passes such proofs on: then it had none to pass, and the zone, or somebody on
        the way from it, is to blame.  Else the resolver may well be, and nothing is known (RFC 4035 4.3).
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
        return found

    async def _find(self, name: dns.name.Name) -> Zone:
        try:
            return await self._established(name)
        except Exhausted as error:
            top = self.points.closest(name)
            above = () if top in (None, name) else (await self.standing(name.parent())).chain
            return self._record(Zone(name, Security.SECURE, chain=above).given_up_for(str(error)), None)

    async def _established(self, name: dns.name.Name) -> Zone:
        declared = self.points.declared_insecure(name)
        if declared:
            return self._record(Zone(name, Security.INSECURE, declared), None)
        anchor = self.points.anchor(name)
        if anchor is not None:
            return await self._anchored(name, anchor)
        if name == dns.name.root:
            return self._record(Zone(name, Security.INSECURE, f"No trust anchor covers {called(name)}"), None)
        parent = await self.standing(name.parent())
        if self.points.closest(name) is None:
            return dataclasses.replace(parent, reason=f"No trust anchor covers {name_text(name)}")
        if not parent.secure or parent.barren:
            return parent
        if len(name) > bounds.CHAIN:
            reason = f"{name_text(name)} has too many labels: the chain of trust is not followed that far"
            deep = Zone(name, Security.SECURE, chain=parent.chain)
            return _failed(deep, reason, EDECode.DNSSEC_INDETERMINATE, indeterminate=True)
        reply = await self._questions.ask(name, RdataType.DS)
        denied = reply.at(name, RdataType.DS) is None and _alias_above(reply, name) is None
        if not reply.trouble and denied and not reply.proves:
            reply = await proofs.asked_again(self._questions, reply)
        return await self._below(name, parent, reply)

    async def _anchored(self, name: dns.name.Name, anchor: Anchor) -> Zone:
        """The zone at which the chain begins: its keys, matched with the anchor (RFC 4035 section 5)."""
        zone, what = Zone(name, Security.SECURE), called(name)
        reply = await self._questions.ask(name, RdataType.DNSKEY)
        if reply.trouble:
            # Nothing was stripped: nothing came.
            reason = f"The DNSKEY RRset of {what} could not be fetched: {reply.trouble}"
            ede = EDECode.NETWORK_ERROR if reply.failure is not None else EDECode.NO_REACHABLE_AUTHORITY
            failed = _failed(zone, reason, ede, indeterminate=True)
            return self._record(failed, None, failure=reply.failure)
        signed = reply.at(name, RdataType.DNSKEY)
        if signed is not None and signed.signatures:
            return self._keys(zone, signed, anchor)
        ede = EDECode.DNSKEY_MISSING if signed is None else EDECode.RRSIGS_MISSING
        if name != dns.name.root and await self._root_is_signed():
            how = "publishes no DNSKEY" if signed is None else "its DNSKEY RRset came without a signature"
            return self._record(_failed(zone, f"{what} has a trust anchor here, but {how}", ede), None)
        how = f"it has no DNSKEY of {what}" if signed is None else f"{_STRIPS} {what}'s keys"
        return self._record(_failed(zone, STRIPPED.format(how), ede, indeterminate=True), None)

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
            failed = _failed(child, reason, EDECode.DNSSEC_INDETERMINATE, indeterminate=True)
            return self._record(failed, None, failure=reply.failure)
        budget = self._verifier.budget()
        ds = reply.at(name, RdataType.DS)
        if ds is not None:
            verified = self._verifier.verify(ds, parent.name, parent.keys, budget)
            if not verified.good or verified.labels < len(name) - 1:
                reason = verified.reason or f"The DS RRset of {name_text(name)} was expanded from a wildcard"
                ede = verified.ede or EDECode.DNSSEC_BOGUS
                return self._record(_failed(child, reason, ede), None, signatures=verified.facts)
            return await self._delegated(child, ds, verified)
        alias = _alias_above(reply, name)
        if alias is not None:
            verified = self._verifier.verify(alias, parent.name, parent.keys, budget)
            if verified.good:
                return dataclasses.replace(parent, expires=earliest(parent.expires, verified.expires))
        evidence = Evidence(reply, name, parent.name, parent.keys, verifier=self._verifier, budget=budget)
        proof = evidence.no_ds(name)
        if isinstance(proof, Failure):
            failed = _failed(child, proof.reason, proof.ede)
            if not reply.proves:
                security, why = await self.unproven(parent.chain[0], f"{name_text(name)} has no DS record")
                failed = dataclasses.replace(failed, security=security, reason=why or proof.reason)
            return self._record(failed, None, signatures=evidence.facts)
        # The SOA beside it is no part of the proof (RFC 4035 section 5.2): a broken one spoils the DS RRset's
        # absence as an answer, but not the delegation.
        expires = earliest(parent.expires, proof.expires)
        if proof.cut is not Cut.INSECURE_DELEGATION and proof.secure:
            return dataclasses.replace(parent, expires=expires, barren=proof.cut is Cut.NO_NAME)
        how = proof.note or f"NSEC{'3' if _hashed(reply) else ''} at {', '.join(proof.owners)}"
        reason = f"{name_text(parent.name)} proves that {name_text(name)} has no DS record ({how})"
        unsigned = dataclasses.replace(
            child,
            security=Security.INSECURE,
            reason=reason,
            ede=proof.ede,
            expires=expires,
            apex=proof.secure,
            hidden=not proof.secure and reply.rcode == "NXDOMAIN",
        )
        return self._record(unsigned, proof.expires, signatures=evidence.facts)

    async def _delegated(self, child: Zone, ds: SignedSet, verified: Verified) -> Zone:
        """`child` has a DS RRset that its parent signed: fetch its keys and match them."""
        read = (algorithms.read_ds(rdata) for rdata in list(ds.rrset)[: bounds.KEYS])
        records = [record for record in read if record is not None]
        child = dataclasses.replace(child, expires=earliest(child.expires, verified.expires))
        if not records:
            reason = f"No DS record of {name_text(child.name)} is long enough to name a key"
            return self._record(_failed(child, reason, EDECode.DNSSEC_BOGUS), None, signatures=verified.facts)
        known = [record for record in records if int(record.algorithm) in algorithms.SUPPORTED]
        usable = [record for record in known if algorithms.digest_supported(int(record.digest_type))]
        if not usable:
            what = "digest types" if known else "algorithms"
            reason = (
                f"Every DS record of {name_text(child.name)} uses {what} that this validator does not support"
            )
            unsigned = dataclasses.replace(
                child,
                security=Security.INSECURE,
                reason=reason,
                ede=EDECode.UNSUPPORTED_DS_DIGEST_TYPE if known else EDECode.UNSUPPORTED_DNSKEY_ALGORITHM,
            )
            facts = shown.ds_facts(records)
            return self._record(unsigned, verified.expires, ds=facts, signatures=verified.facts)
        # RFC 4509 section 3: SHA-1 is ignored beside a stronger digest, or it would be the weakest link.
        strong = [record for record in usable if record.digest_type != algorithms.SHA1_DIGEST]
        reply = await self._questions.ask(child.name, RdataType.DNSKEY)
        if reply.trouble:
            reason = f"The DNSKEY RRset of {name_text(child.name)} could not be fetched: {reply.trouble}"
            failed = _failed(child, reason, EDECode.DNSSEC_INDETERMINATE, indeterminate=True)
            facts = shown.ds_facts(records)
            return self._record(failed, None, ds=facts, signatures=verified.facts, failure=reply.failure)
        signed = reply.at(child.name, RdataType.DNSKEY)
        if signed is None:
            reason = f"{name_text(child.name)} has a DS record at its parent, but publishes no DNSKEY"
            failed = _failed(child, reason, EDECode.DNSKEY_MISSING)
            return self._record(failed, None, ds=shown.ds_facts(records), signatures=verified.facts)
        anchor = Anchor(ds=tuple(strong or usable))
        return self._keys(child, signed, anchor, records=records, vouched=verified)

    def _keys(
        self,
        zone: Zone,
        signed: SignedSet,
        anchor: Anchor,
        *,
        records: Sequence[Delegation] = (),
        vouched: Verified | None = None,
    ) -> Zone:
        """Match the DNSKEY RRset with what vouches for it, and verify it (RFC 4035 section 5.2).

        `records`: the DS RRset to show, `vouched` what its signatures were worth; neither at a trust anchor.
        """
        trusted_by = "DS" if vouched else "anchor"
        rdatas = sorted((rdata for rdata in signed.rrset if isinstance(rdata, DNSKEY)), key=_canonical)
        keys = [PublicKey(rdata) for rdata in rdatas[: bounds.KEYS]]
        matched = [key for key in keys if is_vouched_for(zone.name, key, anchor)]
        trusted = [key for key in matched if key.usable]
        verified = self._verifier.verify(signed, zone.name, trusted, self._verifier.budget())
        ds_facts = tuple(
            shown.ds_fact(record, matches=any(key.is_named_by(record, zone.name) for key in keys))
            for record in shown.in_order(records or anchor.ds)
        )
        key_facts = tuple(shown.key_fact(key, trusted_by if key in trusted else "") for key in keys)
        signatures = (vouched.facts if vouched else ()) + verified.facts
        expires = earliest(vouched.expires if vouched else None, verified.expires)
        if not trusted:
            reason, ede = no_trusted_key(zone.name, keys, anchor, trusted_by)
            outcome = _failed(zone, reason, ede)
        elif not verified.good:
            reason = verified.reason
            if verified.ede == EDECode.DNSKEY_MISSING:
                tags = ", ".join(str(key.tag) for key in trusted)
                by = f"the key its {trusted_by} names (key tag {tags})"
                reason = f"The DNSKEY RRset of {name_text(zone.name)} is not signed by {by}"
            outcome = _failed(zone, reason, verified.ede)
        else:
            outcome = dataclasses.replace(
                zone,
                keys=tuple(keys),
                expires=earliest(zone.expires, verified.expires),
            )
        return self._record(outcome, expires, ds=ds_facts, keys=key_facts, signatures=signatures)

    def _record(
        self,
        zone: Zone,
        expires: int | None,
        *,
        ds: tuple[DsFact, ...] = (),
        keys: tuple[KeyFact, ...] = (),
        signatures: tuple[SignatureFact, ...] = (),
        failure: Unanswered | None = None,
    ) -> Zone:
        """Keep the fact of `zone`, and put it at the end of its own chain."""
        settled = zone.security in (Security.SECURE, Security.INSECURE)
        self._facts[zone.name] = ZoneFact(
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
        return dataclasses.replace(
            zone,
            chain=(*zone.chain, name_text(zone.name)),
            expires=zone.expires if settled else None,
        )


def _failed(zone: Zone, reason: str, ede: int | None, *, indeterminate: bool = False) -> Zone:
    security = Security.INDETERMINATE if indeterminate else Security.BOGUS
    return dataclasses.replace(zone, security=security, reason=reason, ede=ede, keys=())


def _alias_above(reply: Reply, name: dns.name.Name) -> SignedSet | None:
    """A signed CNAME at `name`, or DNAME above it, in the answer about its DS: then there is no zone cut."""
    alias = reply.at(name, RdataType.CNAME)
    if alias is not None and alias.signatures:
        return alias
    for (owner, rdtype), found in sorted(reply.answer.items()):
        if rdtype == RdataType.DNAME and name != owner and name.is_subdomain(owner):
            return found
    return None


def _hashed(reply: Reply) -> bool:
    return any(signed.rdtype == RdataType.NSEC3 for signed in reply.denials())


def _canonical(key: DNSKEY) -> bytes:
    return key.to_digestable()
