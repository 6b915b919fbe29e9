"""DANE for every MX host (RFC 7672): TLS, a signed zone, TLSA records that fit.

Records are there before the DS record is: from then on every TLSA record counts, also one that fits nothing.
"""

from __future__ import annotations

from mailpath.facts import Security
from mailpath.plan import checks
from mailpath.plan.drafts import Drafting
from mailpath.plan.goals import serving, signing
from mailpath.plan.goals.stopped import Stopped
from mailpath.plan.goals.tlsa import (
    NEW_TTL,
    UNNAMED,
    USUAL,
    current_record,
    part_of,
    promised_record,
    stray_notes,
)
from mailpath.plan.model import Blocked, Result
from mailpath.plan.next_key import NextKey
from mailpath.plan.situation import HostNow, Situation
from mailpath.plan.world import Part, Rr

_WITHOUT = "MTA-STS needs only a public certificate of them: see the goal mta-sts."


_PUBLISH = "Publish a TLSA record of the key that each host shows."
_PUBLISH_UNSEEN = f"{_PUBLISH} Withdraw any others: once the zone above has the DS record, they count."


def draft(situation: Situation, key: NextKey) -> Drafting:
    """The steps.  `key`: what hosts show that have none yet.  Raises `Stopped`."""
    _look(situation)
    drafting = Drafting(situation)
    lacking = [each for each in situation.hosts if not each.live or not _signed(situation, each)]
    if not lacking and situation.secure_mx:
        raise Stopped(Result.ALREADY, "Every MX host has TLSA records that fit, in signed zones.")
    serving.refuse_theirs(
        situation,
        [
            each
            for each in situation.hosts
            if not each.own and (not each.live or not _signed(situation, each))
        ],
        "Its TLSA records, or its zone's signatures, are missing.",
        _WITHOUT,
    )
    serving.refuse_silent([each for each in lacking if not each.greets and not each.chains])
    for each in lacking:
        if not each.chains or not each.sound:
            serving.serve(drafting, each, serving.OFFER, serving.offer(each.name))
    zones = _zones(situation)
    signing.sign(drafting, zones)
    unseen = [each for each in lacking if not each.tlsa and not _signed(situation, each)]
    stale = [each for each in lacking if each.tlsa and not each.live]
    _publish(drafting, stale, "Replace what fits nothing", _PUBLISH, key)
    _publish(drafting, unseen, "Publish TLSA records", _PUBLISH_UNSEEN, key, alone=True)
    signing.publish_ds(drafting, zones)
    new = [each for each in lacking if not each.tlsa and each not in unseen]
    _publish(drafting, new, "Publish TLSA records", _PUBLISH, key)
    drafting.notes += stray_notes(stale)
    if any(not each.chains for each in lacking) and not key.spki:
        drafting.notes.append(UNNAMED)
    if unseen:
        drafting.notes.append(
            "In a zone that is not signed no sender looks TLSA records up, and so this walk saw none."
        )
    return drafting


def _look(situation: Situation) -> None:
    """Raises `Stopped` where nothing can be planned."""
    if not situation.hosts:
        raise Stopped(
            Result.BLOCKED,
            "There is no MX host that DANE could protect.",
            (Blocked(by=situation.recipient, why="It names no mail host."),),
        )
    serving.refuse_broken(situation)
    if situation.walk.mx.lookup.security is Security.INDETERMINATE:
        raise Stopped(Result.UNKNOWN, "It is unknown whether the zone is signed.")
    failing = [each for each in situation.hosts if each.failed]
    if failing:
        why = "The lookup of its TLSA records fails: see the goal repair first."
        blocked = tuple(Blocked(by=each.name, why=why) for each in failing)
        raise Stopped(Result.BLOCKED, "DNS is broken.", blocked)


def _zones(situation: Situation) -> list[str]:
    """The zones that have to be signed, the recipient's first."""
    owners = [situation.recipient, *(each.owner for each in situation.hosts if each.own)]
    return list(dict.fromkeys(situation.world.zone_of(each) for each in owners))


def _signed(situation: Situation, host: HostNow) -> bool:
    return signing.is_signed(situation.world, situation.world.zone_of(host.owner))


def _publish(
    drafting: Drafting, hosts: list[HostNow], title: str, what: str, key: NextKey, *, alone: bool = False
) -> None:
    """A record of the key that each of `hosts` shows; what fits nothing goes at the same time.  `alone`: so
    does what nobody has seen.
    """
    wanted: dict[Part, tuple[Rr, ...]] = {}
    for host in hosts:
        held = drafting.world.records(host.owner, "TLSA")
        ttl = min((each.ttl for each in held), default=NEW_TTL)
        made = current_record(host, USUAL, ttl) or promised_record(host, ttl, key)
        wanted[part_of(host)] = (made,)
    owners = [part.name for part in wanted] if alone else []
    drafting.set_records(
        wanted,
        title,
        what,
        check=" && ".join(checks.record_alone(each, "TLSA", drafting.world.zone_of(each)) for each in owners),
        whole=alone,
        undo=("Withdraw these records; a host may change its key once they have expired from caches.",),
    )
