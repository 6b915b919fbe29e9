"""What a wording of some server is: whose words, and what they speak of."""

from __future__ import annotations

import re
from enum import StrEnum

import msgspec

from mailpath.judge.events import Event
from mailpath.judge.model import DemandedBy

#: The TLSA records do not accept what the mail host shows.
TLSA_REFUSES = ("TLSA002", "TLSA003", "TLSA008", "TLSA009")


class Speaker(StrEnum):
    """Whose words they are."""

    POSTFIX = "Postfix"
    EXIM = "Exim"
    EXCHANGE = "Exchange Online"
    GMAIL = "Gmail"
    SENDMAIL = "Sendmail"
    QMAIL = "qmail"
    RECEIVER = "a receiving server"
    OTHER = "mail servers"


class Wording(msgspec.Struct, frozen=True):
    """`findings`: where the words narrow the causes down to these codes; `by`: where they say on whose
    account TLS was demanded.  `events` (): nothing happened to the mail on account of it, or nothing that
    the words tell; `in_clear`: cases in which a sender without TLS would hear them.
    """

    speaker: Speaker
    regex: re.Pattern[str]
    events: tuple[Event, ...]
    means: str
    findings: tuple[str, ...] = ()
    by: DemandedBy | None = None
    in_clear: tuple[str, ...] = ()


def wording(
    speaker: Speaker,
    regex: str,
    event: Event | tuple[Event, ...] | None,
    means: str,
    *findings: str,
    by: DemandedBy | None = None,
    in_clear: tuple[str, ...] = (),
) -> Wording:
    events = event if isinstance(event, tuple) else () if event is None else (event,)
    return Wording(speaker, re.compile(regex, re.IGNORECASE), events, means, findings, by, in_clear)
