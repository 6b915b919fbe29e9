"""Runs inside the namespace: our own verdict on each name on standard input, as a JSON array.

Arguments: the resolver's address, the trust anchor's file, and the way: "alone" is a validator for each
name, as `mailpath dnssec` has it; "together" is one for some names, as a walk has it.
"""

from __future__ import annotations

import asyncio
import sys
import time

import msgspec

from mailpath.dnssec import Validator
from mailpath.facts import Lookup
from mailpath.network.live import LiveNetwork
from mailpath.network.recording import Recording
from mailpath.network.settings import Settings

#: Names of one validator: what it spends on all of them is bounded, as on the names of one walk.
TOGETHER = 10


async def main(resolver: str, anchor: str, way: str) -> None:
    settings = Settings(resolver=f"{resolver}:53", trust_anchor=anchor, timeout=10.0)
    asked = [line.rstrip("\n").split("\t") for line in sys.stdin]
    at = int(time.time())
    turn = asyncio.Semaphore(8)
    async with LiveNetwork(settings, policy_host_check=lambda chain, host: None) as live:
        network = Recording(live)

        async def ask(validator: Validator, name: str, rdtype: str) -> Lookup:
            async with turn:
                return await validator.lookup(name, rdtype)

        size = TOGETHER if way == "together" else 1
        groups = [
            (Validator(network, at), asked[first : first + size]) for first in range(0, len(asked), size)
        ]
        lookups = await asyncio.gather(
            *(ask(validator, name, rdtype) for validator, names in groups for name, rdtype in names)
        )
    answers = [
        {"status": lookup.security, "reason": lookup.reason, "found": lookup.found} for lookup in lookups
    ]
    sys.stdout.buffer.write(msgspec.json.encode(answers))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
