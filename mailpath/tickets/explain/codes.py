"""Enhanced status codes in plain words (RFC 3463, with the IANA registry's later additions)."""

from __future__ import annotations

import re
from collections.abc import Mapping

CLASSES: Mapping[str, str] = {
    "2": "The message was accepted.",
    "4": "A temporary failure: the sender queues the message and tries again.",
    "5": "A permanent failure: the sender gives up and bounces the message.",
}

SUBJECTS: Mapping[str, str] = {
    "0": "It says nothing more specific.",
    "1": "It concerns the address.",
    "2": "It concerns the mailbox.",
    "3": "It concerns the receiving mail system.",
    "4": "It concerns the network or the route.",
    "5": "It concerns the SMTP dialogue.",
    "6": "It concerns the message's form or content.",
    "7": "It concerns security or policy.",
}

#: Subject and detail -> (what it means, where that stands).
DETAILS: Mapping[str, tuple[str, str]] = {
    "1.0": ("Something is wrong with the address, or the domain accepts no mail.", "RFC 3463 section 3.2"),
    "1.1": ("The receiving system has no such mailbox.", "RFC 3463 section 3.2"),
    "1.2": ("The recipient's domain does not exist or accepts no mail.", "RFC 3463 section 3.2"),
    "1.3": ("The recipient's address is malformed.", "RFC 3463 section 3.2"),
    "1.6": ("The mailbox has moved, and the server does not say where.", "RFC 3463 section 3.2"),
    "1.7": ("The sender's address is malformed.", "RFC 3463 section 3.2"),
    "1.8": ("The sender's domain does not exist or accepts no mail.", "RFC 3463 section 3.2"),
    "1.10": (
        "The recipient's domain states with a null MX record that it accepts no mail.",
        "RFC 7505 section 5",
    ),
    "2.0": ("Something is wrong with the mailbox.", "RFC 3463 section 3.3"),
    "2.1": ("The mailbox is disabled.", "RFC 3463 section 3.3"),
    "2.2": ("The mailbox is full.", "RFC 3463 section 3.3"),
    "2.3": ("The message is larger than the mailbox accepts.", "RFC 3463 section 3.3"),
    "3.0": ("The mail system cannot accept the message.", "RFC 3463 section 3.4"),
    "3.2": ("The mail system accepts no messages at the moment.", "RFC 3463 section 3.4"),
    "3.4": ("The message is larger than the mail system accepts.", "RFC 3463 section 3.4"),
    "4.1": ("The mail host does not answer.", "RFC 3463 section 3.5"),
    "4.2": ("The connection broke, or the other end went silent.", "RFC 3463 section 3.5"),
    "4.3": ("A lookup in DNS (or another directory) failed.", "RFC 3463 section 3.5"),
    "4.4": ("No route: DNS names no usable host.", "RFC 3463 section 3.5"),
    "4.6": ("The mail would loop.", "RFC 3463 section 3.5"),
    "4.7": (
        "The message could not be delivered before its time in the queue expired.",
        "RFC 3463 section 3.5",
    ),
    "4.312": ("Exchange Online: the DNS query failed, often because DNSSEC is broken.", "Microsoft Learn"),
    "4.316": ("Exchange Online: the mail host refused the connection.", "Microsoft Learn"),
    "4.317": ("Exchange Online: no session with the mail host could be started.", "Microsoft Learn"),
    "5.0": ("Something went wrong in the SMTP dialogue.", "RFC 3463 section 3.6"),
    "5.1": ("The command is unknown or not allowed here.", "RFC 3463 section 3.6"),
    "7.0": ("A matter of security or policy; the words beside it say which.", "RFC 3463 section 3.8"),
    "7.1": ("Not allowed: the server refuses this sender or recipient.", "RFC 3463 section 3.8"),
    "7.4": ("A required security feature is not offered, most often TLS.", "RFC 3463 section 3.8"),
    "7.5": ("Cryptography failed: most often the certificate or the TLSA record.", "RFC 3463 section 3.8"),
    "7.10": ("Encryption is required, but was not used.", "RFC 5248, RFC 8689 section 4.2.1"),
    "7.30": ("REQUIRETLS is required, but the next server does not support it.", "RFC 8689 section 5"),
    "7.320": ("Exchange Online: the mail host's certificate does not verify.", "Microsoft Learn"),
    "7.321": ("Exchange Online: the mail host does not support STARTTLS.", "Microsoft Learn"),
    "7.322": ("Exchange Online: the mail host's certificate has expired.", "Microsoft Learn"),
    "7.323": ("Exchange Online: the mail host's certificate matches no TLSA record.", "Microsoft Learn"),
    "7.324": ("Exchange Online: the domain's DNSSEC is not valid.", "Microsoft Learn"),
}

#: Subject and detail -> what a walk shows then: of codes that belong to the message, not to a posture.
FINDINGS: Mapping[str, tuple[str, ...]] = {"7.30": ("TLS026",)}

#: Behind a blank, or the code of a reply of several lines ("550-5.7.26 ").
_CODE = re.compile(r"(?:(?<![\w.:/\[-])|(?<=[245]\d\d-))([245])\.([0-7])\.(\d{1,3})(?![\w/]|\.\d)")


def code_in(text: str) -> str | None:
    """The first enhanced status code in `text` (RFC 3463 section 2), e.g. "4.7.5".

    A look-alike is left out: part of an address, of a longer version number, or behind a name.
    """
    found = _CODE.search(text)
    return found[0] if found else None


def meaning(code: str) -> tuple[tuple[str, ...], str]:
    """(sentences, where that stands) for a code that `code_in` found."""
    kind, _, rest = code.partition(".")
    subject = rest.partition(".")[0]
    known = DETAILS.get(rest)
    if known is not None:
        return (known[0], CLASSES[kind]), known[1]
    return (SUBJECTS[subject], CLASSES[kind]), "RFC 3463 section 3"


def plain(code: str) -> bool:
    """Does the code alone tell what is wrong?  One that ends in ".0" does not."""
    detail = code.partition(".")[2]
    return detail in DETAILS and not detail.endswith(".0")
