"""The TLS report that a sender with a posture would have filed for this walk (RFC 8460 section 4).

One delivery, so one session with each MX host that was tried.  A session that ended before STARTTLS says
nothing about TLS and is not counted.  Policy domains are those of RFC 8460 section 1.1: the recipient
domain for MTA-STS, the TLSA base domain for DANE.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from mailpath.facts import StsPolicy, TlsaRecord, Walk
from mailpath.judge import Outcome, Posture, Verdict
from mailpath.judge.destination import Target, destination
from mailpath.judge.events import ENVELOPE, REQUIRETLS, UNTOLD, Event
from mailpath.judge.habits import Family
from mailpath.judge.message_options import USUAL, Message, MessageOptions
from mailpath.judge.model import Demand, DemandedBy
from mailpath.judge.policy import HostPolicy, host_policy
from mailpath.judge.posture import DaneUse
from mailpath.judge.requiretls import lax, strict
from mailpath.judge.sentences import Scene, say
from mailpath.judge.session import attempt
from mailpath.judge.sts import applied
from mailpath.match import dane
from mailpath.tickets.tlsrpt.check import PATTERN
from mailpath.tickets.tlsrpt.results import fetch_result, result_type
from mailpath.visible import visible
from mailpath.wording.times import DAY, rfc3339

#: Longest reason in a report, in characters.
REASON = 200

#: Endings of a session that never came to TLS, or was not held.
_BEFORE_TLS = frozenset(
    {
        *UNTOLD,
        Event.CONNECT_FAILED,
        Event.GREETING_REFUSED,
        Event.GREETING_LOST,
        Event.EHLO_LOST,
        Event.EHLO_REFUSED,
    }
)
#: Endings of a session in which TLS itself worked.
_IN_TLS = frozenset({Event.SENT_TLS, Event.TLS_EHLO_REFUSED})

#: What a message asks for, as the posture that does it (RFC 8689).
_ASKED: Mapping[Message, Callable[[Posture], Posture]] = {
    Message.ORDINARY: lambda posture: posture,
    Message.REQUIRETLS: strict,
    Message.TLS_REQUIRED_NO: lax,
}


class Count(msgspec.Struct, kw_only=True):
    """One entry of `policies` while it is counted.  `failures`: failure-details."""

    policy: dict[str, Any]
    successful: int = 0
    failures: list[dict[str, Any]] = []


def build(
    walk: Walk,
    posture: Posture,
    *,
    contact: str,
    at: int | None = None,
    organization: str = "",
    sending_mta_ip: str | None = None,
    sending: MessageOptions = USUAL,
) -> dict[str, Any]:
    """The report as a JSON object.

    `contact`: mail address of whoever files it; `organization`: their name, else the contact's domain;
    `at`: Unix time of the delivery (default: the walk's), whose UTC day the report covers; `sending_mta_ip`:
    left out where it is None; `sending`: what the message asked for, and the policy that its sender held.
    A posture with fields that its source is silent on reports with the first
    of their possible values.
    """
    moment = walk.at if at is None else at
    start = moment // DAY * DAY
    name = organization or contact.rpartition("@")[2]
    known = {field: values[0] for field, values in posture.unknown.items()}
    concrete = posture.changed(**known)
    domain = visible(walk.path.recipient)
    seed = f"{name}/{contact}/{domain}/{posture.name}/{rfc3339(moment)}"
    return {
        "organization-name": name,
        "date-range": {"start-datetime": rfc3339(start), "end-datetime": rfc3339(start + DAY - 1)},
        "contact-info": contact,
        # The policies of DANE name mail hosts alone: this tells whose they are.
        "report-id": f"{uuid.uuid5(uuid.NAMESPACE_URL, seed)}_{domain}",
        "policies": [_policy(count) for count in _counts(walk, concrete, sending, sending_mta_ip)],
    }


def empty(report: dict[str, Any]) -> bool:
    """It counts no session: nobody files that."""
    return not any(count for entry in report["policies"] for count in entry["summary"].values())


def encode(report: dict[str, Any]) -> bytes:
    """The report as I-JSON (RFC 7493), as RFC 8460 section 4.4 has it; ends with a newline."""
    return json.dumps(report, indent=2, ensure_ascii=True).encode() + b"\n"


def _policy(count: Count) -> dict[str, Any]:
    failed = sum(detail["failed-session-count"] for detail in count.failures)
    made: dict[str, Any] = {
        "policy": count.policy,
        "summary": {
            "total-successful-session-count": count.successful,
            "total-failure-session-count": failed,
        },
    }
    if count.failures:
        made["failure-details"] = count.failures
    return made


# --- sessions --------------------------------------------------------------------------------------


def _counts(walk: Walk, posture: Posture, sending: MessageOptions, ip: str | None) -> list[Count]:
    """The entries, in the order in which their policies were met."""
    counts: dict[tuple[str, str], Count] = {}

    def entry(policy: dict[str, Any]) -> Count:
        key = (policy["policy-type"], policy["policy-domain"])
        return counts.setdefault(key, Count(policy=policy, failures=[]))

    fetched = fetch_result(walk, posture)
    if fetched is not None:
        kind, reason = fetched
        entry(_sts(walk, None)).failures.append(_detail(kind, reason, None, ip))
    cached = sending.cached(walk, posture)
    verdict = sending.verdict(walk, posture)
    posture = _ASKED[sending.message](posture)
    for seen in _seen(walk, posture, verdict, cached):
        if seen.event in _BEFORE_TLS or seen.policy.demand is Demand.NONE:
            continue
        described = _described(walk, posture, seen, cached)
        if described is None:
            if fetched is not None:
                continue
            described = _none(walk)
        count = entry(described)
        secret = seen.event in _IN_TLS or (seen.event in ENVELOPE and seen.tls)
        if secret and _unusable(walk, seen.policy):
            # Encrypted all the same, but not as the domain asked (RFC 7672 section 2.2).
            count.failures.append(_detail("tlsa-invalid", "no TLSA record is usable", seen.target, ip))
        elif secret:
            count.successful += 1
        else:
            kind = result_type(seen.event, seen.cause, seen.policy.by)
            reason = visible(seen.why or _words(walk, seen.target, seen.event), limit=REASON)
            count.failures.append(_detail(kind, reason, seen.target, ip))
    failed = destination(walk.mx, posture).event is Event.MX_FAILED
    # Where the verdict is unknown, the look-up failed on this side: nothing is known of the recipient.
    if failed and posture.dane is not DaneUse.OFF and verdict.outcome is not Outcome.UNKNOWN:
        reason = visible(walk.mx.lookup.reason or "the MX records could not be looked up", limit=REASON)
        unsigned = {"policy-type": "tlsa", "policy-domain": visible(walk.path.recipient)}
        entry(unsigned).failures.append(_detail("dnssec-invalid", reason, None, ip))
    return list(counts.values()) or [Count(policy=_none(walk))]


class Seen(msgspec.Struct, frozen=True):
    """How a session ended under one of the demands on it; `tls`: there was TLS."""

    target: Target
    policy: HostPolicy
    event: Event
    cause: Event | None
    why: str
    tls: bool


def _seen(walk: Walk, posture: Posture, verdict: Verdict, cached: StsPolicy | None) -> Iterator[Seen]:
    """Each session that the verdict tells of; apart from it how a second demand on it fared, and what a
    policy in testing mode would make of it (RFC 8461 section 5: it is reported on, and not enforced).
    """
    found = applied(walk, posture, cached)
    testing = _testing(walk, posture) if found.policy is None else None
    targets = list(destination(walk.mx, posture).targets)
    for each in verdict.attempts:
        target = _target(targets, each.host, each.address)
        if target is None:
            continue
        policy = host_policy(walk, posture, target, found.policy)
        demands = [msgspec.structs.replace(policy, also_required=None), *filter(None, [policy.also_required])]
        if testing is not None:
            bare = posture.changed(dane=DaneUse.OFF, sts_testing_enforced=True)
            demands = [kept for kept in demands if kept.by is DemandedBy.DANE]
            demands.append(host_policy(walk, bare, target, testing))
        for demand in demands:
            if demand.by is each.demanded_by:
                event = each.cause if each.event in REQUIRETLS and each.cause is not None else each.event
                yield Seen(target, demand, event, each.cause, each.why, each.tls_version is not None)
            elif demand.skip is not None:
                yield Seen(target, demand, demand.skip, None, "", False)
            else:
                ending = attempt(walk, posture, target, demand, verdict.after_retry)
                tls = ending.session is not None and ending.session.tls is not None
                yield Seen(target, demand, ending.event, ending.cause, ending.why, tls)


def _testing(walk: Walk, posture: Posture) -> StsPolicy | None:
    enforcing = posture.changed(sts_testing_enforced=True, sts_on_first_contact=True)
    return applied(walk, enforcing).policy


def _target(targets: list[Target], host: str, address: str | None) -> Target | None:
    """The target of an attempt; one that was skipped has a host and no address."""
    for target in targets:
        names = {target.host.name, target.host.canonical}
        if target.address is not None and host in names and address in (None, target.address):
            return target
    return None


# --- policies --------------------------------------------------------------------------------------


def _described(walk: Walk, posture: Posture, seen: Seen, cached: StsPolicy | None) -> dict[str, Any] | None:
    """The policy that was in force for a session, as the report names it; None: there was none."""
    if seen.policy.by is DemandedBy.MTA_STS:
        return _sts(walk, applied(walk, posture, cached).policy or _testing(walk, posture))
    if seen.policy.by is DemandedBy.DANE:
        return _tlsa(walk, seen.policy.base or seen.target.host.canonical)
    return None


def _sts(walk: Walk, policy: StsPolicy | None) -> dict[str, Any]:
    made: dict[str, Any] = {"policy-type": "sts", "policy-domain": visible(walk.path.recipient)}
    if policy is not None:
        made["policy-string"] = [
            f"version: {visible(policy.version)}",
            f"mode: {visible(policy.mode)}",
            *(f"mx: {visible(pattern)}" for pattern in policy.mx),
            f"max_age: {policy.max_age}",
        ]
        made["mx-host"] = [pattern for pattern in policy.mx if PATTERN.match(pattern)]
    return made


def _unusable(walk: Walk, policy: HostPolicy) -> bool:
    """There are TLSA records, and none of a kind that mail can use."""
    records = _records(walk, policy.base) if policy.demand is Demand.ENCRYPT else ()
    return bool(records) and all(dane.unusable(record) for record in records)


def _records(walk: Walk, base: str) -> tuple[TlsaRecord, ...]:
    return next(
        (
            candidate.records
            for host in walk.tlsa.hosts
            for candidate in host.candidates
            if candidate.base == base and candidate.records
        ),
        (),
    )


def _tlsa(walk: Walk, base: str) -> dict[str, Any]:
    records = _records(walk, base)
    made: dict[str, Any] = {"policy-type": "tlsa", "policy-domain": visible(base)}
    if records:
        made["policy-string"] = [
            f"{record.usage} {record.selector} {record.mtype} {record.data.hex()}" for record in records
        ]
    return made


def _words(walk: Walk, target: Target, event: Event) -> str:
    """The event in the plain words of the ideal sender."""
    scene = Scene(
        domain=visible(walk.path.recipient), host=visible(target.host.name), address=target.address or ""
    )
    return say(Family.RFC, event, scene)


def _none(walk: Walk) -> dict[str, Any]:
    return {"policy-type": "no-policy-found", "policy-domain": visible(walk.path.recipient)}


def _detail(kind: str, reason: str, target: Target | None, ip: str | None) -> dict[str, Any]:
    made: dict[str, Any] = {"result-type": kind}
    if ip is not None:
        made["sending-mta-ip"] = ip
    if target is not None:
        made["receiving-mx-hostname"] = visible(target.host.name)
        if target.address is not None:
            made["receiving-ip"] = target.address
    made["failed-session-count"] = 1
    if reason:
        made["failure-reason-code"] = reason
    return made
