"""Wordings that are nobody's own: what receiving servers say, and what many senders say much alike."""

from __future__ import annotations

from mailpath.judge.events import NOT_VERIFIED, Event
from mailpath.judge.model import DemandedBy
from mailpath.tickets.explain.wording import TLSA_REFUSES, Speaker
from mailpath.tickets.explain.wording import wording as _of

#: They outrank what the sender's log says around them.
RECEIVER = (
    _of(
        Speaker.RECEIVER,
        r"must issue (?:a )?STARTTLS(?: command)? first"
        r"|\b5\d\d[ -](?:#?5\.7\.\d{1,3} )?.{0,80}\b(?:(?:STARTTLS|TLS|encryption|secure connection)"
        r" (?:is )?(?:required|needed|mandatory)|requires? (?:STARTTLS|TLS|encryption))",
        None,
        "The receiving server accepts mail only over TLS, but this session had none: the sender does not use"
        " TLS, or continued in the clear because STARTTLS or the handshake failed.",
        in_clear=("sent-without-tls", "sent-after-refusal", "sent-after-handshake"),
    ),
)

#: What many senders say much alike.
OTHER = (
    _of(
        Speaker.OTHER,
        r"\b454[ -](?:#?4\.\d\.\d{1,3} )?TLS (?:is )?(?:currently |temporarily )?(?:not |un)available",
        Event.STARTTLS_REFUSED,
        "The mail host offers STARTTLS but fails to start TLS, most often because it cannot read its"
        " certificate or key.",
    ),
    _of(
        Speaker.OTHER,
        r"\bDANE\b.{0,60}\b(?:verification|validation|authentication)(?: has)? failed"
        r"|\bDANE (?:mismatch|failure)|(?:does not|doesn.{1,3}t) match (?:the |any )?TLSA"
        r"|no match between certificates? and TLSA",
        NOT_VERIFIED,
        "The mail host's certificate matches no TLSA record.",
        *TLSA_REFUSES,
        by=DemandedBy.DANE,
    ),
    _of(
        Speaker.OTHER,
        r"certificate (?:has |is )?expired|expired certificate",
        NOT_VERIFIED,
        "The mail host's certificate is expired or not yet valid.",
        "TLS009",
    ),
    _of(
        Speaker.OTHER,
        r"\bTLS handshake\b.{0,300}\b(?:fail\w*|error|timed out)|\bTLS (?:negotiation|connection) failed"
        r"|(?:fail\w*|error) (?:during|in) (?:the )?TLS handshake",
        Event.HANDSHAKE_FAILED,
        "The TLS handshake with the mail host failed.",
    ),
)
