"""Keys as they are called on a keyboard, in the footer and in the help."""

from __future__ import annotations

from functools import partial

from textual.binding import Binding

#: A key that the last line does not name; the help does.
hidden = partial(Binding, show=False)

_SIGNS = {
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "shift+right": "Shift →",
    "shift+left": "Shift ←",
}
_WORDS = {
    "question_mark": "?",
    "slash": "/",
    "colon": ":",
    "ctrl+p": "Ctrl-P",
    "escape": "Esc",
    "backspace": "Backspace",
    "enter": "Enter",
    "space": "Space",
    "ctrl+z": "Ctrl-Z",
    "f1": "F1",
    "left": "Left",
    "right": "Right",
    "up": "Up",
    "down": "Down",
    "home": "Home",
    "end": "End",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "shift+right": "Shift Right",
    "shift+left": "Shift Left",
}
#: How a pair of arrows is written in ASCII.
PAIRS = {"←→": "<- ->", "↑↓": "Up/Down"}


def key_text(keys: str, ascii: bool = False) -> str:
    """ "question_mark,escape" -> "? Esc"; arrows as signs unless `ascii`."""
    names = _WORDS if ascii else _WORDS | _SIGNS
    return " ".join(names.get(key, key) for key in keys.split(","))
