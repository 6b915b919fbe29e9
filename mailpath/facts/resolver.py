"""Was it the recipient's DNS that failed, or the way to our own resolver?

Of a recursive resolver's troubles with other name servers it tells by an RCODE (RFC 1035 section 4.1.1,
RFC 8914).  A connection that it refuses, a TLS session with it that fails, bytes from it that are no DNS:
all that is between this machine and the resolver.  Silence may be either's; it is the resolver's where
it was silent about everything, the keys of the root included.
"""

from __future__ import annotations

from collections.abc import Iterator

from mailpath.exchanges import ASKING, Failure
from mailpath.facts.dns import Found, Lookup, Security
from mailpath.facts.path import Walk

#: RFC 8914 code of a root whose keys nobody sent: not even an RCODE came.
EDE_NETWORK_ERROR = 23


def lookups(walk: Walk) -> Iterator[Lookup]:
    """Every look-up that was made on this walk."""
    fetch = walk.sts.fetch
    made = [walk.mx.lookup, walk.sender.mx, walk.sender.spf, walk.sts.txt, walk.sts.tlsrpt]
    made += [lookup for host in walk.mx.hosts for lookup in (host.v6, host.v4)]
    made += [candidate.lookup for host in walk.tlsa.hosts for candidate in host.candidates]
    made += [fetch.v6, fetch.v4] if fetch is not None else []
    return (lookup for lookup in made if lookup is not None and lookup.found is not Found.NOT_TRIED)


def unasked(walk: Walk, lookup: Lookup) -> str:
    """Why this look-up failed, when that says nothing about the name that was asked for; or "".

    The end of a sentence, raw: it may hold foreign text.
    """
    broke = lookup.found is Found.FAILED and lookup.failure not in (None, Failure.TIMEOUT)
    if lookup.found is not Found.BLOCKED and not broke and not _silent(walk):
        return ""
    why = lookup.detail or lookup.reason or (lookup.failure.value if lookup.failure else "no answer came")
    return why.removeprefix(ASKING).strip().rstrip(".")


def unreached(walk: Walk) -> str:
    """Why the resolver could not be asked, if so for one look-up or more; or "".  Raw, as above."""
    made = (lookup for lookup in lookups(walk) if lookup.failure is not Failure.NOT_TRIED)
    return next((why for lookup in made if (why := unasked(walk, lookup))), "")


def _silent(walk: Walk) -> bool:
    """No question of this walk got any answer."""
    root = next((zone for zone in walk.dnssec.zones if zone.name == "."), None)
    if root is not None and (root.status is not Security.INDETERMINATE or root.ede != EDE_NETWORK_ERROR):
        return False
    made = list(lookups(walk))
    return bool(made) and all(
        lookup.found is Found.FAILED and lookup.failure is not None and lookup.rcode is None
        for lookup in made
    )
