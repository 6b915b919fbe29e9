"""Through what the finished walk is seen: an attacker on the path, another time, a message, one MX host.

The recording is walked again aside, by a worker that a later choice cancels: what it would have brought is
shown no more.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Mapping
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from mailpath.tui.lens import Lens, next_age, next_message
from mailpath.tui.replayer import Replayer, View
from mailpath.tui.scene import Scene, compose_scene
from mailpath.tui.session import sentence
from mailpath.tui.widgets.side import NONE, NOW

if TYPE_CHECKING:
    from textual.worker import WorkType

    from mailpath.tui.expiries import Outlook
    from mailpath.tui.screens.path import PathScreen
    from mailpath.whatif import Summary

log = logging.getLogger(__name__)

_Found = TypeVar("_Found")


class LensController:
    """`lens` is what was chosen; the scene on the screen has it once that is worked out."""

    def __init__(self, screen: PathScreen, first: Lens | None = None) -> None:
        """`first`: through what the first walk is seen when it is finished."""
        self._screen = screen
        self._first = first or Lens()
        self.lens = Lens()
        self.pins: tuple[str, ...] = ()  # postures, at most two, the earlier first
        self._base: Scene | None = None  # the finished walk, as it was walked
        self._view: View | None = None
        self._host: str | None = None
        self._summary: Summary | None = None
        self._summed = ("", Lens())  # of which posture the summary is, and through what the path was seen
        self._foreseen = ("", Lens())  # the same of the outlooks

    @property
    def _replayer(self) -> Replayer | None:
        """The recording; None until the walk is finished."""
        return self._base.replayer if self._base is not None else None

    def leave_walk(self) -> None:
        """Of the walk that was shown only the recording stays."""
        for group in ("lens", "summary"):
            self._screen.workers.cancel_group(self._screen, group)
        if self._replayer is not None:
            self._replayer.release()
        self._screen.plans.leave_walk()
        self._base = self._view = self._host = self._summary = None
        self.lens = Lens()

    def take_walk(self, scene: Scene) -> None:
        """A walk is finished: show it as it was walked, and try what could happen to it."""
        self._base = scene
        self._screen.side.know(scene.replayer)
        self._show(None)
        self.sum_up()
        first, self._first = self._first, Lens()
        if not first.plain:
            self.turn(first)

    def _show(self, view: View | None) -> None:
        assert self._base is not None
        self._view = view
        self._screen.show_scene(compose_scene(self._base.state, view, self._host))

    # --- Walking the recording again ---

    def turn(self, lens: Lens) -> None:
        """Look through `lens`; where more than the attack is new, the others are tried again."""
        before, self.lens = self.lens, lens if self._replayer is not None else self.lens
        self._screen.side.turn(self.lens)
        self._look()
        if before.unattacked != self.lens.unattacked:
            self.sum_up()

    def judge_again(self) -> None:
        """Under another posture, of which an attack may find another host the weakest."""
        known = self._recall()
        if self.lens.attack:
            self._look()
        elif self._screen.scene is not None:
            self._screen.judge(self._screen.scene)
        self._screen.plans.show()
        if not known:
            self.sum_up()

    def _recall(self) -> bool:
        """Tell at once what was found of this posture before; False where that is not all of it."""
        posture, lens = self._screen.posture, self.lens.unattacked
        found = self._replayer.remembered(posture, lens) if self._replayer is not None else None
        if found is None:
            return False
        self._screen.workers.cancel_group(self._screen, "summary")
        self._tell_summary(posture, lens, found[0])
        self._tell_outlooks(posture, lens, found[1])
        return True

    def _look(self) -> None:
        if self._replayer is None:
            return
        if self.lens.plain:
            self._screen.workers.cancel_group(self._screen, "lens")
            self._show(None)
        else:  # begun when its turn comes: what a later choice replaces before that leaves nothing behind
            work = partial(self._rewalk, self._replayer, self.lens, self._screen.posture)
            self._behind(work, "lens")

    def _behind(self, work: WorkType[None], group: str) -> None:
        self._screen.run_worker(work, exclusive=True, group=group)

    async def _rewalk(self, replayer: Replayer, lens: Lens, posture: str) -> None:
        view = await self._try(replayer.view(lens, posture), "The recording could not be replayed")
        if view is not None:
            self._show(view)
            return
        self.lens = self._view.lens if self._view is not None else Lens()
        self._screen.side.turn(self.lens)
        self._show(self._view)
        if lens.unattacked != self.lens.unattacked:
            self.sum_up()

    async def _try(self, work: Awaitable[_Found], failed: str) -> _Found | None:
        """What `work` comes to; None where it breaks, which is told: what was on the screen stays."""
        try:
            return await work
        except Exception as error:
            log.exception("%s", failed)
            self._screen.warn(sentence(error, failed))
            return None

    # --- What could happen ---

    def summary(self, lens: Lens) -> Summary | None:
        """Who can read this posture's mail as seen through `lens`; None while it is not known."""
        return self._summary if self._summed == (self._screen.posture, lens.unattacked) else None

    def sum_up(self) -> None:
        """Try the whole catalogue on the posture, and the times to come, in the background; what is known of
        another posture, time or message is told no more."""
        if self._replayer is None:
            return
        posture, lens = self._screen.posture, self.lens.unattacked
        if self.summary(lens) is None:
            self._screen.side.sum_up(None)
        if self._foreseen != (posture, lens.sent):
            self._screen.side.forecast({})
        work = partial(self._foretell, self._replayer, posture, lens)
        self._behind(work, "summary")

    async def _foretell(self, replayer: Replayer, posture: str, lens: Lens) -> None:
        failed = "The attacks could not be tried"
        if not lens.loses:
            summary = await self._try(replayer.summary(posture, lens), failed)
            if summary is None:
                return
            self._tell_summary(posture, lens, summary)
            if summary.weakest and self._screen.scene is not None:
                self._screen.judge(self._screen.scene)
        outlooks = await self._try(replayer.forecast(posture, lens), failed)
        if outlooks is not None:
            self._tell_outlooks(posture, lens, outlooks)

    def _tell_summary(self, posture: str, lens: Lens, summary: Summary) -> None:
        self._summary, self._summed = summary, (posture, lens)
        self._screen.side.sum_up(summary)

    def _tell_outlooks(self, posture: str, lens: Lens, outlooks: Mapping[int, Outlook]) -> None:
        self._foreseen = posture, lens.sent
        self._screen.side.forecast(outlooks)

    # --- Choices ---

    def choose(self, list_id: str, name: str) -> None:
        """What was chosen in one of the lists beside the steps."""
        if list_id == "postures":
            self._screen.posture = name
        elif list_id == "attacks":
            state = None if self.lens.loses else self.lens.state
            self.turn(replace(self.lens, attack="" if name == NONE else name, state=state))
        elif list_id == "plans":
            self._screen.plans.choose(name)
        else:
            self.turn(replace(self.lens, at=None if name == NOW else int(name), state=None))

    def turn_message(self) -> None:
        """The next thing that a message can ask for."""
        if self._replayer is None:
            self._screen.tell("Another message can be chosen when a walk is finished.")
        else:
            self.turn(replace(self.lens, message=next_message(self.lens.message)))

    def turn_policy(self) -> None:
        """Another age of the sender's MTA-STS policy."""
        replayer = self._replayer
        policy = replayer.policy if replayer is not None else None
        if replayer is None or policy is None:
            self._screen.tell("There is no MTA-STS policy that the sender could have cached.")
        else:
            age = next_age(self.lens.policy_age, policy.max_age)
            ends = {stop.at for stop in replayer.stops(age)}  # that of the policy is another one then
            at = self.lens.at if self.lens.at in ends else None
            self.turn(replace(self.lens, policy_age=age, at=at))

    def turn_back(self) -> None:
        """No attack, the clock where it was, an ordinary message, and the first contact."""
        if not self.lens.plain:
            self.turn(Lens())

    def turn_host(self, direction: int = 1) -> None:
        """The next MX host alone; after the last, all of them again."""
        scene = self._screen.scene
        if scene is not None and len(scene.whole.hosts) > 1:
            hosts: list[str | None] = [None, *scene.whole.hosts]
            here = hosts.index(self._host) if self._host in hosts else 0
            self.select_host(hosts[(here + direction) % len(hosts)])

    def select_host(self, host: str | None) -> None:
        """`host` alone; a second time, and None: the whole path."""
        self._host = None if host == self._host else host
        if self._replayer is not None:
            self._show(self._view)

    def take_cell(self, posture: str | None, host: str | None, *, row: bool) -> None:
        """A click in the matrix: a head is of a posture, a name of a host, a cell of both."""
        new = posture is not None and posture != self._screen.posture
        if row and (host != self._host or not new):  # clicked a second time, a cell lets go of its host
            self.select_host(host)
        if posture is not None:
            self._screen.posture = posture

    def pin(self) -> None:
        """Keep the chosen posture to compare others with, or let go of it; two at most, the later ones."""
        screen, chosen = self._screen, self._screen.posture
        kept = tuple(name for name in self.pins if name != chosen)
        self.pins = (*self.pins, chosen)[-2:] if kept == self.pins else kept
        screen.side.postures.pin(self.pins)
        if screen.scene is None:
            return
        screen.judge(screen.scene)
        if len(self.pins) == 2:
            screen.reader.show_verdict()
