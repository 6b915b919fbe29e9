"""Facts from DNS: one validated look-up, and the links of its chain of trust (RFC 4035 section 4.3)."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from mailpath.exchanges import Failure
from mailpath.records import Record


class Found(StrEnum):
    """How a fact stands.  An error is never shown as absence."""

    FOUND = "found"
    ABSENT = "absent"  # the answer says there is none (NODATA, NXDOMAIN); proven only if `security` says so
    FAILED = "failed"  # could not be learnt; whose error it was is in the reason
    NOT_TRIED = "not-tried"
    BLOCKED = "blocked"  # this machine's network does not let it out


class Security(StrEnum):
    """RFC 4035 section 4.3, of one answer or link of it."""

    SECURE = "secure"
    INSECURE = "insecure"
    BOGUS = "bogus"
    INDETERMINATE = "indeterminate"


class KeyFact(msgspec.Struct, frozen=True, kw_only=True):
    """One DNSKEY of a zone.

    `role`: "KSK" (SEP bit), "ZSK" or "revoked"; `trusted_by`: "anchor", "DS" or "".
    """

    tag: int
    algorithm: int
    algorithm_name: str
    flags: int
    role: str
    bits: int = 0
    trusted_by: str = ""


class DsFact(msgspec.Struct, frozen=True, kw_only=True):
    """One DS record (or trust anchor) and whether it matches a key of the child."""

    tag: int
    algorithm: int
    digest_type: int
    digest: str
    matches: bool = False
    supported: bool = True


class SignatureFact(msgspec.Struct, frozen=True, kw_only=True):
    """One RRSIG that was looked at.  Window in Unix seconds.  `verdict`: "good", or why not."""

    owner: str
    rdtype: str
    signer: str
    tag: int
    algorithm: int
    inception: int
    expiration: int
    verdict: str = "good"


class ZoneFact(Record, frozen=True, kw_only=True):
    """One link of the chain of trust: a zone, how its parent vouches for it, its keys.

    `status` is that of the zone's DNSKEY RRset; "insecure" with the proof of the missing DS named in
    `reason`.  `expires`: when the DS or DNSKEY proof first stops validating (Unix time), None if never.
    `failure`: why no answer about its DS or keys came, where none did.
    `anchor`: "positive" where a trust anchor stands and the chain begins, "negative" where the user declared
    the zone insecure (RFC 7646), "" elsewhere: its parent decides.
    """

    name: str
    status: Security
    reason: str = ""
    ede: int | None = None
    ds: tuple[DsFact, ...] = ()
    keys: tuple[KeyFact, ...] = ()
    signatures: tuple[SignatureFact, ...] = ()
    expires: int | None = None
    failure: Failure | None = None
    anchor: str = ""

    @property
    def unvalidated(self) -> bool:
        """Insecure by the anchors that are used here, whatever zones publish: a negative one stands here, or
        none at the root, so that whatever hangs on this zone hangs on no anchor.
        """
        bare = self.name == "." and self.status is Security.INSECURE and not self.anchor
        return bare or self.anchor == "negative"


#: RFC 8914 code of a denial that came without its proof.
EDE_NSEC_MISSING = 12


class AliasLink(msgspec.Struct, frozen=True, kw_only=True):
    """One CNAME or DNAME hop.  `security`: of this hop's own RRset."""

    owner: str
    target: str
    rdtype: str = "CNAME"
    security: Security = Security.INDETERMINATE
    reason: str = ""


class Lookup(Record, frozen=True, kw_only=True):
    """One RRset asked for, aliases followed, validated by ourselves.

    `canonical`: the name at the end of the aliases (`name` itself without any).  `rdata`: wire form,
    sorted; `records`: the same as presentation text, same order.  `security` is that of the whole
    answer, the weakest link deciding; `final_security` that of the last RRset (or denial) alone.
    A bogus answer keeps what it said in `rdata`.  `rcode`: the resolver's, with CD set; NOERROR
    where it says NXDOMAIN, and signed records prove that the name exists.
    `zone`: the zone that owns the last RRset; its chain is in `chain`, from the trust anchor down, names of
    `ZoneFact`s.
    `expires`: first moment (Unix time) at which today's answer stops validating; None if it never does.
    `resolver_ad`, `resolver_rcode`: what the resolver itself claims when asked without CD; None if not asked.
    """

    name: str
    rdtype: str
    found: Found
    canonical: str
    rcode: str | None = None
    links: tuple[AliasLink, ...] = ()
    rdata: tuple[bytes, ...] = ()
    records: tuple[str, ...] = ()
    ttl: int | None = None
    security: Security = Security.INDETERMINATE
    final_security: Security = Security.INDETERMINATE
    reason: str = ""
    ede: int | None = None
    zone: str | None = None
    chain: tuple[str, ...] = ()
    signatures: tuple[SignatureFact, ...] = ()
    wildcard: str | None = None  # the wildcard this answer was expanded from
    denial: tuple[str, ...] = ()  # NSEC or NSEC3 owners that prove the absence, presentation form
    expires: int | None = None
    resolver_ad: bool | None = None
    resolver_rcode: str | None = None
    failure: Failure | None = None
    detail: str = ""

    @property
    def usable(self) -> bool:
        """Found, and a validating resolver would hand it out."""
        return self.found is Found.FOUND and self.security in (Security.SECURE, Security.INSECURE)

    @property
    def proofless(self) -> bool:
        """The resolver denied it in a zone that is signed, and sent no proof: never an absence."""
        return (
            self.found is Found.ABSENT
            and self.security is Security.INDETERMINATE
            and self.ede == EDE_NSEC_MISSING
        )

    @property
    def broken(self) -> bool:
        """A validating resolver answers SERVFAIL, or there was no answer: an error, never an absence."""
        return self.found is Found.FAILED or self.security is Security.BOGUS or self.proofless

    @property
    def lost(self) -> bool:
        """Nothing came of it, and that lies between this machine and its resolver.

        Not where the resolver was silent: that may be the fault of those that it asked.
        """
        failed = self.found is Found.FAILED and self.failure not in (None, Failure.TIMEOUT)
        return failed or self.found is Found.BLOCKED

    @property
    def refused(self) -> bool:
        """The resolver answered with an error (RFC 1035 section 4.1.1): its own, or of those it asked."""
        failed = self.found is Found.FAILED and self.failure is None and not self.links
        return failed and self.rcode not in (None, "NOERROR", "NXDOMAIN")

    @property
    def withheld(self) -> bool:
        """The resolver answers only where CD is set, with what is not bogus; a mail server sets no CD."""
        claimed = self.resolver_rcode not in (None, "NOERROR", "NXDOMAIN")
        return claimed and self.found in (Found.FOUND, Found.ABSENT) and self.security is not Security.BOGUS
