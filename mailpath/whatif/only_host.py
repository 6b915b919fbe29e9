"""One MX host by itself: the walk as if the domain had no other.  Pure."""

from __future__ import annotations

from msgspec.structs import replace

from mailpath.facts import Walk
from mailpath.steps.dnssec import gather
from mailpath.steps.registry import results


def only_host(walk: Walk, name: str) -> Walk:
    """What is known of the host `name` and of the domain; the steps' lines are told anew from that."""
    only = restricted(walk, name)
    only = replace(only, dnssec=gather(only.mx, only.tlsa, walk.dnssec.zones))
    return replace(only, steps=results(only))


def restricted(walk: Walk, name: str) -> Walk:
    """`walk` with the facts of one host only, and its lines as they were."""
    hosts = tuple(host for host in walk.mx.hosts if host.name == name)
    there = {address for host in hosts for address in host.addresses}
    sessions = tuple(session for session in walk.starttls.sessions if session.address in there)
    return replace(
        walk,
        mx=replace(walk.mx, hosts=hosts),
        tlsa=replace(walk.tlsa, hosts=tuple(each for each in walk.tlsa.hosts if each.host == name)),
        starttls=replace(walk.starttls, sessions=sessions),
    )
