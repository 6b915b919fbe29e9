"""The step panels: an accordion in packet order, of which at most one is open.

Each has three depths: its one line; what was found, what it means and how to mend it; raw evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

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

from mailpath.facts import ENVELOPE, LOOKS_FOR, STEPS, TITLES, Status, StepResult, Walk
from mailpath.tui.progress import Progress
from mailpath.tui.stack import Stack
from mailpath.tui.text import (
    PRINTABLE,
    QUIET,
    Glyphs,
    clean,
    fit,
)
from mailpath.tui.widgets.body import (
    Body,
    columns,
    paint_body,
    paint_evidence,
    paint_tampered,
    summary_room,
)
from mailpath.tui.widgets.flow import Flow
from mailpath.wording.times import milliseconds

if TYPE_CHECKING:
    from mailpath.exchanges import SmtpExchange


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
        number = "E" if progress.step == ENVELOPE else STEPS.index(progress.step)
        word, style = progress.mark(glyphs, self._now)
        word_width, elapsed_width = columns(width)
        word = fit(word, word_width - 1, glyphs.cut, pad=True) + " "
        mark = f" {glyphs.tampered}" if progress.tampered else ""
        aside = progress.note
        if not aside and progress.elapsed_ms is not None:
            aside = milliseconds(progress.elapsed_ms)
        arrow = glyphs.opened if self.opened else glyphs.closed
        head = f"{arrow} {number} {TITLES[progress.step] + mark:<10} "
        waiting = clean(progress.waiting) if progress.running else ""
        summary = clean(progress.result.summary) if progress.result else waiting or LOOKS_FOR[progress.step]
        return Content.assemble(
            (head, "bold" if progress.result or progress.running else QUIET),
            (word, style),
            (
                fit(summary, summary_room(width), glyphs.cut, pad=True),
                "" if progress.result or waiting else QUIET,
            ),
            (f"{aside:>{elapsed_width}}" if elapsed_width else "", "$accent" if progress.note else QUIET),
        )


class FilterInput(Input):
    """What evidence lines have to hold."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "screen.back", "All lines", id="filter.back", tooltip="All lines again"),
        Binding("enter", "submit", "Keep", id="filter.keep", tooltip="Keep the filter and read on"),
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
    #: How to see the rest of the body, "" where all of it is in sight.
    more = reactive("")

    class Toggled(Message):
        """The reader asked for this panel to be opened or closed."""

        def __init__(self, step: str) -> None:
            super().__init__()
            self.step = step

    def __init__(self, step: str, glyphs: Glyphs) -> None:
        super().__init__(id=f"step-{step}")
        self.step = step
        self._glyphs = glyphs
        self._line = StepLine(step, glyphs)
        self._source: Callable[[], Body] | None = None
        self._body: Body | None = None
        self._summary = ""
        self._tampered: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        yield self._line

    def _furnish(self) -> None:
        """The body, when it is first needed: the first frame has six panels and none is open."""
        if not self.query(FilterInput):
            flows = Flow(classes="blocks"), Flow(classes="evidence")
            body = ScrollableContainer(*flows, classes="body", can_focus=False)
            self.mount(FilterInput(), body)
            for moves in ("scroll_y", "virtual_size"):
                self.watch(body, moves, self._look, init=False)
            self.call_after_refresh(self._fill)

    def on_resize(self) -> None:
        self.call_after_refresh(self._look)

    def _look(self) -> None:
        """What of the body is out of sight, and the keys that bring it in."""
        found = []
        for body in self.query(".body"):
            below = round(body.max_scroll_y - body.scroll_y)
            if self.opened and below > 0:
                found.append(f"PgDn {below} more line{'s' if below > 1 else ''}")
            if self.opened and self.evidence and body.max_scroll_x > 0:
                found.append("L wider")
        self.more = ", ".join(found)

    def show(self, progress: Progress, now: float) -> None:
        self._line.show(progress, now)

    def know(
        self,
        walk: Walk | None,
        stack: Stack | None,
        tampered: tuple[str, ...] = (),
        exchanges: Sequence[SmtpExchange] = (),
    ) -> None:
        """What the body is made of from now on; None: nothing yet.  `tampered`: the exchanges an attacker
        touched.  `exchanges`: the SMTP sessions as they were on the wire."""
        self._tampered = tampered
        # The walk's own line: the one drawn above may still be of the walk before.
        results = walk.steps if walk is not None else ()
        own = next((result for result in results if result.id == self.step), None)
        # The hosts that the line of a good MX step names are told one by one.
        told = own is not None and self.step == "mx" and own.status is Status.PASS
        self._summary = own.summary if own is not None and not told else ""
        if walk is None or stack is None:
            self._source = None
        else:
            self._source = lambda: Body(
                list(stack.explained(walk, self.step)),
                list(stack.details(walk, self.step)),
                list(stack.evidence(walk, self.step, exchanges)),
            )
        self._body = None
        self._fill()

    def watch_opened(self) -> None:
        if not self.opened and self.filtering:
            self.query_one(FilterInput).value = ""
            self.filtering = False
        self._line.opened = self.opened
        self._line.refresh()
        if self.opened:
            self._furnish()
            self.query_one(".body").scroll_home(animate=False)
            self._fill()

        self.call_after_refresh(self._look)

    def watch_evidence(self) -> None:
        for body in self.query(".body"):
            body.scroll_home(animate=False)
        self.call_after_refresh(self._look)

    def _fill(self) -> None:
        if not self.opened or not self.query(".blocks"):
            return
        if self._body is None:
            self._body = self._read()
        body, summary = self._body, self._summary
        self.query_one(".blocks", Flow).show(
            lambda width: [
                *paint_tampered(self._tampered, width, self._glyphs),
                *paint_body(summary, body, width, self._glyphs.cut),
            ]
        )
        wanted = self.query_one(FilterInput).value.strip() if self.filtering else ""
        lines = [
            *paint_tampered(self._tampered, 110, self._glyphs),
            *paint_evidence(body.evidence, wanted, self._glyphs),
        ]
        raw = self.query_one(".evidence", Flow)
        longest = max((line.cell_length for line in lines), default=0)
        raw.styles.width = longest + raw.styles.gutter.width + 1
        raw.show(lambda width: lines)

    def ask_filter(self) -> None:
        """Open the filter, with what was in it last."""
        self.filtering = True
        self.screen.set_focus(self.query_one(FilterInput))  # at once: the next key is for it
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

    def _read(self) -> Body:
        """What to show; a step that cannot be explained is told, the app goes on."""
        if self._source is None:
            return Body([], [], [])
        try:
            return self._source()
        except Exception as error:  # noqa: BLE001  a defect in one panel's text must not take the others along
            return Body([], [], [f"This panel could not be made: {type(error).__name__}: {error}"])

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
    """The panels of the first six steps, and of the envelope where it was tried."""

    DEFAULT_CSS = "StepPanel.-absent { display: none; }"

    opened: reactive[str | None] = reactive(None)

    def __init__(self, glyphs: Glyphs, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self._envelope: StepPanel | None = None
        self._title = "Steps"
        self.border_title = Content(self._title)

    async def furnish(self) -> None:
        """What the frame holds; the app's first picture shows it empty."""
        panels = [StepPanel(step, self._glyphs) for step in STEPS[:-1]]
        await self.mount(*panels)
        for panel in panels:
            self.watch(panel, "more", self._entitle, init=False)

    @property
    def order(self) -> tuple[str, ...]:
        """The steps that have a panel here, in packet order."""
        there = self._envelope is not None and not self._envelope.has_class("-absent")
        return (*STEPS[:-1], ENVELOPE) if there else STEPS[:-1]

    def panel(self, step: str) -> StepPanel:
        return self.query_one(f"#step-{step}", StepPanel)

    def show(self, progress: Mapping[str, Progress], now: float, title: str) -> None:
        for step in STEPS[:-1]:
            self.panel(step).show(progress[step], now)
        self._title = title
        self._entitle()

    def _entitle(self) -> None:
        """Over the panels how far the walk is; below them what is out of sight, above where no frame is."""
        more = self.panel(self.opened).more if self.opened else ""
        framed = bool(self.styles.border_bottom[0])
        self.border_subtitle = Content(more if framed else "")
        title = self._title
        if more and not framed:
            both = f"{title}, {more}"
            title = both if cell_len(both) <= self.size.width else f"Steps, {more}"
        self.border_title = Content(title)

    def know(self, walk: Walk | None, stack: Stack | None, step: str | None = None) -> None:
        if walk is None and self._envelope is not None:
            self._envelope.add_class("-absent")
        for panel in self.query(StepPanel):
            if step is None or panel.step == step:
                panel.know(walk, stack)

    def see(
        self,
        walk: Walk,
        stack: Stack,
        tampered: Mapping[str, tuple[str, ...]],
        exchanges: Sequence[SmtpExchange] = (),
    ) -> None:
        """The same for all panels, with what an attacker touched and what was on the wire."""
        self._see_envelope(stack.envelope(walk))
        for panel in self.query(StepPanel):
            panel.know(walk, stack, tampered.get(panel.step, ()), exchanges)

    def _see_envelope(self, result: StepResult | None) -> None:
        """A panel for the envelope test, made when a walk first has one."""
        if result is not None and self._envelope is None:
            self._envelope = StepPanel(ENVELOPE, self._glyphs)
            self.mount(self._envelope)
            self.watch(self._envelope, "more", self._entitle, init=False)
        if self._envelope is not None:
            self._envelope.set_class(result is None, "-absent")
            self._envelope.show(Progress(ENVELOPE, result=result), 0.0)

    def watch_opened(self) -> None:
        self.set_class(self.opened is not None, "-any-open")
        for panel in self.query(StepPanel):
            panel.opened = panel.step == self.opened
        self._entitle()
