"""What an attacker on the path does to SMTP sessions (RFC 3207 section 6, RFC 7435, RFC 7672 section 1.3).

It can drop packets, change what is said in the clear, break what is not, and answer in the server's
place.  It cannot make a certificate that anybody would trust, unless an authority helps.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby, takewhile

from msgspec.structs import replace

from mailpath.attacks import attacker
from mailpath.attacks.attacker import AttackerCertificate
from mailpath.attacks.record import Attack, Need
from mailpath.exchanges import Chunk, Failure, SmtpExchange, SmtpRequest, Stage

DROPPED = "packets to this address are dropped (simulated attack)"
BROKEN = "connection reset in the TLS handshake (simulated attack)"

#: An EHLO line that offers STARTTLS, whatever stands around the word.
_OFFER = re.compile(rb"^(250[ -][ \t]*)STARTTLS(?=[ =\t\r\n])", re.IGNORECASE | re.MULTILINE)
#: As long as the word it covers: what firewalls that do not like TLS have been putting there for decades.
_COVERED = rb"\1XXXXXXXA"


def drop_packets(request: SmtpRequest) -> SmtpExchange:
    """The session with an address to which no packet gets through."""
    return SmtpExchange(request=request, failure=Failure.TIMEOUT, failed_at=Stage.CONNECT, detail=DROPPED)


def strip_starttls(exchange: SmtpExchange) -> SmtpExchange:
    """The session with the offer of STARTTLS covered up: it goes on in the clear (RFC 3207 section 6)."""
    before = _before_starttls(exchange)
    # Where TCP cut the stream means nothing: adjacent chunks of one direction are one.
    said = [
        Chunk(sent=sent, data=b"".join(chunk.data for chunk in chunks), tls=False, at_ms=chunks[0].at_ms)
        for sent, chunks in ((sent, list(group)) for sent, group in groupby(before, lambda each: each.sent))
    ]
    covered = [each if each.sent else replace(each, data=_OFFER.sub(_COVERED, each.data)) for each in said]
    if covered == said:
        return exchange
    if len(before) == len(exchange.transcript):
        return replace(exchange, transcript=tuple(covered))
    return _continue_in_clear(exchange, covered)


def refuse_starttls(exchange: SmtpExchange) -> SmtpExchange:
    """The session with the attacker's own answer to STARTTLS, which never gets to the server (RFC 3207
    section 4): it goes on in the clear.
    """
    before = _before_starttls(exchange)
    if len(before) == len(exchange.transcript):
        return exchange
    at_ms = before[-1].at_ms if before else 0.0
    refused = b"454 4.7.0 TLS not available due to temporary reason\r\n"
    command = Chunk(sent=True, data=b"STARTTLS\r\n", at_ms=at_ms)
    return _continue_in_clear(exchange, [*before, command, Chunk(sent=False, data=refused, at_ms=at_ms)])


def break_tls(exchange: SmtpExchange) -> SmtpExchange:
    """The session with the connection reset as soon as TLS begins."""
    if exchange.tls is None:
        return exchange
    return replace(
        exchange,
        transcript=tuple(chunk for chunk in exchange.transcript if not chunk.tls),
        tls=None,
        failure=Failure.RESET,
        failed_at=Stage.HANDSHAKE,
        limit=None,
        bound="",
        detail=BROKEN,
    )


def _before_starttls(exchange: SmtpExchange) -> list[Chunk]:
    def is_before(chunk: Chunk) -> bool:
        return not (chunk.tls or (chunk.sent and chunk.data.upper().startswith(b"STARTTLS")))

    return list(takewhile(is_before, exchange.transcript))


def _continue_in_clear(exchange: SmtpExchange, said: Iterable[Chunk]) -> SmtpExchange:
    """`said`, then what followed EHLO inside TLS, said in the clear instead; else a plain goodbye."""
    said = list(said)
    secret = [replace(chunk, tls=False) for chunk in exchange.transcript if chunk.tls]
    commands = [index for index, chunk in enumerate(secret) if chunk.sent]
    goodbye = [
        Chunk(sent=True, data=b"QUIT\r\n", at_ms=said[-1].at_ms),
        Chunk(sent=False, data=b"221 2.0.0 Bye\r\n", at_ms=said[-1].at_ms),
    ]
    return replace(
        exchange,
        transcript=(*said, *(secret[commands[1] :] if len(commands) > 1 else goodbye)),
        tls=None,
        injected=b"",
        failure=None,
        failed_at=None,
        limit=None,
        bound="",
        detail="",
    )


ON_SESSIONS = (
    Attack(
        name="strip-starttls",
        title="STARTTLS is hidden",
        does="Removes STARTTLS from the server's EHLO reply, so the sender believes that there is no TLS.",
        needs=(Need.PATH,),
        stopped_by="Anything that makes TLS mandatory: signed TLSA records, an MTA-STS policy, or level"
        " encrypt or above.",
        cost=1,
        smtp=strip_starttls,
        cause="STARTTLS is hidden",
    ),
    Attack(
        name="refuse-starttls",
        title="STARTTLS is refused",
        does="Answers STARTTLS with 454 (TLS not available due to temporary reason) in the server's place,"
        " and waits for the sender to continue without TLS.",
        needs=(Need.PATH,),
        stopped_by="Senders that then try again later, or must use TLS: DANE, MTA-STS, encrypt.",
        cost=2,
        smtp=refuse_starttls,
        cause="STARTTLS is answered with 454",
    ),
    Attack(
        name="break-tls",
        title="The TLS handshake is broken",
        does="Resets each connection when TLS begins, and waits for the sender to try again without TLS.",
        needs=(Need.PATH,),
        stopped_by="Senders that never fall back to plaintext, or must use TLS: DANE, MTA-STS, encrypt.",
        cost=2,
        smtp=break_tls,
        cause="every TLS handshake is reset",
    ),
    Attack(
        name="mitm-self-signed",
        title="Man in the middle, self-signed certificate",
        does="Takes the server's place, with a self-signed certificate for the MX host's name.",
        needs=(Need.PATH,),
        stopped_by="Senders that check the certificate: DANE, MTA-STS, verify, secure.",
        cost=3,
        certificate=AttackerCertificate.SELF_SIGNED,
        cause="the attacker's certificate is self-signed",
    ),
    Attack(
        name="mitm-own-cert",
        title="Man in the middle, certificate for another name",
        does="Takes the server's place, with a valid certificate for the attacker's own name.",
        needs=(Need.PATH, Need.OWN_CERTIFICATE),
        stopped_by="Senders that check the name in the certificate, or compare the certificate with TLSA"
        " records.",
        cost=4,
        certificate=AttackerCertificate.OWN,
        cause=f"the attacker's certificate is valid, but only for {attacker.HOST}",
    ),
    Attack(
        name="mitm-misissued",
        title="Man in the middle, misissued certificate",
        does="Takes the server's place, with a certificate for the MX host's name that a trusted CA"
        " (simulated here) should not have issued.",
        needs=(Need.PATH, Need.AUTHORITY),
        stopped_by="DANE, which needs no CA. MTA-STS and verify believe the CA.",
        cost=20,
        certificate=AttackerCertificate.MISISSUED,
        cause="the attacker's certificate is trusted and names the MX host",
    ),
)

ON_PACKETS = (
    Attack(
        name="steer",
        title="Mail is diverted to the weakest host",
        does="Drops the packets to every MX host except the weakest.",
        needs=(Need.PATH,),
        stopped_by="The same protection on every MX host.",
        cost=1,
        opens=True,
        isolates=True,
    ),
)
