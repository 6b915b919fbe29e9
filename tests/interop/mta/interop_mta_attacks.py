"""A sending machine with a man in the middle: a namespace per attack, and the lab beyond the attacker."""

from __future__ import annotations

import contextlib
import json
import signal
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import interop_mta_postfix as postfix
import trustme
from interop_mta_internet import (
    ADDRESSES,
    HERE,
    LAB_DNS,
    Grounds,
    start_policy_daemon,
    start_resolver,
    taken_in,
)
from interop_mta_model import Attempt, Taken
from interop_namespace import Namespace, namespace
from interop_tools import run, tool, wait_until

from mailpath.attacks import attacker
from mailpath.attacks.catalogue import ATTACKS as CATALOGUE
from mailpath.attacks.record import Victim
from mailpath.network import endpoints, settings

#: The attacks, and those of their combinations that do what no part does alone.
ATTACKS = (
    *CATALOGUE,
    "deny-tlsa+mitm-self-signed",
    "block-policy+mitm-misissued",
    "steer+strip-starttls",
)
SCENARIOS = (
    "plaintext",
    "opportunistic",
    "pkix-good",
    "dane-good",
    "dane-stale",
    "dane-ta",
    "signed-no-tlsa",
    "half-dane",
    "sts-enforce",
    "dane-good-sts-bad",
    "two-mx-weak",
    "dual-stack",
    "full-protection",
)
NETNS = Path("/run/netns")
#: What the attacker's own server is called where it took mail.
BY_ATTACKER = "attacker"


@dataclass(frozen=True)
class Victims:
    """Whom the attacks are about: scenario id -> what everybody can look up of it."""

    by_scenario: Mapping[str, Victim]

    def steer_to(self, scenario: str) -> str:
        """The host that `steer` leaves reachable: the least preferred one."""
        return list(self.by_scenario[scenario].hosts)[-1]

    def unreachable(self) -> list[str]:
        """The addresses of all the others."""
        return [
            address
            for scenario, victim in self.by_scenario.items()
            for host, addresses in victim.hosts.items()
            if host != self.steer_to(scenario)
            for address in addresses
        ]


class Certificates:
    """What the attacker can show, as PEM files in `folder`; `trusted`: all roots."""

    def __init__(self, folder: Path, ca_file: Path, victims: Victims) -> None:
        folder.mkdir()
        authority = trustme.CA(organization_name="An authority that helps the attacker")
        self.trusted = folder / "trusted.pem"
        self.trusted.write_bytes(ca_file.read_bytes() + authority.cert_pem.bytes())
        self._own = folder / "own.pem"
        self._misissued = folder / "misissued.pem"
        self._self_signed = folder / "self-signed.pem"
        names = [host for victim in victims.by_scenario.values() for host in victim.hosts]
        for file, named in ((self._own, [attacker.HOST]), (self._misissued, [attacker.HOST, *names])):
            authority.issue_cert(*named).private_key_and_cert_chain_pem.write_to_path(str(file))
        key = folder / "self-signed.key"
        request = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9", "-subj", "/CN=nobody")
        run("openssl", *request, "-keyout", key, "-out", self._self_signed)
        self._self_signed.write_bytes(key.read_bytes() + self._self_signed.read_bytes())

    def shown(self, attacks: list[str]) -> Path:
        if "mitm-self-signed" in attacks:
            return self._self_signed
        return self._misissued if "mitm-misissued" in attacks else self._own


class Attacked:
    """A sender under `attack`."""

    def __init__(self, space: Namespace, home: Path, attack: str, clients: tuple[str, ...]) -> None:
        self._space = space
        self._home = home
        self.attack = attack
        self._clients = clients

    def start(self, grounds: Grounds, victims: Victims, certificates: Certificates) -> None:
        names = self.attack.split("+")
        dial = settings.load(grounds.network_file).dial
        ends = [endpoints.split(published) for published in dial]
        plan = {
            "attacks": names,
            "poses": any(CATALOGUE[name].certificate for name in names),
            "netns": str(NETNS / grounds.space.name),
            "dns": LAB_DNS,
            "smtp": [address for address, port in ends if port == 25],
            "https": [address for address, port in ends if port == 443],
            "domains": [victim.recipient for victim in victims.by_scenario.values()],
            "hosts": [host for victim in victims.by_scenario.values() for host in victim.hosts],
            "unreachable": victims.unreachable() if "steer" in names else [],
            "own_host": attacker.HOST,
            "own_address": attacker.ADDRESS,
            "certificate": str(certificates.shown(names)),
        }
        file = self._home / "plan.json"
        file.write_text(json.dumps(plan))
        script = HERE / "interop_mta_attacker.py"
        log = self._home / "attacker.log"
        self._process = self._space.spawn(tool("env"), sys.executable, script, file, log=log)
        wait_until((self._home / "ready").exists, 20, f"{self.attack} to begin", self._space.logs)
        # The one zone of the attacker's own; that it is delegated without DNSSEC is taken as given.
        insecure = (f'domain-insecure: "{attacker.ZONE}"', 'local-zone: "invalid." nodefault')
        start_resolver(self._space, self._home, grounds.anchor, *insecure)
        start_policy_daemon(self._space, self._home, certificates.trusted)
        home = self._home / "postfix"
        self.postfix = postfix.Postfix(self._space, home, certificates.trusted, self._clients)

    def recipient(self, posture: str, domain: str) -> str:
        return f"{posture}+{self.attack}@{domain}"

    def taken(self) -> dict[str, Taken]:
        """The mail that the attacker took itself."""
        told = self._home / "taken.json"
        self._process.send_signal(signal.SIGUSR1)
        wait_until(told.exists, 20, f"{self.attack} to tell what it took", self._space.logs)
        return taken_in(told)


@contextlib.contextmanager
def under_attack(grounds: Grounds, victims: Victims, clients: tuple[str, ...]) -> Iterator[list[Attacked]]:
    """A sender under each attack, all up at once."""
    certificates = Certificates(grounds.folder / "attacker", grounds.ca_file, victims)
    with contextlib.ExitStack() as stack:
        spaces = {attack: stack.enter_context(namespace(ADDRESSES, grounds.etc)) for attack in ATTACKS}
        for space in spaces.values():
            # Called before any namespace is closed: all end at once, and not one after the other.
            stack.callback(space.terminate)
        senders = []
        for attack, space in spaces.items():
            home = grounds.folder / attack
            home.mkdir()
            senders.append(Attacked(space, home, attack, clients))
            senders[-1].start(grounds, victims, certificates)
        yield senders


def deliver(
    grounds: Grounds, victims: Victims, clients: tuple[str, ...]
) -> tuple[dict[str, list[Attempt]], dict[str, Taken]]:
    """One message per attack, posture and scenario: what was logged, and who took it, by recipient."""
    attempts: dict[str, list[Attempt]] = {}
    taken: dict[str, Taken] = {}
    with under_attack(grounds, victims, clients) as senders:
        for sender in senders:
            sender.postfix.submit(
                [
                    sender.recipient(posture, victim.recipient)
                    for victim in victims.by_scenario.values()
                    for posture in clients
                ]
            )
        for sender in senders:
            sender.postfix.retry()
        for sender in senders:
            attempts |= sender.postfix.finished()
            taken |= sender.taken()
    return attempts, grounds.taken() | taken
