"""DNS answers as dig(1) prints them, with what the validator says behind a semicolon."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailpath.facts import Found, Lookup, Security
from mailpath.findings.words import dotted
from mailpath.visible import visible
from mailpath.wording.times import utc

#: Longest text of one record on a line.
RECORD = 400


def answers(lookups: Iterable[Lookup | None]) -> Iterator[str]:
    """One answer after the other, an empty line before each further name."""
    name = None
    for lookup in lookups:
        if lookup is not None:
            if name not in (None, lookup.name):
                yield ""
            name = lookup.name
            yield from lookup_lines(lookup)


def lookup_lines(lookup: Lookup | None) -> Iterator[str]:
    """One answer: aliases, records or their absence, then a comment on its security."""
    if lookup is None:
        return
    for link in lookup.links:
        yield f"{dotted(link.owner)} IN {link.rdtype} {dotted(link.target)} ; {link.security.value}"
    owner = dotted(lookup.canonical)
    if lookup.found is Found.FOUND:
        ttl = "" if lookup.ttl is None else f" {lookup.ttl}"
        for record in lookup.records:
            yield f"{owner}{ttl} IN {lookup.rdtype} {visible(record, limit=RECORD)}"
    elif lookup.found is Found.ABSENT:
        yield f"{owner} IN {lookup.rdtype} ; none ({visible(lookup.rcode or 'NODATA')})"
    elif lookup.found is Found.NOT_TRIED:
        yield f"{owner} IN {lookup.rdtype} ; not looked up: {visible(lookup.reason or lookup.detail)}"
        return
    else:
        yield f"{owner} IN {lookup.rdtype} ; failed: {visible(lookup.detail or lookup.reason)}"
        return
    yield f"; {security(lookup)}"


def security(lookup: Lookup) -> str:
    """ "secure" or what else, by which signature or why, and what the resolver claims."""
    parts = [lookup.security.value]
    last = max(lookup.signatures, key=lambda signature: signature.expiration, default=None)
    if lookup.security is Security.SECURE and last is not None:
        # The reason would only say once more that the chain of trust holds.
        parts.append(f"RRSIG by {dotted(last.signer)} key {last.tag} until {utc(last.expiration)}")
    elif lookup.reason:
        parts.append(visible(lookup.reason))
    if lookup.wildcard is not None:
        parts.append(f"expanded from {dotted(lookup.wildcard)}")
    if lookup.denial:
        kinds = sorted({each.rdtype for each in lookup.signatures} & {"NSEC", "NSEC3"})
        owners = ", ".join(dotted(owner) for owner in lookup.denial[:4])
        parts.append(f"denied by {' and '.join(kinds) or 'NSEC'} {owners}")
    if lookup.resolver_rcode is not None:
        bit = "" if lookup.resolver_ad is None else ", AD" if lookup.resolver_ad else ", no AD"
        parts.append(f"resolver: {visible(lookup.resolver_rcode)}{bit}")
    return "; ".join(parts)
