"""The MTA-STS policy as one sender reads it: at first contact, or with one cached (RFC 8461, 3 and 5).

A cached policy holds until its max_age is over.  One that can be fetched takes its place; while none can,
because the record or the policy host does not answer, it stays in force (RFC 8461 section 5.1).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mailpath.assess.faults import policy_lost
from mailpath.exchanges import Failure
from mailpath.facts import PolicyFetch, StsPolicy, Walk
from mailpath.judge.destination import Answer, answer
from mailpath.judge.events import Event
from mailpath.judge.model import Untold
from mailpath.judge.patience import gave_up_on_policy
from mailpath.judge.posture import Posture
from mailpath.judge.sentences import shown
from mailpath.match import pkix, sts, sts_dialects, sts_record


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """`policy`: in force for this message; None: there is none, or it asks for nothing.

    `state`: "first-contact" when a policy was found, whatever its mode; "cached" when the sender had one.
    `not_recorded`: why a policy that this sender would fetch was not seen, so that none can tell; or None.
    `policy` is then the one that it has from before.
    `deferred_by_lookup`: it could not learn whether there is a policy, and does not send before it has.
    `deferred_by_fetch`: the same, as the policy host does not answer in time.
    `newest`: the policy that it knows, whatever its mode; `failed`: it knows of none, as the lookup failed.
    """

    policy: StsPolicy | None = None
    state: str | None = None
    not_recorded: Untold | None = None
    deferred_by_lookup: bool = False
    deferred_by_fetch: bool = False
    newest: StsPolicy | None = None
    failed: bool = False


#: Enhanced status code where that lookup fails and the mail waits (RFC 3463 section 3.5).
LOOKUP_FAILED = "4.4.3"


def explain_failed_lookup(walk: Walk) -> str:
    """Why mail waits that does so until it is known whether there is a policy, as a clause."""
    return f"the MTA-STS record of {shown(walk.path.recipient)} could not be looked up"


def applied(walk: Walk, posture: Posture, cached: StsPolicy | None = None) -> Applied:
    """What the recipient domain's policy asks of this message.  `cached`: one the sender has, unexpired."""
    if not posture.sts:
        return Applied()
    policy, unseen = _fetched(walk, posture)
    counts = cached is not None or posture.agent.sts_on_first_contact
    lost = shown(policy_lost(walk))
    if lost and cached is None:
        unseen = unseen or f"it is unknown whether there is an MTA-STS policy: {lost}"
    if unseen and counts:
        held = cached if cached is not None and _enforced(cached, posture) else None
        return Applied(policy=held, newest=cached, not_recorded=Untold(Event.POLICY_UNSEEN, unseen))
    if policy is None and cached is None and _stalled(walk, posture):
        return Applied(deferred_by_fetch=True)
    if policy is None and cached is None:
        failed = walk.sts.txt is not None and answer(walk.sts.txt, posture) is Answer.ERROR
        return Applied(deferred_by_lookup=failed and posture.agent.defer_on_sts_lookup_error, failed=failed)
    newest = policy or cached
    in_force = newest if counts and newest is not None and _enforced(newest, posture) else None
    state = "first-contact" if cached is None else "cached"
    return Applied(policy=in_force, newest=newest, state=state)


def explain_stalled_fetch(walk: Walk) -> str:
    """Why mail waits that does so until the policy host has answered, as a clause."""
    return f"the MTA-STS policy of {shown(walk.path.recipient)} did not come in time"


def _stalled(walk: Walk, posture: Posture) -> bool:
    """Does this sender wait for a policy that did not come in time?"""
    fetch = walk.sts.fetch
    stalled = fetch is not None and fetch.failure is Failure.TIMEOUT
    return stalled and posture.agent.defer_on_slow_policy


def might_apply(walk: Walk, applied: Applied) -> Iterator[Applied]:
    """What else may be in force where the policy was not seen: none; one that lists every host, or none of
    them.
    """
    names = tuple(host.name for host in walk.mx.hosts if host.form == "name")
    policies: list[StsPolicy | None] = [None] if applied.policy is not None else []
    policies += [StsPolicy(mode="enforce", mx=mx, max_age=86400) for mx in (names, ("mail.invalid",))]
    for policy in policies:
        yield msgspec.structs.replace(applied, policy=policy, newest=policy)


def fetched_policy(walk: Walk, posture: Posture) -> StsPolicy | None:
    """The policy that this sender would have in its cache after this walk, whatever its mode."""
    return _fetched(walk, posture)[0] if posture.sts else None


def _enforced(policy: StsPolicy, posture: Posture) -> bool:
    return policy.mode == "enforce" or (policy.mode == "testing" and posture.sts_testing_enforced)


def _fetched(walk: Walk, posture: Posture) -> tuple[StsPolicy | None, str]:
    """The policy as this sender finds it, and why the walk did not see one that it would find, or ""."""
    facts = walk.sts
    if answer(facts.txt, posture) is not Answer.FOUND or facts.fetch is None:
        return None, ""
    if sts_record.parse_txt(facts.texts, posture.agent.sts_parsing).id is None:
        return None, ""
    fetch = facts.fetch
    if _refused(walk, fetch, posture):
        return None, ""
    if fetch.failure is Failure.CERTIFICATE or fetch.failure is Failure.NOT_RECORDED:
        return None, "the MTA-STS policy was not fetched, because the policy host's certificate is refused"
    if fetch.failure is Failure.NOT_TRIED:
        return None, f"the MTA-STS policy was not fetched: {shown(fetch.detail)}"
    parsing = posture.agent.sts_parsing
    enough = fetch.failure is Failure.TOO_LARGE and (parsing.cuts or parsing.most > sts_dialects.MAX_POLICY)
    if (fetch.failure is not None and not enough) or fetch.status != 200:
        return None, gave_up_on_policy(walk, posture)
    return sts.parse_policy(fetch.body, fetch.content_type, parsing).policy, ""


def _refused(walk: Walk, fetch: PolicyFetch, posture: Posture) -> bool:
    """Is the policy host's certificate refused by this sender?"""
    if not fetch.chain:
        return fetch.verify_error is not None
    why = pkix.check_policy_host(
        fetch.chain, fetch.host, walk.roots, walk.at, allow_cn=posture.agent.sts_parsing.cn_only
    )
    return why is not None


def listed(policy: StsPolicy, host: str, posture: Posture) -> bool:
    """Does the policy name this MX host (RFC 8461 section 4.1)?"""
    return any(sts.mx_matches(pattern, host, posture.agent.sts_parsing) for pattern in policy.mx)
