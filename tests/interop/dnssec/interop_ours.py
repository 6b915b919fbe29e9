"""Runs inside the namespace: our own verdict on each name on standard input, as a JSON array.

Arguments: the resolver's address, the trust anchor's file, and the way: "alone" is a validator for each
name, as `mailpath dnssec` has it; "together" is one for all names, as a walk has it.
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


async def main(resolver: str, anchor: str, way: str) -> None:
    settings = Settings(resolver=f"{resolver}:53", trust_anchor=anchor, timeout=10.0)
    asked = [line.rstrip("\n").split("\t") for line in sys.stdin]
    at = int(time.time())
    turn = asyncio.Semaphore(8)
    async with LiveNetwork(settings, policy_host_check=lambda chain, host: None) as live:
        network = Recording(live)
        shared = Validator(network, at)

        async def ask(name: str, rdtype: str) -> Lookup:
            async with turn:
                validator = shared if way == "together" else Validator(network, at)
                return await validator.lookup(name, rdtype)

        lookups = await asyncio.gather(*(ask(name, rdtype) for name, rdtype in asked))
    answers = [
        {"status": lookup.security, "reason": lookup.reason, "found": lookup.found} for lookup in lookups
    ]
    sys.stdout.buffer.write(msgspec.json.encode(answers))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
