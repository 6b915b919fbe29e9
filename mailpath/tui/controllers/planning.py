"""Plans: made goal by goal when they are first asked for, and looked at step by step."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from msgspec.structs import replace
from textual.timer import Timer

from mailpath.tui.lens import PlanState
from mailpath.tui.session import sentence
from mailpath.tui.text import Row
from mailpath.tui.widgets.side import NONE

if TYPE_CHECKING:
    from mailpath.plan import Plan
    from mailpath.tui.plans import Book
    from mailpath.tui.replayer import Replayer
    from mailpath.tui.screens.path import PathScreen

log = logging.getLogger(__name__)

#: Seconds between two pictures of how far it is.
_TICK = 0.2


class PlanController:
    """Nothing is planned, or imported for it, before its key is pressed."""

    def __init__(self, screen: PathScreen) -> None:
        self._screen = screen
        self._replayer: Replayer | None = None
        self._failed: dict[str, str] = {}
        self._running = ""
        self._since = 0.0
        self._walked = 0
        self._clock: Timer | None = None

    # --- Making them ---

    @property
    def planning(self) -> bool:
        """Whether a plan is made now."""
        return bool(self._running)

    def open(self) -> None:
        """Go to the list; the first time, make the plans."""
        self._screen.reader.go_to_list("plan")
        self._begin()

    def open_goal(self, goal: str) -> None:
        """The plan for `goal`, first of all."""
        self._screen.reader.open_list("plan")
        self._screen.side.plans.choose(goal)
        self.choose(goal)

    def leave_walk(self) -> None:
        """Another walk: its plans are others."""
        self.stop()
        self._replayer = None
        self._failed.clear()
        self._screen.side.forget_plans()

    def stop(self) -> None:
        """What is not made yet stays so until its goal is chosen."""
        self._screen.workers.cancel_group(self._screen, "plan")
        self._end()

    def _begin(self) -> None:
        scene = self._screen.scene
        if scene is None or self.planning:
            return
        self._replayer = scene.replayer
        if self._next() is not None:
            self._screen.run_worker(self._make_all(), exclusive=True, group="plan")
        self.show()

    def _next(self) -> str | None:
        """The goal to plan now: the one that is looked at, then the others in their order."""
        from mailpath.tui.plans import GOALS

        made = {*self._failed, *(self._replayer.plans if self._replayer is not None else ())}
        chosen = self._goal(self._screen.side.plans.chosen)
        return next((goal for goal in (chosen, *GOALS) if goal in GOALS and goal not in made), None)

    async def _make_all(self) -> None:
        self._clock = self._screen.set_interval(_TICK, self.show)
        try:
            while (goal := self._next()) is not None and self._replayer is not None:
                self._running, self._since, self._walked = goal, time.monotonic(), 0
                self.show()
                await self._make(self._replayer, goal)
        finally:
            self._end()

    async def _make(self, replayer: Replayer, goal: str) -> None:
        def tell(walked: int) -> None:
            self._walked = walked

        try:
            await replayer.plan(goal, tell)
        except Exception as error:
            log.exception("planning %s", goal)
            self._failed[goal] = sentence(error, "There is no plan")

    def _end(self) -> None:
        self._running = ""
        if self._clock is not None:
            self._clock.stop()
            self._clock = None
        self.show()

    # --- Looking at them ---

    @property
    def _book(self) -> Book:
        from mailpath.tui.plans import Book

        return Book(
            plans=dict(self._replayer.plans) if self._replayer is not None else {},
            failed=dict(self._failed),
            running=self._running,
            seconds=time.monotonic() - self._since,
            walked=self._walked,
        )

    def show(self) -> None:
        """The list and its words, as they are now; nothing where another list is shown."""
        side, replayer = self._screen.side, self._replayer
        if replayer is None or side.mode != "plan":
            return
        posture = self._screen.posture
        book = self._book
        found = book.marks(lambda state: replayer.outcome_of(state, posture), self._screen.glyphs)
        side.offer_plans(book, found)

    def tell(self, name: str) -> list[Row]:
        """The words below the list."""
        from mailpath.tui.plans import rows

        replayer = self._replayer
        recipient = replayer.capture.path.recipient if replayer is not None else ""
        stop = self._screen.key_of("path.back", "escape")
        return rows(self._book, name, self._state(name), recipient, stop)

    def choose(self, name: str) -> None:
        """A goal: its plan, made if it is not; a step or an unsafe order: the path as it is then."""
        lenses, state = self._screen.lenses, self._state(name)
        attack = "" if state is not None and state.kind == "unsafe" else lenses.lens.attack
        lenses.turn(replace(lenses.lens, state=state, attack=attack, at=None))
        if state is None and name != NONE:
            self._begin()

    @property
    def chosen(self) -> Plan | None:
        """The plan that is looked at, if there is one."""
        if self._replayer is None:
            return None
        goal = self._goal(self._screen.side.plans.chosen)
        state = self._screen.lenses.lens.state
        shown = self._screen.side.mode == "plan" or state is not None
        return self._replayer.plans.get(goal) if shown else None

    def _state(self, name: str) -> PlanState | None:
        return self._book.state_of(name)

    def _goal(self, name: str) -> str:
        return self._book.goal_of(name)
