"""The record of an attack: all that mailpath knows of it, and whom it is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum

import msgspec

from mailpath.attacks.attacker import AttackerCertificate
from mailpath.exchanges import DnsExchange, HttpsExchange, HttpsRequest, Question, SmtpExchange
from mailpath.facts import Lookup, Walk
from mailpath.judge import Verdict


class Need(StrEnum):
    """What the attacker must have."""

    PATH = "on the path to the mail servers"
    WEB_PATH = "on the path to the policy host"
    DNS = "able to forge DNS answers"
    DNS_PATH = "able to drop DNS answers"
    OWN_CERTIFICATE = "with a valid certificate for its own name"
    AUTHORITY = "with a trusted CA that certifies somebody else's name"


class Victim(msgspec.Struct, frozen=True, kw_only=True):
    """What the attacker knows before it begins, from a look around like everybody's.

    `recipient`: the domain whose mail it wants.  `hosts`: MX host name -> its addresses.  `steer_to`: the
    host that `steer` leaves reachable; None: all of them.
    """

    recipient: str
    hosts: dict[str, tuple[str, ...]] = {}
    steer_to: str | None = None

    def names_at(self, address: str) -> tuple[str, ...]:
        """The MX hosts at `address`, sorted; all of them where the address is none of theirs."""
        there = sorted(name for name, addresses in self.hosts.items() if address in addresses)
        return tuple(there or sorted(self.hosts))

    def is_cut_off(self, address: str) -> bool:
        """Whether `steer` makes `address` unreachable: it is an MX host's, and not the chosen one's."""
        if self.steer_to is None or address in self.hosts.get(self.steer_to, ()):
            return False
        return any(address in addresses for addresses in self.hosts.values())


class Forged(msgspec.Struct, frozen=True):
    """What comes in place of a DNS answer.

    `records`: their data in presentation form; () denies that there are any; None: no answer comes at all.
    """

    records: tuple[str, ...] | None = ()


class Attack(msgspec.Struct, frozen=True, kw_only=True):
    """One attack.  `title`, `does`, `stopped_by`: for people; the latter two are sentences.

    `cost`: rank among the attacks, for "the cheapest".  `opens`: it takes a protection away rather than the
    mail, so that it makes sense together with an attack that takes the mail.

    The tampering, each part None where the attack leaves that protocol alone:

    `dns`: what comes in place of an answer, None for the true one.  `smtp`: a session as the attacker lets it
    happen, the same object where it changes nothing.  `https`: what comes of a fetch, None for the true
    response.  `certificate`: what it shows when it answers in the servers' place.  `isolates`: it drops the
    packets to every MX host but `Victim.steer_to`.

    `cause`: why it works, or does not, as a clause about the tampered walk; "" where there is nothing to say.
    `forged`: the lookups of that walk which it forged where the true answer would have stopped it.
    """

    name: str
    title: str
    does: str
    needs: tuple[Need, ...]
    stopped_by: str
    cost: int
    opens: bool = False
    dns: Callable[[Victim, Question, DnsExchange], Forged | None] | None = None
    smtp: Callable[[SmtpExchange], SmtpExchange] | None = None
    https: Callable[[Victim, HttpsRequest], HttpsExchange | None] | None = None
    certificate: AttackerCertificate | None = None
    isolates: bool = False
    cause: str | Callable[[Walk, Verdict], str] = ""
    forged: Callable[[Walk], Sequence[Lookup]] | None = None
