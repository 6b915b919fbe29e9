"""The step panels: an accordion in packet order, of which at most one is open.

Each has three depths: its one line; what was found, what it means and how to mend it; raw evidence.
"""

from __future__ import annotations

import logging
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

from mailpath.facts import ENVELOPE, STEPS, StepResult
from mailpath.tui.judging import Body, JudgedWalk
from mailpath.tui.keynames import hidden
from mailpath.tui.progress import Progress
from mailpath.tui.text import PRINTABLE, Glyphs
from mailpath.tui.widgets.body import (
    emphasized,
    hang_line,
    paint_body,
    paint_evidence,
    paint_tampered,
    place_of,
)
from mailpath.tui.widgets.rail import Rail
from mailpath.tui.widgets.stepline import MOST_OPENED, StepLine
from mailpath.tui.widgets.wrapped_text import WrappedText

if TYPE_CHECKING:
    from mailpath.exchanges import SmtpExchange
    from mailpath.tui.scene import Scene

log = logging.getLogger(__name__)

#: Cells of a line of evidence that is not wrapped.
_EVIDENCE = 500


class FilterInput(Input):
    """What evidence lines have to hold."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "screen.back", "All lines", id="filter.back", tooltip="All lines again"),
        Binding("enter", "submit", "Keep", id="filter.keep", tooltip="Keep the filter"),
        hidden("down", "screen.step(0)", "Evidence", id="filter.down"),
    ]

    def __init__(self) -> None:
        super().__init__(
            placeholder="Filter lines ...",
            restrict=PRINTABLE,
            max_length=200,
            compact=True,
            classes="filter",
        )


class _Body(ScrollableContainer):
    """What is below a panel's line, which may take room from it while the panel stays as high as it was."""

    def __init__(self, *parts: Widget, look: Callable[[], object]) -> None:
        """`look`: called when its size has changed."""
        super().__init__(*parts, classes="body", can_focus=False)
        self._look_again = look

    def on_resize(self) -> None:
        self.call_after_refresh(self._look_again)


class StepPanel(Vertical, can_focus=True):
    """One step.  The body is made when it is opened, and again when more is known."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "open", "Open", id="step.open", tooltip="Open or close this panel"),
        hidden("pagedown,J", "page(1)", "Scroll down", id="step.page-down"),
        hidden("pageup,K", "page(-1)", "Scroll up", id="step.page-up"),
        hidden("home", "edge('home')", "First line", id="step.first"),
        hidden("end", "edge('end')", "Last line", id="step.last"),
        hidden("shift+right,L", "sideways(1)", "Evidence right", id="step.right"),
        hidden("shift+left,H", "sideways(-1)", "Evidence left", id="step.left"),
    ]

    opened = reactive(False, init=False, toggle_class="-open")
    filtering = reactive(False, toggle_class="-filter")
    evidence = reactive(False, init=False, toggle_class="-evidence")
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
        self.line = StepLine(step, glyphs)
        self._filter = FilterInput()
        self._blocks, self._evidence = WrappedText(classes="blocks"), WrappedText(classes="evidence")
        self._scroll = _Body(self._blocks, self._evidence, look=self._look)
        self._judged: JudgedWalk | None = None
        self._exchanges: Sequence[SmtpExchange] = ()
        self._body: Body | None = None
        self._tampered: tuple[str, ...] = ()
        self.pointed = ""

    def compose(self) -> ComposeResult:
        yield self.line

    def show(self, progress: Progress, now: float) -> None:
        self.line.tell(progress, now)

    def know(
        self,
        judged: JudgedWalk | None,
        tampered: tuple[str, ...] = (),
        exchanges: Sequence[SmtpExchange] = (),
    ) -> None:
        """What the body is made of from now on; None: nothing yet.  `tampered`: the exchanges an attacker
        touched.  `exchanges`: the SMTP sessions as they were on the wire."""
        self._judged, self._tampered, self._exchanges = judged, tampered, exchanges
        self._body = None
        self._fill()

    def watch_opened(self) -> None:
        if not self.opened:
            self.pointed = ""
        if not self.opened and self.filtering:
            self._filter.value = ""
            self.filtering = False
        self.line.opened = self.opened
        self.line.again()
        if self.opened:
            if self._scroll.parent is None:  # when it is first needed: at the start no panel is open
                self.mount(self._filter, self._scroll)
                for moves in ("scroll_y", "virtual_size"):
                    self.watch(self._scroll, moves, self._look, init=False)
                self.call_after_refresh(self._fill)  # its margins are known then
            self._scroll.scroll_home(animate=False)
            self._fill()
        self.call_after_refresh(self._look)

    def watch_evidence(self) -> None:
        self._scroll.scroll_home(animate=False)
        self.call_after_refresh(self._look)

    def _look(self) -> None:
        """What of the body is out of sight, and the keys that bring it in."""
        found = []
        below = round(self._scroll.max_scroll_y - self._scroll.scroll_y)
        if self.opened and below > 0:
            found.append(f"PgDn {below} more line{'s' if below > 1 else ''}")
        if self.opened and self.evidence and self._scroll.max_scroll_x > 0:
            found.append("L wider")
        self.more = ", ".join(found)

    def _fill(self) -> None:
        if not self.opened:
            return
        if self._body is None:
            self._body = self._read()
        body, pointed = self._body, self.pointed
        plans = bool(self.screen.check_action("plan", ()))
        self._blocks.show(
            lambda width: emphasized(
                [
                    *paint_tampered(self._tampered, width, self._glyphs),
                    *paint_body(body, width, self._glyphs.cut, plans=plans),
                ],
                pointed,
            )
        )
        wanted = self._filter.value.strip() if self.filtering else ""
        lines = [
            *paint_tampered(self._tampered, 110, self._glyphs),
            *paint_evidence(body.evidence, wanted, self._glyphs),
        ]
        longest = max((line.cell_length for line in lines), default=0)
        self._evidence.styles.width = longest + self._evidence.styles.gutter.width + 1
        self._evidence.show(
            lambda width: emphasized([part for line in lines for part in hang_line(line, width)], pointed)
        )

    def _read(self) -> Body:
        """What to show; a step that cannot be explained is told, the app goes on."""
        if self._judged is None:
            return Body()
        try:
            return self._judged.explain(self.step, self._exchanges)
        except Exception as error:  # a defect in one panel's text must not take the others along
            log.exception("the panel of %s", self.step)
            return Body(evidence=[f"This panel could not be made: {type(error).__name__}: {error}"])

    def point_to(self, text: str) -> None:
        """Be open at the lines that say `text`, and show which they are."""
        self.pointed = text
        self._fill()
        self.call_after_refresh(self._scroll_to_pointed)

    def _scroll_to_pointed(self) -> None:
        if not self._scroll.size.width:
            return  # hidden: it is pointed to again when it is shown
        if place_of(self._blocks.drawn, self.pointed):
            self._scroll_to_line(self._blocks)
        elif place_of(self._evidence.painted(_EVIDENCE), self.pointed):
            self.evidence = True
            self.call_after_refresh(self._scroll_to_line, self._evidence)

    def _scroll_to_line(self, shown: WrappedText) -> None:
        """The lines that are pointed to in the middle."""
        found = place_of(shown.drawn, self.pointed)
        top = found.start - max(self._scroll.size.height - len(found), 0) // 2
        self._scroll.scroll_to(y=max(top, 0), animate=False, immediate=True)

    def rows(self, width: int) -> int:
        """Rows that it takes with one line for its summary, and all of its body."""
        if not self.opened:
            return 1
        body = self._evidence if self.evidence else self._blocks
        return min(self.line.wanted(width), MOST_OPENED) + body.lines(width)

    def ask_filter(self) -> None:
        """Open the filter, with what was in it last."""
        self.filtering = True
        self.screen.set_focus(self._filter)  # at once: the next key is for it
        self._fill()

    def end_filter(self) -> None:
        self._filter.value = ""
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

    def action_open(self) -> None:
        self.post_message(self.Toggled(self.step))

    def action_page(self, direction: int) -> None:
        self._scroll.scroll_relative(y=direction * max(self._scroll.size.height - 2, 1), animate=False)

    def action_edge(self, edge: str) -> None:
        getattr(self._scroll, f"scroll_{edge}")(animate=False)

    def action_sideways(self, direction: int) -> None:
        self._scroll.scroll_relative(x=direction * 12, animate=False)

    def on_click(self, event: events.Click) -> None:
        if isinstance(event.widget, StepLine):
            self.action_open()


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
        self._rail = Rail(glyphs, id="rail")

    async def furnish(self) -> None:
        """What the frame holds; the app's first picture shows it empty."""
        await self.mount(self._rail, *(self._make_panel(step) for step in STEPS[:-1]))

    def _make_panel(self, step: str) -> StepPanel:
        panel = StepPanel(step, self._glyphs)
        self.watch(panel, "more", self._entitle, init=False)
        return panel

    @property
    def order(self) -> tuple[str, ...]:
        """The steps that have a panel here, in packet order."""
        there = self._envelope is not None and not self._envelope.has_class("-absent")
        return (*STEPS[:-1], ENVELOPE) if there else STEPS[:-1]

    def panel(self, step: str) -> StepPanel:
        return self.query_one(f"#step-{step}", StepPanel)

    @property
    def open_panel(self) -> StepPanel | None:
        return self.panel(self.opened) if self.opened else None

    def show(self, progress: Mapping[str, Progress], now: float, title: str) -> None:
        for step in STEPS[:-1]:
            self.panel(step).show(progress[step], now)
        self._rail.show(progress, now, self.opened)
        self._title = title
        self._entitle()
        self._share()

    def on_resize(self) -> None:
        self._share()

    def _share(self) -> None:
        """Rows that nothing else needs go to the summaries that are cut, in packet order; that of the open
        panel is told whole."""
        panels = [panel for panel in self.query(StepPanel) if panel.display]
        width = self.content_size.width
        if not width:
            return
        spare = self.content_size.height - sum(panel.rows(width) for panel in panels)
        for panel in panels:
            more = panel.line.wanted(width) - 1
            given = min(more, MOST_OPENED - 1) if panel.opened else more if more <= spare else 0
            spare -= 0 if panel.opened else given
            panel.line.allow(1 + given)

    def _entitle(self) -> None:
        """Over the panels how far the walk is; below them what is out of sight, above where no frame is."""
        more = self.open_panel.more if self.open_panel is not None else ""
        framed = bool(self.styles.border_bottom[0])
        self.border_subtitle = Content(more if framed else "")
        title = self._title
        if more and not framed:
            both = f"{title}, {more}"
            title = both if cell_len(both) <= self.size.width else f"Steps, {more}"
        self.border_title = Content(title)

    def forget(self) -> None:
        """A walk has begun: nothing is known of it yet."""
        self.opened = None
        if self._envelope is not None:
            self._envelope.add_class("-absent")
        for panel in self.query(StepPanel):
            panel.know(None)

    def explain(self, scene: Scene) -> None:
        """All panels, with what an attacker touched and what was on the wire."""
        self._show_envelope(scene.shown.envelope())
        for panel in self.query(StepPanel):
            panel.know(scene.shown, scene.tampered.get(panel.step, ()), scene.capture.smtp)

    def _show_envelope(self, result: StepResult | None) -> None:
        """A panel for the envelope test, made when a walk first has one."""
        if result is not None and self._envelope is None:
            self._envelope = self._make_panel(ENVELOPE)
            self.mount(self._envelope)
        if self._envelope is not None:
            self._envelope.set_class(result is None, "-absent")
            self._envelope.show(Progress(ENVELOPE, result=result), 0.0)

    def watch_opened(self) -> None:
        for panel in self.query(StepPanel):
            panel.opened = panel.step == self.opened
        self._rail.open(self.opened)
        self._entitle()
        self.call_after_refresh(self._share)  # it is known then which of them are hidden
