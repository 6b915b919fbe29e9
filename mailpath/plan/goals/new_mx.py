"""Another MX host: whatever vouches for it is there before the first mail comes."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from mailpath.lab.grammar import Certificate, Server, Zone
from mailpath.match import sts as matching
from mailpath.plan import checks
from mailpath.plan.drafts import Draft, Drafting
from mailpath.plan.goals.key_change import as_issued
from mailpath.plan.goals.policies import Policy, set_policy, unheld
from mailpath.plan.goals.stopped import Stopped
from mailpath.plan.goals.tlsa import NEW_TTL, UNNAMED, part_of, promised
from mailpath.plan.model import Blocked, Do, Result
from mailpath.plan.next_key import NextKey
from mailpath.plan.situation import HostNow, Situation
from mailpath.plan.world import NOW, POLICY, Part, Rr, record, rrset, with_names

_ADDRESS_TTL = 3600


def draft(situation: Situation, to: str, key: NextKey) -> Drafting:
    """The steps.  `key`: what the new host shows.  Raises `Stopped`."""
    old = situation.changing()
    if not situation.walk.mx.lookup.rdata:
        why = Blocked(by=situation.recipient, why="It has no MX records that could name another host.")
        raise Stopped(Result.BLOCKED, "There are no MX records.", (why,))
    known = situation.host(to)
    if known is not None and all(each.name == to for each in situation.hosts):
        raise Stopped(Result.ALREADY, f"{to} is the only MX host.")
    drafting = Drafting(replace(situation, world=situation.world.changed(_ground(situation, to, key))))
    if known is None:
        _set_up(drafting, to, key)
        _vouch(drafting, to, old, key)
    _list(drafting, to)
    _replace(drafting, to, {each.name for each in old if each.name != to})
    _tidy(drafting, to, [each for each in old if each.name != to])
    return drafting


def _ground(situation: Situation, to: str, key: NextKey) -> dict[Part, Any]:
    """Before the plan: a host without an address, and where it is elsewhere, a zone nobody asked about."""
    world = situation.world
    found: dict[Part, Any] = {}
    if not world.zone_of(to):
        above = to.partition(".")[2]
        found[Part("zone", above)] = Zone(name=f"{above}.")
    if not world.servers(to):
        found[Part("server", to)] = (with_names(replace(_new_host(situation, to, key), a=False)),)
    return found


def _new_host(situation: Situation, to: str, key: NextKey) -> Server:
    shown = replace(Certificate(preset="web"), **as_issued(key, to, situation.walk.at))
    return Server(host=f"{to}.", cert=shown, ttl=_ADDRESS_TTL)


def _set_up(drafting: Drafting, to: str, key: NextKey) -> None:
    situation = drafting.situation
    own = situation.owns(to)
    tables = (with_names(_new_host(situation, to, key)),)
    told = f"Let {to} accept mail for {situation.recipient}, with a certificate from a public CA for {to}."
    do = [Do(kind="serve", what=told)]
    if own:
        address = f"{to}. {_ADDRESS_TTL} IN A <address of {to}>"
        zone = drafting.world.zone_of(to)
        lines = (f"zone {zone}.", f"update add {address}", "send")
        do.append(Do(kind="publish", what="Give it an address.", records=(address,), nsupdate=lines))
    drafting.add(
        Draft(
            who=f"mail host {to}" if own else f"provider of {to}",
            title="Set the new host up",
            do=tuple(do),
            parts={Part("server", to): tables},
            settle=True,
            check=checks.tls_offered(to, (), trusted=True),
            undo=("Take it down again: nothing points to it yet.",),
        )
    )


def _vouch(drafting: Drafting, to: str, old: tuple[HostNow, ...], key: NextKey) -> None:
    """TLSA records, where the hosts that it replaces have some."""
    situation = drafting.situation
    if not situation.secure_mx or not any(each.tlsa for each in old):
        return
    if not situation.owns(to):
        raise Stopped(
            Result.BLOCKED,
            f"The hosts of now are protected by DANE; {to} is not yours to protect.",
            (
                Blocked(
                    by=to,
                    why="Ask its operator for TLSA records in a signed zone, or give DANE up first"
                    f" (leave-dane). If {to} is yours, name it with --host.",
                ),
            ),
        )
    part = rrset(f"_25._tcp.{to}", "TLSA")
    data = f"3 1 1 {promised(key, to)}"
    if not key.spki:
        drafting.notes.append(UNNAMED)
    made = record(part.name, NEW_TTL, "TLSA", data, f"{{tlsa 3 1 1 {to}./{NOW}}}")
    drafting.set_records(
        {part: (made,)},
        "Publish TLSA records of the new host",
        "Publish a TLSA record of the key that the new host shows.",
        undo=("Withdraw it again: nothing points to the host yet.",),
    )


def _list(drafting: Drafting, to: str) -> None:
    policy = drafting.situation.walk.sts.policy
    if policy is None or policy.mode == "none" or matching.lists(policy, to):
        return
    set_policy(
        drafting,
        Policy(policy.mode, (*policy.mx, to), policy.max_age),
        "List the new host in the policy",
        "Serve the policy with the new host beside the old ones.",
        wait=unheld(drafting) if policy.mode == "enforce" else None,
    )


def _replace(drafting: Drafting, to: str, gone: set[str]) -> None:
    """The MX records; the first of those that go gives its preference."""
    domain = drafting.situation.recipient
    part = rrset(domain, "MX")
    held: tuple[Rr, ...] = drafting.world.parts.get(part, ())
    kept: list[Rr] = []
    going: list[Rr] = []
    for each in held:
        host = each.data.split()[-1].rstrip(".").lower()
        # "." says that there is no mail host, and stands alone (RFC 7505 section 3).
        (going if host in gone or not host else kept).append(each)
    listed = any(each.data.split()[-1].rstrip(".").lower() == to for each in kept)
    first = (going or held)[0]
    preference = first.data.split()[0]
    new = () if listed else (record(domain, first.ttl, "MX", f"{preference} {to}."),)
    drafting.set_records(
        {part: (*kept, *new)},
        "Point the MX records to the new host",
        "Publish the MX record of the new host.",
        delivers=True,
        undo=(f"Publish the old MX records again{'; the old hosts still accept mail' if gone else ''}.",),
    )
    if gone:
        drafting.notes.append(
            "Keep the old hosts up until the last wait is over and their own queues are empty."
        )


def _tidy(drafting: Drafting, to: str, old: list[HostNow]) -> None:
    """What vouched for the old hosts."""
    situation = drafting.situation
    policy = situation.walk.sts.policy
    left = {each.name for each in situation.hosts} - {each.name for each in old} | {to}
    if policy is not None and policy.mode != "none" and drafting.world.parts.get(POLICY) is not None:
        mx = tuple(each for each in (*policy.mx, to) if each in left or each.startswith("*."))
        if set(mx) != {*policy.mx}:
            set_policy(
                drafting,
                Policy(policy.mode, tuple(dict.fromkeys(mx)), policy.max_age),
                "Take the old hosts out of the policy",
                "Serve the policy without the old hosts.",
            )
    drafting.set_records(
        {part_of(each): () for each in old if each.own and each.tlsa},
        "Withdraw the TLSA records of the old hosts",
        "Withdraw the TLSA records of the hosts that accept no more mail.",
        settle=False,
        undo=("Publish them again.",),
    )
