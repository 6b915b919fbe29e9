"""Evidence of step 0: what the sender's domain publishes, and whether port 25 is open from here."""

from __future__ import annotations

from collections.abc import Iterator

from mailpath.facts import Found, Walk
from mailpath.report.panels.records import lookup_lines
from mailpath.visible import visible

_PORT25 = {
    Found.FOUND: "Port 25 leaves this machine.",
    Found.BLOCKED: "Port 25 does not leave this machine.",
    Found.NOT_TRIED: "Whether port 25 leaves this machine was not found out.",
}


def lines(walk: Walk) -> Iterator[str]:
    facts = walk.sender
    yield f"EHLO name: {visible(facts.ehlo) or '(none)'}"
    yield f"Resolver: {visible(walk.resolver)}"
    yield _PORT25.get(facts.port25, _PORT25[Found.NOT_TRIED])
    if facts.port25_reason:
        yield f"  {visible(facts.port25_reason)}"
    yield from lookup_lines(facts.mx)
    yield from lookup_lines(facts.spf)
    if facts.provider is not None:
        yield f"Provider, as a guess: {visible(facts.provider)}"
    if facts.proposed is not None:
        yield f"Posture proposed: {visible(facts.proposed)}"
    for ground in facts.grounds:
        yield f"  because {visible(ground)}"
