"""What the user's files say to the app, as plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailpath import config
from mailpath.tui import Preferences

if TYPE_CHECKING:
    from mailpath.tui.preferences import OwnPostures


def preferences(found: config.Config, problems: tuple[str, ...] = ()) -> Preferences:
    """`problems`: further sentences, beside those of `found`."""
    remembered = config.load_state()

    def postures() -> OwnPostures:
        own, wrong = found.own_postures()
        return own, tuple(f"{found.file.name}: {problem}" for problem in (*wrong, *found.old_keys()))

    def remember(theme: str, recent: tuple[str, ...]) -> None:
        state = config.State(theme, recent)
        if state != remembered:
            config.save_state(state)

    return Preferences(
        theme=found.defaults.get("theme") or remembered.theme,
        keymap=found.keymap,
        recent=remembered.recent,
        problems=tuple(f"{found.file.name}: {problem}" for problem in (*found.problems, *problems)),
        postures=postures,
        remember=remember,
    )
