"""The report as Markdown for issue trackers: CommonMark with GitHub's tables, readable as plain text too.

A tracker turns words into things: `@name` notifies a person, `#1` and `!1` link to tickets, `<b>`, `[x](y)`
and bare addresses become markup.  Backslashes do not stop all of that; a code span does (CommonMark 6.1),
so every word that is not plainly a word stands in one, and whole lines of evidence in fenced blocks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mailpath.report.contents import SEVERITY
from mailpath.report.panels import Explained
from mailpath.report.result import Result
from mailpath.report.sheet import Row, Sheet, details_of, evidence_of, sheet
from mailpath.wording.signs import UNICODE

#: A word that no tracker takes for anything else, with the punctuation around it.
_WORD = re.compile(r"(?P<open>[(\"]*)(?P<word>[^\W_]+(?:['’\-./%=:,;][^\W_]+)*)?(?P<close>[)\",.;:?%]*)\Z")
_TICKETS = re.compile(r"(?i)https?:|www\.|ftp:|[0-9a-f]{7,}\Z|[0-9]+\Z")
_CLOSE = re.compile(r"[,.;:)]*\Z")

#: Lines of evidence per step: a tracker refuses texts of more than about 64 KiB.
MOST_LINES = 120


def render(result: Result) -> str:
    """The whole report; ends with a newline."""
    told = sheet(result)
    sections = (
        _head(told),
        _path(told),
        _findings(told),
        _verdicts(told),
        _attempts(told),
        _envelope(told),
        _attacks(told),
        _evidence(told, result),
        ("### Not tried", "", *(f"- {prose(note)}" for note in told.not_tried)),
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


def _head(told: Sheet) -> Iterator[str]:
    yield f"## {UNICODE.of(told.verdict.status)} {prose(told.headline)}"
    yield ""
    for label, text in told.circumstances:
        yield f"- **{label}:** {prose(text)}"


def _path(told: Sheet) -> Iterator[str]:
    yield "### Path"
    yield ""
    rows: list[tuple[str, ...]] = [("", "Step", "Result", "")]
    for step in told.steps:
        elapsed = f" ({step.elapsed})" if step.elapsed else ""
        word = f"{step.status.upper()}, {cell(step.word)}"
        rows.append((UNICODE.of(step.status), step.title, word, cell(step.summary) + elapsed))
    yield from table(rows)


def _findings(told: Sheet) -> Iterator[str]:
    yield "### Findings"
    yield ""
    if not told.findings:
        yield "None."
    for each in told.findings:
        yield from _block(each)


def _block(block: Explained) -> Iterator[str]:
    yield f"- {UNICODE.of(SEVERITY[block.severity])} **{block.code}** {prose(block.message)}"
    for row in block.brief:
        told = span(row.text) if row.label in ("Found", "Got") else prose(row.text)
        yield f"  - {row.label}:{f' {told}' if row.text else ''}"
        for copied in row.blocks:
            yield from (f"    {line}" for line in fenced(copied.split("\n")))


def _verdicts(told: Sheet) -> Iterator[str]:
    yield f"### Verdicts{told.claimed}"
    yield ""
    yield from table(
        [("Posture", "Outcome", "MX host", "Log word", "By", "Status"), *map(_verdict, told.rows)]
    )
    if told.no_evidence:
        yield ""
        yield prose(told.no_evidence)


def _verdict(row: Row) -> tuple[str, ...]:
    name = f"**{prose(row.name)}** (decides)" if row.decides else prose(row.name)
    ended = f"{row.outcome} (may be {row.possible})" if row.possible else row.outcome
    return name, ended, cell(row.host), row.tls, row.mechanism, row.code


def _attempts(told: Sheet) -> Iterator[str]:
    row = told.deciding
    yield f"### Attempts by {prose(row.name)}{told.claimed}"
    yield ""
    if not row.attempts:
        yield f"No host was tried: {prose(row.reason)}"
    for number, each in enumerate(row.attempts, 1):
        yield f"{number}. {prose(each.where)}: {each.ended}"
        # The log's own sentence, whole: it is what people search for.
        yield f"   {span(each.said)}"
        if each.because:
            yield f"   {prose(each.because)}"


def _envelope(told: Sheet) -> Iterator[str]:
    if not told.envelope:
        return
    yield "### Envelope"
    yield ""
    yield span(told.envelope)
    yield ""
    rows: list[tuple[str, ...]] = [("Host", "", "Answer")]
    rows += [(cell(f"{each.host} [{each.address}]"), each.word, cell(each.sentence)) for each in told.answers]
    yield from table(rows)


def _attacks(told: Sheet) -> Iterator[str]:
    if not told.tampered:
        return
    yield f"### What an attacker changes{told.claimed}"
    yield ""
    for sentence in told.sentences:
        yield f"- {prose(sentence)}"
    if told.sentences:
        yield ""
    rows: list[tuple[str, ...]] = [("Attack", "Outcome", "Read", "Why")]
    rows += [(cell(row.attack), cell(row.outcome), row.read, cell(row.why)) for row in told.deciding.attacks]
    yield from table(rows)


def _evidence(told: Sheet, result: Result) -> Iterator[str]:
    """What the findings rest on, of the steps that have some."""
    shown = [step for step in told.steps if any(each.severity != "info" for each in step.findings)]
    if shown:
        yield "### Evidence"
    for step in shown:
        yield from ("", "<details>", f"<summary>{step.title}</summary>", "")
        found = [f"{each.label:<9} {each.text}" for each in details_of(result, step.id)]
        rests = list(evidence_of(result, step.id, MOST_LINES))
        yield from fenced([*found, *([""] if found and rests else []), *rests])
        yield from ("", "</details>")
