"""An attacker on the path, another time, one MX host: the same recording seen otherwise."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from textual import events, on
from textual.worker import WorkType

from mailpath.tui import asked, messages
from mailpath.tui.lens import Lens
from mailpath.tui.recorded import Recorded
from mailpath.tui.screens.base import PathBase
from mailpath.tui.session import sentence
from mailpath.tui.widgets.choices import Choices
from mailpath.tui.widgets.side import NONE, NOW, Dial, Mode
from mailpath.tui.widgets.verdict import VerdictPanel


class Lenses(PathBase):
    """Choosing re-walks the recording in the event loop, as a worker that a later choice replaces."""

    def watch_posture(self) -> None:
        self._side.postures.choose(self.posture)
        if self._state.lens.attack:
            self._look(self._state.lens)  # it may find another host the weakest
        else:
            self._judge()
        self._sum_up()

    @on(Choices.Chosen, "#postures")
    def _posture_chosen(self, event: Choices.Chosen) -> None:
        self.posture = event.name

    @on(Choices.Chosen, "#attacks")
    def _attack_chosen(self, event: Choices.Chosen) -> None:
        self._turn(replace(self._state.lens, attack="" if event.name == NONE else event.name))

    @on(Choices.Chosen, "#times")
    def _time_chosen(self, event: Choices.Chosen) -> None:
        self._turn(replace(self._state.lens, at=None if event.name == NOW else int(event.name)))

    @on(Dial.Turned)
    def _dial_turned(self, event: Dial.Turned) -> None:
        if event.knob == "message":
            self.action_message()
        elif event.knob == "policy":
            self.action_policy()
        else:
            self._open_list(event.knob)

    @on(VerdictPanel.HostPicked)
    def _host_picked(self, event: VerdictPanel.HostPicked) -> None:
        self._select_host(event.host)

    # --- Walking the recording again ---

    def _turn(self, lens: Lens) -> None:
        """Look through `lens`; where more than the attack is new, the others are tried again."""
        before = self._state.lens.unattacked
        self._look(lens)
        if before != self._state.lens.unattacked:
            self._sum_up()

    def _look(self, lens: Lens) -> None:
        """Show the walk through `lens`."""
        state = self._state
        if state.recorded is None:
            self._side.turn(state.lens)
            return
        self._choose(lens)
        if lens.plain:
            self.workers.cancel_group(self, "lens")
            state.view = None
            self._show_walk()
        else:
            work = partial(self._rewalk, state.run, state.recorded, lens, self.posture)
            self._behind(work, "lens")

    def _behind(self, work: WorkType[None], group: str) -> None:
        """Begun when its turn comes: what a later choice replaces before that leaves nothing behind."""
        self.run_worker(work, exclusive=True, group=group, exit_on_error=False)

    def _choose(self, lens: Lens) -> None:
        state = self._state
        if state.recorded is not None and lens.policy_age != state.lens.policy_age:
            self._side.date(state.recorded.stops(lens.policy_age))
        state.lens = lens
        self._side.turn(lens)

    async def _rewalk(self, run: int, recorded: Recorded, lens: Lens, posture: str) -> None:
        try:
            view = await recorded.view(lens, posture)
        except Exception as error:  # noqa: BLE001  told on the screen; the walk as it was walked stays
            why = sentence(error, "The recording could not be walked again")
            self.post_message(messages.LensFailed(run, why, lens))
        else:
            self.post_message(messages.Viewed(run, view, posture))

    @on(messages.Viewed)
    def _viewed(self, event: messages.Viewed) -> None:
        state = self._state
        current = event.posture == self.posture or not event.view.lens.attack
        if event.run == state.run and event.view.lens == state.lens and current:
            state.view = event.view
            self._show_walk()

    @on(messages.LensFailed)
    def _lens_failed(self, event: messages.LensFailed) -> None:
        state = self._state
        if event.run != state.run:
            return
        self._problem(event.sentence)
        if event.lens == state.lens:
            self._choose(state.looked)
            self._show_walk()
            if event.lens.unattacked != state.lens.unattacked:
                self._sum_up()

    def _sum_up(self) -> None:
        """Try the whole catalogue on the posture, and the times to come, in the background."""
        state = self._state
        if state.recorded is None:
            return
        self._side.expect(self.posture, state.lens)
        work = partial(self._summarise, state.run, state.recorded, self.posture, state.lens.unattacked)
        self._behind(work, "summary")

    async def _summarise(self, run: int, recorded: Recorded, posture: str, lens: Lens) -> None:
        try:
            summary = await recorded.summary(posture, lens)
            self.post_message(messages.SummedUp(run, posture, lens, summary))
            outlooks = await recorded.forecast(posture, lens)
            self.post_message(messages.Forecast(run, posture, lens, outlooks))
        except Exception as error:  # noqa: BLE001  told on the screen; the walk as it was walked stays
            self.post_message(messages.LensFailed(run, sentence(error, "The attacks could not be tried")))

    @on(messages.SummedUp)
    def _summed_up(self, event: messages.SummedUp) -> None:
        state = self._state
        if (event.run, event.posture, event.lens) == (state.run, self.posture, state.lens.unattacked):
            self._side.sum_up(event.summary, event.lens)
            if event.summary.weakest:
                self._judge()

    @on(messages.Forecast)
    def _forecast(self, event: messages.Forecast) -> None:
        state = self._state
        if (event.run, event.posture, event.lens) == (state.run, self.posture, state.lens.unattacked):
            self._side.forecast(event.outlooks, event.posture, event.lens)

    # --- Keys ---

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        if event.widget is self._bound_for:
            self._bound_for = None

    def _hurried(self, direction: int) -> bool:
        """Keys that were typed before the list had the focus are for the list all the same."""
        choices = self._bound_for
        if choices is None:
            return False
        if direction > 0:
            choices.action_cursor_down()
        else:
            choices.action_cursor_up()
        return True

    def action_posture(self, direction: int) -> None:
        self.posture = self._side.postures.neighbour(direction)

    def action_list(self, mode: Mode) -> None:
        """Go to the list; there, the key moves on.  On a narrow screen the list comes for it."""
        side = self._side
        if side.mode == mode and (side.shown.has_focus or self._bound_for is side.shown):
            if mode == "posture":
                self._close_list()
            else:
                side.shown.action_cursor_down()
        else:
            self._open_list(mode)

    def _open_list(self, mode: Mode) -> None:
        self._side.mode = mode
        self.add_class("-side")
        self.set_class(mode != "posture", "-wide-side")
        self._bound_for = self._side.shown
        if self._side.display:
            self.set_focus(self._side.shown)
        else:
            self.call_after_refresh(self._side.shown.focus)

    def action_close_list(self) -> None:
        self._close_list()

    def _close_list(self) -> None:
        """Back to the steps, and to the posture list beside them."""
        self._bound_for = None
        self._side.mode = "posture"
        self.remove_class("-side", "-wide-side")
        self.call_after_refresh(self._reading.focus)

    def action_message(self) -> None:
        """The next thing that a message can ask for."""
        if self._state.recorded is None:
            self._tell("A finished walk is judged for another message.")
        else:
            lens = self._state.lens
            self._turn(replace(lens, message=asked.next_message(lens.message)))

    def action_policy(self) -> None:
        """Another age of the sender's MTA-STS policy."""
        recorded = self._state.recorded
        policy = recorded.policy if recorded is not None else None
        if recorded is None or policy is None:
            self._tell("There is no MTA-STS policy that the sender could have.")
        else:
            lens = self._state.lens
            age = asked.next_age(lens.policy_age, policy.max_age)
            ends = {stop.at for stop in recorded.stops(age)}  # that of the policy is another one then
            self._turn(replace(lens, policy_age=age, at=lens.at if lens.at in ends else None))

    def action_plain(self) -> None:
        """No attack, the clock where it was, an ordinary message, and the first contact."""
        if not self._state.lens.plain:
            self._turn(Lens())

    def action_host(self, direction: int = 1) -> None:
        """The next MX host alone; after the last, all of them again."""
        whole = self._state.whole
        if whole is not None and len(whole.hosts) > 1:
            choices: list[str | None] = [None, *whole.hosts]
            here = choices.index(self._state.host) if self._state.host in choices else 0
            self._select_host(choices[(here + direction) % len(choices)])

    def _select_host(self, host: str | None) -> None:
        self._state.host = None if host == self._state.host else host
        self._show_walk()
