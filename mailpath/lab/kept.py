"""What a running lab keeps when its world changes: authorities, keys of zones, addresses, its log, its pace.

A resolver that holds a zone's DNSKEY records must be able to check what the zone signs after the change, and
a host that stays must stay where it is.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, field

import dns.name
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from mailpath.lab.ca import Authority
from mailpath.lab.scenario import ScenarioError
from mailpath.lab.seen import Log

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey

_FIRST = 10  # hosts below .10 are the lab's own
_NETWORKS = {
    "mail servers": ("192.0.2.0/24", "198.51.100.0/24"),
    "policy hosts": ("203.0.113.0/24",),
    "IPv6 addresses": ("2001:db8::/120",),
}


@dataclass
class Kept:
    """`keys`: (zone, algorithm) -> its private key.  `pace`: TTLs and max_age are divided by it."""

    authority: Authority
    pace: int = 1
    log: Log = field(default_factory=Log)
    keys: dict[tuple[dns.name.Name, str], PrivateKey] = field(default_factory=dict)
    _given: dict[tuple[str, str], str] = field(default_factory=dict)
    _free: dict[str, Iterator[str]] = field(default_factory=dict)

    def address(self, what: str, of: str) -> str:
        """The address of host `of`, the same each time; `what`: which kind of host.

        Raises `ScenarioError` where none is left.
        """
        if (what, of) not in self._given:
            free = self._free.setdefault(what, _allot(what))
            self._given[what, of] = next(free)
        return self._given[what, of]

    def paced(self, seconds: int) -> int:
        """A TTL or a max_age at this lab's pace: what is above 0 stays so."""
        return max(1, round(seconds / self.pace)) if seconds else 0


def _allot(what: str) -> Iterator[str]:
    for network in _NETWORKS[what]:
        for index, address in enumerate(ipaddress.ip_network(network)):
            if _FIRST <= index < 255:
                yield str(address)
    raise ScenarioError(f"The lab has no more room for {what}: load fewer scenarios.")
