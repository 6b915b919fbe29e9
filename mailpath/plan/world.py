"""One state of the world, in parts that change one by one, and that senders see one by one.

A sender asks for each RRset on its own, so that its cache may hold an old one beside a new one; a mail host
and a policy file are as they are at that moment.  So a world is parts with values, a change is other values
of some of them, and what a sender meets on the way is any mixture of old values and new ones.  The scenario
that a world makes is what such a sender meets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from mailpath.lab.grammar import Certificate, Server, Zone
from mailpath.lab.scenario import Scenario, ScenarioError
from mailpath.names import is_within
from mailpath.rehearse import Drawn

#: Names that a world's servers have for their certificates, in `tlsacert`.
NOW, NOW_SECOND, NEXT, NEXT_SECOND = "now", "now-second", "next", "next-second"
_REFERENCE = re.compile(r"(\{tlsa \d+ \d+ \d+ [^/{}\s]+)(?:/([a-z0-9/-]+))?((?: as [^}]*)?\})")


class Part(msgspec.Struct, frozen=True, order=True):
    """What changes as one.  `kind`: "rrset" (`name` is its owner), "server" (a host with all its addresses),
    "policy" (the file and its host), "zone" (how it is signed) or "fault" (what name servers fail).
    """

    kind: Literal["rrset", "server", "policy", "zone", "fault"]
    name: str = ""
    rdtype: str = ""


POLICY = Part("policy")
FAULTS = Part("fault")


class Rr(msgspec.Struct, frozen=True):
    """A record: `line` as the lab's zone has it, `text` as the user's has, with its absolute owner."""

    line: str
    text: str
    ttl: int

    @property
    def data(self) -> str:
        """Without owner, TTL, class and type."""
        return self.text.split(None, 4)[4]


def rrset(owner: str, rdtype: str) -> Part:
    """The part that an RRset is; `owner` is absolute, without its last dot."""
    return Part("rrset", owner, rdtype)


def record(owner: str, ttl: int, rdtype: str, data: str, lab: str = "") -> Rr:
    """A new record.  `lab`: what the lab's line says behind the TTL, where that differs."""
    return Rr(f"{owner}. {ttl} {lab or f'{rdtype} {data}'}", f"{owner}. {ttl} IN {rdtype} {data}", ttl)


class World(msgspec.Struct, frozen=True):
    """`base`: a scenario of which everything but the parts is taken.  A part that is not in `parts`, or
    is None there, is not there: no records, no host.
    """

    base: Scenario
    parts: dict[Part, Any]

    def changed(self, changes: Mapping[Part, Any]) -> World:
        """The same with other values."""
        return World(self.base, {**self.parts, **changes})

    def records(self, owner: str, rdtype: str) -> tuple[Rr, ...]:
        """Of one RRset; () where there is none."""
        found: tuple[Rr, ...] = self.parts.get(rrset(owner, rdtype)) or ()
        return found

    def servers(self, host: str) -> tuple[Server, ...]:
        """The tables of one host, one for each of its addresses."""
        found: tuple[Server, ...] = self.parts.get(Part("server", host)) or ()
        return found

    def zone_of(self, owner: str) -> str:
        """The deepest zone above `owner`; "" where none of the zones is."""
        above = [each.name for each in self.parts if each.kind == "zone" and is_within(owner, each.name)]
        return max(above, key=len, default="")

    def zone(self, name: str) -> Zone | None:
        """How a zone is signed, and what else is said of it."""
        found: Zone | None = self.parts.get(Part("zone", name))
        return found

    @property
    def has_second(self) -> bool:
        """Whether some host has two certificates, of which each sender sees one."""
        return any(each.second is not None for each in self._all_servers())

    def scenario(self, *, second: bool = False) -> Scenario:
        """What the lab is to build.  `second`: as senders see it that are shown the second certificate.

        Raises `ScenarioError` where no scenario can say it.
        """
        servers = self._all_servers()
        if second:
            servers = [
                each if each.second is None else replace(each, cert=each.second, second=None)
                for each in servers
            ]
        lines: dict[str, list[str]] = {}
        for part, held in self.parts.items():
            if part.kind == "rrset":
                lines.setdefault(self.zone_of(part.name), []).extend(each.line for each in held or ())
        zones = tuple(
            replace(held, rr=(*held.rr, *lines.get(part.name, ())))
            for part, held in self.parts.items()
            if part.kind == "zone" and held is not None
        )
        try:
            return replace(
                self.base,
                zone=zones,
                server=tuple(servers),
                sts=self.parts.get(POLICY),
                fault=self.parts.get(FAULTS, ()),
                expect={},
            )
        except ValueError as error:
            raise ScenarioError(f"{error}.", file=self.base.id) from error

    def _all_servers(self) -> list[Server]:
        return [each for part, held in self.parts.items() if part.kind == "server" for each in held or ()]


def world_of(drawn: Drawn) -> World:
    """The world that a drawn scenario describes.

    TLSA lines name the certificates of the moment by a name that stays when the server shows others.
    """
    scenario = drawn.scenario
    parts: dict[Part, Any] = {}
    said: dict[str, set[str]] = {}
    for each in drawn.lines:
        made = Rr(_pinned(each.line), each.text, each.ttl)
        part = rrset(each.owner, each.rdtype)
        parts[part] = (*parts.get(part, ()), made)
        said.setdefault(each.zone, set()).add(each.line)
    for zone in scenario.zone:
        name = scenario.absolute(zone.name)
        rest = tuple(line for line in zone.rr if line not in said.get(name, ()))
        parts[Part("zone", name)] = replace(zone, rr=rest)
    for server in scenario.server:
        part = Part("server", scenario.absolute(server.host))
        parts[part] = (*parts.get(part, ()), with_names(server))
    parts[POLICY] = scenario.sts
    parts[FAULTS] = scenario.fault
    return World(replace(scenario, zone=(), server=(), sts=None, fault=(), expect={}), parts)


def with_names(server: Server) -> Server:
    """The certificates that it shows now, by names that TLSA lines use."""
    held = {NOW: server.cert}
    if server.second is not None:
        held[NOW_SECOND] = server.second
    return replace(server, tlsacert={**held, **server.tlsacert})


def _pinned(line: str) -> str:
    """A line about "what the server shows" as one about what it shows now."""

    def name(found: re.Match[str]) -> str:
        head, part, tail = found.groups()
        if part in (None, "leaf"):
            part = NOW
        elif part == "second":
            part = NOW_SECOND
        elif part in ("int", "ta") or part.isdigit():
            part = f"{NOW}/{part}"
        return f"{head}/{part}{tail}"

    return _REFERENCE.sub(name, line)


def certificate(held: Certificate | str) -> Certificate:
    """A preset's name as the certificate that it stands for."""
    return held if isinstance(held, Certificate) else Certificate(preset=held)  # type: ignore[arg-type]


def different(before: World, after: World) -> dict[Part, tuple[Any, Any]]:
    """Part -> (value before, after), of those that differ."""
    every: Iterable[Part] = dict.fromkeys([*before.parts, *after.parts])
    return {
        part: (before.parts.get(part), after.parts.get(part))
        for part in every
        if before.parts.get(part) != after.parts.get(part)
    }
