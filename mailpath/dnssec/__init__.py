"""A DNSSEC validator over any recursive resolver: RFC 4033 to 4035, 5155, 6840, 9276.

DNS answers are not encrypted, and anybody on the way can forge them.  DNSSEC lets a zone sign its data: an
RRSIG record holds the signature over one RRset, a DNSKEY record the public key that made it.  A key is worth
believing if the parent zone signs a digest of it, the DS record.  So a *chain of trust* leads from a trust
anchor, as a rule the key of the root, through DS and DNSKEY of each zone, down to the answer (RFC 4035
section 5).  Signatures carry dates: the same answer may be good today and bogus tomorrow.

Validation ends in one of four states (RFC 4033 section 5).  *Secure*: the chain holds.  *Insecure*: a signed
proof says that the chain ends above, because the parent has no DS for the zone.  *Bogus*: the zone should be
signed, but a signature is missing, wrong or expired; somebody made a mistake, or somebody attacks, and nobody
can tell which.  *Indeterminate*: we could not fetch what we need to know.

"There is no such record" must be proven too, or an attacker could make records vanish: a TLSA record, say.
Nobody can sign what does not exist, so a zone signs the gaps between its names: NSEC (RFC 4034 section 4), or
NSEC3 over hashed names (RFC 5155).  An insecure delegation is just such a proof, that there is no DS.

A resolver that validates says so with the AD bit, which anybody between it and us can set.  This validator
takes nobody's word for it: it asks for everything with CD set, proves each answer from the closest trust
anchor down, and keeps every link of the proof.  It works the same on a live resolver and on a recording, as
of any moment.

    validator = Validator(network, at)
    lookup = await validator.lookup("_25._tcp.mx1.b.example", "TLSA")
    lookup.security, lookup.reason, validator.zones()
"""

from __future__ import annotations

import dns.exception
import dns.name
import dns.rdatatype
import msgspec
from dns.rdatatype import RdataType

from mailpath.dnssec.anchors import BadAnchor, read_anchors, read_points
from mailpath.dnssec.answers import Answers
from mailpath.dnssec.bounds import Effort, Whole
from mailpath.dnssec.chain import Chain
from mailpath.dnssec.judgement import Judge
from mailpath.dnssec.kinds import why_not_asked
from mailpath.dnssec.questions import Once, Questions
from mailpath.dnssec.signatures import Verifier
from mailpath.dnssec.wire import name_from
from mailpath.dnssec.zones import Kept, Ledger, Lending, Zones
from mailpath.facts import Lookup, ZoneFact
from mailpath.network.protocol import Network

__all__ = ["BadAnchor", "Effort", "Validator", "Zones", "read_anchors"]


class Validator:
    """Validates as of `at` (Unix time) over `network`, from the trust anchors in `network.ground`.

    One validator serves one walk; it asks and verifies nothing twice.  Needs a running event loop.  Raises
    `BadAnchor` when it cannot read the trust anchor.  `zones`: what walks over one network lend each other.
    """

    def __init__(
        self, network: Network, at: int, effort: Effort = Effort.FULL, zones: Zones | None = None
    ) -> None:
        ground = network.ground
        anchors = (ground.trust_anchor, ground.insecure_zones, ground.simulated_insecure)
        self._verifier = Verifier(at, Whole(effort))
        self._ledger: Ledger | None = None
        if zones is not None and effort is Effort.FULL and isinstance(network, Lending):
            self._ledger = Ledger(zones, (at, *anchors), network, self._verifier.whole)
        self._questions = Questions(network, self._verifier.whole, lent=self._ledger is not None)
        if self._ledger is not None:
            self._ledger.answer, self._ledger.adopt = self._questions.answer, self._adopt
        self._chain = Chain(self._questions, read_points(*anchors), self._verifier, self._ledger)
        self._answers = Answers(
            self._questions, self._chain, Judge(self._questions, self._chain, self._verifier)
        )
        self._lookups: Once[tuple[str, str], Lookup] = Once(self._lookup, "lookup", self._ledger)

    async def lookup(self, name: str, rdtype: str) -> Lookup:
        """Ask for (`name`, `rdtype`), follow CNAME and DNAME, validate every hop (RFC 4035 section 5).

        `name`: as `names.to_dns_name` returns it; `rdtype`: mnemonic or "TYPE65534".  Never raises, whatever
        the world answers.
        """
        if not name.endswith("\\."):  # an escaped dot belongs to the last label
            name = name.removesuffix(".") or "."
        return await self._lookups.get((name.lower(), rdtype.upper()))

    async def claimed(self, name: str, rdtype: str) -> Lookup:
        """The same, with the resolver's own verdict, asked beside it without CD (RFC 4035 section 3.2.3).

        AD bit and RCODE are None when no answer came, or the type cannot be validated.
        """
        asked = _as_asked(name, rdtype)
        if asked is not None:
            self._questions.start(*asked, checking_disabled=False)
        lookup = await self.lookup(name, rdtype)
        if asked is None:
            return lookup
        reply = await self._questions.ask(*asked, checking_disabled=False)
        if reply.rcode is None:
            return lookup
        return msgspec.structs.replace(lookup, resolver_ad=reply.authenticated, resolver_rcode=reply.rcode)

    def zones(self) -> tuple[ZoneFact, ...]:
        """Every zone that the lookups have met so far, parents first (RFC 4035 section 5)."""
        return self._chain.facts()

    @property
    def resolver_note(self) -> str:
        """A sentence, once the resolver proves to leave out proofs of absence (RFC 4035 3.1.3); else ""."""
        return self._chain.note

    async def settle(self) -> None:
        """Wait for the questions asked ahead of need, so that a recording holds their answers.

        Cancels those below a proven insecure delegation (RFC 4035 section 5.2): nobody can ever need them.
        """
        await self._questions.settle(self._chain.insecure)
        if self._ledger is not None:
            self._ledger.lend()

    def forget(self) -> None:
        """Let go of all that was found: the walk is over.  Its parts refer to each other, so that all of it
        would stay until the garbage collector comes by: in a survey, hundreds of walks.
        """
        self._lookups.tasks.clear()
        self._chain.forget()
        self._questions.forget()
        if self._ledger is not None:
            self._ledger.forget()

    @property
    def verifications(self) -> int:
        """Public-key operations made so far: what a walk costs (RFC 4035 section 5.3.3)."""
        return self._verifier.verifications

    @property
    def exhausted(self) -> bool:
        """Whether the walk hit its limit: its results then depend on timing and may not stand."""
        return self._verifier.whole.exhausted

    def _adopt(self, kept: Kept) -> None:
        self._chain.adopt(kept.unit)
        self._questions.adopt(kept.answers)

    async def _lookup(self, key: tuple[str, str]) -> Lookup:
        return await self._answers.lookup(*key)


def _as_asked(name: str, rdtype: str) -> tuple[dns.name.Name, RdataType] | None:
    """The question in the terms of DNS; None for one that is not asked."""
    try:
        owner, wanted = name_from(name), dns.rdatatype.from_text(rdtype)
    except (dns.exception.DNSException, ValueError):
        return None
    return None if why_not_asked(wanted) else (owner, wanted)
