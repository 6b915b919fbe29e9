"""Mail is refused now: the quickest way out, then the right one."""

from __future__ import annotations

from msgspec.structs import replace

from mailpath.facts import MxKind
from mailpath.judge import Outcome, judge
from mailpath.judge.presets import PRESETS
from mailpath.lab.grammar import Zone
from mailpath.match import sts as matching
from mailpath.plan import checks
from mailpath.plan.drafts import Draft, Drafting
from mailpath.plan.goals import serving, signing
from mailpath.plan.goals.mta_sts import listed
from mailpath.plan.goals.policies import LONG, SHORT, Policy, set_policy
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
from mailpath.plan.model import Blocked, Do, Result
from mailpath.plan.next_key import NextKey
from mailpath.plan.situation import HostNow, Situation
from mailpath.plan.world import FAULTS, Part, Rr

#: Senders that ask for nothing the recipient does not publish.
SENDERS = ("rfc", "postfix-may", "postfix-dane", "postfix-sts", "exim")
_REFUSED = (Outcome.DEFERRED, Outcome.BOUNCED)
_NO_HOST = {
    MxKind.NULL: "It says that it accepts no mail (a null MX, RFC 7505). If it should, publish an MX record.",
    MxKind.NONE: "It has neither an MX record nor an address: publish an MX record.",
}


def draft(situation: Situation) -> Drafting:
    """The steps.  Raises `Stopped`."""
    refusing = [name for name in SENDERS if judge(situation.walk, PRESETS[name]).outcome in _REFUSED]
    if not refusing:
        raise Stopped(Result.ALREADY, "No sender that goes by what is published is refused.")
    kind = situation.walk.mx.kind
    if kind in _NO_HOST:
        why = Blocked(by=situation.recipient, why=_NO_HOST[kind])
        raise Stopped(Result.BLOCKED, "There is no mail host to repair.", (why,))
    drafting = Drafting(situation)
    _zones(drafting)
    _servers_of_names(drafting)
    for host in situation.hosts:
        _answer(drafting, host)
    policy = situation.walk.sts.policy
    enforced = policy is not None and policy.mode == "enforce"
    mismatched = [each for each in situation.hosts if each.stray and not each.live]
    bad = [each for each in situation.hosts if not each.pkix or not each.sound]
    unlisted = [
        each for each in situation.hosts if policy is not None and not matching.lists(policy, each.name)
    ]
    for host in mismatched:
        _quick_tlsa(drafting, host)
    if enforced and (bad or unlisted):
        mode = "testing" if bad else "enforce"
        set_policy(
            drafting,
            Policy(mode, listed(situation), SHORT if bad else LONG),
            "Stop the policy from refusing mail" if bad else "List every host in the policy",
            f"Serve the policy with mode {mode} and every MX host.",
            phase="quick",
        )
    for host in mismatched:
        _right_tlsa(drafting, host)
    drafting.notes += stray_notes(mismatched)
    if enforced and bad:
        _right_policy(drafting, bad)
    if not drafting.drafts:
        why = Blocked(by=situation.recipient, why=judge(situation.walk, PRESETS[refusing[0]]).reason)
        raise Stopped(Result.BLOCKED, "No step is known that would end this.", (why,))
    return drafting


def _ours(drafting: Drafting, name: str, what: str) -> bool:
    """Whether `name` is the user's; otherwise its operator is to be asked, `what` says for what."""
    if drafting.situation.owns(name):
        return True
    raise Stopped(Result.BLOCKED, f"{name} is not yours to change.", (Blocked(by=name, why=what),))


# --- DNS -------------------------------------------------------------------------------------------


def _zones(drafting: Drafting) -> None:
    """Zones whose answers are bogus, or whose name servers do not answer."""
    for part in [part for part in drafting.world.parts if part.kind == "zone"]:
        name = part.name
        if _zone(drafting, name).ns != "real":
            _ours(drafting, name, "Its name servers do not answer. Ask its operator to mend them.")
            told = "Let the name servers answer", f"Let every name server of {name} answer."
            _mend(drafting, part, f"dns {name}", told, replace(_zone(drafting, name), ns="real"))
        held = _zone(drafting, name)
        lapsed = held.days is not None and not held.days[0] <= 0 <= held.days[1]
        if held.sec == "badds":
            _ours(drafting, name, "No DS record in the zone above fits its keys. Ask its operator.")
            told = (
                "Replace the DS record",
                f"Have the DS record of {name}'s present key-signing key published in place of the one that"
                " fits no key.",
            )
            _mend(drafting, part, f"registrar of {name}", told, replace(held, sec="signed", ds=None))
        elif held.sec == "expired" or lapsed or held.tamper:
            _ours(drafting, name, "Its signatures do not hold. Ask its operator to sign it again.")
            sec = "signed" if held.sec == "expired" else held.sec
            told = (
                "Sign the zone again",
                f"Sign {name} again, and let every name server load it. See why the signer stopped.",
            )
            _mend(drafting, part, f"dns {name}", told, replace(held, sec=sec, days=None, tamper=()))


def _zone(drafting: Drafting, name: str) -> Zone:
    return drafting.world.zone(name) or Zone()


def _mend(drafting: Drafting, part: Part, who: str, told: tuple[str, str], mended: Zone) -> None:
    title, what = told
    after = drafting.world.changed({part: mended})
    drafting.add(
        Draft(
            who=who,
            title=title,
            do=(Do(kind="publish", what=what),),
            parts={part: mended},
            settle=True,
            check=checks.zone_validates(part.name, secure=signing.is_signed(after, part.name)),
            delivers=True,
            undo=("There is nothing to go back to: no answer of before was of use.",),
            phase="quick",
        )
    )


def _servers_of_names(drafting: Drafting) -> None:
    """Name servers that fail some questions."""
    faults = drafting.world.parts.get(FAULTS, ())
    if not faults:
        return
    named = sorted({drafting.world.base.absolute(each.name) if each.name != "*" else "" for each in faults})
    zones = sorted({drafting.world.zone_of(name) if name else "" for name in named} - {""})
    for zone in zones:
        _ours(drafting, zone, "Its name servers fail some questions. Ask its operator.")
    types = ", ".join(sorted({each.type for each in faults}))
    where = ", ".join(zones) or drafting.situation.recipient
    drafting.add(
        Draft(
            who=f"dns {where}",
            title="Let the name servers answer",
            do=(
                Do(
                    kind="serve",
                    what=f"Let the name servers of {where}, and what filters before them, answer questions"
                    f" for {types}: with the records, or that there are none.",
                ),
            ),
            parts={FAULTS: ()},
            settle=True,
            delivers=True,
            undo=("There is nothing to go back to.",),
            phase="quick",
        )
    )


# --- hosts -----------------------------------------------------------------------------------------


def _answer(drafting: Drafting, host: HostNow) -> None:
    """A host that is not ready to take mail."""
    if host.greets or not host.servers:
        return
    _ours(drafting, host.name, "It does not accept mail. Ask its operator.")
    serving.serve(
        drafting,
        host,
        "Accept mail",
        f"Let {host.name} answer on port 25 and greet with 220.",
        delivers=True,
        phase="quick",
    )


def _quick_tlsa(drafting: Drafting, host: HostNow) -> None:
    """A record for the key of now, beside the others; where there is no TLS, no record."""
    _ours(drafting, host.name, "Its TLSA records fit nothing that it shows. Ask its operator.")
    held = drafting.world.records(host.owner, "TLSA")
    ttl = min((each.ttl for each in held), default=NEW_TTL)
    made = current_record(host, USUAL, ttl)
    drafting.set_records(
        {part_of(host): (*held, made) if made is not None else ()},
        "Publish the record of the key that is shown" if made is not None else "Withdraw the TLSA records",
        f"Publish a TLSA record of the key that {host.name} shows."
        if made is not None
        else f"Withdraw the TLSA records: {host.name} presents no certificate.",
        delivers=True,
        undo=("Withdraw it again." if made is not None else "Publish them again.",),
        phase="quick",
    )
    if made is not None:
        drafting.notes.append(
            f"If {host.name} still has the key that the records name, showing it again ends this at once."
        )


def _right_tlsa(drafting: Drafting, host: HostNow) -> None:
    """Only what fits; TLS where there was none."""
    wanted: tuple[Rr, ...]
    if host.chains:
        stale = {each.rr for each in host.stray}
        wanted = tuple(each for each in drafting.world.records(host.owner, "TLSA") if each not in stale)
        title, what = (
            "Withdraw the records that fit nothing",
            "Withdraw the TLSA records of keys that are not shown.",
        )
    else:
        serving.serve(drafting, host, serving.OFFER, serving.offer(host.name), phase="right")
        ttl = min((each.rr.ttl for each in host.tlsa if each.rr), default=NEW_TTL)
        drafting.notes.append(UNNAMED)
        wanted = (promised_record(host, ttl, NextKey()),)
        title, what = "Publish TLSA records", f"Publish a TLSA record of the key that {host.name} shows."
    drafting.set_records(
        {part_of(host): wanted},
        title,
        what,
        settle=not host.chains,
        undo=("Publish the records of before.",),
        phase="right",
    )


def _right_policy(drafting: Drafting, bad: list[HostNow]) -> None:
    """Certificates that the policy asks for, and then the policy again."""
    situation = drafting.situation
    theirs = [each for each in bad if not each.own]
    if theirs:
        drafting.blocked += [
            Blocked(by=each.name, why="Ask its operator for a certificate from a public CA; test until then.")
            for each in theirs
        ]
        return
    for host in bad:
        serving.certify(drafting, host, phase="right")
    set_policy(
        drafting,
        Policy("enforce", listed(situation), LONG),
        "Enforce the policy again",
        "Serve the policy with mode enforce.",
        phase="right",
    )
