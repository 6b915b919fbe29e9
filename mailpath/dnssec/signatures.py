"""RRSIG over an RRset: the checks of RFC 4035 section 5.3, the cheapest first.

`dns.dnssec.validate` leaves to its caller what matters most to a validator: that the signer is the zone that
owns the data.  Here we make every check, keep every signature that we looked at as a fact, and count and
bound the public-key operations.  We remember their results, since they depend on the octets alone and a
recording is walked many times.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Sequence
from functools import cached_property, partial

import dns.name
import dns.rdatatype
import msgspec
from dns.edns import EDECode
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.RRSIG import RRSIG

from mailpath.dnssec import algorithms, bounds
from mailpath.dnssec.algorithms import PublicKey
from mailpath.dnssec.bounds import Budget, Effort, Exhausted, OverBudget, Whole
from mailpath.dnssec.messages import SignedSet, name_text
from mailpath.facts import SignatureFact
from mailpath.wording.times import utc

#: Most public-key operations that we remember: some thirty bytes each, more than the largest path needs.
_MOST_REMEMBERED = 16_384

#: Digest of an operation's octets -> whether the signature holds.
_remembered: dict[bytes, bool] = {}

#: If several signatures fail in different ways, the one that got furthest explains best.
_FURTHEST = (
    EDECode.DNSSEC_BOGUS,
    EDECode.SIGNATURE_EXPIRED,
    EDECode.SIGNATURE_NOT_YET_VALID,
    EDECode.DNSKEY_MISSING,
    EDECode.RRSIGS_MISSING,
)


class Verified(msgspec.Struct, frozen=True):
    """The result of checking the signatures over one RRset.

    `good`: one of them holds; `labels`: its Labels field, `original_ttl`: its Original TTL, `expires`: the
    Unix time at which it expires.  Otherwise `reason` is one plain sentence and `ede` its RFC 8914 code.
    """

    good: bool
    facts: tuple[SignatureFact, ...]
    reason: str = ""
    ede: int | None = None
    expires: int | None = None
    labels: int = 0
    original_ttl: int = 0
    tag: int = 0


def unix_time(field: int, at: int) -> int:
    """An RRSIG time field as the Unix time nearest to `at`: serial arithmetic (RFC 4034 section 3.1.5)."""
    distance = (field - at) & 0xFFFFFFFF
    return at + distance - (1 << 32 if distance >= 1 << 31 else 0)


def owner_labels(owner: dns.name.Name) -> int:
    """What the Labels field counts: neither the root nor a leading asterisk (RFC 4034 section 3.1.3)."""
    return len(owner) - 1 - (1 if owner.is_wild() else 0)


def signed_data(signed: SignedSet, signature: RRSIG) -> bytes:
    """The octets that `signature` signs (RFC 4034 section 3.1.8.1).

    Names are in canonical form (RFC 4034 section 6.2, RFC 6840 section 5.1), records in canonical order, the
    TTL is the original one, and an expanded wildcard becomes the wildcard again.
    """
    owner = signed.owner
    if signature.labels < owner_labels(owner):
        owner = dns.name.Name((b"*", *owner.labels[-(signature.labels + 1) :]))
    head = struct.pack(
        "!HBBIIIH",
        signature.type_covered,
        signature.algorithm,
        signature.labels,
        signature.original_ttl,
        signature.expiration,
        signature.inception,
        signature.key_tag,
    )
    prefix = owner.to_digestable() + struct.pack(
        "!HHI", signed.rdtype, signed.rrset.rdclass, signature.original_ttl
    )
    parts = [head, signature.signer.to_digestable()]
    for rdata in signed.records:
        parts += [prefix, struct.pack("!H", len(rdata)), rdata]
    return b"".join(parts)


def forget() -> None:
    """Forget the results of all signature checks."""
    _remembered.clear()


class Verifier:
    """Checks signatures as of one moment, within what the `whole` walk may spend."""

    def __init__(self, at: int, whole: Whole) -> None:
        self.at = at
        self.whole = whole

    @property
    def verifications(self) -> int:
        """Public-key operations made so far (RFC 4035 section 5.3.3)."""
        return self.whole.verifications

    def budget(self) -> Budget:
        """A fresh budget (RFC 4035 section 5.3.3) for one unit of work."""
        return Budget(self.whole)

    def verify(
        self, signed: SignedSet, zone: dns.name.Name, keys: Sequence[PublicKey], budget: Budget
    ) -> Verified:
        """Does a signature over `signed`, made by `zone` with one of `keys`, hold (RFC 4035 section 5.3)?

        Of several that hold, the one that lasts longest counts.  An exhausted `budget` is a reason to fail;
        if the whole walk is exhausted, raises `Exhausted`.
        """
        what = str(signed)
        if not signed.signatures:
            return Verified(
                good=False, facts=(), reason=f"{what} is not signed, although {name_text(zone)} is",
                ede=EDECode.RRSIGS_MISSING,
            )  # fmt: skip
        facts: list[SignatureFact] = []
        failures: list[tuple[int, str]] = []
        tried = 0
        ordered = list(signed.signatures)
        if len(ordered) > 1:
            ordered.sort(key=lambda s: (-unix_time(s.expiration, self.at), s.to_digestable()))
        # Sorting out those that cannot hold is free; they take no place from those that can.
        ring = _Ring(keys, signed)
        known = [(_find_flaw(signed, signature, zone, ring, self.at), signature) for signature in ordered]
        known.sort(key=lambda each: each[0] is not None)
        for flaw, signature in known[: bounds.SIGNATURES_PER_RRSET]:
            failure = flaw
            if failure is None:
                if tried and self.whole.effort is Effort.SPARING:
                    raise Exhausted(_say_not_all(signed))
                try:
                    good = self._holds(signed, signature, ring.fitting(signature), budget)
                except OverBudget as error:
                    failure = (EDECode.DNSSEC_BOGUS, f"{what}: {error}")
                    facts.append(_make_fact(signed, signature, self.at, str(error)))
                    return Verified(good=False, facts=tuple(facts), reason=failure[1], ede=failure[0])
                if good:
                    facts.append(_make_fact(signed, signature, self.at, "good"))
                    return Verified(
                        good=True,
                        facts=tuple(facts),
                        expires=unix_time(signature.expiration, self.at),
                        labels=signature.labels,
                        original_ttl=signature.original_ttl,
                        tag=signature.key_tag,
                    )
                tried += 1
                failure = (
                    EDECode.DNSSEC_BOGUS,
                    f"RRSIG over {what} (key tag {signature.key_tag}) does not verify",
                )
            failures.append(failure)
            facts.append(_make_fact(signed, signature, self.at, failure[1]))
        ede, reason = min(failures, key=lambda failure: _FURTHEST.index(failure[0]))
        return Verified(good=False, facts=tuple(facts), reason=reason, ede=ede)

    def _holds(
        self, signed: SignedSet, signature: RRSIG, candidates: Iterable[PublicKey], budget: Budget
    ) -> bool:
        data = signed.octets.get(id(signature))
        if data is None:
            data = signed.octets[id(signature)] = signed_data(signed, signature)
        for tried, key in enumerate(candidates):
            if tried and self.whole.effort is Effort.SPARING:
                raise Exhausted(_say_not_all(signed))
            budget.verification()
            operation = _identify(data, signature.signature, key.dnskey.to_wire() or b"")
            if self.whole.holds(operation, partial(_verify, operation, key, signature.signature, data)):
                return True
        return False


def _identify(*octets: bytes) -> bytes:
    """One digest for these octets, divided into these parts."""
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in octets)).digest()


def _verify(operation: bytes, key: PublicKey, signature: bytes, data: bytes) -> bool:
    """The public-key operation itself, unless an earlier walk has made it."""
    good = _remembered.get(operation)
    if good is None:
        if len(_remembered) >= _MOST_REMEMBERED:
            forget()
        good = _remembered[operation] = key.verify(signature, data)
    return good


def _say_not_all(signed: SignedSet) -> str:
    return f"Not every signature over {signed} was tried: {bounds.GAVE_UP}"


class _Ring:
    """The keys of a zone by tag and algorithm, since there may be many signatures and many keys."""

    def __init__(self, keys: Iterable[PublicKey], signed: SignedSet) -> None:
        self.tags: set[int] = set()
        self._signed = signed
        self._fitting: dict[tuple[int, int], list[PublicKey]] = {}
        self._costly: dict[tuple[int, int], str] = {}
        for key in keys:
            self.tags.add(key.tag)
            if key.usable and key.costly:
                self._costly.setdefault((key.tag, key.algorithm), key.costly)
            elif key.usable:
                self._fitting.setdefault((key.tag, key.algorithm), []).append(key)

    def fitting(self, signature: RRSIG) -> list[PublicKey]:
        """Keys with the tag and algorithm of `signature`, up to the limit (RFC 4035 section 5.3.1)."""
        named = (signature.key_tag, int(signature.algorithm))
        return self._fitting.get(named, [])[: bounds.KEYS_PER_SIGNATURE]

    @cached_property
    def published(self) -> set[int]:
        """Tags of all keys in a DNSKEY RRset itself, none in others; the ring holds only those that something
        vouches for."""
        records = list(self._signed.rrset)[: bounds.KEYS]
        return {algorithms.key_tag(rdata) for rdata in records if isinstance(rdata, DNSKEY)}

    def costly(self, signature: RRSIG) -> str:
        """Why we leave a key that fits alone, or ""."""
        return self._costly.get((signature.key_tag, int(signature.algorithm)), "")


def _find_flaw(
    signed: SignedSet, signature: RRSIG, zone: dns.name.Name, ring: _Ring, at: int
) -> tuple[int, str] | None:
    """(EDE code, sentence) if `signature` cannot hold whatever its octets are (RFC 4035 section 5.3.1)."""
    named = f"RRSIG over {signed} (key tag {signature.key_tag})"
    if signature.signer != zone:
        return (
            EDECode.RRSIGS_MISSING,
            f"{named} was made by {name_text(signature.signer)}, not by {name_text(zone)}",
        )
    if signature.type_covered != signed.rdtype:
        return EDECode.RRSIGS_MISSING, f"{named} covers another type"
    if signature.labels > owner_labels(signed.owner):
        return EDECode.DNSSEC_BOGUS, f"{named} claims more labels than its owner has"
    if signature.labels < len(zone) - 1:
        return EDECode.DNSSEC_BOGUS, f"{named} claims a wildcard above its own zone"
    if int(signature.algorithm) not in algorithms.SUPPORTED:
        name = algorithms.algorithm_name(int(signature.algorithm))
        return EDECode.RRSIGS_MISSING, f"{named} uses {name}, which is not supported"
    if not ring.fitting(signature):
        if costly := ring.costly(signature):
            return EDECode.DNSSEC_BOGUS, f"{named} was made with a key that is not accepted: {costly}"
        if signature.key_tag in ring.tags:
            return (
                EDECode.DNSKEY_MISSING,
                f"{named} was made with a key that is revoked or may not sign zone data",
            )
        if signature.key_tag in ring.published:
            return (
                EDECode.DNSKEY_MISSING,
                f"{named} was made with a key that neither a DS record nor a trust anchor names",
            )
        return EDECode.DNSKEY_MISSING, f"{named} was made with a key that {name_text(zone)} does not publish"
    expiration = unix_time(signature.expiration, at)
    if expiration < at:
        return EDECode.SIGNATURE_EXPIRED, f"{named} expired on {utc(expiration)}"
    inception = unix_time(signature.inception, at)
    if inception > at:
        return EDECode.SIGNATURE_NOT_YET_VALID, f"{named} is not valid before {utc(inception)}"
    return None


def _make_fact(signed: SignedSet, signature: RRSIG, at: int, verdict: str) -> SignatureFact:
    return SignatureFact(
        owner=name_text(signed.owner),
        rdtype=dns.rdatatype.to_text(signed.rdtype),
        signer=name_text(signature.signer),
        tag=signature.key_tag,
        algorithm=int(signature.algorithm),
        inception=unix_time(signature.inception, at),
        expiration=unix_time(signature.expiration, at),
        verdict=verdict,
    )
