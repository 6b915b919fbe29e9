"""Zones as chance makes them, sound and spoilt, and questions about them: the same for the same seed."""

from __future__ import annotations

from random import Random

import interop_delegations as delegations
import interop_surgery as surgery
from interop_model import Change, Delegation, Zone

#: Leaves of a zone, in random selection; "{other}" is the name of some zone.
_LEAVES = (
    "mail A 192.0.2.25",
    "mail AAAA 2001:db8::25",
    "x.ent TXT deep",
    "deep.er.ent A 192.0.2.3",
    "* A 192.0.2.99",
    "*.v.w A 192.0.2.98",
    "exact.w TXT exact",
    "_25._tcp.mail TLSA 3 1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
    "*._tcp.mail TLSA 2 1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
    "al CNAME www",
    "far CNAME www.{other}.",
    "lost CNAME nope.{other}.",
    "*.star CNAME www.{other}.",
    "near CNAME x.w.{other}.",
    "d DNAME w.{other}.",
    "home DNAME w",
)
_ALWAYS = ("@ MX 10 mail", "www A 192.0.2.80", "*.w TXT any")
_ALGORITHMS = ("ECDSAP256SHA256", "ED25519", "RSASHA256", "ECDSAP384SHA384")
_DELEGATIONS: tuple[Delegation | None, ...] = (
    None,
    delegations.digests(1),
    delegations.digests(1, 2, 4),
    delegations.wrong_digest,
    delegations.wrong_key,
    delegations.one_good,
    delegations.unknown_digest,
    delegations.unknown_digest_beside_good,
    delegations.unknown_algorithm_beside_good,
    delegations.unknown_both,
)
_NAMES = (
    *("@", "www", "mail", "ent", "er.ent", "x.ent", "nope", "a.b.nope", "zz", "ns", "x.ns", "below.www"),
    *("w", "x.w", "y.x.w", "x.v.w", "exact.w", "x.star", "y.x.star", "al", "far", "lost", "near"),
    *(
        "_25._tcp.www",
        "_25._tcp.mail",
        "_26._tcp.mail",
        "_smtp._tls",
        "d",
        "x.d",
        "exact.d",
        "home",
        "q.home",
    ),
)
_TYPES = ("A", "A", "AAAA", "MX", "TXT", "TXT", "TLSA", "DS", "NS", "SOA", "DNSKEY", "CNAME")


def zones(seed: int, count: int = 24) -> tuple[Zone, ...]:
    """The root, a signed top-level domain, and `count` zones in and below it."""
    chance = Random(seed)
    names = ["example"]
    for number in range(count):
        above = chance.choice([name for name in names if name.count(".") < 3])
        names.append(f"r{number}.{above}")
    top = (
        Zone(name=".", about="the root", server="root"),
        _zone(chance, "example", names, spoilt=False),
    )
    return (*top, *(_zone(chance, name, names, spoilt=True) for name in names[1:]))


def questions(seed: int, made: tuple[Zone, ...], count: int) -> list[tuple[str, str]]:
    """`count` questions about `made`, none twice, in and between the zones.

    None for the CNAME below a DNAME: named and we prove it by the DNAME, unbound does not.
    """
    chance = Random(seed)
    asked: dict[tuple[str, str], None] = {}
    while len(asked) < count:
        zone, name, rdtype = chance.choice(made[1:]), chance.choice(_NAMES), chance.choice(_TYPES)
        if not (rdtype == "CNAME" and name.endswith((".d", ".home"))):
            asked[(zone.absolute(name), rdtype)] = None
    return list(asked)


def _zone(chance: Random, name: str, names: list[str], *, spoilt: bool) -> Zone:
    leaves = [leaf for leaf in _LEAVES if chance.random() < 0.6]
    body = "\n".join([*_ALWAYS, *(leaf.format(other=chance.choice(names)) for leaf in leaves)])
    if spoilt and chance.random() < 0.15:
        return Zone(name=name, about="unsigned", signer="", body=body, server=chance.choice(("nsd", "named")))
    denial = chance.choice(("nsec", "nsec", "nsec3", "nsec3", "optout"))
    delegation: Delegation | None = delegations.GOOD
    if spoilt and chance.random() < 0.25:
        delegation = chance.choice(_DELEGATIONS)
    changes: tuple[Change, ...] = ()
    iterations = 0 if denial == "nsec" or not spoilt else chance.choice((0, 0, 0, 7, 150, 151))
    if spoilt and iterations <= 150 and chance.random() < 0.35:
        # Above that nothing absent can be proven, and what a bad signature is worth then all see differently.
        changes = (_change(chance, denial),)
    return Zone(
        name=name,
        about="as chance made it",
        body=body,
        signer="ldns" if iterations > 150 else "bind",  # BIND makes no such zones
        server=chance.choice(("nsd", "named", "knotd")),
        algorithms=(chance.choice(_ALGORITHMS),),
        denial=denial,
        iterations=iterations,
        salt="-" if denial == "nsec" else chance.choice(("-", "aabb")),
        keys=chance.choice(("split", "split", "single")),
        delegation=delegation,
        changes=changes,
    )


def _change(chance: Random, denial: str) -> Change:
    """Something that goes wrong in a zone that has what every zone here has."""
    proofs = "NSEC" if denial == "nsec" else "NSEC3"
    some = chance.choice((("www", "A"), ("@", "MX"), ("*.w", "TXT"), ("@", "SOA"), ("@", "DNSKEY")))
    return chance.choice(
        (
            surgery.bend_signatures(*some),
            surgery.drop_signatures(*some),
            surgery.bend_everywhere(proofs),
            surgery.drop_signatures_everywhere(proofs),
            surgery.drop_everywhere(proofs),
            surgery.bend_everywhere("A"),
            surgery.put("www", "A", "192.0.2.66"),
            surgery.put("*.w", "TXT", "forged"),
            surgery.edit_signatures("www", "A", signer=surgery.EXAMPLE),
            surgery.edit_signatures("@", "MX", labels=1),
            surgery.add_unsigned("zz", "A", "192.0.2.6"),
        )
    )
