"""The `Network` protocol: three exchanges, and the ground they stand on."""

from __future__ import annotations

from typing import Annotated, Literal, Protocol

import msgspec

from mailpath.exchanges import (
    DnsExchange,
    Envelope,
    HttpsExchange,
    HttpsRequest,
    Name,
    Question,
    SmtpExchange,
    SmtpRequest,
)

#: Characters of a trust anchor, and how many addresses there may be: far above what anybody has.
MAX_ANCHOR = 64 * 1024
#: Roots of a capture: more than all that the world trusts.  A chain may try every one of a name.
MAX_ROOTS = 256
#: Negative trust anchors: they are meant for a few broken zones, and for a while (RFC 7646 section 2).
MAX_ZONES = 100
_MOST = msgspec.Meta(max_length=10_000)
#: Seconds between the making of a network and the walk over it that are still "now".
_MOMENT = 60
#: The zone that an attack declares insecure, where its attacker's names live (RFC 6761 section 6.4).
SIMULATED_ZONE = "attacker.invalid"


class NetworkContext(msgspec.Struct, frozen=True, kw_only=True):
    """What a walk takes as given: a capture holds it as `ground`, so that a replay needs nothing else.

    `trust_anchor`: zone-file text of DS and DNSKEY records, of any names.  `roots`: trusted CA certificates,
    DER (a capture: only those that anchor a recorded chain).  `kind`: "live", "lab" or "capture".
    `made`: Unix time at which the walk began; the default `at` of a replay.
    `envelope`: what one more session with each address is to try; None where nobody asked for it.
    `patience`: "sender" or "ours", as in `Settings`.
    `insecure_zones`: negative trust anchors (RFC 7646) that the user set, as `names.to_dns_name` has names.
    `simulated_insecure`: zones that an attack declares insecure (only ever `attacker.invalid`).
    """

    kind: Name
    resolver: Name
    trust_anchor: Annotated[str, msgspec.Meta(max_length=MAX_ANCHOR)]
    roots: Annotated[tuple[bytes, ...], msgspec.Meta(max_length=MAX_ROOTS)]
    made: int
    smtp_port: int = 25
    https_port: int = 443
    ehlo: Name = ""
    allow_private: bool = False
    dialled: Annotated[
        tuple[Name, ...], _MOST
    ] = ()  # published "ip:port" that have a dial entry: count as public
    patience: Literal["sender", "ours"] = "sender"
    insecure_zones: Annotated[tuple[Name, ...], msgspec.Meta(max_length=MAX_ZONES)] = ()
    simulated_insecure: tuple[str, ...] = ()
    envelope: Envelope | None = None

    def precedes(self, at: int) -> bool:
        """Whether `at` (Unix time) is yet to come, seen from here; a walk takes a moment to begin."""
        return at - self.made > _MOMENT


class Network(Protocol):
    """Live, recorded, replayed or attacked: a walk cannot tell which.

    No method raises for anything the world does: a failure is a record.  Cancellation passes through.
    Equal requests may be made twice; a `Recording` makes the second one free.
    """

    @property
    def ground(self) -> NetworkContext: ...

    async def ask(self, question: Question) -> DnsExchange: ...

    async def fetch(self, request: HttpsRequest) -> HttpsExchange: ...

    async def converse(self, request: SmtpRequest) -> SmtpExchange: ...
