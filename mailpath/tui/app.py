"""The app: themes, layout, and the screen it begins with."""

from __future__ import annotations

import os
import time
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from inspect import isawaitable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, on
from textual.app import App
from textual.binding import Binding
from textual.driver import Driver
from textual.screen import Screen
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.theme import Theme

from mailpath.tui import aside, theme
from mailpath.tui.keynames import PAIRS, key_text
from mailpath.tui.preferences import Preferences
from mailpath.tui.screens.keys import APP
from mailpath.tui.screens.path import PathScreen
from mailpath.tui.session import Session
from mailpath.tui.styling import StyledApp
from mailpath.tui.text import ASCII, UNICODE
from mailpath.tui.widgets.bar import NameInput

if TYPE_CHECKING:
    from mailpath.tickets.pasted import Pasted
    from mailpath.tui.screens.menu import Goal

_HERE = Path(__file__).parent


class _WholeCells(ScrollBarRender):
    """Scroll bars without the part-block glyphs that poor fonts lack."""

    VERTICAL_BARS = [" "]  # noqa: RUF012
    HORIZONTAL_BARS = [" "]  # noqa: RUF012


ScrollBar.renderer = _WholeCells


class BaseApp(StyledApp):
    """What the app is on whatever it is opened: its look, its keys.  Returns the line that is to stay in the
    scrollback."""

    TITLE = "mailpath"
    CSS_PATH = "mailpath.tcss"  # of the first picture
    ENABLE_COMMAND_PALETTE = False  # Textual's; the menu finds more
    # Under a dialogue, too, where the screen's own keys are not asked.
    BINDINGS = [each for each in APP if isinstance(each, Binding) and each.priority]  # noqa: RUF012
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-normal"), (110, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (16, "-short"), (30, "-tall")]  # noqa: RUF012

    def __init__(
        self,
        *,
        ascii: bool = False,
        color: bool = True,
        preferences: Preferences | None = None,
        driver_class: type[Driver] | None = None,
        sheets: tuple[str, ...] = (),
    ) -> None:
        """`sheets`: style sheets beside the app's own."""
        preferences = preferences or Preferences()
        wanted = preferences.theme if preferences.theme in theme.THEMES else theme.DARK.name
        # Without colours the terminal's own two are the only ones sure to contrast.
        wanted = wanted if color else "ansi-dark"
        # Before Textual asks for its colours: changed afterwards, all style sheets are parsed twice (12 ms).
        self.set_reactive(App.theme, wanted)
        sheets = (self.CSS_PATH, *sheets, "ascii.tcss") if ascii else (self.CSS_PATH, *sheets)
        super().__init__(
            driver_class=driver_class,
            css_path=[_HERE / name for name in sheets],
            ansi_color=None if color else True,
        )
        self.glyphs = ASCII if ascii else UNICODE
        self._color = color
        self.set_class(ascii, "-ascii")
        problems = list(preferences.problems)
        if preferences.theme and preferences.theme not in theme.THEMES:
            problems.append(f'theme: There is no theme "{preferences.theme}".')
        self._own: Mapping[str, str] = {name: name for name in theme.FEW}
        self._began = wanted
        self.watch_theme()
        self._keys = {}
        if preferences.keymap:
            from mailpath.tui.screens.help import BINDINGS

            unknown = sorted(set(preferences.keymap) - BINDINGS)
            problems += [f'keymap: There is no key binding "{name}".' for name in unknown]
            self._keys = {name: keys for name, keys in preferences.keymap.items() if name in BINDINGS}
            self.set_keymap(self._keys)
        self._problems = problems

    @abstractmethod
    def goals(self) -> Iterator[Goal]:
        """Everything there is to do, for the menu."""

    @abstractmethod
    def leave(self) -> None:
        """End the app."""

    @property
    @abstractmethod
    def recent(self) -> tuple[str, ...]:
        """Recipients walked over the live network, in this run and before, latest first."""

    @on(Driver.SignalResume)
    def _drawn_over(self) -> None:
        """Back from a shell: nothing is left of what was drawn."""
        self.refresh(layout=True)

    @property
    def available_themes(self) -> dict[str, Theme]:
        """Asked some hundred times for each picture."""
        return theme.THEMES

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return theme.complete(self.current_theme)

    def watch_theme(self) -> None:
        self.set_class(self.current_theme.ansi, "-plain")

    def fit_colors(self) -> None:
        """To those that the terminal has."""
        if self._color and self.console.color_system == "standard":
            self._own = theme.FEW
            self.theme = self._began = self._own.get(self.theme, self.theme)

    @property
    def chosen_theme(self) -> str:
        """The one that the user changed to, as it is called where there are all colours; "" for none."""
        names = {shown: name for name, shown in self._own.items()}
        return "" if self.theme == self._began else names.get(self.theme, self.theme)

    def action_menu(self) -> None:
        """Everything there is to do, found by typing."""
        from mailpath.tui.screens.menu import menu

        listed = list(self.goals())

        async def run(chosen: str | None) -> None:
            if chosen is not None:
                done = listed[int(chosen)].run()
                if isawaitable(done):
                    await done

        self.push_screen(menu(listed, self.glyphs.cut), run)

    def get_key_display(self, binding: Binding) -> str:
        ascii = self.glyphs is ASCII
        shown = binding.key_display
        return (PAIRS.get(shown, shown) if ascii else shown) if shown else key_text(binding.key, ascii)

    async def run_action(self, *given: Any, **options: Any) -> bool:
        """What a key does is seen at the next frame; then what is worked out aside goes on."""
        done = await super().run_action(*given, **options)
        if self.screen_stack:
            self.screen.call_after_refresh(aside.go_on)
        return done

    async def action_quit(self) -> None:
        """As the screen's own key does: one line stays in the scrollback."""
        self.leave()

    def action_help_quit(self) -> None:
        """Ctrl-C where no text is selected: what every other program does for it."""
        self.leave()

    def action_suspend_process(self) -> None:
        """Textual's, where somebody is there who can continue us: a shell in our session."""
        if os.getsid(os.getppid()) == os.getsid(0):
            super().action_suspend_process()
        else:
            self.notify("There is no shell to return to.", severity="warning")

    def action_light_or_dark(self) -> None:
        if self._color:
            dark = self.current_theme.dark
            self.theme = self._own[theme.LIGHT.name if dark else theme.DARK.name]


class MailpathApp(BaseApp):
    """The app on a path."""

    SCREEN: ClassVar[type[PathScreen]] = PathScreen

    def __init__(
        self,
        session: Session,
        *,
        sender: str = "",
        recipient: str = "",
        start: bool = False,
        posture: str = "rfc",
        ascii: bool = False,
        color: bool = True,
        clock: Callable[[], float] = time.monotonic,
        preferences: Preferences | None = None,
        pasted: Pasted | None = None,
        driver_class: type[Driver] | None = None,
        sheets: tuple[str, ...] = (),
    ) -> None:
        super().__init__(
            ascii=ascii, color=color, preferences=preferences, driver_class=driver_class, sheets=sheets
        )
        self._first = self.SCREEN(
            session,
            self.glyphs,
            sender=sender,
            recipient=recipient,
            start=start,
            posture=posture,
            clock=clock,
            recent=preferences.recent if preferences is not None else (),
            problems=self._problems,
            keymap=self._keys,
            pasted=pasted,
        )

    @property
    def recent(self) -> tuple[str, ...]:
        return self._first.recent

    async def on_event(self, event: events.Event) -> None:
        """Keys and clicks that come before the screen is furnished wait until it is; letters, too, until what
        was asked for is there: they are for that, and not for the input that has the focus meanwhile."""
        if isinstance(event, events.InputEvent):
            aside.give_way()
            await self._first.furnished.wait()
            if isinstance(event, events.Key) and event.is_printable and isinstance(self.focused, NameInput):
                await self._first.walks.ready.wait()
        await super().on_event(event)

    def get_default_screen(self) -> Screen[Any]:
        return self._first

    def goals(self) -> Iterator[Goal]:
        from mailpath.tui.screens.menu import goals

        return goals(self._first, self._keys, themes=self._color)

    def leave(self) -> None:
        self._first.action_leave()
