"""MTA-STS policies (RFC 8461): the file, the record, and the order in which they change.

The file goes first, then the record with a new id: a sender that sees the new id must find the new policy
(RFC 8461 section 3.3).
"""

from __future__ import annotations

import re
from shlex import quote
from typing import NamedTuple

from msgspec.structs import replace

from mailpath.lab.grammar import Certificate, Sts
from mailpath.plan.drafts import Draft, Drafting, Phase, Wait, policy_file
from mailpath.plan.model import Do
from mailpath.plan.timing import max_age
from mailpath.plan.world import POLICY, Part, Rr, record, rrset
from mailpath.wording.times import DAY, calendar, span

#: While a policy is tried, and then: RFC 8461 section 3.2 wants weeks or more.
SHORT, LONG = DAY, 14 * DAY
TTL = 3600
_ID = re.compile(r"id=[0-9A-Za-z]{1,32}")


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
    host = f"mta-sts.{domain}"
    before = drafting.world.parts.get(POLICY)
    file = policy_file(domain, policy.text)
    do = [Do(kind="publish", what=what, file=file)]
    if before is None or before.listen == "noaddr":
        address = f"{host}. {TTL} IN A <address of the web host>"
        told = f"Give {host} an address, and its web server a certificate of a public CA for that name."
        lines = (f"zone {drafting.world.zone_of(host)}.", f"update add {address}", "send")
        do.insert(0, Do(kind="publish", what=told, records=(address,), nsupdate=lines))
    drafting.add(
        Draft(
            who=f"web host {host}",
            title=title,
            do=tuple(do),
            parts={POLICY: serving(before, policy)},
            check=f"curl --fail --silent --show-error {quote(file.url)} | grep '^mode: {policy.mode}'",
            undo=("Serve the file of before; the record is still the old one.",),
            phase=phase,
        )
    )
    owner = f"_mta-sts.{domain}"
    wanted: dict[Part, tuple[Rr, ...]] = {rrset(owner, "TXT"): (new_id(drafting),)}
    for each in beside:
        wanted[rrset(each.text.split(". ", 1)[0], "TXT")] = (each,)
    drafting.set_records(
        wanted,
        f"{title}: the record",
        "Publish the record with a new id: it tells senders to fetch the policy.",
        check=f"mailpath check {quote(domain)} --posture postfix-sts",
        undo=("Serve the file of before, and publish a record with yet another id.",),
        phase=phase,
    )
    if wait is not None and drafting.drafts:
        drafting.drafts[-1] = replace(drafting.drafts[-1], wait=wait)


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
    why = f"no sender holds the policy from before (its max_age, {span(seconds, full=True)})"
    return Wait(seconds, why)
