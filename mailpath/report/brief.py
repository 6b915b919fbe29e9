"""The report on one screen: the answer, the worst findings with what to do, and the answer again.

At most twenty lines in 22 rows of the terminal; tables that were asked for (several postures, attacks, the
envelope) come on top, and so does what the first remedy takes beyond that (a long policy).  `text.py` has
all of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from mailpath.facts import Status
from mailpath.judge.habits import Family
from mailpath.judge.model import DELIVERED
from mailpath.report.contents import SEVERITY, asked
from mailpath.report.explaining import own_remedy, ranked, repeated
from mailpath.report.panels import Explained, explain
from mailpath.report.result import Result
from mailpath.report.sheet import sheet
from mailpath.report.text import READ, Page
from mailpath.wording.layout import WIDTH, cells, table, wrapped
from mailpath.wording.signs import ASCII, UNICODE

#: Lines, and what they take on a screen of `width`, where answers and records are wrapped by the terminal.
MOST_LINES, MOST_ROWS = 20, 22
_COLUMN = 11


def render(result: Result, *, ascii_only: bool = False, width: int = WIDTH) -> str:
    """The short report; ends with a newline.  `ascii_only`: no glyphs of our own beyond ASCII."""
    page = Page(sheet(result), ASCII if ascii_only else UNICODE, width)
    own = own_remedy(result)
    sender = [*page.hang("Sender", own, column=_COLUMN), ""] if own else []
    head, last = [page.told.headline, "", *sender], [page.told.headline]
    tables = [line for section in _tables(page, result) for line in ("", *section)]
    again = repeated(result.findings)
    found = [explain(each) for each in ranked(result) if each not in again]
    steps, foot = list(_steps(page)), ["", *_foot(page, result)]
    frame = [*head, *foot, *last]
    # A record may be of two rows: the lines of a finding are counted as rows, too.
    room = min(MOST_LINES - len(frame), MOST_ROWS - _rows(frame, width))
    groups = _grouped(found)
    if groups and _rows(_lines(page, groups[0][:1]), width) >= room - len(steps):
        steps = []  # a record to copy is worth more than the way to it
    told = list(_findings(page, groups, room - len(steps), map(explain, again))) or ["Findings: none"]
    return "\n".join([*head, *told, *tables, *foot[:1], *steps, *foot[1:], *last]) + "\n"


# --- findings --------------------------------------------------------------------------------------


def _rows(lines: Iterable[str], width: int) -> int:
    """What `lines` take on a screen."""
    return sum(max(1, -(-cells(line) // width)) for line in lines)


def _grouped(found: Iterable[Explained]) -> list[list[Explained]]:
    """Findings that one remedy mends, as grave as each other, in the order of the first of them."""
    groups: dict[object, list[Explained]] = {}
    for each in found:
        groups.setdefault((each.severity, each.fix, each.records, each.file), []).append(each)
    return list(groups.values())


def _lines(page: Page, group: Sequence[Explained]) -> list[str]:
    """What was found, and at the end what to do about all of it."""
    *others, last = group
    told = (page.block(each, ()) for each in others)
    return [*chain.from_iterable(told), *page.block(last, last.remedy)]


def _findings(
    page: Page, groups: Iterable[Sequence[Explained]], room: int, again: Iterable[Explained]
) -> Iterator[str]:
    """As many as fit into `room` rows, the first in any case, and none before a graver one; the others, and
    what they would say `again`, by their codes."""
    untold: list[Explained] = []
    room -= 1  # for that line
    for number, group in enumerate(groups):
        whole, alone = _lines(page, group), _lines(page, group[:1])
        fits = _rows(whole, page.width) <= room
        lines = whole if fits else alone
        if number and (
            _rows(lines, page.width) > room or (untold and untold[0].severity != group[0].severity)
        ):
            untold.extend(group)
            continue
        untold.extend(() if fits else group[1:])
        room -= _rows(lines, page.width)
        yield from lines
    untold = [*again, *untold]
    if untold:
        codes = dict.fromkeys(f"{page.glyphs.of(SEVERITY[each.severity])} {each.code}" for each in untold)
        yield from _items(page, "More", [*codes, "see --full"])


def _items(page: Page, label: str, items: Iterable[str]) -> Iterator[str]:
    """Items with commas between them, none of them broken."""
    text = ", ".join(item.replace(" ", "\N{NO-BREAK SPACE}") for item in items)
    for line in page.hang(label, text, column=_COLUMN):
        yield line.replace("\N{NO-BREAK SPACE}", " ")


# --- tables ----------------------------------------------------------------------------------------


def _tables(page: Page, result: Result) -> Iterator[list[str]]:
    """What was asked for beside one verdict."""
    told = page.told
    if len(result.counted) > 1:
        elsewhere = any(row.host not in ("", told.deciding.host) for row in told.rows)
        rows = [("", "posture", "outcome", "status", *(["MX host"] if elsewhere else []))]
        for row in told.rows:
            ended = f"{row.outcome} (may be {row.possible})" if row.possible else row.outcome
            rows.append(
                ("*" if row.decides else "", row.name, ended, row.code, *([row.host] if elsewhere else []))
            )
        doubt = [told.no_evidence] if told.no_evidence else []
        yield [*table(rows, indent=0, gap=1, width=page.width), *doubt]
    if told.envelope:
        answers = (f"{each.host} [{each.address}]: {each.word}: {each.sentence}" for each in told.answers)
        yield [line for each in answers for line in page.hang("Envelope", each, column=_COLUMN)]
    if told.tampered:
        attacks = [("attack", "mail is", "outcome")]
        attacks += [(row.attack, READ[row.read], row.outcome) for row in told.deciding.attacks]
        counted = (row for row in told.rows if row.name in result.counted and row.reach)
        sentences = [line for row in counted for line in wrapped(f"{row.name}: {row.reach}", page.width)]
        yield [*sentences, *table(attacks, indent=0, width=page.width)]


# --- what it rests on ------------------------------------------------------------------------------


def _steps(page: Page) -> Iterator[str]:
    """The path in a line or two."""
    steps = [step for step in page.told.steps[:-1] if (step.id, step.status) != ("sender", Status.SKIP)]
    words = (f"{page.glyphs.of(step.status)} {step.title} {step.word}" for step in steps)
    return _items(page, "Steps", words)


def _foot(page: Page, result: Result) -> Iterator[str]:
    """The log's own words, the other postures; when, from where, by what."""
    told = page.told
    row = told.deciding
    logged = next((each.said for each in row.attempts if each.host == row.host), "")
    if logged and result.verdict.outcome not in DELIVERED and result.chosen.agent.family is not Family.RFC:
        yield from page.hang("Logged", logged, column=_COLUMN)
    if len(result.counted) == 1 < len(told.rows):
        outcomes = Counter(each.outcome for each in told.rows)
        counts = (f"{number} {what}" for what, number in outcomes.most_common())
        yield from _items(page, "Postures", counts)
    seen = dict(told.circumstances)
    path = (("Path", seen["Path"]),) if result.walk.path.sender is not None else ()
    said = f"{seen['Walked']}; from {seen['From']}; by {seen['By']}"
    for label, text in (*asked(result), *path, ("Seen", said)):
        yield from page.hang(label, text, column=_COLUMN)
