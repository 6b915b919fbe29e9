"""Plain text to take away: what `c` copies."""

from __future__ import annotations

from mailpath.tui.progress import WalkState
from mailpath.tui.text import TITLES, Glyphs, clean, fit

MOST_LINES = 12
_ATTEMPTS = 4


def ticket(state: WalkState, posture: str, glyphs: Glyphs) -> list[str]:
    """At most twelve plain lines for a ticket: path, verdict, attempts, the steps."""
    lines: list[str] = []
    if state.path is not None:
        asked = "".join(f", {part}" for part in state.lens.asked())
        lines.append(f"mailpath: {state.path.sender or 'any sender'} to {state.path.recipient}{asked}")
    if state.sent is not None:
        lines.append(state.sent.sentence(posture))
        attempts = state.sent.verdict(posture).attempts
        for attempt in attempts[:_ATTEMPTS]:
            code = f" ({attempt.status_code})" if attempt.status_code else ""
            lines.append(f"  {attempt.host}: {attempt.outcome.value}{code}: {attempt.reason}")
    for step, progress in state.steps.items():
        if progress.result is not None:
            mark, _ = progress.mark(glyphs, 0.0)
            lines.append(f"{TITLES[step]}: {mark}  {progress.result.summary}")
    return [fit(clean(line), 200) for line in lines[:MOST_LINES]]
