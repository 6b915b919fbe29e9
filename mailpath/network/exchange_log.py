"""Each exchange with the world as one line of the log: what was asked of whom, and what came of it."""

from __future__ import annotations

import logging
from typing import TypeVar

import dns.rcode

from mailpath.exchanges import DnsExchange, Exchange, HttpsExchange, SmtpExchange
from mailpath.logs import logger
from mailpath.network import endpoints
from mailpath.network.dns_messages import rcode
from mailpath.visible import visible
from mailpath.wording.times import milliseconds

Held = TypeVar("Held", bound=Exchange)


def logged(exchange: Held) -> Held:
    """`exchange`, after it was logged; nothing is done where nobody wants to know."""
    if logger.isEnabledFor(logging.DEBUG):
        logger.debug("%s", line_of(exchange))
    return exchange


def line_of(exchange: Exchange) -> str:
    """One line, visible text."""
    match exchange:
        case DnsExchange():
            asked, came = _dns(exchange)
        case HttpsExchange():
            asked, came = _https(exchange)
        case SmtpExchange():
            asked, came = _smtp(exchange)
    if exchange.failure is not None:
        came = [*came, exchange.failure.value, exchange.detail]
    said = "; ".join(part for part in came if part)
    return visible(f"{asked}: {said} [{milliseconds(exchange.elapsed_ms)}]", limit=1000)


def _dns(exchange: DnsExchange) -> tuple[str, list[str]]:
    question, answer = exchange.question, exchange.response
    flags = (" CD" if question.checking_disabled else "") + (" again" if question.again else "")
    came = []
    if answer is not None:
        code = dns.rcode.to_text(dns.rcode.Rcode(rcode(answer)))
        records = int.from_bytes(answer[6:8], "big")
        came = [code, f"answer records: {records}", f"{len(answer)} octets over {exchange.transport}"]
    return f"dns {question.name} {question.rdtype}{flags}", came


def _https(exchange: HttpsExchange) -> tuple[str, list[str]]:
    request = exchange.request
    came = [exchange.tls_version, _certificates(exchange.chain)]
    if exchange.status is not None:
        came.append(f"status {exchange.status}, {len(exchange.body)} octets")
    return f"https {request.url} at {request.address}", came


def _smtp(exchange: SmtpExchange) -> tuple[str, list[str]]:
    request, tls = exchange.request, exchange.tls
    where = endpoints.join(request.address, request.port)
    received = [chunk.data for chunk in exchange.transcript if not chunk.sent]
    came = [f"{sum(map(len, received))} octets"] if received else []
    if tls is not None:
        came += [f"{tls.version} {tls.cipher}", _certificates(tls.chain)]
    if exchange.failed_at is not None:
        came.append(f"ended at {exchange.failed_at.value}")
    if received:
        came.append(f"last: {received[-1].decode('utf-8', 'surrogateescape').strip()}")
    sni = f"SNI {request.sni}" if request.sni else "without SNI"
    envelope = (
        f", from <{request.envelope.mail_from}> to <{request.envelope.rcpt_to}>" if request.envelope else ""
    )
    return f"smtp {where} {sni}, {request.profile.value}{envelope}", came


def _certificates(chain: tuple[bytes, ...]) -> str:
    return f"certificates: {len(chain)}" if chain else ""
