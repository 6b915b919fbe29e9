"""Plain text to take away: what `c` copies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mailpath.tui.progress import Progress
from mailpath.tui.text import TITLES, Glyphs, clean, fit, verdict_sentence

if TYPE_CHECKING:
    from mailpath.judge.model import Verdict

MOST_LINES = 12


def ticket(
    sender: str | None,
    recipient: str,
    progress: Mapping[str, Progress],
    verdict: Verdict | None,
    glyphs: Glyphs,
) -> list[str]:
    """At most twelve plain lines for a ticket: path, verdict, attempts, the steps."""
    lines = [f"mailpath: {clean(sender or 'any sender')} to {clean(recipient)}"]
    if verdict is not None:
        lines.append(verdict_sentence(recipient, verdict))
        attempts = [
            f"  {clean(attempt.host)}: {attempt.outcome.value}"
            f"{f' ({attempt.status_code})' if attempt.status_code else ''}: {clean(attempt.reason)}"
            for attempt in verdict.attempts
        ]
        lines += attempts[:4]
    for step, state in progress.items():
        if state.result is not None:
            mark, _ = state.mark(glyphs, 0.0)
            lines.append(f"{TITLES[step]}: {mark}  {clean(state.result.summary)}")
    return [fit(line, 200) for line in lines[:MOST_LINES]]
