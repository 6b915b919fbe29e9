"""What senders meet while a learner changes a domain edit by edit: `mailpath.plan` works it out.

A sender's cache holds each RRset on its own, so old records stand beside new ones, and beside servers as they
are now.  Every mixture is a scenario that can be built and walked.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import dns.exception
import dns.name
from msgspec.structs import replace

from mailpath.lab.grammar import Certificate, Server
from mailpath.lab.scenario import Scenario
from mailpath.lessons.worlds import Stage, World, pinned_line
from mailpath.network.capture import Capture
from mailpath.plan.passage import Change, passage
from mailpath.plan.timing import times_of
from mailpath.plan.world import FAULTS, POLICY, Part, Rr, different, rrset
from mailpath.plan.world import World as Parts

#: Of a record that does not say for how long it may be kept: what the lab's zones have.
_TTL = 3600
_CLASSES = ("IN", "CH", "HS")


class _Hosts:
    """Every host of any stage.  `names`: (host, certificate) -> the name by which TLSA lines mean it at every
    stage; `held`: host -> all that its `tlsacert` tables name; `last`: host -> as it was last.
    """

    def __init__(self, stages: Sequence[Stage]) -> None:
        self.names: dict[tuple[str, Certificate | str], str] = {}
        self.held: dict[str, dict[str, Any]] = {}
        self.last: dict[str, Server] = {}
        for stage in stages:
            for host, server in stage.scenario.labelled().items():
                name = self.names.setdefault((host, server.cert), f"shown-{len(self.names)}")
                self.held[host] = {**self.held.get(host, {}), **server.tlsacert, name: server.cert}
                self.last[host] = server


def met_on_the_way(world: World, start: Capture) -> tuple[Scenario, ...]:
    """Every scenario that a sender may have met since `world` was begun, the present one last.

    `start`: a recording of the first stage, whose answers say how long they may be kept.
    """
    stages = world.stages
    hosts = _Hosts(stages)
    parts = [_parts(each.scenario, hosts) for each in stages]
    waits = [after.moment - before.moment for before, after in pairwise(stages[1:])]
    changes = [
        Change({part: new for part, (_, new) in different(before, after).items()}, wait)
        for (before, after), wait in zip(pairwise(parts), [*waits, world.waited - world.since], strict=False)
    ]
    met = passage(parts[0], changes, times_of(start)).met
    found = [parts[0].scenario(), *(each.world.scenario() for each in met), world.scenario]
    return tuple(each for number, each in enumerate(found) if each not in found[:number])


def _parts(scenario: Scenario, hosts: _Hosts) -> Parts:
    """A stage in the parts that change one by one."""
    there = scenario.labelled()
    shown = {host: hosts.names[host, server.cert] for host, server in there.items()}
    parts: dict[Part, Any] = {POLICY: scenario.sts, FAULTS: scenario.fault}
    for zone in scenario.zone:
        rest = []
        for line in zone.rr:
            record = _record(scenario.absolute(zone.name), pinned_line(scenario, line, shown))
            if record is None:
                rest.append(line)
                continue
            part, made = record
            parts[part] = (*parts.get(part, ()), made)
        parts[Part("zone", scenario.absolute(zone.name))] = replace(zone, rr=tuple(rest))
    for host, last in hosts.last.items():
        # One that is gone, or not there yet, answers nobody; old records may still lead to it.
        server = there.get(host) or replace(last, listen="refused")
        part = Part("server", scenario.absolute(server.host))
        parts[part] = (*parts.get(part, ()), replace(server, tlsacert=hosts.held[host]))
    return Parts(replace(scenario, zone=(), server=(), sts=None, fault=(), expect={}), parts)


def _record(zone: str, line: str) -> tuple[Part, Rr] | None:
    """A line of a zone as the record that it is; None for one that cannot be told apart so."""
    owner, _, rest = line.strip().partition(" ")
    try:
        name = dns.name.from_text(owner, dns.name.from_text(f"{zone}.")).to_text(omit_final_dot=True).lower()
    except dns.exception.DNSException:
        return None
    ttl, words = _TTL, rest.split()
    while words and (words[0].isdigit() or words[0].upper() in _CLASSES):
        ttl = int(words[0]) if words[0].isdigit() else ttl
        words = words[1:]
    if line[:1].isspace() or not words:
        return None
    rdtype = "TLSA" if words[0] == "{tlsa" else words[0].upper()
    absolute = f"{name}. {rest}"
    return rrset(name, rdtype), Rr(absolute, absolute, ttl)
