"""Walks of one recording again: under an attack, or as of another time.  No packet is sent."""

from __future__ import annotations

from collections.abc import Hashable

import msgspec

from mailpath.attacks.catalogue import parse
from mailpath.attacks.network import AttackedNetwork
from mailpath.attacks.record import Victim
from mailpath.dnssec import Zones
from mailpath.exchanges import HttpsRequest, Request, SmtpRequest
from mailpath.facts import Path, StepResult, StsPolicy, Walk
from mailpath.judge import Posture
from mailpath.judge.message_options import MessageOptions
from mailpath.network.capture import Capture
from mailpath.network.protocol import Network
from mailpath.network.recording import Recording
from mailpath.network.replay import Replay
from mailpath.steps.registry import step_asking
from mailpath.visible import visible
from mailpath.walk import walk
from mailpath.whatif.judged import Judged


class Rewalk(msgspec.Struct, frozen=True, kw_only=True):
    """`tampered`: the exchanges that the attacker changed or made up; none without an attack."""

    walk: Walk
    tampered: frozenset[Request] = frozenset()

    @property
    def marks(self) -> dict[str, tuple[str, ...]]:
        """Step id -> names and addresses whose exchanges were tampered with, sorted (visible text)."""
        found: dict[str, set[str]] = {}
        for request in self.tampered:
            step, subject = _mark(request)
            found.setdefault(step, set()).add(visible(subject))
        return {step: tuple(sorted(subjects)) for step, subjects in sorted(found.items())}


def _mark(request: Request) -> tuple[str, str]:
    """The step that an exchange belongs to, and what it was about."""
    if isinstance(request, SmtpRequest):
        return step_asking("SMTP"), request.address
    if isinstance(request, HttpsRequest):
        return step_asking("HTTPS"), request.url
    return step_asking(request.rdtype), f"{request.name} {request.rdtype}"


def changed(before: Walk, after: Walk) -> tuple[tuple[StepResult, StepResult], ...]:
    """The steps of which an attack (or time) changed the status or the word: before and after, in packet
    order.  The sentences may differ without that: they tell days that are left.
    """
    return tuple(
        (one, other)
        for one, other in zip(before.steps, after.steps, strict=True)
        if (one.status, one.word) != (other.status, other.word)
    )


class Rewalks:
    """Every way of walking one path again; each is walked once and remembered.  `judged`: what postures make
    of them.

    `source`: a capture, or any network (then each exchange is held once and replayed from memory).  `path`
    and `at` (Unix time) default to the capture's own; a network needs a `path`.  Walking raises
    `BadAnchor` when the recording's trust anchor cannot be read.
    """

    def __init__(self, source: Capture | Network, path: Path | None = None, at: int | None = None) -> None:
        if isinstance(source, Capture):
            self._network: Network = Replay(source)
            path = path or source.path
        else:
            self._network = Recording(source)
        if path is None:
            raise TypeError("A network alone does not say which path to walk.")
        self.path = path
        self.made = self._network.ground.made
        self.at = self.made if at is None else at
        self._walked: dict[Hashable, Rewalk] = {}
        self.judged = Judged()
        self._zones = Zones()  # what no attacker touches is validated once

    async def untampered(self, at: int | None = None) -> Walk:
        """The walk without an attack, as of `at`."""
        moment = self.at if at is None else at
        if moment not in self._walked:
            self._walked[moment] = Rewalk(walk=await walk(self.path, self._network, moment))
        return self._walked[moment].walk

    async def under(self, attack: str, steer_to: str | None = None) -> Rewalk:
        """The walk under `attack` ("a" or "a+b"); `steer_to`: the host that `steer` leaves reachable.

        Raises `UnknownAttack`.
        """
        attacks = parse(attack)
        host = steer_to if any(each.isolates for each in attacks) else None
        key = (frozenset(each.name for each in attacks), host)
        if key not in self._walked:
            victim = find_victim(await self.untampered(), host)
            network = AttackedNetwork(self._network, attack, self.at, victim)
            found = await walk(self.path, network, self.at, zones=self._zones)
            self._walked[key] = Rewalk(walk=found, tampered=network.tampered)
        return self._walked[key]

    async def met(self) -> Walk:
        """The walk on which the sender met the domain, if it did: as of the recording's own time."""
        return await self.untampered(min(self.made, self.at))

    async def cached_policy(self, posture: Posture) -> StsPolicy | None:
        """The MTA-STS policy that this sender has at `at` if it delivered when the recording was made."""
        met = await self.met()
        return MessageOptions(policy_age=self.at - met.at).cached(met, posture)


def find_victim(seen: Walk, steer_to: str | None = None) -> Victim:
    """What an attacker learns from the walk `seen`: everybody can look at DNS."""
    hosts = {host.name: host.addresses for host in seen.mx.hosts if host.form == "name"}
    return Victim(recipient=seen.path.recipient, hosts=hosts, steer_to=steer_to)
