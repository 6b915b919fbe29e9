"""Every lookup of a walk in one order: the recipient's path as mail takes it, its policy, the sender."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Literal

from mailpath.facts import Found, Lookup, MxFacts, SignatureFact, TlsaFacts, Walk

#: What was looked up: the MX RRset, its hosts' addresses, their TLSA, the MTA-STS record, the policy host's
#: addresses, the TLSRPT record, the sender domain's MX and SPF.
Part = Literal["mx", "addresses", "tlsa", "sts", "policy-host", "tlsrpt", "sender"]
ALL: tuple[Part, ...] = ("mx", "addresses", "tlsa", "sts", "policy-host", "tlsrpt", "sender")
#: What leads to the mail hosts; and with it what DANE rests on.
ROUTE: tuple[Part, ...] = ("mx", "addresses")
PATH: tuple[Part, ...] = (*ROUTE, "tlsa")


def lookups(walk: Walk, of: Collection[Part] = ALL) -> Iterator[Lookup]:
    """The lookups that were made `of` these parts; addresses by host, AAAA first."""
    fetch, sender = walk.sts.fetch, walk.sender
    beside: dict[Part, tuple[Lookup | None, ...]] = {
        "sts": (walk.sts.txt,),
        "policy-host": (fetch.v6, fetch.v4) if fetch is not None else (),
        "tlsrpt": (walk.sts.tlsrpt,),
        "sender": (sender.mx, sender.spf),
    }
    made = [*path_lookups(walk.mx, walk.tlsa, of)]
    made += [each for part, found in beside.items() if part in of for each in found if each is not None]
    return (lookup for lookup in made if lookup.found is not Found.NOT_TRIED)


def path_lookups(mx: MxFacts, tlsa: TlsaFacts, of: Collection[Part] = PATH) -> Iterator[Lookup]:
    """Those of the path alone, of a walk that is not complete yet."""
    if "mx" in of:
        yield mx.lookup
    if "addresses" in of:
        yield from (lookup for host in mx.hosts for lookup in host.lookups)
    if "tlsa" in of:
        yield from tlsa.lookups


def lasting(signatures: Iterable[SignatureFact]) -> list[SignatureFact]:
    """Of several signatures over one RRset by one zone the last to end: one that holds is enough (RFC 4035
    section 5.3.1).
    """
    last: dict[tuple[str, str, str], SignatureFact] = {}
    for signature in signatures:
        key = (signature.signer, signature.owner, signature.rdtype)
        if key not in last or signature.expiration > last[key].expiration:
            last[key] = signature
    return list(last.values())
