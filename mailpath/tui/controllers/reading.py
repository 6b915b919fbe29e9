"""Moving over the panels: open, zoom, evidence, back.  Nothing here changes what is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Input

from mailpath.tui.text import Row
from mailpath.tui.widgets.steps import StepPanel
from mailpath.tui.widgets.verdict import VerdictPanel

if TYPE_CHECKING:
    from textual.widget import Widget

    from mailpath.tui.screens.path import PathScreen
    from mailpath.tui.widgets.choices import Choices
    from mailpath.tui.widgets.side import Mode


class Reader:
    """Which panel is open, and where the focus goes."""

    def __init__(self, screen: PathScreen) -> None:
        self._screen = screen
        self._bound_for: Choices | None = None  # the list that the focus is on its way to

    @property
    def place(self) -> StepPanel | VerdictPanel:
        """Where the focus goes back to: what is open, for on a small screen the rest is hidden."""
        steps = self._screen.steps
        return self._screen.verdict if self._is_verdict_open else steps.panel(steps.opened or "mx")

    @property
    def _is_verdict_open(self) -> bool:
        return self._screen.has_class("-verdict-open")

    def close_all(self) -> None:
        """As at the beginning of a walk."""
        self._screen.remove_class("-verdict-open", "-step-open", "-side", "-wide-side")
        self._screen.zoomed = False
        self._screen.steps.forget()
        self.rest()

    def rest(self) -> None:
        """Have the focus where there is something to read."""
        self._screen.set_focus(self.place)

    def open(self, step: str | None) -> None:
        """Open `step` and close what was open; None: close it."""
        self._screen.steps.opened = None if step == "verdict" else step
        self._screen.update_classes(
            {"-verdict-open": step == "verdict", "-step-open": self._screen.steps.opened is not None}
        )
        if step is None:
            self._screen.zoomed = False

    def open_first(self, step: str) -> None:
        """What is wrong with a finished walk; somebody who reads elsewhere stays there."""
        self.open(step)
        if isinstance(self._screen.focused, StepPanel):
            self._screen.set_focus(self._screen.steps.panel(step))

    def toggle(self, step: str) -> None:
        opened = "verdict" if self._is_verdict_open else self._screen.steps.opened
        self.open(None if step == opened else step)

    def move(self, direction: int) -> None:
        """Focus the panel above or below; the verdict is the last of them."""
        if self._bound_for is not None:  # typed before the list has the focus, and meant for it
            self._bound_for.move(direction)
            return
        steps = self._screen.steps
        places: list[StepPanel | VerdictPanel] = [steps.panel(step) for step in steps.order]
        places.append(self._screen.verdict)
        before = -1 if direction > 0 else len(places)
        here = next((n for n, place in enumerate(places) if place is self._screen.focused), before)
        place = places[min(max(here + direction, 0), len(places) - 1)]
        if isinstance(place, StepPanel) and not place.display:  # little room: one panel at a time
            self.open(place.step)
        self._screen.set_focus(place)

    def jump(self, step: str) -> None:
        if step != "verdict" and step not in self._screen.steps.order:
            self._screen.tell("This walk has no envelope test (mailpath check --envelope makes one).")
            return
        self.open(step)
        self._screen.set_focus(self.place)

    def show_verdict(self) -> None:
        """Where lines are dear the matrix is in sight only of an open verdict."""
        if any(self._screen.has_class(size) for size in ("-short", "-tiny", "-normal", "-narrow")):
            self._screen.remove_class("-side", "-wide-side")
            self.jump("verdict")
            self._screen.call_after_refresh(self._screen.verdict.scroll_to_matrix)

    def toggle_evidence(self) -> None:
        panel = self._open_panel()
        if panel is not None:
            panel.evidence = not panel.evidence

    def ask_filter(self) -> None:
        """Only the evidence that holds what is typed."""
        panel = self._open_panel()
        if panel is not None:
            panel.evidence = True
            panel.ask_filter()

    def _open_panel(self) -> StepPanel | None:
        """The open panel, or the focused one, which is opened."""
        if self._screen.steps.opened is None and isinstance(self._screen.focused, StepPanel):
            self.open(self._screen.focused.step)
        return self._screen.steps.open_panel

    def zoom(self) -> None:
        focused = self._screen.focused
        if not self._screen.zoomed:
            if isinstance(focused, StepPanel):
                self.open(focused.step)
            elif isinstance(focused, VerdictPanel):
                self.open("verdict")
        if self._screen.steps.opened or self._is_verdict_open:
            self._screen.zoomed = not self._screen.zoomed

    def go_back(self) -> None:
        """Out of the innermost of: an input, the zoom, a list, a walk, evidence, an open panel; a path that
        was opened from a table is itself the last."""
        screen, panel = self._screen, self._screen.steps.open_panel
        if panel is not None and panel.filtering:
            panel.end_filter()
        elif isinstance(screen.focused, Input):
            screen.walks.leave_inputs()
            screen.set_focus(self.place)
        elif screen.walks.state.walking:
            screen.walks.stop()
        elif screen.zoomed:
            screen.zoomed = False
        elif screen.plans.planning and screen.side.mode == "plan":
            screen.plans.stop()
        elif screen.has_class("-side") or screen.side.shown.has_focus:
            self.close_list()
        elif panel is not None and panel.evidence:
            panel.evidence = False
        elif screen.scene is not None and screen.scene.host is not None and panel is None:
            screen.lenses.select_host(None)
        elif screen.from_table:
            screen.action_table()
        else:
            self.open(None)

    # --- The lists ---

    def go_to_list(self, mode: Mode) -> None:
        """Go to the list; there, the key moves on.  On a narrow screen the list comes for it."""
        side = self._screen.side
        if side.mode != mode or not (side.shown.has_focus or self._bound_for is side.shown):
            self.open_list(mode)
        elif mode == "posture":
            self.close_list()
        else:
            side.shown.action_cursor_down()

    def open_list(self, mode: Mode) -> None:
        screen, side = self._screen, self._screen.side
        side.mode = mode
        screen.update_classes({"-side": True, "-wide-side": mode != "posture"})
        self._bound_for = side.shown
        if side.display:
            screen.set_focus(side.shown)
        else:
            screen.call_after_refresh(side.shown.focus)

    def find(self) -> None:
        """Type to find a row of the list that is shown."""
        from mailpath.tui.screens.finding import FindScreen

        screen, side = self._screen, self._screen.side
        about = side.about()
        dialogue = FindScreen(
            side.mode.capitalize(),
            side.shown.rows(about),
            box="picker",
            find="Type to find; arrows, PgUp, PgDn move",
            enter="Enter chooses it",
            begin=side.shown.chosen,
            about=lambda name: [Row("", about[name], label_style="")] if name in about else [],
        )
        screen.app.push_screen(dialogue, side.shown.take)

    def close_list(self) -> None:
        """Back to the steps, and to the posture list beside them."""
        self._bound_for = None
        self._screen.side.mode = "posture"
        self._screen.remove_class("-side", "-wide-side")
        self._screen.call_after_refresh(self.place.focus)

    def arrive(self, widget: Widget) -> None:
        """It has the focus now."""
        if widget is self._bound_for:
            self._bound_for = None
