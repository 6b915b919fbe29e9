"""The report as plain text, to paste into a ticket: the answer first, then the path that leads to it.

Every line but the first, which is the answer and stays one line, fits into 80 columns.
"""

from __future__ import annotations

from collections.abc import Iterator

from mailpath.facts import TITLES, Status
from mailpath.judge import Mechanism
from mailpath.report.attacks import attack_rows, attack_sentences
from mailpath.report.contents import (
    ASCII_GLYPHS,
    GLYPHS,
    circumstances,
    claimed,
    no_evidence,
    not_tried,
    outcome,
    possible,
)
from mailpath.report.envelope import answers, tried
from mailpath.report.headline import headline, verdict_sentence
from mailpath.report.panels import Explained, explain
from mailpath.report.result import Result, steps, verdict_step
from mailpath.visible import visible
from mailpath.wording.layout import hanging, table, wrapped
from mailpath.wording.times import milliseconds

_SEVERITY = {"error": Status.FAIL, "warning": Status.WEAK, "info": Status.SKIP}

#: Whether the attacker reads the mail, in words.
_READ = {"yes": "READ", "no": "not read", "perhaps": "perhaps read"}

_STEP_COLUMN = 13
_ATTACK_COLUMN = 22
_BLOCK_COLUMN = 11
_RULE = 11


def render(result: Result, *, ascii_only: bool = False) -> str:
    """The whole report; ends with a newline.  `ascii_only`: no glyphs of our own beyond ASCII."""
    glyphs = ASCII_GLYPHS if ascii_only else GLYPHS
    sections = (
        [headline(result)],
        list(_circumstances(result)),
        list(_path(result, glyphs)),
        list(_findings(result, glyphs)),
        list(_verdicts(result)),
        list(_attempts(result)),
        list(_envelope(result)),
        list(_attacks(result)),
        list(_not_tried(result)),
    )
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def _circumstances(result: Result) -> Iterator[str]:
    """When, from where, through which resolver, by which version."""
    for label, text in circumstances(result):
        yield from hanging(label, text, indent=0, column=_RULE)


def _path(result: Result, glyphs: dict[Status, str]) -> Iterator[str]:
    lines = [*steps(result), verdict_step(result, verdict_sentence(result))]
    for step in lines:
        label = f"{glyphs[step.status]} {TITLES[step.id]}"
        summary = f"{step.status.value.upper()}, {step.word}. {step.summary}"
        elapsed = result.elapsed.get(step.id)
        if elapsed is not None:
            summary += f" ({milliseconds(elapsed)})"
        yield from hanging(label, summary, indent=0, column=_STEP_COLUMN)


def _findings(result: Result, glyphs: dict[Status, str]) -> Iterator[str]:
    if not result.findings:
        yield "Findings: none"
        return
    yield "Findings"
    for each in result.findings:
        yield from _block(explain(each), glyphs)


def _block(block: Explained, glyphs: dict[Status, str]) -> Iterator[str]:
    """What was found and how to mend it; for what is merely worth knowing one line and the remedy."""
    yield from hanging(
        f"{glyphs[_SEVERITY[block.severity]]} {block.code}", block.message, indent=0, column=_BLOCK_COLUMN
    )
    rows = [
        ("Found", block.found if block.found != block.message else ""),
        ("Got", "" if block.got in block.message else block.got),
    ]
    if block.severity != "info":
        rows.append(("Means", block.means))
    rows += [("Fix", block.fix), ("Source", block.source)]
    for label, text in rows:
        if text:
            yield from hanging(label, text, indent=2, column=_BLOCK_COLUMN)


def _verdicts(result: Result) -> Iterator[str]:
    """All postures side by side; the one that decides is marked.  Hosts are numbered to fit the page."""
    yield f"Verdicts{claimed(result)} (* decides)"
    numbers: dict[str, int] = {}
    for verdict in result.verdicts.values():
        for host in (*(attempt.host for attempt in verdict.attempts), verdict.host):
            if host is not None:
                numbers.setdefault(host, len(numbers) + 1)
    for host, number in numbers.items():
        yield from hanging(f"[{number}]", visible(host), indent=2, column=6)
    rows = [("", "posture", "outcome", "at", "TLS", "by", "")]
    for name, verdict in result.verdicts.items():
        rows.append(
            (
                "*" if name == result.posture else "",
                name,
                outcome(verdict),
                f"[{numbers[verdict.host]}]" if verdict.host is not None else "",
                verdict.tls_word or "",
                "" if verdict.mechanism is Mechanism.NONE else verdict.mechanism.value,
                verdict.status_code or "",
            )
        )
    yield from table(rows, indent=0, gap=1)
    for name, verdict in result.verdicts.items():
        if verdict.possible:
            yield from hanging(f"{name}:", f"may be {possible(verdict)}", indent=2, column=28)
    yield from (f"  {line}" for line in wrapped(no_evidence(result), 76) if line)


def _attempts(result: Result) -> Iterator[str]:
    verdict = result.verdict
    yield f"Attempts of {result.posture}{claimed(result)}"
    if not verdict.attempts:
        yield from hanging("", f"No host was tried: {verdict.reason}", indent=0, column=2)
    for number, attempt in enumerate(verdict.attempts, 1):
        address = f" [{attempt.address}]" if attempt.address else ""
        code = f" {attempt.status_code}" if attempt.status_code else ""
        what = f"{visible(attempt.host)}{address}: {attempt.outcome.value}{code}"
        yield from hanging(f"{number}.", what, indent=2, column=5)
        # The log's own sentence begins a line: it is what people search for.
        yield from hanging("", attempt.reason, indent=0, column=5)


def _envelope(result: Result) -> Iterator[str]:
    """What each address said to the envelope, where one was tried."""
    what = tried(result.walk)
    if not what:
        return
    yield from hanging("Envelope", what, indent=0, column=_RULE)
    for each in answers(result.walk):
        yield from hanging("", f"{each.host} [{each.address}]: {each.word}", indent=0, column=2)
        yield from hanging("", each.sentence, indent=0, column=4)


def _attacks(result: Result) -> Iterator[str]:
    """One sentence per posture; of the posture that decides each attack, and why it works or not."""
    if not result.attacks:
        return
    yield f"What an attacker changes{claimed(result)}"
    for sentence in attack_sentences(result):
        first, *rest = wrapped(sentence, 76)
        yield f"  {first}"
        yield from (f"    {line}" for line in rest)
    yield ""
    yield f"Attacks on {result.posture}"
    for row in attack_rows(result):
        yield from hanging(row.attack, f"{row.outcome}; {_READ[row.read]}", indent=2, column=_ATTACK_COLUMN)
        yield from hanging("", row.why, indent=0, column=_ATTACK_COLUMN)


def _not_tried(result: Result) -> Iterator[str]:
    """What the report does not know, and why."""
    yield "Not tried"
    for note in not_tried(result):
        first, *rest = wrapped(note, 76)
        yield f"  - {first}"
        yield from (f"    {line}" for line in rest)
