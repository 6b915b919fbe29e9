"""Limits on the work that a hostile zone can cause (CVE-2023-50387 KeyTrap, CVE-2023-50868).

DNSSEC asks a validator to try every signature with every key that might fit and to hash every name
that might be denied; a zone can make both products enormous.  Each unit of work (one zone's keys, one
delegation, one answer) gets a `Budget` of its own, so that what one zone wastes no other pays for and
the result does not depend on the order in which answers arrive.  The unit that spends its budget is
bogus, and says so.
"""

from __future__ import annotations

#: Keys of one zone that share tag and algorithm and are tried for one signature (as unbound has it).
KEYS_PER_SIGNATURE = 4
#: Signatures over one RRset that are looked at.
SIGNATURES_PER_RRSET = 8
#: Public-key operations in one unit of work.
VERIFICATIONS = 48
#: Public-key operations of one `Validator`: a backstop, far above what the largest honest walk needs.
VERIFICATIONS_IN_ALL = 4096
#: NSEC3 iterations above which a zone counts as insecure (RFC 9276 section 3.2, as unbound has it).
NSEC3_ITERATIONS = 150
#: SHA-1 rounds spent on NSEC3 hashes in one unit of work.
HASH_ROUNDS = 20_000
#: SHA-1 rounds of one `Validator`: a backstop.
HASH_ROUNDS_IN_ALL = 2_000_000
#: NSEC or NSEC3 RRsets of one message that are looked at: an honest proof needs three.
DENIAL_RRSETS = 8
#: CNAME and DNAME hops of one lookup.  Resolvers stop earlier (unbound after 11 questions), but not where
#: one zone answers with the whole chain at once (observed).
ALIASES = 32
#: Labels, the root's counted, down to which a chain of trust is followed (reverse IPv6 names have 35).
CHAIN = 40
#: Labels, the root's counted, for which DS and DNSKEY are asked ahead of need.
AHEAD = 10
#: Octets of one DNS message (RFC 1035 section 4.2.2).
MESSAGE = 65_535
#: DS records of one delegation, DNSKEY records of one zone, that are looked at.
KEYS = 512


class OverBudget(Exception):
    """A unit of work asked for more than its share; the message is one plain sentence."""


class Budget:
    """What one unit of work may still spend; also charges `whole`, the budget of the validator."""

    def __init__(
        self, verifications: int = VERIFICATIONS, rounds: int = HASH_ROUNDS, whole: Budget | None = None
    ) -> None:
        self.verifications = 0
        self.rounds = 0
        self._most_verifications = verifications
        self._most_rounds = rounds
        self._whole = whole

    def verification(self) -> None:
        """Charge one public-key operation (RFC 4035 section 5.3.3).  Raises `OverBudget`."""
        if self._whole is not None:
            self._whole.verification()
        self.verifications += 1
        if self.verifications > self._most_verifications:
            raise OverBudget(
                f"gave up after {self._most_verifications} signature checks: no honest zone needs so many"
            )

    def hashing(self, iterations: int) -> None:
        """Charge one NSEC3 hash (RFC 5155 section 5) of `iterations` more rounds.  Raises `OverBudget`."""
        if self._whole is not None:
            self._whole.hashing(iterations)
        self.rounds += iterations + 1
        if self.rounds > self._most_rounds:
            raise OverBudget(
                f"gave up after {self._most_rounds} rounds of NSEC3 hashing: no honest zone needs so many"
            )


def whole_budget() -> Budget:
    """The backstop of one validator (work as in RFC 4035 section 5.3.3)."""
    return Budget(VERIFICATIONS_IN_ALL, HASH_ROUNDS_IN_ALL)
