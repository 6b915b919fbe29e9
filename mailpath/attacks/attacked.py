"""A network with a named attacker in it: exchanges are tampered with, facts and verdicts never.

`Attacked` wraps any network, as a rule a replay: the walk over it cannot tell, validates what it is told
and draws its own conclusions.  What the wrapped network cannot know, sessions with the attacker's own
server, the attacker supplies.  The attacker's own zone is the one that is declared insecure; nothing else
is exempt from validation.
"""

from __future__ import annotations

import msgspec

from mailpath.attacks import attacker
from mailpath.attacks.aim import Aim
from mailpath.attacks.attacked_dns import DnsTampering
from mailpath.attacks.attacked_https import HttpsTampering
from mailpath.attacks.attacked_smtp import IMPERSONATIONS, SmtpTampering
from mailpath.exchanges import (
    DnsExchange,
    HttpsExchange,
    HttpsRequest,
    Question,
    Request,
    SmtpExchange,
    SmtpRequest,
)
from mailpath.network.protocol import Ground, Network

#: Every attack there is, in the order in which they are told.
NAMES = (
    "strip-starttls",
    "break-tls",
    *IMPERSONATIONS,
    "forge-mx",
    "forge-address",
    "deny-tlsa",
    "block-tlsa",
    "block-policy",
    "steer",
)


class UnknownAttack(KeyError):
    """No attack has that name; the message lists those there are."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f"There is no attack {self.name!r}. There are: {', '.join(NAMES)}; a+b combines two."


def parts(attack: str) -> tuple[str, ...]:
    """The names in "a+b", each once.  Raises `UnknownAttack`."""
    wanted = tuple(dict.fromkeys(name.strip() for name in attack.split("+")))
    for name in wanted:
        if name not in NAMES:
            raise UnknownAttack(name)
    return wanted


class Attacked:
    """`network` under `attack` ("a" or "a+b") as of `at` (Unix time, for the attacker's certificates).

    Deterministic: the same attack on the same exchanges gives the same exchanges.  Raises `UnknownAttack`.
    """

    def __init__(self, network: Network, attack: str, at: int, aim: Aim) -> None:
        names = frozenset(parts(attack))
        self._network = network
        self._dns = DnsTampering(names, aim)
        self._https = HttpsTampering(names, aim)
        self._smtp = SmtpTampering(names, aim, at, network.ground.ehlo)
        self._tampered: set[Request] = set()
        self._ground = _ground(network.ground, attacker.root(at))

    @property
    def ground(self) -> Ground:
        """The wrapped network's, with a simulated trusted root and the attacker's zone and address."""
        return self._ground

    @property
    def tampered(self) -> frozenset[Request]:
        """The exchanges that were changed or made up."""
        return frozenset(self._tampered)

    async def ask(self, question: Question) -> DnsExchange:
        exchange = self._dns.supply(question)
        if exchange is None:
            true = await self._network.ask(question)
            exchange = self._dns.tamper(question, true)
            if exchange is true:
                return true
        self._tampered.add(question)
        return exchange

    async def fetch(self, request: HttpsRequest) -> HttpsExchange:
        exchange = self._https.supply(request)
        if exchange is None:
            return await self._network.fetch(request)
        self._tampered.add(request)
        return exchange

    async def converse(self, request: SmtpRequest) -> SmtpExchange:
        exchange = self._smtp.supply(request)
        if exchange is None:
            true = await self._network.converse(request)
            exchange = self._smtp.tamper(request, true)
            if exchange is true:
                return true
        self._tampered.add(request)
        return exchange


def _ground(ground: Ground, root: bytes) -> Ground:
    """The attacker's address counts as public, as one that is dialled elsewhere does."""
    end = f"{attacker.ADDRESS}:{ground.smtp_port}"
    return msgspec.structs.replace(
        ground,
        roots=(*ground.roots, root),
        dialled=(*ground.dialled, end),
        simulated_insecure=(attacker.ZONE,),
    )
