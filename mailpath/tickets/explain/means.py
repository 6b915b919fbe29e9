"""What each event and each word of a log means: data, in plain words."""

from __future__ import annotations

from collections.abc import Mapping

from mailpath.judge.events import NOT_VERIFIED, Event

#: What an event means beside words that say already what happened.
_THEN: Mapping[Event, str] = {
    **dict.fromkeys((Event.GREETING_LOST, Event.EHLO_LOST, Event.STARTTLS_LOST, Event.TLS_LOST), ""),
    Event.HANDSHAKE_FAILED: "If TLS is optional, some senders continue in the clear, at once or on a later"
    " attempt.",
}

EVENTS: Mapping[Event, str] = {
    Event.MX_FAILED: "The MX records of the recipient domain could not be looked up. That is an error, not an"
    " absence.",
    Event.NULL_MX: "The recipient domain states that it accepts no mail.",
    Event.NO_ADDRESS: "DNS names no host that accepts mail for the recipient domain.",
    Event.NO_SUCH_DOMAIN: "The recipient domain does not exist.",
    Event.MX_INVALID: "No MX record of the recipient domain names a valid host.",
    Event.HOST_FAILED: "The address of a mail host could not be looked up.",
    Event.HOST_NOT_FOUND: "A mail host that the MX records name does not exist.",
    Event.HOST_WITHOUT_ADDRESS: "A mail host that the MX records name has no address.",
    Event.HOST_INVALID: "A mail host is an alias of something that is not a host name.",
    Event.HOST_IS_LITERAL: "An MX record names an IP address instead of a host name.",
    Event.LOOPS_BACK: "The best mail host that the MX records name is the sending server itself.",
    Event.NO_HOST_FOUND: "None of the mail hosts that the MX records name has an address.",
    Event.SOME_HOST_FAILED: "The address lookups for all mail hosts failed.",
    Event.TLSA_FAILED: "The TLSA records of the mail host could not be looked up. That could be an attack,"
    " so a sender with DANE does not use the host.",
    Event.DANE_UNKNOWN: "The address or the TLSA records of one of the mail hosts could not be looked up, so"
    " the sender's policy service cannot say whether DANE is used, and no host gets the mail.",
    Event.TLSA_MISSING: "The sender insists on DANE, but there is no signed TLSA record for the mail host.",
    Event.TLSA_UNUSABLE: "The sender insists on DANE, but none of the TLSA records is usable for mail.",
    Event.NOT_SECURE: "The sender insists on DANE, but the DNS answers that lead to the mail host are not"
    " signed.",
    Event.HOST_NOT_SECURE: "The sender insists on DANE, but the mail host's address is not signed.",
    Event.STS_MX_UNLISTED: "The sender honors the domain's MTA-STS policy, which does not list the mail"
    " host.",
    Event.STS_UNREADABLE: "The sender's own TLS policy for this destination is not usable.",
    Event.CONNECT_FAILED: "The mail host does not accept connections. The sender tries the next one.",
    Event.GREETING_REFUSED: "The mail host answered, but refused the session in its greeting.",
    Event.GREETING_LOST: "The session ended before it started: the mail host closed the connection or went"
    " silent.",
    Event.EHLO_LOST: "The mail host closed the connection or went silent at EHLO.",
    Event.EHLO_REFUSED: "The mail host refused EHLO and HELO.",
    Event.STARTTLS_ABSENT: "The sender requires TLS, but the mail host does not offer STARTTLS. The sender"
    " does not deliver in the clear.",
    Event.STARTTLS_REFUSED: "The mail host refused STARTTLS, and the sender does not continue without TLS.",
    Event.STARTTLS_LOST: "The mail host closed the connection or went silent at STARTTLS.",
    Event.HANDSHAKE_FAILED: f"The TLS handshake failed. {_THEN[Event.HANDSHAKE_FAILED]}",
    **dict.fromkeys(
        NOT_VERIFIED,
        "TLS works, but the mail host could not be authenticated: its certificate does not meet the sender's"
        " requirements (a trusted CA and the right name, a TLSA record, or an MTA-STS policy).",
    ),
    Event.TLS_LOST: "The session broke right after the TLS handshake.",
    Event.TLS_EHLO_REFUSED: "The mail host refused EHLO inside TLS.",
    Event.MAIL_LOST: "The mail host closed the connection or went silent at MAIL FROM.",
    Event.MAIL_REFUSED: "The recipient's server refused the sender's address.",
    Event.RCPT_REFUSED: "The recipient's server refused the recipient's address.",
    Event.RCPT_LOST: "The mail host closed the connection or went silent at RCPT TO.",
    Event.SENT_TLS: "The message was sent over TLS.",
    Event.SENT_PLAIN: "The message was sent in the clear: anyone on the path could read it.",
}

#: Every event by itself: what no log tells apart, or says at all, too.
NAMED: Mapping[Event, str] = {
    **EVENTS,
    Event.TLSA_MISMATCH: "TLS works, and no TLSA record of the mail host accepts what it shows.",
    Event.CERTIFICATE_ABSENT: "TLS works, but the mail host presents no certificate where a valid one is"
    " required.",
    Event.CERTIFICATE_UNTRUSTED: "TLS works, and no authority that the sender trusts vouches for the mail"
    " host's certificate.",
    Event.CERTIFICATE_EXPIRED: "TLS works, and the mail host's certificate, or one above it, has expired.",
    Event.CERTIFICATE_NOT_YET_VALID: "TLS works, and the mail host's certificate, or one above it, is not"
    " valid yet.",
    Event.CERTIFICATE_WEAK: "TLS works, and a key or digest in the mail host's chain is too weak for"
    " the sender.",
    Event.CERTIFICATE_NAME_MISMATCH: "TLS works, and the mail host's certificate names another host than the"
    " sender asks for.",
    Event.STS_FAILED: "The record of the domain's MTA-STS policy could not be looked up, and the sender waits"
    " for it.",
    Event.REQUIRETLS_HOST_INSECURE: "The message asks for REQUIRETLS, and nothing vouches for the mail host's"
    " name: the MX records are not signed, and no MTA-STS policy lists it.",
    Event.REQUIRETLS_UNAUTHENTICATED: "The message asks for REQUIRETLS, and the mail host cannot be"
    " authenticated.",
    Event.REQUIRETLS_UNANNOUNCED: "The message asks for REQUIRETLS, and the mail host does not announce it.",
    Event.NOT_TRIED: "mailpath did not look: a bound of its own, or an address that it does not connect to.",
    Event.NOT_RECORDED: "The capture does not hold what the sender would have asked.",
    Event.NOT_AWAITED: "mailpath gave up waiting sooner than this sender does.",
    Event.BLOCKED_HERE: "No mail session leaves the network that mailpath looked from.",
    Event.FAILED_HERE: "The machine that mailpath ran on, or the resolver that it asked, failed.",
    Event.SECURITY_UNKNOWN: "It is unknown whether a DNS answer is signed.",
    Event.POLICY_UNSEEN: "The content of the domain's MTA-STS policy is unknown.",
    Event.SOURCE_SILENT: "What is published about this sender does not say what it does here.",
}

_FATES: Mapping[Event, str] = {
    Event.NULL_MX: "The mail bounces at once.",
    **dict.fromkeys(
        (
            Event.MX_FAILED,
            Event.HOST_FAILED,
            Event.SOME_HOST_FAILED,
            Event.TLSA_FAILED,
            Event.DANE_UNKNOWN,
            Event.CONNECT_FAILED,
            Event.STARTTLS_ABSENT,
        ),
        "The mail waits.",
    ),
}


def told(event: Event, code: str | None, *, said: bool = False) -> str:
    """What the event means; what becomes of the mail only where no status code says that (by its class).

    `said`: other words say already what happened.
    """
    if said and event in _THEN:
        return _THEN[event]
    fate = _FATES.get(event) if code is None else None
    return f"{EVENTS[event]} {fate}" if fate is not None else EVENTS[event]


DELIVERIES = frozenset({Event.SENT_TLS, Event.SENT_PLAIN})

#: Nothing about TLS or DNS decides these, hence no posture.
ENVELOPE = frozenset({Event.MAIL_REFUSED, Event.RCPT_REFUSED, Event.RCPT_LOST})
ENVELOPE_NOTE = "This is the receiving server's own decision; no TLS posture of the sender changes it."

#: The word in a log -> what was known of the mail host.
WORDS: Mapping[str, str] = {
    "Anonymous": "The server presented no certificate: encrypted, but nobody knows to whom.",
    "Untrusted": "The certificate was not verified: encrypted, but nobody knows to whom.",
    "Trusted": "A trusted CA vouches for the certificate, but nobody checked whether it is the right host"
    " (or, under DANE, the MX records are not signed).",
    "Verified": "The mail host was authenticated.",
    "CV=no": "The certificate was not verified: encrypted, but nobody knows to whom.",
    "CV=yes": "The certificate was verified, including the name.",
    "CV=dane": "The mail host was authenticated by DANE.",
}
