"""Moving over the panels: open, zoom, evidence, back."""

from __future__ import annotations

from textual import on
from textual.widgets import Input

from mailpath.tui.screens.help import HelpScreen, groups
from mailpath.tui.screens.lenses import Lenses
from mailpath.tui.source import LabSource
from mailpath.tui.text import ASCII
from mailpath.tui.widgets.bar import PathBar
from mailpath.tui.widgets.rail import Rail
from mailpath.tui.widgets.steps import StepPanel
from mailpath.tui.widgets.verdict import VerdictPanel


class Reading(Lenses):
    """Nothing here changes what is known; it only moves the reader."""

    def action_step(self, direction: int) -> None:
        """Focus the panel above or below; the verdict is the last of them."""
        if self._hurried(direction):
            return
        places: list[StepPanel | VerdictPanel] = [self._steps.panel(step) for step in self._steps.order]
        places.append(self._verdict)
        before = -1 if direction > 0 else len(places)
        here = next((n for n, place in enumerate(places) if place is self.focused), before)
        place = places[min(max(here + direction, 0), len(places) - 1)]
        if isinstance(place, StepPanel) and not place.display:  # little room: one panel at a time
            self._open_step(place.step)
        self.set_focus(place)

    def action_jump(self, step: str) -> None:
        if step != "verdict" and step not in self._steps.order:
            self._tell("No envelope was tried on this walk (mailpath check --envelope does).")
            return
        self._open_step(step)
        if step == "verdict":
            self.set_focus(self._verdict)
        else:
            self.set_focus(self._steps.panel(step))

    @on(Rail.Picked)
    def _stop_picked(self, event: Rail.Picked) -> None:
        self.action_jump(event.step)

    @on(StepPanel.Toggled)
    def _toggled(self, event: StepPanel.Toggled) -> None:
        opened = "verdict" if self.has_class("-verdict-open") else self._steps.opened
        self._open_step(None if event.step == opened else event.step)

    def _open_step(self, step: str | None) -> None:
        """Open `step` and close what was open; None: close it."""
        self.set_class(step == "verdict", "-verdict-open")
        self._steps.opened = None if step == "verdict" else step
        if step is None:
            self.remove_class("-zoom")

    def action_evidence(self) -> None:
        panel = self._panel_to_read()
        if panel is not None:
            panel.evidence = not panel.evidence

    def action_filter(self) -> None:
        """Only the evidence that holds what is typed."""
        panel = self._panel_to_read()
        if panel is not None:
            panel.evidence = True
            panel.ask_filter()

    def _panel_to_read(self) -> StepPanel | None:
        """The open panel, or the focused one, which is opened."""
        opened = self._steps.opened
        if opened is None and isinstance(self.focused, StepPanel):
            opened = self.focused.step
            self._open_step(opened)
        return None if opened is None else self._steps.panel(opened)

    def action_zoom(self) -> None:
        if isinstance(self.focused, StepPanel) and not self.has_class("-zoom"):
            self._open_step(self.focused.step)
        elif isinstance(self.focused, VerdictPanel) and not self.has_class("-zoom"):
            self._open_step("verdict")
        if self._steps.opened or self.has_class("-verdict-open"):
            self.toggle_class("-zoom")

    def action_edit(self) -> None:
        self.remove_class("-zoom")
        self.query_one(PathBar).focus_recipient()

    def action_back(self) -> None:
        """Out of the innermost of: an input, the zoom, a list, a walk, evidence, an open panel."""
        self._say("#complaint", "")
        opened = self._steps.panel(self._steps.opened) if self._steps.opened else None
        if opened is not None and opened.filtering:
            opened.end_filter()
        elif isinstance(self.focused, Input):
            self.set_focus(self._reading)
        elif self._state.walking:
            self._cancel()
        elif self.has_class("-zoom"):
            self.remove_class("-zoom")
        elif self.has_class("-side") or self._side.shown.has_focus:
            self._close_list()
        elif opened is not None and opened.evidence:
            opened.evidence = False
        elif self._state.host is not None and self._steps.opened is None:
            self._select_host(None)
        else:
            self._open_step(None)

    def _cancel(self) -> None:
        """Stop the walk that is under way."""
        raise NotImplementedError

    def action_help(self) -> None:
        told = groups(self.focused, lab=isinstance(self._session.source, LabSource))
        self.app.push_screen(HelpScreen(told, self._glyphs is ASCII, self._keys))
