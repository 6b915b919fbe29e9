"""Exchange Online's wordings (Microsoft Learn: SMTP DANE, MTA-STS, non-delivery reports): data.

Its codes are wide: 4.4.317 is said of a host that is down as well as of one whose certificate does not hold.
So the words, which it adds as `[Message=...]` or in parentheses, stand before the codes.
"""

from __future__ import annotations

from mailpath.judge.events import NOT_VERIFIED, Event
from mailpath.judge.model import DemandedBy
from mailpath.tickets.explain.wording import TLSA_REFUSES, Speaker
from mailpath.tickets.explain.wording import wording as _of

EXCHANGE = (
    _of(
        Speaker.EXCHANGE,
        r"\b[45]\.7\.321\b|starttls-not-supported: Destination mail server",
        Event.STARTTLS_ABSENT,
        "Exchange Online: TLS is required for this domain, but the mail host does not offer it.",
    ),
    _of(
        Speaker.EXCHANGE,
        r"\b[45]\.7\.322\b|certificate-expired: Destination mail server",
        NOT_VERIFIED,
        "Exchange Online: the mail host's certificate is expired or not yet valid.",
        "TLS009",
        "TLSA009",
    ),
    _of(
        Speaker.EXCHANGE,
        r"\b[45]\.7\.323\b|tlsa-invalid: The domain failed DANE validation",
        NOT_VERIFIED,
        "Exchange Online: the mail host's certificate matches no TLSA record.",
        *TLSA_REFUSES,
        by=DemandedBy.DANE,
    ),
    _of(
        Speaker.EXCHANGE,
        r"\b[45]\.7\.324\b|dnssec-invalid: Destination domain returned invalid DNSSEC",
        Event.TLSA_FAILED,
        "Exchange Online: the domain's DNSSEC is not valid.",
        "SEC002",
        "SEC012",
        "TLSA005",
    ),
    _of(
        Speaker.EXCHANGE,
        r"Remote certificate failed MTA-STS validation|failed MTA-STS validation",
        NOT_VERIFIED,
        "Exchange Online: the mail host's certificate fails the domain's MTA-STS policy.",
        "STS014",
        "TLS009",
        "TLS010",
        "TLS012",
        by=DemandedBy.MTA_STS,
    ),
    _of(
        Speaker.EXCHANGE,
        r"STARTTLS is required for MTA-STS",
        Event.STARTTLS_ABSENT,
        "Exchange Online: the MTA-STS policy requires TLS, but the mail host does not offer it.",
        "STS017",
        "TLS002",
        by=DemandedBy.MTA_STS,
    ),
    _of(
        Speaker.EXCHANGE,
        r"\b451[ -]5\.7\.3 STARTTLS is required to send mail",
        Event.STARTTLS_ABSENT,
        "Exchange Online: a connector or the domain's policy requires TLS, but the mail host does not offer"
        " it.",
        "TLS002",
        "TLS021",
    ),
    _of(
        Speaker.EXCHANGE,
        r"\bSubjectMismatch\b",
        NOT_VERIFIED,
        "Exchange Online: the mail host's certificate is for another name.",
        "TLS010",
    ),
    _of(
        Speaker.EXCHANGE,
        r"\bUntrustedRoot\b",
        NOT_VERIFIED,
        "Exchange Online: the mail host's certificate is not trusted.",
        "TLS008",
        "TLS011",
        "TLS012",
    ),
    _of(
        Speaker.EXCHANGE,
        r"\b[45]\.7\.320\b",
        NOT_VERIFIED,
        "Exchange Online: the mail host's certificate does not verify.",
        "TLS008",
        "TLS009",
        "TLS010",
        "TLS011",
        "TLS012",
    ),
    _of(
        Speaker.EXCHANGE,
        r"\b[45]\.4\.312\b",
        Event.MX_FAILED,
        "Exchange Online: the DNS query failed, often because DNSSEC is broken.",
        "MX005",
        "SEC002",
    ),
    _of(
        Speaker.EXCHANGE,
        r"\b[45]\.4\.31[67]\b|\b[45]\.4\.7 Message expired",
        Event.CONNECT_FAILED,
        "Exchange Online could not connect to the mail host.",
    ),
    _of(
        Speaker.EXCHANGE,
        r"\bRESOLVER\.ADR\.RecipNotFound|RecipientNotFound|wasn't found at",
        Event.RCPT_REFUSED,
        "There is no such mailbox.",
    ),
)
