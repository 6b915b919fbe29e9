"""What an opened step panel says: what is wrong, what was found, and the evidence.  Drawn as lines; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from mailpath.tui.judging import Body
from mailpath.tui.text import ASCII, QUIET, Glyphs, Row, clean, fit, hang, holds
from mailpath.wording.evidence import Kind, kind_of

if TYPE_CHECKING:
    from mailpath.report.panels import Explained

#: Evidence lines one panel shows; a chain of trust through twelve hosts is well below.
MOST_LINES = 2000

#: What evidence is drawn with, for fonts that have no such glyphs.
_PLAIN = str.maketrans({"│": "|", "▼": "v", "└": "`", "─": "-", "✓": "+", "✗": "x", "…": "~", "–": "-"})

_SEVERITY = {"error": "$error", "warning": "$warning", "info": "$primary", "notice": "$primary"}

#: By what a line of evidence tells; the others are plain.
_STYLES: Mapping[Kind | None, str] = {
    Kind.HEADING: "bold",
    Kind.SENT: "$primary",
    Kind.BORDER: "$secondary",
    Kind.EQUAL: "$success",
    Kind.DIFFERS: "$error",
}

#: Marker, number and the longest name, with the blanks between them.
_HEAD = 15


def columns(width: int) -> tuple[int, int]:
    """Cells for the word and for the time."""
    return (15 if width >= 70 else 14), (9 if width >= 56 else 0)


def summary_room(width: int) -> int:
    """Cells that a step's summary has in its line of `width` cells."""
    return width - _HEAD - sum(columns(width))


def paint_tampered(touched: tuple[str, ...], width: int, glyphs: Glyphs) -> list[Content]:
    """What the attacker did here, above everything that follows from it."""
    if not touched:
        return []
    named = ", ".join(touched[:_MOST_TOUCHED])
    if len(touched) > _MOST_TOUCHED:
        named += f" and {len(touched) - _MOST_TOUCHED} more"
    indent = 4 if min(width, 110) >= 84 else 2
    row = Row(glyphs.tampered, f"Tampered with (simulated): {named}", style="$accent", label_style="$accent")
    return [*hang([row], min(width, 110), indent=indent, column=2), Content("")]


#: Cells of the labels of a body.
_COLUMN = 10
#: Tampered exchanges named in a panel; more are counted.
_MOST_TOUCHED = 6


def paint_body(body: Body, width: int, cut: str, *, plans: bool = True) -> Iterable[Content]:
    """The second depth: what is wrong and how to mend it, what was found, what is worth knowing.  `plans`:
    whether there is a key that plans here."""
    width = min(width, 110)
    indent = 4 if width >= 84 else 2
    parts: list[list[Content]] = []
    wrong = [block for worse in ("ERROR", "WARNING") for block in body.blocks if _severity(block) == worse]
    parts += [_block(block, width, indent, cut, plans=plans) for block in wrong]
    rows = [Row(each.label, each.text) for each in body.details]
    if rows:
        parts.append(hang(rows, width, indent=indent, column=_COLUMN))
    parts += [_block(block, width, indent, cut, plans=plans) for block in body.blocks if block not in wrong]
    if body.evidence:
        shows = (" shows the evidence this rests on", QUIET)
        parts.append([Content.assemble(" " * indent, ("e", "$primary"), shows)])
    for number, lines in enumerate(parts):
        if number:
            yield Content("")
        yield from lines


def _severity(block: Explained) -> str:
    return clean(str(block.severity)).upper()


def _block(block: Explained, width: int, indent: int, cut: str, *, plans: bool) -> list[Content]:
    """One finding under its heading."""
    severity = _severity(block)
    style = _SEVERITY.get(severity.lower(), "$warning")
    head = Content.assemble(
        " " * indent,
        (fit(severity, _COLUMN - 1, pad=True) + " ", f"{style} bold"),
        (fit(clean(block.subject), width - indent - _COLUMN - 12, cut), "bold"),
        (f"  {clean(block.code)}", QUIET),
    )
    rows = (
        Row("Found", block.found),
        Row("Got", block.got),
        *(Row("" if number else "Policy", line) for number, line in enumerate(block.policy)),
        *(
            Row(label, text)
            for row in block.remedy
            for label, text in ((row.label, row.text), *(("", line) for line in row.lines))
        ),
        Row("Plan", f"u, then {block.plan}: the order in which no mail is lost" * bool(block.plan and plans)),
        Row("Means", block.means),
        Row("Source", block.source, style=QUIET),
    )
    return [head, *hang([row for row in rows if row.value], width, indent=indent, column=_COLUMN)]


def _highlighted(line: str, style: str, words: list[str]) -> Content:
    """`line`, each place that holds one of `words` marked."""
    content = Content.styled(line, style) if style else Content(line)
    if not words:
        return content
    pattern = re.compile("|".join(map(re.escape, words)), re.IGNORECASE)
    for found in pattern.finditer(line):
        content = content.stylize("$primary bold", found.start(), found.end())
    return content


def hang_line(line: Content, width: int) -> list[Content]:
    """`line` in lines of at most `width` cells, all but the first further in than it is."""
    if line.cell_length <= width:
        return [line]
    indent = len(line.plain) - len(line.plain.lstrip()) + 4
    first = line.wrap(width)[0]
    rest = line[len(first.plain) :]
    rest = rest[len(rest.plain) - len(rest.plain.lstrip()) :]
    return [first, *(Content(" " * indent) + part for part in rest.wrap(max(width - indent, 8)))]


def paint_evidence(evidence: Sequence[str], wanted: str, glyphs: Glyphs) -> list[Content]:
    """The lines that hold every word of what is `wanted`, marked; all of them where nothing is."""
    if not evidence:
        return [Content.styled("No evidence was gathered.", QUIET)]
    cleaned = [(clean(line), _STYLES.get(kind_of(line), "")) for line in evidence]
    if glyphs is ASCII:
        cleaned = [(line.translate(_PLAIN), style) for line, style in cleaned]
    words = wanted.casefold().split()
    kept = [(line, style) for line, style in cleaned if holds(line, wanted)]
    lines = [_highlighted(line, style, words) for line, style in kept[:MOST_LINES]]
    if len(kept) > MOST_LINES:
        lines.append(Content(f"{len(kept) - MOST_LINES} more lines"))
    if words:  # first: at the end it would be out of sight
        told = f"{len(kept)} of {len(cleaned)} lines with" if kept else "No line contains"
        lines.insert(0, Content.styled(f"{told} '{clean(wanted)}'; Esc shows all.", QUIET))
    return lines


def place_of(lines: Sequence[Content], text: str) -> range:
    """The lines that say `text`, however they are broken; none where nothing does."""
    wanted = " ".join(text.split())
    if not wanted:
        return range(0)
    said, of_line = "", []  # the words of all lines, and of each character its line
    for number, line in enumerate(lines):
        words = " ".join(line.plain.split())
        if words:
            piece = f"{words} "
            said += piece
            of_line += [number] * len(piece)
    at = said.find(wanted)
    return range(of_line[at], of_line[at + len(wanted) - 1] + 1) if at >= 0 else range(0)


def emphasized(lines: list[Content], text: str) -> list[Content]:
    """`lines`, of which those that say `text` stand out."""
    found = place_of(lines, text)
    return [line.stylize("reverse") if number in found else line for number, line in enumerate(lines)]
