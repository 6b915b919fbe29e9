"""Walks over one shared network, side by side: what each finds is what it finds alone, row by row."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from mailpath.dnssec import Zones
from mailpath.exchanges import DnsExchange, Exchange, Failure, HttpsExchange, Question, SmtpExchange
from mailpath.facts import Path, Security, Walk
from mailpath.lab import Scenario
from mailpath.network.bounded import MOST_QUESTIONS
from mailpath.network.capture import Capture, capture_of
from mailpath.network.dns_messages import rcode
from mailpath.network.recording import Recording, key_of
from mailpath.network.shared import Shared
from mailpath.walk import shared_network, walk

if TYPE_CHECKING:
    from conftest import Walks

    from mailpath.lab import Lab


async def walk_all(lab: Lab, shared: Shared, zones: Zones) -> dict[str, tuple[Walk, Capture]]:
    async def one(scenario: Scenario) -> tuple[Walk, Capture]:
        path = Path(recipient=scenario.domain, sender=scenario.sender)
        async with shared.for_walk() as network:
            recording = Recording(network)
            found = await walk(path, recording, network.ground.made, zones=zones)
            return found, capture_of(recording, path, found.roots)

    found = await asyncio.gather(*(one(each) for each in lab.scenarios))
    return {each.id: row for each, row in zip(lab.scenarios, found, strict=True)}


def timeless(exchange: Exchange) -> Exchange:
    """Without what differs from one time to the next: how long it took, the id of a DNS message, and whether
    the reply to QUIT was waited for."""
    if isinstance(exchange, DnsExchange):
        response = exchange.response and exchange.response[2:]
        return replace(exchange, response=response, elapsed_ms=0.0)
    if isinstance(exchange, HttpsExchange):
        return replace(exchange, elapsed_ms=0.0)
    said = [replace(chunk, at_ms=0.0) for chunk in exchange.transcript]
    quits = [index for index, chunk in enumerate(said) if chunk.data == b"QUIT\r\n"]
    return replace(exchange, transcript=tuple(said[: quits[0]] if quits else said), elapsed_ms=0.0)


NXDOMAIN = 3


def needed(walked: Walk, capture: Capture) -> dict[Any, Exchange]:
    """By key, all but guesses below an insecure delegation or a name that does not exist, and sessions begun
    ahead where the first two then end before TLS: who is fast enough asks them in vain."""
    held = {(each.address, each.sni) for each in walked.starttls.sessions if not each.not_tried}
    insecure = [zone.name for zone in walked.dnssec.zones if zone.status is Security.INSECURE]
    absent = [
        each.question.name
        for each in capture.dns
        if each.question.rdtype == "DS" and each.response and rcode(each.response) == NXDOMAIN
    ]

    def vain(exchange: Exchange) -> bool:
        if isinstance(exchange, SmtpExchange):
            return (exchange.request.address, exchange.request.sni) not in held
        if not isinstance(exchange, DnsExchange) or exchange.question.rdtype not in ("DS", "DNSKEY"):
            return False
        name = exchange.question.name
        return any(name.endswith(f".{zone}") for zone in (*insecure, *absent)) or (
            exchange.question.rdtype == "DNSKEY" and name in insecure
        )

    return {key_of(each): timeless(each) for each in capture.exchanges if not vain(each)}


def test_a_walk_among_many_finds_what_it_finds_alone(lab: Lab, walks: Walks) -> None:
    """All scenarios at once, and then again: the exchanges are known then, and the third time what was
    validated with them is lent."""

    async def twice() -> list[dict[str, tuple[Walk, Capture]]]:
        zones = Zones()
        async with shared_network(lab.settings, "lab", len(lab.scenarios)) as shared:
            return [await walk_all(lab, shared, zones) for _ in range(4)]

    rows = [(name, *row) for rows in asyncio.run(twice()) for name, row in rows.items()]
    assert len(rows) == 4 * len(lab.scenarios)
    # Findings, verdicts and evidence are functions of the walk alone.
    alone = walks.of
    assert [
        name for name, found, _ in rows if replace(found, at=alone(name).walk.at) != alone(name).walk
    ] == []
    for name, found, capture in rows:
        assert needed(found, capture) == needed(alone(name).walk, alone(name).capture), name
        assert replace(capture.ground, made=0) == replace(alone(name).capture.ground, made=0)


def test_what_is_known_is_answered_at_once_within_the_bounds(lab: Lab) -> None:
    """Without a task for it, and it counts as asked: a walk asks no more among many than it does alone."""

    async def ask() -> tuple[list[Exchange | None], Exchange]:
        question = Question(name="dane-good.example", rdtype="MX")
        async with shared_network(lab.settings, "lab", 1) as shared, shared.for_walk() as network:
            before = network.at_once(question)
            held = await network.ask(question)
            found = [network.at_once(question) for _ in range(MOST_QUESTIONS)]
            assert found[0] is held
            async with shared.for_walk() as other:
                assert await Recording(other).ask(question) is held
            return [before, found[-1]], await network.ask(question)

    around, refused = asyncio.run(ask())
    assert around == [None, None]
    assert refused.failure is Failure.NOT_TRIED
