"""Runs inside the namespace: waits until servers answer.  Arguments: seconds, then ADDRESS/ZONE pairs."""

from __future__ import annotations

import sys
import time

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode


def answers(address: str, zone: str) -> bool:
    query = dns.message.make_query(zone, "SOA", flags=dns.flags.RD | dns.flags.CD)
    try:
        reply = dns.query.tcp(query, address, timeout=2.0)
    except (OSError, EOFError, dns.exception.DNSException):
        return False
    return reply.rcode() == dns.rcode.NOERROR and bool(reply.answer)


def main(seconds: str, *pairs: str) -> int:
    deadline = time.monotonic() + float(seconds)
    waiting = [tuple(pair.split("/", 1)) for pair in pairs]
    while True:
        waiting = [(address, zone) for address, zone in waiting if not answers(address, zone)]
        if not waiting:
            return 0
        if time.monotonic() > deadline:
            print("no answer from", *[f"{address} for {zone}" for address, zone in waiting], sep="\n  ")
            return 1
        time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
