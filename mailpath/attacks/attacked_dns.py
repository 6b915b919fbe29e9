"""What an attacker does to DNS answers: forged records, denials without proof, silence.

The attacker sits between the resolver and the authoritative servers, or poisons the resolver's cache
(RFC 3833 section 2): it can say anything, and sign nothing.  So what it forges carries no signatures,
and whether that is noticed is the validator's business, not ours.  Answers that would not help it are
left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from mailpath.attacks import attacker
from mailpath.attacks.aim import Aim
from mailpath.exchanges import DnsExchange, Failure, Question
from mailpath.names import is_within

#: Presentation form of the forged records' data; () denies that there are any; None: no answer at all.
Forged = tuple[str, ...] | None

DROPPED = "the answer was dropped on the way (simulated attack)"
_TTL = 300
_HEADER = 12
_AD = 0x20
_RCODE = 0x0F


class DnsTampering:
    """The DNS part of `attacks`."""

    def __init__(self, attacks: frozenset[str], aim: Aim) -> None:
        self._aim = aim
        known: Mapping[str, Callable[[Question, DnsExchange], tuple[bool, Forged]]] = {
            "forge-mx": self._forge_mx,
            "forge-address": self._forge_address,
            "block-tlsa": self._block_tlsa,
            "deny-tlsa": self._deny_tlsa,
            "block-policy": self._block_policy,
        }
        self._active = [tamper for name, tamper in known.items() if name in attacks]

    def supply(self, question: Question) -> DnsExchange | None:
        """The answer about the attacker's own names; None: the question is for the wrapped network."""
        return _own(question) if is_within(question.name, attacker.ZONE) else None

    def tamper(self, question: Question, answered: DnsExchange) -> DnsExchange:
        """The answer as the attacker lets it arrive: `answered` itself where it is left alone."""
        for tamper in self._active:
            touched, forged = tamper(question, answered)
            if touched:
                return _replaced(question, answered, forged)
        return answered

    def _forge_mx(self, question: Question, _: DnsExchange) -> tuple[bool, Forged]:
        return (question.rdtype, question.name) == ("MX", self._aim.recipient), (f"10 {attacker.HOST}.",)

    def _forge_address(self, question: Question, answered: DnsExchange) -> tuple[bool, Forged]:
        if question.name not in self._aim.hosts:
            return False, ()
        if question.rdtype == "A":
            return True, (attacker.ADDRESS,)
        # IPv6 goes first: what there is of it must not lead to the true host.
        return question.rdtype == "AAAA" and _has_records(answered), ()

    def _deny_tlsa(self, question: Question, answered: DnsExchange) -> tuple[bool, Forged]:
        return question.rdtype == "TLSA" and _has_records(answered), ()

    def _block_tlsa(self, question: Question, answered: DnsExchange) -> tuple[bool, Forged]:
        # Where there are no records, to hide them gains nothing; many resolvers know by then (RFC 8198).
        return question.rdtype == "TLSA" and _has_records(answered), None

    def _block_policy(self, question: Question, answered: DnsExchange) -> tuple[bool, Forged]:
        record = (question.rdtype, question.name) == ("TXT", f"_mta-sts.{self._aim.recipient}")
        return record and _has_records(answered), ()


def _own(question: Question) -> DnsExchange:
    """The attacker's own zone: one mail host with one address, nothing signed."""
    if question.name == attacker.HOST:
        return _answer(question, (attacker.ADDRESS,) if question.rdtype == "A" else ())
    exists = question.name == attacker.ZONE
    return _answer(question, (), dns.rcode.NOERROR if exists else dns.rcode.NXDOMAIN)


def _replaced(question: Question, answered: DnsExchange, forged: Forged) -> DnsExchange:
    if forged is None:
        return DnsExchange(question=question, failure=Failure.TIMEOUT, detail=DROPPED)
    if question.checking_disabled:
        return _answer(question, forged)
    # The resolver's own word: one that proved the true answer cannot prove the forged one, and one that
    # was never heard stays unheard.
    response = answered.response
    if response is None or len(response) < _HEADER or response[3] & _RCODE == dns.rcode.SERVFAIL:
        return answered
    if response[3] & _AD:
        return _answer(question, (), dns.rcode.SERVFAIL)
    return _answer(question, forged)


def _has_records(answered: DnsExchange) -> bool:
    """There is something in the answer section."""
    response = answered.response
    return response is not None and len(response) >= _HEADER and response[6:8] != b"\0\0"


def _answer(
    question: Question, records: tuple[str, ...], rcode: dns.rcode.Rcode = dns.rcode.NOERROR
) -> DnsExchange:
    """A DNS message with `records` as the unsigned answer to `question`."""
    try:
        name = dns.name.from_text(question.name)
        rdtype = dns.rdatatype.from_text(question.rdtype)
    except (dns.exception.DNSException, ValueError):
        detail = "This is no name or no type that the DNS can be asked for."
        return DnsExchange(question=question, failure=Failure.PROTOCOL, detail=detail)
    message = dns.message.Message(id=0)
    message.flags = dns.flags.Flag(dns.flags.QR | dns.flags.RD | dns.flags.RA)
    if question.checking_disabled:
        message.flags |= dns.flags.CD
    message.use_edns(0, ednsflags=dns.flags.DO)
    message.set_rcode(rcode)
    message.question = [dns.rrset.RRset(name, dns.rdataclass.IN, rdtype)]
    if records:
        message.answer = [dns.rrset.from_text_list(name, _TTL, "IN", rdtype, list(records))]
    return DnsExchange(question=question, response=message.to_wire(), transport="udp")
