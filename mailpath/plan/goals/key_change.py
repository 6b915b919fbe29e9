"""Another key, or another certificate, without a moment at which a record and a key disagree.

Old record, then both, then wait; the new key; then the old record goes (RFC 7671 section 8.1, RFC 7672
section 8.4).  A record that vouches for nothing that was seen stays: it may be of the host's second
certificate, RSA beside ECDSA, which this walk was not shown, or of a key that is yet to come.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from mailpath.lab.ca import WRONG_NAME
from mailpath.lab.grammar import Certificate, Server
from mailpath.match import dane
from mailpath.match.certificate import describe
from mailpath.match.names import any_match, certificate_names
from mailpath.plan import checks
from mailpath.plan.drafts import Draft, Drafting
from mailpath.plan.goals.stopped import Stopped
from mailpath.plan.goals.tlsa import (
    UNNAMED,
    Shape,
    made,
    next_records,
    part_of,
    shape_of,
    showing_next,
    with_next,
)
from mailpath.plan.model import Blocked, Do, Result
from mailpath.plan.next_key import NextKey
from mailpath.plan.situation import HostNow, Shown, Situation
from mailpath.plan.world import NEXT, NOW_SECOND, Part, Rr, certificate
from mailpath.rehearse.notes import is_plain
from mailpath.wording.phrases import count, join_and
from mailpath.wording.times import utc

_RSA, _ECDSA = "rsa-2048", "ecdsa-p256"


NO_TLS = "It presented no certificate: it has no key that could change."


class KeyChange(msgspec.Struct, frozen=True):
    """Of one host.  `before`: its records, of which those that the next key has already are spelled so;
    `new`: those that it lacks; `gone`: those that go in the end.  `servers`: its tables before.  `second`: it
    is the certificate that this walk was not shown that changes.
    """

    host: HostNow
    before: tuple[Rr, ...]
    new: tuple[Rr, ...]
    gone: tuple[Rr, ...]
    servers: dict[Part, tuple[Server, ...]]
    second: bool = False

    @property
    def both(self) -> tuple[Rr, ...]:
        """What is published while either key may be met."""
        return (*self.before, *self.new)

    @property
    def after(self) -> tuple[Rr, ...]:
        """What is left."""
        return tuple(each for each in self.both if each not in self.gone)


def draft(situation: Situation, key: NextKey) -> Drafting:
    """The steps.  Raises `Stopped`."""
    hosts = ours(situation)
    changes = [_change(situation, host, key, many=len(hosts) > 1) for host in hosts]
    named: dict[Part, object] = {}
    for each in changes:
        named |= each.servers
        if each.before:
            named[part_of(each.host)] = each.before
    drafting = Drafting(replace(situation, world=situation.world.changed(named)))
    publish_next(drafting, changes)
    for each in changes:
        _switch(drafting, each, key)
    withdraw_old(drafting, changes)
    drafting.notes += _notes(situation, changes, key)
    return drafting


def publish_next(drafting: Drafting, changes: list[KeyChange]) -> None:
    """The records of the next key, beside those of the present one."""
    drafting.set_records(
        {part_of(each.host): each.both for each in changes if each.new},
        "Publish the records of the next key",
        "Publish the TLSA records of the next key beside those of the present one.",
        undo=("Withdraw these records again: nothing shows that key yet.",),
    )


def withdraw_old(drafting: Drafting, changes: list[KeyChange]) -> None:
    """The records of the key that is out of use."""
    drafting.set_records(
        {part_of(each.host): each.after for each in changes if each.gone},
        "Withdraw the records of the old key",
        "Withdraw the TLSA records of the key that is out of use.",
        settle=False,
        undo=("Publish them again. The old key may be shown once their absence has expired from caches.",),
    )


def _switch(drafting: Drafting, change: KeyChange, key: NextKey) -> None:
    host = change.host
    shown: dict[Part, tuple[Server, ...]] = {}
    for part in change.servers:
        servers = drafting.world.servers(part.name)
        shown[part] = (
            tuple(replace(each, second=each.tlsacert[NEXT]) for each in servers)
            if change.second
            else showing_next(servers)
        )
    if all(drafting.world.servers(part.name) == held for part, held in shown.items()):
        return  # a host with which it shares its servers has switched them
    number = sum(map(len, shown.values()))
    every = "" if number == 1 else f" at each of its {number} addresses"
    which = "second certificate" if change.second else "certificate"
    drafting.add(
        Draft(
            who=f"mail host {host.name}",
            title="Switch to the next key",
            do=(
                Do(
                    kind="switch",
                    what=f"Let {host.name} show the {which} with the next key{every}, and reload the server.",
                ),
            ),
            parts=dict(shown),
            check=checks.key_shown(
                host.name,
                host.addresses,
                key.data(dane.DANE_EE, dane.SPKI, dane.SHA2_256),
                rsa=key.is_rsa if change.second else None,
            ),
            delivers=True,
            undo=(f"Show the old key again{': its records are still published' if host.live else ''}.",),
        )
    )


def ours(situation: Situation) -> tuple[HostNow, ...]:
    """The hosts whose key changes.  Raises `Stopped`."""
    hosts = situation.changing()
    if not hosts:
        nobody = Blocked(by=situation.recipient, why="It names no mail host, or none of those asked for.")
        raise Stopped(Result.BLOCKED, "No mail host is known whose key could change.", (nobody,))
    own = tuple(each for each in hosts if each.own)
    if not own:
        foreign = tuple(
            Blocked(
                by=each.name,
                why=f"Its keys and its TLSA records are its operator's to change: ask them."
                f" If {each.name} is yours, say so with --host.",
            )
            for each in hosts
        )
        raise Stopped(Result.BLOCKED, "The mail hosts are somebody else's.", foreign)
    showing = tuple(each for each in own if each.chains and each.servers)
    if not showing:
        why = tuple(
            Blocked(by=each.name, why=NO_TLS if each.greets else "It did not answer on this walk.")
            for each in own
        )
        named = join_and([each.name for each in own])
        met = all(each.greets for each in own)
        raise Stopped(
            Result.BLOCKED if met else Result.UNKNOWN, f"It is not known which key {named} has now.", why
        )
    return showing


def _change(situation: Situation, host: HostNow, key: NextKey, *, many: bool) -> KeyChange:
    """What becomes of one host's records."""
    world, situation_at = situation.world, situation.walk.at
    rsa = describe(host.chains[0][0]).key_type == "RSA"
    other_kind = key.is_rsa is not None and key.is_rsa != rsa
    second = other_kind and any(_is_ee(each) for each in host.stray)
    old = [each for each in host.stray if _is_ee(each)] if second else list(host.live)
    shapes = list(dict.fromkeys(shape_of(each) for each in old or host.stray))
    covered = [each for each in shapes if _still_issued(host, each, key)]
    ttl = min((each.ttl for each in world.records(host.owner, "TLSA")), default=0)
    whose = f" of {host.name}" if many else ""
    new = next_records(host, [each for each in shapes if each not in covered], key, ttl, whose)
    by_data = {each.data.lower(): each for each in new}
    published = world.records(host.owner, "TLSA")
    known = {each.data.lower() for each in published}
    gone = [each.rr for each in old if each.rr and shape_of(each) not in covered and each.rr not in new]
    servers = {Part("server", name): world.servers(name) for name in host.servers}
    now = certificate(world.servers(host.servers[0])[0].cert)
    how: dict[str, object] = {}
    if any(each.usage == dane.DANE_TA for each in shapes) and not covered:
        how["ca"] = "next"
    if other_kind:
        how["algorithm"] = _RSA if key.is_rsa else _ECDSA
    how |= as_issued(key, host.name, situation_at)
    if second:
        hidden = replace(now, key=f"{now.key}-second", **how)
        servers = {part: _with_second(held, hidden) for part, held in servers.items()}
        now = hidden
    servers = {part: with_next(held, now, **how) for part, held in servers.items()}
    before: list[Rr] = []
    for each in published:
        spelled = by_data.get(each.data.lower(), each)
        if second and each in gone and spelled is each:
            spelled = _of_second(host, each)
            gone[gone.index(each)] = spelled
        before.append(spelled)
    gone = [each for each in gone if each.data.lower() not in by_data]
    missing = tuple(each for each in new if each.data.lower() not in known)
    return KeyChange(host, tuple(before), missing, tuple(gone), servers, second)


def as_issued(key: NextKey, host: str, at: int) -> dict[str, object]:
    """What is other than usual about the certificate that the user has named: the lab shows the like.

    Who issued it cannot be told from it alone: unless it is self-signed, one like the issuer of now.
    """
    if not key.chain:
        return {}
    facts, names = describe(key.chain[0]), certificate_names(key.chain[0])
    how: dict[str, object] = {}
    if facts.self_signed:
        how |= {"preset": "self", "issuers": None, "sent": None}
    if any_match((host,), names) is None:
        shown = tuple(f"{each}." for each in names.dns if is_plain(each))
        how["names"] = shown or (f"{WRONG_NAME}.",)
    begin, end = facts.not_before, facts.not_after
    if begin is not None and end is not None and not begin <= at <= end:
        how["days"] = (-90.0, -3.0) if end < at else (3.0, 93.0)
    return how


def _with_second(servers: tuple[Server, ...], hidden: Certificate) -> tuple[Server, ...]:
    return tuple(
        replace(each, second=hidden, tlsacert={**each.tlsacert, NOW_SECOND: hidden}) for each in servers
    )


def _is_ee(shown: Shown) -> bool:
    return shown.record.usage == dane.DANE_EE


def _of_second(host: HostNow, rr: Rr) -> Rr:
    """A record that vouches for the certificate that was not shown, as the lab's line says it."""
    usage, selector, mtype, data = rr.data.split(None, 3)
    return made(host, Shape(int(usage), int(selector), int(mtype)), rr.ttl, data, NOW_SECOND)


def _still_issued(host: HostNow, shape: Shape, key: NextKey) -> bool:
    """Whether the next certificate is of the authority that a record of this shape names."""
    if shape.usage != dane.DANE_TA or len(key.chain) < 2:
        return False
    kind = shape.selector, shape.mtype
    vouched = {dane.computed(kind, chain[shape.place]) for chain in host.chains if len(chain) > shape.place}
    return any(dane.computed(kind, der) in vouched for der in key.chain[1:])


def _notes(situation: Situation, changes: list[KeyChange], key: NextKey) -> Iterator[str]:
    if any(each.new for each in changes) and not key.spki:
        yield UNNAMED
    yield from _replays(situation, changes)
    for each in changes:
        host = each.host
        stays = [one for one in host.stray if one.rr in each.after]
        if stays:
            yield (
                f"What fits nothing that {host.name} showed stays ({count(len(stays), 'TLSA record')}). If it"
                " is of the next key, name that key with --key."
            )
        if each.second:
            yield (
                f"The next key is of another kind than the one that {host.name} showed: it is taken to"
                " replace that of a second certificate, for which the records stand that fit nothing shown."
            )
        if any(one.record.usage == dane.DANE_TA for one in host.live) and each.new:
            yield (
                f"The next certificate of {host.name} is taken to come from another CA. If its CA stays, name"
                " it with --cert."
            )
        policy = situation.walk.sts.policy
        if policy is not None and policy.mode == "enforce":
            yield (
                f"The policy is enforced: the next certificate of {host.name} must be valid for that name and"
                " come from a public CA, as the present one."
            )
    planned = {each.host.name for each in changes}
    for host in situation.changing():
        if host.name not in planned:
            why = "It presented no certificate." if host.own else "It is somebody else's."
            yield f"The plan leaves out {host.name}. {why}"


def _replays(situation: Situation, changes: list[KeyChange]) -> Iterator[str]:
    """For how long an attacker on the path can show the old records to a sender (RFC 4033 section 12)."""
    for each in changes:
        until = situation.times.signed.get((each.host.owner, "TLSA")) if each.gone else None
        if until is not None:
            yield (
                f"The old records of {each.host.name} are signed until {utc(until)}. Until then an attacker"
                " who has the old key can replay them."
            )
