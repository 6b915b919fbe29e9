"""One lookup: ask, follow CNAME and DNAME, judge every hop (RFC 4035 section 5, RFC 6672 section 5.3).

A recursive resolver puts the whole chain of aliases and the last RRset into one message.  If it does not, or
if its proof of absence belongs to another zone, we ask for the rest separately.
"""

from __future__ import annotations

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import msgspec
from dns.edns import EDECode
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.CNAME import CNAME
from dns.rdtypes.ANY.DNAME import DNAME

from mailpath.dnssec import bounds
from mailpath.dnssec.algorithms import read_ds
from mailpath.dnssec.chain import Chain, earliest
from mailpath.dnssec.judgement import Judge, Judgement, weakest
from mailpath.dnssec.kinds import why_not_asked
from mailpath.dnssec.messages import Reply, SignedSet, name_text
from mailpath.dnssec.proofs import asked_again
from mailpath.dnssec.questions import Questions
from mailpath.dnssec.wire import RRset, name_from
from mailpath.exchanges import Failure
from mailpath.facts import AliasLink, Found, Lookup, Security

_NO_ERROR = "NOERROR"
_SETTLED = (Security.SECURE, Security.INSECURE)


class Alias(msgspec.Struct, frozen=True):
    """One hop: the RRset that carries the signature, and the name it leads to."""

    owner: dns.name.Name
    target: dns.name.Name
    signed: SignedSet
    rdtype: RdataType


class _Trail(msgspec.Struct):
    """The hops on the way to the last RRset."""

    name: str
    rdtype: str
    aliases: list[Alias] = []
    judgements: list[Judgement] = []

    def links(self) -> tuple[AliasLink, ...]:
        return tuple(
            AliasLink(
                owner=name_text(alias.owner),
                target=name_text(alias.target),
                rdtype=dns.rdatatype.to_text(alias.rdtype),
                security=judged.security,
                reason=judged.reason,
            )
            for alias, judged in zip(self.aliases, self.judgements, strict=True)
        )


class Answers:
    """Lookups over one set of questions, chain and judge."""

    def __init__(self, questions: Questions, chain: Chain, judge: Judge) -> None:
        self._questions = questions
        self._chain = chain
        self._judge = judge

    async def lookup(self, name: str, rdtype: str) -> Lookup:
        """(`name`, `rdtype`), aliases followed, validated (RFC 4035 section 5, RFC 6672 section 5.3.1).

        Never raises: see `Lookup.found` and `reason`.
        """
        try:
            owner = name_from(name)
            wanted = dns.rdatatype.from_text(rdtype)
        except (dns.exception.DNSException, ValueError) as error:
            return _refuse(name, rdtype, f"{name} {rdtype} cannot be looked up: {error}")
        why = why_not_asked(wanted)
        if why:
            return _refuse(name, rdtype, why)
        trail = _Trail(name=name_text(owner), rdtype=dns.rdatatype.to_text(wanted))
        self._chain.expect(owner, wanted)
        reply = await self._questions.ask(owner, wanted)
        current = owner
        while not reply.trouble:
            current = await self._follow(trail, reply, current, wanted)
            if len(trail.aliases) > bounds.ALIASES:
                why = f"The aliases of {trail.name} form a loop or never end"
                judged = Judgement(Security.INDETERMINATE, why, EDECode.OTHER)
                return _conclude(trail, judged, Found.FAILED, current, None)
            signed = reply.at(current, wanted)
            alias = find_alias(reply, current) if wanted == RdataType.CNAME else None
            if alias is not None and alias.rdtype == RdataType.DNAME:
                judged = await self._judge_alias(reply, alias)
                return _conclude_found(trail, reply, _synthesize_cname(alias), judged)
            if signed is not None:
                judged = await self._judge.rrset(reply, signed)
                if not await self._should_ask_anew(reply, current, wanted, judged):
                    return _conclude_found(trail, reply, signed, judged)
            elif reply.name == current or reply.is_negative:
                judged = await self._judge.absence(reply, current, wanted)
                if judged.zone is not None and judged.zone.given_up:
                    # The walk ran out of budget before it could tell: nobody may take the name for absent.
                    failed = _conclude(trail, judged, Found.FAILED, current, None)
                    return msgspec.structs.replace(failed, failure=Failure.NOT_TRIED, detail=judged.reason)
                if judged.unproven and reply.name == current:
                    second = await asked_again(self._questions, reply)
                    if second is not reply:
                        reply = second
                        continue
                    claim = f"{name_text(current)} has no {dns.rdatatype.to_text(wanted)}"
                    judged = await self._judge.without_proof(judged, claim)
                if reply.name == current or judged.security in _SETTLED:
                    # Nobody signs an RCODE: what the records prove overrides it, as in unbound.
                    rcode = _NO_ERROR if judged.name_exists else reply.rcode
                    return _conclude(trail, judged, Found.ABSENT, current, rcode)
            reply = await self._questions.ask(current, wanted)
        return await self._fail(trail, reply, current, wanted)

    async def _should_ask_anew(
        self, reply: Reply, name: dns.name.Name, wanted: RdataType, judged: Judgement
    ) -> bool:
        """Whether to ask for `name` itself, because what `reply` has there, behind an alias, is bogus.

        It may lack only a proof that the resolver gives when asked directly.
        """
        if judged.security is not Security.BOGUS or reply.name == name:
            return False
        return not (await self._questions.ask(name, wanted)).trouble

    async def _follow(
        self, trail: _Trail, reply: Reply, current: dns.name.Name, wanted: RdataType
    ) -> dns.name.Name:
        """Judge the aliases in `reply` from `current` on; return the name at their end.

        Stop early at an alias that we should ask for separately.
        """
        found: list[Alias] = []
        while len(trail.aliases) + len(found) <= bounds.ALIASES and reply.at(current, wanted) is None:
            alias = find_alias(reply, current)
            if alias is None or wanted == RdataType.CNAME:
                break
            found.append(alias)
            current = alias.target
            self._chain.expect(current, wanted)
        for alias in found:
            judged = await self._judge_alias(reply, alias)
            if await self._should_ask_anew(reply, alias.owner, wanted, judged):
                return alias.owner
            trail.aliases.append(alias)
            trail.judgements.append(judged)
        return current

    async def _judge_alias(self, reply: Reply, alias: Alias) -> Judgement:
        """The status of one hop: that of the RRset that carries the signature (RFC 6672 section 5.3.1)."""
        judged = await self._judge.rrset(reply, alias.signed)
        if alias.rdtype != RdataType.DNAME or judged.wildcard is None:
            return judged
        # The RFCs do not define what such a record redirects; unbound refuses it too.
        reason = (
            f"{alias.signed} was expanded from the wildcard {judged.wildcard}, which is not defined (RFC"
            " 6672 section 3.3, RFC 4592 section 4.4), so validators refuse it"
        )
        return msgspec.structs.replace(
            judged, security=Security.BOGUS, reason=reason, ede=EDECode.DNSSEC_BOGUS
        )

    async def _fail(self, trail: _Trail, reply: Reply, name: dns.name.Name, wanted: RdataType) -> Lookup:
        """The question itself went unanswered: say whose error it was, and what we know of the zone."""
        known = await self._judge.unanswered(name, wanted)
        trouble = f"{reply.question}: {reply.trouble}"
        if reply.detail and reply.failure is None:
            trouble += f" ({reply.detail})"
        judged = Judgement(
            known.security,
            trouble,
            EDECode.NO_REACHABLE_AUTHORITY if reply.failure is None else EDECode.NETWORK_ERROR,
            known.zone,
        )
        failed = _conclude(trail, judged, Found.FAILED, name, reply.rcode)
        return msgspec.structs.replace(failed, failure=reply.failure, detail=reply.detail)


def find_alias(reply: Reply, name: dns.name.Name) -> Alias | None:
    """The CNAME at `name`, or the DNAME above it, in the answer section (RFC 6672 sections 3.1 and 5.3.1).

    A server synthesizes an unsigned CNAME below a DNAME.  We ignore it and compute the target from the DNAME,
    which carries the signature.
    """
    cname = reply.at(name, RdataType.CNAME)
    if cname is None or not cname.signatures:
        for (owner, rdtype), signed in sorted(reply.answer.items(), reverse=True):
            if rdtype != RdataType.DNAME or owner == name or not name.is_subdomain(owner):
                continue
            rdata = signed.rrset[0]
            if isinstance(rdata, DNAME):
                target = substitute(name, owner, rdata.target)
                if target is not None:
                    return Alias(name, target, signed, RdataType.DNAME)
    if cname is not None and isinstance(only := cname.rrset[0], CNAME):
        return Alias(name, only.target, cname, RdataType.CNAME)
    return None


def _synthesize_cname(alias: Alias) -> SignedSet:
    """The CNAME that a server synthesizes from a DNAME (RFC 6672 section 3.1)."""
    target = alias.target.to_wire() or b""
    rdata = dns.rdata.from_wire(dns.rdataclass.IN, RdataType.CNAME, target, 0, len(target))
    return SignedSet(
        RRset(alias.owner, rdata.rdclass, rdata.rdtype, rdata.covers(), alias.signed.rrset.ttl, (rdata,)), ()
    )


def substitute(name: dns.name.Name, owner: dns.name.Name, target: dns.name.Name) -> dns.name.Name | None:
    """DNAME substitution (RFC 6672 section 2.2); None when the result would be too long for a name."""
    try:
        return name.relativize(owner).derelativize(target)
    except dns.name.NameTooLong:
        return None


def _format(wire: bytes, rdata: dns.rdata.Rdata) -> str:
    """Presentation form of the canonical form `wire`, so that text and octets say the same.

    Malformed data appear as in RFC 3597 section 5, but TLSA and DS as their four fields (RFC 6698 section
    2.2, RFC 4034 section 5.3).
    """
    if not isinstance(rdata, dns.rdata.GenericRdata):
        return dns.rdata.from_wire(rdata.rdclass, rdata.rdtype, wire, 0, len(wire)).to_text()
    if rdata.rdtype == RdataType.TLSA and len(wire) > 3:
        return f"{wire[0]} {wire[1]} {wire[2]} {wire[3:].hex()}"
    if rdata.rdtype == RdataType.DS and (ds := read_ds(rdata)) is not None:
        return f"{ds.key_tag} {ds.algorithm} {ds.digest_type} {ds.digest.hex()}".rstrip()
    return rdata.to_text()


def _refuse(name: str, rdtype: str, reason: str) -> Lookup:
    return Lookup(
        name=name, rdtype=rdtype, found=Found.FAILED, canonical=name, reason=reason, detail=reason
    )  # fmt: skip


def _conclude_found(trail: _Trail, reply: Reply, signed: SignedSet, judged: Judgement) -> Lookup:
    rdatas = sorted((rdata.to_digestable(), rdata) for rdata in signed.rrset)
    ttl = signed.rrset.ttl
    if judged.original_ttl is not None:
        ttl = min(ttl, judged.original_ttl)  # RFC 4035 section 5.3.3
    return msgspec.structs.replace(
        _conclude(trail, judged, Found.FOUND, signed.owner, reply.rcode),
        rdata=tuple(wire for wire, _ in rdatas),
        records=tuple(_format(wire, rdata) for wire, rdata in rdatas),
        ttl=ttl,
    )


def _conclude(
    trail: _Trail, last: Judgement, found: Found, canonical: dns.name.Name, rcode: str | None
) -> Lookup:
    """The facts about all hops and the `last` answer; the weakest decides, the last one on a tie."""
    whole = weakest([last, *reversed(trail.judgements)])
    settled = whole.security in _SETTLED and found is not Found.FAILED
    everything = [*trail.judgements, last]
    signatures = dict.fromkeys(fact for judged in everything for fact in judged.signatures)
    return Lookup(
        name=trail.name,
        rdtype=trail.rdtype,
        found=found,
        canonical=name_text(canonical),
        rcode=rcode,
        links=trail.links(),
        security=whole.security,
        final_security=last.security,
        reason=last.reason if found is Found.FAILED else whole.reason,
        ede=last.ede if found is Found.FAILED else whole.ede,
        zone=last.zone.chain[-1] if last.zone and last.zone.chain else None,
        chain=last.zone.chain if last.zone else (),
        signatures=tuple(signatures),
        wildcard=last.wildcard,
        denial=last.denial,
        expires=earliest(*(judged.expires for judged in everything)) if settled else None,
    )
