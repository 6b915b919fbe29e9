"""The table of a survey: only the rows in sight are drawn, however many there are.

Textual's own table keeps a record of every cell and measures them all; ten thousand rows take it seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, NamedTuple

from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.style import Style
from textual.visual import Visual
from textual.widget import Widget

from mailpath.survey.again import Cell, Look
from mailpath.survey.viewing import Domains, Entry, Head, Seen
from mailpath.tui.text import OUTCOME_STYLE, OUTCOME_WORD, QUIET, Glyphs, clean, fit
from mailpath.wording.phrases import amount

#: Cells for a posture, for names at least, for a cause at least; from which width on the operator is told.
_CELL, _NAME, _CAUSE, _WIDE = 10, 22, 16, 100
_OPERATOR = 20
#: Lines that are remembered as they were drawn.
_DRAWN = 512


class Columns(NamedTuple):
    """What there is room for: cells of each column; 0 for none.  `postures`: today's first."""

    mails: int
    domain: int
    operator: int
    postures: tuple[str, ...]
    cause: int


class Shown(NamedTuple):
    """All that the table draws from.  `pins`: postures, in order; `by`, `turned`: how it is ordered."""

    domains: Domains
    seen: Seen
    pins: tuple[str, ...]
    by: str
    turned: bool


def columns_in(width: int, shown: Shown) -> Columns:
    """The columns of a table of `width` cells: the chosen posture is always among them."""
    most = max(shown.domains.mails, default=0)
    mails = max(len(f"{most:,}"), len("Mails v")) + 2
    operator = _OPERATOR if width >= _WIDE else 0
    cause = _CAUSE if width >= 72 else 0
    room = max((width - mails - _NAME - operator - cause) // _CELL, 2)
    today, chosen = shown.seen.today, shown.seen.posture
    others = [name for name in shown.pins if name != today]
    first = max(others.index(chosen) + 2 - room, 0) if chosen in others else 0
    postures = (today, *others[first : first + room - 1])
    left = width - mails - operator - len(postures) * _CELL
    cause = max(left - max(_NAME, left // 2), 0) if cause else 0
    return Columns(mails, max(left - cause, 8), operator, postures, cause)


class Heads(Widget):
    """The first line: a click on a name orders by it, another turns the order around."""

    ALLOW_SELECT = False

    class Clicked(Message):
        """The name of a column: see `Arrangement.by`."""

        def __init__(self, column: str) -> None:
            super().__init__()
            self.column = column

    def __init__(self, glyphs: Glyphs, *, id: str) -> None:
        super().__init__(id=id, markup=False)
        self._glyphs = glyphs
        self._shown: Shown | None = None
        self._room = 0

    def show(self, shown: Shown, width: int) -> None:
        """Draw them.  `width`: that of the rows below, which may have a scroll bar beside them."""
        self._shown, self._room = shown, width
        self.refresh()

    def render(self) -> Content:
        shown = self._shown
        if shown is None:
            return Content("")
        columns = columns_in(self._room, shown)
        parts = [self._head("mails", "Mails", columns.mails - 2, right=True), Content("  ")]
        parts.append(self._head("domain", "Domain", columns.domain))
        if columns.operator:
            parts.append(self._head("operator", "Operator", columns.operator))
        for place, name in enumerate(columns.postures):
            parts.append(self._head(name, "today" if not place else short(name), _CELL))
        if columns.cause:
            parts.append(self._head("cause", "Cause", columns.cause))
        return Content("").join(parts)

    def _head(self, column: str, text: str, width: int, *, right: bool = False) -> Content:
        shown = self._shown
        assert shown is not None
        if column == shown.by:
            sign = self._glyphs.opened if not shown.turned else "^" if self._glyphs.cut == "~" else "▲"
            text = f"{clean(text, 40)} {sign}"
        text = fit(clean(text, 42), width - (not right), self._glyphs.cut)
        pad = " " * (width - len(text))
        style = "$primary bold" if column == shown.seen.posture else QUIET
        head = Content.styled(text, style).stylize(Style.from_meta({"column": column}))
        return Content(pad).append(head) if right else head.append(pad)

    def on_click(self, event: events.Click) -> None:
        if column := event.style.meta.get("column"):
            self.post_message(self.Clicked(column))


class DomainTable(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows and groups; one of them has the cursor."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"domains--cursor", "domains--group"}

    class Moved(Message):
        """The cursor is elsewhere, or on something else."""

    class Resized(Message):
        """Rows have more or less room than before."""

    class Opened(Message):
        """What the cursor is on was clicked twice."""

    def __init__(self, glyphs: Glyphs, *, id: str) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self._shown: Shown | None = None
        self.entries: Sequence[Entry] = ()
        self.cursor = 0
        self._drawn: dict[tuple[Entry, int, str], Strip] = {}
        self._room: tuple[int, Columns] | None = None
        self._wide = 0  # digits of the mails of a group

    @property
    def here(self) -> Entry | None:
        """What the cursor is on; None where nothing is listed."""
        return self.entries[self.cursor] if self.entries else None

    @property
    def in_sight(self) -> Sequence[Entry]:
        """What is drawn."""
        first = self.scroll_offset.y
        return self.entries[first : first + self.scrollable_content_region.height]

    def show(self, shown: Shown, entries: Sequence[Entry], *, stay: bool) -> None:
        """List `entries`.  `stay`: with the cursor on what it is on, where that is still listed."""
        here = self.here if stay else None
        self._shown, self.entries = shown, entries
        self._drawn.clear()
        self._room = None
        grouped = bool(entries) and isinstance(entries[0], Head)
        heads = (each.mails for each in entries if isinstance(each, Head)) if grouped else ()
        self._wide = len(f"{max(heads, default=0):,}")
        self.virtual_size = Size(self.room, len(entries))
        place = _place(entries, here) if here is not None else 0
        self.cursor = min(self.cursor if place is None else place, max(len(entries) - 1, 0))
        self._follow()
        self.refresh()
        self.post_message(self.Moved())

    def draw_again(self) -> None:
        """What is listed stays; what is known of it has changed."""
        self._drawn.clear()
        self.refresh()

    def move(self, steps: int) -> None:
        """The cursor, at most to either end."""
        before = self.cursor
        self.cursor = min(max(before + steps, 0), max(len(self.entries) - 1, 0))
        if self.cursor != before:
            self.refresh_lines(before)
            self.refresh_lines(self.cursor)
            self._follow()
            self.post_message(self.Moved())

    @property
    def room(self) -> int:
        """Cells of a row."""
        return self.scrollable_content_region.width

    def page(self, direction: int) -> None:
        """A screen on."""
        self.move(direction * max(self.scrollable_content_region.height - 1, 1))

    def _follow(self) -> None:
        """Keep the cursor in sight."""
        height = max(self.scrollable_content_region.height, 1)
        top = round(self.scroll_target_y)
        if not top <= self.cursor < top + height:
            top = self.cursor if self.cursor < top else self.cursor - height + 1
            self.scroll_to(y=top, animate=False, immediate=True)

    def on_resize(self) -> None:
        self._drawn.clear()
        self.virtual_size = Size(self.room, len(self.entries))
        self._follow()
        self.post_message(self.Resized())

    def on_click(self, event: events.Click) -> None:
        line = event.y + self.scroll_offset.y
        if line < len(self.entries):
            self.move(line - self.cursor)
            if event.chain == 2:
                self.post_message(self.Opened())

    def notify_style_update(self) -> None:
        self._drawn.clear()
        super().notify_style_update()

    # --- Lines ---

    def render_line(self, y: int) -> Strip:
        width = self.room
        line = y + self.scroll_offset.y
        if self._shown is None or line >= len(self.entries):
            return Strip.blank(width, self.rich_style)
        entry = self.entries[line]
        how = "cursor" if line == self.cursor else "group" if isinstance(entry, Head) else ""
        key = entry, width, how
        if key not in self._drawn:
            if len(self._drawn) >= _DRAWN:
                self._drawn.clear()
            style = self.get_visual_style(f"domains--{how}") if how else self.visual_style
            parts = self._group(entry) if isinstance(entry, Head) else self._row(entry, width)
            content = Content.assemble(*parts)
            strip = Visual.to_strips(self, content, width, 1, style)[0]
            self._drawn[key] = strip.extend_cell_length(width, style.rich_style)
        return self._drawn[key]

    def _row(self, number: int, width: int) -> Iterator[tuple[str, str]]:
        shown = self._shown
        assert shown is not None
        columns = self._columns(width)
        row, look = shown.domains.rows[number], shown.seen.look
        yield f"{row.mails:>{columns.mails - 2},}  ", QUIET
        yield self._fitted(row.domain, columns.domain), ""
        if columns.operator:
            yield self._fitted(row.operator or "-", columns.operator), QUIET
        for name in columns.postures:
            cell = shown.domains.column(look, name).cells[number]
            text, style = cell_text(cell, self._glyphs)
            yield (
                fit(text, _CELL - 1, pad=True) + " ",
                f"{style} bold" if name == shown.seen.posture else style,
            )
        if columns.cause:
            column = shown.domains.column(look, shown.seen.posture)
            yield self._fitted(_told(column.cells[number], column.causes[number], look), columns.cause), QUIET

    def _columns(self, width: int) -> Columns:
        assert self._shown is not None
        if self._room is None or self._room[0] != width:
            self._room = width, columns_in(width, self._shown)
        return self._room[1]

    def _group(self, head: Head) -> Iterator[tuple[str, str]]:
        shown = self._shown
        assert shown is not None
        sign = self._glyphs.opened if head.opened else self._glyphs.closed
        yield f"{sign} ", "$primary"
        yield f"{head.mails:>{self._wide},} mails  ", QUIET
        yield clean(head.name, 120), "bold"
        yield f"  {amount(head.domains, 'domain')}", QUIET
        if head.broken:
            broken = "read" if shown.seen.look.attack else "newly deferred"
            yield f"  {amount(head.broken, 'mail')} {broken}", "$error"

    def _fitted(self, text: str, width: int) -> str:
        return fit(clean(text, 300), width - 1, self._glyphs.cut, pad=True) + " "


def short(posture: str) -> str:
    """As a column is called."""
    return posture.removeprefix("postfix-")


def cell_text(cell: Cell | None, glyphs: Glyphs) -> tuple[str, str]:
    """A cell in a word, with a sign before it, and its style."""
    if cell is None:
        return glyphs.waiting, QUIET
    if cell.read == "yes":
        return f"{glyphs.failed} READ", "$error"
    if cell.read == "maybe":
        return f"{glyphs.unknown} maybe", "$warning"
    word = OUTCOME_WORD[cell.outcome]
    if cell.read == "no":
        known = cell.outcome != "unknown"
        return f"{glyphs.passed if known else glyphs.unknown} {word}", "$success" if known else QUIET
    if cell.inconclusive:
        return f"{glyphs.unknown} {word}", QUIET
    return f"{glyphs.of(cell.outcome)} {word}", OUTCOME_STYLE[cell.outcome]


def _told(cell: Cell | None, cause: str, look: Look) -> str:
    """Why mail is not delivered; nothing where it is."""
    if cell is None:
        return ""
    if look.attack:
        return cell.cause.reason
    return cause if cell.cause.event or cell.cause.reason or cell.inconclusive else ""


def _place(entries: Sequence[Entry], here: Entry) -> int | None:
    """Where `here` is listed now; a group is known by its name."""
    if isinstance(here, Head):
        names = (n for n, each in enumerate(entries) if isinstance(each, Head) and each.name == here.name)
        return next(names, None)
    return next((n for n, each in enumerate(entries) if each == here), None)
