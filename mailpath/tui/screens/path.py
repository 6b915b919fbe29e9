"""The screen on which a path is walked, read, and judged again under another posture.

It is composed of widgets, which draw, and of controllers, which know: what is walked, through what it is
seen, what is open, what is kept.  Of a finished walk all widgets draw one `Scene`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.reactive import reactive

from mailpath.tui import messages
from mailpath.tui.controllers.keeping import Keeper
from mailpath.tui.controllers.looking import LensController
from mailpath.tui.controllers.planning import PlanController
from mailpath.tui.controllers.reading import Reader
from mailpath.tui.controllers.walking import WalkController
from mailpath.tui.keynames import key_text
from mailpath.tui.scene import Scene
from mailpath.tui.screens import keys
from mailpath.tui.session import Session
from mailpath.tui.source import LabSource, LiveSource
from mailpath.tui.styling import StyledScreen, styled_at_once
from mailpath.tui.text import ASCII, Glyphs, clean
from mailpath.tui.ticket import answer
from mailpath.tui.verdict_style import mark
from mailpath.tui.widgets.answer import Answer
from mailpath.tui.widgets.bar import PathBar
from mailpath.tui.widgets.choices import Choices
from mailpath.tui.widgets.keyline import KeyLine
from mailpath.tui.widgets.matrix import Matrix
from mailpath.tui.widgets.rail import Rail
from mailpath.tui.widgets.side import Setting, Side
from mailpath.tui.widgets.steps import StepPanel, Steps
from mailpath.tui.widgets.verdict import VerdictPanel
from mailpath.tui.widgets.wrapped_text import Line

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

    from mailpath.tickets.pasted import Pasted
    from mailpath.tui.lens import Lens

#: Of what is not in the first picture: half of all rules, read when that has been drawn.
_STYLES = Path(__file__).parents[1] / "furniture.tcss"


def _delegated(part: Callable[[PathScreen], Callable[..., None]]) -> Callable[..., None]:
    """The action of a key, done by one of the controllers."""
    return lambda screen, *given: part(screen)(*given)


class PathScreen(StyledScreen):
    """One path: its inputs, its steps, its verdict.  `scene`: the finished walk; None before."""

    AUTO_FOCUS = "#recipient"
    WALKS: ClassVar[type[WalkController]] = WalkController
    #: Its keys, by what they are for.
    KEYS: ClassVar[Mapping[str, list[BindingType]]] = keys.GROUPS
    BINDINGS: ClassVar[list[BindingType]] = [
        *keys.READ,
        *keys.WHAT_IF,
        *keys.WALK,
        *keys.LAB,
        *keys.FROM_TABLE,
        *keys.REST,
        *keys.APP,
    ]

    posture: reactive[str] = reactive("rfc", init=False, repaint=False)
    #: The open step, or the verdict, has the whole screen.
    zoomed: reactive[bool] = reactive(False, init=False, toggle_class="-zoom", bindings=True)

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
        recent: tuple[str, ...] = (),
        problems: Sequence[str] = (),
        keymap: Mapping[str, str] | None = None,
        pasted: Pasted | None = None,
        lens: Lens | None = None,
        table: Callable[[], object] | None = None,
    ) -> None:
        """`recent`: recipients of earlier runs; `problems`: what is wrong with the configuration; `keymap`:
        other keys by the ids of bindings; `pasted`: the text that named the path; `lens`: through what the
        walk is seen first; `table`: goes back to the table that the path was opened from."""
        super().__init__()
        self.set_reactive(PathScreen.posture, posture)
        self.glyphs = glyphs
        self.scene: Scene | None = None
        self._clock = clock
        self._live = isinstance(session.source, LiveSource)
        self._problems = tuple(problems)
        self._keymap = keymap or {}
        self._table = table
        source = session.source
        self.bar = PathBar(sender, recipient, source.badge, source.kind, id="bar")
        self.answer = Answer(glyphs, id="answer")
        self.side = Side(glyphs, posture, now=source.now, id="side")
        self.steps = Steps(glyphs, id="steps")
        self.verdict = VerdictPanel(glyphs, id="verdict")
        self.trust, self.complaint, self.problem, self.lens_line, self.hint, self.pasted = (
            Line(glyphs.cut, id=name) for name in ("trust", "complaint", "problem", "lens", "hint", "pasted")
        )
        self.walks = self.WALKS(self, session, clock, start, pasted)
        self.lenses = LensController(self, lens)
        self.plans = PlanController(self)
        self.side.plan_words = self.plans.tell
        self.reader = Reader(self)
        self.keeper = Keeper(self, recent)
        self.furnished = asyncio.Event()

    @property
    def recent(self) -> tuple[str, ...]:
        """Recipients walked over the live network, in this run and before, latest first."""
        walked = self.keeper.recipients if self._live else []
        return tuple(dict.fromkeys([*walked, *self.keeper.earlier]))

    def compose(self) -> ComposeResult:
        self.fit()
        yield self.bar
        yield self.complaint
        yield self.answer
        # Together they have the rest of the screen, whatever stands above: nothing goes below its end.
        yield Vertical(Horizontal(self.side, self.steps, id="middle"), self.verdict, id="rest")
        yield KeyLine()

    def on_mount(self) -> None:
        back, lab = self.key_of("path.back", "escape"), self.key_of("path.lab", "l")
        self.answer.begin(lab=self._live, keys=f"{back}, then {lab}")
        self.complain(())
        self.set_interval(0.1, self.walks.draw_clock)
        self.call_after_refresh(self._furnish)

    async def _furnish(self) -> None:
        """Fill the frames once they have been seen, and add the lines that say nothing yet: 29 widgets fewer
        in the first picture, which is there a fifth sooner.  Input waits in `MailpathApp.on_event`."""
        self.app.stylesheet.add_source(_STYLES.read_text(encoding="utf-8"), read_from=(str(_STYLES), ""))
        try:
            with self.app.batch_update():
                await self.mount(self.trust, before=self.complaint)
                await self.mount(self.problem, self.pasted, after=self.complaint)
                await self.mount(self.lens_line, self.hint, after=self.answer)
                await self.verdict.furnish()
                await self.side.furnish()
                await self.steps.furnish()
                self.draw()
        finally:
            self.furnished.set()
        self.call_after_refresh(self.run_worker, self.walks.open, group="open")

    # --- Drawing ---

    def enter_lab(self) -> None:
        """From now on the mini-internet is walked, not the live one."""
        self.keeper.earlier = self.recent
        self._live = False
        self.bar.show_source(LabSource.badge, LabSource.kind)
        self.clear(f"This is the lab; {self.key_of('path.lab', 'l')} lists its scenarios.")
        self.refresh_bindings()

    def draw(self) -> None:
        """The lines of the steps, as they are now."""
        state, scene = self.walks.state, self.scene
        steps = state.steps if scene is None else scene.steps
        self.steps.show(steps, self._clock(), state.title() if scene is None else scene.title())

    @styled_at_once
    def clear(self, said: str) -> None:
        """An empty screen for another walk."""
        self.app.clear_notifications()  # they were about another walk
        self.scene = None
        self.problem.say("")
        self.hint.say(self.walks.hint, "$accent")
        self._show_lens()
        self.reader.close_all()
        self.side.mode = "posture"
        self.side.forget()
        self.answer.tell(said)
        self.verdict.forget()
        self.draw()

    @styled_at_once
    def show_scene(self, scene: Scene) -> None:
        """Everything, after what is seen has changed."""
        self.scene = scene
        self.steps.explain(scene)
        self._mark_postures(scene)
        self._show_lens()
        self.judge(scene)
        self.draw()

    def judge(self, scene: Scene) -> None:
        """The verdict on what is shown, from memory: no packet is sent for it."""
        self._show_trust(scene)
        self.answer.answer(scene, self.posture)
        known = scene.shown.postures.get(self.posture)
        summary = self.lenses.summary(scene.lens) if scene.lens.plain and scene.host is None else None
        weakest = summary.weakest if summary is not None else ""
        about = known.title if known is not None else ""
        self.verdict.show(scene, self.posture, about=about, weakest=weakest, pins=self.lenses.pins)

    def _mark_postures(self, scene: Scene) -> None:
        """Beside each posture what it makes of what is shown."""
        shown = scene.shown
        marks = {
            name: mark(shown.walk, shown.verdict(name), self.glyphs, attacked=scene.attacked)
            for name in self.side.postures.names
        }
        self.side.postures.mark({name: (each.glyph, each.style) for name, each in marks.items()})

    def _show_trust(self, scene: Scene) -> None:
        """What the walk rests on, where the badge does not say it; first of all that it is no evidence."""
        doubt = scene.shown.doubt(self.posture)
        marks = scene.replayer.marks(source=False, doubted=bool(doubt))
        self.bar.doubt(bool(doubt))
        self.side.limit(scene.host, doubted=bool(doubt))
        said = [f"NOT EVIDENCE: {doubt}."] if doubt else []
        said += [f"Note: {', '.join(marks)}."] if marks else []
        style = "bold $error" if doubt else "$warning"
        self.trust.say(f"{self.glyphs.weak} {' '.join(said)}" if said else "", style)

    def _show_lens(self) -> None:
        lens = self.scene.lens if self.scene is not None else None
        text = ""
        if lens is not None and not lens.plain:
            sign = f"{self.glyphs.tampered} " if lens.attack else ""
            where = " in the lab" if lens.state is not None else ""
            text = f"{sign}Simulated{where}: {lens.words()}. {self.key_of('path.plain', 'x')} ends it."
        self.bar.show_plan(lens.state.words if lens is not None and lens.state is not None else "")
        self.set_class(bool(text), "-lens")
        self.lens_line.say(text, "$accent")

    # --- Saying ---

    def key_of(self, id: str, usual: str) -> str:
        """The key of a binding as the config file has it."""
        return key_text(self._keymap.get(id, usual), self.glyphs is ASCII)

    def warn(self, text: str) -> None:
        """Say what is wrong."""
        self.problem.say(f"{self.glyphs.failed} {text}", "$error")

    def notice(self, text: str) -> None:
        """Say what stands in the way at the place walked from; "" leaves what was said before."""
        if text:
            self.problem.say(f"{self.glyphs.weak} {text}", "$warning")

    def complain(self, problems: tuple[str, ...]) -> None:
        """The first of what is wrong with the configuration, and how many more there are: until Esc."""
        self._problems = tuple(dict.fromkeys([*self._problems, *problems]))
        if self._problems:
            more = f" ({len(self._problems) - 1} more: mailpath paths)" if len(self._problems) > 1 else ""
            hides = f"{self.key_of('path.back', 'escape')} hides it."
            self.complaint.say(f"{self.glyphs.failed} {self._problems[0]}{more} {hides}", "$error")

    def tell(self, text: str, severity: SeverityLevel = "information") -> None:
        """Say in passing what came of a key."""
        self.notify(clean(text), severity=severity, markup=False)

    # --- What the widgets and the walk tell ---

    def watch_posture(self) -> None:
        self.side.postures.choose(self.posture)
        self.lenses.judge_again()

    @on(messages.WalkMessage)
    def take_from_walk(self, event: messages.WalkMessage) -> None:
        self.walks.take(event)

    @on(PathBar.Submitted)
    def walk_path(self, event: PathBar.Submitted) -> None:
        self.walks.walk(event.path)

    @on(PathBar.Pasted)
    def take_paste(self, event: PathBar.Pasted) -> None:
        self.walks.take_paste(event.text, walk=event.walk)

    @on(PathBar.Rejected)
    def reject_input(self, event: PathBar.Rejected) -> None:
        self.walks.reject(event.sentence)

    @on(Choices.Chosen)
    def take_choice(self, event: Choices.Chosen) -> None:
        self.lenses.choose(event.choices.id or "", event.name)

    @on(Setting.Clicked)
    def change_setting(self, event: Setting.Clicked) -> None:
        if event.name == "message":
            self.lenses.turn_message()
        elif event.name == "policy":
            self.lenses.turn_policy()
        elif event.name == "plan":
            self.plans.open()
        else:
            self.reader.open_list(event.name)

    @on(Matrix.Clicked)
    def take_cell(self, event: Matrix.Clicked) -> None:
        self.lenses.take_cell(event.posture, event.host, row=event.row)

    @on(Rail.Picked)
    def jump_to_stop(self, event: Rail.Picked) -> None:
        self.reader.jump(event.step)

    @on(StepPanel.Toggled)
    def toggle_panel(self, event: StepPanel.Toggled) -> None:
        self.reader.toggle(event.step)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self.reader.arrive(event.widget)

    # --- Keys ---

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "scenario":
            return self.walks.in_lab
        if action == "table":
            return self._table is not None
        if action == "rest":  # Enter is the panels' own key as soon as there is nothing left to tell
            return self.walks.untold is not None and isinstance(self.focused, StepPanel | VerdictPanel)
        # From the live network there is a way into the lab before anything is walked, and none back.
        return action != "lab" or self.walks.in_lab or (self._live and not self.walks.begun)

    def action_edit(self) -> None:
        self.zoomed = False
        self.bar.edit_recipient()

    def action_back(self) -> None:
        self.complaint.say("")
        self.reader.go_back()

    def action_table(self) -> None:
        if self._table is not None:
            self._table()

    @property
    def from_table(self) -> bool:
        """Whether there is a table to go back to."""
        return self._table is not None

    def action_help(self) -> None:
        from mailpath.tui.screens.help import HelpScreen, groups

        told = groups(self.focused, self)
        self.app.push_screen(HelpScreen(told, self.glyphs is ASCII, self._keymap))

    def action_leave(self) -> None:
        self.app.exit(answer(self.scene, self.posture) if self.scene is not None else "")

    def action_posture(self, direction: int) -> None:
        self.posture = self.side.postures.neighbour(direction)

    action_again = _delegated(lambda screen: screen.walks.walk_again)
    action_swap = _delegated(lambda screen: screen.walks.walk_swapped)
    action_lab = _delegated(lambda screen: screen.walks.pick_scenario)
    action_scenario = _delegated(lambda screen: screen.walks.walk_neighbour)
    action_rest = _delegated(lambda screen: screen.walks.tell_rest)
    action_message = _delegated(lambda screen: screen.lenses.turn_message)
    action_policy = _delegated(lambda screen: screen.lenses.turn_policy)
    action_plain = _delegated(lambda screen: screen.lenses.turn_back)
    action_plan = _delegated(lambda screen: screen.plans.open)
    action_host = _delegated(lambda screen: screen.lenses.turn_host)
    action_pin = _delegated(lambda screen: screen.lenses.pin)
    action_step = _delegated(lambda screen: screen.reader.move)
    action_jump = _delegated(lambda screen: screen.reader.jump)
    action_evidence = _delegated(lambda screen: screen.reader.toggle_evidence)
    action_filter = _delegated(lambda screen: screen.reader.ask_filter)
    action_zoom = _delegated(lambda screen: screen.reader.zoom)
    action_list = _delegated(lambda screen: screen.reader.go_to_list)
    action_find = _delegated(lambda screen: screen.reader.find)
    action_close_list = _delegated(lambda screen: screen.reader.close_list)
    action_copy = _delegated(lambda screen: screen.keeper.copy)
    action_save = _delegated(lambda screen: screen.keeper.save)
    action_history = _delegated(lambda screen: screen.keeper.show_history)
