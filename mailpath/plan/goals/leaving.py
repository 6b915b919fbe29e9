"""Giving a protection up: it ends for senders when their caches say so, and until then it has to hold."""

from __future__ import annotations

from msgspec.structs import replace

from mailpath.plan.drafts import Draft, Drafting
from mailpath.plan.goals.policies import SHORT, Policy, set_policy, unheld, web_host
from mailpath.plan.goals.stopped import Stopped
from mailpath.plan.goals.tlsa import part_of, showing_next, with_next
from mailpath.plan.model import Blocked, Do, Result
from mailpath.plan.passage import Change
from mailpath.plan.situation import HostNow, Situation
from mailpath.plan.world import NEXT, POLICY, Part, certificate, rrset


def leave_dane(situation: Situation) -> Drafting:
    """Withdraw the TLSA records, and let them expire (RFC 7672 section 8.4).  Raises `Stopped`."""
    having = [each for each in situation.changing() if each.tlsa]
    if not having:
        raise Stopped(Result.ALREADY, "No MX host has TLSA records.")
    own = [each for each in having if each.own]
    theirs = tuple(
        Blocked(by=each.name, why="Its TLSA records are its operator's. They stay.")
        for each in having
        if not each.own
    )
    if not own:
        raise Stopped(Result.BLOCKED, "The TLSA records are somebody else's.", theirs)
    drafting = Drafting(_naming_next(situation, own))
    drafting.blocked += theirs
    drafting.set_records(
        {part_of(each): () for each in own},
        "Withdraw the TLSA records",
        "Withdraw every TLSA record of these hosts.",
        delivers=True,
        undo=("Publish them again, as long as the keys are the same.",),
    )
    drafting.notes.append("From then on the keys may change, and the DS record may go, at any time.")
    gone = [Change(each.parts) for each in drafting.drafts]
    switched = _switched(drafting, own)
    drafting.naive.append(("another key before the wait is over", [*gone, switched]))
    return drafting


def _naming_next(situation: Situation, hosts: list[HostNow], **how: object) -> Situation:
    """The same where the hosts have another certificate, which they do not show; `how` says what differs."""
    named: dict[Part, object] = {}
    for host in hosts:
        for name in host.servers:
            tables = situation.world.servers(name)
            named[Part("server", name)] = with_next(tables, certificate(tables[0].cert), **how)
    return replace(situation, world=situation.world.changed(named))


def _switched(drafting: Drafting, hosts: list[HostNow]) -> Change:
    return Change(
        {
            Part("server", name): showing_next(drafting.world.servers(name))
            for host in hosts
            for name in host.servers
            if NEXT in drafting.world.servers(name)[0].tlsacert
        }
    )


def leave_mta_sts(situation: Situation) -> Drafting:
    """A policy with mode none until nobody holds another one; then record and file go (RFC 8461 section 8.3).

    Raises `Stopped`.
    """
    domain = situation.recipient
    owner = f"_mta-sts.{domain}"
    facts = situation.walk.sts
    if not situation.world.records(owner, "TXT") and facts.policy is None:
        raise Stopped(Result.ALREADY, "There is no MTA-STS record.")
    own = [each for each in situation.hosts if each.own and each.servers]
    drafting = Drafting(_naming_next(situation, own, key="", preset="self", issuers=None, sent=None))
    if facts.policy is None or facts.policy.mode != "none":
        mx = situation.policy_listed or tuple(each.name for each in situation.hosts)
        set_policy(
            drafting,
            Policy("none", mx, SHORT),
            "Publish a policy that asks for nothing",
            "Serve the policy with mode none, and a short max_age.",
            wait=unheld(drafting),
        )
    drafting.set_records(
        {rrset(owner, "TXT"): ()},
        "Withdraw the record",
        "Withdraw the MTA-STS record.",
        delivers=True,
        undo=("Publish it again, with a new id.",),
    )
    who, ask = web_host(situation)
    gone = f"{ask}Remove the policy file, and the address of mta-sts.{domain}."
    drafting.add(
        Draft(
            who=who,
            title="Remove the policy",
            do=(Do(kind="withdraw", what=gone),),
            parts={POLICY: None},
            undo=("Serve it again.",),
        )
    )
    drafting.notes.append("Until the record is withdrawn every MX host must go on meeting the old policy.")
    if own:
        withdrawn = Change({rrset(owner, "TXT"): (), POLICY: None})
        told = "record and file withdrawn at once, and then another certificate"
        drafting.naive.append((told, [withdrawn, _switched(drafting, own)]))
    return drafting
