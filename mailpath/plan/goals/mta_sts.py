"""An enforced MTA-STS policy (RFC 8461): certificates first, then testing, then enforce."""

from __future__ import annotations

from msgspec.structs import replace

from mailpath.match import sts as matching
from mailpath.plan.drafts import Drafting, Wait
from mailpath.plan.goals import serving
from mailpath.plan.goals.policies import LONG, SHORT, TTL, Policy, set_policy
from mailpath.plan.goals.stopped import Stopped
from mailpath.plan.model import Blocked, Result
from mailpath.plan.situation import Situation
from mailpath.plan.world import Rr, record
from mailpath.wording.times import DAY

#: TLS reports are of a day each (RFC 8460 section 4.1).
_WATCHED = Wait(2 * DAY, "the TLS reports of two days show no failure")


def draft(situation: Situation) -> Drafting:
    """The steps.  Raises `Stopped`."""
    hosts, policy = situation.hosts, situation.walk.sts.policy
    if not hosts:
        raise Stopped(
            Result.BLOCKED,
            "There is no MX host that a policy could list.",
            (Blocked(by=situation.recipient, why="It names no mail host."),),
        )
    serving.refuse_broken(situation)
    bad = [each for each in hosts if not each.pkix or not each.sound]
    unlisted = [each for each in hosts if policy is None or not matching.lists(policy, each.name)]
    if policy is not None and policy.mode == "enforce" and not bad and not unlisted:
        raise Stopped(
            Result.ALREADY, "A policy is enforced that lists every MX host, and their certificates hold."
        )
    serving.refuse_silent([each for each in bad if not each.greets and not each.chains])
    serving.refuse_theirs(
        situation,
        [each for each in bad if not each.own],
        "It presents no certificate from a public CA for its name.",
        "A policy would keep mail from it.",
    )
    drafting = Drafting(situation)
    if policy is not None and policy.mode == "enforce":
        # Mail is being refused: until the hosts are as it says, it must not be enforced.
        _try(drafting)
    for each in bad:
        serving.certify(drafting, each)
    if policy is None or (policy.mode != "enforce" and (unlisted or policy.mode != "testing")):
        _try(drafting)
    if drafting.drafts:
        drafting.drafts[-1] = replace(drafting.drafts[-1], wait=_WATCHED)
    set_policy(
        drafting,
        Policy("enforce", listed(situation), LONG),
        "Enforce the policy",
        "Serve the policy with mode enforce.",
    )
    return drafting


def listed(situation: Situation) -> tuple[str, ...]:
    """Every MX host, by preference."""
    return tuple(each.name for each in situation.hosts)


def _try(drafting: Drafting) -> None:
    set_policy(
        drafting,
        Policy("testing", listed(drafting.situation), SHORT),
        "Publish a policy for testing",
        "Serve the policy with mode testing: senders report, and refuse nothing.",
        beside=_reports(drafting.situation),
    )


def _reports(situation: Situation) -> tuple[Rr, ...]:
    """The record that asks for TLS reports (RFC 8460 section 3), where none does."""
    if situation.walk.sts.tlsrpt_rua:
        return ()
    domain = situation.recipient
    return (record(f"_smtp._tls.{domain}", TTL, "TXT", f'"v=TLSRPTv1; rua=mailto:tls-reports@{domain}"'),)
