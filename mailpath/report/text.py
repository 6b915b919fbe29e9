"""The report as plain text at full length: the answer first, then the path that leads to it.

Prose is wrapped to the width asked for.  The answer stays one line, and so does every record, from the first
column on: it is there to be copied.  `brief.py` has what fits on one screen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mailpath.report.contents import SEVERITY
from mailpath.report.panels import Explained, Row
from mailpath.report.result import Result
from mailpath.report.sheet import Sheet, sheet
from mailpath.wording.layout import WIDTH, hanging, table, wrapped
from mailpath.wording.signs import ASCII, UNICODE, Glyphs

#: Whether the attacker reads the mail, in words.
READ = {"yes": "READ", "no": "not read", "perhaps": "perhaps read"}

_STEP_COLUMN = 13
_ATTACK_COLUMN = 22
_BLOCK_COLUMN = 11
_RULE = 11


@dataclass(frozen=True)
class Page:
    """What is laid out, with which glyphs, in how many columns."""

    told: Sheet
    glyphs: Glyphs = UNICODE
    width: int = WIDTH

    def hang(self, label: str, text: str, *, indent: int = 0, column: int) -> Iterator[str]:
        """`hanging` on this page."""
        return hanging(label, text, indent=indent, column=column, width=self.width)

    def block(self, block: Explained, rows: Iterable[Row]) -> Iterator[str]:
        """What was found, and `rows` below it: a record stands from the first column on, never wrapped."""
        label = f"{self.glyphs.of(SEVERITY[block.severity])} {block.code}"
        yield from self.hang(label, block.message, column=_BLOCK_COLUMN)
        for row in rows:
            yield from self.hang(row.label, row.text, indent=2, column=_BLOCK_COLUMN)
            yield from row.lines


def render(result: Result, *, ascii_only: bool = False, width: int = WIDTH) -> str:
    """The whole report; ends with a newline.  `ascii_only`: no glyphs of our own beyond ASCII."""
    page = Page(sheet(result), ASCII if ascii_only else UNICODE, width)
    told = page.told
    sections = (
        [told.headline],
        # When, from where, through which resolver, by which version.
        [line for row in told.circumstances for line in page.hang(*row, column=_RULE)],
        list(_path(page)),
        list(_findings(page)),
        list(_verdicts(page)),
        list(_attempts(page)),
        list(_envelope(page)),
        list(_attacks(page)),
        ["Not tried", *(line for note in told.not_tried for line in _item(page, "  - ", note))],
    )
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def _item(page: Page, mark: str, text: str) -> Iterator[str]:
    """A sentence behind a mark of some cells, its further lines indented by four."""
    for number, line in enumerate(wrapped(text, page.width - 4)):
        yield f"{'    ' if number else mark}{line}"


def _path(page: Page) -> Iterator[str]:
    for step in page.told.steps:
        elapsed = f" ({step.elapsed})" if step.elapsed else ""
        summary = f"{step.status.upper()}, {step.word}. {step.summary}{elapsed}"
        yield from page.hang(f"{page.glyphs.of(step.status)} {step.title}", summary, column=_STEP_COLUMN)


def _findings(page: Page) -> Iterator[str]:
    yield "Findings" if page.told.findings else "Findings: none"
    for each in page.told.findings:
        yield from page.block(each, each.brief)


def _verdicts(page: Page) -> Iterator[str]:
    """All postures side by side; the one that decides is marked.  Hosts are numbered to fit the page."""
    told = page.told
    yield f"Verdicts{told.claimed} (* decides)"
    hosts = (host for row in told.rows for host in (*(each.host for each in row.attempts), row.host))
    numbers = {host: f"[{at}]" for at, host in enumerate(dict.fromkeys(filter(None, hosts)), 1)}
    for host, number in numbers.items():
        yield from page.hang(number, host, indent=2, column=6)
    rows = [("", "posture", "outcome", "MX", "log word", "by", "status")]
    for row in told.rows:
        mark = "*" if row.decides else ""
        at = numbers.get(row.host, "")
        rows.append((mark, row.name, row.outcome, at, row.tls, row.mechanism, row.code))
    yield from table(rows, indent=0, gap=1, width=page.width)
    for row in told.rows:
        if row.possible:
            yield from page.hang(f"{row.name}:", f"may be {row.possible}", indent=2, column=28)
    yield from (f"  {line}" for line in wrapped(told.no_evidence, page.width - 4) if line)


def _attempts(page: Page) -> Iterator[str]:
    told, row = page.told, page.told.deciding
    yield f"Attempts by {row.name}{told.claimed}"
    if not row.attempts:
        yield from page.hang("", f"No host was tried: {row.reason}", column=2)
    for number, each in enumerate(row.attempts, 1):
        yield from page.hang(f"{number}.", f"{each.where}: {each.ended}", indent=2, column=5)
        # The log's own sentence begins a line: it is what people search for.
        yield from page.hang("", each.said, column=5)
        if each.because:
            yield from page.hang("", each.because, column=5)


def _envelope(page: Page) -> Iterator[str]:
    """What each address said to the envelope, where one was tried."""
    told = page.told
    if not told.envelope:
        return
    yield from page.hang("Envelope", told.envelope, column=_RULE)
    for each in told.answers:
        yield from page.hang("", f"{each.host} [{each.address}]: {each.word}", column=2)
        yield from page.hang("", each.sentence, column=4)


def _attacks(page: Page) -> Iterator[str]:
    """One sentence per posture; of the posture that decides each attack, and why it works or not."""
    told = page.told
    if not told.tampered:
        return
    yield f"What an attacker changes{told.claimed}"
    for sentence in told.sentences:
        yield from _item(page, "  ", sentence)
    yield ""
    yield f"Attacks on {told.deciding.name}"
    for row in told.deciding.attacks:
        yield from page.hang(row.attack, f"{row.outcome}; {READ[row.read]}", indent=2, column=_ATTACK_COLUMN)
        yield from page.hang("", row.why, column=_ATTACK_COLUMN)
