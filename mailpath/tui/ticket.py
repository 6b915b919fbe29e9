"""Plain text to take away: what `c` copies."""

from __future__ import annotations

from mailpath.facts import TITLES
from mailpath.tui.progress import WalkState
from mailpath.tui.text import Glyphs, clean, fit

MOST_LINES = 12
_ATTEMPTS = 4


def answer(state: WalkState, posture: str) -> str:
    """The verdict on the walk as it was walked, whatever it is looked at through; "" before there is one.

    What the message asks for and the age of the policy are the sender's: they count, and are named."""
    if state.sent is None:
        return ""
    asked = ", ".join(_asked(state))
    said = f"{state.sent.sentence(posture)} ({asked})" if asked else state.sent.sentence(posture)
    return "; ".join([said, *([clean(", ".join(marks))] if (marks := _marks(state)) else [])])


def ticket(state: WalkState, posture: str, glyphs: Glyphs) -> list[str]:
    """At most twelve plain lines for a ticket: path, verdict, attempts, the steps, all as walked."""
    lines: list[str] = []
    if state.path is not None:
        asked = "".join(f", {part}" for part in _asked(state))
        lines.append(f"mailpath: {state.path.sender or 'any sender'} to {state.path.recipient}{asked}")
        if marks := _marks(state):
            lines.append(f"  {', '.join(marks)}")
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


def _marks(state: WalkState) -> tuple[str, ...]:
    """What the walk rests on, where that is not what everybody trusts."""
    return state.recorded.marks() if state.recorded is not None else ()


def _asked(state: WalkState) -> list[str]:
    """What `state.sent` is judged for, where that is no ordinary message at first contact."""
    return state.view.lens.asked() if state.view is not None else []
