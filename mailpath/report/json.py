"""The report as one JSON object, and its JSON Schema.

The schema ships as `schema.json` beside this file; `scripts/schema.py` writes it from these records.
Bytes are base64.  Times of day are RFC 3339 in UTC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

import msgspec

from mailpath.facts import STEPS, WALKED, Panel, Status, StepResult
from mailpath.facts.findings import ServedFile
from mailpath.findings import Severity
from mailpath.findings.catalogue import PREFIXES
from mailpath.judge import Demand, DemandedBy, Event, Mechanism, Outcome, Verdict
from mailpath.judge.message_options import Message
from mailpath.judge.requiretls import announcing
from mailpath.report.attacks import reach
from mailpath.report.contents import not_tried, trusts
from mailpath.report.headline import verdict_sentence
from mailpath.report.panels import explain
from mailpath.report.result import Result, steps, verdict_step
from mailpath.steps.registry import REGISTRY, facts_of
from mailpath.visible import visible
from mailpath.wording.times import rfc3339

if TYPE_CHECKING:
    from mailpath.whatif import Reach, Summary

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


class JudgedAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """One MX host tried, in order.

    `event`: what ended the attempt.  `demand`: what the session had to be, and `demanded_by`: on whose
    account; null where it never came to that.  `because`: ids of the posture's rules (docs/deviations.md)
    for which it ended otherwise than the RFCs' sender would have had it.  `tls_field`: what this server's
    delivery log says behind `tls=`; null where its log has no such field, or says nothing there.
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
    tls_field: str | None = None


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What one posture does with the mail.  `possible`: the outcomes where `outcome` is unknown.

    `event` to `tls_field`: those of the attempt that decided; `because` of the whole verdict.  `measured`:
    whether the posture was held against the server itself; false: it is what documents say; null: it is no
    server's.
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
    tls_field: str | None = None
    measured: bool | None = None
    attempts: tuple[JudgedAttempt, ...]


class VerdictStep(Step, frozen=True, kw_only=True, tag="verdict"):
    """`evidence`: the verdict of the posture that decides."""

    evidence: Judged


def _record(panel: Panel) -> Any:
    """`Step` with the facts of this one as its evidence."""
    return msgspec.defstruct(
        f"{(panel.module or panel.id).title()}Step",
        [("evidence", REGISTRY[panel.id].facts)],
        bases=(Step,),
        module=__name__,
        frozen=True,
        kw_only=True,
        tag=panel.id,
    )


_RECORDS = {**{panel.id: _record(panel) for panel in WALKED}, "verdict": VerdictStep}


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
    """One finding.  `fix`: what to do; `records`: the lines of a zone file, `file`: the file to serve, that
    it speaks of.
    """

    code: Annotated[str, msgspec.Meta(pattern=f"^({'|'.join(PREFIXES)})[0-9]{{3}}$")]
    severity: Severity
    subject: str
    message: str
    fix: str
    records: tuple[str, ...]
    file: ServedFile | None


AnyStep: Any = Union[tuple(_RECORDS.values())]  # noqa: UP007 - known at run time only


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
    steps: Annotated[tuple[AnyStep, ...], msgspec.Meta(min_length=len(STEPS), max_length=len(STEPS))]
    findings: tuple[Found, ...]
    verdicts: dict[str, Judged]
    attacks: dict[str, dict[str, Attacked]]
    reads: dict[str, Reads]
    walked: Walked
    not_tried: tuple[str, ...]


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
    verdicts = {
        each.name: _judged(result.verdicts[each.name], None if each.measured is None else bool(each.measured))
        for each in result.postures
    }
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
        steps=(
            *(_step(result, line, facts_of(line.id, walk)) for line in steps(result)),
            _step(result, verdict_step(result, verdict_sentence(result)), verdicts[result.posture]),
        ),
        findings=msgspec.convert(
            tuple(map(explain, result.findings)), tuple[Found, ...], from_attributes=True
        ),
        verdicts=verdicts,
        attacks=msgspec.convert(result.attacks, dict[str, dict[str, Attacked]], from_attributes=True),
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
    """The JSON Schema of `render`."""
    return schema_of(Report, SCHEMA_ID)


def schema_of(record: type[msgspec.Struct], name: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a record, called `name`."""
    made: dict[str, Any] = _tidy(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": name,
            **msgspec.json.schema(record),
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


def _step(result: Result, line: StepResult, evidence: object) -> Step:
    elapsed = result.elapsed.get(line.id)
    made: Step = _RECORDS[line.id](
        status=line.status,
        word=line.word,
        summary=line.summary,
        elapsed_ms=None if elapsed is None else round(elapsed, 1),
        evidence=evidence,
    )
    return made


def _judged(verdict: Verdict, measured: bool | None) -> Judged:
    told = msgspec.convert(verdict, Judged, from_attributes=True)
    return msgspec.structs.replace(told, measured=measured)


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
