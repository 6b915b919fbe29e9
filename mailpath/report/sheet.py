"""One result as rows and sentences: what every report for people is laid out from.

Visible text all of it; what is not known, or there is not, is "".
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mailpath.facts import STEPS, TITLES, Status, StepResult
from mailpath.findings import step_of
from mailpath.judge import Attempt, Mechanism, Outcome, Posture, Verdict
from mailpath.report.attacks import AttackRow, attack_rows, attack_sentences, reach
from mailpath.report.contents import circumstances, no_evidence, not_tried, outcome, possible
from mailpath.report.envelope import Answered, answers, tried
from mailpath.report.headline import cause, headline, phrase, verdict_sentence
from mailpath.report.panels import Detail, Explained, details, evidence, explain
from mailpath.report.reasons import beside
from mailpath.report.result import STATUS_OF, Result, steps, verdict_step
from mailpath.visible import visible
from mailpath.wording.phrases import sentence
from mailpath.wording.times import milliseconds


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One step: its line, and its findings."""

    id: str
    number: int
    title: str
    status: Status
    word: str
    summary: str
    elapsed: str
    findings: tuple[Explained, ...]


class Attempted(msgspec.Struct, frozen=True, kw_only=True):
    """One host that was tried.  `where`: with its address; `ended`: outcome, code, and the log's field
    for TLS; `said`: in the log; `because`: what the log does not say, one sentence.
    """

    host: str
    where: str
    ended: str
    said: str
    because: str


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One posture, and what becomes of its mail.  `doubt`: why that is not evidence."""

    name: str
    title: str
    decides: bool
    status: Status
    outcome: str
    possible: str
    phrase: str
    cause: str
    host: str
    tls: str
    mechanism: str
    code: str
    attempts: tuple[Attempted, ...]
    reason: str
    reach: str
    attacks: tuple[AttackRow, ...]
    doubt: str


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """All of it.  `steps`: the verdict last; `claimed`: behind a heading of what is not evidence."""

    headline: str
    circumstances: tuple[tuple[str, str], ...]
    steps: tuple[Line, ...]
    findings: tuple[Explained, ...]
    claimed: str
    rows: tuple[Row, ...]
    no_evidence: str
    envelope: str
    answers: tuple[Answered, ...]
    tampered: bool
    sentences: tuple[str, ...]
    not_tried: tuple[str, ...]

    @property
    def verdict(self) -> Line:
        """The last step."""
        return self.steps[-1]

    @property
    def deciding(self) -> Row:
        """The posture that decides."""
        return next(row for row in self.rows if row.decides)


def sheet(result: Result) -> Sheet:
    """`result` as it is laid out."""
    explained = tuple(explain(each) for each in result.findings)
    results = (*steps(result), verdict_step(result, verdict_sentence(result)))
    return Sheet(
        headline=headline(result),
        circumstances=circumstances(result),
        steps=tuple(_line(result, step, explained) for step in results),
        findings=explained,
        claimed=", as the capture says" if result.withheld(result.posture) else "",
        rows=tuple(_row(result, posture, result.verdicts[posture.name]) for posture in result.postures),
        no_evidence=no_evidence(result),
        envelope=tried(result.walk),
        answers=answers(result.walk),
        tampered=bool(result.attacks),
        sentences=attack_sentences(result),
        not_tried=not_tried(result),
    )


def _line(result: Result, step: StepResult, findings: tuple[Explained, ...]) -> Line:
    elapsed = result.elapsed.get(step.id)
    return Line(
        id=step.id,
        number=STEPS.index(step.id),
        title=TITLES[step.id],
        status=step.status,
        word=step.word,
        summary=step.summary,
        elapsed="" if elapsed is None else milliseconds(elapsed),
        findings=tuple(each for each in findings if step_of(each.code) == step.id),
    )


def _field(tried: Attempt) -> str:
    """As the delivery line of this sender's log has it."""
    return f"tls={tried.tls_field}" if tried.tls_field else ""


def _row(result: Result, posture: Posture, verdict: Verdict) -> Row:
    unknown = verdict.outcome is Outcome.UNKNOWN
    return Row(
        name=posture.name,
        title=posture.title,
        decides=posture.name == result.posture,
        status=STATUS_OF[result.codes[posture.name]],
        outcome=outcome(verdict),
        possible=possible(verdict),
        phrase="unknown" if unknown else phrase(verdict),
        cause=visible(verdict.reason) if unknown else cause(result, posture, verdict),
        host=visible(verdict.host or ""),
        tls=verdict.tls_word or "",
        mechanism="" if verdict.mechanism is Mechanism.NONE else verdict.mechanism.value,
        code=verdict.status_code or "",
        attempts=tuple(
            Attempted(
                host=visible(each.host),
                where=f"{visible(each.host)}{f' [{each.address}]' if each.address else ''}",
                ended=" ".join(filter(None, (each.outcome.value, each.status_code, _field(each)))),
                said=each.reason,
                because=sentence(beside(posture, each)),
            )
            for each in verdict.attempts
        ),
        reason=verdict.reason,
        reach=reach(result, posture.name),
        attacks=attack_rows(result, posture.name),
        doubt=result.doubts[posture.name],
    )


def details_of(result: Result, step_id: str) -> tuple[Detail, ...]:
    """What the step found."""
    return details(result.walk, step_id)


def evidence_of(result: Result, step_id: str, most: int) -> Iterator[str]:
    """What that rests on, in at most so many lines."""
    lines = evidence(result.walk, step_id, provenance=result.provenance)
    yield from lines[:most]
    if len(lines) > most:
        yield f"… {len(lines) - most} more lines"
