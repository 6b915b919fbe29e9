"""The report as plain text, to paste into a ticket: the answer first, then the path that leads to it.

Every line but the first, which is the answer and stays one line, fits into 80 columns.
"""

from __future__ import annotations

from collections.abc import Iterator

from mailpath.report.contents import SEVERITY
from mailpath.report.panels import Explained
from mailpath.report.result import Result
from mailpath.report.sheet import Sheet, sheet
from mailpath.wording.layout import hanging, table, wrapped
from mailpath.wording.signs import ASCII, UNICODE, Glyphs

#: Whether the attacker reads the mail, in words.
_READ = {"yes": "READ", "no": "not read", "perhaps": "perhaps read"}

_STEP_COLUMN = 13
_ATTACK_COLUMN = 22
_BLOCK_COLUMN = 11
_RULE = 11


def render(result: Result, *, ascii_only: bool = False) -> str:
    """The whole report; ends with a newline.  `ascii_only`: no glyphs of our own beyond ASCII."""
    told, glyphs = sheet(result), ASCII if ascii_only else UNICODE
    sections = (
        [told.headline],
        # When, from where, through which resolver, by which version.
        [line for row in told.circumstances for line in hanging(*row, indent=0, column=_RULE)],
        list(_path(told, glyphs)),
        list(_findings(told, glyphs)),
        list(_verdicts(told)),
        list(_attempts(told)),
        list(_envelope(told)),
        list(_attacks(told)),
        ["Not tried", *(line for note in told.not_tried for line in _item("  - ", note))],
    )
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def _item(mark: str, text: str) -> Iterator[str]:
    """A sentence behind a mark of some cells, its further lines indented by four."""
    for number, line in enumerate(wrapped(text, 76)):
        yield f"{'    ' if number else mark}{line}"


def _path(told: Sheet, glyphs: Glyphs) -> Iterator[str]:
    for step in told.steps:
        elapsed = f" ({step.elapsed})" if step.elapsed else ""
        summary = f"{step.status.upper()}, {step.word}. {step.summary}{elapsed}"
        yield from hanging(f"{glyphs.of(step.status)} {step.title}", summary, indent=0, column=_STEP_COLUMN)


def _findings(told: Sheet, glyphs: Glyphs) -> Iterator[str]:
    yield "Findings" if told.findings else "Findings: none"
    for each in told.findings:
        yield from _block(each, glyphs)


def _block(block: Explained, glyphs: Glyphs) -> Iterator[str]:
    """What was found and how to mend it; for what is merely worth knowing one line and the remedy."""
    label = f"{glyphs.of(SEVERITY[block.severity])} {block.code}"
    yield from hanging(label, block.message, indent=0, column=_BLOCK_COLUMN)
    for row in block.brief:
        yield from hanging(*row, indent=2, column=_BLOCK_COLUMN)


def _verdicts(told: Sheet) -> Iterator[str]:
    """All postures side by side; the one that decides is marked.  Hosts are numbered to fit the page."""
    yield f"Verdicts{told.claimed} (* decides)"
    hosts = (host for row in told.rows for host in (*(each.host for each in row.attempts), row.host))
    numbers = {host: f"[{at}]" for at, host in enumerate(dict.fromkeys(filter(None, hosts)), 1)}
    for host, number in numbers.items():
        yield from hanging(number, host, indent=2, column=6)
    rows = [("", "posture", "outcome", "MX", "log word", "by", "status")]
    for row in told.rows:
        mark = "*" if row.decides else ""
        at = numbers.get(row.host, "")
        rows.append((mark, row.name, row.outcome, at, row.tls, row.mechanism, row.code))
    yield from table(rows, indent=0, gap=1)
    for row in told.rows:
        if row.possible:
            yield from hanging(f"{row.name}:", f"may be {row.possible}", indent=2, column=28)
    yield from (f"  {line}" for line in wrapped(told.no_evidence, 76) if line)


def _attempts(told: Sheet) -> Iterator[str]:
    row = told.deciding
    yield f"Attempts by {row.name}{told.claimed}"
    if not row.attempts:
        yield from hanging("", f"No host was tried: {row.reason}", indent=0, column=2)
    for number, each in enumerate(row.attempts, 1):
        yield from hanging(f"{number}.", f"{each.where}: {each.ended}", indent=2, column=5)
        # The log's own sentence begins a line: it is what people search for.
        yield from hanging("", each.said, indent=0, column=5)


def _envelope(told: Sheet) -> Iterator[str]:
    """What each address said to the envelope, where one was tried."""
    if not told.envelope:
        return
    yield from hanging("Envelope", told.envelope, indent=0, column=_RULE)
    for each in told.answers:
        yield from hanging("", f"{each.host} [{each.address}]: {each.word}", indent=0, column=2)
        yield from hanging("", each.sentence, indent=0, column=4)


def _attacks(told: Sheet) -> Iterator[str]:
    """One sentence per posture; of the posture that decides each attack, and why it works or not."""
    if not told.tampered:
        return
    yield f"What an attacker changes{told.claimed}"
    for sentence in told.sentences:
        yield from _item("  ", sentence)
    yield ""
    yield f"Attacks on {told.deciding.name}"
    for row in told.deciding.attacks:
        yield from hanging(row.attack, f"{row.outcome}; {_READ[row.read]}", indent=2, column=_ATTACK_COLUMN)
        yield from hanging("", row.why, indent=0, column=_ATTACK_COLUMN)
