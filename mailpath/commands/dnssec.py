"""`mailpath dnssec`: the validator on its own, as delv(1) is to a resolver."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

import click

from mailpath import validation
from mailpath.commands.asking import network_of
from mailpath.commands.moments import Offset, seen_from
from mailpath.commands.stdio import plain, print_json
from mailpath.dnssec import known
from mailpath.facts import Security
from mailpath.network.settings import Settings
from mailpath.online import live_network
from mailpath.report.dnssec import render_text, to_json

#: Exit codes: what the answer is worth.
CODES = {Security.SECURE: 0, Security.INSECURE: 1, Security.BOGUS: 2, Security.INDETERMINATE: 3}


def run(*, name: str, rdtype: str, as_json: bool, at: int | Offset | None, **network: Any) -> int:
    """Look up, validate, draw; 0 secure, 1 insecure, 2 bogus, 3 indeterminate.  Raises `MailpathError`."""
    with network_of(network) as (settings, _):
        owner, rdtype = validation.asked(name, rdtype)
        found = asyncio.run(_validate(owner, rdtype, settings, seen_from(int(time.time()), at)))
    lookup, zones = found.lookup, found.zones
    fix = ""
    if found.security is Security.BOGUS:
        from mailpath.findings.bogus import remedy

        fix = remedy(lookup, zones, found.at, ahead=found.ahead)
    whose = known.whose(found.trust_anchor)
    if as_json:
        print_json(to_json(lookup, zones, found.at, fix=fix, anchor=whose))
        return CODES[found.security]
    mind = ""
    if whose == "own":
        from mailpath.report.provenance import Provenance, foreign_anchor

        mind = foreign_anchor(Provenance(anchor=whose, at_root=known.at_the_root_alone(found.trust_anchor)))
    text = render_text(lookup, zones, found.at, ascii_only=plain(sys.stdout), fix=fix, mind=mind)
    click.echo(text, nl=False)
    return CODES[found.security]


async def _validate(owner: str, rdtype: str, settings: Settings, at: int | None) -> validation.Validation:
    async with live_network(settings) as live:
        return await validation.validate(owner, rdtype, live, at)
