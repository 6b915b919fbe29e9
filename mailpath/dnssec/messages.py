"""One answer of the resolver as RRsets with their signatures beside them (RFC 4035 section 3.1).

A DNS message is a bag of records; validation works on RRsets (RFC 2181 section 5) and the RRSIGs that cover
them.  The bytes come from a stranger: a message that cannot be parsed, answers another question or is too
large becomes a `Reply` with a `trouble`, never an exception.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from weakref import WeakKeyDictionary

import dns.exception
import dns.flags
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import msgspec
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.RRSIG import RRSIG

from mailpath.dnssec import bounds
from mailpath.dnssec.wire import Asked, Body, RRset, WireMessage, read_message
from mailpath.exchanges import DnsExchange, Failure
from mailpath.visible import visible


@lru_cache(maxsize=4096)
def name_text(name: dns.name.Name) -> str:
    """`name` in the form of the facts: canonical (RFC 4034 6.2), no trailing dot, "." for the root."""
    return name.canonicalize().to_text(omit_final_dot=True)


class SignedSet(msgspec.Struct, frozen=True, dict=True):
    """One RRset and every RRSIG over it that came in the same section."""

    rrset: RRset
    signatures: tuple[RRSIG, ...]

    @property
    def owner(self) -> dns.name.Name:
        """The name of the RRset (RFC 2181 section 5)."""
        return self.rrset.name

    @property
    def rdtype(self) -> RdataType:
        """The type of the RRset (RFC 2181 section 5)."""
        return self.rrset.rdtype

    @cached_property
    def octets(self) -> dict[int, bytes]:
        """What each of the signatures (by its `id`) signs, where it was worked out."""
        return {}

    @cached_property
    def records(self) -> tuple[bytes, ...]:
        """RDATA in canonical form and order (RFC 4034 sections 6.2 and 6.3)."""
        return tuple(sorted(rdata.to_digestable() for rdata in self.rrset))

    def __str__(self) -> str:
        return self._text

    @cached_property
    def _text(self) -> str:
        return f"{name_text(self.owner)} {dns.rdatatype.to_text(self.rdtype)}"


#: A malformed record of these types proves nothing, and validation notices that the proof is missing.
_PROOFS = frozenset({RdataType.DNSKEY, RdataType.RRSIG, RdataType.NSEC, RdataType.NSEC3})

_ANSWERS = (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)

Section = Mapping[tuple[dns.name.Name, RdataType], SignedSet]

#: Answer and authority section of each message that is remembered: what is worked out of them stays with it.
_grouped: WeakKeyDictionary[Body, tuple[Section, Section]] = WeakKeyDictionary()


class Reply(msgspec.Struct, frozen=True):
    """What the resolver said to (`name`, `rdtype`).

    `trouble`: "" or why there is no usable answer, as the end of a sentence ("the resolver answered
    SERVFAIL"); then `failure` is set where no message came at all.
    """

    name: dns.name.Name
    rdtype: RdataType
    rcode: str | None = None
    answer: Section = {}
    authority: Section = {}
    authenticated: bool = False
    trouble: str = ""
    failure: Failure | None = None
    detail: str = ""

    @property
    def question(self) -> str:
        """What was asked (RFC 1035 section 4.1.2), for people."""
        return f"{name_text(self.name)} {dns.rdatatype.to_text(self.rdtype)}"

    def at(self, name: dns.name.Name, rdtype: RdataType) -> SignedSet | None:
        """The RRset of the answer section (RFC 4035 section 3.1), or None."""
        return self.answer.get((name, rdtype))

    def soas(self) -> list[SignedSet]:
        """SOA RRsets of the authority section: whose negative answer it is (RFC 2308 section 3)."""
        return [found for key, found in sorted(self.authority.items()) if key[1] == RdataType.SOA]

    @property
    def is_negative(self) -> bool:
        """Whether it denies something: SOA, NSEC or NSEC3 in the authority section (RFC 2308 section 2)."""
        kinds = (RdataType.SOA, RdataType.NSEC, RdataType.NSEC3)
        return any(rdtype in kinds for _, rdtype in self.authority)

    @property
    def proves(self) -> bool:
        """Whether it holds anything like a proof of absence: a signed NSEC or NSEC3 (RFC 4035 3.1.3)."""
        return any(signed.signatures for signed in self.denials())

    def denials(self) -> list[SignedSet]:
        """NSEC and NSEC3 RRsets of the authority section (RFC 4035 section 3.1.3), in canonical order."""
        kinds = (RdataType.NSEC, RdataType.NSEC3)
        return [found for key, found in sorted(self.authority.items()) if key[1] in kinds]


def read_reply(name: dns.name.Name, rdtype: RdataType, exchange: DnsExchange) -> Reply:
    """The `Reply` in `exchange` (RFC 1035 section 4.1, RFC 4035 section 4.1).  Never raises."""
    if exchange.failure is not None or exchange.response is None:
        failure = exchange.failure or Failure.PROTOCOL
        detail = visible(exchange.detail, limit=200).rstrip(".")
        trouble = f"no answer came from the resolver ({failure.value}{': ' + detail if detail else ''})"
        return Reply(name=name, rdtype=rdtype, trouble=trouble, failure=failure, detail=detail)
    if len(exchange.response) > bounds.MESSAGE:
        return _unusable(name, rdtype, "the resolver's answer is larger than a DNS message can be")
    try:
        message = read_message(exchange.response)
    except dns.exception.DNSException as error:
        shown = visible(str(error), limit=80)
        return _unusable(name, rdtype, f"the resolver's answer is not a DNS message ({shown})")
    if not message.is_response or not _answers(message, name, rdtype):
        return _unusable(name, rdtype, "the resolver's answer belongs to another question")
    rcode = dns.rcode.to_text(message.rcode)
    trouble = ""
    if message.rcode not in _ANSWERS:
        trouble = f"the resolver answered {rcode}"
        if message.rcode == dns.rcode.FORMERR:
            # RFC 6891 section 7: a server that does not know EDNS answers so; without EDNS there is no DO
            # bit.
            trouble += ", like one that does not pass DNSSEC data; use another one with --resolver"
    elif message.truncated:
        trouble = "the resolver's answer is truncated (TC) even over TCP"
    elif kinds := (message.body.unreadable & {rdtype, RdataType.CNAME, RdataType.DNAME}) - _PROOFS:
        shown = ", ".join(sorted(dns.rdatatype.to_text(kind) for kind in kinds))
        trouble = f"the resolver's answer contains a malformed record ({shown})"
    if message.body not in _grouped:
        _grouped[message.body] = _group(message.answer), _group(message.authority)
    answer, authority = _grouped[message.body]
    return Reply(
        name=name,
        rdtype=rdtype,
        rcode=rcode,
        answer=answer,
        authority=authority,
        authenticated=bool(message.flags & dns.flags.AD),
        trouble=trouble,
        detail=_read_extended_error(message),
    )


def unread(name: dns.name.Name, rdtype: RdataType, why: str) -> Reply:
    """The reply in place of an answer that the walk has no budget left to read (RFC 1035 section 4.1.1)."""
    return _unusable(name, rdtype, f"the resolver's long answer was not read ({why})", Failure.NOT_TRIED)


def _unusable(
    name: dns.name.Name, rdtype: RdataType, trouble: str, failure: Failure = Failure.PROTOCOL
) -> Reply:
    return Reply(name=name, rdtype=rdtype, trouble=trouble, failure=failure, detail=trouble)


def _answers(message: WireMessage, name: dns.name.Name, rdtype: RdataType) -> bool:
    """Whether the question section repeats ours; error answers may leave it out."""
    if not message.body.questions:
        return message.rcode not in _ANSWERS
    return message.body.questions == (Asked(name, rdtype, dns.rdataclass.IN),)


def _group(rrsets: Sequence[RRset]) -> Section:
    signatures: dict[tuple[dns.name.Name, RdataType], tuple[RRSIG, ...]] = {}
    for rrset in rrsets:
        if rrset.rdtype == RdataType.RRSIG and rrset.rdclass == dns.rdataclass.IN:
            found = tuple(rdata for rdata in rrset if isinstance(rdata, RRSIG))
            signatures[(rrset.name, RdataType(rrset.covers))] = found
    return {
        (rrset.name, rrset.rdtype): SignedSet(rrset, signatures.get((rrset.name, rrset.rdtype), ()))
        for rrset in rrsets
        if rrset.rdtype != RdataType.RRSIG and rrset.rdclass == dns.rdataclass.IN and len(rrset)
    }


def _read_extended_error(message: WireMessage) -> str:
    """The extended DNS error (RFC 8914) that the resolver sent along, as visible text; "" when none."""
    for option in message.body.extended_errors:
        text = visible(option.text or "", limit=200)
        return f"EDE {int(option.code)}{': ' + text if text else ''}"
    return ""
