"""The report as Markdown for issue trackers: CommonMark with GitHub's tables, readable as plain text too.

A tracker turns words into things: `@name` notifies a person, `#1` and `!1` link to tickets, `<b>`, `[x](y)`
and bare addresses become markup.  Backslashes do not stop all of that; a code span does (CommonMark 6.1),
so every word that is not plainly a word stands in one, and whole lines of evidence in fenced blocks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mailpath.facts import TITLES
from mailpath.findings import step_of
from mailpath.judge import Mechanism, Verdict
from mailpath.report.attacks import attack_rows, attack_sentences
from mailpath.report.contents import GLYPHS, circumstances, claimed, no_evidence, not_tried, outcome, possible
from mailpath.report.envelope import answers, tried
from mailpath.report.headline import headline, verdict_sentence
from mailpath.report.panels import Explained, evidence, explain
from mailpath.report.result import Result, steps, verdict_step
from mailpath.visible import visible
from mailpath.wording.times import milliseconds

#: A word that no tracker takes for anything else, with the punctuation around it.
_WORD = re.compile(r"(?P<open>[(\"]*)(?P<word>[^\W_]+(?:['’\-./%=:,;][^\W_]+)*)?(?P<close>[)\",.;:?%]*)\Z")
_TICKETS = re.compile(r"(?i)https?:|www\.|ftp:|[0-9a-f]{7,}\Z|[0-9]+\Z")
_CLOSE = re.compile(r"[,.;:)]*\Z")

_SEVERITY = {"error": "✗", "warning": "!", "info": "–"}

#: Lines of evidence per step: a tracker refuses texts of more than about 64 KiB.
MOST_LINES = 120


def render(result: Result) -> str:
    """The whole report; ends with a newline."""
    sections = (
        _head(result),
        _path(result),
        _findings(result),
        _verdicts(result),
        _attempts(result),
        _envelope(result),
        _attacks(result),
        _evidence(result),
        _not_tried(result),
    )
    return "\n\n".join(text for text in ("\n".join(section) for section in sections) if text) + "\n"


# --- escaping --------------------------------------------------------------------------------------


def prose(text: str) -> str:
    """Visible text as Markdown that shows just that: what is not plainly a word becomes a code span."""
    parts: list[str] = []
    pending: list[str] = []
    tail = ""

    def flush() -> None:
        nonlocal tail
        if pending:
            parts.append(span(" ".join(pending)) + tail)
            pending.clear()
            tail = ""

    for number, word in enumerate(text.split(" ")):
        if _plain(word, begins=number == 0):
            flush()
            parts.append(word)
            continue
        if tail:
            flush()
        close = _CLOSE.search(word)
        tail = close[0] if close is not None else ""
        kept = word[: len(word) - len(tail)] if tail else word
        opened = " ".join([*pending, kept])
        if ")" in tail and opened.count("(") > opened.count(")"):
            # The bracket that closes one within the span belongs there too.
            end = tail.index(")") + 1
            kept, tail = kept + tail[:end], tail[end:]
        if not kept:
            kept, tail = word, ""
        pending.append(kept)
    flush()
    return " ".join(parts)


def _plain(word: str, *, begins: bool) -> bool:
    if not word:
        return True
    shape = _WORD.match(word)
    if shape is None:
        return False
    inner = shape["word"] or ""
    if not inner or _TICKETS.match(inner):
        # A number alone is one, unless it would begin a list ("1." and "1)").
        begins_list = begins and shape["close"][:1] in (".", ")")
        return inner.isascii() and inner.isdigit() and len(inner) < 7 and not begins_list
    return inner[:1].isalnum() and "http" not in inner.lower() and not inner.lower().startswith("gh-")


def span(text: str) -> str:
    """A code span: as many backticks around it as no run within has (CommonMark 6.1)."""
    if not text.strip():
        return text
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def cell(text: str) -> str:
    """Prose within a table: a bar would end the cell, in code too."""
    return prose(text).replace("|", "\\|")


def fenced(lines: Iterable[str]) -> Iterator[str]:
    """Lines as a code block whose fence none of them can close."""
    held = list(lines)
    longest = max((len(run) for line in held for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}text"
    yield from held
    yield fence


def table(rows: list[tuple[str, ...]]) -> Iterator[str]:
    """The first row is the head.  Cells are Markdown already."""
    head, *body = rows
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join(' --- ' for _ in head)}|"
    for row in body:
        yield f"| {' | '.join(row)} |"


# --- sections --------------------------------------------------------------------------------------


def _head(result: Result) -> Iterator[str]:
    glyph = GLYPHS[verdict_step(result, "").status]
    yield f"## {glyph} {prose(headline(result))}"
    yield ""
    for label, text in circumstances(result):
        yield f"- **{label}:** {prose(text)}"


def _path(result: Result) -> Iterator[str]:
    yield "### Path"
    yield ""
    rows: list[tuple[str, ...]] = [("", "Step", "Result", "")]
    for step in [*steps(result), verdict_step(result, verdict_sentence(result))]:
        elapsed = result.elapsed.get(step.id)
        time = "" if elapsed is None else f" ({milliseconds(elapsed)})"
        word = f"{step.status.value.upper()}, {cell(step.word)}"
        rows.append((GLYPHS[step.status], TITLES[step.id], word, cell(step.summary) + time))
    yield from table(rows)


def _findings(result: Result) -> Iterator[str]:
    yield "### Findings"
    yield ""
    if not result.findings:
        yield "None."
    for each in result.findings:
        yield from _block(explain(each))


def _block(block: Explained) -> Iterator[str]:
    yield f"- {_SEVERITY[block.severity]} **{block.code}** {prose(block.message)}"
    rows = [
        ("Found", block.found if block.found != block.message else ""),
        ("Got", "" if block.got in block.message else block.got),
    ]
    if block.severity != "info":
        rows.append(("Means", block.means))
    rows += [("Fix", block.fix), ("Source", block.source)]
    for label, text in rows:
        if text:
            yield f"  - {label}: {span(text) if label in ('Found', 'Got') else prose(text)}"


def _verdicts(result: Result) -> Iterator[str]:
    yield f"### Verdicts{claimed(result)}"
    yield ""
    rows: list[tuple[str, ...]] = [("Posture", "Outcome", "Host", "TLS", "By", "Status")]
    for name, verdict in result.verdicts.items():
        rows.append(_verdict(name, verdict, decides=name == result.posture))
    yield from table(rows)
    if no_evidence(result):
        yield ""
        yield prose(no_evidence(result))


def _verdict(name: str, verdict: Verdict, *, decides: bool) -> tuple[str, ...]:
    ended = outcome(verdict)
    if verdict.possible:
        ended += f" (may be {possible(verdict)})"
    return (
        f"**{prose(name)}** (decides)" if decides else prose(name),
        ended,
        cell(visible(verdict.host or "")),
        verdict.tls_word or "",
        "" if verdict.mechanism is Mechanism.NONE else verdict.mechanism.value,
        verdict.status_code or "",
    )


def _attempts(result: Result) -> Iterator[str]:
    verdict = result.verdict
    yield f"### Attempts of {prose(result.posture)}{claimed(result)}"
    yield ""
    if not verdict.attempts:
        yield f"No host was tried: {prose(verdict.reason)}"
    for number, attempt in enumerate(verdict.attempts, 1):
        address = f" [{attempt.address}]" if attempt.address else ""
        code = f" {attempt.status_code}" if attempt.status_code else ""
        yield f"{number}. {prose(visible(attempt.host) + address)}: {attempt.outcome.value}{code}"
        # The log's own sentence, whole: it is what people search for.
        yield f"   {span(attempt.reason)}"


def _envelope(result: Result) -> Iterator[str]:
    what = tried(result.walk)
    if not what:
        return
    yield "### Envelope"
    yield ""
    yield span(what)
    yield ""
    rows: list[tuple[str, ...]] = [("Host", "", "Answer")]
    for each in answers(result.walk):
        rows.append((cell(f"{each.host} [{each.address}]"), each.word, cell(each.sentence)))
    yield from table(rows)


def _attacks(result: Result) -> Iterator[str]:
    if not result.attacks:
        return
    yield f"### What an attacker changes{claimed(result)}"
    yield ""
    sentences = attack_sentences(result)
    for sentence in sentences:
        yield f"- {prose(sentence)}"
    if sentences:
        yield ""
    yield from table([("Attack", "Outcome", "Read", "Why"), *_tampered(result)])


def _tampered(result: Result) -> Iterator[tuple[str, ...]]:
    for row in attack_rows(result):
        yield (cell(row.attack), cell(row.outcome), row.read, cell(row.why))


def _evidence(result: Result) -> Iterator[str]:
    """What the findings rest on, of the steps that have some."""
    shown = dict.fromkeys(step_of(each.code) for each in result.findings if each.severity != "info")
    if not shown:
        return
    yield "### Evidence"
    for step in shown:
        lines = evidence(result.walk, step, provenance=result.provenance)
        more = len(lines) - MOST_LINES
        if not lines:
            continue
        yield ""
        yield "<details>"
        yield f"<summary>{TITLES[step]}</summary>"
        yield ""
        kept = [*lines[:MOST_LINES], *([f"… {more} more lines"] if more > 0 else [])]
        yield from fenced(kept)
        yield ""
        yield "</details>"


def _not_tried(result: Result) -> Iterator[str]:
    yield "### Not tried"
    yield ""
    for note in not_tried(result):
        yield f"- {prose(note)}"
