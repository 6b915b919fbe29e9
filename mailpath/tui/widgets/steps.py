"""The step panels: an accordion in packet order, of which at most one is open.

Each has three depths: its one line; what was found, what it means and how to mend it; raw evidence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import ScrollableContainer, Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Input

from mailpath.facts import STEPS, Walk
from mailpath.tui.progress import Progress
from mailpath.tui.stack import Block, Stack
from mailpath.tui.text import LOOKS_FOR, PRINTABLE, QUIET, TITLES, Glyphs, Row, clean, fit, hang, milliseconds
from mailpath.tui.widgets.flow import Flow

#: Evidence lines one panel shows; a chain of trust through twelve hosts is well below.
MOST_LINES = 2000

_SEVERITY = {"error": "$error", "warning": "$warning", "info": "$primary", "notice": "$primary"}


#: Marker, number and the longest name, with the blanks between them.
_HEAD = 15


def _columns(width: int) -> tuple[int, int]:
    """Cells for the word and for the time."""
    return (15 if width >= 70 else 13), (9 if width >= 56 else 0)


def summary_room(width: int) -> int:
    """Cells that a step's summary has in its line of `width` cells."""
    return width - _HEAD - sum(_columns(width))


class StepLine(Widget):
    """The panel's one line: marker, number and name, glyph and word, summary, time."""

    ALLOW_SELECT = False

    def __init__(self, step: str, glyphs: Glyphs) -> None:
        super().__init__(markup=False)
        self._glyphs = glyphs
        self._progress = Progress(step)
        self._now = 0.0
        self.opened = False

    def show(self, progress: Progress, now: float) -> None:
        self._progress = progress
        self._now = now
        self.refresh()

    def render(self) -> Content:
        glyphs, progress, width = self._glyphs, self._progress, self.content_size.width
        number = STEPS.index(progress.step)
        word, style = progress.mark(glyphs, self._now)
        word_width, elapsed_width = _columns(width)
        word = fit(word, word_width - 1, glyphs.cut, pad=True) + " "
        mark = f" {glyphs.tampered}" if progress.tampered else ""
        aside = progress.note
        if not aside and progress.elapsed_ms is not None:
            aside = milliseconds(progress.elapsed_ms)
        arrow = glyphs.opened if self.opened else glyphs.closed
        head = f"{arrow} {number} {TITLES[progress.step] + mark:<10} "
        summary = clean(progress.result.summary) if progress.result else LOOKS_FOR[progress.step]
        return Content.assemble(
            (head, "bold" if progress.result or progress.running else QUIET),
            (word, style),
            (fit(summary, summary_room(width), glyphs.cut, pad=True), "" if progress.result else QUIET),
            (f"{aside:>{elapsed_width}}" if elapsed_width else "", "$accent" if progress.note else QUIET),
        )


class FilterInput(Input):
    """What evidence lines have to hold."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "screen.back", "Back", show=False, id="filter.back", tooltip="All lines again"),
        Binding("down", "screen.step(0)", "Evidence", show=False, id="filter.down"),
    ]

    def __init__(self) -> None:
        super().__init__(
            placeholder="only lines with ...",
            restrict=PRINTABLE,
            max_length=200,
            compact=True,
            classes="filter",
        )


class StepPanel(Vertical, can_focus=True):
    """One step.  The body is made when it is opened, and again when more is known."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "open", "Open", id="step.open", tooltip="Open or close this panel"),
        Binding("pagedown,J", "page(1)", "Scroll down", show=False, id="step.page-down"),
        Binding("pageup,K", "page(-1)", "Scroll up", show=False, id="step.page-up"),
        Binding("shift+right,L", "sideways(1)", "Evidence right", show=False, id="step.right"),
        Binding("shift+left,H", "sideways(-1)", "Evidence left", show=False, id="step.left"),
    ]

    opened = reactive(False, toggle_class="-open")
    filtering = reactive(False, toggle_class="-filter")
    evidence = reactive(False, toggle_class="-evidence")

    class Toggled(Message):
        """The reader asked for this panel to be opened or closed."""

        def __init__(self, step: str) -> None:
            super().__init__()
            self.step = step

    def __init__(self, step: str, glyphs: Glyphs) -> None:
        super().__init__(id=f"step-{step}")
        self.step = step
        self._glyphs = glyphs
        self._progress = Progress(step)
        self._source: Callable[[], tuple[list[Block], list[str]]] | None = None
        self._summary = ""
        self._tampered: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        yield StepLine(self.step, self._glyphs)

    def _furnish(self) -> None:
        """The body, when it is first needed: the first frame has six panels and none is open."""
        if not self.query(FilterInput):
            flows = Flow(classes="blocks"), Flow(classes="evidence")
            self.mount(FilterInput(), ScrollableContainer(*flows, classes="body", can_focus=False))
            self.call_after_refresh(self._fill)

    def show(self, progress: Progress, now: float) -> None:
        self._progress = progress
        self.query_one(StepLine).show(progress, now)

    def know(self, walk: Walk | None, stack: Stack | None, tampered: tuple[str, ...] = ()) -> None:
        """What the body is made of from now on; None: nothing yet.  `tampered`: the exchanges an attacker
        touched."""
        self._tampered = tampered
        # The walk's own line: the one drawn above may still be of the walk before.
        results = walk.steps if walk is not None else ()
        self._summary = next((result.summary for result in results if result.id == self.step), "")
        if walk is None or stack is None:
            self._source = None
        else:
            self._source = lambda: (
                list(stack.explained(walk, self.step)),
                list(stack.evidence(walk, self.step)),
            )
        self._fill()

    def watch_opened(self) -> None:
        if not self.opened and self.filtering:
            self.query_one(FilterInput).value = ""
            self.filtering = False
        line = self.query_one(StepLine)
        line.opened = self.opened
        line.refresh()
        if self.opened:
            self._furnish()
            self.query_one(".body").scroll_home(animate=False)
            self._fill()

    def watch_evidence(self) -> None:
        for body in self.query(".body"):
            body.scroll_home(animate=False)

    def _fill(self) -> None:
        if not self.opened or not self.query(".blocks"):
            return
        blocks, evidence = self._read()
        summary = self._summary
        self.query_one(".blocks", Flow).show(
            lambda width: [
                *paint_tampered(self._tampered, width, self._glyphs),
                *paint_blocks(summary, blocks, bool(evidence), width, self._glyphs.cut),
            ]
        )
        lines = self._evidence_lines(evidence)
        raw = self.query_one(".evidence", Flow)
        raw.styles.width = max((line.cell_length for line in lines), default=0) + 2
        raw.show(lambda width: lines)

    def _evidence_lines(self, evidence: list[str]) -> list[Content]:
        """The lines that hold what is filtered for, the words marked; all of them without a filter."""
        if not evidence:
            return [Content.styled("No evidence was gathered.", QUIET)]
        wanted = self.query_one(FilterInput).value.strip() if self.filtering else ""
        cleaned = [clean(line) for line in evidence]
        kept = [line for line in cleaned if wanted.casefold() in line.casefold()]
        lines = [_highlighted(line, wanted) for line in kept[:MOST_LINES]]
        if len(kept) > MOST_LINES:
            lines.append(Content(f"{len(kept) - MOST_LINES} more lines"))
        if wanted:
            lines.append(Content.styled(f"{len(kept)} of {len(cleaned)} lines", QUIET))
        if self._tampered:
            lines[:0] = paint_tampered(self._tampered, 110, self._glyphs)
        return lines

    def ask_filter(self) -> None:
        """Open the filter, with what was in it last."""
        self.filtering = True
        self.query_one(FilterInput).focus()
        self._fill()

    def end_filter(self) -> None:
        self.query_one(FilterInput).value = ""
        self.filtering = False
        self.focus()
        self._fill()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._fill()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep the filter, go back to reading."""
        event.stop()
        self.focus()

    def _read(self) -> tuple[list[Block], list[str]]:
        """What to show; a step that cannot be explained is told, the app goes on."""
        if self._source is None:
            return [], []
        try:
            return self._source()
        except Exception as error:  # noqa: BLE001  a defect in one panel's text must not take the others along
            return [], [f"This panel could not be made: {type(error).__name__}: {error}"]

    def action_open(self) -> None:
        self.post_message(self.Toggled(self.step))

    def action_page(self, direction: int) -> None:
        for body in self.query(".body"):
            body.scroll_relative(y=direction * max(body.size.height - 2, 1), animate=False)

    def action_sideways(self, direction: int) -> None:
        for body in self.query(".body"):
            body.scroll_relative(x=direction * 12, animate=False)

    def on_click(self, event: events.Click) -> None:
        if isinstance(event.widget, StepLine):
            self.post_message(self.Toggled(self.step))


class Steps(Vertical):
    """The panels of the first six steps."""

    opened: reactive[str | None] = reactive(None)

    def __init__(self, glyphs: Glyphs, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self.border_title = Content("Steps")

    async def furnish(self) -> None:
        """What the frame holds; the app's first picture shows it empty."""
        await self.mount(*(StepPanel(step, self._glyphs) for step in STEPS[:-1]))

    def panel(self, step: str) -> StepPanel:
        return self.query_one(f"#step-{step}", StepPanel)

    def show(self, progress: Mapping[str, Progress], now: float, title: str) -> None:
        for step in STEPS[:-1]:
            self.panel(step).show(progress[step], now)
        self.border_title = Content(title)

    def know(self, walk: Walk | None, stack: Stack | None, step: str | None = None) -> None:
        for panel in self.query(StepPanel):
            if step is None or panel.step == step:
                panel.know(walk, stack)

    def see(self, walk: Walk, stack: Stack, tampered: Mapping[str, tuple[str, ...]]) -> None:
        """The same for all panels, with what an attacker touched."""
        for panel in self.query(StepPanel):
            panel.know(walk, stack, tampered.get(panel.step, ()))

    def watch_opened(self) -> None:
        self.set_class(self.opened is not None, "-any-open")
        for panel in self.query(StepPanel):
            panel.opened = panel.step == self.opened


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


#: Tampered exchanges named in a panel; more are counted.
_MOST_TOUCHED = 6


def paint_blocks(
    summary: str, blocks: Iterable[Block], evidence: bool, width: int, cut: str
) -> Iterable[Content]:
    """The second depth: the whole summary, then each finding under its heading."""
    room = summary_room(width)
    width = min(width, 110)
    indent, column = (4, 10) if width >= 84 else (2, 8)
    if cell_len(clean(summary)) <= room:
        summary = ""  # its line shows it in full
    if summary:
        yield from hang([Row("", summary, label_style="")], width, indent=indent)
    for number, block in enumerate(blocks):
        if number:
            yield Content("")
        style = _SEVERITY.get(str(block.severity).lower(), "$warning")
        yield Content.assemble(
            " " * indent,
            (fit(clean(str(block.severity)).upper(), column - 1, pad=True) + " ", f"{style} bold"),
            (fit(clean(block.subject), width - indent - column - 12, cut), "bold"),
            (f"  {clean(block.code)}", QUIET),
        )
        rows = (
            Row("Found", block.found),
            Row("Got", block.got),
            Row("Means", block.means),
            Row("Fix", block.fix),
            Row("Source", block.source, style=QUIET),
        )
        yield from hang([row for row in rows if row.value], width, indent=indent, column=column)
    if evidence:
        yield Content("")
        yield Content.assemble(" " * indent, ("e", "$primary"), (" shows the evidence this rests on", QUIET))


def _highlighted(line: str, wanted: str) -> Content:
    """`line`, each place that holds `wanted` marked."""
    if not wanted:
        return Content(line)
    pattern = re.compile(re.escape(wanted), re.IGNORECASE)
    content = Content(line)
    for found in pattern.finditer(line):
        content = content.stylize("$primary bold", found.start(), found.end())
    return content
