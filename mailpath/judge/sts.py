"""The MTA-STS policy as one sender reads it: first contact, nothing cached (RFC 8461 sections 3 and 5)."""

from __future__ import annotations

import msgspec

from mailpath.exchanges import Failure
from mailpath.facts import PolicyFetch, StsPolicy, Walk
from mailpath.judge.destination import Answer, answer
from mailpath.judge.posture import Posture
from mailpath.match import pkix, sts


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """`policy`: in force for this message; None: there is none, or it asks for nothing.

    `state`: "first-contact" when a policy was found, whatever its mode.  `unseen`: this sender would have
    fetched a policy that the walk did not; so it cannot be told.
    """

    policy: StsPolicy | None = None
    state: str | None = None
    unseen: bool = False


def applied(walk: Walk, posture: Posture) -> Applied:
    """What the recipient domain's policy asks of this message."""
    if not posture.sts:
        return Applied()
    facts = walk.sts
    if answer(facts.txt, posture) is not Answer.FOUND or facts.fetch is None:
        return Applied()
    if sts.parse_txt(facts.texts, posture.sts_dialect).id is None:
        return Applied()
    fetch = facts.fetch
    refused = _refused(walk, fetch, posture)
    if refused:
        return Applied()
    if fetch.failure is Failure.CERTIFICATE or fetch.failure is Failure.NOT_RECORDED:
        return Applied(unseen=True)
    if fetch.failure is not None or fetch.status != 200:
        return Applied()
    policy = sts.parse_policy(fetch.body, fetch.content_type, posture.sts_dialect).policy
    if policy is None:
        return Applied()
    enforced = policy.mode == "enforce" or (policy.mode == "testing" and posture.sts_testing_enforced)
    in_force = enforced and posture.sts_on_first_contact
    return Applied(policy=policy if in_force else None, state="first-contact")


def _refused(walk: Walk, fetch: PolicyFetch, posture: Posture) -> bool:
    """Is the policy host's certificate refused by this sender?"""
    if not fetch.chain:
        return fetch.verify_error is not None
    why = pkix.check_policy_host(
        fetch.chain, fetch.host, walk.roots, walk.at, allow_cn=posture.sts_dialect.cn_only
    )
    return why is not None


def listed(policy: StsPolicy, host: str, posture: Posture) -> bool:
    """Does the policy name this MX host (RFC 8461 section 4.1)?"""
    return any(sts.mx_matches(pattern, host, posture.sts_dialect) for pattern in policy.mx)
