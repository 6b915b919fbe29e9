"""What an attacker does to DNS answers: forged records, denials without proof, silence.

The attacker sits between the resolver and the authoritative servers, or poisons the resolver's cache
(RFC 3833 section 2): it can say anything, and sign nothing.  So what it forges carries no signatures,
and whether that is noticed is the validator's business, not ours.  Answers that would not help it are
left alone.
"""

from __future__ import annotations

from collections.abc import Iterable

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from mailpath.attacks import attacker
from mailpath.attacks.record import Attack, Forged, Need, Victim
from mailpath.exchanges import DnsExchange, Failure, Question
from mailpath.facts import Found, Lookup, Security, Walk
from mailpath.judge import Verdict
from mailpath.network.dns_messages import BadQuestion, query

DROPPED = "the answer was dropped on the way (simulated attack)"
_TTL = 300
_HEADER = 12
_AD = 0x20
_RCODE = 0x0F


def answer_own(question: Question) -> DnsExchange:
    """The attacker's own zone: one mail host with one address, nothing signed."""
    if question.name == attacker.HOST:
        return _answer(question, (attacker.ADDRESS,) if question.rdtype == "A" else ())
    exists = question.name == attacker.ZONE
    return _answer(question, (), dns.rcode.NOERROR if exists else dns.rcode.NXDOMAIN)


def replace_answer(question: Question, answered: DnsExchange, forged: Forged) -> DnsExchange:
    """The answer that arrives: `answered` itself where the forgery would not get through."""
    if forged.records is None:
        return DnsExchange(question=question, failure=Failure.TIMEOUT, detail=DROPPED)
    if question.checking_disabled:
        return _answer(question, forged.records)
    # The resolver's own word: one that proved the true answer cannot prove the forged one, and one that
    # was never heard stays unheard.
    response = answered.response
    if response is None or len(response) < _HEADER or response[3] & _RCODE == dns.rcode.SERVFAIL:
        return answered
    if response[3] & _AD:
        return _answer(question, (), dns.rcode.SERVFAIL)
    return _answer(question, forged.records)


def has_records(answered: DnsExchange) -> bool:
    """There is something in the answer section."""
    response = answered.response
    return response is not None and len(response) >= _HEADER and response[6:8] != b"\0\0"


def _answer(
    question: Question, records: tuple[str, ...], rcode: dns.rcode.Rcode = dns.rcode.NOERROR
) -> DnsExchange:
    """A DNS message with `records` as the unsigned answer to `question`."""
    try:
        asked = dns.message.from_wire(query(question, 0))
    except BadQuestion as error:
        return DnsExchange(question=question, failure=Failure.PROTOCOL, detail=str(error))
    message = dns.message.make_response(asked, recursion_available=True)
    message.set_rcode(rcode)
    if records:
        name = asked.question[0].name
        message.answer = [dns.rrset.from_text_list(name, _TTL, "IN", question.rdtype, records)]
    return DnsExchange(question=question, response=message.to_wire(), transport="udp")


# --- the forgeries ---------------------------------------------------------------------------------


def _forge_mx(victim: Victim, question: Question, _: DnsExchange) -> Forged | None:
    asked = (question.rdtype, question.name) == ("MX", victim.recipient)
    return Forged((f"10 {attacker.HOST}.",)) if asked else None


def _forge_address(victim: Victim, question: Question, answered: DnsExchange) -> Forged | None:
    if question.name not in victim.hosts:
        return None
    if question.rdtype == "A":
        return Forged((attacker.ADDRESS,))
    # IPv6 goes first: what there is of it must not lead to the true host.
    return Forged() if question.rdtype == "AAAA" and has_records(answered) else None


def _deny_tlsa(_: Victim, question: Question, answered: DnsExchange) -> Forged | None:
    return Forged() if question.rdtype == "TLSA" and has_records(answered) else None


def _block_tlsa(_: Victim, question: Question, answered: DnsExchange) -> Forged | None:
    # Where there are no records, to hide them gains nothing; many resolvers know by then (RFC 8198).
    return Forged(None) if question.rdtype == "TLSA" and has_records(answered) else None


# --- what became of them ---------------------------------------------------------------------------


def _mx(after: Walk) -> list[Lookup]:
    return [after.mx.lookup]


def _addresses(after: Walk) -> list[Lookup]:
    return [host.v4 for host in after.mx.hosts if host.v4 is not None]


def _explain_forgery(what: str, lookups: Iterable[Lookup]) -> str:
    """What became of forged answers: the best of them counts for the attacker."""
    found = {lookup.security for lookup in lookups}
    if not found:
        return ""
    if Security.INSECURE in found or Security.SECURE in found:
        return f"{what} is not signed, so the sender believes the forgery"
    if Security.BOGUS in found:
        return f"{what} is signed, so the forgery is bogus"
    return f"it is unknown whether {what} is signed"


def _explain_denial(after: Walk, _: Verdict) -> str:
    found = {lookup.security for lookup in after.tlsa.lookups}
    if Security.BOGUS in found:
        return "the zone is signed, so a denial of its TLSA records without proof is bogus"
    return "the sender believes that there are no TLSA records" if Security.INSECURE in found else ""


def _explain_silence(after: Walk, _: Verdict) -> str:
    failed = any(lookup.found is Found.FAILED for lookup in after.tlsa.lookups)
    return "the TLSA lookup fails, which does not mean that there are no records" if failed else ""


ATTACKS = (
    Attack(
        name="forge-mx",
        title="The MX record is forged",
        does="Replaces the MX record by one that names the attacker's host, which has a valid certificate.",
        needs=(Need.DNS, Need.OWN_CERTIFICATE),
        stopped_by="A signed MX RRset and a validating resolver, or an MTA-STS policy that lists the hosts.",
        cost=5,
        dns=_forge_mx,
        cause=lambda after, _: _explain_forgery("the MX RRset", _mx(after)),
        forged=_mx,
    ),
    Attack(
        name="forge-address",
        title="The mail host's address is forged",
        does="Replaces the MX host's address by the attacker's, where a server has a valid certificate for"
        " its own name.",
        needs=(Need.DNS, Need.OWN_CERTIFICATE),
        stopped_by="Signed addresses and a validating resolver, or a sender that checks names.",
        cost=5,
        dns=_forge_address,
        cause=lambda after, _: _explain_forgery("the address", _addresses(after)),
        forged=_addresses,
    ),
    Attack(
        name="deny-tlsa",
        title="TLSA records are denied",
        does="Claims, without proof, that there are no TLSA records.",
        needs=(Need.DNS,),
        stopped_by="DNSSEC: in a signed zone the absence of records is signed too (RFC 4035 section 3.1.3).",
        cost=5,
        opens=True,
        dns=_deny_tlsa,
        cause=_explain_denial,
    ),
    Attack(
        name="block-tlsa",
        title="TLSA lookups fail",
        does="Drops every answer that contains TLSA records.",
        needs=(Need.DNS_PATH,),
        stopped_by="Senders that do not deliver after a failed TLSA lookup (RFC 7672 section 2.1.1).",
        cost=3,
        opens=True,
        dns=_block_tlsa,
        cause=_explain_silence,
    ),
)
