"""The app's own colours, dark and light.

Every text colour keeps a contrast of at least 4.5 to 1 against its background (WCAG 2.2, 1.4.3), and
none of them says anything that a word or a glyph does not say as well.
"""

from __future__ import annotations

from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

#: Variables of ours in a theme of the terminal's own colours: `edge` draws frames, `quiet` is text of second
#: rank.
_ANSI = {"edge": "ansi_bright_black", "quiet": "ansi_bright_black"}
#: Contrast of text to what is behind it, at least.
_CONTRAST = 4.5

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

#: What takes the place of ours where a terminal has 16 colours: they are its owner's, and so contrast.
FEW = {DARK.name: "ansi-dark", LIGHT.name: "ansi-light"}


def complete(theme: Theme) -> dict[str, str]:
    """Our variables for a theme that knows nothing of them: between its text and what is behind that, so that
    quiet text can be read on all of it."""
    if "quiet" in theme.variables:
        return {}
    if theme.ansi:
        return _ANSI
    made = theme.to_color_system().generate()
    text, *behind = (Color.parse(made[name]) for name in ("foreground", "background", "surface", "panel"))
    shades = (text.blend(behind[0], part / 20) for part in range(8, -1, -1))
    quiet = next((each for each in shades if all(contrast(each, back) >= _CONTRAST for back in behind)), text)
    return {"edge": text.blend(behind[0], 0.7).hex6, "quiet": quiet.hex6}


def contrast(one: Color, other: Color) -> float:
    """WCAG 2.2, "contrast ratio": 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: Color) -> float:
    """WCAG 2.2, "relative luminance"."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


#: What a config file can call by name.
THEMES: dict[str, Theme] = {**BUILTIN_THEMES, DARK.name: DARK, LIGHT.name: LIGHT}
