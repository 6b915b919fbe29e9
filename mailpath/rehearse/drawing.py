"""Puts the scenario together."""

from __future__ import annotations

import re

import msgspec
from msgspec.structs import replace

from mailpath.facts import Walk
from mailpath.judge import judge
from mailpath.judge.presets import PRESETS
from mailpath.lab import scenario as files
from mailpath.lab.grammar import Certificate, Server
from mailpath.lab.scenario import Scenario
from mailpath.network.capture import Capture
from mailpath.rehearse import policy
from mailpath.rehearse.certificates import Certificates
from mailpath.rehearse.notes import Notes, absolute
from mailpath.rehearse.records import Line, Shown, lines
from mailpath.rehearse.servers import Drawer
from mailpath.rehearse.zones import Zones

_NOT_IN_AN_ID = re.compile(r"[^a-z0-9]+")


class Drawn(msgspec.Struct, frozen=True):
    """A scenario and, as sentences (visible text), what of the capture is not in it.  `lines`: the records
    that the lines of its zones stand for.
    """

    scenario: Scenario
    notes: tuple[str, ...]
    lines: tuple[Line, ...] = ()


def draw(capture: Capture, found: Walk) -> Drawn:
    """`capture` as a scenario; `found`: the walk that its replay makes."""
    notes, sender = Notes(), files.sender().domain
    skipped = sender if capture.path.sender in (sender, None) else ""
    zones = Zones(capture, found, notes, skipped)
    certificates = Certificates(capture, notes)
    drawer = Drawer(capture, certificates, notes)
    addresses = zones.addresses
    servers = drawer.draw(addresses)
    sts = policy.draw(capture, found, certificates, addresses, notes)
    servers, shown = _label(servers, certificates, capture.path.recipient)
    served = drawer.drawn | {each.request.address for each in capture.https[:1]}
    drawn_lines = lines(zones, shown, served, notes)
    found_lines: dict[str, list[str]] = {}
    for each in drawn_lines:
        found_lines.setdefault(each.zone, []).append(each.line)
    names = {owner for owner, _ in zones.rrsets}
    for zone, line in zones.fillers(names):
        found_lines.setdefault(zone, []).append(line)
    if capture.ground.insecure_zones:
        notes.add(
            capture.path.recipient, "its negative trust anchors belong to a network file, not to a scenario"
        )
    scenario = Scenario(
        id=_id(capture.path.recipient),
        title=f"The path to {capture.path.recipient}",
        teaches="What a walk found, built again in the lab.",
        hint="Change a line, save, and walk again.",
        domain=capture.path.recipient,
        sender=capture.path.sender or sender,
        zone=zones.draw(found_lines),
        server=servers,
        sts=sts,
        fault=zones.faults(),
        expect=_expected(found),
    )
    return Drawn(scenario, notes.sentences, tuple(drawn_lines))


def _expected(found: Walk) -> dict[str, str]:
    """The outcome under every posture, as `[expect]` has it."""
    verdicts = {name: judge(found, posture) for name, posture in PRESETS.items()}
    return {
        name: f"{each.outcome}/retry" if each.after_retry else each.outcome for name, each in verdicts.items()
    }


def _label(
    servers: tuple[Server, ...], certificates: Certificates, domain: str
) -> tuple[tuple[Server, ...], list[Shown]]:
    """Every certificate that servers show, by the name that a zone line has for it; those that are shown to
    some SNI alone get a name of their own."""
    numbers: dict[str, int] = {}
    shown: list[Shown] = []
    labelled: list[Server] = []
    for server in servers:
        number = numbers[server.host] = numbers.get(server.host, 0) + 1
        label = server.host if number == 1 else f"{server.host}#{number}"
        further: dict[str, Certificate] = {}
        for cert in (server.cert, *server.sni.values()):
            if not isinstance(cert, Certificate):
                continue
            path = certificates.paths.get((absolute(server.host, domain), cert), ())
            if cert == server.cert:
                shown += [
                    Shown(label, str(place) if place else "leaf", der) for place, der in enumerate(path)
                ]
            elif path:
                further[f"sni{len(further) + 1}"] = cert
                shown.append(Shown(label, f"sni{len(further)}", path[0]))
        labelled.append(replace(server, tlsacert=further))
    return tuple(labelled), shown


def _id(domain: str) -> str:
    return _NOT_IN_AN_ID.sub("-", domain.removesuffix(".example")).strip("-")[:60].strip("-") or "mine"
