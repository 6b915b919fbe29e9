"""Was it the recipient's DNS that failed, or our own side: this machine, or the resolver it asks?

Of a recursive resolver's troubles with other name servers it tells by an RCODE (RFC 1035 section 4.1.1,
RFC 8914).  A connection that it refuses, a TLS session with it that fails, bytes from it that are no DNS:
all that is between this machine and the resolver.  Silence may be either's; it is the resolver's where
it was silent about everything, the keys of the root included.  So may an error be: it is the resolver's
where unrelated names and the root meet the same one (`SenderFacts.resolver_fails`).

Reasons are clauses without a full stop, raw: they may hold foreign text.
"""

from __future__ import annotations

from collections.abc import Iterator

from mailpath.exchanges import ASKING, Failure
from mailpath.facts.dns import Found, Lookup, Security, ZoneFact
from mailpath.facts.path import Walk

#: RFC 8914 code of a root whose keys nobody sent: not even an RCODE came.
EDE_NETWORK_ERROR = 23
#: Why a policy host was not reached, where that is our own side's doing.
_HERE = (Failure.LOCAL, Failure.BLOCKED)
_UNASKED = "the resolver could not be asked: "


def lookups(walk: Walk) -> Iterator[Lookup]:
    """Every look-up that was made on this walk."""
    fetch = walk.sts.fetch
    made = [walk.mx.lookup, walk.sender.mx, walk.sender.spf, walk.sts.txt, walk.sts.tlsrpt]
    made += [lookup for host in walk.mx.hosts for lookup in host.lookups]
    made += walk.tlsa.lookups
    made += [fetch.v6, fetch.v4] if fetch is not None else []
    return (lookup for lookup in made if lookup is not None and lookup.found is not Found.NOT_TRIED)


def unasked(walk: Walk, lookup: Lookup) -> str:
    """Why this look-up failed, when that says nothing about the name that was asked for, nor of what a mail
    server here would hear; or "".
    """
    if lookup.refused and lookup.rdtype in walk.sender.resolver_fails and not _answered(walk):
        return f"the resolver answers {lookup.rcode} to every query, even for unrelated names and the root"
    if not lookup.lost and not _silent(walk):
        return ""
    why = lookup.detail or lookup.reason or (lookup.failure.value if lookup.failure else "no answer came")
    # A bound of ours on the whole walk has words of its own, and is not the resolver's doing.
    bound = lookup.failure is Failure.NOT_TRIED
    return _plain(why) if bound else _UNASKED + _plain(why.removeprefix(ASKING))


def not_theirs(walk: Walk, lookup: Lookup) -> str:
    """Why this look-up failed, when the fault lies on our own side; or "".

    Besides what could not be asked: a resolver that fails all questions of this type.
    """
    why = unasked(walk, lookup)
    if why or not lookup.refused or lookup.rdtype not in walk.sender.resolver_fails:
        return why
    return f"the resolver answers {lookup.rcode} to every {lookup.rdtype} query"


def unproven(walk: Walk, lookup: Lookup) -> str:
    """Why it was not learnt whether this answer is signed, when that lies on our own side; or ""."""
    zone = _unproven(walk, lookup)
    if zone is None:
        return ""
    return ("" if zone.failure is Failure.NOT_TRIED else _UNASKED) + _plain(zone.reason)


def unreached(walk: Walk) -> str:
    """Why the resolver could not be asked, if so for one question or more; or ""."""
    made = [lookup for lookup in lookups(walk) if lookup.failure is not Failure.NOT_TRIED]
    failed = next((why for lookup in made if (why := unasked(walk, lookup))), "")
    if failed:
        return failed
    zones = [zone for lookup in made if (zone := _unproven(walk, lookup)) is not None]
    lost = next((zone for zone in zones if zone.failure is not Failure.NOT_TRIED), None)
    return _UNASKED + _plain(lost.reason) if lost is not None else ""


def policy_lost(walk: Walk) -> str:
    """Why our own side did not learn whether there is an MTA-STS policy, or what it says; or ""."""
    facts = walk.sts
    why = not_theirs(walk, facts.txt) if facts.txt is not None else ""
    fetch = facts.fetch
    if why or fetch is None or facts.policy is not None:
        return why
    if fetch.failure in _HERE:
        return _plain(fetch.detail) or "this machine could not connect to the policy host"
    if fetch.chain or fetch.status is not None:
        return ""
    made = [lookup for lookup in (fetch.v4, fetch.v6) if lookup is not None]
    return next((why for lookup in made if (why := not_theirs(walk, lookup))), "")


def _unproven(walk: Walk, lookup: Lookup) -> ZoneFact | None:
    """The zone on the way to this answer of which our own side lost the DS or the keys."""
    if lookup.security is not Security.INDETERMINATE or lookup.found not in (Found.FOUND, Found.ABSENT):
        return None
    on_the_way = (zone for zone in walk.dnssec.zones if zone.name in lookup.chain)
    return next((zone for zone in on_the_way if zone.failure not in (None, Failure.TIMEOUT)), None)


def _answered(walk: Walk) -> bool:
    """Some question of this walk was answered."""
    return any(lookup.found in (Found.FOUND, Found.ABSENT) for lookup in lookups(walk))


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


def _plain(sentence: str) -> str:
    """A sentence as a clause."""
    text = sentence.strip().rstrip(".")
    return f"{text[:1].lower()}{text[1:]}" if text[:2] in ("Th", "No") else text
