"""What an attacker on the path does to SMTP sessions (RFC 3207 section 6, RFC 7435, RFC 7672 section 1.3).

It can drop packets, change what is said in the clear, break what is not, and answer in the server's
place.  It cannot make a certificate that anybody would trust, unless an authority helps.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from mailpath.attacks import attacker
from mailpath.attacks.aim import Aim
from mailpath.attacks.attacker import Shown
from mailpath.exchanges import Chunk, Failure, SmtpExchange, SmtpRequest, Stage

DROPPED = "packets to this address are dropped (simulated attack)"
BROKEN = "connection reset in the TLS handshake (simulated attack)"

#: What each attack shows in the server's place.
IMPERSONATIONS = {
    "mitm-self-signed": Shown.SELF_SIGNED,
    "mitm-own-cert": Shown.OWN,
    "mitm-misissued": Shown.MISISSUED,
}

#: An EHLO line that offers STARTTLS, whatever stands around the word.
_OFFER = re.compile(rb"^(250[ -][ \t]*)STARTTLS(?=[ =\t\r\n])", re.IGNORECASE | re.MULTILINE)
#: As long as the word it covers: what firewalls that do not like TLS have been putting there for decades.
_COVERED = rb"\1XXXXXXXA"


class SmtpTampering:
    """The SMTP part of `attacks`.  `ehlo`: what we call ourselves."""

    def __init__(self, attacks: frozenset[str], aim: Aim, at: int, ehlo: str) -> None:
        self._attacks = attacks
        self._aim = aim
        self._at = at
        self._ehlo = ehlo or "localhost"
        self._shown = next((shown for name, shown in IMPERSONATIONS.items() if name in attacks), None)

    def supply(self, request: SmtpRequest) -> SmtpExchange | None:
        """A session with the attacker itself, or with nobody; None: the true one is needed."""
        if request.address == attacker.ADDRESS:
            return self._listened_to(self._posed(request, self._shown or Shown.OWN))
        if "steer" in self._attacks and self._aim.unreachable(request.address):
            return SmtpExchange(
                request=request, failure=Failure.TIMEOUT, failed_at=Stage.CONNECT, detail=DROPPED
            )
        return None

    def tamper(self, request: SmtpRequest, held: SmtpExchange) -> SmtpExchange:
        """The session as the attacker lets it happen: `held` itself where it is left alone."""
        # Where this machine's own network lets nothing out, nobody on the path gets to answer.
        if self._shown is not None and held.failure is not Failure.BLOCKED:
            held = self._posed(request, self._shown)
        return self._listened_to(held)

    def _listened_to(self, exchange: SmtpExchange) -> SmtpExchange:
        if "strip-starttls" in self._attacks:
            return stripped(exchange)
        return broken(exchange) if "break-tls" in self._attacks else exchange

    def _posed(self, request: SmtpRequest, shown: Shown) -> SmtpExchange:
        """The attacker's server at this address, by the names of the MX hosts there."""
        names = self._aim.names_of(request.address)
        called = names[0] if names else attacker.HOST
        if request.address == attacker.ADDRESS:
            called, names = attacker.HOST, (*names, attacker.HOST)
        return attacker.session(request, attacker.chain(shown, names, self._at), called, self._ehlo)


# --- tampering with what was said ------------------------------------------------------------------


def stripped(exchange: SmtpExchange) -> SmtpExchange:
    """The session with the offer of STARTTLS covered up: it goes on in the clear (RFC 3207 section 6)."""
    before = list(_before_starttls(exchange))
    clear = list(_joined(before))
    covered = [chunk if chunk.sent else _cover(chunk) for chunk in clear]
    if covered == clear:
        return exchange
    if len(before) == len(exchange.transcript):
        return msgspec.structs.replace(exchange, transcript=tuple(covered))
    covered += _rest_in_clear(exchange, covered[-1].at_ms)
    return msgspec.structs.replace(
        exchange,
        transcript=tuple(covered),
        tls=None,
        injected=b"",
        failure=None,
        failed_at=None,
        limit=None,
        bound="",
        detail="",
    )


def broken(exchange: SmtpExchange) -> SmtpExchange:
    """The session with the connection reset as soon as TLS begins."""
    if exchange.tls is None:
        return exchange
    return msgspec.structs.replace(
        exchange,
        transcript=tuple(chunk for chunk in exchange.transcript if not chunk.tls),
        tls=None,
        failure=Failure.RESET,
        failed_at=Stage.HANDSHAKE,
        limit=None,
        bound="",
        detail=BROKEN,
    )


def _before_starttls(exchange: SmtpExchange) -> Iterator[Chunk]:
    for chunk in exchange.transcript:
        if chunk.tls or (chunk.sent and chunk.data.upper().startswith(b"STARTTLS")):
            return
        yield chunk


def _joined(chunks: Iterable[Chunk]) -> Iterator[Chunk]:
    """Adjacent chunks of one direction as one: where TCP cut the stream means nothing."""
    pending: Chunk | None = None
    for chunk in chunks:
        if pending is not None and (pending.sent, pending.tls) == (chunk.sent, chunk.tls):
            pending = msgspec.structs.replace(pending, data=pending.data + chunk.data)
            continue
        if pending is not None:
            yield pending
        pending = chunk
    if pending is not None:
        yield pending


def _cover(chunk: Chunk) -> Chunk:
    data = _OFFER.sub(_COVERED, chunk.data)
    return chunk if data == chunk.data else msgspec.structs.replace(chunk, data=data)


def _rest_in_clear(exchange: SmtpExchange, at_ms: float) -> list[Chunk]:
    """What followed EHLO inside TLS, said in the clear instead; else a plain good-bye."""
    said = [msgspec.structs.replace(chunk, tls=False) for chunk in exchange.transcript if chunk.tls]
    commands = [index for index, chunk in enumerate(said) if chunk.sent]
    if len(commands) > 1:
        return said[commands[1] :]
    return [
        Chunk(sent=True, data=b"QUIT\r\n", at_ms=at_ms),
        Chunk(sent=False, data=b"221 2.0.0 Bye\r\n", at_ms=at_ms),
    ]
