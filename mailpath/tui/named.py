"""What a config file can call by name of the app: its themes and its bindings."""

from __future__ import annotations

from textual.theme import BUILTIN_THEMES

from mailpath.tui import theme
from mailpath.tui.screens.help import ids

THEMES = frozenset((*BUILTIN_THEMES, theme.DARK.name, theme.LIGHT.name))

#: The ids.
BINDINGS = frozenset(ids())
