"""`mailpath dnssec`: the validator on its own, as delv(1) is to a resolver."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from typing import Any

import click
import dns.exception
import dns.name
import dns.rdatatype
import msgspec

from mailpath.commands.options import probing, unusable_anchor
from mailpath.commands.stdio import plain
from mailpath.dnssec import BadAnchor, Validator
from mailpath.facts import Lookup, Security, ZoneFact
from mailpath.names import BadName, a_labels
from mailpath.network.settings import SettingsError
from mailpath.report.dnssec import render_text, to_json
from mailpath.walk import live_network

#: Exit codes: what the answer is worth.
CODES = {Security.SECURE: 0, Security.INSECURE: 1, Security.BOGUS: 2, Security.INDETERMINATE: 3}

#: RFC 4034 section 3: signatures are not signed themselves.  0 is reserved (RFC 6895 section 3.1).
_UNSIGNED = frozenset({dns.rdatatype.NONE, dns.rdatatype.SIG, dns.rdatatype.RRSIG})


def run(name: str, rdtype: str, *, as_json: bool, at: int | None, network: dict[str, Any]) -> int:
    """Look up, validate, draw; 0 secure, 1 insecure, 2 bogus, 3 indeterminate.  Raises `click.UsageError`."""
    owner, kind = _owner(name.strip()), _kind(rdtype)
    settings = probing(network)
    moment = int(time.time()) if at is None else at

    async def looked_up() -> tuple[Lookup, Sequence[ZoneFact]]:
        async with live_network(settings) as live:
            validator = Validator(live, moment)
            lookup, (ad, rcode) = await asyncio.gather(
                validator.lookup(owner, kind), validator.resolver_claim(owner, kind)
            )
            claimed = msgspec.structs.replace(lookup, resolver_ad=ad, resolver_rcode=rcode)
            return claimed, validator.zones()

    try:
        lookup, zones = asyncio.run(looked_up())
    except SettingsError as error:
        raise click.UsageError(str(error)) from None
    except BadAnchor as error:
        raise unusable_anchor(settings, error) from None
    if as_json:
        click.echo(json.dumps(to_json(lookup, zones, moment), indent=2))
    else:
        click.echo(render_text(lookup, zones, moment, ascii_only=plain(sys.stdout)), nl=False)
    return CODES[lookup.security]


def _owner(name: str) -> str:
    """The name as the validator takes it: A-labels, also below a "*", or DNS presentation text with escapes.

    Raises `click.UsageError`.
    """
    if not name:
        raise click.UsageError("Nothing was typed: a name is needed.")
    try:
        if "\\" in name:
            return dns.name.from_text(name).canonicalize().to_text()
        star, _, rest = name.partition(".")
        if star == "*":  # RFC 4592 section 2.1.1
            return f"*.{a_labels(rest)}" if rest else star
        return a_labels(name)
    except BadName as error:
        raise click.UsageError(f"{name!r}: {error}") from None
    except (dns.exception.DNSException, ValueError):
        raise click.UsageError(f"{name!r} is no name that the DNS can be asked for.") from None


def _kind(rdtype: str) -> str:
    """The mnemonic of a type or its number.  Raises `click.UsageError`, also for what names no RRset that is
    signed.
    """
    try:
        number = rdtype.isascii() and rdtype.isdigit()
        kind = dns.rdatatype.from_text(f"TYPE{int(rdtype)}" if number else rdtype)
    except (dns.rdatatype.UnknownRdatatype, ValueError):
        raise click.UsageError(f"{rdtype!r} is no record type.") from None
    if dns.rdatatype.is_metatype(kind) or kind in _UNSIGNED:
        raise click.UsageError(f"{rdtype!r} names no RRset that could be validated.")
    return dns.rdatatype.to_text(kind)
