"""What the judge takes and gives: postures as data, verdicts as records."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Outcome(StrEnum):
    """What happens to the mail (DESIGN section 3).  UNKNOWN: cannot be told; the reason says why."""

    AUTHENTICATED = "authenticated"
    ENCRYPTED = "encrypted"
    PLAINTEXT = "plaintext"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    UNKNOWN = "unknown"


DELIVERED = frozenset({Outcome.AUTHENTICATED, Outcome.ENCRYPTED, Outcome.PLAINTEXT})
#: No other host is tried.
FINAL = DELIVERED | {Outcome.BOUNCED}


class Mechanism(StrEnum):
    """What authenticated (or, under half-DANE, matched) the MX host."""

    DANE_EE = "dane-ee"
    DANE_TA = "dane-ta"
    PKIX = "pkix"
    MTA_STS = "mta-sts"
    NONE = "none"


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One MX host (and address, once one is known) tried, in order.

    `reason`: the sentence this server would log (foreign words in it as visible text).  `status_code`:
    enhanced status code (RFC 3463), e.g. "4.7.5"; None on delivery.
    """

    host: str
    address: str | None
    outcome: Outcome
    reason: str
    status_code: str | None = None
    mechanism: Mechanism = Mechanism.NONE
    tls_word: str | None = None
    tls_version: str | None = None
    why: str = ""  # the cause in plain words, beside the server's own sentence


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a sender with `posture` does with mail for this path.  Field meanings: DESIGN sections 3 and 4."""

    posture: str
    outcome: Outcome
    reason: str
    possible: tuple[Outcome, ...] = ()
    tls_word: str | None = None
    host: str | None = None
    address: str | None = None
    mechanism: Mechanism = Mechanism.NONE
    after_retry: bool = False
    policy_state: str | None = None  # "first-contact", "cached", None where no policy is looked at
    status_code: str | None = None
    attempts: tuple[Attempt, ...] = ()
    why: str = ""  # the cause in plain words, of the attempt that decided
