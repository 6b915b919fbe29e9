"""DNS answers as dig(1) prints them, with what the validator says behind a semicolon."""

from __future__ import annotations

from collections.abc import Iterator

from mailpath.facts import Found, Lookup
from mailpath.visible import visible

#: Longest text of one record on a line.
RECORD = 400


def dotted(name: str) -> str:
    """A name as dig prints it, fully qualified."""
    return "." if name == "." else f"{visible(name)}."


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
        yield f"{owner} IN {lookup.rdtype} ; not asked: {visible(lookup.reason or lookup.detail)}"
        return
    else:
        yield f"{owner} IN {lookup.rdtype} ; failed: {visible(lookup.detail or lookup.reason)}"
        return
    yield f"; {security(lookup)}"


def security(lookup: Lookup) -> str:
    """ "secure" or what else, why, and what the resolver claims."""
    parts = [lookup.security.value]
    if lookup.reason:
        parts.append(visible(lookup.reason))
    if lookup.denial:
        parts.append(f"denied by {', '.join(visible(owner) for owner in lookup.denial[:4])}")
    if lookup.resolver_rcode is not None:
        bit = "" if lookup.resolver_ad is None else ", AD" if lookup.resolver_ad else ", no AD"
        parts.append(f"the resolver says {visible(lookup.resolver_rcode)}{bit}")
    return "; ".join(parts)
