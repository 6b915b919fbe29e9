"""Does the resolver pass proofs of absence on?  Asked only where one is missing (RFC 4035 section 3.1.3).

An answer that denies something in a signed zone and holds no proof at all is rarely the zone's doing: name
servers send the proof along with the denial, and some resolvers and middleboxes drop it.  So the question is
asked a second time, and if that does not help, a name that cannot exist is asked for: where its proof comes,
the resolver does its part, and the zone, or somebody on the way from it, does not.
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

#: A label that no zone has below a trust anchor: registries give out none with an underscore (RFC 8552).
PROBE = "_mailpath-probe"


#: Asked for in turn where the answer does not matter, only that there is a question.
_ANY_TYPES = (RdataType.SOA, RdataType.MX, RdataType.TXT, RdataType.A, RdataType.AAAA)


class Proofs(Enum):
    """What the resolver does with proofs of absence (RFC 4035 section 3.1.3)."""

    PASSED = "passed"
    STRIPPED = "stripped"
    UNKNOWN = "unknown"


async def asked_again(questions: Questions, reply: Reply) -> Reply:
    """The second answer to what `reply` denies without a proof, or `reply` where none came.

    BIND with strict QNAME minimisation (RFC 9156) has no proof for a name two or more labels below one that
    exists before it has validated it.  Questions without CD make it do so, each for one label more (observed
    with 9.18): what they bring does not matter, and once there were enough the second answer comes with the
    proof.  The top-level domain exists, or its denial would have come with one.
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
    """Whether the proof comes that a name right below `top`, whose keys are `keys`, does not exist.

    A capture from before this was asked does not hold the answer, and is judged as it was then: the resolver
    was trusted to do its part.  Costs one question, two where it is denied without a proof (RFC 4035 5.4).
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
