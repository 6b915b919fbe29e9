"""Wordings that no sentence of the judge has: other servers, other builds, lines beside the delivery line.

Each names the event it speaks of; causes and postures follow from that as for the judge's own sentences.
Sources: Postfix src/smtp and src/tls, Exim's smtp.c and tls-openssl.c, Google Workspace help, Sendmail's
deliver.c, qmail-remote.c.
"""

from __future__ import annotations

from mailpath.judge.events import NOT_VERIFIED, Event
from mailpath.tickets.explain.wording import Speaker, Wording
from mailpath.tickets.explain.wording import wording as _of
from mailpath.tickets.explain.wordings_any import OTHER, RECEIVER
from mailpath.tickets.explain.wordings_exchange import EXCHANGE

_POSTFIX = (
    _of(
        Speaker.POSTFIX,
        r"SSL_connect error to ",
        Event.HANDSHAKE_FAILED,
        "Postfix: the TLS handshake with the mail host failed.",
    ),
    _of(
        Speaker.POSTFIX,
        r"certificate verification failed for .{1,300}: self-signed certificate",
        NOT_VERIFIED,
        "Postfix: the mail host's certificate is self-signed.",
        "TLS008",
    ),
    _of(
        Speaker.POSTFIX,
        r"certificate verification failed for .{1,300}: certificate has expired",
        NOT_VERIFIED,
        "Postfix: the mail host's certificate is expired or not yet valid.",
        "TLS009",
    ),
    _of(
        Speaker.POSTFIX,
        r"(?:server )?certificate verification failed for ",
        NOT_VERIFIED,
        "Postfix: the mail host's certificate is not trusted.",
    ),
    _of(
        Speaker.POSTFIX,
        r"Server certificate not trusted",
        NOT_VERIFIED,
        "Postfix: the mail host's certificate is not trusted.",
        "TLS008",
        "TLS011",
        "TLS012",
    ),
    _of(
        Speaker.POSTFIX,
        r"Name service error for name=\S{1,300} type=MX: Malformed or unexpected name server reply",
        Event.MX_FAILED,
        "Postfix: the answer to its MX query was an error or not usable.",
    ),
    _of(
        Speaker.POSTFIX,
        r"mail for \S{1,300} loops back to myself",
        None,
        "Postfix: the best MX record of the domain leads to the sending server itself, which does not accept"
        " mail for that domain: the record is wrong, or the domain is missing from mydestination,"
        " virtual_mailbox_domains or relay_domains. No TLS posture changes that.",
    ),
    _of(
        Speaker.POSTFIX,
        r"no MX host for \S{1,300} has a valid address record",
        Event.NO_HOST_FOUND,
        "Postfix: the MX records name hosts, but none of them has an address.",
    ),
    _of(
        Speaker.POSTFIX,
        r"TLS policy lookup for \S{1,300}: non DNSSEC destination",
        Event.NOT_SECURE,
        "Postfix insists on DANE, but the destination is not signed.",
    ),
    _of(
        Speaker.POSTFIX,
        r"client TLS configuration problem",
        Event.STS_UNREADABLE,
        "Postfix cannot use its own TLS policy for this destination.",
    ),
    _of(
        Speaker.POSTFIX,
        r"conversation with .{1,300} timed out",
        Event.GREETING_LOST,
        "The mail host went silent in the middle of the session.",
    ),
    _of(
        Speaker.POSTFIX,
        r"lost connection with .{1,300} while ",
        Event.GREETING_LOST,
        "The mail host closed the connection in the middle of the session.",
    ),
)

_EXIM = (
    _of(
        Speaker.EXIM,
        r"(?:TLS session: |TLS error on connection )\((?:SSL_connect|gnutls_handshake)\)",
        Event.HANDSHAKE_FAILED,
        "Exim: the TLS handshake with the mail host failed.",
    ),
    _of(
        Speaker.EXIM,
        r"(?:TLS session: |TLS error on connection )\(certificate verification failed\)"
        r"|certificate verify failed",
        NOT_VERIFIED,
        "Exim: the mail host's certificate does not verify.",
    ),
    _of(
        Speaker.EXIM,
        r"failure while setting up TLS session",
        None,
        "Exim requires TLS but could not start it; an earlier line says whether the handshake failed or the"
        " certificate did not verify.",
    ),
    _of(
        Speaker.EXIM,
        r"delivering unencrypted to",
        Event.SENT_PLAIN,
        "Exim could not start TLS, and sent the message in the clear.",
    ),
    _of(
        Speaker.EXIM,
        r"SMTP error from remote mail server after (?:pipelined )?(?:sending )?MAIL FROM",
        Event.MAIL_REFUSED,
        "The recipient's server refuses the sender.",
    ),
    _of(
        Speaker.EXIM,
        r"SMTP error from remote mail server after (?:pipelined )?(?:sending )?RCPT TO",
        Event.RCPT_REFUSED,
        "The recipient's server refuses the recipient.",
    ),
    _of(
        Speaker.EXIM,
        r"defer \((?:110|111|113|101|-52|-53)\)",
        Event.CONNECT_FAILED,
        "Exim could not connect to the mail host.",
    ),
    _of(
        Speaker.EXIM,
        r"retry time(?:out)? (?:not reached|exceeded)|retry timeout exceeded",
        Event.CONNECT_FAILED,
        "Exim has tried this host for as long as its retry rules allow.",
    ),
)

_GMAIL = (
    _of(
        Speaker.GMAIL,
        r"TLS Negotiation failed, the certificate doesn.{1,8}t match the host",
        NOT_VERIFIED,
        "Gmail: the server's certificate is not trusted or is for another name.",
        "TLS010",
        "TLS008",
        "TLS012",
    ),
    _of(
        Speaker.GMAIL,
        r"TLS Negotiation failed|starttls error",
        Event.HANDSHAKE_FAILED,
        "Gmail: the TLS handshake failed.",
    ),
    _of(
        Speaker.GMAIL,
        r"DNS type 'mx' lookup of \S{1,253} responded with code NXDOMAIN",
        Event.NO_SUCH_DOMAIN,
        "Gmail: the recipient domain does not exist.",
        "MX004",
    ),
    _of(
        Speaker.GMAIL,
        r"DNS type 'mx' lookup of \S{1,253} responded with code",
        Event.MX_FAILED,
        "Gmail: the MX lookup failed.",
    ),
    _of(
        Speaker.GMAIL,
        r"did not accept our requests to connect",
        Event.CONNECT_FAILED,
        "Gmail could not connect to any mail host of the domain.",
    ),
    _of(
        Speaker.GMAIL,
        r"address couldn.{1,8}t be found, or is unable to receive mail",
        Event.RCPT_REFUSED,
        "There is no such mailbox.",
    ),
)

_SENDMAIL = (
    _of(
        Speaker.SENDMAIL,
        r"403 4\.7\.0 TLS handshake failed|TLS handshake failed",
        Event.HANDSHAKE_FAILED,
        "Sendmail: the TLS handshake failed.",
    ),
    _of(
        Speaker.SENDMAIL,
        r"403 4\.7\.0 (?:encryption too weak|authentication required|(?:server )?not authenticated)",
        NOT_VERIFIED,
        "Sendmail's access map requires TLS that the mail host does not provide.",
    ),
    _of(
        Speaker.SENDMAIL,
        r"STARTTLS=client, .{0,300}\bverify=(?:OK|TRUSTED)\b",
        None,
        "Sendmail: the message goes over TLS, and a trusted CA vouches for the certificate.",
    ),
    _of(
        Speaker.SENDMAIL,
        r"STARTTLS=client, .{0,300}\bverify=(?:FAIL|NO|NOT|NONE|CLEAR|TEMP|PROTOCOL|SOFTWARE)\b",
        None,
        "Sendmail: the message goes over TLS, and the mail host's certificate is not verified.",
    ),
    _of(
        Speaker.SENDMAIL,
        r"Deferred: Connection (?:refused|timed out|reset) (?:by|with)|Deferred: No route to host",
        Event.CONNECT_FAILED,
        "Sendmail could not connect to the mail host.",
    ),
    _of(
        Speaker.SENDMAIL,
        r"Host unknown \(Name server: ",
        Event.NO_SUCH_DOMAIN,
        "Sendmail: the recipient domain does not exist.",
    ),
    _of(
        Speaker.SENDMAIL,
        r"Name server: \S{1,300}: host name lookup failure",
        Event.MX_FAILED,
        "Sendmail: the DNS lookup failed.",
    ),
)

_QMAIL = (
    _of(
        Speaker.QMAIL,
        r"couldn't find any host named|couldn't find any host by that name",
        Event.NO_SUCH_DOMAIN,
        "qmail: the recipient domain does not exist.",
    ),
    _of(
        Speaker.QMAIL,
        r"couldn't find a mail exchanger or IP address",
        Event.NO_ADDRESS,
        "qmail: the recipient domain has neither an MX record nor an address.",
    ),
    _of(
        Speaker.QMAIL,
        r"CNAME lookup failed temporarily",
        Event.MX_FAILED,
        "qmail: the DNS lookup failed.",
    ),
    _of(
        Speaker.QMAIL,
        r"wasn't able to establish an SMTP connection",
        Event.CONNECT_FAILED,
        "qmail could not connect to the mail host.",
    ),
    _of(
        Speaker.QMAIL,
        r"connected to \S{1,300} but greeting failed",
        Event.GREETING_REFUSED,
        "The mail host refused the session.",
    ),
    _of(
        Speaker.QMAIL,
        r"connected to \S{1,300} but sender was rejected",
        Event.MAIL_REFUSED,
        "The recipient's server refuses the sender.",
    ),
    _of(
        Speaker.QMAIL,
        r"does not like recipient",
        Event.RCPT_REFUSED,
        "The recipient's server refuses the recipient.",
    ),
    _of(
        Speaker.QMAIL,
        r"TLS connect failed",
        Event.HANDSHAKE_FAILED,
        "qmail: the TLS handshake failed.",
    ),
)

#: The first that matches counts, so the more telling stand first.
WORDINGS: tuple[Wording, ...] = (
    *EXCHANGE,
    *_GMAIL,
    *RECEIVER,
    *_POSTFIX,
    *_EXIM,
    *_SENDMAIL,
    *_QMAIL,
    *OTHER,
)


def recognise(text: str) -> Wording | None:
    """The first wording that `text` (one line) holds."""
    return next((each for each in WORDINGS if each.regex.search(text)), None)
