"""What each event and each word of a log means: data, in plain words."""

from __future__ import annotations

from collections.abc import Mapping

from mailpath.judge.events import NOT_VERIFIED, Event

EVENTS: Mapping[Event, str] = {
    Event.MX_FAILED: "The MX records of the recipient domain could not be looked up. That is an error, not an"
    " absence.",
    Event.NULL_MX: "The recipient domain says that it takes no mail.",
    Event.NO_ADDRESS: "DNS names no host that takes mail for the recipient domain.",
    Event.NO_SUCH_DOMAIN: "The recipient domain does not exist.",
    Event.MX_INVALID: "No MX record of the recipient domain names a host that could exist.",
    Event.HOST_FAILED: "The address of a mail host could not be looked up.",
    Event.HOST_NOT_FOUND: "A mail host that the MX records name does not exist.",
    Event.HOST_WITHOUT_ADDRESS: "A mail host that the MX records name has no address.",
    Event.HOST_INVALID: "A mail host is an alias, and the name it leads to cannot be a host's.",
    Event.HOST_IS_LITERAL: "An MX record names an IP address where a host name must stand.",
    Event.NO_HOST_FOUND: "None of the mail hosts that the MX records name has an address.",
    Event.SOME_HOST_FAILED: "No mail host's address could be learnt.",
    Event.TLSA_FAILED: "The TLSA records of the mail host could not be looked up. As that could be an attack,"
    " a sender with DANE does not use the host.",
    Event.TLSA_MISSING: "The sender insists on DANE, and there is no signed TLSA record for the mail host.",
    Event.TLSA_UNUSABLE: "The sender insists on DANE, and none of the TLSA records can be used for mail.",
    Event.NOT_SECURE: "The sender insists on DANE, and the DNS answers that lead to the mail host are not"
    " signed.",
    Event.HOST_NOT_SECURE: "The sender insists on DANE, and the mail host's address is not signed.",
    Event.STS_MX_UNLISTED: "The sender obeys the domain's MTA-STS policy, and that does not list the mail"
    " host.",
    Event.STS_UNREADABLE: "The sender's own TLS policy for this destination cannot be used.",
    Event.CONNECT_FAILED: "The mail host does not take connections. The next one is tried.",
    Event.GREETING_REFUSED: "The mail host answered, and refused the session in its greeting.",
    Event.GREETING_LOST: "The session ended before it had begun: the mail host hung up or fell silent.",
    Event.EHLO_LOST: "The mail host hung up or fell silent at EHLO.",
    Event.EHLO_REFUSED: "The mail host refused EHLO and HELO.",
    Event.STARTTLS_ABSENT: "The sender requires TLS, and the mail host does not offer STARTTLS. It does not"
    " send in the clear.",
    Event.STARTTLS_REFUSED: "The mail host refused STARTTLS, and the sender does not go on without TLS.",
    Event.STARTTLS_LOST: "The mail host hung up or fell silent at STARTTLS.",
    Event.HANDSHAKE_FAILED: "The TLS handshake failed. Where TLS is optional, some senders go on in the"
    " clear, at once or on a later try.",
    **dict.fromkeys(
        NOT_VERIFIED,
        "TLS works, but the mail host could not be authenticated: its certificate does not hold under what"
        " this sender demands (a trusted authority and name, a TLSA record, or an MTA-STS policy).",
    ),
    Event.TLS_LOST: "The session broke right after the TLS handshake.",
    Event.TLS_EHLO_REFUSED: "The mail host refused EHLO once TLS was on.",
    Event.MAIL_LOST: "The mail host hung up or fell silent at MAIL FROM.",
    Event.MAIL_REFUSED: "The recipient's server refused the sender's address.",
    Event.RCPT_REFUSED: "The recipient's server refused the recipient's address.",
    Event.RCPT_LOST: "The mail host hung up or fell silent at RCPT TO.",
    Event.SENT_TLS: "The message was sent over TLS.",
    Event.SENT_PLAIN: "The message was sent in the clear: anybody on the path could read it.",
}

_FATES: Mapping[Event, str] = {
    Event.NULL_MX: "The mail is returned at once.",
    **dict.fromkeys(
        (
            Event.MX_FAILED,
            Event.HOST_FAILED,
            Event.SOME_HOST_FAILED,
            Event.TLSA_FAILED,
            Event.CONNECT_FAILED,
            Event.STARTTLS_ABSENT,
        ),
        "The mail waits.",
    ),
}


def told(event: Event, code: str | None) -> str:
    """What the event means; what becomes of the mail only where no status code says that (by its class)."""
    fate = _FATES.get(event) if code is None else None
    return f"{EVENTS[event]} {fate}" if fate is not None else EVENTS[event]


DELIVERIES = frozenset({Event.SENT_TLS, Event.SENT_PLAIN})

#: Nothing about TLS or DNS decides these, hence no posture.
ENVELOPE = frozenset({Event.MAIL_REFUSED, Event.RCPT_REFUSED, Event.RCPT_LOST})
ENVELOPE_NOTE = "This is the receiving server's own decision; no TLS posture of the sender changes it."

#: The word in a log -> what was known of the mail host.
WORDS: Mapping[str, str] = {
    "Anonymous": "No certificate was shown: encrypted, to whom is not known.",
    "Untrusted": "The certificate was not verified: encrypted, to whom is not known.",
    "Trusted": "A trusted authority vouches for the certificate, but whether it is the right host was not"
    " asked (or, under DANE, the MX records are not signed).",
    "Verified": "The mail host was authenticated.",
    "CV=no": "The certificate was not verified: encrypted, to whom is not known.",
    "CV=yes": "The certificate was verified by an authority and by name.",
    "CV=dane": "The mail host was authenticated by DANE.",
}
