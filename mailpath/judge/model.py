"""What the judge takes and gives: postures as data, verdicts as records."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from mailpath.judge.events import Event
from mailpath.records import Record


class Outcome(StrEnum):
    """What happens to the mail.  UNKNOWN: cannot be told; the reason says why."""

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


class Demand(StrEnum):
    """What a session must be."""

    NONE = "none"  # STARTTLS is not sent
    MAY = "may"  # TLS if it works
    ENCRYPT = "encrypt"
    AUTHENTICATE = "authenticate"


class DemandedBy(StrEnum):
    """On whose account: the sender's own level, what the recipient publishes, or the message itself."""

    LEVEL = "level"
    DANE = "dane"
    MTA_STS = "mta-sts"
    REQUIRETLS = "requiretls"


class Untold(msgspec.Struct, frozen=True):
    """Why something cannot be told from here.  `why`: a clause, visible text."""

    event: Event
    why: str

    @property
    def reason(self) -> str:
        """As a verdict has it."""
        return f"cannot be determined from here: {self.why}"


class Attempt(Record, frozen=True, kw_only=True):
    """One MX host (and address, once one is known) tried, in order.

    `reason`: the sentence this server would log (foreign words in it as visible text).  `status_code`:
    enhanced status code (RFC 3463), e.g. "4.7.5"; None on delivery.  `event`: what ended it; `demand`: what
    the session had to be, and `demanded_by`: on whose account, None where it never came to that.
    `cause`: the event behind it: what kept mail in the clear from TLS, what a host that REQUIRETLS refuses
    did.  `because`: ids of the posture's rules that made it other than the RFCs' sender would (`because.py`).
    `tls_field`: the `tls=` of this server's delivery log (`tls_field.py`); None where it has none.
    """

    host: str
    address: str | None
    outcome: Outcome
    reason: str
    event: Event
    demand: Demand | None = None
    demanded_by: DemandedBy | None = None
    because: tuple[str, ...] = ()
    status_code: str | None = None
    mechanism: Mechanism = Mechanism.NONE
    tls_word: str | None = None
    tls_field: str | None = None
    tls_version: str | None = None
    cause: Event | None = None
    why: str = ""  # the cause in plain words, beside the server's own sentence


class Verdict(Record, frozen=True, kw_only=True):
    """What a sender with `posture` does with mail for this path; `host` to `status_code` and `event` to
    `because` are those of the attempt that decided.  `possible`: the outcomes there may be where it is
    `unknown`.
    """

    posture: str
    outcome: Outcome
    reason: str
    event: Event
    demand: Demand | None = None
    demanded_by: DemandedBy | None = None
    because: tuple[str, ...] = ()
    possible: tuple[Outcome, ...] = ()
    tls_word: str | None = None
    tls_field: str | None = None
    host: str | None = None
    address: str | None = None
    mechanism: Mechanism = Mechanism.NONE
    after_retry: bool = False
    policy_state: str | None = None  # "first-contact", "cached", None where no policy is looked at
    status_code: str | None = None
    attempts: tuple[Attempt, ...] = ()
    cause: Event | None = None
    why: str = ""  # the cause in plain words, of the attempt that decided


def ordered(outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
    """As a verdict has them in `possible`."""
    outcomes = set(outcomes)
    if not outcomes:  # as mostly
        return ()
    return tuple(each for each in Outcome if each in outcomes and each is not Outcome.UNKNOWN)


def untold(posture: str, why: Untold, possible: Iterable[Outcome] = ()) -> Verdict:
    """The verdict where it cannot be told from here; `possible`: what it may be, as far as that is known."""
    return Verdict(
        posture=posture,
        outcome=Outcome.UNKNOWN,
        possible=ordered(possible),
        reason=why.reason,
        event=why.event,
        why=why.why,
    )
