"""What every part of the path screen knows: its widgets, its state, and how that is drawn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.reactive import reactive
from textual.screen import Screen

from mailpath.tui.keynames import key_text
from mailpath.tui.marks import mark
from mailpath.tui.progress import Progress, Walked, WalkState
from mailpath.tui.session import Session
from mailpath.tui.source import LiveSource
from mailpath.tui.stack import Stack
from mailpath.tui.text import ASCII, QUIET, Glyphs, Row, both_forms, clean, fit, hang
from mailpath.tui.widgets.bar import PathBar
from mailpath.tui.widgets.choices import Choices
from mailpath.tui.widgets.flow import Flow
from mailpath.tui.widgets.keyline import KeyLine
from mailpath.tui.widgets.rail import Rail
from mailpath.tui.widgets.side import Side
from mailpath.tui.widgets.steps import StepPanel, Steps
from mailpath.tui.widgets.verdict import VerdictPanel

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

    from mailpath.lab import Scenario


class PathBase(Screen[None]):
    """The widgets and the state; the actions are in the classes made from this one."""

    posture: reactive[str] = reactive("rfc", init=False, repaint=False)

    def __init__(
        self,
        session: Session,
        glyphs: Glyphs,
        *,
        sender: str,
        recipient: str,
        start: bool,
        posture: str,
        clock: Callable[[], float],
    ) -> None:
        super().__init__()
        self._session = session
        self._glyphs = glyphs
        self._typed = (sender, recipient)
        self._start = start
        self._clock = clock
        self._state = WalkState()
        self._stack: Stack | None = None
        self._scenarios: Mapping[str, Scenario] = {}
        self._scenario: str | None = None
        self._walks: list[Walked] = []
        self._bound_for: Choices | None = None  # the list that the focus is on its way to
        self._recent: tuple[str, ...] = ()
        self._told: tuple[str, ...] = ()
        self._keys: Mapping[str, str] = {}  # by the ids of bindings
        self.furnished = asyncio.Event()
        self.set_reactive(PathBase.posture, posture)

    def prefer(self, recent: tuple[str, ...], problems: tuple[str, ...], keymap: Mapping[str, str]) -> None:
        """Before the screen is shown: recipients of earlier runs, what to complain about, and other keys."""
        self._recent = recent
        self._told = problems
        self._keys = keymap

    @property
    def recent(self) -> tuple[str, ...]:
        """Recipients walked over the live network, latest first."""
        live = isinstance(self._session.source, LiveSource)
        walked = [walk.path.recipient for walk in reversed(self._walks)] if live else []
        return tuple(dict.fromkeys([*walked, *self._recent]))

    def compose(self) -> ComposeResult:
        self._fit()
        source = self._session.source
        yield PathBar(*self._typed, source.badge, source.kind, id="bar")
        yield Flow(id="trust")
        yield Flow(id="complaint")
        yield Flow(id="problem")
        yield Rail(self._glyphs, id="rail")
        yield Flow(id="lens")
        yield Flow(id="hint")
        with Horizontal(id="middle"):
            yield Side(self._glyphs, self.posture, now=source.now, id="side")
            yield Steps(self._glyphs, id="steps")
        yield VerdictPanel(self._glyphs, id="verdict")
        yield KeyLine()

    async def _furnish(self) -> None:
        """Fill the frames, once they have been seen.  Input waits for it in `MailpathApp.on_event`."""
        try:
            with self.app.batch_update():
                await self._side.furnish()
                await self._steps.furnish()
                self._draw()
        finally:
            self.furnished.set()

    def _fit(self) -> None:
        """Be of the terminal's size before anything is styled: the first frame is then styled once."""
        width, height = self.app.size
        for cells, sizes in (
            (width, self.app.HORIZONTAL_BREAKPOINTS),
            (height, self.app.VERTICAL_BREAKPOINTS),
        ):
            fitting = [name for least, name in sizes or () if cells >= least]
            self.add_class(*fitting[-1:], update=False)

    @property
    def _side(self) -> Side:
        return self.query_one(Side)

    @property
    def _steps(self) -> Steps:
        return self.query_one(Steps)

    @property
    def _verdict(self) -> VerdictPanel:
        return self.query_one(VerdictPanel)

    @property
    def _reading(self) -> StepPanel | VerdictPanel:
        """Where the focus goes back to: what is open, for on a small screen the rest is hidden."""
        if self.has_class("-verdict-open"):
            return self._verdict
        return self._steps.panel(self._steps.opened or "mx")

    def _draw(self) -> None:
        """Rail and step lines, as the state is now."""
        seen = self._state.seen()
        self._draw_rail(seen)
        self._steps.show(seen, self._clock(), self._state.title())

    def _draw_rail(self, seen: Mapping[str, Progress]) -> None:
        state = self._state
        sender = both_forms(state.path.sender) if state.path and state.path.sender else None
        recipient = both_forms(state.path.recipient) if state.path else ""
        mark = state.verdict_mark(self.posture, self._glyphs)
        self.query_one(Rail).show(sender, recipient, seen, mark, self._clock())

    def _judge(self) -> None:
        """The verdict on what is shown, here and on the rail, from memory: no packet is sent for it."""
        self._show_trust()
        self._show_verdict()
        self._draw_rail(self._state.seen())

    def _show_verdict(self) -> None:
        state = self._state
        if state.whole is None or state.bench is None:
            return
        about = getattr(self._stack.postures.get(self.posture), "title", "") if self._stack else ""
        summary = self._side.summary(self.posture, state.looked)
        plain = state.view is None and state.host is None
        self._verdict.show(
            state.whole,
            self.posture,
            weakest=summary.weakest if summary is not None and plain else "",
            about=str(about or ""),
            host=state.host,
            view=state.narrowed,
            before=state.before,
        )

    def _mark_postures(self) -> None:
        """Beside each posture what it makes of what is shown."""
        shown = self._state.shown
        if shown is None:
            self._side.postures.mark({})
            return
        attacked = self._state.attacked
        marks = {
            name: mark(shown.walk, shown.verdict(name), self._glyphs, attacked=attacked)
            for name in self._side.postures.names
        }
        self._side.postures.mark({name: (each.glyph, each.style) for name, each in marks.items()})

    def _show_walk(self) -> None:
        """Everything, after what is shown has become another walk."""
        state = self._state
        if state.shown is None or self._stack is None:
            return
        exchanges = state.recorded.capture.smtp if state.recorded is not None else ()
        view = state.narrowed
        tampered = view.tampered if view is not None else {}
        self._steps.see(state.shown.walk, state.shown.stack, tampered, exchanges)
        self._side.narrow(state.host)
        self._mark_postures()
        self._show_lens()
        self._show_trust()
        self._show_verdict()
        self._draw()

    def _show_trust(self) -> None:
        """What the walk rests on, where the badge does not say it; first of all that it is no evidence."""
        state, glyphs = self._state, self._glyphs
        recorded, bench = state.recorded, state.shown
        doubt = bench.doubt(self.posture) if bench is not None else ""
        told = recorded.marks(source=False, doubted=bool(doubt)) if recorded is not None else ()
        self.query_one(PathBar).doubt(bool(doubt))
        self._side.doubt(bool(doubt))
        said = [f"NOT EVIDENCE: {doubt}."] if doubt else []
        said += [f"Note: {', '.join(told)}."] if told else []
        style = "bold $error" if doubt else "$warning"
        self._say("#trust", f"{glyphs.weak} {' '.join(said)}" if said else "", style)

    def _show_lens(self) -> None:
        lens = self._state.looked
        text = ""
        if lens.attack:
            text = f"{self._glyphs.tampered} Simulated: {lens.words()}."
        elif not lens.plain:
            text = f"Simulated: {lens.words()}."
        if text:
            text += f" {self._key('path.plain', 'x')} ends it."
        self.set_class(bool(text), "-lens")
        self._say("#lens", text, "$accent")

    def _key(self, id: str, usual: str) -> str:
        """The key of a binding as the config file has it."""
        return key_text(self._keys.get(id, usual), self._glyphs is ASCII)

    def _problem(self, text: str) -> None:
        """Say what is wrong; "" takes it back."""
        self._say("#problem", f"{self._glyphs.failed} {text}" if text else "", "$error")

    def _notice(self, text: str) -> None:
        """Say what stands in the way at the place walked from; "" leaves what was said before."""
        if text:
            self._say("#problem", f"{self._glyphs.weak} {text}", "$warning")

    def _complain(self, problems: tuple[str, ...]) -> None:
        """The first of what is wrong with the configuration, and how many more there are: until Esc."""
        self._told = tuple(dict.fromkeys([*self._told, *problems]))
        if self._told:
            more = f" ({len(self._told) - 1} more: mailpath paths)" if len(self._told) > 1 else ""
            hides = f"{self._key('path.back', 'escape')} hides it."
            self._say("#complaint", f"{self._glyphs.failed} {self._told[0]}{more} {hides}", "$error")

    def _say(self, selector: str, text: str, style: str = QUIET) -> None:
        flow = self.query_one(selector, Flow)
        flow.set_class(bool(text), "-shown")
        rows = [Row("", clean(text), style=style, label_style="")] if text else []

        def painted(width: int) -> list[Content]:
            lines = hang(rows, width, indent=0)
            most = int(flow.styles.max_height.value) if flow.styles.max_height else len(lines)
            if len(lines) > most:
                last = " ".join(line.plain for line in lines[most - 1 :])
                lines[most - 1 :] = [Content.styled(fit(last, width, self._glyphs.cut), style)]
            return lines

        flow.show(painted)

    def _tell(self, text: str, severity: SeverityLevel = "information") -> None:
        """Say in passing what came of a key."""
        self.notify(clean(text), severity=severity, markup=False)

    def _subtitle(self, text: str) -> None:
        self._side.border_subtitle = Content(clean(text, 40))
