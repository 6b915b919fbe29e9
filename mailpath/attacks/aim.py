"""Whom an attack is about."""

from __future__ import annotations

import msgspec


class Aim(msgspec.Struct, frozen=True, kw_only=True):
    """What the attacker knows of its victim before it begins, from a look around like everybody's.

    `recipient`: the domain whose mail it wants.  `hosts`: MX host name -> its addresses.  `steer_to`: the
    host that `steer` leaves reachable; None: all of them.
    """

    recipient: str
    hosts: dict[str, tuple[str, ...]] = {}
    steer_to: str | None = None

    def names_of(self, address: str) -> tuple[str, ...]:
        """The MX hosts at `address`, sorted; all of them where the address is none of theirs."""
        there = sorted(name for name, addresses in self.hosts.items() if address in addresses)
        return tuple(there or sorted(self.hosts))

    def unreachable(self, address: str) -> bool:
        """Whether `steer` makes `address` unreachable: it is an MX host's, and not the chosen one's."""
        if self.steer_to is None or address in self.hosts.get(self.steer_to, ()):
            return False
        return any(address in addresses for addresses in self.hosts.values())
