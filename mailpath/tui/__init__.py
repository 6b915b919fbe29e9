"""The app: one screen on which a mail's path is walked, read and judged again under another posture.

Nothing of the network stack is imported here: the first frame is on the screen before it is loaded.
"""

from __future__ import annotations

from mailpath.tui.preferences import Preferences
from mailpath.tui.source import CaptureSource, LabSource, LiveSource, Source

__all__ = ["CaptureSource", "LabSource", "LiveSource", "Preferences", "Source", "run_app"]


def run_app(
    *,
    source: Source,
    sender: str | None = None,
    recipient: str | None = None,
    start: bool = False,
    mouse: bool = True,
    ascii: bool = False,
    color: bool = True,
    posture: str = "rfc",
    preferences: Preferences | None = None,
) -> int:
    """Run the app until it is quit and leave its verdict as one line in the scrollback.

    `start`: walk at once, without waiting for the Walk button.  `color`: False as `NO_COLOR` does it.
    `preferences`: theme, keys, postures of the user's own.
    Returns the exit code: 0, or 64 where there is no terminal to draw on (one line on stderr says so).
    """
    from mailpath.tui.launch import launch

    return launch(
        source=source,
        sender=sender,
        recipient=recipient,
        start=start,
        mouse=mouse,
        ascii=ascii,
        color=color,
        posture=posture,
        preferences=preferences or Preferences(),
    )
