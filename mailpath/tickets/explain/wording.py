"""What a wording of some server is: whose words, and what they speak of."""

from __future__ import annotations

import re
from enum import StrEnum

import msgspec

from mailpath.judge.events import Event

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
    """`findings`: where the words narrow the causes down to these codes; `policy`: "dane" or "sts" where
    they say on whose account.  `event` None: nothing happened to the mail on account of it, or nothing
    that the words tell; `in_clear`: cases in which a sender without TLS would hear them.
    """

    speaker: Speaker
    regex: re.Pattern[str]
    event: Event | None
    means: str
    findings: tuple[str, ...] = ()
    policy: str = ""
    in_clear: tuple[str, ...] = ()


def wording(
    speaker: Speaker,
    regex: str,
    event: Event | None,
    means: str,
    *findings: str,
    policy: str = "",
    in_clear: tuple[str, ...] = (),
) -> Wording:
    return Wording(speaker, re.compile(regex, re.IGNORECASE), event, means, findings, policy, in_clear)
