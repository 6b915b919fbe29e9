"""Step 5, the sessions: one with SNI and one without per address, and what an SNI or a suite asks for beside.

Postfix sends no SNI below `dane`, and servers do answer differently with and without, so both are held.
Where TLSA was found at another name than the MX record's (a CNAME), DANE sends that name: one more.  So it
is at hosts without TLSA behind one that has it: Exim goes on to send that one's name.
After an anonymous suite was chosen, one more without such suites, as senders that verify would do; after
one that not every sender offers, one more without those.
Only when an envelope is to be tried, one more that says MAIL FROM and RCPT TO, then RSET (RFC 5321 section
4.1.1.5): no mail is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import msgspec

from mailpath.exchanges import Failure, SmtpExchange, SmtpRequest, Stage, TlsProfile
from mailpath.facts import (
    Found,
    MxFacts,
    Security,
    Session,
    StarttlsFacts,
    TlsaFacts,
)
from mailpath.match import usage
from mailpath.network.replies import dialogue, ehlo_keywords
from mailpath.steps.tools import Tools

#: Addresses of one path that are talked to, over all hosts in the order tried.
MOST_ADDRESSES = 20


async def look(tools: Tools, mx: MxFacts, tlsa: Awaitable[TlsaFacts]) -> StarttlsFacts:
    """Talk to every address at once; `tlsa` is awaited only for the base domains it may add."""
    wanted: list[tuple[str, str | None]] = []
    untried: list[Session] = []
    seen: dict[str, str | None] = {}
    port = tools.network.ground.smtp_port
    for host in mx.hosts:
        for address in host.addresses:
            why = ""
            if address in host.special and not tools.network.ground.allow_private:
                why = f"special-use address: {host.special[address]}"
            elif address not in seen and len(seen) >= MOST_ADDRESSES:
                why = f"more than {MOST_ADDRESSES} addresses"
            if why:
                untried.append(Session(address=address, port=port, sni=None, not_tried=why))
                continue
            if address not in seen:
                seen[address] = host.name if host.form == "name" else None
            wanted.append((address, None))
            if host.form == "name":
                wanted.append((address, host.name))
    first = asyncio.gather(*(_session(tools, address, sni) for address, sni in dict.fromkeys(wanted)))
    tried = asyncio.gather(*(_enveloped(tools, address, sni) for address, sni in seen.items()))
    bases, carried = _bases(mx, await tlsa)
    more = asyncio.gather(
        *(
            _session(tools, address, base)
            for address, base in dict.fromkeys(bases + carried)
            if address in seen and (address, base) not in wanted
        )
    )
    held = [session for group in await first for session in group]
    # An older capture does not hold what only Exim would have said: that is not to be missed.
    held += (
        session
        for group in await more
        for session in group
        if session.failure is not Failure.NOT_RECORDED or (session.address, session.sni) in bases
    )
    enveloped = sorted((session for group in await tried for session in group), key=_order)
    return StarttlsFacts(
        sessions=tuple(sorted([*_answered(held, enveloped), *_once(untried)], key=_order)),
        envelope=tools.network.ground.envelope,
        enveloped=tuple(enveloped),
    )


async def _enveloped(tools: Tools, address: str, sni: str | None) -> list[Session]:
    """The session that tries the envelope, where one is to be tried."""
    ground = tools.network.ground
    if ground.envelope is None:
        return []
    request = SmtpRequest(address=address, port=ground.smtp_port, sni=sni, envelope=ground.envelope)
    return [await _converse(tools, request)]


def _answered(held: list[Session], enveloped: list[Session]) -> list[Session]:
    """The sessions with the replies to the envelope, which a server gives whatever the SNI was."""
    replies = {
        (session.address, session.tls is not None): (session.mail_from, session.rcpt_to)
        for session in enveloped
    }
    answered = []
    for session in held:
        mail_from, rcpt_to = replies.get((session.address, session.tls is not None), (None, None))
        answered.append(msgspec.structs.replace(session, mail_from=mail_from, rcpt_to=rcpt_to))
    return answered


_Pairs = list[tuple[str, str]]


def _bases(mx: MxFacts, tlsa: TlsaFacts) -> tuple[_Pairs, _Pairs]:
    """(address, TLSA base domain) where a secure TLSA RRset was found; and where none was, with the base of
    the last host before that has one.
    """
    bases: _Pairs = []
    carried: _Pairs = []
    before: list[str] = []
    for host, found in zip(mx.hosts, tlsa.hosts, strict=True):
        own = [
            candidate.base
            for candidate in found.candidates
            if candidate.lookup.found is Found.FOUND and candidate.lookup.security is Security.SECURE
        ]
        bases += ((address, base) for address in host.addresses for base in own)
        carried += ((address, base) for address in host.addresses if not own for base in before)
        before = own[:1] or before
    return bases, carried


def _once(sessions: list[Session]) -> list[Session]:
    return list({session.address: session for session in sessions}.values())


def _order(session: Session) -> tuple[str, str, str]:
    return session.address, session.sni or "", session.profile


async def _session(tools: Tools, address: str, sni: str | None) -> list[Session]:
    """The session, and a second one if a suite was chosen that some senders do not offer."""
    port = tools.network.ground.smtp_port
    held = [await _converse(tools, SmtpRequest(address=address, port=port, sni=sni))]
    tls = held[0].tls
    if tls is not None and not (tls.chain and usage.gnutls_offers(tls.cipher)):
        profile = TlsProfile.GNUTLS if tls.chain else TlsProfile.AUTHENTICATED
        held.append(await _converse(tools, SmtpRequest(address=address, port=port, sni=sni, profile=profile)))
    return held


async def _converse(tools: Tools, request: SmtpRequest) -> Session:
    return session_of(await tools.network.converse(request))


def session_of(exchange: SmtpExchange) -> Session:
    """The session as its transcript tells it."""
    said = dialogue(exchange)
    return Session(
        address=exchange.request.address,
        port=exchange.request.port,
        sni=exchange.request.sni,
        profile=exchange.request.profile,
        failure=exchange.failure,
        failed_at=exchange.failed_at,
        limit=exchange.limit,
        detail=exchange.detail,
        greeting=said.greeting,
        ehlo=said.ehlo,
        helo=said.helo,
        extensions=ehlo_keywords(said.ehlo),
        starttls=said.starttls,
        injected=exchange.injected,
        tls=exchange.tls,
        ehlo_tls=said.ehlo_tls,
        helo_tls=said.helo_tls,
        extensions_tls=ehlo_keywords(said.ehlo_tls),
        mail_from=said.mail_from,
        rcpt_to=said.rcpt_to,
    )


def got_through(session: Session) -> bool:
    """The connect succeeded, whatever came then: port 25 leaves this machine."""
    return not session.not_tried and session.failed_at is not Stage.CONNECT
