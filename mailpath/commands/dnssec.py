"""`mailpath dnssec`: the validator on its own, as delv(1) is to a resolver."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from typing import Any, Literal

import click
import dns.rdatatype
import msgspec

from mailpath.commands.options import probing, unusable_anchor
from mailpath.commands.stdio import plain
from mailpath.dnssec import BadAnchor, Validator, known
from mailpath.facts import Lookup, Security, ZoneFact
from mailpath.findings.bogus import remedy
from mailpath.names import BadName, to_dns_name
from mailpath.network.settings import Settings, SettingsError
from mailpath.report.dnssec import render_text, to_json
from mailpath.report.provenance import Provenance, foreign_anchor
from mailpath.walk import live_network

#: Exit codes: what the answer is worth.
CODES = {Security.SECURE: 0, Security.INSECURE: 1, Security.BOGUS: 2, Security.INDETERMINATE: 3}


def run(name: str, rdtype: str, *, as_json: bool, at: int | None, network: dict[str, Any]) -> int:
    """Look up, validate, draw; 0 secure, 1 insecure, 2 bogus, 3 indeterminate.  Raises `click.UsageError`."""
    owner, kind = _owner(name), _kind(rdtype)
    moment = int(time.time()) if at is None else at
    if network.get("lab") is None:
        lookup, zones, anchors = _looked_up(owner, kind, moment, probing(network))
    else:
        from mailpath.commands.labs import lab_of

        with lab_of(network["lab"], network) as (_, settings):
            lookup, zones, anchors = _looked_up(owner, kind, moment, settings)
    fix = remedy(lookup, zones, moment) if lookup.security is Security.BOGUS else ""
    whose, mind = _trust(anchors)
    if as_json:
        click.echo(json.dumps(to_json(lookup, zones, moment, fix=fix, anchor=whose), indent=2))
    else:
        told = render_text(lookup, zones, moment, ascii_only=plain(sys.stdout), fix=fix, mind=mind)
        click.echo(told, nl=False)
    return CODES[lookup.security]


def _looked_up(
    owner: str, kind: str, moment: int, settings: Settings
) -> tuple[Lookup, Sequence[ZoneFact], str]:
    """The look-up, the zones on its way and the trust anchors above it.  Raises `click.UsageError`."""

    async def looked_up() -> tuple[Lookup, Sequence[ZoneFact], str]:
        async with live_network(settings) as live:
            validator = Validator(live, moment)
            lookup, (ad, rcode) = await asyncio.gather(
                validator.lookup(owner, kind), validator.resolver_claim(owner, kind)
            )
            claimed = msgspec.structs.replace(lookup, resolver_ad=ad, resolver_rcode=rcode)
            return claimed, validator.zones(), live.ground.trust_anchor

    try:
        return asyncio.run(looked_up())
    except SettingsError as error:
        raise click.UsageError(str(error)) from None
    except BadAnchor as error:
        raise unusable_anchor(settings, error) from None


def _trust(anchors: str) -> tuple[Literal["iana", "own"], str]:
    """Whose trust anchors these are, and a sentence where they are not IANA's."""
    whose = known.whose(anchors)
    stands = Provenance(anchor=whose, at_root=known.at_the_root_alone(anchors))
    return whose, foreign_anchor(stands) if whose == "own" else ""


def _owner(name: str) -> str:
    """The name as the validator takes it.  Raises `click.UsageError`."""
    try:
        return to_dns_name(name.strip())
    except BadName as error:
        raise click.UsageError(f"{name.strip()!r}: {error}" if name.strip() else str(error)) from None


def _kind(rdtype: str) -> str:
    """The mnemonic of a type or its number.  Raises `click.UsageError`."""
    try:
        number = rdtype.isascii() and rdtype.isdigit()
        return dns.rdatatype.to_text(dns.rdatatype.from_text(f"TYPE{int(rdtype)}" if number else rdtype))
    except (dns.rdatatype.UnknownRdatatype, ValueError):
        raise click.UsageError(f"{rdtype!r} is no record type.") from None
