"""Was it the recipient's side that failed, or our own: this machine, the resolver it asks, a bound of ours?

A recursive resolver reports trouble with other name servers by an RCODE (RFC 1035 section 4.1.1, RFC 8914).
If it refuses a connection, fails at TLS or sends bytes that are not DNS, the fault lies between this machine
and the resolver.  Silence can be either side's fault; it is the resolver's if it was silent about everything,
the root's keys included.  So can an error; it is the resolver's if unrelated names and the root get the same
one (`SenderFacts.resolver_fails`).

Reasons are clauses without a full stop, raw: they may hold foreign text.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from enum import Enum

from mailpath.assess.lookups import lookups
from mailpath.exchanges import Failure
from mailpath.facts import Found, Lookup, Security, Walk, ZoneFact
from mailpath.wording.phrases import clause

#: RFC 8914 code of a root whose keys nobody sent: not even an RCODE came.
EDE_NETWORK_ERROR = 23
#: Why a policy host was not reached, where that is our own side's doing.
_HERE = (Failure.LOCAL, Failure.BLOCKED)
_UNASKED = "the resolver could not be asked: "


class Fault(Enum):
    """What our own side did to a lookup."""

    UNASKED = "it says nothing about the name, nor about the answer that a mail server here would get"
    FAILING = "the resolver fails all queries for this type"
    UNPROVEN = "there is an answer, but it is unknown whether it is signed"


#: There is no answer on account of our own side.
LOST = (Fault.UNASKED, Fault.FAILING)


def our_fault(walk: Walk, lookup: Lookup | None, of: Collection[Fault] = LOST) -> str:
    """Why this lookup went wrong where one `of` these faults of our own side is the cause; or ""."""
    if lookup is None:
        return ""
    if lookup.found in (Found.FOUND, Found.ABSENT) and lookup.security is not Security.INDETERMINATE:
        return ""  # answered and judged: nothing went wrong, and it is asked hundreds of times
    found = _unasked(walk, lookup)
    if found is None and lookup.refused and lookup.rdtype in walk.sender.resolver_fails:
        found = Fault.FAILING, f"the resolver answers {lookup.rcode} to every {lookup.rdtype} query"
    if found is None and (zone := _unproven(walk, lookup)) is not None:
        asked = "" if zone.failure is Failure.NOT_TRIED else _UNASKED
        found = Fault.UNPROVEN, asked + clause(zone.reason)
    return found[1] if found is not None and found[0] in of else ""


def _unasked(walk: Walk, lookup: Lookup) -> tuple[Fault, str] | None:
    if lookup.refused and lookup.rdtype in walk.sender.resolver_fails and not _answered(walk):
        why = f"the resolver answers {lookup.rcode} to every query, even for unrelated names and the root"
        return Fault.UNASKED, why
    if not lookup.lost and not _silent(walk):
        return None
    why = lookup.detail or lookup.reason or (lookup.failure.value if lookup.failure else "no answer came")
    # A bound of ours on the whole walk has words of its own, and is not the resolver's doing.
    bound = lookup.failure is Failure.NOT_TRIED
    return Fault.UNASKED, clause(why) if bound else _UNASKED + clause(why)


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


def unreached(walk: Walk) -> str:
    """Why the resolver could not be asked, if so for one question or more; or ""."""
    made = [lookup for lookup in lookups(walk) if lookup.failure is not Failure.NOT_TRIED]
    failed = next((why for lookup in made if (why := our_fault(walk, lookup, (Fault.UNASKED,)))), "")
    if failed:
        return failed
    zones = [zone for lookup in made if (zone := _unproven(walk, lookup)) is not None]
    lost = next((zone for zone in zones if zone.failure is not Failure.NOT_TRIED), None)
    return _UNASKED + clause(lost.reason) if lost is not None else ""


def policy_lost(walk: Walk) -> str:
    """Why our own side did not learn whether there is an MTA-STS policy, or what it says; or ""."""
    facts = walk.sts
    why = our_fault(walk, facts.txt)
    fetch = facts.fetch
    if why or fetch is None or facts.policy is not None:
        return why
    if fetch.failure in _HERE:
        return clause(fetch.detail) or "this machine could not connect to the policy host"
    if fetch.chain or fetch.status is not None:
        return ""
    return our_fault(walk, fetch.v4) or our_fault(walk, fetch.v6)


def bounds_reached(walk: Walk) -> tuple[str, ...]:
    """Each bound of ours that cut this walk short, as a clause, each once.

    They say nothing of the recipient: more time, or fewer names, and the walk would have gone on.
    """
    return tuple(dict.fromkeys(_bounds(walk)))


def _bounds(walk: Walk) -> Iterator[str]:
    cut = [lookup.detail for lookup in lookups(walk) if lookup.failure is Failure.NOT_TRIED]
    sessions = (*walk.starttls.sessions, *walk.starttls.enveloped)
    cut += [each.not_tried for each in sessions if each.failure is Failure.NOT_TRIED]
    cut += [each.bound for each in sessions if each.bound]
    if walk.sts.fetch is not None and walk.sts.fetch.failure is Failure.NOT_TRIED:
        cut.append(walk.sts.fetch.detail)
    if cut:
        yield from cut
    elif any(zone.failure is Failure.NOT_TRIED for zone in walk.dnssec.zones):
        yield "this walk could not ask every question that DNSSEC needs"
