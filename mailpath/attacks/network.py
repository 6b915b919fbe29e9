"""A network with a named attacker in it: exchanges are tampered with, facts and verdicts never."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mailpath.attacks import attacker
from mailpath.attacks.attacker import AttackerCertificate
from mailpath.attacks.catalogue import ATTACKS, parse
from mailpath.attacks.dns import answer_own, replace_answer
from mailpath.attacks.record import Forged, Victim
from mailpath.attacks.smtp import drop_packets
from mailpath.dnssec.zones import Lending
from mailpath.exchanges import (
    DnsExchange,
    Exchange,
    Failure,
    HttpsExchange,
    HttpsRequest,
    Question,
    Request,
    SmtpExchange,
    SmtpRequest,
)
from mailpath.names import is_within
from mailpath.network.protocol import Network, NetworkContext


class AttackedNetwork:
    """`network` under `attack` ("a" or "a+b") as of `at` (Unix time, for the attacker's certificates).

    It wraps any network, as a rule a replay: the walk over it cannot tell, validates what it is told and
    draws its own conclusions.  What the wrapped network cannot know, sessions with the attacker's own server,
    the attacker supplies.  The attacker's own zone is the one that is declared insecure; nothing else is
    exempt from validation.

    Deterministic: the same attack on the same exchanges gives the same exchanges.  Raises `UnknownAttack`.
    """

    def __init__(self, network: Network, attack: str, at: int, victim: Victim) -> None:
        wanted = parse(attack)
        self._attacks = [each for each in ATTACKS.values() if each in wanted]
        self._network = network
        self._lender = network if isinstance(network, Lending) else None
        self._victim = victim
        self._at = at
        self._certificate = next((each.certificate for each in self._attacks if each.certificate), None)
        self._isolates = any(each.isolates for each in self._attacks)
        self._tampered: set[Request] = set()
        ground = network.ground
        #: The attacker's address counts as public, as one that is dialled elsewhere does.
        self._ground = msgspec.structs.replace(
            ground,
            roots=(*ground.roots, attacker.root(at)),
            dialled=(*ground.dialled, f"{attacker.ADDRESS}:{ground.smtp_port}"),
            simulated_insecure=(attacker.ZONE,),
        )

    @property
    def ground(self) -> NetworkContext:
        """The wrapped network's, with a simulated trusted root and the attacker's zone and address."""
        return self._ground

    @property
    def tampered(self) -> frozenset[Request]:
        """The exchanges that were changed or made up."""
        return frozenset(self._tampered)

    async def ask(self, question: Question) -> DnsExchange:
        if is_within(question.name, attacker.ZONE):
            self._tampered.add(question)
            return answer_own(question)
        true = await self._network.ask(question)
        forged = self._forge(question, true)
        exchange = true if forged is None else replace_answer(question, true, forged)
        if exchange is not true:
            self._tampered.add(question)
        return exchange

    def borrow(self, exchanges: Sequence[Exchange]) -> bool:
        """Whether each of `exchanges` is an answer of the wrapped network that nobody tampers with here."""
        return (
            self._lender is not None
            and self._lender.borrow(exchanges)
            and all(
                isinstance(each, DnsExchange)
                and not is_within(each.question.name, attacker.ZONE)
                and self._forge(each.question, each) is None
                for each in exchanges
            )
        )

    def _forge(self, question: Question, true: DnsExchange) -> Forged | None:
        """What takes the place of the true answer; None: it stays."""
        forgeries = (each.dns(self._victim, question, true) for each in self._attacks if each.dns)
        return next((each for each in forgeries if each is not None), None)

    async def fetch(self, request: HttpsRequest) -> HttpsExchange:
        for attack in self._attacks:
            exchange = attack.https(self._victim, request) if attack.https else None
            if exchange is not None:
                self._tampered.add(request)
                return exchange
        return await self._network.fetch(request)

    async def converse(self, request: SmtpRequest) -> SmtpExchange:
        if self._isolates and self._victim.is_cut_off(request.address):
            self._tampered.add(request)
            return drop_packets(request)
        true: SmtpExchange | None = None
        if request.address == attacker.ADDRESS:
            exchange = self._impersonate(request, self._certificate or AttackerCertificate.OWN)
        else:
            exchange = true = await self._network.converse(request)
            # Where this machine's own network lets nothing out, nobody on the path gets to answer.
            if self._certificate is not None and true.failure is not Failure.BLOCKED:
                exchange = self._impersonate(request, self._certificate)
        for attack in self._attacks:
            if attack.smtp is not None:
                exchange = attack.smtp(exchange)
        if exchange is not true:
            self._tampered.add(request)
        return exchange

    def _impersonate(self, request: SmtpRequest, certificate: AttackerCertificate) -> SmtpExchange:
        """The attacker's server at this address, by the names of the MX hosts there."""
        names = self._victim.names_at(request.address)
        called = names[0] if names else attacker.HOST
        if request.address == attacker.ADDRESS:
            called, names = attacker.HOST, (*names, attacker.HOST)
        chain = attacker.chain(certificate, names, self._at)
        return attacker.session(request, chain, called, self._ground.ehlo or "localhost")
