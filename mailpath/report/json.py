"""The report as one JSON object, and its JSON Schema.

The schema ships as `schema.json` beside this file; `scripts/schema.py` writes it from these records.
Bytes are base64.  Times of day are RFC 3339 in UTC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from mailpath import facts
from mailpath.facts import Status, StepResult
from mailpath.findings import Severity
from mailpath.judge import Attempt, Demand, DemandedBy, Event, Mechanism, Outcome, Verdict
from mailpath.judge.requiretls import announcing
from mailpath.judge.sending import Message
from mailpath.report.attacks import reach
from mailpath.report.contents import not_tried, trusts
from mailpath.report.headline import verdict_sentence
from mailpath.report.result import Result, steps, verdict_step
from mailpath.visible import visible
from mailpath.wording.times import rfc3339

if TYPE_CHECKING:
    from mailpath.whatif import AttackOutcome, Reach, Summary

SCHEMA = 2
#: RFC 3339 in UTC.
_RFC3339 = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"
Moment = Annotated[str, msgspec.Meta(pattern=_RFC3339)]
SCHEMA_ID = f"urn:mailpath:report:{SCHEMA}"


class Step(msgspec.Struct, frozen=True, kw_only=True, tag_field="id"):
    """One panel.  `elapsed_ms`: null where nobody measured.  `evidence`: the step's fact record."""

    status: Status
    word: str
    summary: str
    elapsed_ms: float | None


class SenderStep(Step, frozen=True, kw_only=True, tag="sender"):
    evidence: facts.SenderFacts


class MxStep(Step, frozen=True, kw_only=True, tag="mx"):
    evidence: facts.MxFacts


class DnssecStep(Step, frozen=True, kw_only=True, tag="dnssec"):
    evidence: facts.DnssecFacts


class StsStep(Step, frozen=True, kw_only=True, tag="mta-sts"):
    evidence: facts.StsFacts


class TlsaStep(Step, frozen=True, kw_only=True, tag="tlsa"):
    evidence: facts.TlsaFacts


class StarttlsStep(Step, frozen=True, kw_only=True, tag="starttls"):
    evidence: facts.StarttlsFacts


class JudgedAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """One MX host tried, in order.

    `event`: what ended the attempt.  `demand`: what the session had to be, and `demanded_by`: on whose
    account; null where it never came to that.  `because`: ids of the posture's rules (docs/deviations.md)
    for which it ended otherwise than the RFCs' sender would have had it.
    """

    host: str
    address: str | None
    outcome: Outcome
    reason: str
    status_code: str | None
    event: Event
    demand: Demand | None
    demanded_by: DemandedBy | None
    because: tuple[str, ...]


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What one posture does with the mail.  `possible`: the outcomes where `outcome` is unknown.

    `event` to `because`: those of the attempt that decided; `because` of the whole verdict.  `tls_field`:
    null, until a log's own field for the TLS session is told.
    """

    outcome: Outcome
    possible: tuple[Outcome, ...]
    tls_word: str | None
    host: str | None
    address: str | None
    mechanism: Mechanism
    after_retry: bool
    policy_state: str | None
    status_code: str | None
    reason: str
    event: Event
    demand: Demand | None
    demanded_by: DemandedBy | None
    because: tuple[str, ...]
    tls_field: str | None
    attempts: tuple[JudgedAttempt, ...]


class VerdictStep(Step, frozen=True, kw_only=True, tag="verdict"):
    """`evidence`: the verdict of the posture that decides."""

    evidence: Judged


class Attacked(msgspec.Struct, frozen=True, kw_only=True):
    """What one attack makes of one posture's verdict.

    `attacker_reads`: for certain; `may_read`: for certain, or it cannot be excluded.  `if_policy_cached`: for
    a sender that has the MTA-STS policy from before; `if_first_contact`: for one that has not, where
    `policy_age` says that this sender has.
    """

    outcome: Outcome
    host: str | None
    attacker_reads: bool
    may_read: bool
    if_policy_cached: Outcome | None
    if_first_contact: Outcome | None


class Reads(msgspec.Struct, frozen=True, kw_only=True):
    """Who can read the mail, after the whole catalogue; null: it cannot be told, or there is none.

    `cheapest`: the attack that works (or may), null where listening is enough or none does.
    """

    listener: bool | None
    attacker: bool | None
    cheapest: str | None
    attacker_if_policy_cached: bool | None
    cheapest_if_policy_cached: str | None
    sentence: str


class Walked(msgspec.Struct, frozen=True, kw_only=True):
    """When, from where and through which resolver the exchanges were held."""

    made: Moment
    ehlo: str
    resolver: str


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One finding."""

    code: Annotated[str, msgspec.Meta(pattern="^(SND|MX|SEC|STS|RPT|TLSA|TLS)[0-9]{3}$")]
    severity: Severity
    subject: str
    message: str


AnyStep = SenderStep | MxStep | DnssecStep | StsStep | TlsaStep | StarttlsStep | VerdictStep


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The whole report.

    `replayed`: it is of a capture; what that claims (`walked`, what servers answered) is as it says.
    `anchor`: whether the trust anchor is IANA's.  `roots`: whether every root that a chain hangs on is among
    this machine's or certifi's.  `dialled`: somebody was asked elsewhere than at the published address.
    `lab`: the answers are the lab's, or the capture says so.  `evidence_trusted`: false for a replay whose
    anchor, or whose roots that the verdict hangs on, are neither known here nor given by this user.
    `stands_on`: all of that in sentences.

    `message`: what the message asks for (RFC 8689).  `policy_age`: seconds since the sender fetched the
    MTA-STS policy, null at first contact.  `announces_requiretls`: the MX hosts that do, in path order.
    """

    schema: Annotated[int, msgspec.Meta(ge=SCHEMA, le=SCHEMA)] = SCHEMA
    mailpath: str
    replayed: bool
    anchor: Literal["iana", "own"]
    roots: Literal["known", "own"]
    dialled: bool
    lab: bool
    evidence_trusted: bool
    stands_on: tuple[str, ...]
    sender: str | None
    recipient: str
    at: Moment
    posture: str
    message: Message
    policy_age: int | None
    announces_requiretls: tuple[str, ...]
    steps: Annotated[tuple[AnyStep, ...], msgspec.Meta(min_length=7, max_length=7)]
    findings: tuple[Found, ...]
    verdicts: dict[str, Judged]
    attacks: dict[str, dict[str, Attacked]]
    reads: dict[str, Reads]
    walked: Walked
    not_tried: tuple[str, ...]


_STEPS = (
    (SenderStep, "sender", "sender"),
    (MxStep, "mx", "mx"),
    (DnssecStep, "dnssec", "dnssec"),
    (StsStep, "mta-sts", "sts"),
    (TlsaStep, "tlsa", "tlsa"),
    (StarttlsStep, "starttls", "starttls"),
)


def standing(result: Result) -> dict[str, Any]:
    """What the trust in `result` rests on, as `Report` has it."""
    found = result.provenance
    return {
        "replayed": found.replayed,
        "anchor": found.anchor,
        "roots": found.roots,
        "dialled": bool(found.dialled) or (found.lab and not found.replayed),
        "lab": found.lab,
        "evidence_trusted": not result.doubt,
        "stands_on": trusts(result),
    }


def report(result: Result) -> Report:
    """`result` as the records that JSON is made of."""
    walk = result.walk
    lines = {step.id: step for step in steps(result)}
    return Report(
        mailpath=result.mailpath,
        **standing(result),
        sender=walk.path.sender,
        recipient=walk.path.recipient,
        at=rfc3339(result.at),
        posture=result.posture,
        message=result.sending.message,
        policy_age=result.sending.policy_age,
        announces_requiretls=announcing(walk),
        steps=(*(_step(result, lines, *each) for each in _STEPS), _verdict_step(result)),
        findings=tuple(
            Found(code=each.code, severity=each.severity, subject=each.subject, message=each.message)
            for each in result.findings
        ),
        verdicts={name: _judged(verdict) for name, verdict in result.verdicts.items()},
        attacks={
            name: {attack: _attacked(found) for attack, found in tried.items()}
            for name, tried in result.attacks.items()
        },
        reads={name: _reads(result, summary) for name, summary in result.summaries.items()},
        walked=Walked(
            made=rfc3339(result.made),
            ehlo=visible(walk.sender.ehlo),
            resolver=visible(walk.resolver),
        ),
        not_tried=not_tried(result),
    )


def render(result: Result) -> bytes:
    """The report as indented JSON, UTF-8, ending with a newline."""
    return msgspec.json.format(msgspec.json.encode(report(result)), indent=2) + b"\n"


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of `render`."""
    made: dict[str, Any] = _tidy(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": SCHEMA_ID,
            **msgspec.json.schema(Report),
        }
    )
    return made


def _tidy(part: Any) -> Any:
    """Descriptions come from docstrings: their line ends are the source's, not the reader's."""
    if isinstance(part, dict):
        return {
            key: " ".join(value.split()) if key == "description" and isinstance(value, str) else _tidy(value)
            for key, value in part.items()
        }
    return [_tidy(each) for each in part] if isinstance(part, list) else part


def _step(result: Result, lines: dict[str, StepResult], kind: Any, name: str, attribute: str) -> AnyStep:
    line = lines[name]
    made: AnyStep = kind(
        status=line.status,
        word=line.word,
        summary=line.summary,
        elapsed_ms=_elapsed(result, name),
        evidence=getattr(result.walk, attribute),
    )
    return made


def _verdict_step(result: Result) -> VerdictStep:
    line = verdict_step(result, verdict_sentence(result))
    return VerdictStep(
        status=line.status,
        word=line.word,
        summary=line.summary,
        elapsed_ms=_elapsed(result, "verdict"),
        evidence=_judged(result.verdict),
    )


def _elapsed(result: Result, step: str) -> float | None:
    elapsed = result.elapsed.get(step)
    return None if elapsed is None else round(elapsed, 1)


def _judged(verdict: Verdict) -> Judged:
    return Judged(
        outcome=verdict.outcome,
        possible=verdict.possible,
        tls_word=verdict.tls_word,
        host=verdict.host,
        address=verdict.address,
        mechanism=verdict.mechanism,
        after_retry=verdict.after_retry,
        policy_state=verdict.policy_state,
        status_code=verdict.status_code,
        reason=verdict.reason,
        event=verdict.event,
        demand=verdict.demand,
        demanded_by=verdict.demanded_by,
        because=verdict.because,
        tls_field=None,
        attempts=tuple(_attempt(attempt) for attempt in verdict.attempts),
    )


def _attacked(found: AttackOutcome) -> Attacked:
    return Attacked(
        outcome=found.outcome,
        host=found.host,
        attacker_reads=found.attacker_reads,
        may_read=found.may_read,
        if_policy_cached=found.if_policy_cached,
        if_first_contact=found.if_first_contact,
    )


def _reads(result: Result, summary: Summary) -> Reads:
    cached = summary.active_if_cached
    return Reads(
        listener=summary.listener,
        attacker=summary.active.can,
        cheapest=_cheapest(summary.active),
        attacker_if_policy_cached=cached.can if cached is not None else None,
        cheapest_if_policy_cached=_cheapest(cached) if cached is not None else None,
        sentence=reach(result, summary.posture),
    )


def _cheapest(reached: Reach) -> str | None:
    return reached.cheapest.attack if reached.cheapest is not None else None


def _attempt(attempt: Attempt) -> JudgedAttempt:
    return JudgedAttempt(
        host=attempt.host,
        address=attempt.address,
        outcome=attempt.outcome,
        reason=attempt.reason,
        status_code=attempt.status_code,
        event=attempt.event,
        demand=attempt.demand,
        demanded_by=attempt.demanded_by,
        because=attempt.because,
    )
