"""The app's own colours, dark and light.

Every text colour keeps a contrast of at least 4.5 to 1 against its background (WCAG 2.2, 1.4.3), and
none of them says anything that a word or a glyph does not say as well.
"""

from __future__ import annotations

from textual.theme import BUILTIN_THEMES, Theme

#: Variables of ours that every theme must know: `edge` draws frames, `quiet` is text of second rank.
DEFAULTS = {"edge": "ansi_bright_black", "quiet": "ansi_bright_black"}

DARK = Theme(
    name="mailpath-dark",
    dark=True,
    primary="#82aadc",
    secondary="#7fc1c6",
    accent="#c9a6e0",
    success="#8ac78f",
    warning="#e3b768",
    error="#ee8a8a",
    foreground="#d7dce4",
    background="#11151b",
    surface="#161b23",
    panel="#1c232d",
    variables={
        "edge": "#36414f",
        "quiet": "#8b96a5",
        "footer-background": "#161b23",
        "footer-key-foreground": "#82aadc",
        "footer-description-foreground": "#8b96a5",
        "footer-item-background": "#161b23",
        "block-cursor-foreground": "#f4f6fa",
        "block-cursor-background": "#2f4b6c",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-foreground": "#d7dce4",
        "block-cursor-blurred-background": "#263140",
        "block-hover-background": "#1c232d",
        "input-selection-background": "#82aadc 35%",
        "scrollbar": "#2a3441",
        "scrollbar-hover": "#36414f",
        "scrollbar-active": "#82aadc",
        "scrollbar-background": "#11151b",
        "scrollbar-background-hover": "#11151b",
        "scrollbar-background-active": "#11151b",
        "scrollbar-corner-color": "#11151b",
    },
)

LIGHT = Theme(
    name="mailpath-light",
    dark=False,
    primary="#28588f",
    secondary="#1b6a73",
    accent="#6c4391",
    success="#256b30",
    warning="#825400",
    error="#ac2430",
    foreground="#262b33",
    background="#fbfaf6",
    surface="#f3f1ea",
    panel="#e9e6dc",
    variables={
        "edge": "#c4beb0",
        "quiet": "#666259",
        "footer-background": "#f3f1ea",
        "footer-key-foreground": "#28588f",
        "footer-description-foreground": "#666259",
        "footer-item-background": "#f3f1ea",
        "block-cursor-foreground": "#14181e",
        "block-cursor-background": "#c3d5ea",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-foreground": "#262b33",
        "block-cursor-blurred-background": "#dde3ea",
        "block-hover-background": "#ebe8df",
        "input-selection-background": "#28588f 25%",
        "scrollbar": "#d5d0c3",
        "scrollbar-hover": "#c4beb0",
        "scrollbar-active": "#28588f",
        "scrollbar-background": "#fbfaf6",
        "scrollbar-background-hover": "#fbfaf6",
        "scrollbar-background-active": "#fbfaf6",
        "scrollbar-corner-color": "#fbfaf6",
    },
)

#: What a config file can call by name.
THEMES = frozenset((*BUILTIN_THEMES, DARK.name, LIGHT.name))
