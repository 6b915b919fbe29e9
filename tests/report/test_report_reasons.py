"""Reason, event, demand and facts of one verdict agree: the lab under every posture and message."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

import pytest

from mailpath.assess.tlsa import secure_set, tlsa_of, usable
from mailpath.facts import Found, Walk
from mailpath.judge import Attempt, Demand, DemandedBy, Event, Outcome, Posture, Verdict
from mailpath.judge.events import NOT_VERIFIED, REQUIRETLS, UNTOLD
from mailpath.judge.message_options import Message, MessageOptions
from mailpath.judge.model import DELIVERED
from mailpath.judge.posture import DaneUse, Level
from mailpath.judge.presets import PRESETS
from mailpath.judge.rules import deviations, rule_id, told
from mailpath.lab import scenarios
from mailpath.report.headline import cause
from mailpath.report.result import Result, build
from mailpath.report.sheet import Row, sheet

if TYPE_CHECKING:
    from conftest import Walks

#: What a level by itself asks of a session.
LEVELS = {
    Level.NONE: Demand.NONE,
    Level.MAY: Demand.MAY,
    Level.ENCRYPT: Demand.ENCRYPT,
    Level.VERIFY: Demand.AUTHENTICATE,
    Level.SECURE: Demand.AUTHENTICATE,
}
#: On whose account alone an event can be.
ONLY = {
    Event.TLSA_MISMATCH: DemandedBy.DANE,
    Event.TLSA_FAILED: DemandedBy.DANE,
    Event.DANE_UNKNOWN: DemandedBy.DANE,
    Event.TLSA_MISSING: DemandedBy.DANE,
    Event.TLSA_UNUSABLE: DemandedBy.DANE,
    Event.NOT_SECURE: DemandedBy.DANE,
    Event.HOST_NOT_SECURE: DemandedBy.DANE,
    Event.STS_MX_UNLISTED: DemandedBy.MTA_STS,
    Event.STS_UNREADABLE: DemandedBy.MTA_STS,
    **dict.fromkeys(REQUIRETLS, DemandedBy.REQUIRETLS),
}
#: DNS alone decided, or nothing is known: no session, so no demand on one.
BEFORE = {
    *UNTOLD,
    Event.MX_FAILED,
    Event.NULL_MX,
    Event.NO_ADDRESS,
    Event.NO_SUCH_DOMAIN,
    Event.MX_INVALID,
    Event.HOST_FAILED,
    Event.HOST_NOT_FOUND,
    Event.HOST_WITHOUT_ADDRESS,
    Event.HOST_INVALID,
    Event.HOST_IS_LITERAL,
    Event.LOOPS_BACK,
    Event.NO_HOST_FOUND,
    Event.SOME_HOST_FAILED,
    Event.STS_FAILED,
}


@cache
def rules_of(preset: str) -> set[str]:
    """In which it deviates."""
    return {rule_id(field) for field in deviations(PRESETS[preset])}


def contradictions(walk: Walk, posture: Posture, message: Message, each: Attempt | Verdict) -> Iterator[str]:
    """What in one verdict or attempt does not go together."""
    lax = message is Message.TLS_REQUIRED_NO
    by, demand, event, outcome = each.demanded_by, each.demand, each.event, each.outcome
    ends = {
        Event.SENT_TLS: {Outcome.ENCRYPTED, Outcome.AUTHENTICATED},
        Event.SENT_PLAIN: {Outcome.PLAINTEXT},
    }
    if (outcome in DELIVERED or event in ends) and outcome not in ends.get(event, ()):
        yield "a delivery has the event of one"
    if isinstance(each, Verdict) and (outcome is Outcome.UNKNOWN) is not (event in UNTOLD):
        yield "what is unknown says why"
    if (demand is None) is not (by is None) or (demand is None and event not in BEFORE):
        yield "a demand is somebody's, and every session has one"
    if event in ONLY and by is not ONLY[event]:
        yield "this is on another account"
    if outcome is Outcome.AUTHENTICATED and demand is not Demand.AUTHENTICATE:
        yield "nobody asked for that"
    if event is Event.STARTTLS_ABSENT and demand not in (Demand.ENCRYPT, Demand.AUTHENTICATE):
        yield "without a demand mail goes in the clear"
    if event in NOT_VERIFIED and demand is Demand.ENCRYPT:
        yield "nobody looks at this certificate"
    if outcome is Outcome.PLAINTEXT and (demand, each.cause is None) not in (
        (Demand.NONE, True),
        (Demand.MAY, False),
    ):
        yield "in the clear without TLS wanted, or with what kept it from TLS"
    if by is DemandedBy.DANE and (lax or (posture.dane is DaneUse.OFF and "dane" not in posture.unknown)):
        yield "this sender has no DANE"
    if by is DemandedBy.MTA_STS and (lax or not posture.sts or walk.sts.policy is None):
        yield "this sender has no policy"
    if by is DemandedBy.REQUIRETLS and message is not Message.REQUIRETLS:
        yield "the message does not ask for it"
    wanted = Demand.MAY if lax and posture.level is not Level.NONE else LEVELS[posture.level]
    if by is DemandedBy.LEVEL and demand is not wanted:
        yield "the level asks for something else"
    if not {*each.because} <= rules_of(posture.name):
        yield "this sender does not deviate there"


def _done(posture: Posture, rule: str) -> str:
    """What the rule makes the sender do, without the subject: a second rule's is "it"."""
    return told(posture, rule).casefold().removeprefix("this sender ")


def unsaid(row: Row, posture: Posture, verdict: Verdict) -> Iterator[str]:
    """Rules that decided, and that neither the attempt's line nor the answer tells."""
    for tried, shown in zip(verdict.attempts, row.attempts, strict=True):
        for rule in tried.because:
            if _done(posture, rule) not in shown.because.casefold():
                yield f"{rule} at {tried.host}"
    for rule in verdict.because:
        if _done(posture, rule) not in row.cause.casefold():
            yield rule


def untrue(result: Result, posture: Posture, verdict: Verdict) -> Iterator[str]:
    """Which words of the answer the facts belie."""
    walk, said = result.walk, cause(result, posture, verdict)
    hosts = [host for host in walk.mx.hosts if verdict.host in (host.name, host.canonical)]
    published = any(usable(secure_set(tlsa_of(walk, host.name))) for host in hosts)
    policy = walk.sts.policy
    enforced = policy is not None and policy.mode == "enforce"
    if "no usable TLSA" in said and published and verdict.demanded_by is not DemandedBy.DANE:
        yield said
    sets = [each for host in hosts for each in tlsa_of(walk, host.name).candidates]
    found = any(each.lookup.found is Found.FOUND for each in sets)
    if ("no usable TLSA" in said or "TLSA records are unsigned" in said) and not found:
        yield said
    absent = "no TLSA records," in said or "no signed TLSA records, " in said
    if absent and verdict.outcome is Outcome.ENCRYPTED and found:
        yield said
    if "no TLSA records that count" in said:
        yield said  # of no path of the lab is so little known
    if "no enforced MTA-STS policy" in said and enforced:
        yield said
    if "TLS-Required: No" in said and (
        result.sending.message is not Message.TLS_REQUIRED_NO or not (published or enforced)
    ):
        yield said
    if verdict.because and said in {each.message for each in result.findings}:
        yield said
    if "policy is enforced" in said and not enforced and verdict.demanded_by is not DemandedBy.MTA_STS:
        yield said


@pytest.mark.parametrize("name", [scenario.id for scenario in scenarios()])
def test_a_reason_names_what_decided(name: str, walks: Walks) -> None:
    walk = walks.of(name).walk
    wrong = set()
    for message in Message:
        sending = MessageOptions(message=message)
        usual = message is Message.ORDINARY
        result = walks.result(name) if usual else build(walk, PRESETS.values(), {}, sending=sending)
        rows = {row.name: row for row in sheet(result).rows}
        for posture in result.postures:
            verdict = result.verdicts[posture.name]
            ended: tuple[Verdict | Attempt, ...] = (verdict, *verdict.attempts)
            for each in ended:
                found = contradictions(walk, posture, message, each)
                wrong |= {(message.value, posture.name, each.event.value, what) for what in found}
            told = (*untrue(result, posture, verdict), *unsaid(rows[posture.name], posture, verdict))
            wrong |= {(message.value, posture.name, verdict.event.value, what) for what in told}
    assert wrong == set()


def test_a_certificate_that_has_expired_is_not_called_not_yet_valid(walks: Walks) -> None:
    expired = build(
        walks.of("cert-expired").walk, [PRESETS["postfix-verify"]], {}, deciding=["postfix-verify"]
    )
    assert cause(expired, expired.chosen, expired.verdict) == "its certificate has expired"
