"""The screen on which a path is walked, read, and judged again under another posture.

Handlers here, and only they, change widgets; the worker that walks knows none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.reactive import reactive
from textual.screen import Screen
from textual.widgets import Footer, Input

from mailpath.facts import STEPS, Path
from mailpath.tui import messages
from mailpath.tui.judging import Bench
from mailpath.tui.progress import WalkState, first_broken
from mailpath.tui.screens import keys
from mailpath.tui.screens.help import HelpScreen
from mailpath.tui.screens.picker import PickerScreen
from mailpath.tui.session import Session, sentence
from mailpath.tui.source import LabSource
from mailpath.tui.stack import Stack
from mailpath.tui.text import ASCII, OUTCOME_STYLE, QUIET, Glyphs, Row, both_forms, clean, hang
from mailpath.tui.ticket import ticket
from mailpath.tui.widgets.bar import PathBar
from mailpath.tui.widgets.flow import Flow
from mailpath.tui.widgets.postures import Postures
from mailpath.tui.widgets.rail import Rail
from mailpath.tui.widgets.steps import StepPanel, Steps
from mailpath.tui.widgets.verdict import VerdictPanel

if TYPE_CHECKING:
    from mailpath.lab import Scenario

_BEGIN = "Type a recipient domain and press Enter. No packet is sent before that."


class PathScreen(Screen[None]):
    """One path: its inputs, its steps, its verdict."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.READ, *keys.POSTURE, *keys.WALK, *keys.LAB, *keys.APP]

    posture: reactive[str] = reactive("rfc", init=False)

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
        self.set_reactive(PathScreen.posture, posture)

    def compose(self) -> ComposeResult:
        yield PathBar(*self._typed, self._session.source.badge, id="bar")
        yield Flow(id="problem")
        yield Rail(self._glyphs, id="rail")
        yield Flow(id="hint")
        with Horizontal(id="middle"):
            with Vertical(id="side") as side:
                side.border_title = Content("Posture")
                yield Postures(self._glyphs, self.posture, id="postures")
                yield Flow(id="about")
            yield Steps(self._glyphs, id="steps")
        yield VerdictPanel(self._glyphs, id="verdict")
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(Postures).offer([self.posture])
        self.query_one(VerdictPanel).tell(_BEGIN)
        self._draw()
        self.query_one(PathBar).focus_recipient()
        self.set_interval(0.1, self._tick)
        self.call_after_refresh(self._open_source)

    # --- The source: opened once the first frame is out ---

    def _open_source(self) -> None:
        self.run_worker(self._open(), group="open", exit_on_error=False)

    async def _open(self) -> None:
        try:
            self.post_message(messages.StackLoaded(await self._session.stack()))
            if isinstance(self._session.source, LabSource):
                self.post_message(messages.LabOpened(await self._session.scenarios()))
        except Exception as error:  # noqa: BLE001  told on the screen; the app stays
            self.post_message(messages.Failed(sentence(error, "The app could not be made ready")))

    @on(messages.StackLoaded)
    def _stack_loaded(self, event: messages.StackLoaded) -> None:
        self._stack = event.stack
        self.query_one(Postures).offer(event.stack.postures)
        self._describe_posture()
        if self._start and not isinstance(self._session.source, LabSource):
            self.query_one(PathBar).submit()

    @on(messages.LabOpened)
    def _lab_opened(self, event: messages.LabOpened) -> None:
        self._scenarios = event.scenarios
        chosen = self._session.source.scenario if isinstance(self._session.source, LabSource) else None
        name = chosen if chosen is None or isinstance(chosen, str) else chosen.id
        if name is None:
            self.action_lab()
        elif name in self._scenarios:
            self._walk_scenario(name)
        else:
            self._problem(f'The lab has no scenario "{name}"; l lists them.')
        self.refresh_bindings()

    @on(messages.Failed)
    def _failed(self, event: messages.Failed) -> None:
        if event.run is None:
            self._problem(event.sentence)
        elif event.run == self._state.run:
            self._stop(event.sentence, "$error")

    # --- The walk ---

    @on(PathBar.Submitted)
    def _submitted(self, event: PathBar.Submitted) -> None:
        scenario = self._scenarios.get(self._scenario or "")
        if scenario is not None and scenario.domain != event.path.recipient:
            self._scenario = None
        self._walk(event.path)

    @on(PathBar.Rejected)
    def _rejected(self, event: PathBar.Rejected) -> None:
        self._problem(event.sentence)

    def _walk_scenario(self, name: str) -> None:
        self._scenario = name
        scenario = self._scenarios[name]
        self.query_one(PathBar).fill(scenario.sender, scenario.domain)
        self.query_one(PathBar).submit()

    def _walk(self, path: Path) -> None:
        self._state.begin(path)
        self._problem("")
        self._show_hint()
        self.remove_class("-zoom", "-verdict-open", "-postures")
        steps = self.query_one(Steps)
        steps.opened = None
        steps.know(None, None)
        steps.panel("mx").focus()
        self.query_one(Postures).mark(None)
        self.query_one(VerdictPanel).tell("Walking the path; the verdict follows.")
        self._draw()
        walk = self._session.walk(self._state.run, path, self.post_message)
        self.run_worker(walk, exclusive=True, group="walk", exit_on_error=False)

    @on(messages.StepStarted)
    def _step_started(self, event: messages.StepStarted) -> None:
        if event.run == self._state.run:
            self._state.step_started(event.step, self._clock())
            self._draw()

    @on(messages.StepFinished)
    def _step_finished(self, event: messages.StepFinished) -> None:
        if event.run == self._state.run:
            self._state.step_finished(event.result, event.elapsed_ms)
            self._draw()
            self.query_one(Steps).know(event.so_far, self._stack, event.result.id)

    @on(messages.WalkFinished)
    def _walk_finished(self, event: messages.WalkFinished) -> None:
        if event.run != self._state.run:
            return
        self._state.finish(Bench(event.walk, event.stack), event.elapsed_ms)
        steps = self.query_one(Steps)
        steps.know(event.walk, event.stack)
        proposed = event.walk.sender.proposed
        self.query_one("#side").border_subtitle = Content(
            f"sender: {clean(proposed, 40)}" if proposed else ""
        )
        self.query_one(Postures).mark(self._posture_mark)
        self._judge()
        self._draw()
        broken = first_broken(event.walk)
        if broken is not None and steps.opened is None:
            self._open_step(broken)
            if isinstance(self.focused, StepPanel):
                steps.panel(broken).focus()

    def _stop(self, why: str, style: str = QUIET) -> None:
        self._state.stop()
        self.query_one(VerdictPanel).tell(why, style)
        self._draw()

    # --- The verdict: from the stored walk, without a packet ---

    def watch_posture(self) -> None:
        self.query_one(Postures).choose(self.posture)
        self._describe_posture()
        self._judge()

    @on(Postures.Chosen)
    def _posture_chosen(self, event: Postures.Chosen) -> None:
        self.posture = event.posture

    def _judge(self) -> None:
        if self._state.bench is not None:
            self.query_one(VerdictPanel).show(self._state.bench, self.posture)
            self._draw_rail()

    def _posture_mark(self, posture: str) -> tuple[str, str]:
        if self._state.bench is None:
            return "", ""
        outcome = self._state.bench.verdict(posture).outcome
        return self._glyphs.of_outcome(outcome), OUTCOME_STYLE[outcome]

    # --- Drawing ---

    def _tick(self) -> None:
        if self._state.walking:
            self._draw()

    def _draw(self) -> None:
        """Rail and step lines, as the state is now."""
        self._draw_rail()
        self.query_one(Steps).show(self._state.steps, self._clock(), self._state.title())

    def _draw_rail(self) -> None:
        state = self._state
        sender = both_forms(state.path.sender) if state.path and state.path.sender else None
        recipient = both_forms(state.path.recipient) if state.path else ""
        mark = state.verdict_mark(self.posture, self._glyphs)
        self.query_one(Rail).show(sender, recipient, state.steps, mark, self._clock())

    def _describe_posture(self) -> None:
        posture = self._stack.postures.get(self.posture) if self._stack else None
        self._say("#about", clean(str(getattr(posture, "title", "") or "")), QUIET)

    def _problem(self, text: str) -> None:
        self._say("#problem", f"{self._glyphs.failed} {text}" if text else "", "$error")

    def _show_hint(self) -> None:
        scenario = self._scenarios.get(self._scenario or "")
        text = f"{clean(scenario.title, 60)}. Try: {clean(scenario.hint, 240)}" if scenario else ""
        self._say("#hint", text, "$accent")

    def _say(self, selector: str, text: str, style: str) -> None:
        flow = self.query_one(selector, Flow)
        flow.set_class(bool(text), "-shown")
        rows = [Row("", text, style=style, label_style="")] if text else []
        flow.show(lambda width: hang(rows, width, indent=0))

    # --- Actions ---

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in {"lab", "scenario"}:
            return isinstance(self._session.source, LabSource)
        return True

    def action_step(self, direction: int) -> None:
        """Focus the panel above or below; the verdict is the last of them."""
        steps = self.query_one(Steps)
        places: list[StepPanel | VerdictPanel] = [steps.panel(step) for step in STEPS[:-1]]
        places.append(self.query_one(VerdictPanel))
        here = next(
            (n for n, place in enumerate(places) if place is self.focused), -1 if direction > 0 else 7
        )
        place = places[min(max(here + direction, 0), len(places) - 1)]
        if isinstance(place, StepPanel) and not place.display:  # little room: one panel at a time
            self._open_step(place.step)
        place.focus()

    def action_jump(self, step: str) -> None:
        self._open_step(step)
        if step == "verdict":
            self.query_one(VerdictPanel).focus()
        else:
            self.query_one(Steps).panel(step).focus()

    @on(StepPanel.Toggled)
    def _toggled(self, event: StepPanel.Toggled) -> None:
        opened = "verdict" if self.has_class("-verdict-open") else self.query_one(Steps).opened
        self._open_step(None if event.step == opened else event.step)

    def _open_step(self, step: str | None) -> None:
        """Open `step` and close what was open; None: close it."""
        self.set_class(step == "verdict", "-verdict-open")
        self.query_one(Steps).opened = None if step == "verdict" else step
        if step is None:
            self.remove_class("-zoom")

    def action_posture(self, direction: int) -> None:
        self.posture = self.query_one(Postures).neighbour(direction)

    def action_postures(self) -> None:
        """The list; on a narrow screen it comes for it, and goes again."""
        shown = self.has_class("-postures")
        self.set_class(not shown, "-postures")
        if shown:
            self.call_after_refresh(self.query_one(Steps).panel(self.query_one(Steps).opened or "mx").focus)
        else:
            self.call_after_refresh(self.query_one(Postures).focus)

    def action_evidence(self) -> None:
        opened = self.query_one(Steps).opened
        if opened is None and isinstance(self.focused, StepPanel):
            opened = self.focused.step
            self._open_step(opened)
        if opened is not None:
            panel = self.query_one(Steps).panel(opened)
            panel.evidence = not panel.evidence

    def action_zoom(self) -> None:
        if isinstance(self.focused, StepPanel) and not self.has_class("-zoom"):
            self._open_step(self.focused.step)
        elif isinstance(self.focused, VerdictPanel) and not self.has_class("-zoom"):
            self._open_step("verdict")
        if self.query_one(Steps).opened or self.has_class("-verdict-open"):
            self.toggle_class("-zoom")

    def action_again(self) -> None:
        if self._state.path is not None:
            self._walk(self._state.path)
        else:
            self.query_one(PathBar).submit()

    def action_edit(self) -> None:
        self.remove_class("-zoom")
        self.query_one(PathBar).focus_recipient()

    def action_back(self) -> None:
        """Out of the innermost of: an input, the zoom, the posture list, a walk, evidence, an open panel."""
        steps = self.query_one(Steps)
        opened = steps.panel(steps.opened) if steps.opened else None
        if isinstance(self.focused, Input):
            steps.panel("mx").focus()
        elif self._state.walking:
            self.workers.cancel_group(self, "walk")
            self._stop("The walk was stopped; r walks again.")
        elif self.has_class("-zoom"):
            self.remove_class("-zoom")
        elif self.has_class("-postures"):
            self.action_postures()
        elif opened is not None and opened.evidence:
            opened.evidence = False
        else:
            self._open_step(None)

    def action_lab(self) -> None:
        if self._scenarios:
            self.app.push_screen(PickerScreen(self._scenarios, self._scenario), self._picked)

    def _picked(self, name: str | None) -> None:
        if name is not None:
            self._walk_scenario(name)

    def action_scenario(self, direction: int) -> None:
        names = list(self._scenarios)
        if names:
            here = names.index(self._scenario) if self._scenario in names else -1 if direction > 0 else 0
            self._walk_scenario(names[(here + direction) % len(names)])

    def action_copy(self) -> None:
        state = self._state
        if state.path is None:
            self.notify("There is nothing to copy yet.", markup=False)
            return
        lines = ticket(state, self.posture, self._glyphs)
        self.app.copy_to_clipboard("\n".join(lines))
        self.notify(f"{len(lines)} lines sent to the terminal for its clipboard.", markup=False)

    def action_help(self) -> None:
        groups = dict(keys.GROUPS)
        if not isinstance(self._session.source, LabSource):
            del groups["Lab"]
        groups["Open panel"] = StepPanel.BINDINGS
        self.app.push_screen(HelpScreen(groups.items(), self._glyphs is ASCII))

    def action_leave(self) -> None:
        state = self._state
        self.app.exit(state.bench.sentence(self.posture) if state.bench is not None else "")
