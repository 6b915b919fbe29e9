"""TLSA records of what a host shows now and next, for every goal that publishes some."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from msgspec.structs import replace

from mailpath.lab.grammar import Certificate, Server
from mailpath.match import dane
from mailpath.plan.next_key import NextKey
from mailpath.plan.situation import HostNow, Shown
from mailpath.plan.world import NEXT, NOW, Part, Rr, record

#: Where a record has a place for it.
UNNAMED = (
    "The SHA-256 of a key: openssl pkey -in KEY.pem -pubout -outform DER | openssl dgst -sha256. Or name the"
    " file with --key or --cert, and it stands in the records."
)
#: TTL of records that stand where there were none: an hour, as the lab's.
NEW_TTL = 3600


class Shape(NamedTuple):
    """Of a record: its three numbers, and the place in the path of the certificate that it is about."""

    usage: int
    selector: int
    mtype: int
    place: int = 0


#: The record that RFC 7672 section 3.1.1 recommends.
USUAL = Shape(dane.DANE_EE, dane.SPKI, dane.SHA2_256)


def shape_of(shown: Shown) -> Shape:
    """Of a record that there is."""
    each = shown.record
    return Shape(each.usage, each.selector, each.mtype, shown.place or 0)


def made(host: HostNow, shape: Shape, ttl: int, data: str, label: str) -> Rr:
    """A record for the certificate that the world's servers call `label`."""
    at = f"/{shape.place}" if shape.place else ""
    lab = f"{{tlsa {shape.usage} {shape.selector} {shape.mtype} {host.servers[0]}./{label}{at}}}"
    numbers = f"{shape.usage} {shape.selector} {shape.mtype}"
    return record(host.owner, ttl, "TLSA", f"{numbers} {data}", lab)


def next_records(host: HostNow, shapes: Iterable[Shape], key: NextKey, ttl: int, whose: str) -> list[Rr]:
    """Records of the next certificate, one of each shape."""
    return [
        made(host, each, ttl, key.data(each.usage, each.selector, each.mtype, whose), NEXT)
        for each in dict.fromkeys(shapes)
    ]


def current_record(host: HostNow, shape: Shape, ttl: int) -> Rr | None:
    """A record of what the host shows now; None where it shows no certificate at that place."""
    chain = next((each for each in host.chains if len(each) > shape.place), None)
    if chain is None:
        return None
    data = dane.computed((shape.selector, shape.mtype), chain[shape.place])
    return made(host, shape, ttl, data.hex(), NOW) if data else None


def promised(key: NextKey, host: str) -> str:
    """The data of a `USUAL` record of what `host` shows once it offers TLS: `key`, where it is known."""
    return key.known(*USUAL[:3]).hex() or f"<SHA-256 of the key of {host}>"


def promised_record(host: HostNow, ttl: int, key: NextKey) -> Rr:
    """That record."""
    return made(host, USUAL, ttl, promised(key, host.name), NOW)


def with_next(servers: Iterable[Server], now: Certificate, **how: object) -> tuple[Server, ...]:
    """The same tables with the next certificate among their names; what they show is as it was.

    It is like `now` but for its key, and for what `how` says; `key=""` is the key of now.
    """
    following = replace(now, **{"key": f"{now.key}-next", "sha": "sha256", **how})
    following = replace(following, key=following.key or now.key)
    return tuple(replace(each, tlsacert={**each.tlsacert, NEXT: following}) for each in servers)


def showing_next(servers: Iterable[Server]) -> tuple[Server, ...]:
    """The same once they show it, whichever name a sender asks for; a second certificate stays."""
    return tuple(
        replace(each, cert=each.tlsacert[NEXT], sni=dict.fromkeys(each.sni, each.tlsacert[NEXT]))
        for each in servers
    )


def stray_notes(hosts: Iterable[HostNow]) -> Iterator[str]:
    """On records that are withdrawn because they fit nothing that this walk was shown."""
    for host in hosts:
        if host.stray and host.chains:
            yield (
                f"What is withdrawn fits nothing that {host.name} showed. If it is of a second certificate"
                " (RSA beside ECDSA), or of the next key, keep it."
            )


def part_of(host: HostNow) -> Part:
    """Its TLSA RRset."""
    return Part("rrset", host.owner, "TLSA")
