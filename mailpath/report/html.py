"""The report as one self-contained HTML file: no foreign resource, readable without a script.

Whatever a stranger wrote is visible text, escaped by the template engine, and its page says so itself:
the Content-Security-Policy lets nothing load and runs only the style and the script that were shipped, by
their digests (CSP Level 3 section 2.3.1).  The script only shows one verdict instead of another; all of
them are in the page.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from functools import cache
from importlib import resources

import jinja2
import msgspec

from mailpath.facts import TITLES, StepResult
from mailpath.findings import step_of
from mailpath.judge import Mechanism, Outcome, Posture, Verdict
from mailpath.names import u_labels
from mailpath.report.attacks import AttackRow, attack_rows, attack_sentences, reach
from mailpath.report.contents import GLYPHS, circumstances, not_tried, outcome, possible
from mailpath.report.envelope import answers, tried
from mailpath.report.headline import cause, phrase, verdict_sentence
from mailpath.report.panels import Explained, evidence, explain
from mailpath.report.provenance import marks
from mailpath.report.result import STATUS_OF, Result, steps, verdict_step
from mailpath.visible import visible
from mailpath.wording.times import milliseconds, to_the_second

#: Lines of evidence per step: the page is to open at once, whatever a stranger published.
MOST_LINES = 800


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the path: its line, its findings, what they rest on."""

    id: str
    number: int
    title: str
    status: str
    glyph: str
    word: str
    summary: str
    elapsed: str
    findings: tuple[Explained, ...]
    evidence: str


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One posture: its row of the table, and the panel that it opens."""

    name: str
    title: str
    decides: bool
    status: str
    glyph: str
    outcome: str
    possible: str
    phrase: str
    cause: str
    host: str
    tls: str
    mechanism: str
    code: str
    attempts: tuple[tuple[str, str, str], ...]  # host and address, outcome and code, the log's sentence
    reason: str
    reach: str
    attacks: tuple[AttackRow, ...]
    doubt: str


def render(result: Result) -> str:
    """The whole page."""
    path = result.walk.path
    step = verdict_step(result, verdict_sentence(result))
    return _template().render(
        recipient=visible(path.recipient),
        unicode=_unicode(path.recipient),
        sender=visible(path.sender) if path.sender is not None else "any sender",
        step=step,
        glyph=GLYPHS[step.status],
        circumstances=circumstances(result),
        made=to_the_second(result.made),
        version=result.mailpath,
        marks=marks(result.provenance),
        stops=tuple(_stops(result)),
        rows=tuple(_rows(result)),
        sentences=attack_sentences(result),
        tampered=bool(result.attacks),
        envelope=tried(result.walk),
        answers=answers(result.walk),
        not_tried=not_tried(result),
        style=_shipped("style.css"),
        script=_shipped("script.js"),
        style_digest=_digest(_shipped("style.css")),
        script_digest=_digest(_shipped("script.js")),
    )


def _unicode(domain: str) -> str:
    unicode = u_labels(domain)
    return visible(unicode) if unicode is not None else ""


def _stops(result: Result) -> Iterator[Stop]:
    for number, step in enumerate(steps(result)):
        found = tuple(explain(each) for each in result.findings if step_of(each.code) == step.id)
        lines = evidence(result.walk, step.id, provenance=result.provenance)
        more = len(lines) - MOST_LINES
        shown = [*lines[:MOST_LINES], *([f"… {more} more lines"] if more > 0 else [])]
        yield _stop(number, step, result, found, "\n".join(shown))


def _stop(number: int, step: StepResult, result: Result, found: tuple[Explained, ...], lines: str) -> Stop:
    elapsed = result.elapsed.get(step.id)
    return Stop(
        id=step.id,
        number=number,
        title=TITLES[step.id],
        status=step.status.value,
        glyph=GLYPHS[step.status],
        word=step.word,
        summary=step.summary,
        elapsed="" if elapsed is None else f"{milliseconds(elapsed)}",
        findings=found,
        evidence=lines,
    )


def _rows(result: Result) -> Iterator[Row]:
    for posture in result.postures:
        verdict = result.verdicts[posture.name]
        yield _row(result, posture, verdict)


def _row(result: Result, posture: Posture, verdict: Verdict) -> Row:
    status = STATUS_OF[result.codes[posture.name]]
    unknown = verdict.outcome is Outcome.UNKNOWN
    return Row(
        name=posture.name,
        title=posture.title,
        decides=posture.name == result.posture,
        status=status.value,
        glyph=GLYPHS[status],
        outcome=outcome(verdict),
        possible=possible(verdict),
        phrase="unknown" if unknown else phrase(verdict).rstrip(","),
        cause=visible(verdict.reason) if unknown else cause(result.walk, posture, verdict, result.findings),
        host=visible(verdict.host or ""),
        tls=verdict.tls_word or "",
        mechanism="" if verdict.mechanism is Mechanism.NONE else verdict.mechanism.value,
        code=verdict.status_code or "",
        attempts=tuple(
            (
                f"{visible(each.host)}{f' [{each.address}]' if each.address else ''}",
                f"{each.outcome.value} {each.status_code or ''}".strip(),
                each.reason,
            )
            for each in verdict.attempts
        ),
        reason=verdict.reason,
        reach=reach(result, posture.name),
        attacks=attack_rows(result, posture.name),
        doubt=result.doubts[posture.name],
    )


# --- the page's parts ------------------------------------------------------------------------------


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.from_string(_shipped("report.html"))


@cache
def _shipped(name: str) -> str:
    return resources.files(__package__).joinpath("page", name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    """The source expression of an inline element that holds just `text`."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
