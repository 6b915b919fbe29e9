"""The MTA-STS policy as one sender reads it: at first contact, or with one cached (RFC 8461, 3 and 5).

A cached policy holds until its max_age is over.  One that can be fetched takes its place; while none can,
because the record or the policy host does not answer, it stays in force (RFC 8461 section 5.1).
"""

from __future__ import annotations

import msgspec

from mailpath.exchanges import Failure
from mailpath.facts import PolicyFetch, StsPolicy, Walk
from mailpath.judge.destination import Answer, answer
from mailpath.judge.posture import Posture
from mailpath.match import pkix, sts


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """`policy`: in force for this message; None: there is none, or it asks for nothing.

    `state`: "first-contact" when a policy was found, whatever its mode; "cached" when the sender had one.
    `unseen`: this sender would have fetched a policy that the walk did not; so it cannot be told.
    `waits`: it could not learn whether there is a policy, and does not send before it has.
    """

    policy: StsPolicy | None = None
    state: str | None = None
    unseen: bool = False
    waits: bool = False


def applied(walk: Walk, posture: Posture, cached: StsPolicy | None = None) -> Applied:
    """What the recipient domain's policy asks of this message.  `cached`: one the sender has, unexpired."""
    if not posture.sts:
        return Applied()
    policy, unseen = _fetched(walk, posture)
    if unseen:
        return Applied(unseen=True)
    if policy is None and cached is None:
        failed = walk.sts.txt is not None and answer(walk.sts.txt, posture) is Answer.ERROR
        return Applied(waits=failed and posture.sts_record_failure_waits)
    counts = cached is not None or posture.sts_on_first_contact
    newest = policy or cached
    in_force = newest if counts and newest is not None and _enforced(newest, posture) else None
    return Applied(policy=in_force, state="first-contact" if cached is None else "cached")


def published(walk: Walk, posture: Posture) -> StsPolicy | None:
    """The policy that this sender would have in its cache after this walk, whatever its mode."""
    return _fetched(walk, posture)[0] if posture.sts else None


def _enforced(policy: StsPolicy, posture: Posture) -> bool:
    return policy.mode == "enforce" or (policy.mode == "testing" and posture.sts_testing_enforced)


def _fetched(walk: Walk, posture: Posture) -> tuple[StsPolicy | None, bool]:
    """The policy as this sender finds it, and whether it would have found one that the walk did not."""
    facts = walk.sts
    if answer(facts.txt, posture) is not Answer.FOUND or facts.fetch is None:
        return None, False
    if sts.parse_txt(facts.texts, posture.sts_dialect).id is None:
        return None, False
    fetch = facts.fetch
    if _refused(walk, fetch, posture):
        return None, False
    if fetch.failure is Failure.CERTIFICATE or fetch.failure is Failure.NOT_RECORDED:
        return None, True
    if fetch.failure is not None or fetch.status != 200:
        return None, False
    return sts.parse_policy(fetch.body, fetch.content_type, posture.sts_dialect).policy, False


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
