"""Limits on the work that a hostile zone can cause (CVE-2023-50387 KeyTrap, CVE-2023-50868).

DNSSEC asks a validator to try every signature with every key that might fit and to hash every name
that might be denied; a zone can make both products enormous.  Each unit of work (one zone's keys, one
delegation, one answer) gets a `Budget` of its own, so that what one zone wastes no other pays for and
the result does not depend on the order in which answers arrive.  The unit that spends its budget is
bogus, and says so.

Many units together can still be too much: they share a `Whole`.  Who comes too late for that one does
hang on the order of arrival, so nothing that a walk found out before or after may stand: it is walked
again with less `Effort`.  Whether that happens does not hang on the order: what a walk needs without a
limit is one set of operations, whatever is worked out first, and it is larger than the limit or not.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

#: Keys of one zone that share tag and algorithm and are tried for one signature (as unbound has it).
KEYS_PER_SIGNATURE = 4
#: Signatures over one RRset that are looked at.
SIGNATURES_PER_RRSET = 8
#: Zones that claim to have signed one RRset, or one denial, that are looked at: an honest answer has one.
SIGNERS = 4
#: Public-key operations in one unit of work.
VERIFICATIONS = 48
#: Public-key operations of one walk, 0.02 to 0.3 ms each.  Its 300 questions bring some 220 at most.
VERIFICATIONS_IN_ALL = 300
#: Bits of an RSA key's exponent and modulus (RFC 3110 section 2) above which no signature of its is verified.
#: The time grows with their product: 3072 bits each take 4 ms, which honest exponents (65537) do in 0.03.
RSA_EXPONENT = 64
RSA_MODULUS = 4096
#: NSEC3 iterations above which a zone counts as insecure (RFC 9276 section 3.2, as unbound has it).
NSEC3_ITERATIONS = 150
#: SHA-1 rounds spent on NSEC3 hashes in one unit of work.
HASH_ROUNDS = 20_000
#: SHA-1 rounds of one walk, a quarter of a second.  Fifty hosts in zones of 150 iterations need half of it.
HASH_ROUNDS_IN_ALL = 500_000
#: NSEC or NSEC3 RRsets of one message that are looked at: an honest proof needs three.
DENIAL_RRSETS = 8
#: CNAME and DNAME hops of one lookup.  Resolvers stop earlier (unbound after 11 questions), but not where
#: one zone answers with the whole chain at once (observed).
ALIASES = 32
#: Labels, the root's counted, down to which a chain of trust is followed (reverse IPv6 names have 35).
CHAIN = 40
#: Labels, the root's counted, for which DS and DNSKEY are asked ahead of need.
AHEAD = 10
#: Records of a DNS message that is read whenever it comes, at some 30 microseconds each.
RECORDS = 64
#: Records in the longer messages of one walk.  Sixty MX records or as many addresses are rare, but honest.
RECORDS_IN_ALL = 10_000
#: Octets of one DNS message (RFC 1035 section 4.2.2).
MESSAGE = 65_535
#: DS records of one delegation, DNSKEY records of one zone, that are looked at.
KEYS = 256


class OverBudget(Exception):
    """A unit of work asked for more than its share; the message is one plain sentence."""


class Exhausted(Exception):
    """The walk as a whole needs more than there is: nothing is known.  The message is one plain sentence."""


#: What `Exhausted` says: the same words whichever limit was met first.
GAVE_UP = (
    "gave up: the answers and signatures on this path take more work than those of any honest path (limits:"
    f" {VERIFICATIONS_IN_ALL} signature checks, {HASH_ROUNDS_IN_ALL} hash rounds, {RECORDS_IN_ALL} records"
    " in long answers)"
)


class Effort(Enum):
    """What a walk takes upon itself to verify signatures (RFC 4035 section 5.3.3), most first."""

    FULL = "every signature that may hold is tried with every key that fits"
    SPARING = "for each RRset, one signature is tried with one key: honest zones need no more"
    NONE = "nothing is verified"


class Whole:
    """What one walk may spend, and has spent.  `exhausted`: nothing that it found out may stand."""

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
        """What `work` comes to, the public-key operation with the digest `operation`; each is charged once.

        Raises `Exhausted`.
        """
        if operation not in self._known:
            self._charge(self.verifications < VERIFICATIONS_IN_ALL)
            self._known[operation] = work()
        return self._known[operation]

    def hashing(self, rounds: int) -> None:
        """Charge one NSEC3 hash (RFC 5155 section 5) of so many rounds.  Raises `Exhausted`."""
        self._charge(self.rounds + rounds <= HASH_ROUNDS_IN_ALL)
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
    """What one unit of work may still spend, of the `whole` of its walk."""

    def __init__(self, whole: Whole, verifications: int = VERIFICATIONS, rounds: int = HASH_ROUNDS) -> None:
        self.verifications = 0
        self.rounds = 0
        self._most_verifications = verifications
        self._most_rounds = rounds
        self._whole = whole

    def verification(self) -> None:
        """Charge one public-key operation (RFC 4035 section 5.3.3).  Raises `OverBudget`.

        One that another unit has made is charged all the same: who was first must not matter.
        """
        self.verifications += 1
        if self.verifications > self._most_verifications:
            raise OverBudget(
                f"gave up after {self._most_verifications} signature checks: no honest zone needs so many"
            )

    def hashing(self, iterations: int) -> None:
        """Charge one NSEC3 hash (RFC 5155 section 5) of `iterations` more rounds.

        Raises `OverBudget`, `Exhausted`.
        """
        self.rounds += iterations + 1
        if self.rounds > self._most_rounds:
            raise OverBudget(
                f"gave up after {self._most_rounds} rounds of NSEC3 hashing: no honest zone needs so many"
            )
        self._whole.hashing(iterations + 1)
