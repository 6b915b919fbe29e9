"""What a zone of the test internet is: records, signer, server, and what is broken afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import dns.zone
from dns.rdtypes.ANY.DNSKEY import DNSKEY

#: Authoritative servers, each a real one at an address of its own.
ROOT_SERVER = "10.53.0.1"
SERVERS = {"nsd": "10.53.0.2", "knotd": "10.53.0.3", "named": "10.53.0.4"}
#: A server that refuses: its zones were never loaded.
NOBODY = SERVERS["nsd"]
#: Recursive resolvers.
UNBOUND = "10.53.0.10"
NAMED = "10.53.0.11"
#: What the certificate of unbound says.
RESOLVER_NAME = "resolver.example"
ADDRESSES = (ROOT_SERVER, *SERVERS.values(), UNBOUND, NAMED)

DAY = 86_400


@dataclass(frozen=True)
class Ds:
    """One DS record, or what somebody made of it."""

    tag: int
    algorithm: int
    digest_type: int
    digest: str

    def __str__(self) -> str:
        return f"{self.tag} {self.algorithm} {self.digest_type} {self.digest}"


#: Breaks a signed zone.
Change = Callable[[dns.zone.Zone], None]
#: What the parent publishes, given the zone's keys with the SEP bit (all keys if none has it).
Delegation = Callable[[str, list[DNSKEY]], list[Ds]]


@dataclass(frozen=True, kw_only=True)
class Zone:
    """One zone.

    `signer`: "bind" (dnssec-signzone), "ldns" (ldns-signzone), "knot" (kzonesign), "online" (knotd signs
    each answer; at most one such zone) or "" (unsigned).  `server`: a key of `SERVERS`, "root" or "nobody".
    `algorithms`: one KSK and one ZSK each.  `denial`: "nsec", "nsec3", "optout".
    `window`: of all signatures, seconds from now.
    `keys`: "split" KSK and ZSK, "single" one with the SEP bit, "plain" one without it, "revoked" a second,
    revoked KSK beside.  `delegation` None: no DS in the parent.
    `host`: the zone's name server; absolute when the zone has no room for its address.
    `secure`, `insecure`, `bogus`: the expected status of "NAME TYPE", comma-separated, relative names.
    `unanswered`: questions to which no answer can be had.
    """

    name: str
    about: str
    body: str = ""
    host: str = "ns"
    signer: str = "bind"
    server: str = "nsd"
    algorithms: tuple[str, ...] = ("ECDSAP256SHA256",)
    bits: int = 2048
    denial: str = "nsec"
    iterations: int = 0
    salt: str = "-"
    window: tuple[int, int] = (-DAY, 7 * DAY)
    keys: str = "split"
    extra_keys: int = 0
    changes: tuple[Change, ...] = ()
    delegation: Delegation | None = None
    secure: str = ""
    insecure: str = ""
    bogus: str = ""
    unanswered: str = ""

    @property
    def origin(self) -> str:
        """With the final dot."""
        return "." if self.name == "." else f"{self.name}."

    def absolute(self, name: str) -> str:
        """`name` of this zone, "@" for the apex, without a final dot; a name with a final dot is absolute."""
        if name.endswith(".") and not name.endswith("\\."):
            return name[:-1] or "."
        if name == "@":
            return self.name
        return name if self.name == "." else f"{name}.{self.name}"

    def expectations(self) -> dict[tuple[str, str], str]:
        """(name, type) to the expected status."""
        texts = {
            "secure": self.secure,
            "insecure": self.insecure,
            "bogus": self.bogus,
            "unanswered": self.unanswered,
        }
        return {
            (self.absolute(name), rdtype): status
            for status, text in texts.items()
            for name, rdtype in (item.split() for item in text.split(",") if item.strip())
        }
