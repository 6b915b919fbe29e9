"""The app on a survey: its table, and above it the path to each domain that is opened."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from textual import events
from textual.driver import Driver
from textual.screen import Screen

from mailpath.tui import aside
from mailpath.tui.app import BaseApp
from mailpath.tui.kept import KeptSurvey
from mailpath.tui.lens import Lens
from mailpath.tui.preferences import Preferences
from mailpath.tui.screens.menu import Goal, actions, goals
from mailpath.tui.screens.path import PathScreen
from mailpath.tui.screens.survey import SurveyScreen
from mailpath.tui.session import Session, sentence
from mailpath.tui.source import CaptureSource
from mailpath.tui.theme import THEMES

if TYPE_CHECKING:
    from mailpath.network.settings import Settings

log = logging.getLogger(__name__)


class SurveyApp(BaseApp):
    """`table`: the screen that it begins with."""

    def __init__(
        self,
        folder: str,
        *,
        posture: str = "",
        ascii: bool = False,
        color: bool = True,
        preferences: Preferences | None = None,
        trusted: Settings | None = None,
        driver_class: type[Driver] | None = None,
    ) -> None:
        preferences = preferences or Preferences()
        super().__init__(
            ascii=ascii,
            color=color,
            preferences=preferences,
            driver_class=driver_class,
            sheets=("furniture.tcss", "survey.tcss"),
        )
        self._preferences = preferences
        self._survey = KeptSurvey(folder, preferences.postures, trusted)
        self._path: PathScreen | None = None
        self.table = SurveyScreen(
            self._survey,
            self.glyphs,
            posture=posture,
            open_path=self.open_path,
            problems=self._problems,
            keymap=self._keys,
        )

    @property
    def recent(self) -> tuple[str, ...]:
        return self._preferences.recent

    def get_default_screen(self) -> Screen[Any]:
        return self.table

    async def on_event(self, event: events.Event) -> None:
        """As on a path: what comes before the screen is furnished waits until it is."""
        if isinstance(event, events.InputEvent):
            aside.give_way()
            if self._path is not None:
                await self._path.furnished.wait()
        await super().on_event(event)

    def leave(self) -> None:
        self.table.action_leave()

    def goals(self) -> Iterator[Goal]:
        if self._path is not None:
            yield from goals(self._path, self._keys, themes=self._color)
            return
        yield from actions(self.table, self.table.BINDINGS, self._keys, ascii=self.glyphs.cut == "~")
        for name in sorted(THEMES) if self._color else ():
            yield Goal("Theme", name, "Colors of the app.", partial(setattr, self, "theme", name))

    # --- The path to one domain ---

    def open_path(self, domain: str) -> None:
        """Show what is kept of the path to `domain`, through what the table is seen."""
        self.table.run_worker(self._open(domain), group="open", exclusive=True)

    async def _open(self, domain: str) -> None:
        try:
            capture = await self._survey.capture(domain)
        except Exception as error:
            log.exception("opening %s", domain)
            self.table.warn(sentence(error, "The path cannot be opened"))
            return
        seen = self.table.judge.seen
        session = Session(
            CaptureSource(capture, self._survey.trusted), own_postures=self._preferences.postures
        )
        self._path = PathScreen(
            session,
            self.glyphs,
            sender=capture.path.sender or "",
            recipient=capture.path.recipient,
            start=True,
            posture=seen.posture,
            clock=time.monotonic,
            keymap=self._keys,
            lens=Lens(attack=seen.look.attack, at=seen.look.at),
            table=self._close_path,
        )
        await self.push_screen(self._path, self._forget_path)

    def _close_path(self) -> None:
        if self._path is not None:
            self._path.dismiss(None)

    def _forget_path(self, _: None) -> None:
        self._path = None
