"""Where a mail goes: the MX hosts and their addresses, in the order a sender tries them.

RFC 5321 section 5.1 and RFC 7505; Postfix's smtp_addr.c, Exim's host.c.  A look-up that failed is never
an absence: the mail waits, unless another host can take it.  A soft error at one host makes the failure of
all of them soft.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from mailpath.facts import Found, Lookup, MxFacts, MxHost, MxKind
from mailpath.judge.events import Event
from mailpath.judge.habits import NullMx, OwnHost, Refusal, Undeliverable
from mailpath.judge.posture import Posture
from mailpath.match.hosts import is_host_name, is_localhost, is_loopback


class Answer(Enum):
    """What a look-up is to the mail server."""

    FOUND = "found"
    ABSENT = "absent"
    ERROR = "error"


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One address of one host, or a host that has none (`address` None, `event` says why).

    `lookup`: the address look-up that found it; None for an address literal.
    """

    host: MxHost
    address: str | None = None
    lookup: Lookup | None = None
    event: Event | None = None
    rrtype: str = ""


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """`targets` in the order tried.  `event`: why there is no address at all; `permanent`: then bounced."""

    targets: tuple[Target, ...] = ()
    event: Event | None = None
    permanent: bool = False


def answer(lookup: Lookup | None, posture: Posture) -> Answer:
    """`lookup` as the posture's resolver hands it out: a validating one says SERVFAIL for a bogus answer and
    for a denial without a proof, and this one perhaps for what was had from it only by asking it
    not to validate.
    """
    if lookup is None:
        return Answer.ABSENT
    if lookup.found not in (Found.FOUND, Found.ABSENT):
        return Answer.ERROR
    if lookup.broken and posture.validating_resolver:
        return Answer.ERROR
    if lookup.withheld and posture.agent.resolves_here:
        return Answer.ERROR
    return Answer.FOUND if lookup.found is Found.FOUND else Answer.ABSENT


def destination(mx: MxFacts, posture: Posture) -> Destination:
    """The hosts and addresses to try, or why there are none."""
    found = answer(mx.lookup, posture)
    if found is Answer.ERROR:
        return Destination(event=Event.MX_FAILED)
    if found is Answer.ABSENT and mx.kind is MxKind.FAILED:
        # What the walk does not believe, this sender does.
        mx = msgspec.structs.replace(mx, kind=MxKind.IMPLICIT if mx.hosts else MxKind.NONE)
    agent = posture.agent
    if mx.kind is MxKind.NULL and agent.null_mx_alone is NullMx.IGNORE:
        return Destination(event=Event.NULL_MX, permanent=_bounces(agent.hosts_missing))
    if mx.kind is MxKind.NULL:
        return Destination(event=Event.NULL_MX, permanent=agent.null_mx_alone is NullMx.BOUNCE)
    if mx.null_beside and agent.null_mx_beside is Refusal.BOUNCE:
        return Destination(event=Event.NULL_MX, permanent=True)
    if mx.kind is MxKind.NONE and mx.lookup.rcode == "NXDOMAIN":
        return Destination(event=Event.NO_SUCH_DOMAIN, permanent=_bounces(agent.domain_missing))
    if mx.kind is MxKind.NONE:
        return Destination(event=Event.NO_ADDRESS, permanent=_bounces(agent.address_missing))
    hosts = _listed(mx, posture)
    others = _before_itself(hosts, posture)
    if hosts and not others:
        return Destination(event=Event.LOOPS_BACK, permanent=True)
    targets = [target for host in others for target in _targets(host, posture)]
    whole = _of_all(mx, targets, posture)
    if whole is not None:
        return whole
    if any(target.address is not None for target in targets):
        return Destination(targets=_limited(targets, posture))
    return _nowhere(mx, targets, posture)


def _bounces(undeliverable: Undeliverable) -> bool:
    return undeliverable is Undeliverable.BOUNCE


def _before_itself(hosts: list[MxHost], posture: Posture) -> list[MxHost]:
    """The hosts that stand before the sender itself: all, where it is none of them (RFC 5321 section 5.1)."""
    own = next((host for host in hosts if _is_itself(host, posture.agent.own_host)), None)
    return hosts if own is None else [host for host in hosts if host.preference < own.preference]


def _is_itself(host: MxHost, known: OwnHost) -> bool:
    if known is OwnHost.NONE:
        return False
    if is_localhost(host.name):
        return True
    return known is OwnHost.BY_ADDRESS and any(is_loopback(address) for address in host.addresses)


def _of_all(mx: MxFacts, targets: list[Target], posture: Posture) -> Destination | None:
    """What one host that does not resolve makes of all of them, where it does."""
    unresolved = tuple(target for target in targets if target.address is None)
    does = posture.agent.unresolved_host
    if does not in (Refusal.BOUNCE, Refusal.DEFER):
        return None
    if all(target.event is Event.HOST_FAILED for target in unresolved):
        return None
    event = Event.NO_ADDRESS if mx.kind is MxKind.IMPLICIT else Event.NO_HOST_FOUND
    return Destination(targets=unresolved, event=event, permanent=does is Refusal.BOUNCE)


def _nowhere(mx: MxFacts, targets: list[Target], posture: Posture) -> Destination:
    """No host has an address: temporary if an error is among the reasons."""
    agent = posture.agent
    if not targets:
        return Destination(event=Event.MX_INVALID, permanent=_bounces(agent.hosts_missing))
    soft = any(target.event is Event.HOST_FAILED for target in targets)
    if mx.kind is MxKind.IMPLICIT:
        if soft:
            return Destination(targets=tuple(targets), event=Event.SOME_HOST_FAILED)
        return Destination(event=Event.NO_ADDRESS, permanent=_bounces(agent.address_missing))
    event = Event.SOME_HOST_FAILED if soft else Event.NO_HOST_FOUND
    permanent = not soft and _bounces(agent.hosts_missing)
    return Destination(targets=tuple(targets), event=event, permanent=permanent)


def _listed(mx: MxFacts, posture: Posture) -> list[MxHost]:
    """The hosts by preference; one that is listed twice stands twice where the sender keeps duplicates."""
    hosts = [
        host
        for host in mx.hosts
        if host.form == "ip-literal" or is_host_name(host.name, posture.agent.host_names)
    ]
    if not posture.agent.retry_duplicate_mx:
        return hosts
    entries = [(preference, host) for host in hosts for preference in (host.preference, *host.also_at)]
    return [host for _, host in sorted(entries, key=lambda entry: (entry[0], entry[1].name))]


def _targets(host: MxHost, posture: Posture) -> list[Target]:
    if host.form == "ip-literal":
        if not posture.agent.ip_literal_mx:
            return [Target(host=host, event=Event.HOST_IS_LITERAL)]
        return [Target(host=host, address=address) for address in host.addresses[:1]]
    if posture.agent.check_cname_syntax and not _aliases_name_hosts(host, posture):
        return [Target(host=host, event=Event.HOST_INVALID)]
    v6, v4 = _families(host, posture)
    failed = [lookup for lookup, state in ((host.v6, v6), (host.v4, v4)) if lookup and state is Answer.ERROR]
    unlearnt = [lookup for lookup in failed if lookup.lost]
    usable = []
    for address in host.addresses:
        lookup, state = (host.v6, v6) if ":" in address else (host.v4, v4)
        if state is Answer.FOUND:
            usable.append(Target(host=host, address=address, lookup=lookup))
    if usable:
        # An IPv6 address that our own side did not learn would be tried first, an IPv4 address last.
        lost = [_unresolved(host, lookup) for lookup in unlearnt]
        return usable + lost if host.v4 in unlearnt else lost + usable
    if failed:
        return [_unresolved(host, (unlearnt or failed)[0])]
    missing = any(lookup.rcode == "NXDOMAIN" for lookup in host.lookups)
    return [Target(host=host, event=Event.HOST_NOT_FOUND if missing else Event.HOST_WITHOUT_ADDRESS)]


def _families(host: MxHost, posture: Posture) -> tuple[Answer, Answer]:
    """What the lookups of its IPv6 and IPv4 addresses are to this sender."""
    v6, v4 = answer(host.v6, posture), answer(host.v4, posture)
    if not posture.ipv6:
        return Answer.ABSENT, v4
    # What our own side did not learn may have been an address.
    lost = any(lookup.lost for lookup in host.lookups)
    if posture.agent.one_family_answers and {v6, v4} == {Answer.ERROR, Answer.ABSENT} and not lost:
        return Answer.ABSENT, Answer.ABSENT
    return v6, v4


def _unresolved(host: MxHost, failed: Lookup) -> Target:
    return Target(host=host, event=Event.HOST_FAILED, rrtype=failed.rdtype)


def _aliases_name_hosts(host: MxHost, posture: Posture) -> bool:
    links = [link for lookup in host.lookups for link in lookup.links]
    return all(is_host_name(link.target, posture.agent.host_names) for link in links)


def _limited(targets: list[Target], posture: Posture) -> tuple[Target, ...]:
    """No more addresses than the sender tries in one attempt; hosts without any stay where they stand."""
    limit = posture.address_limit
    if not limit:
        return tuple(targets)
    if posture.agent.balance_families:
        targets = _balanced(targets, limit)
    kept: list[Target] = []
    tried = position = 0
    while position < len(targets) and (tried < limit or targets[position].address is None):
        target = targets[position]
        kept.append(target)
        position += 1
        if target.address is None:
            continue
        tried += 1
        if tried == limit and posture.agent.try_each_preference_once:
            worse = _worse(targets, position, target.host.preference)
            if worse is not None:
                position, tried = worse, tried - 1
    return tuple(kept)


def _worse(targets: list[Target], start: int, preference: int) -> int | None:
    """Where the next host of another preference stands."""
    return next((i for i in range(start, len(targets)) if targets[i].host.preference != preference), None)


def _balanced(targets: list[Target], limit: int) -> list[Target]:
    """smtp_balance_inet_protocols: neither family takes more than half while the other needs it."""
    v6 = sum(":" in target.address for target in targets if target.address is not None)
    v4 = sum(":" not in target.address for target in targets if target.address is not None)
    if not v6 or not v4 or v6 + v4 <= limit:
        return targets
    room = {True: max(limit - limit // 2, limit - v4), False: max(limit // 2, limit - v6)}
    kept = []
    for target in targets:
        if target.address is not None:
            family = ":" in target.address
            if not room[family]:
                continue
            room[family] -= 1
        kept.append(target)
    return kept
