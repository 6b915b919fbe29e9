"""MTA-STS policies (RFC 8461): the file, the record, and the order in which they change.

The file goes first, then the record with a new id: a sender that sees the new id must find the new policy
(RFC 8461 section 3.3).
"""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace

from mailpath.lab.grammar import Certificate, Sts
from mailpath.plan import checks
from mailpath.plan.drafts import Draft, Drafting, Phase, Wait
from mailpath.plan.model import Do, PolicyFile
from mailpath.plan.situation import Situation
from mailpath.plan.timing import max_age
from mailpath.plan.world import POLICY, Part, Rr, record, rrset
from mailpath.wording.times import DAY, calendar, span

#: While a policy is tried, and then: RFC 8461 section 3.2 wants weeks or more.
SHORT, LONG = DAY, 14 * DAY
TTL = 3600

_NOT_YET = "Remove the file: no record points to it yet."
_WITHDRAW = "Withdraw the record. Senders that fetched the policy go by it until its max_age is over."
_SERVE_BEFORE = (
    "Serve the file of before, and then publish a record with yet another id: some senders may have fetched"
    " this one."
)


class Policy(NamedTuple):
    """What the file says."""

    mode: str
    mx: tuple[str, ...]
    max_age: int

    @property
    def text(self) -> str:
        """The file (RFC 8461 section 3.2)."""
        lines = ["version: STSv1", f"mode: {self.mode}"]
        lines += [f"mx: {each}" for each in self.mx]
        return "\n".join([*lines, f"max_age: {self.max_age}", ""])


def set_policy(
    drafting: Drafting,
    policy: Policy,
    title: str,
    what: str,
    *,
    wait: Wait | None = None,
    phase: Phase = "",
    beside: tuple[Rr, ...] = (),
) -> None:
    """Two steps: the file, then its record with a new id.  `wait`: beside the one for caches.  `beside`:
    records that are published with it.
    """
    domain = drafting.situation.recipient
    owner = f"_mta-sts.{domain}"
    first = not drafting.world.records(owner, "TXT")
    before = drafting.world.parts.get(POLICY)
    file = PolicyFile(url=f"https://mta-sts.{domain}/.well-known/mta-sts.txt", text=policy.text)
    who, ask = web_host(drafting.situation)
    do = [Do(kind="publish", what=f"{ask}{what}", file=file)]
    if before is None or before.listen == "noaddr":
        do.insert(0, _address(drafting, f"mta-sts.{domain}"))
    drafting.add(
        Draft(
            who=who,
            title=title,
            do=tuple(do),
            parts={POLICY: serving(before, policy)},
            check=checks.policy_served(file),
            undo=(_NOT_YET if first else _SERVE_BEFORE,),
            phase=phase,
        )
    )
    wanted: dict[Part, tuple[Rr, ...]] = {rrset(owner, "TXT"): (new_id(drafting),)}
    for each in beside:
        wanted[rrset(each.text.split(". ", 1)[0], "TXT")] = (each,)
    drafting.set_records(
        wanted,
        f"{title}: the record",
        "Publish the record with a new id: senders that see it fetch the policy.",
        delivers=True,
        undo=(_WITHDRAW if first else _SERVE_BEFORE,),
        phase=phase,
    )
    if wait is not None and drafting.drafts:
        drafting.drafts[-1] = replace(drafting.drafts[-1], wait=wait)


def _address(drafting: Drafting, host: str) -> Do:
    """For a policy host that there is not yet."""
    address = f"{host}. {TTL} IN A <address of the web host>"
    return Do(
        kind="publish",
        what=f"Give {host} an address, and its web server a certificate from a public CA for that name.",
        records=(address,),
        nsupdate=(f"zone {drafting.world.zone_of(host)}.", f"update add {address}", "send"),
    )


def web_host(situation: Situation) -> tuple[str, str]:
    """Who serves the policy, and what a sentence to them begins with: a name that is an alias may lead to a
    provider (RFC 8461 section 8.2).
    """
    host = f"mta-sts.{situation.recipient}"
    fetch = situation.walk.sts.fetch
    found = (each.canonical for each in (fetch.v4, fetch.v6) if each is not None) if fetch else iter(())
    provider = next((each for each in found if not situation.owns(each)), "")
    if not provider:
        return f"web host {host}", ""
    return f"provider of {provider}", f"{host} is an alias of {provider}: ask its operator. "


def serving(before: Sts | None, policy: Policy) -> Sts:
    """The policy host once it serves `policy`, whatever it did before."""
    kept = Sts() if before is None else Sts(ttl=before.ttl, address_at=before.address_at)
    patterns = tuple(f"{each}." for each in policy.mx)
    cert = Certificate(preset="web")
    return replace(kept, txt=(), mode=policy.mode, mx=patterns, max_age=policy.max_age, cert=cert)


def new_id(drafting: Drafting) -> Rr:
    """The record with an id that no earlier one has: the time of the plan, and a number."""
    number = sum(
        rrset(f"_mta-sts.{drafting.situation.recipient}", "TXT") in each.parts for each in drafting.drafts
    )
    moment = f"{calendar(drafting.situation.walk.at + number):%Y%m%d%H%M%S}"
    owner = f"_mta-sts.{drafting.situation.recipient}"
    ttl = next((each.ttl for each in drafting.world.records(owner, "TXT")), TTL)
    return record(owner, ttl, "TXT", f'"v=STSv1; id={moment};"')


def unheld(drafting: Drafting) -> Wait | None:
    """Until no sender holds the policy that is served now."""
    seconds = max_age(drafting.world.parts.get(POLICY))
    if not seconds:
        return None
    lasts = span(seconds, full=True)
    why = f"no sender holds the policy from before (its max_age, {lasts}, or that of an older one, if longer)"
    return Wait(seconds, why)
