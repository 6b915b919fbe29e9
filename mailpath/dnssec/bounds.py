"""Limits on the work that a hostile zone can cause (CVE-2023-50387 KeyTrap, CVE-2023-50868).

DNSSEC asks a validator to try every signature with every key that might fit, and to hash every name that
might be denied; a zone can make both products enormous.  Each unit of work (one zone's keys, one delegation,
one answer) gets a `Budget` of its own: no zone pays for what another wastes, and the result does not depend
on the order in which answers arrive.  A unit that exceeds its budget is bogus, and its reason says so.

Many units together can still be too much, so they share a `Whole`.  Which unit exceeds that one does depend
on the order of arrival; therefore nothing that such a walk found out may stand, and the caller walks again
with less `Effort`.  Whether it happens does not depend on the order: a walk without a limit would need one
fixed set of operations, and either that set exceeds the limit or it does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum

from mailpath.dnssec.zones import current

#: Most keys of one zone with the same tag and algorithm that we try for one signature (as unbound does).
KEYS_PER_SIGNATURE = 4
#: Most signatures over one RRset that we look at.
SIGNATURES_PER_RRSET = 8
#: Most zones that claim to have signed one RRset or one denial: an honest answer has one.
SIGNERS = 4
#: Public-key operations in one unit of work.
VERIFICATIONS = 48
#: Public-key operations of one walk, 0.02 to 0.3 ms each.  Its 300 questions bring some 220 at most.
VERIFICATIONS_IN_ALL = 300
#: Bits of an RSA key's exponent and modulus (RFC 3110 section 2) above which we verify none of its
#: signatures.  The time grows with their product: at 3072 bits each it is 4 ms, with the usual exponent
#: (65537) 0.03 ms.
RSA_EXPONENT = 64
RSA_MODULUS = 4096
#: NSEC3 iterations above which a zone counts as insecure (RFC 9276 section 3.2; unbound's limit too).
NSEC3_ITERATIONS = 150
#: SHA-1 rounds spent on NSEC3 hashes in one unit of work.
HASH_ROUNDS = 20_000
#: SHA-1 rounds of one walk, a quarter of a second.  Fifty hosts in zones of 150 iterations need half of it.
HASH_ROUNDS_IN_ALL = 500_000
#: Most NSEC or NSEC3 RRsets of one message that we look at: an honest proof needs three.
DENIAL_RRSETS = 8
#: CNAME and DNAME hops of one lookup.  Resolvers stop earlier (unbound after 11 questions), except when one
#: zone answers with the whole chain at once (observed).
ALIASES = 32
#: Labels, the root's included, down to which we follow a chain of trust (reverse IPv6 names have 35).
CHAIN = 40
#: Labels, the root's included, for which we ask DS and DNSKEY ahead of need.
AHEAD = 10
#: Records of a DNS message that we read without charge, at some 30 microseconds each.
RECORDS = 64
#: Records in the longer messages of one walk.  Sixty MX records or as many addresses are rare, but honest.
RECORDS_IN_ALL = 10_000
#: Octets of one DNS message (RFC 1035 section 4.2.2).
MESSAGE = 65_535
#: Most DS records of one delegation, and most DNSKEY records of one zone, that we look at.
KEYS = 256


class OverBudget(Exception):
    """A unit of work exceeded its budget; the message is one plain sentence."""


class Exhausted(Exception):
    """The walk as a whole exceeded its limit: nothing is known.  The message is one plain sentence."""


#: What `Exhausted` says: the same words whichever limit was met first.
GAVE_UP = (
    "gave up: the answers and signatures on this path take more work than those of any honest path (limits:"
    f" {VERIFICATIONS_IN_ALL} signature checks, {HASH_ROUNDS_IN_ALL} hash rounds, {RECORDS_IN_ALL} records"
    " in long answers)"
)


class Effort(Enum):
    """How hard a walk tries to verify signatures (RFC 4035 section 5.3.3), hardest first."""

    FULL = "every signature that may hold is tried with every key that fits"
    SPARING = "for each RRset, one signature is tried with one key: honest zones need no more"
    NONE = "nothing is verified"


class Whole:
    """What one walk may spend, and has spent.  `exhausted`: none of its results may stand."""

    def __init__(self, effort: Effort = Effort.FULL) -> None:
        self.effort = effort
        self.exhausted = False
        self.rounds = 0
        self.records = 0
        self._known: dict[bytes, bool] = {}

    @property
    def verifications(self) -> int:
        """Different public-key operations made so far (RFC 4035 section 5.3.3)."""
        return len(self._known)

    def holds(self, operation: bytes, work: Callable[[], bool]) -> bool:
        """The result of `work`, a public-key operation identified by the digest `operation`.

        Charges each operation once.  Raises `Exhausted`.
        """
        if operation not in self._known:
            self._charge(self.verifications < VERIFICATIONS_IN_ALL)
            self._known[operation] = work()
        if (unit := current()) is not None:
            unit.operations[operation] = self._known[operation]
        return self._known[operation]

    def hashing(self, rounds: int) -> None:
        """Charge one NSEC3 hash (RFC 5155 section 5) of so many rounds.  Raises `Exhausted`."""
        self._charge(self.rounds + rounds <= HASH_ROUNDS_IN_ALL)
        self.rounds += rounds
        if (unit := current()) is not None:
            unit.rounds += rounds

    def affords(self, operations: Iterable[Mapping[bytes, bool]], rounds: int) -> bool:
        """Whether so much is left for work that another walk has done (RFC 4035 section 5.3.3)."""
        new = {each for several in operations for each in several} - self._known.keys()
        enough = self.verifications + len(new) <= VERIFICATIONS_IN_ALL
        return enough and self.rounds + rounds <= HASH_ROUNDS_IN_ALL and not self.exhausted

    def charge(self, operations: Iterable[Mapping[bytes, bool]], rounds: int) -> None:
        """Charge it, as if this walk had done it (RFC 4035 section 5.3.3)."""
        for several in operations:
            self._known.update(several)
        self.rounds += rounds

    def reading(self, records: int) -> None:
        """Charge a long message of so many records (RFC 1035 section 4.1.1).  Raises `Exhausted`."""
        self._charge(self.records + records <= RECORDS_IN_ALL)
        self.records += records

    def _charge(self, enough: bool) -> None:
        if self.exhausted or not enough or self.effort is Effort.NONE:
            self.exhausted = True
            raise Exhausted(GAVE_UP)


class Budget:
    """What one unit of work has spent of its own share, and of the `whole` of its walk."""

    def __init__(self, whole: Whole) -> None:
        self._verifications = 0
        self._rounds = 0
        self._whole = whole

    def verification(self) -> None:
        """Charge one public-key operation (RFC 4035 section 5.3.3).  Raises `OverBudget`.

        Charges for an operation that another unit has already made, too: who came first must not matter.
        """
        self._verifications += 1
        if self._verifications > VERIFICATIONS:
            raise OverBudget(f"gave up after {VERIFICATIONS} signature checks: no honest zone needs so many")

    def hashing(self, iterations: int) -> None:
        """Charge one NSEC3 hash (RFC 5155 section 5) of `iterations` more rounds.

        Raises `OverBudget`, `Exhausted`.
        """
        self._rounds += iterations + 1
        if self._rounds > HASH_ROUNDS:
            raise OverBudget(
                f"gave up after {HASH_ROUNDS} rounds of NSEC3 hashing: no honest zone needs so many"
            )
        self._whole.hashing(iterations + 1)
