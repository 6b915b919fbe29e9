"""Cases from STARTTLS on, and deliveries: data (see `cases.py`)."""

from __future__ import annotations

from mailpath.exchanges import Failure, Stage
from mailpath.judge.events import NOT_VERIFIED, Event
from mailpath.judge.model import DemandedBy
from scripts.explain_cases.case import Case
from scripts.explain_cases.walks import (
    ANONYMOUS,
    ENCRYPTED,
    GOOD,
    HELLO,
    OFFERED,
    READY,
    SECURE,
    TLSA,
    TLSA_GOOD,
    TLSA_PKIX,
    ended,
    policy,
    reply,
    walk,
)

_CERTIFICATE = ("TLS008", "TLS009", "TLS010", "TLS011", "TLS012", "TLS023")
_REFUSED = {**OFFERED, "starttls": reply(454, "4.7.0 TLS not available due to temporary reason")}
_REFUSED_FOR_GOOD = {**OFFERED, "starttls": reply(554, "5.7.3 no TLS")}
_ABORTED = ended(Stage.HANDSHAKE, READY, Failure.TLS_ALERT)
_CUT = ended(Stage.EHLO_TLS, {**GOOD, "ehlo_tls": None})

TLS = (
    Case(
        "no-starttls",
        "The mail host does not offer STARTTLS, or something on the path hides it.",
        ("TLS002", "TLS021"),
        (Event.STARTTLS_ABSENT,),
        walk(HELLO),
    ),
    Case(
        "no-starttls-tlsa",
        "The mail host has TLSA records but does not offer STARTTLS.",
        ("TLSA012", "TLS002", "TLS021"),
        (Event.STARTTLS_ABSENT,),
        walk(HELLO, mx=SECURE, tlsa=(TLSA,)),
        DemandedBy.DANE,
    ),
    Case(
        "no-starttls-sts",
        "The MTA-STS policy requires TLS, but the mail host does not offer STARTTLS.",
        ("STS017", "TLS002", "TLS021"),
        (Event.STARTTLS_ABSENT,),
        walk(HELLO, sts=policy()),
        DemandedBy.MTA_STS,
    ),
    Case(
        "starttls-refused",
        "The mail host offers STARTTLS but refuses it, most often because it cannot read its certificate.",
        ("TLS003",),
        (Event.STARTTLS_REFUSED,),
        walk(_REFUSED),
    ),
    Case(
        "starttls-refused-for-good",
        "The mail host offers STARTTLS but refuses it with a permanent reply.",
        ("TLS003",),
        (Event.STARTTLS_REFUSED,),
        walk(_REFUSED_FOR_GOOD),
    ),
    Case(
        "starttls-refused-and-gone",
        "The mail host offers STARTTLS, refuses it and closes the connection.",
        ("TLS003",),
        (Event.MAIL_LOST,),
        walk(ended(Stage.ENVELOPE, _REFUSED)),
    ),
    Case(
        "starttls-refused-tlsa",
        "The mail host has TLSA records but refuses STARTTLS.",
        ("TLS003", "TLSA012"),
        (Event.STARTTLS_REFUSED,),
        walk(_REFUSED, mx=SECURE, tlsa=(TLSA,)),
        DemandedBy.DANE,
    ),
    Case(
        "starttls-refused-sts",
        "The MTA-STS policy requires TLS, but the mail host refuses STARTTLS.",
        ("TLS003", "STS017"),
        (Event.STARTTLS_REFUSED,),
        walk(_REFUSED, sts=policy()),
        DemandedBy.MTA_STS,
    ),
    Case(
        "starttls-lost",
        "The mail host closes the connection after STARTTLS.",
        ("TLS018",),
        (Event.STARTTLS_LOST,),
        walk(ended(Stage.STARTTLS, OFFERED)),
    ),
    Case(
        "handshake",
        "The sender and the mail host cannot agree on TLS: versions, cipher suites, a broken certificate or"
        " key.",
        ("TLS004", "TLS006", "TLS014"),
        (Event.HANDSHAKE_FAILED,),
        walk(_ABORTED),
    ),
    Case(
        "handshake-tlsa",
        "The mail host has TLSA records, but its TLS handshake fails.",
        ("TLS004", "TLS006", "TLS014", "TLSA015"),
        (Event.HANDSHAKE_FAILED,),
        walk(_ABORTED, mx=SECURE, tlsa=(TLSA,)),
        DemandedBy.DANE,
    ),
    Case(
        "handshake-sts",
        "The MTA-STS policy requires TLS, but the handshake fails.",
        ("TLS004", "TLS006", "STS017"),
        (Event.HANDSHAKE_FAILED,),
        walk(_ABORTED, sts=policy()),
        DemandedBy.MTA_STS,
    ),
    Case(
        "certificate",
        "The sender verifies certificates, but this one fails: self-signed, expired, for another name,"
        " without its intermediate, or not trusted.",
        _CERTIFICATE,
        NOT_VERIFIED,
        walk(ENCRYPTED),
    ),
    Case(
        "certificate-tlsa",
        "The certificate matches no TLSA record, most often because it was renewed without updating DNS.",
        ("TLSA002", "TLSA008", "TLSA009", "TLS025"),
        NOT_VERIFIED,
        walk(ENCRYPTED, mx=SECURE, tlsa=(TLSA,)),
        DemandedBy.DANE,
    ),
    Case(
        "certificate-sts",
        "The MTA-STS policy requires a trusted certificate with the mail host's name, and this is not one.",
        ("STS014", *_CERTIFICATE),
        NOT_VERIFIED,
        walk(ENCRYPTED, sts=policy()),
        DemandedBy.MTA_STS,
    ),
    Case(
        "tls-lost",
        "The session breaks right after the TLS handshake; the mail host may reject the sender's TLS.",
        ("TLS018", "TLS004"),
        (Event.TLS_LOST,),
        walk(_CUT, mx=SECURE, tlsa=(TLSA_GOOD,)),
    ),
    Case(
        "tls-ehlo-refused",
        "The mail host refuses EHLO inside TLS.",
        ("TLS017",),
        (Event.TLS_EHLO_REFUSED,),
        walk({**GOOD, "ehlo_tls": reply(554, "5.5.0 no")}, mx=SECURE, tlsa=(TLSA_GOOD,)),
    ),
)

DELIVERED = (
    Case(
        "sent-plain",
        "The mail host does not offer STARTTLS, but the sender does not insist.",
        ("TLS002", "TLS021"),
        (Event.SENT_PLAIN,),
        walk(HELLO),
    ),
    Case(
        "sent-without-tls",
        "The sender does not use TLS, although the mail host offers it.",
        (),
        (Event.SENT_PLAIN,),
        walk(GOOD),
    ),
    Case(
        "sent-after-refusal",
        "The mail host offers STARTTLS but refuses it, and the sender continues in the clear.",
        ("TLS003",),
        (Event.SENT_PLAIN,),
        walk(_REFUSED),
    ),
    Case(
        "sent-after-handshake",
        "The TLS handshake fails, and the sender continues in the clear, at once or on a later attempt.",
        ("TLS004", "TLS006"),
        (Event.SENT_PLAIN,),
        walk(_ABORTED),
    ),
    Case(
        "sent-anonymous",
        "The mail host chose a cipher suite without a certificate.",
        ("TLS007",),
        (Event.SENT_TLS,),
        walk(ANONYMOUS),
    ),
    Case(
        "sent-untrusted",
        "The certificate does not verify, but the sender does not insist.",
        _CERTIFICATE,
        (Event.SENT_TLS,),
        walk(ENCRYPTED),
    ),
    Case(
        "sent-trusted",
        "The certificate is valid, whether or not the sender requires that.",
        (),
        (Event.SENT_TLS,),
        walk(GOOD),
    ),
    Case(
        "sent-dane",
        "The certificate matches signed TLSA records.",
        (),
        (Event.SENT_TLS,),
        walk(GOOD, mx=SECURE, tlsa=(TLSA_GOOD,)),
        DemandedBy.DANE,
    ),
    Case(
        "sent-half-dane",
        "The certificate matches TLSA records, but the MX records are not signed.",
        ("TLSA014", "SEC001"),
        (Event.SENT_TLS,),
        walk(GOOD, host=SECURE, tlsa=(TLSA_GOOD,)),
        DemandedBy.DANE,
    ),
    Case(
        "sent-unusable-tlsa",
        "No TLSA record is usable for mail; the records make TLS mandatory, but nothing more.",
        ("TLSA003", "TLSA004"),
        (Event.SENT_TLS,),
        walk(GOOD, mx=SECURE, tlsa=(TLSA_PKIX,)),
        DemandedBy.DANE,
    ),
    Case(
        "sent-sts",
        "The certificate is valid, as the MTA-STS policy requires.",
        (),
        (Event.SENT_TLS,),
        walk(GOOD, sts=policy()),
        DemandedBy.MTA_STS,
    ),
)
