"""A DNSSEC validator over any recursive resolver: RFC 4033 to 4035, 5155, 6840, 9276.

It never repeats a resolver's word: every answer is proven from the closest trust anchor down, and every
link of the proof is kept.  It works the same on a live resolver and on a recording, as of any moment.

    validator = Validator(network, at)
    lookup = await validator.lookup("_25._tcp.mx1.b.example", "TLSA")
    lookup.security, lookup.reason, validator.zones()
"""

from __future__ import annotations

import dns.exception
import dns.name
import dns.rdatatype

from mailpath.dnssec.anchors import BadAnchor, points, read_anchors
from mailpath.dnssec.answers import Answers
from mailpath.dnssec.bounds import Effort, Whole
from mailpath.dnssec.chain import Chain
from mailpath.dnssec.judgement import Judge
from mailpath.dnssec.kinds import why_not_asked
from mailpath.dnssec.questions import Once, Questions
from mailpath.dnssec.signatures import Verifier
from mailpath.facts import Lookup, ZoneFact
from mailpath.network.protocol import Network

__all__ = ["BadAnchor", "Effort", "Validator", "read_anchors"]


class Validator:
    """Validates as of `at` (Unix time) over `network`, from the trust anchors of its ground.

    One validator serves one walk: nothing is asked twice and nothing verified twice.  Needs a running event
    loop; raises `BadAnchor` when the ground's trust anchor cannot be read.
    """

    def __init__(self, network: Network, at: int, effort: Effort = Effort.FULL) -> None:
        ground = network.ground
        self._verifier = Verifier(at, Whole(effort))
        self._questions = Questions(network, self._verifier.whole)
        self._chain = Chain(
            self._questions,
            points(ground.trust_anchor, ground.insecure_zones, ground.simulated_insecure),
            self._verifier,
        )
        self._answers = Answers(
            self._questions, self._chain, Judge(self._questions, self._chain, self._verifier)
        )
        self._lookups: Once[tuple[str, str], Lookup] = Once(self._lookup)

    async def lookup(self, name: str, rdtype: str) -> Lookup:
        """Ask for (`name`, `rdtype`), follow CNAME and DNAME, validate every hop (RFC 4035 section 5).

        `name`: as `names.to_dns_name` has it, `rdtype`: mnemonic or "TYPE65534".  Never raises for anything
        the world does.
        """
        if not name.endswith("\\."):  # a full stop within the last label
            name = name.removesuffix(".") or "."
        return await self._lookups.get((name.lower(), rdtype.upper()))

    async def resolver_claim(self, name: str, rdtype: str) -> tuple[bool | None, str | None]:
        """What the resolver itself says when asked without CD: (AD bit, RCODE); RFC 4035 section 3.2.3.

        (None, None) when no answer came, or the type cannot be validated.  One question, asked once.
        """
        try:
            owner, wanted = dns.name.from_text(name), dns.rdatatype.from_text(rdtype)
        except (dns.exception.DNSException, ValueError):
            return None, None
        if why_not_asked(wanted):
            return None, None
        reply = await self._questions.ask(owner, wanted, checking_disabled=False)
        if reply.rcode is None:
            return None, None
        return reply.authenticated, reply.rcode

    def zones(self) -> tuple[ZoneFact, ...]:
        """Every zone that the lookups so far came across, parents first (RFC 4035 section 5)."""
        return self._chain.facts()

    @property
    def resolver_note(self) -> str:
        """That the resolver leaves out proofs of absence (RFC 4035 section 3.1.3), as was seen; else ""."""
        return self._chain.note

    async def settle(self) -> None:
        """Wait for questions that were asked ahead and not needed, so that a recording holds them.

        Those below a proven insecure delegation (RFC 4035 section 5.2) can never be needed and are given up.
        """
        await self._questions.settle(self._chain.insecure)

    @property
    def verifications(self) -> int:
        """Public-key operations made so far: what a walk costs (RFC 4035 section 5.3.3)."""
        return self._verifier.verifications

    @property
    def exhausted(self) -> bool:
        """The bound on all the work was met: what was found out hangs on the order, and may not stand."""
        return self._verifier.whole.exhausted

    async def _lookup(self, key: tuple[str, str]) -> Lookup:
        return await self._answers.lookup(*key)
