"""`mailpath dnssec --has, --lacks`: whether every name server of a zone serves a change, asked one by one.

A resolver tells what one of them said some time ago.  A plan's wait counts from when all of them agree.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple

import click
import dns.exception
import dns.rcode
import dns.rdata
from dns.rdatatype import RdataType

from mailpath import validation
from mailpath.commands.asking import network_of
from mailpath.commands.stdio import print_json
from mailpath.dnssec.messages import name_text
from mailpath.dnssec.wire import WireMessage, read_message
from mailpath.exchanges import Question
from mailpath.network.protocol import Network
from mailpath.network.settings import Settings
from mailpath.online import live_network
from mailpath.visible import visible

SERVED, DIFFERENT, UNKNOWN = 0, 1, 3
#: Servers, and addresses of each, that are asked.
MOST_SERVERS, MOST_ADDRESSES = 16, 4
#: Opens the network that asks at an address; None: at the resolver.
Opened = Callable[[str | None], AbstractAsyncContextManager[Network]]


class Answer(NamedTuple):
    """What one address of a name server says.  `records`: None where it did not answer, `why` says why."""

    server: str
    address: str
    records: frozenset[dns.rdata.Rdata] | None
    why: str = ""


def run(
    name: str, rdtype: str, has: Sequence[str], lacks: Sequence[str], *, as_json: bool, **network: Any
) -> int:
    """0 every server has all of `has` and none of `lacks`, 1 one does not, 3 one does not answer.

    Raises `click.UsageError`, `MailpathError`.
    """
    owner, rdtype = validation.asked(name, rdtype)
    wanted, unwanted = (_read(rdtype, texts) for texts in (has, lacks))
    with network_of(network) as (settings, scenario):
        answers = asyncio.run(ask_all(owner, rdtype, _opener(settings), alone=scenario is not None))
    told = [_told(each, wanted, unwanted) for each in answers]
    if as_json:
        print_json([{**each, "server": answer.server} for each, answer in zip(told, answers, strict=True)])
    else:
        for each, answer in zip(told, answers, strict=True):
            asked = f"{visible(answer.server)} {answer.address}".rstrip()
            click.echo(f"{asked}: {each['says']}")
    fine = [each["ok"] for each in told]
    return DIFFERENT if False in fine else UNKNOWN if None in fine or not fine else SERVED


def _read(rdtype: str, texts: Iterable[str]) -> frozenset[dns.rdata.Rdata]:
    try:
        return frozenset(dns.rdata.from_text("IN", rdtype, text) for text in texts)
    except (dns.exception.DNSException, ValueError) as error:
        raise click.UsageError(f"--has and --lacks take the data of {rdtype} records: {error}.") from None


def _opener(settings: Settings) -> Opened:
    def opened(address: str | None) -> AbstractAsyncContextManager[Network]:
        return live_network(settings if address is None else settings.merged(resolver=address))

    return opened


def _told(
    answer: Answer, wanted: frozenset[dns.rdata.Rdata], unwanted: frozenset[dns.rdata.Rdata]
) -> dict[str, Any]:
    if answer.records is None:
        return {"address": answer.address, "ok": None, "says": visible(answer.why)}
    missing, left = wanted - answer.records, unwanted & answer.records
    parts = [f"lacks {visible(each.to_text())}" for each in missing]
    parts += [f"has {visible(each.to_text())}" for each in left]
    return {"address": answer.address, "ok": not parts, "says": "; ".join(sorted(parts)) or "as asked"}


async def ask_all(owner: str, rdtype: str, opened: Opened, *, alone: bool = False) -> list[Answer]:
    """What each name server of the zone of `owner` says; `alone`: there is none but the resolver."""
    if alone:
        return [await _ask("the lab", "", owner, rdtype, opened)]
    async with opened(None) as network:
        servers = await _servers(owner, network)
        addresses = [
            (server, address)
            for server in servers[:MOST_SERVERS]
            for address in (await _addresses(server, network))[:MOST_ADDRESSES]
        ]
    if not addresses:
        return [Answer(server, "", None, "its address is unknown") for server in servers]
    return await asyncio.gather(*(_ask(*each, owner, rdtype, opened) for each in addresses))


async def _servers(owner: str, network: Network) -> list[str]:
    """The name servers of the closest zone above."""
    labels = owner.split(".")
    for depth in range(len(labels)):
        name = ".".join(labels[depth:])
        message, _ = await _exchange(network, name, "NS")
        found = (
            []
            if message is None
            else [
                name_text(getattr(rdata, "target"))  # noqa: B009 - of NS records
                for rrset in message.answer
                if rrset.rdtype == RdataType.NS and name_text(rrset.name) == name
                for rdata in rrset
            ]
        )
        if found:
            return sorted(found)
    return []


async def _addresses(server: str, network: Network) -> list[str]:
    found: list[str] = []
    for rdtype in ("A", "AAAA"):
        message, _ = await _exchange(network, server, rdtype)
        if message is not None:
            kind = RdataType.from_text(rdtype)
            found += sorted(r.to_text() for rrset in message.answer if rrset.rdtype == kind for r in rrset)
    return found


async def _ask(server: str, address: str, owner: str, rdtype: str, opened: Opened) -> Answer:
    async with opened(address or None) as network:
        message, why = await _exchange(network, owner, rdtype)
    if message is None:
        return Answer(server, address, None, why)
    kind = RdataType.from_text(rdtype)
    records = frozenset(rdata for rrset in message.answer if rrset.rdtype == kind for rdata in rrset)
    return Answer(server, address, records)


async def _exchange(network: Network, name: str, rdtype: str) -> tuple[WireMessage | None, str]:
    """The message, if it answers; else why not."""
    exchange = await network.ask(Question(name=name, rdtype=rdtype))
    if exchange.response is None:
        return None, exchange.detail or str(exchange.failure)
    try:
        message = read_message(exchange.response)
    except dns.exception.DNSException:
        return None, "its answer is no DNS message"
    if message.rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return None, f"it answers {dns.rcode.to_text(message.rcode)}"
    return message, ""
