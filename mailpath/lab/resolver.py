"""What a recursive resolver answers in the mini-internet: RFC 1034 section 4.3.2 and RFC 4035 section 3.

It has all zones and follows delegations, CNAME (RFC 1034), DNAME (RFC 6672) and wildcards (RFC 4592) across
them.  With DO it adds signatures and proofs of absence (NSEC, NSEC3).  Without CD it behaves like a
validating resolver: AD for secure data, SERVFAIL with an extended error (RFC 8914) for bogus data.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rrset
from dns.rcode import Rcode
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.CNAME import CNAME
from dns.rdtypes.ANY.DNAME import DNAME

from mailpath.lab.grammar import Fault
from mailpath.lab.zones import Status, Zone

#: What this server accepts over UDP (and sends, see `mailpath.lab.dns`): no fragments on any path.
UDP_PAYLOAD = 1232

#: Most aliases that it follows for one question.
MAX_CHAIN = 12

_DENIALS = {RdataType.NSEC, RdataType.NSEC3}
_META = {RdataType.AXFR, RdataType.IXFR, RdataType.MAILA, RdataType.MAILB, RdataType.OPT, RdataType.TSIG}
_WILDCARD = dns.name.Name([b"*"])

#: An RRset, the zone that signs it (None: nobody) and the owner name in the answer, which differs from the
#: RRset's own if a wildcard was expanded.
Entry = tuple[Zone | None, dns.rrset.RRset, dns.name.Name]


class Faulty(NamedTuple):
    """Questions that are not answered as the zones would have it; None: any."""

    name: dns.name.Name | None
    rdtype: RdataType | None
    how: Fault

    def hits(self, name: dns.name.Name, rdtype: RdataType, checking: bool) -> bool:
        """Whether this question is one of them."""
        return (
            self.name in (None, name)
            and self.rdtype in (None, rdtype)
            and self.how.cd != ("set" if checking else "clear")
        )


@dataclass
class Found:
    """An answer in the making.

    `bogus`: why it is bogus, as text for people; `unreachable`: why no name server answered; `dead`: this
    resolver does not answer either; `fault`: the one that this question ran into.
    """

    rcode: Rcode = Rcode.NOERROR
    answer: list[Entry] = field(default_factory=list)
    authority: list[Entry] = field(default_factory=list)
    secure: bool = True
    bogus: str = ""
    unreachable: str = ""
    dead: bool = False
    fault: Fault | None = None

    def take(self, zone: Zone, rrset: dns.rrset.RRset, owner: dns.name.Name | None = None) -> None:
        self.answer.append((zone, rrset, owner or rrset.name))
        self._judge(zone, rrset)

    def prove(self, zone: Zone, rrsets: Iterable[dns.rrset.RRset]) -> None:
        for rrset in rrsets:
            if (zone, rrset, rrset.name) not in self.authority:
                self.authority.append((zone, rrset, rrset.name))
                self._judge(zone, rrset)

    def _judge(self, zone: Zone, rrset: dns.rrset.RRset) -> None:
        status = zone.status()
        self.secure &= status is Status.SECURE
        if status is Status.BOGUS:
            reason = "signatures have expired" if zone.signing.lapsed else "no DNSKEY matches the DS"
            self.bogus = f"{zone.name}: {reason}"
        elif status is Status.SECURE and zone.is_tampered(rrset):
            self.bogus = f"{rrset.name} {rrset.rdtype.name}: a signature does not verify"


class Resolver:
    """Answers queries from `zones`, the root among them."""

    def __init__(self, zones: Iterable[Zone], faults: Iterable[Faulty] = ()) -> None:
        self._zones = {zone.name: zone for zone in zones}
        self._faults = tuple(faults)

    # --- lookup ------------------------------------------------------------------------------------

    def find(self, name: dns.name.Name, rdtype: RdataType, *, checking: bool = True) -> Found:
        """The records for one question; follows aliases.  `checking`: the CD bit is not set."""
        found = Found()
        for _ in range(MAX_CHAIN):
            found.fault = next((each.how for each in self._faults if each.hits(name, rdtype, checking)), None)
            if found.fault is not None:
                return found
            zone = self._zone_of(name, rdtype)
            if zone.serves != "real":
                found.rcode = Rcode.SERVFAIL
                found.unreachable = f"the name servers of {zone.name} refuse"
                found.dead = zone.serves == "dead"
                found.secure = False
                return found
            following = self._step(zone, name, rdtype, found)
            if following is None:
                return found
            name = following
        found.rcode = Rcode.SERVFAIL
        return found

    def _zone_of(self, name: dns.name.Name, rdtype: RdataType) -> Zone:
        """The zone that holds `name`; a DS lives above the cut (RFC 4035 section 3.1.4.1)."""
        at = name
        if rdtype == RdataType.DS and name != dns.name.root and name in self._zones:
            at = name.parent()
        while at not in self._zones:
            at = at.parent()
        return self._zones[at]

    def _step(self, zone: Zone, name: dns.name.Name, rdtype: RdataType, found: Found) -> dns.name.Name | None:
        """Looks in one zone; returns the target of an alias to follow."""
        dname = self._find_dname(zone, name)
        if dname is not None:
            target = self._redirect(zone, dname, name, found)
            # The CNAME synthesized from a DNAME answers a question for CNAME.
            return None if rdtype in {RdataType.CNAME, RdataType.ANY} else target
        if zone.exists(name):
            return self._answer_from(zone, name, name, rdtype, found)
        encloser = zone.closest_encloser(name)
        wildcard = _WILDCARD.concatenate(encloser)
        if zone.exists(wildcard):
            positive = not {rdtype, RdataType.CNAME}.isdisjoint(zone.node(wildcard))
            self._deny_name(zone, name, found, with_encloser=not positive)
            return self._answer_from(zone, wildcard, name, rdtype, found)
        found.rcode = Rcode.NXDOMAIN
        found.prove(zone, [zone.soa()])
        self._deny_name(zone, name, found, with_encloser=True)
        if zone.nsec3 is not None:
            found.prove(zone, [zone.nsec3.matching(wildcard) or zone.nsec3.covering(wildcard)])
        elif zone.signing.signed:
            found.prove(zone, [zone.nsec_at(wildcard)])
        return None

    def _answer_from(
        self, zone: Zone, node_name: dns.name.Name, owner: dns.name.Name, rdtype: RdataType, found: Found
    ) -> dns.name.Name | None:
        node = zone.node(node_name)
        if rdtype == RdataType.ANY and node:
            # RFC 8482 section 4.1: one RRset is an answer to ANY.
            found.take(zone, next(iter(node.values())), owner)
        elif rdtype == RdataType.RRSIG and node:
            for rrset in node.values():
                signature = zone.signature(rrset)
                if signature is not None:
                    found.take(zone, signature, owner)
        elif rdtype in node:
            found.take(zone, node[rdtype], owner)
        elif RdataType.CNAME in node:
            found.take(zone, node[RdataType.CNAME], owner)
            target = node[RdataType.CNAME][0]
            assert isinstance(target, CNAME)
            return target.target
        else:
            self._deny_type(zone, node_name, found)
        return None

    @staticmethod
    def _find_dname(zone: Zone, name: dns.name.Name) -> dns.rrset.RRset | None:
        while name != zone.name:
            name = name.parent()
            if RdataType.DNAME in zone.node(name):
                return zone.node(name)[RdataType.DNAME]
        return None

    @staticmethod
    def _redirect(
        zone: Zone, dname: dns.rrset.RRset, name: dns.name.Name, found: Found
    ) -> dns.name.Name | None:
        """Answers with the DNAME, and with the unsigned CNAME synthesized from it (RFC 6672 section 2.2)."""
        found.take(zone, dname)
        rdata = dname[0]
        assert isinstance(rdata, DNAME)
        try:
            target = name.relativize(dname.name).concatenate(rdata.target)
        except dns.name.NameTooLong:
            found.rcode = Rcode.YXDOMAIN
            return None
        cname = dns.rrset.from_text(name, dname.ttl, "IN", "CNAME", str(target))
        found.answer.append((None, cname, name))
        return target

    @staticmethod
    def _deny_name(zone: Zone, name: dns.name.Name, found: Found, *, with_encloser: bool) -> None:
        """Proves that `name` itself does not exist.

        The RRSIG of an expanded wildcard already shows the closest encloser (RFC 5155 section 7.2.6).
        """
        if zone.nsec3 is not None:
            match, cover = zone.nsec3.closest_encloser_proof(name)
            found.prove(zone, [match, cover] if with_encloser else [cover])
            # RFC 5155 section 9.2: under opt-out the name may be an unsigned delegation.
            found.secure &= not zone.nsec3.opt_out
        elif zone.signing.signed:
            found.prove(zone, [zone.nsec_at(name)])

    @staticmethod
    def _deny_type(zone: Zone, name: dns.name.Name, found: Found) -> None:
        found.prove(zone, [zone.soa()])
        chain = zone.nsec3
        if chain is not None:
            match = chain.matching(name)
            found.prove(zone, [match] if match is not None else chain.closest_encloser_proof(name))
            found.secure &= match is not None
        elif zone.signing.signed:
            found.prove(zone, [zone.nsec_at(name)])

    # --- messages ----------------------------------------------------------------------------------

    def respond(self, query: dns.message.Message) -> dns.message.Message | None:
        """The response to `query`; None if no server would ever answer."""
        response = dns.message.make_response(query, recursion_available=True, our_payload=UDP_PAYLOAD)
        response.flags |= query.flags & dns.flags.CD  # RFC 4035 section 3.2.2
        wants_proofs = query.edns >= 0 and bool(query.ednsflags & dns.flags.DO)
        if wants_proofs:
            response.want_dnssec(True)
        if query.opcode() != dns.opcode.QUERY or len(query.question) != 1:
            response.set_rcode(Rcode.NOTIMP if query.opcode() != dns.opcode.QUERY else Rcode.FORMERR)
            return response
        question = query.question[0]
        if question.rdclass != dns.rdataclass.IN or question.rdtype in _META:
            response.set_rcode(Rcode.REFUSED)
            return response
        checking = not query.flags & dns.flags.CD
        found = self.find(question.name, question.rdtype, checking=checking)
        if found.dead or (found.fault is not None and found.fault.answer == "drop"):
            return None
        if found.fault is not None:
            return _err(query, response, found.fault)
        if found.unreachable or (found.bogus and checking):
            return _fail(query, response, found)
        if checking and found.secure and (wants_proofs or query.flags & dns.flags.AD):
            response.flags |= dns.flags.AD
        response.set_rcode(found.rcode)
        _fill(response.answer, found.answer, wants_proofs)
        # A requester without DO gets no proofs (RFC 4035 section 3.1).
        shown = [each for each in found.authority if wants_proofs or each[1].rdtype not in _DENIALS]
        _fill(response.authority, shown, wants_proofs)
        return response


def _fail(query: dns.message.Message, response: dns.message.Message, found: Found) -> dns.message.Message:
    """SERVFAIL, with the reason as an extended error (RFC 8914) if the requester speaks EDNS."""
    response.set_rcode(Rcode.SERVFAIL)
    if query.edns >= 0:
        code = dns.edns.EDECode.NO_REACHABLE_AUTHORITY if found.unreachable else dns.edns.EDECode.DNSSEC_BOGUS
        error = dns.edns.EDEOption(code, found.unreachable or found.bogus)
        response.use_edns(0, query.ednsflags & dns.flags.DO, UDP_PAYLOAD, options=[error])
    return response


def _err(query: dns.message.Message, response: dns.message.Message, fault: Fault) -> dns.message.Message:
    """The error that `fault` answers with."""
    response.set_rcode(Rcode.from_text(fault.answer))
    if query.edns >= 0 and fault.ede is not None:
        error = dns.edns.EDEOption(dns.edns.EDECode.make(fault.ede))
        response.use_edns(0, query.ednsflags & dns.flags.DO, UDP_PAYLOAD, options=[error])
    return response


def _fill(section: list[dns.rrset.RRset], entries: list[Entry], signed: bool) -> None:
    for zone, rrset, owner in entries:
        section.append(_rename(rrset, owner))
        if signed and zone is not None and rrset.rdtype != RdataType.RRSIG:
            signature = zone.signature(rrset)
            if signature is not None:
                section.append(_rename(signature, owner))


def _rename(rrset: dns.rrset.RRset, owner: dns.name.Name) -> dns.rrset.RRset:
    if rrset.name == owner:
        return rrset
    return dns.rrset.from_rdata_list(owner, rrset.ttl, list(rrset))
