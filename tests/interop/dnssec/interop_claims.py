"""Runs inside the namespace: what a validating resolver claims of each name on standard input.

Argument: its address.  Prints "secure" (AD), "insecure" (an answer without AD), "bogus" (SERVFAIL, but
an answer with CD), the rcode, or "TIMEOUT".
"""

from __future__ import annotations

import asyncio
import sys

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.rcode


async def ask(address: str, name: str, rdtype: str, flags: int) -> dns.message.Message:
    query = dns.message.make_query(name, rdtype, use_edns=0, want_dnssec=True, flags=dns.flags.RD | flags)
    message, _ = await dns.asyncquery.udp_with_fallback(query, address, timeout=10.0)
    return message


async def claim(address: str, name: str, rdtype: str, turn: asyncio.Semaphore) -> str:
    async with turn:
        try:
            return await judged(address, name, rdtype)
        except dns.exception.Timeout:
            return "TIMEOUT"


async def judged(address: str, name: str, rdtype: str) -> str:
    message = await ask(address, name, rdtype, dns.flags.AD)
    if message.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return "secure" if message.flags & dns.flags.AD else "insecure"
    if message.rcode() == dns.rcode.SERVFAIL:
        unchecked = await ask(address, name, rdtype, dns.flags.CD)
        if unchecked.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            return "bogus"
    return dns.rcode.to_text(message.rcode())


async def main(address: str) -> None:
    turn = asyncio.Semaphore(16)
    asked = [line.rstrip("\n").split("\t") for line in sys.stdin]
    for word in await asyncio.gather(*(claim(address, name, rdtype, turn) for name, rdtype in asked)):
        print(word)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
