"""The walk under way, and the scenarios of the lab that there are to walk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from mailpath.facts import STEPS, TITLES, Path
from mailpath.tui import messages
from mailpath.tui.controllers.watching import FileWatcher
from mailpath.tui.notices import notice
from mailpath.tui.progress import WalkState, to_open
from mailpath.tui.scene import Scene, compose_scene
from mailpath.tui.session import Session, sentence
from mailpath.tui.source import LabSource
from mailpath.tui.styling import at_once
from mailpath.tui.text import QUIET, clean
from mailpath.wording.phrases import did_you_mean
from mailpath.wording.phrases import sentence as full_sentence
from mailpath.wording.times import calendar

if TYPE_CHECKING:
    from mailpath.facts import Walk
    from mailpath.judge import Posture
    from mailpath.lab import Scenario
    from mailpath.tickets.pasted import Pasted
    from mailpath.tui.screens.path import PathScreen

log = logging.getLogger(__name__)


class WalkController:
    """Opens the source and walks over it.  `clock`: monotonic seconds.  `start`: walk when it is open.
    `pasted`: the text that named the path."""

    def __init__(
        self,
        screen: PathScreen,
        session: Session,
        clock: Callable[[], float],
        start: bool,
        pasted: Pasted | None = None,
    ) -> None:
        self._screen = screen
        self._session = session
        self._clock = clock
        self._start = start
        self._runs = 0
        self.state = WalkState()
        self.in_lab = isinstance(session.source, LabSource)
        self.postures: Mapping[str, Posture] = {}
        self.scenarios: Mapping[str, Scenario] = {}
        self._scenario: str | None = None
        self._told: set[str] = set()  # scenarios of which is said what comes of them
        self._pasted = pasted
        #: The pasted text, where it tells of a failure of which the walk shows no cause.
        self.refused: Pasted | None = None
        self._rejected = False
        file = session.source.file if isinstance(session.source, LabSource) else ""
        self._watcher = FileWatcher(screen, session, file) if file else None
        self._saved = False
        #: What was asked for at the start is there: the walk, or the list of scenarios.
        self.ready = asyncio.Event()
        if not start and not self.in_lab:
            self.ready.set()

    @property
    def begun(self) -> bool:
        """Whether anything was walked in this run."""
        return self._runs > 0

    async def open(self) -> None:
        """Load what a walk needs, and begin with what was asked for; told on the screen where that fails."""
        try:
            self._offer(await self._session.postures())
            if self.in_lab:
                if self._watcher is not None:
                    self._screen.run_worker(self._watcher.run(), group="watch", exit_on_error=False)
                self.scenarios = await self._session.scenarios()
                self._enter_lab()
            elif self._start:
                self._screen.bar.submit()
        except Exception as error:
            log.exception("opening the source")
            self._screen.warn(sentence(error, "The app could not start"))
        finally:
            self._screen.app.screen.call_after_refresh(self.ready.set)

    def _offer(self, postures: Mapping[str, Posture]) -> None:
        screen, problems = self._screen, self._session.problems
        self.postures = postures
        screen.side.offer_postures(postures)
        if screen.posture not in postures:
            like = did_you_mean(screen.posture, postures)
            problems += (f'posture: There is no posture "{screen.posture}".{like}',)
            screen.posture = "rfc"
        screen.complain(problems)

    def _enter_lab(self) -> None:
        source = self._session.source
        chosen = source.scenario if isinstance(source, LabSource) else None
        name = chosen if chosen is None or isinstance(chosen, str) else chosen.id
        if name is None:
            self.pick_scenario()
        elif name in self.scenarios:
            self.walk_scenario(name)
        else:
            key = self._screen.key_of("path.lab", "l")
            near = did_you_mean(name, self.scenarios)
            self._screen.warn(f'The lab has no scenario "{name}"; {key} lists them.{near}')
        self._screen.refresh_bindings()

    # --- Walks ---

    def walk(self, path: Path) -> None:
        self._keep_scenario_of(path)
        self._drop_paste_of_another(path)
        self._say_pasted()
        self._leave()
        self._rejected = False
        self._runs += 1
        self._screen.refresh_bindings()
        self.state = WalkState(self._runs, path, walking=True)
        self._screen.clear("Walking the path; the verdict follows.")
        walk = self._session.walk(self._runs, path, self._screen.post_message)
        self._screen.run_worker(walk, exclusive=True, group="walk", exit_on_error=False)

    def take_paste(self, text: str, *, walk: bool) -> None:
        """A line of a log, a bounce, headers: fill in the path that it names, and hold the line in sight.
        `walk`: at once, where the user asked for it by that key."""
        from mailpath.tickets.pasted import nothing_to_walk, read_pasted

        screen, found = self._screen, read_pasted(text)
        if found is None:
            screen.warn(nothing_to_walk(text))
            return
        self._pasted = found
        if found.posture is not None:
            screen.posture = found.posture
        screen.problem.say("")
        screen.bar.fill(found.sender, found.recipient)
        self._say_pasted()
        if walk:
            screen.bar.submit()

    def _drop_paste_of_another(self, path: Path | None) -> None:
        """Another path is not what the text is about."""
        if self._pasted is not None and path is not None and self._pasted.recipient != path.recipient:
            self._pasted = self.refused = None
            self._screen.pasted.say("")

    def reject(self, why: str) -> None:
        """What was typed is no path."""
        self._rejected = True
        self._screen.warn(why)

    def leave_inputs(self) -> None:
        """What was typed and not walked goes, and what was wrong with it: the rest of the screen is about
        the walk."""
        self._screen.bar.restore()
        self._drop_paste_of_another(self.state.path)
        if self._rejected:
            self._rejected = False
            self._screen.problem.say("")
            if self._screen.scene is not None:
                self._screen.notice(notice(self._screen.scene.whole.walk, *STEPS))

    def _say_pasted(self, walk: Walk | None = None) -> None:
        """The line of the text, with the cause that `walk` shows."""
        screen = self._screen
        self.refused = None
        if self._pasted is None:
            screen.pasted.say("")
            return
        from mailpath.tickets.pasted import find_cause, told_before

        if walk is None:
            screen.pasted.say(told_before(self._pasted))
            return
        postures = screen.scene.whole.postures if screen.scene else {}
        # Two rows, in which the cause needs a hundred characters beside the line.
        cause = find_cause(self._pasted, walk, postures, room=max(2 * screen.size.width - 120, 40))
        self.refused = cause.unexplained
        screen.pasted.say(cause.told, "bold" if cause.finding is not None else QUIET)
        if cause.posture is not None:
            screen.posture = cause.posture

    def walk_again(self) -> None:
        if self.state.path is not None:
            self.walk(self.state.path)
        else:
            self._screen.bar.submit()

    def walk_swapped(self) -> None:
        """The way of the bounce."""
        if self._screen.bar.swap():
            self._scenario = None
            self._screen.bar.submit()
        else:
            self._screen.tell("Enter a sender and a recipient to swap them.")

    def show_again(self, scene: Scene) -> None:
        """A walk of this run, from memory."""
        self._keep_scenario_of(scene.path)
        self._leave()
        self.state = scene.state
        self._screen.bar.fill(scene.path.sender, scene.path.recipient)
        self._screen.bar.hold()
        self._screen.clear("")
        self._show_finished(scene)

    def _leave(self) -> None:
        """Of the walk that was shown only the recording stays."""
        self._screen.workers.cancel_group(self._screen, "walk")
        self._screen.lenses.leave_walk()

    def forget(self) -> None:
        """Nothing is walked, and nothing was."""
        self._leave()
        self.state = WalkState()
        self._screen.keeper.walks.clear()

    def stop(self) -> None:
        """Stop the walk that is under way; what is known of the path from an earlier one is shown again."""
        self._screen.workers.cancel_group(self._screen, "walk")
        before = self._walked_before()
        if before is not None:
            self.show_again(before)
            self._screen.tell(f"The walk was stopped; this is the one of {_time(before)}.")
            return
        key = self._screen.key_of("path.again", "r")
        self._break_off(f"The walk was stopped; press {key} to walk again.", QUIET)

    def _walked_before(self) -> Scene | None:
        """The latest finished walk of the same path."""
        walks = reversed(self._screen.keeper.walks)
        return next((each for each in walks if each.path == self.state.path), None)

    def _break_off(self, why: str, style: str) -> None:
        self.state.stop()
        self._screen.answer.tell(why, style)
        self._screen.draw()

    def draw_clock(self) -> None:
        """The seconds of what is under way."""
        if self.state.walking:
            self.state.wait(self._session.waiting())
            self._screen.draw()

    def take(self, event: messages.WalkMessage) -> None:
        """What the walk tells; of one that was cancelled, nothing."""
        screen, state = self._screen, self.state
        if event.run != state.run:
            return
        if isinstance(event, messages.StepStarted):
            state.step_started(event.step, self._clock())
            screen.draw()
        elif isinstance(event, messages.StepFinished):
            step = event.result.id
            state.step_finished(event.result, event.elapsed_ms)
            screen.draw()
            screen.steps.panel(step).know(event.so_far)
            screen.notice(notice(event.so_far.walk, step))
        elif isinstance(event, messages.WalkFinished):
            state.finish(event.replayer, event.elapsed_ms)
            before, saved = self._walked_before(), self._saved
            state.news = _news(before, event.replayer.judged.walk)
            scene = compose_scene(state)
            screen.keeper.keep(scene)
            self._show_finished(scene)
            self._saved = False
            if saved and before is not None and self._watcher is not None:
                screen.run_worker(
                    self._watcher.tell_changes(before, scene), group="saved", exit_on_error=False
                )
        elif isinstance(event, messages.WalkFailed):
            self._break_off(event.sentence, "$error")

    def _show_finished(self, scene: Scene) -> None:
        """Show the finished walk, and begin to try what could happen to it."""
        screen, walk = self._screen, scene.whole.walk
        with at_once(screen):
            screen.side.propose(walk.sender.proposed or "")
            screen.notice(notice(walk, *STEPS))
            screen.lenses.take_walk(scene)
            self._say_pasted(walk)
            wrong = to_open(walk, scene.whole.severities())
            if wrong is not None and screen.steps.opened is None:
                screen.reader.open_first(wrong)

    # --- The lab ---

    @property
    def hint(self) -> str:
        """What the scenario is about; what comes of it, and what to try, for those who asked."""
        scenario = self.scenarios.get(self._scenario or "")
        if scenario is None:
            return ""
        if not self.tells(scenario):
            return f"{clean(scenario.about, 240)} What will happen? After the walk, Enter shows the rest."
        return f"{full_sentence(clean(scenario.title, 60))} Try: {clean(scenario.hint, 240)}"

    def tells(self, scenario: Scenario) -> bool:
        """Whether it is said what comes of it: not before somebody could think of it."""
        source = self._session.source
        spoils = isinstance(source, LabSource) and source.spoil
        return spoils or scenario.id in self._told or not scenario.about

    @property
    def untold(self) -> Scenario | None:
        """The scenario that was walked, as long as it is not said what it teaches."""
        scenario = self.scenarios.get(self._scenario or "")
        walked = scenario is not None and self._screen.scene is not None
        return scenario if walked and scenario is not None and not self.tells(scenario) else None

    def tell_rest(self) -> None:
        """After the walk of a scenario: what it teaches."""
        scenario = self.untold
        if scenario is not None:
            self._told.add(scenario.id)
            self._screen.hint.say(self.hint, "$accent")
            self._screen.refresh_bindings()

    def _keep_scenario_of(self, path: Path) -> None:
        """Another path is no scenario's."""
        scenario = self.scenarios.get(self._scenario or "")
        if scenario is not None and scenario.domain != path.recipient:
            self._scenario = None

    def walk_scenario(self, name: str) -> None:
        self._scenario = name
        scenario = self.scenarios[name]
        self._screen.bar.fill(scenario.sender, scenario.domain)
        self._screen.bar.submit()

    def walk_saved(self, scenario: Scenario) -> None:
        """The scenario that came from a file, as it is now."""
        self.scenarios = {scenario.id: scenario}
        self._saved = True
        self.walk_scenario(scenario.id)

    def pick_scenario(self) -> None:
        """Choose one; from the live network the way goes into the lab first."""
        if not self.in_lab:
            self.in_lab = True
            self._session.source = LabSource()
            self._screen.enter_lab()
            self._screen.run_worker(self.open(), group="open")
        elif self._is_lab_up():
            from mailpath.tui.screens.picker import picker

            listed = picker(self.scenarios, self._scenario, self.tells, self._screen.glyphs)
            self._screen.app.push_screen(listed, self._walk_picked)

    def _walk_picked(self, name: str | None) -> None:
        if name is not None:
            self.walk_scenario(name)

    def walk_neighbour(self, direction: int) -> None:
        """The scenario `direction` places on, round the end."""
        if self._is_lab_up():
            names = list(self.scenarios)
            here = names.index(self._scenario) if self._scenario in names else -1 if direction > 0 else 0
            self.walk_scenario(names[(here + direction) % len(names)])

    def _is_lab_up(self) -> bool:
        if not self.scenarios:
            self._screen.tell("The lab is not up yet.")
        return bool(self.scenarios)


def _time(scene: Scene) -> str:
    """Of its walk."""
    return f"{calendar(scene.replayer.judged.walk.at):%H:%M} UTC"


def _news(before: Scene | None, walk: Walk) -> str:
    """Of which steps the result is another than that of `before`; "" where there is none, or it is the same
    walk again (a capture)."""
    from mailpath.whatif import changed

    if before is None:
        return ""
    steps = ", ".join(TITLES[after.id] for _, after in changed(before.replayer.judged.walk, walk))
    if steps:
        return f"changed since {_time(before)}: {steps}"
    return "" if before.replayer.judged.walk.at == walk.at else f"same results as {_time(before)}"
