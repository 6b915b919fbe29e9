"""Step 5, the sessions: one with SNI and one without per address, and more for other names and cipher suites.

Postfix sends no SNI below `dane`, and some servers answer differently with and without it, so both are held.
There is one more for each further name of the address: the next MX host's, or the name at which TLSA was
found (a CNAME), which DANE senders send.  A host without TLSA that follows one with TLSA gets that one's name
too, because Exim goes on sending it.  The first of these is held beside the other two, not after them.  If
no session reaches TLS, no name is ever sent and none is added.
If the server chose an anonymous suite, there is one more session without such suites, as senders that verify
would hold it; if it chose a suite that not every sender offers, one more without those.
Only if an envelope is to be tried, one more says MAIL FROM and RCPT TO, then RSET (RFC 5321 section
4.1.1.5): no mail is sent.

A zone can lead fifty names to one address of somebody else's.  So names and sessions are bounded, and each
address has an equal share of the sessions: what is tried must not depend on who answers first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import msgspec

from mailpath.exchanges import Envelope, Failure, SmtpExchange, SmtpRequest, Stage, TlsProfile, TlsSession
from mailpath.facts import (
    Found,
    MxFacts,
    Security,
    Session,
    StarttlsFacts,
    TlsaFacts,
    Walk,
)
from mailpath.match import usage
from mailpath.network.replies import dialogue, ehlo_keywords
from mailpath.steps.tools import Tools, together

#: Addresses of one path that are talked to, over all hosts in the order tried.
MOST_ADDRESSES = 20
#: SNIs at one address, none at all among them.
MOST_NAMES = 3
#: Sessions of one walk.
MOST_SESSIONS = 60

_NAMES = f"no more than {MOST_NAMES - 1} names are tried at one address"
_SESSIONS = f"no more than {MOST_SESSIONS} sessions are opened on one walk"
_DEAD = "an earlier connection was not accepted"
_BEFORE_TLS = "sessions with this address end before TLS, whatever the SNI"

#: Address -> names to send there, best first.
_Names = dict[str, list[str]]


async def look(tools: Tools, walk: Walk) -> StarttlsFacts:
    """Talk to every address at once; TLSA is waited for only for the base domains it may add."""
    named, untried = _planned(tools, walk.mx)
    talks = [
        _Address(tools, address, names, share)
        for (address, names), share in zip(named.items(), _shares(len(named)), strict=True)
    ]
    await together(*(talk.hold() for talk in talks))
    held = [session for talk in talks for session in talk.sessions]
    enveloped = sorted((session for talk in talks for session in talk.enveloped), key=_order)
    return StarttlsFacts(
        sessions=tuple(sorted([*_answered(held, enveloped), *untried], key=_order)),
        envelope=tools.network.ground.envelope,
        enveloped=tuple(enveloped),
    )


def _planned(tools: Tools, mx: MxFacts) -> tuple[_Names, list[Session]]:
    """The names of the hosts at each address, in the order tried; and why others are not talked to."""
    named: _Names = {}
    untried: dict[str, Session] = {}
    ground = tools.network.ground
    for host in mx.hosts:
        for address in host.addresses:
            why = ""
            if address in host.special and not ground.allow_private:
                use = host.special[address]
                why = f"its address is for special use ({use}); --allow-private connects anyway"
            elif address not in named and len(named) >= MOST_ADDRESSES:
                why = f"more than {MOST_ADDRESSES} addresses"
            if why:
                untried[address] = Session(address=address, port=ground.smtp_port, sni=None, not_tried=why)
                continue
            names = named.setdefault(address, [])
            if host.form == "name":
                names.append(host.name)
    return named, list(untried.values())


#: What versions before 0.2 did not ask for.
_LATER = (TlsProfile.OPENSSL_2, TlsProfile.GO)


def _odd(tls: TlsSession) -> list[TlsProfile]:
    """Who would not have had this session: some sender's own suites, or groups."""
    if not tls.chain:
        return [TlsProfile.AUTHENTICATED]
    return [profile for profile in (TlsProfile.GNUTLS, *_LATER) if not usage.offers(profile, tls)]


def _shares(addresses: int) -> list[int]:
    """How many sessions each of so many addresses may have; the first ones have what is left over."""
    share, over = divmod(MOST_SESSIONS, max(addresses, 1))
    return [share + (number < over) for number in range(addresses)]


class _Address:
    """The sessions with one address.  `names`: its hosts', in the order tried; `share`: the most to hold."""

    def __init__(self, tools: Tools, address: str, names: list[str], share: int) -> None:
        self._tools = tools
        self._address = address
        self._names = names
        self._room = share
        #: Two to begin with, one without odd suites, one for the envelope, and one with a further name.
        self._roomy = share >= (4 if tools.network.ground.envelope is None else 5)
        self.sessions: list[Session] = []
        self.enveloped: list[Session] = []

    async def hold(self) -> None:
        """Without SNI and with the first host's: these tell whether anything more can be learnt."""
        talks = [asyncio.create_task(self._converse(sni)) for sni in (None, *self._names[:1])]
        ahead = asyncio.create_task(self._begin_further(talks))
        try:
            first = await asyncio.gather(*talks)
            self._room -= len(first)
            self.sessions += first
            why = ""
            if all(session.before_tls for session in first):
                ahead.cancel()
                dead = all(session.failed_at is Stage.CONNECT for session in first)
                why = _DEAD if dead else _BEFORE_TLS
            # Each takes its place before it waits for anything: the order is this one.
            await together(
                *self._envelope_tried(dead=why == _DEAD),
                *self._without_odd_suites(first),
                self._send(why, ahead),
            )
        finally:
            under_way = (*talks, ahead)
            for task in under_way:
                task.cancel()
            await asyncio.wait(under_way)

    def _envelope_tried(self, *, dead: bool) -> Iterator[Coroutine[Any, Any, None]]:
        envelope = self._tools.network.ground.envelope
        if envelope is not None and not dead and self._has_room():
            yield self._try_envelope(envelope)

    async def _try_envelope(self, envelope: Envelope) -> None:
        sni = self._names[0] if self._names else None
        self.enveloped.append(await self._converse(sni, envelope=envelope))

    def _without_odd_suites(self, first: Sequence[Session]) -> Iterator[Coroutine[Any, Any, None]]:
        """One more session for each kind of sender that does not offer the suite which was chosen."""
        for session in reversed(first):
            profiles = _odd(session.tls) if session.tls is not None else []
            for profile in profiles:
                if self._has_room():
                    yield self._hold_as(session.sni, profile)
                else:
                    self._leave_out(session.sni, _SESSIONS, profile)
            if profiles:
                return

    async def _hold_as(self, sni: str | None, profile: TlsProfile) -> None:
        held = await self._converse(sni, profile)
        # An older capture does not hold those of later kinds: they are not to be missed.
        if held.failure is not Failure.NOT_RECORDED or profile not in _LATER:
            self.sessions.append(held)

    async def _further(self) -> tuple[list[str], list[str]]:
        """The names to send there beside the first, best first; and those that any sender may send."""
        walk = await self._tools.found("tlsa")
        bases, carried = _bases(walk.mx, walk.tlsa)
        own = [*self._names, *bases.get(self._address, ())]
        further = dict.fromkeys([*own, *carried.get(self._address, ())])
        for name in self._names[:1]:
            del further[name]
        return list(further), own

    async def _begin_further(self, talks: Sequence[asyncio.Task[Session]]) -> Session | None:
        """The session with the first of them, beside the `talks` that tell whether it is worth one: it would
        wait for two whole sessions.  None where these are over, or another kind of session may need the room.
        """
        further, _ = await self._further()
        worth_it = further and self._roomy and not all(task.done() for task in talks)
        return await self._converse(further[0]) if worth_it else None

    async def _send(self, why: str, ahead: asyncio.Task[Session | None]) -> None:
        """One more session with a further name; `why`: the reason there is for none, or "".  `ahead`: the
        first, already under way.
        """
        further, own = await self._further()
        for number, name in enumerate(further, start=len(self._names[:1]) + 1):
            if why or number >= MOST_NAMES:
                self._leave_out(name, why or _NAMES)
            elif not self._has_room():
                self._leave_out(name, _SESSIONS)
            else:
                begun = await ahead if name == further[0] else None
                session = begun or await self._converse(name)
                # An older capture does not hold what only Exim would have said: that is not to be missed.
                if session.failure is not Failure.NOT_RECORDED or name in own:
                    self.sessions.append(session)

    def _has_room(self) -> bool:
        """Whether one more session may be held; it counts as held."""
        self._room -= 1
        return self._room >= 0

    def _leave_out(self, sni: str | None, why: str, profile: TlsProfile = TlsProfile.FULL) -> None:
        port = self._tools.network.ground.smtp_port
        self.sessions.append(
            Session(address=self._address, port=port, sni=sni, profile=profile, not_tried=why)
        )

    async def _converse(
        self, sni: str | None, profile: TlsProfile = TlsProfile.FULL, envelope: Envelope | None = None
    ) -> Session:
        port = self._tools.network.ground.smtp_port
        request = SmtpRequest(address=self._address, port=port, sni=sni, profile=profile, envelope=envelope)
        return session_of(await self._tools.network.converse(request))


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


def _bases(mx: MxFacts, tlsa: TlsaFacts) -> tuple[_Names, _Names]:
    """The TLSA base domains of each address where a secure TLSA RRset was found; and where none was, the
    base of the last host before that has one.
    """
    bases: _Names = {}
    carried: _Names = {}
    before: list[str] = []
    for host, found in zip(mx.hosts, tlsa.hosts, strict=False):  # there is none where that step broke
        own = [
            candidate.base
            for candidate in found.candidates
            if candidate.lookup.found is Found.FOUND and candidate.lookup.security is Security.SECURE
        ]
        for address in host.addresses:
            bases.setdefault(address, []).extend(own)
            carried.setdefault(address, []).extend([] if own else before)
        before = own[:1] or before
    return bases, carried


def _order(session: Session) -> tuple[str, str, str]:
    return session.address, session.sni or "", session.profile


#: Read once for all walks that share the exchange, and kept as long as it is: both are foreign, and long.
_read: WeakKeyDictionary[SmtpExchange, Session] = WeakKeyDictionary()


def session_of(exchange: SmtpExchange) -> Session:
    """The session as its transcript tells it."""
    known = _read.get(exchange)
    if known is None:
        known = _read[exchange] = _read_session(exchange)
    return known


def _read_session(exchange: SmtpExchange) -> Session:
    request, said = exchange.request, dialogue(exchange)
    untried = exchange.failure is Failure.NOT_TRIED
    return Session(
        address=request.address,
        port=request.port,
        sni=request.sni,
        profile=request.profile,
        not_tried=exchange.detail if untried else "",
        failure=exchange.failure,
        failed_at=exchange.failed_at,
        limit=exchange.limit,
        bound=exchange.bound,
        detail="" if untried else exchange.detail,
        extensions=ehlo_keywords(said.ehlo),
        injected=exchange.injected,
        tls=exchange.tls,
        extensions_tls=ehlo_keywords(said.ehlo_tls),
        **{field: reply for field, reply in msgspec.structs.asdict(said).items() if field != "quit"},
    )
