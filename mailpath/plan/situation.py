"""Where a domain stands, as its walk shows it: its hosts, whose they are, what their records vouch for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from mailpath.assess.certificate import pkix_problem
from mailpath.assess.sessions import sessions_of
from mailpath.assess.standing import OUTDATED
from mailpath.assess.tlsa import failed_lookup, tlsa_bases, tlsa_of
from mailpath.facts import Found, MxHost, Security, Session, TlsaRecord, Walk
from mailpath.match import dane, pkix
from mailpath.names import is_within
from mailpath.network.capture import Capture
from mailpath.plan.timing import Times, times_of
from mailpath.plan.world import Rr, World, world_of
from mailpath.rehearse import draw


class Shown(msgspec.Struct, frozen=True):
    """A TLSA record of a host.  `place`: of the certificate that it vouches for in the chain that the host
    shows, the leaf is 0; None: it is of none of them.
    """

    record: TlsaRecord
    rr: Rr | None
    place: int | None

    @property
    def counts(self) -> bool:
        """Senders with DANE use it."""
        return not self.record.unusable


class HostNow(msgspec.Struct, frozen=True, kw_only=True):
    """One MX host.  `own`: it is the user's to change.

    `addresses`: those that the walk found.  `owner`: where its TLSA records stand, or would; `tlsa`: those
    there are, secure or not; `failed`: the lookup of them failed.  `chains`: the certificates that it shows
    (DER), each chain once.  `pkix`: they are all valid for it, by a public CA.  `sound`: TLS works at every
    address, in a version that is in use.  `greets`: some address of it is ready to accept mail; `servers`:
    what the world calls its servers: hosts may share one, and each goes by its first name.
    """

    name: str
    own: bool
    owner: str
    addresses: tuple[str, ...] = ()
    tlsa: tuple[Shown, ...] = ()
    failed: bool = False
    chains: tuple[tuple[bytes, ...], ...] = ()
    pkix: bool = False
    sound: bool = False
    greets: bool = False
    servers: tuple[str, ...] = ()

    @property
    def live(self) -> tuple[Shown, ...]:
        """The records that vouch for what it shows."""
        return tuple(each for each in self.tlsa if each.counts and each.place is not None)

    @property
    def stray(self) -> tuple[Shown, ...]:
        """The usable ones that do not."""
        return tuple(each for each in self.tlsa if each.counts and each.place is None)


class Situation(msgspec.Struct, frozen=True):
    """All that a plan is made of.  `claimed`: the hosts that the user has named as theirs to change.
    `left_out`: sentences on what of the capture the world lacks.
    """

    capture: Capture
    walk: Walk
    world: World
    times: Times
    hosts: tuple[HostNow, ...]
    claimed: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def recipient(self) -> str:
        return self.walk.path.recipient

    @property
    def secure_mx(self) -> bool:
        """DNSSEC vouches for which hosts there are."""
        return self.walk.mx.lookup.security is Security.SECURE

    def owns(self, name: str) -> bool:
        """Whether what is called `name` is the user's own: it is below the recipient domain, or claimed."""
        return is_within(name, self.recipient) or any(is_within(name, each) for each in self.claimed)

    def host(self, name: str) -> HostNow | None:
        """The MX host of that name."""
        return next((each for each in self.hosts if each.name == name), None)

    @property
    def policy_listed(self) -> tuple[str, ...]:
        """The patterns of the policy that is in force now; () where there is none."""
        return self.walk.sts.policy.mx if self.walk.sts.policy is not None else ()

    def changing(self) -> tuple[HostNow, ...]:
        """The hosts that the plan is about: those claimed, or else every one."""
        return tuple(each for each in self.hosts if not self.claimed or each.name in self.claimed)


def situation_of(capture: Capture, walk: Walk, claimed: Sequence[str] = ()) -> Situation:
    """`walk`: the one that `capture` replays."""
    drawn = draw(capture, walk)
    world = world_of(drawn)
    own = (walk.path.recipient, *claimed)
    hosts = tuple(
        _host(walk, host, world, own=any(is_within(host.name, each) for each in own))
        for host in walk.mx.hosts
        if host.form == "name"
    )
    return Situation(capture, walk, world, times_of(capture), hosts, tuple(claimed), drawn.notes)


def _host(walk: Walk, host: MxHost, world: World, *, own: bool) -> HostNow:
    entry = tlsa_of(walk, host.name)
    found = next((each for each in entry.candidates if each.lookup.found is Found.FOUND), None)
    bases, _ = tlsa_bases(host)
    base = found.lookup.canonical if found is not None else f"_25._tcp.{(*bases, host.name)[0]}"
    sessions = sessions_of(walk, host)
    chains = tuple(
        dict.fromkeys(each.tls.chain for each in sessions if each.tls is not None and each.tls.chain)
    )
    records = found.records if found is not None else ()
    held = world.records(base, "TLSA")
    return HostNow(
        name=host.name,
        own=own,
        owner=base,
        addresses=host.addresses,
        tlsa=tuple(
            Shown(each, next((rr for rr in held if same(rr, each)), None), _place(each, chains))
            for each in records
        ),
        failed=failed_lookup(entry) is not None,
        chains=chains,
        pkix=bool(chains) and all(_is_trusted(walk, host.name, chain) for chain in chains),
        sound=bool(sessions) and all(map(_is_sound, sessions)),
        greets=any(each.greeting is not None and each.greeting.positive for each in sessions),
        servers=_servers(world, {host.name, host.canonical}),
    )


def _is_trusted(walk: Walk, host: str, chain: tuple[bytes, ...]) -> bool:
    """By senders that demand a certificate, which refuse weak ones."""
    return pkix_problem(walk, host, chain, floor=pkix.Floor.OPENSSL_1) is None


def _is_sound(session: Session) -> bool:
    """TLS, and mail could go on inside it; a session that was not held says nothing against that."""
    if session.not_tried:
        return True
    in_use = session.tls is not None and session.tls.version not in OUTDATED
    return in_use and not session.injected and session.ehlo_tls is not None and session.ehlo_tls.positive


def _servers(world: World, names: set[str]) -> tuple[str, ...]:
    """The parts that stand for a host with these names."""
    return tuple(
        part.name
        for part, held in world.parts.items()
        if part.kind == "server"
        and (
            part.name in names
            or any(world.base.absolute(also) in names for each in held for also in each.also)
        )
    )


def data_of(record: TlsaRecord) -> str:
    """As a zone file has it."""
    return f"{record.usage} {record.selector} {record.mtype} {record.data.hex()}"


def same(rr: Rr, record: TlsaRecord) -> bool:
    """Whether `rr` is `record`: a zone file may split the digest."""
    usage, selector, mtype, *data = rr.data.lower().split()
    return f"{usage} {selector} {mtype} {''.join(data)}" == data_of(record)


def _place(record: TlsaRecord, chains: Iterable[tuple[bytes, ...]]) -> int | None:
    return next(_places(record, chains), None)


def _places(record: TlsaRecord, chains: Iterable[tuple[bytes, ...]]) -> Iterator[int]:
    for chain in chains:
        sought = chain[:1] if record.usage == dane.DANE_EE else chain
        for place, der in enumerate(sought):
            if dane.computed((record.selector, record.mtype), der) == record.data:
                yield place
