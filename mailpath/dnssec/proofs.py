"""Does the resolver pass proofs of absence on?  Asked only where one is missing (RFC 4035 section 3.1.3).

An answer that denies something in a signed zone without any proof is rarely the zone's fault: name servers
send the proof along with the denial, but some resolvers and middleboxes drop it.  So we ask a second time,
and if that does not help, we ask for a name that cannot exist.  If the proof for that name comes, the
resolver does its part; the fault lies with the zone, or with somebody between the zone and the resolver.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

import dns.name
from dns.rdatatype import RdataType

from mailpath.dnssec.algorithms import PublicKey
from mailpath.dnssec.denial import Evidence, Failure
from mailpath.dnssec.messages import Reply
from mailpath.dnssec.questions import Questions
from mailpath.dnssec.signatures import Verifier
from mailpath.exchanges import Failure as Unanswered

#: A label that no zone has below a trust anchor: registries hand out none with an underscore (RFC 8552).
PROBE = "_mailpath-probe"

#: Asked for in turn where the answer does not matter, only that there is a question.
_ANY_TYPES = (RdataType.SOA, RdataType.MX, RdataType.TXT, RdataType.A, RdataType.AAAA)


class Proofs(Enum):
    """What the resolver does with proofs of absence (RFC 4035 section 3.1.3)."""

    PASSED = "passed"
    STRIPPED = "stripped"
    UNKNOWN = "unknown"


async def asked_again(questions: Questions, reply: Reply) -> Reply:
    """The second answer to a question that `reply` denies without a proof, or `reply` if no second one comes.

    BIND with strict QNAME minimization (RFC 9156) has no proof for a name two or more labels below an
    existing one until it has validated that name.  Each question without CD makes it validate one more label
    (observed with 9.18): their answers do not matter, but after enough of them the second answer comes with
    the proof.  The top-level domain exists, or its denial would have come with a proof.
    """
    labels = max(2, len(reply.name.labels) - 3)
    for rdtype in list(dict.fromkeys((reply.rdtype, *_ANY_TYPES)))[:labels]:
        validated = await questions.ask(reply.name, rdtype, checking_disabled=False)
        if validated.proves:
            break
    again = await questions.ask(reply.name, reply.rdtype, again=True)
    return reply if again.trouble else again


async def probe(
    questions: Questions, verifier: Verifier, top: dns.name.Name, keys: Sequence[PublicKey]
) -> Proofs:
    """Whether the resolver proves that a name right below `top`, whose keys are `keys`, does not exist.

    An old capture, from before we asked this, does not hold the answer; we judge it as we did then and trust
    the resolver to do its part.  Costs one question, or two if the denial has no proof (RFC 4035 section
    5.4).
    """
    name = dns.name.Name((PROBE.encode(), *top.labels))
    reply = await questions.ask(name, RdataType.DS)
    if not reply.trouble and not reply.proves:
        reply = await asked_again(questions, reply)
    if reply.failure is Unanswered.NOT_RECORDED:
        return Proofs.PASSED
    if reply.trouble or reply.answer:
        return Proofs.UNKNOWN
    if not reply.proves:
        return Proofs.STRIPPED
    evidence = Evidence(reply, name, top, keys, verifier=verifier, budget=verifier.budget())
    return Proofs.UNKNOWN if isinstance(evidence.no_ds(name), Failure) else Proofs.PASSED
