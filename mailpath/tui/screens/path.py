"""The screen on which a path is walked, read, and judged again under another posture.

Handlers of screens, and only they, change widgets; the worker that walks knows none of them.
"""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.binding import BindingType

from mailpath.facts import STEPS, Path
from mailpath.tui import messages
from mailpath.tui.notices import notice
from mailpath.tui.progress import Walked, first_broken
from mailpath.tui.recorded import Recorded
from mailpath.tui.screens import keys
from mailpath.tui.screens.keeping import Keeping
from mailpath.tui.screens.picker import PickerScreen
from mailpath.tui.session import sentence
from mailpath.tui.source import LabSource
from mailpath.tui.text import QUIET, clean
from mailpath.tui.ticket import answer
from mailpath.tui.widgets.bar import PathBar
from mailpath.tui.widgets.steps import StepPanel

_BEGIN = "Type a recipient domain and press Enter. No packet is sent before that."


class PathScreen(Keeping):
    """One path: its inputs, its steps, its verdict."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *keys.READ,
        *keys.WHAT_IF,
        *keys.WALK,
        *keys.LAB,
        *keys.APP,
    ]

    def on_mount(self) -> None:
        self._verdict.tell(_BEGIN)
        self._complain(())
        self._draw_rail(self._state.seen())
        self.query_one(PathBar).focus_recipient()
        self.set_interval(0.1, self._tick)
        self.call_after_refresh(self._begin)

    # --- The source: opened once the first frame is out ---

    async def _begin(self) -> None:
        await self._furnish()
        self.call_after_refresh(self.run_worker, self._open, group="open", exit_on_error=False)

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
        self._side.offer_postures(event.stack.postures)
        problems = self._session.problems
        if self.posture not in event.stack.postures:
            problems += (f'posture: There is no posture "{self.posture}".',)
            self.posture = "rfc"
        if problems:
            self._complain(problems)
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
            self._problem(f'The lab has no scenario "{name}"; {self._key("path.lab", "l")} lists them.')
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
        self._leave_walk()
        self._state.begin(path)
        self._clear("Walking the path; the verdict follows.")
        walk = self._session.walk(self._state.run, path, self.post_message)
        self.run_worker(walk, exclusive=True, group="walk", exit_on_error=False)

    def _leave_walk(self) -> None:
        """Of the walk that was shown only the recording stays."""
        for group in ("walk", "lens", "summary"):
            self.workers.cancel_group(self, group)
        if self._state.recorded is not None:
            self._state.recorded.rest()

    def _clear(self, said: str) -> None:
        """An empty screen for the path of the state."""
        self.app.clear_notifications()  # they were about another walk
        self._problem("")
        self._show_hint()
        self._show_lens()
        self.remove_class("-zoom", "-verdict-open", "-side", "-wide-side")
        self._steps.opened = None
        self._steps.know(None, None)
        self.set_focus(self._reading)
        self._side.mode = "posture"
        self._side.forget()
        self._verdict.tell(said)
        self._draw()

    def _show_again(self, walked: Walked) -> None:
        self._leave_walk()
        self._state.restore(walked)
        if self._scenario is not None and self._scenarios[self._scenario].domain != walked.path.recipient:
            self._scenario = None
        self.query_one(PathBar).fill(walked.path.sender, walked.path.recipient)
        self._clear("")
        self._arrive(walked.recorded)

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
            self._steps.know(event.so_far, self._stack, event.result.id)
            self._notice(notice(event.so_far, event.result.id))

    @on(messages.WalkFinished)
    def _walk_finished(self, event: messages.WalkFinished) -> None:
        if event.run != self._state.run:
            return
        self._stack = event.stack
        self._state.finish(event.recorded, event.elapsed_ms)
        self._keep()
        self._arrive(event.recorded)

    def _arrive(self, recorded: Recorded) -> None:
        """Show a finished walk, and begin to try what could happen to it."""
        walk = recorded.bench.walk
        proposed = walk.sender.proposed
        self._subtitle(f"sender: {proposed}" if proposed else "")
        self._side.know(recorded.attacks, recorded.stops(), walk.at, recorded.policy)
        self._notice(notice(walk, *STEPS))
        self._show_walk()
        self._sum_up()
        broken = first_broken(walk)
        if broken is not None and self._steps.opened is None:
            self._open_step(broken)
            if isinstance(self.focused, StepPanel):
                self.set_focus(self._steps.panel(broken))

    def _cancel(self) -> None:
        self.workers.cancel_group(self, "walk")
        self._stop(f"The walk was stopped; {self._key('path.again', 'r')} walks again.")

    def _tick(self) -> None:
        if self._state.walking:
            self._state.wait(self._session.waiting())
            self._draw()

    def _show_hint(self) -> None:
        scenario = self._scenarios.get(self._scenario or "")
        text = f"{clean(scenario.title, 60)}. Try: {clean(scenario.hint, 240)}" if scenario else ""
        self._say("#hint", text, "$accent")

    def _stop(self, why: str, style: str = QUIET) -> None:
        self._state.stop()
        self._verdict.tell(why, style)
        self._draw()

    # --- Actions ---

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in {"lab", "scenario"}:
            return isinstance(self._session.source, LabSource)
        return True

    def action_again(self) -> None:
        if self._state.path is not None:
            self._walk(self._state.path)
        else:
            self.query_one(PathBar).submit()

    def action_swap(self) -> None:
        """The way of the bounce."""
        if self.query_one(PathBar).swap():
            self._scenario = None
            self.query_one(PathBar).submit()
        else:
            self._tell("Swapping needs a sender and a recipient.")

    def action_lab(self) -> None:
        if self._lab_is_up():
            self.app.push_screen(PickerScreen(self._scenarios, self._scenario), self._picked)

    def _lab_is_up(self) -> bool:
        if not self._scenarios:
            self._tell("The lab is not up yet.")
        return bool(self._scenarios)

    def _picked(self, name: str | None) -> None:
        if name is not None:
            self._walk_scenario(name)

    def action_scenario(self, direction: int) -> None:
        if self._lab_is_up():
            names = list(self._scenarios)
            here = names.index(self._scenario) if self._scenario in names else -1 if direction > 0 else 0
            self._walk_scenario(names[(here + direction) % len(names)])

    def action_leave(self) -> None:
        self.app.exit(answer(self._state, self.posture))
