"""What ends when: certificates, signatures, the cached policy (RFC 5280, RFC 4034 section 3.1.5, RFC 8461).

A domain that nobody touches breaks on its own: these are the moments at which it does.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import msgspec

from mailpath.assess.lookups import PATH, lasting, lookups
from mailpath.assess.sessions import sessions_of
from mailpath.facts import SignatureFact, Walk
from mailpath.match.certificate import describe
from mailpath.visible import visible
from mailpath.wording.times import LAST

#: Owners named for one moment; more are counted.
_MOST_NAMED = 6


class Moment(msgspec.Struct, frozen=True, order=True):
    """At `at` (Unix time) something ends; a second later it holds no more.

    `what`: "certificate", "signatures" or "policy".  `subject`: the host or zone it belongs to.  `detail`:
    a few words on what it is (visible text).  `part`: of a certificate, whether it is the mail "server"'s
    own, that of the MTA-STS "policy host", or of the "CA" that issued either.
    """

    at: int
    what: str
    subject: str
    detail: str = ""
    part: str = ""


def timeline(walk: Walk, fetched: int | None = None) -> tuple[Moment, ...]:
    """Everything on this path that ends, in order, past moments too; what never ends is left out.

    `fetched`: when the sender fetched its MTA-STS policy; default: at the walk's own time.
    """
    moments = {*_certificates(walk), *_signatures(walk)}
    policy = walk.sts.policy
    if policy is not None:
        detail = f"the sender's cached copy expires (max_age {policy.max_age} s)"
        end = (walk.at if fetched is None else fetched) + policy.max_age
        moments.add(Moment(end, "policy", visible(walk.path.recipient), detail))
    return tuple(sorted(each for each in moments if each.at < LAST))


def _certificates(walk: Walk) -> Iterator[Moment]:
    for host in walk.mx.hosts:
        for session in sessions_of(walk, host):
            if session.tls is not None:
                yield from _expiries(session.tls.chain, host.name, "server")
    fetch = walk.sts.fetch
    if fetch is not None:
        yield from _expiries(fetch.chain, fetch.host, "policy host")


def _expiries(certificates: tuple[bytes, ...], owner: str, of: str) -> Iterator[Moment]:
    for depth, der in enumerate(certificates):
        facts = describe(der)
        if facts.not_after is not None:
            part = of if depth == 0 else "CA"
            named = visible(facts.subject or ", ".join(facts.sans[:3]), limit=120)
            detail = f"{part} certificate {named}".strip()
            yield Moment(facts.not_after, "certificate", visible(owner), detail, part)


def _signatures(walk: Walk) -> Iterator[Moment]:
    """One moment for all signatures of a zone that end together; of several over an RRset the last counts."""
    together: dict[tuple[str, int], dict[str, set[str]]] = {}
    for fact in lasting(_signature_facts(walk)):
        covered = together.setdefault((fact.signer, fact.expiration), {})
        covered.setdefault(fact.owner, set()).add(fact.rdtype)
    for (signer, expiration), covered in together.items():
        yield Moment(expiration, "signatures", visible(signer), f"over {_covered(signer, covered)}")


def _covered(zone: str, types: dict[str, set[str]]) -> str:
    """RRsets of `zone` by owner, the apex first: "DNSKEY MX, mx1 A AAAA, _25._tcp.mx1 TLSA"."""
    named = []
    for owner in sorted(types, key=lambda name: (name != zone, name)):
        below = "" if owner == zone else owner.removesuffix(f".{zone}")
        named.append(visible(f"{below} {' '.join(sorted(types[owner]))}".strip(), limit=80))
    rest = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
    return f"{', '.join(named[:_MOST_NAMED])}{rest}"


def _signature_facts(walk: Walk) -> Iterator[SignatureFact]:
    """Of the zones and look-ups that the path rests on; the sender's own domain is not among them."""
    made = list(lookups(walk, (*PATH, "sts")))
    needed = {name for lookup in made for name in lookup.chain}
    signatures = [zone.signatures for zone in walk.dnssec.zones if zone.name in needed]
    signatures += [lookup.signatures for lookup in made]
    # Those that hold, or held until they expired.
    facts = chain.from_iterable(signatures)
    return (fact for fact in facts if fact.verdict == "good" or fact.expiration < walk.at)
